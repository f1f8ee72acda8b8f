"""Writing rigs as USD: lights are prims of UsdLux, flags meshes, below one Xform, in the picture's camera space."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import FileError, file_errors
from ..light.lights import NEUTRAL_KELVIN
from ..light.photometry import ACESCG, WorkingSpace
from ..light.rig import Rig
from ..safefile import write_safely
from .baking import Baker
from .cards import with_flags
from .library import USD_WRITTEN, quietly, usd_library
from .prims import Values, values_of

ROOT = "rig"
_SAID = ("inputs:intensity", "inputs:exposure", "inputs:color")
"""Attributes that are written whatever they are: what a light is set by."""
_DEFAULTS = {
    "rimlight:solo": False, "rimlight:measured": False, "rimlight:hushed": False, "rimlight:tint": 0.0,
    "rimlight:kelvin": NEUTRAL_KELVIN, "rimlight:linkChannel": "", "rimlight:invertLink": False,
}  # fmt: skip
NOTE = (
    "Lights of Rimlight in the picture's camera space: x right, y up, the camera at the origin looking along -z."
    " Parent /rig to the shot's camera to place them in the world."
)


def write_usd(rigs: Mapping[float, Rig], path: Path, *, space: WorkingSpace = ACESCG, fps: float = 24.0) -> list[str]:
    """Write the rigs of some frames as one USD file, `.usda` as text; the old file stays until the new one is whole.

    Several frames are time samples, of what differs between them; a light that is not there at a frame is invisible
    then. Surroundings that are no file are written beside it as lat-long EXR pictures in linear Rec.709, named after
    the file and the light. space : of the rigs' colours. fps : frames per second.

    Returns sentences about what the file cannot say. Raises FileError, and ParameterError for a light whose picture
    was not read.
    """
    if path.suffix.lower() not in USD_WRITTEN:
        raise FileError(f"{path}: packages of type {path.suffix} are read, not written; write .usd, .usda or .usdc")
    if not rigs:
        raise FileError(f"{path}: there is no frame to write")
    pxr = usd_library(path)
    told: dict[str, None] = {}
    unit = next(iter(rigs.values())).cm_per_unit
    baker = Baker(path, space)
    shots = {}
    for frame, rig in sorted(rigs.items()):
        own = rig.in_unit(unit)
        shots[frame] = with_flags(pxr, values_of(pxr, own, frame, space, baker, told), own, frame, baker, told)
    with quietly(pxr):
        layer = _layer(pxr, shots, unit, fps)
        data = _exported(layer, path)
    baker.write()
    with file_errors(f"{path}: the rig cannot be written"):
        write_safely(path, data)
    return list(told)


def _layer(pxr: ModuleType, shots: Mapping[float, Mapping[str, Values]], unit: float, fps: float) -> Any:
    layer = pxr.Sdf.Layer.CreateAnonymous("rig.usda")
    stage = pxr.Usd.Stage.Open(layer)
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    pxr.UsdGeom.SetStageMetersPerUnit(stage, unit / 100)
    layer.comment = NOTE
    stage.SetFramesPerSecond(fps)
    stage.SetTimeCodesPerSecond(fps)
    if len(shots) > 1:
        stage.SetStartTimeCode(min(shots))
        stage.SetEndTimeCode(max(shots))
    stage.SetDefaultPrim(pxr.UsdGeom.Xform.Define(stage, f"/{ROOT}").GetPrim())
    for key in dict.fromkeys(key for shot in shots.values() for key in shot):
        found = {frame: shot.get(key) for frame, shot in shots.items()}
        there = [values for values in found.values() if values is not None]
        prim = stage.DefinePrim(f"/{ROOT}/{key}", there[0].kind)
        for schema in dict.fromkeys(schema for values in there for schema in values.schemas):
            prim.AddAppliedSchema(schema)
        kinds = {name: kind for values in there for name, (kind, _) in values.attributes.items()}
        for name, kind in kinds.items():
            _author(pxr, prim, name, kind, {frame: _value(values, name) for frame, values in found.items()})
    return layer


def _value(values: Values | None, name: str) -> Any:
    """The value at a frame, None where there is none; a light that is not there is invisible."""
    if values is None:
        return "invisible" if name == "visibility" else None
    return values.attributes.get(name, (None, None))[1]


def _author(pxr: ModuleType, prim: Any, name: str, kind: str, values: Mapping[float, Any]) -> None:
    """Write an attribute: once where it stays the same, not at all where that is what it is anyway."""
    there = {frame: value for frame, value in values.items() if value is not None}
    first = next(iter(there.values()))
    same = all(value == first for value in there.values())
    known = prim.GetAttribute(name)
    if same and name not in _SAID and first in (known.Get() if known else _DEFAULTS.get(name), pxr.Sdf.AssetPath()):
        return
    attribute = prim.CreateAttribute(name, getattr(pxr.Sdf.ValueTypeNames, kind), name.startswith("rimlight:"))
    if same:
        attribute.Set(first)
        return
    for frame, value in there.items():
        attribute.Set(value, frame)


def _exported(layer: Any, path: Path) -> bytes:
    if path.suffix.lower() == ".usda":
        return str(layer.ExportToString()).encode()
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, f"rig{path.suffix.lower()}")
        if not layer.Export(target):
            raise FileError(f"{path}: the rig cannot be written")
        return Path(target).read_bytes()
