"""Reading the lights of a USD file, as a camera in it sees them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import FileError, RimlightError
from ..light.flag import Flag
from ..light.lights import EnvironmentLight, Light
from ..light.moved import moved_rig
from ..light.photometry import ACESCG, WorkingSpace
from ..light.rig import Rig
from .cards import flag_of
from .shapes import Floats, Placed, Prim, light_of
from .stage import Opened, opened

_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""From a space with z up to one with y up, for row vectors."""
_POLE_Z = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""For columns, a dome whose pole is +z instead of +y: its middle goes from +z to -y."""
_SHADOWS = ("inputs:shadow:distance", "inputs:shadow:falloff")
_LINKING = ("collection:lightLink:includeRoot", "collection:shadowLink:includeRoot")


def read_usd(
    path: Path,
    *,
    frame: float = 1.0,
    camera: str = "",
    space: WorkingSpace = ACESCG,
    load: Callable[[str], Tensor] | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Rig:
    """The lights of a USD file at a frame, in the camera space of one of its cameras.

    camera : its name or path. Empty: the only camera; where there is none, the file's own space is camera space. `/`:
    the file's own space, with y up. space : the working space for colours; the file's are linear Rec.709.
    load : reads the picture of a dome, `[3, h, w]`. Without it pictures stay files, and a dome that is tilted against
    the camera is turned only as far as its azimuth says. tell : is given a sentence for all that cannot be read.

    Raises FileError with one sentence.
    """
    with opened(path) as found:
        lights, flags, sentences = found.answer((frame, camera, space), lambda: _lights(found, frame, camera, space))
        unit = found.cm_per_unit
    for sentence in sentences:
        tell(sentence)
    return Rig(tuple(_turned(light, load) for light in lights), unit, flags)


def usd_layers(path: Path) -> tuple[tuple[str, ...], bool]:
    """Paths of all layers of a USD file, and whether its lights or cameras change over time. Raises FileError."""
    with opened(path) as found:
        return found.files, found.animated


@dataclass(frozen=True)
class _Found:
    """A light, and for an environment how its dome is turned."""

    light: Light
    turn: Floats
    mirrored: bool


Lights = tuple[tuple[_Found, ...], tuple[Flag, ...], tuple[str, ...]]


def _lights(found: Opened, frame: float, camera: str, space: WorkingSpace) -> Lights:
    """The lights and flags of a stage as they are at a frame, and sentences about what cannot be read."""
    told: dict[str, None] = {}

    def tell(sentence: str) -> None:
        told[sentence] = None

    pxr, time = found.pxr, found.time(frame)
    for sentence in found.missing:
        tell(sentence)
    for other, kind in found.others:
        tell(f"{found.path}: {other} is left out: a {kind or 'prim that shines'} is no light that is known here")
    if not found.lights and not found.flags:
        tell(f"{found.path} has no lights")
    standing = pxr.UsdGeom.XformCache(time)
    view = _view(found, found.camera(camera), standing)
    lights = []
    for path in found.lights:
        prim = found.stage.GetPrimAtPath(path)
        visible = str(pxr.UsdGeom.Imageable(prim).ComputeVisibility(time)) != "invisible"
        placed = Placed.of(np.array(standing.GetLocalToWorldTransform(prim)) @ view)
        values = Prim(prim, time)

        def about(sentence: str, path: str = path) -> None:
            tell(f"{found.path}: {path}: {sentence}")

        _linked(prim, about)
        try:
            light = light_of(pxr, values, placed, found.cm_per_unit, _name(path), visible, space, about)
        except (RimlightError, TypeError, ValueError, OverflowError) as error:
            raise FileError(f"{found.path}: {path}: {error}") from None
        turn = placed.turn
        if str(prim.GetTypeName()) == "DomeLight_1":
            pole = str(values.get("poleAxis", "scene"))
            turn = turn @ _POLE_Z if pole == "Z" or (pole == "scene" and found.z_up) else turn
        lights.append((_Found(light, turn, placed.mirrored), bool(values.get("rimlight:hushed", False))))
    alone = any(one.light.solo and one.light.enabled for one, _ in lights)
    whole = (
        _Found(one.light.with_(enabled=True), one.turn, one.mirrored) if hushed and alone else one
        for one, hushed in lights
    )
    return tuple(whole), _flags(found, time, standing, view), tuple(told)


def _flags(found: Opened, time: Any, standing: Any, view: Floats) -> tuple[Flag, ...]:
    flags = []
    for path in found.flags:
        prim = found.stage.GetPrimAtPath(path)
        visible = str(found.pxr.UsdGeom.Imageable(prim).ComputeVisibility(time)) != "invisible"
        placed = Placed.of(np.array(standing.GetLocalToWorldTransform(prim)) @ view)
        try:
            flag = flag_of(Prim(prim, time), placed, found.cm_per_unit, path.rpartition("/")[2], visible)
        except (RimlightError, TypeError, ValueError, OverflowError) as error:
            raise FileError(f"{found.path}: {path}: {error}") from None
        flags.append(flag)
    return tuple(flags)


def _view(found: Opened, camera: Any, standing: Any) -> Floats:
    """The 4x4 matrix for row vectors from the stage's space to the camera's. A camera has no size."""
    view = np.eye(4)
    if camera is None:
        view[:3, :3] = _Z_UP if found.z_up else np.eye(3)
        return view
    placed = Placed.of(np.array(standing.GetLocalToWorldTransform(camera)))
    view[:3, :3] = placed.turn
    view[3, :3] = -np.array(placed.at) @ placed.turn
    return view


def _linked(prim: Any, tell: Callable[[str], None]) -> None:
    linked = any(prim.GetAttribute(name).Get() is False for name in _LINKING if prim.GetAttribute(name))
    linked = linked or any(
        prim.GetRelationship(f"collection:{link}:{what}").HasAuthoredTargets()
        for link in ("lightLink", "shadowLink")
        for what in ("includes", "excludes")
    )
    if linked:
        tell("it is linked to some objects only; here every light shines on everything")
    if prim.GetRelationship("light:filters").HasAuthoredTargets():
        tell("its light filters are left out")
    if any(prim.GetAttribute(name).HasAuthoredValue() for name in _SHADOWS if prim.GetAttribute(name)):
        tell("its shadows end or fade with the distance, which is left out")


def _name(path: str) -> str:
    """A light's name as layers may have it, of the prim's own."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", path.rpartition("/")[2])
    return f"_{name}" if name[:1].isdigit() else name


def _turned(found: _Found, load: Callable[[str], Tensor] | None) -> Light:
    """An environment turned with its dome; its picture is mirrored and sampled anew where it has to be."""
    light = found.light
    if not isinstance(light, EnvironmentLight) or not light.file:
        return light
    whole = light if load is None else light.with_(pixels=load(light.file))
    turn = found.turn
    if found.mirrored and whole.pixels is not None:
        # `Placed` has taken the mirror out by its second axis; the picture has it in the first.
        whole = whole.with_(pixels=whole.pixels.flip(-1), file="")
        turn = turn @ np.diag([-1.0, -1.0, 1.0])
    return moved_rig(Rig((whole,)), turn, (0.0, 0.0, 0.0)).lights[0]
