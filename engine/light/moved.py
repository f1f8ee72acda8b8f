"""A rig seen from elsewhere: all its lights turned and moved together."""

import math
from typing import Any

import torch
from torch import Tensor

from . import equirect, sh
from .beam import frame
from .equirect import latlong_directions
from .flag import Flag
from .lights import (
    DirectionalLight,
    EnvironmentLight,
    Light,
    SphericalGaussians,
    SphericalHarmonics,
    StandingLight,
)
from .rig import Rig
from .values import Triple

_UPRIGHT = 1e-9
"""By how much the row of a rotation that gives heights may be off one about the vertical axis."""


def moved_rig(rig: Rig, rotation: Any, offset: Any) -> Rig:
    """The lights and flags of a rig in another space, in which what was at p is at `rotation @ p + offset`.

    rotation : 3x3, of columns. offset : `[3]`, in centimetres. Directions, places, aims and the roll about them turn
    as one rigid thing. Surroundings that turn about the vertical axis keep their picture and get another `rotation`;
    turned about another axis the picture is sampled anew, bilinear, and no longer names its file. A light whose
    picture was not read yet keeps it, turned as far as its azimuth says.
    """
    turn = torch.as_tensor(rotation, dtype=torch.float64)
    shift = torch.as_tensor(offset, dtype=torch.float64) / rig.cm_per_unit
    made = rig.with_lights(_moved(light, turn, shift) for light in rig)
    return made.with_flags(_carried(flag, turn, shift) for flag in rig.flags) if rig.flags else made


def _carried(flag: Flag, turn: Tensor, shift: Tensor) -> Flag:
    aim, roll = _aimed(flag, turn)
    return flag.with_(position=_turned(flag.position, turn, shift), aim=aim, roll=roll)


def _moved(light: Light, turn: Tensor, shift: Tensor) -> Light:
    if isinstance(light, DirectionalLight):
        return light.with_(direction=_turned(light.direction, turn))
    if isinstance(light, StandingLight):
        place = _turned(light.position, turn, shift)
        if not light.points:
            return light.with_(position=place)
        aim, roll = _aimed(light, turn)
        return light.with_(position=place, aim=aim, roll=roll)
    if isinstance(light, (EnvironmentLight, SphericalGaussians, SphericalHarmonics)):
        return _around(light, turn)
    return light


def _around(light: EnvironmentLight | SphericalGaussians | SphericalHarmonics, turn: Tensor) -> Light:
    azimuth = math.degrees(math.atan2(float(turn[0, 2] - turn[2, 0]), float(turn[0, 0] + turn[2, 2])))
    upright = bool((turn[1] - turn.new_tensor([0.0, 1.0, 0.0])).abs().max() < _UPRIGHT)
    if upright or (isinstance(light, EnvironmentLight) and light.pixels is None):
        if isinstance(light.rotation, Tensor):
            return light.with_(rotation=light.rotation + azimuth)
        return light.with_(rotation=math.remainder(light.rotation + azimuth, 360))
    whole = turn @ _about_y(light.rotation)
    if isinstance(light, SphericalGaussians):
        return light.with_(axes=light.axes @ whole.T.to(light.axes), rotation=0.0)
    if isinstance(light, SphericalHarmonics):
        return light.with_(coefficients=sh.rotated(light.coefficients, whole), rotation=0.0)
    assert light.pixels is not None
    _, h, w = light.pixels.shape
    towards = latlong_directions(h, w, light.pixels)
    back = torch.einsum("ij,jhw->ihw", whole.T.to(towards), towards)
    return light.with_(pixels=equirect.sample(light.pixels, back), rotation=0.0, file="")


def _about_y(degrees: float | Tensor) -> Tensor:
    """What adds `degrees` to azimuths, 3x3."""
    a = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float64))
    s, c, zero, one = a.sin(), a.cos(), torch.zeros_like(a), torch.ones_like(a)
    return torch.stack((c, zero, s, zero, one, zero, -s, zero, c)).reshape(3, 3)


def _turned(vector: Triple, turn: Tensor, shift: Tensor | None = None) -> Triple:
    x = vector if isinstance(vector, Tensor) else turn.new_tensor(vector)
    made = turn.to(x.device) @ x.double()
    made = made if shift is None else made + shift.to(x.device)
    if isinstance(vector, Tensor):
        return made.to(vector.dtype)
    a, b, c = made.tolist()
    return a, b, c


def _aimed(light: StandingLight | Flag, turn: Tensor) -> tuple[Triple, float | Tensor]:
    """The aim and the roll: what was to the light's right stays to its right."""
    like = turn.new_empty(0)
    right = turn @ frame(light.aim, light.roll, like)[1].flatten()
    aim = _turned(light.aim, turn)
    _, level, up = (v.flatten() for v in frame(aim, 0.0, like))
    roll = torch.rad2deg(torch.atan2(right @ up, right @ level))
    return aim, roll if isinstance(light.roll, Tensor) or isinstance(light.aim, Tensor) else float(roll)
