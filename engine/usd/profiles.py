"""Photometric profiles of lights in USD: `inputs:shaping:ies`.

UsdLux multiplies what a light emits by the file's candelas, and with `normalize` by these over their mean to all sides.
Ours make the same of a level of 1 by other shares: a lamp has its own candelas where a pixel value is a nit, or 1 in
its brightest direction. So `level` in the functions below is what the level of one has to be multiplied by for the
other.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..light.lights import StandingLight
from ..light.profilefile import load_profile
from .library import asset

_LEVEL, _PEAK = "rimlight:profileLevel", "rimlight:profilePeak"
"""What USD has no word for: how bright we want the profile, and its brightest candelas, by which its level is known."""


def profile_written(
    pxr: Any, light: StandingLight, tell: Callable[[str], None]
) -> tuple[dict[str, tuple[str, Any]], float]:
    """Attributes of a light's profile, by name with their types, and the factor of its intensity. Raises FileError
    where the profile's file cannot be read.
    """
    nothing = ("Asset", pxr.Sdf.AssetPath())
    if not light.profile_file:
        if light.profile is not None:
            tell("its profile is no file and is left out")
        return {"inputs:shaping:ies:file": nothing}, 1.0
    scale = float(light.profile_scale)
    attributes = {
        "inputs:shaping:ies:file": ("Asset", pxr.Sdf.AssetPath(asset(light.profile_file))),
        "inputs:shaping:ies:angleScale": ("Float", 0.0 if scale == 1 else scale),
        "inputs:shaping:ies:normalize": ("Bool", light.profile_level == "power"),
        _LEVEL: ("String", light.profile_level),
    }
    if light.profile_level == "power":
        return attributes, 1.0
    if light.profile_level == "candela":
        return attributes, 1 / math.pi
    profile = light.profile or load_profile(Path(light.profile_file))
    return attributes | {_PEAK: ("Double", profile.peak)}, 1 / profile.peak


def profile_read(prim: Any, file: str) -> tuple[dict[str, Any], float]:
    """Fields of a light with a profile's file, and the factor of its level. prim : a `shapes.Prim`."""
    scale = prim.number("shaping:ies:angleScale")
    fields: dict[str, Any] = {"profile_file": file, "profile_scale": scale or 1.0}
    peak = float(prim.get(_PEAK, 0.0))
    if prim.get("inputs:shaping:ies:normalize", False):
        return fields | {"profile_level": "power"}, 1.0
    if prim.get(_LEVEL) == "brightest" and peak > 0:
        return fields | {"profile_level": "brightest"}, peak
    return fields | {"profile_level": "candela"}, math.pi


def is_ours(prim: Any) -> bool:
    """Whether a profile was written by Rimlight: a flat light then keeps it, else it is multiplied by the cosine."""
    return prim.get(_LEVEL) is not None
