"""Rigs as files: JSON with the extension `.rig`, of which a diff shows the lights that changed, or USD."""

import base64
import binascii
import dataclasses
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FileError, ParameterError, RimlightError, ScriptError, file_errors, listing, reason_of
from ..jsontext import Block, parse, render
from ..safefile import read_regular, write_safely
from .flag import Flag
from .lights import LIGHT_FILES, LIGHT_KINDS, Light
from .photometry import ACESCG, WorkingSpace
from .profile import Profile
from .rig import Rig

VERSION = 1
_WITH_FLAGS = 2
"""The version of a rig that has flags: programs that know none say so, and do not light a picture without them."""
MAX_BYTES = 64 << 20
MAX_PICTURE = 8 << 20
"""Largest picture, in bytes of float32, that is stored inside a rig instead of in an image file."""

_HELD = {held: file for file, held in LIGHT_FILES.items()}
"""What is in a file, and the field that names it."""

_ANGLES = {"vertical": 1, "horizontal": 1, "candela": 2}
"""What a profile is made of, and its dimensions."""

RIG_SUFFIX = ".rig"


def rig_formats() -> tuple[str, ...]:
    """Endings of the files that `load_rig` reads."""
    from ..usd.library import USD_SUFFIXES

    return RIG_SUFFIX, *USD_SUFFIXES


def save_rig(
    rig: Rig | Mapping[float, Rig], path: Path | str, *, space: WorkingSpace = ACESCG, fps: float = 24.0
) -> list[str]:
    """Write a rig; the old file stays until the new one is whole. Returns sentences on what the file cannot say.

    Files that end in `.usd`, `.usda` or `.usdc` are UsdLux, all others JSON. USD also takes the rigs of several frames
    by their numbers, as time samples. space : the working space of the rig's colours. fps : frames per second. Raises
    FileError.
    """
    from ..usd.library import is_usd
    from ..usd.write import write_usd

    path, rigs = Path(path), {1.0: rig} if isinstance(rig, Rig) else rig
    if is_usd(path):
        return write_usd(rigs, path, space=space, fps=fps)
    if len(rigs) != 1:
        raise FileError(f"{path}: a file of type .rig holds one frame, not {len(rigs)}: use #### for the frame number")
    data = rig_to_json(next(iter(rigs.values()))).encode()
    with file_errors(f"{path}: the rig cannot be written"):
        write_safely(path, data)
    return []


def load_rig(
    path: Path | str,
    *,
    frame: float = 1.0,
    camera: str = "",
    space: WorkingSpace = ACESCG,
    load: Callable[[str], Tensor] | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Rig:
    """Read a rig. Raises FileError with a sentence when it is missing, damaged or from a newer version.

    Files of USD are known by their ending. What else is given is for them. camera : name or path of that in whose space
    the lights are wanted; empty: the only one, and where there is none the file's own space, as `/` says too. space :
    the working space for colours. load : reads the picture of a dome, `[3, h, w]`; without it pictures stay files.
    tell : is called with a sentence for all that cannot be read.
    """
    from ..usd.library import is_usd
    from ..usd.read import read_usd

    path = Path(path)
    if is_usd(path):
        return read_usd(path, frame=frame, camera=camera, space=space, load=load, tell=tell)
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: the rig cannot be read: {reason_of(error)}") from error
    except UnicodeDecodeError:
        raise FileError(f"{path}: this is no rig: it is not UTF-8 text") from None
    return rig_from_json(text, str(path))


@dataclass(frozen=True)
class RigSource:
    """What a rig file is made of: the paths of the files that it is read from, and whether frames of it differ."""

    files: tuple[str, ...]
    animated: bool


def rig_source(path: Path | str) -> RigSource:
    """What a rig depends on beside its pictures: the file itself, of USD all layers. Raises FileError."""
    from ..usd.library import is_usd
    from ..usd.read import usd_layers

    path = Path(path)
    if not is_usd(path):
        return RigSource((str(path),), False)
    files, animated = usd_layers(path)
    return RigSource(files, animated)


def rig_to_json(rig: Rig) -> str:
    """The text of a rig file. Fields with their default values are left out. Raises FileError for a picture too
    large.
    """
    lights = [Block({"kind": light.kind} | _to_data(light)) for light in rig.lights]
    data = {"rimlight_rig": VERSION, "cm_per_unit": rig.cm_per_unit, "lights": lights}
    if rig.flags:
        data |= {"rimlight_rig": _WITH_FLAGS, "flags": [Block(_to_data(flag)) for flag in rig.flags]}
    return render(Block(data))


def rig_from_json(text: str, name: str = "rig") -> Rig:
    """The rig of such a text. Raises FileError; `name` says in it where the text is from."""
    try:
        data = parse(text, name)
    except ScriptError as error:
        raise FileError(f"{name}: this is no rig: {str(error).removeprefix(f'{name}: ')}") from None
    if not isinstance(data, dict) or "rimlight_rig" not in data:
        raise FileError(f"{name}: this is no rig: the member 'rimlight_rig' is missing")
    if data["rimlight_rig"] not in (VERSION, _WITH_FLAGS):
        raise FileError(
            f"{name}: the rig has version {data['rimlight_rig']}, this program reads versions {VERSION} and"
            f" {_WITH_FLAGS}"
        )
    lights, flags = data.get("lights", []), data.get("flags", [])
    unit = data.get("cm_per_unit", 1.0)
    for kind, found in (("lights", lights), ("flags", flags)):
        if not isinstance(found, list):
            raise FileError(f"{name}: '{kind}' is no list")
    if isinstance(unit, bool) or not isinstance(unit, (int, float)):
        raise FileError(f"{name}: cm_per_unit is {unit!r:.60}, expected a number")
    try:
        return Rig(
            tuple(_light_from_data(entry, i) for i, entry in enumerate(lights, 1)), float(unit),
            tuple(_flag_from_data(entry, i) for i, entry in enumerate(flags, 1)),
        )  # fmt: skip
    except RimlightError as error:
        raise FileError(f"{name}: {error}") from None


def _to_data(part: Light | Flag) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for f in dataclasses.fields(part):
        value = getattr(part, f.name)
        named_elsewhere = f.name in _HELD and getattr(part, _HELD[f.name])
        if value is None or named_elsewhere or (not isinstance(value, Tensor) and value == f.default):
            continue
        if isinstance(value, Profile):
            data[f.name] = _profile_to_data(value)
        elif f.name in _HELD:
            data[f.name] = _picture_to_data(part, value)
        else:
            data[f.name] = value.detach().cpu().tolist() if isinstance(value, Tensor) else value
    return data


def _profile_to_data(profile: Profile) -> dict[str, Any]:
    return {"kind": profile.kind} | {name: getattr(profile, name).tolist() for name in _ANGLES}


def _profile_from_data(value: Any, where: str) -> Profile:
    if not isinstance(value, dict) or set(value) != {"kind", *_ANGLES}:
        raise ParameterError(f"{where} is damaged: it holds no profile")
    arrays = {name: _array(value[name], dimensions, f"{where}: {name}") for name, dimensions in _ANGLES.items()}
    try:
        return Profile(value["kind"], **arrays)
    except RimlightError as error:
        raise ParameterError(f"{where}: {error}") from None


def _picture_to_data(part: Light | Flag, picture: Tensor) -> dict[str, Any]:
    if 4 * picture.numel() > MAX_PICTURE:
        _, h, w = picture.shape
        what = "flag" if isinstance(part, Flag) else "light"
        raise FileError(
            f"{what} '{part.name}' holds a picture of {w} x {h}, too large for a rig file: write it to an image file"
            " and name that"
        )
    raw = picture.detach().cpu().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
    return {"shape": list(picture.shape), "float32": base64.b64encode(zlib.compress(raw)).decode()}


def _light_from_data(data: Any, number: int) -> Light:
    kind = data.get("kind") if isinstance(data, dict) else data
    if not isinstance(data, dict) or not isinstance(kind, str) or kind not in LIGHT_KINDS:
        known = listing(list(LIGHT_KINDS))
        raise ParameterError(f"light {number} is of the kind {kind!r:.60}, expected one of {known}")
    cls = LIGHT_KINDS[kind]
    given = {key: value for key, value in data.items() if key != "kind"}
    return cls(**_values(cls, given, f"light {number}", f"a {cls.kind} light"))


def _flag_from_data(data: Any, number: int) -> Flag:
    if not isinstance(data, dict):
        raise ParameterError(f"flag {number} is {data!r:.60}, expected an object")
    return Flag(**_values(Flag, data, f"flag {number}", "a flag"))


def _values(cls: type[Light] | type[Flag], data: Mapping[str, Any], where: str, what: str) -> dict[str, Any]:
    fields = [f.name for f in dataclasses.fields(cls)]
    for key in data:
        if key not in fields:
            raise ParameterError(f"{where}: {what} has no '{key}', it has {listing(fields, 40)}")
    return {key: _value(cls, key, value, f"{where}: {key}") for key, value in data.items()}


def _value(cls: type[Light] | type[Flag], key: str, value: Any, where: str) -> Any:
    if key == "profile":
        return _profile_from_data(value, where)
    if key in _HELD:
        return _picture_from_data(value, where)
    default = getattr(cls(), key)
    if isinstance(default, Tensor):
        return _array(value, default.ndim, where)
    if isinstance(default, (bool, str)):
        if not isinstance(value, type(default)):
            expected = "true or false" if isinstance(default, bool) else "text"
            raise ParameterError(f"{where} is {value!r:.60}, expected {expected}")
        return value
    if isinstance(default, tuple):
        if not isinstance(value, list) or len(value) != len(default) or not all(_is_number(v) for v in value):
            raise ParameterError(f"{where} is {value!r:.60}, expected {len(default)} numbers")
        return tuple(float(v) for v in value)
    if not _is_number(value):
        raise ParameterError(f"{where} is {value!r:.60}, expected a number")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _array(value: Any, ndim: int, where: str) -> Tensor:
    try:
        array = torch.from_numpy(np.array(value, np.float32))
    except (TypeError, ValueError):
        raise ParameterError(f"{where} is no array of numbers") from None
    if array.ndim != ndim:
        raise ParameterError(f"{where} is an array with {array.ndim} dimensions, expected {ndim}")
    return array


def _picture_from_data(value: Any, where: str) -> Tensor:
    try:
        shape = tuple(int(n) for n in value["shape"])
        size = 4 * int(np.prod(shape))
        if len(shape) != 3 or min(shape) < 1 or size > MAX_PICTURE:
            raise ValueError
        raw = zlib.decompressobj().decompress(base64.b64decode(value["float32"], validate=True), size + 1)
        pixels = np.frombuffer(raw, "<f4").astype(np.float32).reshape(shape)
    except (TypeError, KeyError, ValueError, binascii.Error, zlib.error):
        raise ParameterError(f"{where} is damaged: it holds no picture") from None
    return torch.from_numpy(pixels)
