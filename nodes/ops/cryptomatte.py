"""Cryptomatte: mattes of things by name, from ranked pairs of id and coverage that renderers write.

Facts are those of the Cryptomatte specification 1.2 (Friedman, Jones, 2015): a name is hashed by MurmurHash3 (32 bit,
seed 0), the hash becomes a float with the same bits, and layers `NAME00`, `NAME01`, ... hold two pairs each, the things
that cover most of a pixel first. Ids are compared by their bits, never as numbers.
"""

import fnmatch
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import ImageInfo, RimlightError, from_json

_RANKED = re.compile(r"(.+?)(\d\d)")
_PREFIX = "cryptomatte/"
_MASK = 0xFFFFFFFF
_TOKEN = re.compile(r'\s*(-?)\s*("(?:[^"\\]|\\.)*"|<[^<>]*>|[^,"<]+)\s*')
_BITS = re.compile(r"[0-9a-fA-F]{8}")
_GOLDEN = 0.61803398875
"""Steps of this size go around a circle without coming near an earlier one for long."""


def murmur3(data: bytes, seed: int = 0) -> int:
    """MurmurHash3, 32 bit for x86 (Appleby, 2011, public domain)."""
    h = seed
    whole = len(data) // 4 * 4
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        h = _rotated(h ^ _scrambled(k), 13) * 5 + 0xE6546B64 & _MASK
    if len(data) > whole:
        h ^= _scrambled(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & _MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & _MASK
    return h ^ h >> 16


def _scrambled(k: int) -> int:
    return _rotated(k * 0xCC9E2D51 & _MASK, 15) * 0x1B873593 & _MASK


def _rotated(x: int, bits: int) -> int:
    return (x << bits | x >> 32 - bits) & _MASK


def id_of_name(name: str) -> int:
    """The bits of a name's id: its hash, with one bit turned over where the float would be none, too small or too large
    to keep."""
    bits = murmur3(name.encode())
    return bits ^ 1 << 23 if bits >> 23 & 0xFF in (0, 0xFF) else bits


def float_of_id(bits: int) -> float:
    """The float with the bits of an id."""
    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return value


def id_of_float(value: float) -> int:
    """The bits of a value of an id channel, rounded to float32."""
    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    return bits


def layer_types(info: ImageInfo) -> dict[str, tuple[str, ...]]:
    """The cryptomattes of a picture: the names of their ranked layers in order, by the name that they share."""
    found: dict[str, list[str]] = {}
    declared = {str(v) for k, v in info.metadata.items() if k.startswith(_PREFIX) and k.endswith("/name")}
    for layer in info.layers:
        ranked = _RANKED.fullmatch(layer.name)
        if ranked is None or len(layer.channels) not in (2, 4):
            continue
        named = ranked[1] in declared or any(name.endswith(f".{ranked[1]}") for name in declared)
        if named or "crypto" in ranked[1].lower():
            found.setdefault(ranked[1], []).append(layer.name)
    return {name: tuple(sorted(layers)) for name, layers in found.items()}


def attributes_of(metadata: Mapping[str, object], name: str) -> dict[str, str]:
    """What the metadata says of one cryptomatte, such as `manifest`, `manif_file`, `hash`, `conversion`."""
    for attribute, value in metadata.items():
        if not (attribute.startswith(_PREFIX) and attribute.endswith("/name")):
            continue
        if str(value) == name or str(value).endswith(f".{name}"):
            stem = attribute[: -len("name")]
            return {k[len(stem) :]: str(v) for k, v in metadata.items() if k.startswith(stem)}
    return {}


def parse_manifest(text: str) -> dict[str, int]:
    """Bits of ids by name, from a manifest `{"name": "1c5381f5", ...}`. Raises RimlightError with a sentence."""
    try:
        read = from_json(text)
        return {str(name): int(str(bits), 16) & _MASK for name, bits in read.items()}
    except (ValueError, AttributeError) as error:
        raise RimlightError(
            f"the cryptomatte manifest cannot be read, expected names with ids as JSON: {error}"
        ) from None


@dataclass(frozen=True)
class Wanted:
    """One entry of a matte list. `bits` where it is an id, else `name`, which may have wildcards."""

    name: str
    bits: int | None = None
    quoted: bool = False
    taken_away: bool = False


def parse_matte_list(text: str) -> tuple[Wanted, ...]:
    """The entries of a matte list, such as `car*, "a, b", <0.25>, <1c5381f5>, -car_glass`.

    Raises ValueError with a sentence when it cannot be read.
    """
    found, at, text = [], 0, text.replace("\n", ",")
    while at < len(text):
        if text[at] in ", \t":
            at += 1
            continue
        token = _TOKEN.match(text, at)
        if token is None or (token.end() < len(text) and text[token.end()] != ","):
            raise ValueError(f"'{text[at:][:40]}' cannot be read, expected names with commas between")
        found.append(_entry(token[2].strip(), bool(token[1])))
        at = token.end()
    return tuple(found)


def _entry(word: str, taken_away: bool) -> Wanted:
    if word.startswith('"'):
        return Wanted(re.sub(r"\\(.)", r"\1", word[1:-1]), None, True, taken_away)
    if not word.startswith("<"):
        return Wanted(word, None, False, taken_away)
    inner = word[1:-1].strip()
    if _BITS.fullmatch(inner):
        return Wanted(word, int(inner, 16), True, taken_away)
    try:
        value = float(inner)
        return Wanted(word, id_of_float(value), True, taken_away)
    except (ValueError, OverflowError):
        raise ValueError(f"'{word}' is no id, expected a number or eight hexadecimal digits") from None


def written(name: str) -> str:
    """A name as an entry of a matte list, in quotes where it would be read as something else."""
    plain = name.strip() == name and name and not name.startswith("-") and not set(name) & set(',"<>*?\\\n\t')
    return name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wanted_ids(entries: Iterable[Wanted], manifest: Mapping[str, int]) -> frozenset[int]:
    """Bits of the ids that a matte list chooses. Names that the manifest lacks are hashed; wildcards need it."""
    chosen: set[int] = set()
    for entry in entries:
        if entry.bits is not None:
            bits = {entry.bits}
        elif entry.name in manifest:
            bits = {manifest[entry.name]}
        elif not entry.quoted and set(entry.name) & set("*?"):
            # Brackets stand for themselves: names such as wheel[1] are common.
            pattern = re.sub(r"([\[\]])", r"[\1]", entry.name)
            bits = {manifest[name] for name in manifest if fnmatch.fnmatchcase(name, pattern)}
        else:
            bits = {id_of_name(entry.name)}
        chosen = chosen - bits if entry.taken_away else chosen | bits
    return frozenset(chosen)


def coverage(ranks: Sequence[Tensor], ids: Iterable[int]) -> Tensor:
    """How much of each pixel the things with these ids cover, `[1, h, w]`.

    ranks : layers `[2 or 4, h, w]`, id and coverage in turn.
    """
    wanted = torch.tensor(sorted(_signed(bits) for bits in ids), dtype=torch.int32, device=ranks[0].device)
    total = torch.zeros_like(ranks[0][:1])
    for layer in ranks:
        for i in range(0, layer.shape[0] - 1, 2):
            chosen = torch.isin(layer[i : i + 1].contiguous().view(torch.int32), wanted)
            total = total + torch.where(chosen, layer[i + 1 : i + 2], 0.0)
    return total


def id_colors(ranks: Sequence[Tensor]) -> Tensor:
    """A colour for every thing, mixed by coverage, `[3, h, w]` from 0 to 1: to look at. Nothing is black."""
    total = ranks[0].new_zeros((3, *ranks[0].shape[1:]))
    for layer in ranks:
        for i in range(0, layer.shape[0] - 1, 2):
            bits = layer[i].contiguous().view(torch.int32)
            total += _color_of(bits) * torch.where(bits == 0, 0.0, layer[i + 1])
    return total


def _color_of(bits: Tensor) -> Tensor:
    """A colour `[3, h, w]` of ids: a hue from the lower bits, saturation and value from others."""
    turn = torch.remainder((bits & 0xFFFF).float() * _GOLDEN, 1.0)
    strength = 0.55 + 0.4 * ((bits >> 8) & 0xFF).float() / 255
    value = 0.35 + 0.65 * ((bits >> 16) & 0x7F).float() / 127
    channels = [((turn * 6 + shift).remainder(6) - 3).abs().sub(1).clamp(0, 1) for shift in (0.0, 4.0, 2.0)]
    return torch.stack([value * (1 - strength * (1 - channel)) for channel in channels])


def edges_of(matte: Tensor) -> Tensor:
    """1 where a matte `[1, h, w]` crosses 0.5 between a pixel and the one to its right or below, else 0."""
    inside = matte > 0.5
    edge = torch.zeros_like(inside)
    edge[:, :, :-1] |= inside[:, :, 1:] != inside[:, :, :-1]
    edge[:, :-1] |= inside[:, 1:] != inside[:, :-1]
    return edge.to(matte)


def name_of(bits: int, manifest: Mapping[str, int]) -> str:
    """The name of an id as an entry of a matte list; the id itself where the manifest has no name for it."""
    for name, known in manifest.items():
        if known == bits:
            return written(name)
    value = float_of_id(bits)
    return f"<{value!r}>" if math.isfinite(value) else f"<{bits:08x}>"


def toggled(text: str, bits: int, manifest: Mapping[str, int]) -> str:
    """A matte list with a thing put in, or taken out where it was in it.

    What chooses it alone goes; where a wildcard still does, it is taken away at the end of the list.
    """
    kept = []
    for entry in parse_matte_list(text):
        pattern = entry.bits is None and not entry.quoted and bool(set(entry.name) & set("*?"))
        if pattern or wanted_ids([Wanted(entry.name, entry.bits, entry.quoted)], manifest) != {bits}:
            kept.append(("-" if entry.taken_away else "") + _written_entry(entry, pattern))
    was, left = (bits in wanted_ids(parse_matte_list(t), manifest) for t in (text, ", ".join(kept)))
    if was == left:
        kept.append(("-" if was else "") + name_of(bits, manifest))
    return ", ".join(kept)


def _written_entry(entry: Wanted, pattern: bool) -> str:
    return entry.name if pattern or entry.bits is not None else written(entry.name)


def _signed(bits: int) -> int:
    return bits - (1 << 32) if bits & 1 << 31 else bits
