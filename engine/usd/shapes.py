"""One light of a stage as a light of ours: what shines, where, and in which shape."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..light.beam import frame
from ..light.lights import (
    NEUTRAL_KELVIN,
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    SpotLight,
)
from ..light.photometry import REFERENCE_CM, WorkingSpace
from ..params import Vec3
from .colors import color_read, rec709_of
from .emission import cylinder_share, distant_share, flat_share, sphere_share
from .profiles import is_ours, profile_read

Floats = npt.NDArray[np.float64]

WIDEST_CONE = 179.9
_THINNEST = 1e-3  # centimetres, the least that an area light may measure
_LARGEST = 1e38
_SAME = 1e-6  # stops that the single precision of a file leaves open

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Placed:
    """How a light stands: `turn` 3x3 takes directions of the prim to camera space and has neither size nor mirror,
    `scale` is what its axes are multiplied by, `mirrored` whether one of them is turned round. `at` is its place in
    camera space, in units of the stage.
    """

    turn: Floats
    scale: tuple[float, float, float]
    at: Vec3
    mirrored: bool

    @classmethod
    def of(cls, matrix: Floats) -> "Placed":
        """matrix : 4x4 for row vectors, as USD has them, from the prim to camera space."""
        rows = matrix[:3, :3]
        scale = np.linalg.norm(rows, axis=1)
        # The axis of the light's rays stays where it is, whatever shear there may be.
        z = rows[2] / max(scale[2], 1e-30)
        x = rows[0] - (rows[0] @ z) * z
        x = x / max(np.linalg.norm(x), 1e-30)
        a, b, c = (float(s) for s in scale)
        p, q, r = (float(v) for v in matrix[3, :3])
        return cls(np.stack((x, np.cross(z, x), z), 1), (a, b, c), (p, q, r), float(np.linalg.det(rows)) < 0)

    @property
    def aim(self) -> Vec3:
        x, y, z = (-self.turn[:, 2]).tolist()
        return x + 0.0, y + 0.0, z + 0.0

    @property
    def roll(self) -> float:
        _, right, up = (v.flatten().numpy() for v in frame(self.aim, 0.0, torch.empty(0, dtype=torch.float64)))
        return math.degrees(math.atan2(float(self.turn[:, 0] @ up), float(self.turn[:, 0] @ right)))


class Prim:
    """Values of a prim at a time."""

    def __init__(self, prim: Any, time: Any) -> None:
        self.prim, self._time = prim, time

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an attribute or a default."""
        attribute = self.prim.GetAttribute(name)
        value = attribute.Get(self._time) if attribute else None
        return default if value is None else value

    def number(self, name: str, default: float = 0.0) -> float:
        return shortest(float(self.get(f"inputs:{name}", default)))

    def says(self, name: str) -> bool:
        """Whether a value is written, and not only what the schema falls back to."""
        attribute = self.prim.GetAttribute(name)
        return bool(attribute and attribute.HasAuthoredValue())


def shortest(value: float) -> float:
    """The number with the fewest digits that is the same in single precision: 0.53 of what a file makes of 0.53."""
    return float(str(np.float32(value))) if abs(value) < _LARGEST else value


def light_of(
    pxr: Any, prim: Prim, placed: Placed, cm_per_unit: float, name: str, visible: bool, space: WorkingSpace, tell: Tell
) -> Light:
    """The light of a prim; an environment is turned as if its dome were not. Raises ParameterError."""
    kind = str(prim.prim.GetTypeName())
    share, cls, fields = _SHAPED[kind](prim, placed, cm_per_unit, tell)
    common = _common(pxr, prim, share, name, visible, space, tell)
    return cls(**common, **fields)


Shaped = tuple[float, type[Light], dict[str, Any]]
"""The share of its intensity that is its level, and the kind of light with the fields that are not common to all."""


def _common(
    pxr: Any, prim: Prim, share: float, name: str, visible: bool, space: WorkingSpace, tell: Tell
) -> dict[str, Any]:
    level = prim.number("intensity") * share
    exposure = prim.number("exposure")
    stops = math.log2(abs(level)) if level and math.isfinite(level) else level
    given = rec709_of(pxr, prim.prim.GetAttribute("inputs:color"), prim.get("inputs:color", (1, 1, 1)), tell)
    color = [c * (-1 if level < 0 else 1 if level else 0) for c in given]
    warm = prim.number("colorTemperature", 6500) if prim.get("inputs:enableColorTemperature") else None
    kelvin, tint = float(prim.get("rimlight:kelvin", NEUTRAL_KELVIN)), float(prim.get("rimlight:tint", 0.0))
    rgb, kelvin, tint = color_read(pxr, color, warm, kelvin, tint, space)
    return {
        "name": name,
        "exposure": exposure + (0.0 if abs(stops) < _SAME else stops),
        "color": tuple(shortest(c) for c in rgb),
        "kelvin": kelvin,
        "tint": tint,
        "diffuse": prim.number("diffuse", 1),
        "specular": prim.number("specular", 1),
        "shadow": _shadow(prim, tell),
        "enabled": visible,
        "solo": bool(prim.get("rimlight:solo", False)),
        "measured": bool(prim.get("rimlight:measured", False)),
        "link_channel": str(prim.get("rimlight:linkChannel", "")),
        "invert_link": bool(prim.get("rimlight:invertLink", False)),
    }


def _shadow(prim: Prim, tell: Tell) -> float:
    if not prim.get("inputs:shadow:enable", True):
        return 0.0
    color = [float(c) for c in prim.get("inputs:shadow:color", (0, 0, 0))]
    if max(color) - min(color) > 1e-6:
        tell("its shadows have a colour, which is read as the grey of the same mean")
    return 1 - sum(color) / 3


def _distant(prim: Prim, placed: Placed, cm_per_unit: float, tell: Tell) -> Shaped:
    angle = min(max(prim.number("angle", 0.53), 0.0), 360.0)
    if angle > 180:
        tell(f"its angle of {angle:g} degrees is read as 180")
    if asset_path(prim, "inputs:shaping:ies:file"):
        tell("its IES profile is left out: a light at infinity has none")
    share = distant_share(angle, bool(prim.get("inputs:normalize", False)))
    x, y, z = placed.turn[:, 2].tolist()
    return share, DirectionalLight, {"direction": (x + 0.0, y + 0.0, z + 0.0), "angle": min(angle, 180.0)}


def _sphere(prim: Prim, placed: Placed, cm_per_unit: float, tell: Tell) -> Shaped:
    if max(placed.scale) > 1.001 * min(placed.scale):
        tell("it is scaled to an ellipsoid, which is read as the sphere of the same volume")
    radius = prim.number("radius", 0.5) * math.prod(placed.scale) ** (1 / 3)
    share = sphere_share(radius, REFERENCE_CM / cm_per_unit, bool(prim.get("inputs:normalize", False)))
    size = 0.0 if prim.get("treatAsPoint", False) else 2 * radius * cm_per_unit
    cone = _cone(prim, 180.0, tell)
    profile, factor = _profile(prim, placed)
    share, fields = share * factor, {"position": placed.at, **profile}
    if cone is not None:
        return share, SpotLight, {**fields, "size": size, "aim": placed.aim, **cone, **_gobo(prim, placed)}
    if prim.get("rimlight:kind") == "area" and size >= _THINNEST:
        return share, AreaLight, {**fields, "shape": "sphere", "width": size}
    return share, PointLight, {**fields, "size": size}


def _cylinder(prim: Prim, placed: Placed, cm_per_unit: float, tell: Tell) -> Shaped:
    tell("a cylinder is read as the sphere that is as large and as bright from the side")
    across = math.sqrt(placed.scale[1] * placed.scale[2])
    radius, length = prim.number("radius", 0.5) * across, prim.number("length", 1) * placed.scale[0]
    normal = bool(prim.get("inputs:normalize", False))
    share = cylinder_share(radius, length, REFERENCE_CM / cm_per_unit, normal)
    size = 2 * math.sqrt(2 * radius * length / math.pi) * cm_per_unit
    profile, factor = _profile(prim, placed)
    fields = {"position": placed.at, "size": size, **profile}
    return _round(share, prim, placed, size, 180.0, 0.0, tell) or (share * factor, PointLight, fields)


def _flat(prim: Prim, placed: Placed, cm_per_unit: float, tell: Tell) -> Shaped:
    normal, reach = bool(prim.get("inputs:normalize", False)), REFERENCE_CM / cm_per_unit
    sx, sy, _ = placed.scale
    if str(prim.prim.GetTypeName()) == "DiskLight":
        if abs(sx - sy) > 1e-3 * max(sx, sy):
            tell("it is scaled to an ellipse, which is read as the disc of the same area")
        width = height = 2 * prim.number("radius", 0.5) * math.sqrt(sx * sy)
        area, shape = math.pi * width**2 / 4, "disc"
    else:
        width, height = prim.number("width", 1) * sx, prim.number("height", 1) * sy
        area, shape = width * height, "rectangle"
        if asset_path(prim, "inputs:texture:file"):
            tell("its picture is not read: area lights are of one colour")
    share = flat_share(area, reach, normal)
    spot = _round(share, prim, placed, 2 * math.sqrt(area / math.pi) * cm_per_unit, 90.0, 1.0, tell)
    if spot is not None:
        what = "a cone" if "profile_file" not in spot[2] else "a profile"
        tell(f"an area light with {what} is read as a spot of the same size, with the falloff of a flat light")
        return spot
    sizes = [max(x * cm_per_unit, _THINNEST) for x in (width, height)]
    profile, factor = _profile(prim, placed)
    fields = {"position": placed.at, "aim": placed.aim, "roll": placed.roll, **profile}
    return share * factor, AreaLight, {**fields, "shape": shape, "width": sizes[0], "height": sizes[1]}


def _dome(prim: Prim, placed: Placed, cm_per_unit: float, tell: Tell) -> Shaped:
    # What is in the middle of the picture lies behind the camera: UsdLux has it towards +z, we have it ahead.
    file = asset_path(prim, "inputs:texture:file")
    if not file:
        return 1.0, EnvironmentLight, {"pixels": torch.ones(3, 4, 8)}
    said = str(prim.prim.GetAttribute("inputs:texture:file").GetColorSpace())
    if said and said.lower() not in ("auto", "raw"):
        tell(f"its picture is said to be in '{said}'; it is read in the space that its file and the config's rules say")
    layout = str(prim.get("inputs:texture:format", "automatic"))
    if layout not in ("automatic", "latlong"):
        tell(f"its picture is of the format '{layout}' and is read as if it were latlong; EnvironmentConvert makes one")
    return 1.0, EnvironmentLight, {"file": file, "rotation": 180.0}


_SHAPED: dict[str, Callable[[Prim, Placed, float, Tell], Shaped]] = {
    "DistantLight": _distant, "SphereLight": _sphere, "CylinderLight": _cylinder, "RectLight": _flat,
    "DiskLight": _flat, "DomeLight": _dome, "DomeLight_1": _dome,
}  # fmt: skip


def _round(
    share: float, prim: Prim, placed: Placed, size: float, all_around: float, falloff: float, tell: Tell
) -> Shaped | None:
    """A spot in the place of a light that has a cone, or is flat and has a profile; None where it has neither."""
    cone = _cone(prim, all_around, tell)
    profile, factor = _profile(prim, placed)
    if cone is None:
        if not profile or not falloff or is_ours(prim):
            return None
        cone = {"cone": WIDEST_CONE, "penumbra": 0.0, "falloff": 0.0}
    cone["falloff"] += falloff
    fields = {"position": placed.at, "size": size, "aim": placed.aim, "roll": placed.roll, **profile, **cone}
    return share * factor, SpotLight, fields


def _profile(prim: Prim, placed: Placed) -> tuple[dict[str, Any], float]:
    """Fields of a light's profile, and the factor of its level; nothing and 1 without one."""
    file = asset_path(prim, "inputs:shaping:ies:file")
    if not file:
        return {}, 1.0
    fields, factor = profile_read(prim, file)
    return {"aim": placed.aim, "roll": placed.roll, **fields}, factor


def _cone(prim: Prim, all_around: float, tell: Tell) -> dict[str, float] | None:
    """Cone, penumbra and falloff of a light that does not shine everywhere it could; `all_around` is the angle to its
    axis in degrees to which it could.
    """
    shaped = "ShapingAPI" in prim.prim.GetAppliedSchemas() or prim.says("inputs:shaping:cone:angle")
    if not prim.says("inputs:shaping:cone:angle") and asset_path(prim, "inputs:shaping:ies:file"):
        shaped = False  # the schema's own cone is not meant to cut a profile off
    angle = prim.number("shaping:cone:angle", 90) if shaped else 180.0
    focus = max(0.0, prim.number("shaping:focus"))
    if max(float(c) for c in prim.get("inputs:shaping:focusTint", (0, 0, 0))) > 0:
        tell("the colour of its focus (focusTint) is left out")
    if angle >= all_around and focus == 0:
        return None
    softness = min(max(prim.number("shaping:cone:softness"), 0.0), 1.0)
    if 90 < angle < 180 or (focus > 0 and angle >= 180 and all_around > 90):
        tell(f"its cone reaches {min(angle, 180):g} degrees from its axis, which is read as 90")
    return {"cone": min(2 * max(angle, 0.0), WIDEST_CONE), "penumbra": softness * max(angle, 0.0), "falloff": focus}


def _gobo(prim: Prim, placed: Placed) -> dict[str, Any]:
    return {"roll": placed.roll, "gobo_file": asset_path(prim, "rimlight:gobo")}


def asset_path(prim: Prim, name: str) -> str:
    """The full path of the file that an attribute names, whether it is there or not; empty where it names none."""
    asset = prim.get(name)
    if asset is None or not asset.path:
        return ""
    if asset.resolvedPath:
        return str(asset.resolvedPath)
    layers = [spec.layer for spec in prim.prim.GetAttribute(name).GetPropertyStack() if spec.layer.realPath]
    return os.path.normpath(os.path.join(os.path.dirname(layers[0].realPath) if layers else "", asset.path))
