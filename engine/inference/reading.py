"""Manifests of models from elsewhere, read and checked. Reading one loads no network and runs nothing."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import FileError, ScriptError, file_errors, listing
from ..jsontext import parse
from ..layers import LIGHT_LAYERS, MAIN, LayerKind, guess_kind
from ..params import MEMBER
from ..safefile import read_regular
from .declaration import KINDS, MODEL_FORMAT, SCALARS, ModelManifest, TensorInput, TensorOutput, Tiling
from .values import CURVES, SRGB_SPACE, Values

_LIMIT = 1 << 20
_CHANNELS = {
    LayerKind.COLOR: "RGB", LayerKind.NORMAL: "XYZ", LayerKind.POSITION: "XYZ", LayerKind.DEPTH: "Z",
    LayerKind.MATTE: "V", LayerKind.MOTION: "XY", LayerKind.DATA: "V",
}  # fmt: skip
_REFLECTANCES = ("albedo", "f0")
"""Layers of kind colour that do not grow with the exposure."""


def read_manifest(path: Path) -> ModelManifest:
    """Read a manifest. Raises FileError with a sentence when it is missing, damaged or of another kind."""
    with file_errors(f"{path} cannot be read as a model's manifest"):
        data = read_regular(path, _LIMIT)
    try:
        values = parse(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise FileError(f"{path} is no manifest of a model: it is not UTF-8 text") from None
    except ScriptError as error:
        raise FileError(str(error)) from None
    found = _Table(values, str(path))
    form = found.take("format", "")
    if form != MODEL_FORMAT:
        raise FileError(f"{path} is no manifest of a model: its format is {form!r:.60}, expected '{MODEL_FORMAT}'")
    return ModelManifest(path=path, digest=hashlib.sha256(data).hexdigest(), **_manifest(found))


def _manifest(found: "_Table") -> dict[str, Any]:
    kind = found.choice("kind", KINDS)
    inputs = tuple(_input(table) for table in found.tables("inputs"))
    outputs = tuple(_output(table) for table in found.tables("outputs"))
    for names in ([i.name for i in inputs], [o.name for o in outputs], [o.layer for o in outputs]):
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise found.wrong(f"'{min(twice)}' is declared twice among the inputs or outputs")
    layers = [i.name for i in inputs if i.layer and not i.context]
    if not layers:
        raise found.wrong("no input takes a layer of the picture")
    for output in outputs:
        if output.carry and output.carry not in layers:
            raise found.wrong(f"output '{output.name}' carries '{output.carry}', expected an input: {listing(layers)}")
    half, exposure = found.flag("half"), found.number("exposure", 0.0)
    file, sha256 = found.text("file"), found.text("sha256").lower()
    if half and kind == "onnx":
        raise found.wrong("half is for networks of torch; an ONNX file says itself what it is computed in")
    made = {
        "id": found.text("id"), "version": str(found.take("version", "1")), "kind": kind, "file": file,
        "sha256": sha256, "licence": found.text("licence"), "data": found.text("data"),
        "description": found.text("description", ""), "inputs": inputs, "outputs": outputs,
        "tiling": _tiling(found), "half": half, "exposure": exposure,
        "bytes_per_pixel": found.count("bytes_per_pixel", 1024, 1),
    }  # fmt: skip
    if len(sha256) != 64 or any(c not in "0123456789abcdef" for c in sha256):
        raise found.wrong("sha256 has to be 64 hexadecimal digits, as `sha256sum` prints them")
    if "/" in file or "\\" in file:
        raise found.wrong(f"file '{file}' has to lie beside the manifest")
    if exposure < 0:
        raise found.wrong("exposure has to be above 0, or 0 for none")
    found.finish()
    return made


def _input(table: "_Table") -> TensorInput:
    name = table.text("name")
    sources = [word for word in ("layer", "parameter", "scalar") if word in table.values]
    if len(sources) != 1:
        raise table.wrong(f"input '{name}' has to name one of layer, parameter and scalar")
    if sources == ["layer"]:
        layer = table.text("layer")
        channels = table.channels("RGB" if layer not in LIGHT_LAYERS else LIGHT_LAYERS[layer].channels)
        missing = table.take("missing", None)
        made = TensorInput(
            name, layer, channels, _values(table, len(channels)),
            missing=None if missing is None else table.number("missing", 0.0), context=table.count("context", 0),
            exposed=table.flag("exposed", _exposed(layer, guess_kind(layer, channels))),
        )  # fmt: skip
    elif sources == ["parameter"]:
        low, high = table.pair("bounds", (float("-inf"), float("inf")))
        made = TensorInput(
            name, parameter=table.text("parameter"), default=table.number("default", 0.0),
            bounds=(low, high) if "bounds" in table.values else None, description=table.text("description", ""),
            map=table.flag("map"),
        )  # fmt: skip
        if not re.fullmatch(MEMBER, made.parameter):
            raise table.wrong(f"parameter is '{made.parameter}', expected a name of letters, digits and _")
        if low == high:
            raise table.wrong(f"bounds of '{made.parameter}' leave nothing but {low:g}, expected two different numbers")
        if not low <= made.default <= high:
            raise table.wrong(f"default of '{made.parameter}' is {made.default:g}, expected {low:g} to {high:g}")
    else:
        made = TensorInput(name, scalar=table.choice("scalar", SCALARS), map=table.flag("map"))
    table.finish()
    return made


def _output(table: "_Table") -> TensorOutput:
    layer = table.text("layer", MAIN)
    like = LIGHT_LAYERS.get(layer)
    kind = LayerKind(table.choice("kind", tuple(LayerKind), like.kind if like else LayerKind.COLOR))
    channels = table.channels(like.channels if like else _CHANNELS[kind])
    vector = kind in (LayerKind.NORMAL, LayerKind.POSITION, LayerKind.MOTION)
    made = TensorOutput(
        table.text("name"), layer, channels, kind, _values(table, len(channels)),
        axes=_axes(table, len(channels)) if vector else (), unit=table.flag("unit", kind is LayerKind.NORMAL),
        carry=table.text("carry", ""), exposed=table.flag("exposed", _exposed(layer, kind)),
    )  # fmt: skip
    table.finish()
    return made


def _exposed(layer: str, kind: LayerKind) -> bool:
    return kind is LayerKind.COLOR and layer not in _REFLECTANCES


def _axes(table: "_Table", count: int) -> tuple[tuple[int, float], ...]:
    """`["x", "-z", "y"]` as index and sign."""
    names = "xyzw"[:count]
    words = table.names("axes", tuple(names))
    axes = tuple((names.find(word.lstrip("+-")), -1.0 if word.startswith("-") else 1.0) for word in words)
    if len(axes) != count or sorted(index for index, _ in axes) != list(range(count)):
        raise table.wrong(f"axes {list(words)} have to name each of {', '.join(names)} once, with a sign if need be")
    return axes


def _values(table: "_Table", channels: int) -> Values:
    curve = table.choice("values", CURVES, "linear")
    low, high = table.pair("range", (0.0, 1.0))
    space = SRGB_SPACE if curve.startswith("srgb") and "space" not in table.values else table.text("space", "")
    made = Values(
        curve, table.number("scale", 1.0), low, high, table.numbers("mean", (0.0,)), table.numbers("std", (1.0,)), space
    )
    if made.space and channels != 3:
        raise table.wrong(f"a colour space ('{made.space}') is for red, green and blue, not for {channels} channels")
    if low == high or made.scale <= 0 or any(s == 0 for s in made.std):
        raise table.wrong("range, scale and std must not be empty or 0")
    if any(len(numbers) not in (1, channels) for numbers in (made.mean, made.std)):
        raise table.wrong(f"mean and std have to have one number, or one for each of the {channels} channels")
    return made


def _tiling(found: "_Table") -> Tiling:
    multiple = found.count("multiple", 1, 1)
    value = found.take("tile", {})
    if value == "whole":
        return Tiling(whole=True, working_size=found.count("working_size", 0), multiple=multiple)
    table = _Table(value, f"{found.where}: tile")
    made = Tiling(
        size=table.count("size", 0), halo=table.count("halo", 32), blend=table.count("blend", 16), multiple=multiple,
        fixed=table.flag("fixed"),
    )  # fmt: skip
    table.finish()
    core = made.size - 2 * made.margin if made.fixed else made.size
    if (made.size or made.fixed) and core < max(2 * made.blend, 8):
        raise found.wrong(f"a tile of {made.size} pixels is too small for halo {made.halo} and blend {made.blend}")
    if made.fixed and (made.size % multiple or made.margin % multiple):
        raise found.wrong(f"a tile of {made.size} pixels is no multiple of {multiple}")
    return made


class _Table:
    """An object of the manifest, taken apart value by value; whatever is wrong becomes a sentence."""

    def __init__(self, values: Any, where: str) -> None:
        self.where = where
        if not isinstance(values, Mapping):
            raise self.wrong("expected an object, as {...}")
        self.values: Mapping[str, Any] = values
        self._taken: set[str] = set()

    def wrong(self, sentence: str) -> FileError:
        return FileError(f"{self.where}: {sentence}")

    def finish(self) -> None:
        """Refuse what nobody asked for: a misspelt name would change nothing without a word."""
        unknown = sorted(set(self.values) - self._taken - {"format"})
        if unknown:
            raise self.wrong(f"'{unknown[0]}' is not known here, expected {listing(sorted(self._taken), 20)}")

    def take(self, name: str, default: Any) -> Any:
        self._taken.add(name)
        return self.values.get(name, default)

    def text(self, name: str, default: str | None = None) -> str:
        found = self.take(name, default)
        if default is None and not found:
            raise self.wrong(f"{name} is missing")
        if not isinstance(found, str) or (not found and default != ""):
            raise self.wrong(f"{name} is {found!r:.60}, expected text")
        return found

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        found = self.text(name, default)
        if found not in choices:
            raise self.wrong(f"{name} is '{found:.60}', expected {', '.join(choices)}")
        return found

    def flag(self, name: str, default: bool = False) -> bool:
        found = self.take(name, default)
        if not isinstance(found, bool):
            raise self.wrong(f"{name} is {found!r:.60}, expected true or false")
        return found

    def number(self, name: str, default: float) -> float:
        return self._number(name, self.take(name, default))

    def _number(self, name: str, found: Any) -> float:
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise self.wrong(f"{name} is {found!r:.60}, expected a number")
        return float(found)

    def count(self, name: str, default: int, least: int = 0) -> int:
        found = self.take(name, default)
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= 1 << 20:
            raise self.wrong(f"{name} is {found!r:.60}, expected a whole number from {least}")
        return found

    def numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        found = self.take(name, list(default))
        return tuple(self._number(name, v) for v in (found if isinstance(found, (list, tuple)) else [found]))

    def pair(self, name: str, default: tuple[float, float]) -> tuple[float, float]:
        found = self.numbers(name, default)
        if len(found) != 2 or found[0] > found[1]:
            raise self.wrong(f"{name} is {list(found)}, expected two numbers, the smaller first")
        return found[0], found[1]

    def names(self, name: str, default: str | tuple[str, ...]) -> tuple[str, ...]:
        """Names in a list, or letters in a row."""
        found = self.take(name, default)
        listed = isinstance(found, (str, list, tuple)) and all(isinstance(word, str) and word for word in found)
        if not listed or not found:
            raise self.wrong(f'{name} is {found!r:.60}, expected names, such as RGB or ["R", "G", "B"]')
        return tuple(found)

    def channels(self, default: str | tuple[str, ...]) -> tuple[str, ...]:
        found = self.names("channels", default)
        if twice := sorted({name for name in found if found.count(name) > 1}):
            raise self.wrong(f"channels names {twice[0]!r:.60} twice")
        return found

    def tables(self, name: str) -> "list[_Table]":
        found = self.take(name, [])
        if not isinstance(found, (list, tuple)) or not found:
            raise self.wrong(f"{name} is missing, expected a list of objects")
        return [_Table(value, f"{self.where}: {name}[{i}]") for i, value in enumerate(found)]
