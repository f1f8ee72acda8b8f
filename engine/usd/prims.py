"""Lights of ours as prims of UsdLux: their types, schemas and attributes."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch

from ..light.beam import frame as frame_of
from ..light.lights import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
)
from ..light.photometry import REFERENCE_CM, WorkingSpace
from ..light.rig import Rig
from ..light.values import Triple
from .baking import Baker, picture_around
from .colors import color_written
from .emission import DISTANT_INTENSITY, flat_intensity, sphere_intensity
from .library import asset
from .profiles import profile_written

_POINT = 0.1
"""Radius in centimetres of a light without size, for programs that have no points."""

Attributes = dict[str, tuple[str, Any]]
"""Name of the type, as `Sdf.ValueTypeNames` has it, and value, by name."""


@dataclass(frozen=True)
class Values:
    """A light at a frame: the type of its prim, the schemas applied to it, and its attributes."""

    kind: str
    schemas: tuple[str, ...]
    attributes: Attributes


def values_of(
    pxr: ModuleType, rig: Rig, frame: float, space: WorkingSpace, baker: Baker, told: dict[str, None]
) -> dict[str, Values]:
    """The prims of a rig by name. told : takes sentences about what they cannot say."""
    shining = {id(light) for light in rig.active()}
    solo = any(light.solo for light in rig.active())
    found: dict[str, Values] = {}
    for own, light in zip(rig.names, rig.lights, strict=True):
        name = pxr.Tf.MakeValidIdentifier(own)
        while name in found:
            name += "_"

        def tell(sentence: str, own: str = own) -> None:
            told[f"light '{own}': {sentence}"] = None

        kind, schemas, attributes = _shaped(pxr, light, rig.cm_per_unit, name, frame, baker, tell)
        attributes |= _common(pxr, light, space, tell)
        attributes["visibility"] = ("Token", "inherited" if id(light) in shining else "invisible")
        attributes["rimlight:solo"] = ("Bool", light.solo)
        attributes["rimlight:measured"] = ("Bool", light.measured)
        attributes["rimlight:linkChannel"] = ("String", light.link_channel)
        attributes["rimlight:invertLink"] = ("Bool", light.invert_link)
        if light.link_channel:
            tell(f"it is linked to channel '{light.link_channel}'; in other programs it falls on everything")
        attributes["rimlight:hushed"] = ("Bool", solo and light.enabled and not light.solo)
        found[name] = Values(kind, ("ShadowAPI", *schemas), attributes)
    return found


def _common(pxr: ModuleType, light: Light, space: WorkingSpace, tell: Callable[[str], None]) -> Attributes:
    color, kelvin = color_written(pxr, light, space)
    if min(color) < 0:
        tell("its colour lies outside Rec.709 and has a negative part in the file, which some programs cut off")
    shadow = min(max(float(light.shadow), 0.0), 1.0)
    if shadow != light.shadow:
        tell(f"its shadow of {float(light.shadow):g} is written as {shadow:g}")
    grey = 1 - shadow
    return {
        "inputs:exposure": ("Float", float(light.exposure)),
        "inputs:color": ("Color3f", pxr.Gf.Vec3f(*color)),
        "inputs:enableColorTemperature": ("Bool", kelvin is not None),
        "inputs:colorTemperature": ("Float", 6500.0 if kelvin is None else kelvin),
        "inputs:diffuse": ("Float", float(light.diffuse)),
        "inputs:specular": ("Float", float(light.specular)),
        "inputs:shadow:enable": ("Bool", shadow > 0),
        "inputs:shadow:color": ("Color3f", pxr.Gf.Vec3f(grey, grey, grey)),
        "rimlight:kelvin": ("Double", float(light.kelvin)),
        "rimlight:tint": ("Double", float(light.tint)),
    }


Shaped = tuple[str, tuple[str, ...], Attributes]


def _shaped(
    pxr: ModuleType, light: Light, unit: float, name: str, frame: float, baker: Baker, tell: Callable[[str], None]
) -> Shaped:
    reach = REFERENCE_CM / unit
    if isinstance(light, DirectionalLight):
        x, y, z = (float(v) for v in light.direction)
        attributes = standing(pxr, None, (-x, -y, -z), 0.0) | _intensity(DISTANT_INTENSITY)
        return "DistantLight", (), attributes | {"inputs:angle": ("Float", float(light.angle))}
    if isinstance(light, SpotLight):
        attributes, factor = profile_written(pxr, light, tell)
        attributes |= standing(pxr, light.position, light.aim, light.roll) | _intensity(
            sphere_intensity(reach) * factor
        )
        attributes |= _ball(float(light.size), unit) | _cone(light, tell)
        return "SphereLight", ("ShapingAPI",), attributes | _gobo(pxr, light, name, frame, baker, tell)
    if isinstance(light, PointLight):
        return _round(pxr, light, _ball(float(light.size), unit), reach, tell)
    if isinstance(light, AreaLight):
        return _area(pxr, light, unit, tell)
    if isinstance(light, EnvironmentLight | SphericalGaussians | SphericalHarmonics):
        return _dome(pxr, light, name, frame, baker)
    raise TypeError(f"a light of the kind '{light.kind}' is not written")


def _round(
    pxr: ModuleType, light: PointLight | AreaLight, size: Attributes, reach: float, tell: Callable[[str], None]
) -> Shaped:
    """A light that shines to all sides, or as its profile says to these."""
    attributes, factor = profile_written(pxr, light, tell)
    aim, roll = (light.aim, light.roll) if light.points else ((0.0, 0.0, -1.0), 0.0)
    attributes |= size | standing(pxr, light.position, aim, roll) | _intensity(sphere_intensity(reach) * factor)
    if not light.profile_file:
        return "SphereLight", (), attributes
    # Without it the schema's cone of 90 degrees would cut off what shines behind.
    return "SphereLight", ("ShapingAPI",), attributes | {"inputs:shaping:cone:angle": ("Float", 180.0)}


def _area(pxr: ModuleType, light: AreaLight, unit: float, tell: Callable[[str], None]) -> Shaped:
    reach, width, height = REFERENCE_CM / unit, float(light.width) / unit, float(light.height) / unit
    if light.shape == "sphere":
        size = _ball(float(light.width), unit) | {"rimlight:kind": ("String", "area")}
        return _round(pxr, light, size, reach, tell)
    attributes, factor = profile_written(pxr, light, tell)
    if light.profile_file:
        tell("its profile has the falloff of the flat light in it, which other programs multiply it by once more")
    attributes |= standing(pxr, light.position, light.aim, light.roll) | _intensity(flat_intensity(reach) * factor)
    schemas = ("ShapingAPI",) if light.profile_file else ()
    if light.shape == "disc":
        return "DiskLight", schemas, attributes | {"inputs:radius": ("Float", width / 2)}
    sides: Attributes = {"inputs:width": ("Float", width), "inputs:height": ("Float", height)}
    return "RectLight", schemas, attributes | sides


def _ball(size: float, unit: float) -> Attributes:
    radius = size / 2 if size > 0 else _POINT
    return {"inputs:radius": ("Float", radius / unit), "treatAsPoint": ("Bool", size == 0)}


def _cone(light: SpotLight, tell: Callable[[str], None]) -> Attributes:
    half, penumbra = float(light.cone) / 2, float(light.penumbra)
    if penumbra > half:
        tell(f"its penumbra of {penumbra:g} degrees is written as {half:g}, that of its whole cone")
    return {
        "inputs:shaping:cone:angle": ("Float", half),
        "inputs:shaping:cone:softness": ("Float", min(penumbra / half, 1.0) if half > 0 else 0.0),
        "inputs:shaping:focus": ("Float", float(light.falloff)),
    }


def _gobo(
    pxr: ModuleType, light: SpotLight, name: str, frame: float, baker: Baker, tell: Callable[[str], None]
) -> Attributes:
    if not light.gobo_file and light.gobo is None:
        return {"rimlight:gobo": ("Asset", pxr.Sdf.AssetPath())}
    tell("its gobo is kept for Rimlight in rimlight:gobo; lights of USD project no pictures")
    file = light.gobo_file
    if not file and light.gobo is not None:
        file = baker.add(name, frame, light.gobo)
    return {"rimlight:gobo": ("Asset", pxr.Sdf.AssetPath(asset(file)))}


def _dome(
    pxr: ModuleType, light: EnvironmentLight | SphericalGaussians | SphericalHarmonics, name: str, frame: float,
    baker: Baker,
) -> Shaped:  # fmt: skip
    file = light.file if isinstance(light, EnvironmentLight) else ""
    if not file:
        picture = picture_around(light)
        if bool((picture == 1).all()):
            nothing = ("Asset", pxr.Sdf.AssetPath())
            return "DomeLight", (), {"inputs:intensity": ("Float", 1.0), "inputs:texture:file": nothing}
        file = baker.add(name, frame, picture)
    # UsdLux has the middle of the picture towards +z, we have it ahead.
    turn = pxr.Gf.Matrix4d().SetRotate(pxr.Gf.Rotation(pxr.Gf.Vec3d(0, 1, 0), float(light.rotation) - 180))
    return "DomeLight", (), _transform(turn) | {
        "inputs:intensity": ("Float", 1.0),
        "inputs:texture:file": ("Asset", pxr.Sdf.AssetPath(asset(file))),
        "inputs:texture:format": ("Token", "latlong"),
    }  # fmt: skip


def _intensity(value: float) -> Attributes:
    return {"inputs:intensity": ("Float", value), "inputs:normalize": ("Bool", True)}


def standing(pxr: ModuleType, position: Triple | None, aim: Triple, roll: Any) -> Attributes:
    """The transform of what stands somewhere and points along `aim`, its -z."""
    forward, right, up = (v.flatten().tolist() for v in frame_of(aim, roll, torch.empty(0, dtype=torch.float64)))
    x, y, z = (0.0, 0.0, 0.0) if position is None else (float(v) for v in position)
    rows = ([*right, 0.0], [*up, 0.0], [*(-v for v in forward), 0.0], [x, y, z, 1.0])
    return _transform(pxr.Gf.Matrix4d([list(row) for row in rows]))


def _transform(matrix: Any) -> Attributes:
    """`matrix` in a form that reads well: without what rounding has left of zeros."""
    rows = [[round(v, 15) + 0.0 for v in matrix.GetRow(i)] for i in range(4)]
    clean = type(matrix)(rows)
    return {"xformOp:transform": ("Matrix4d", clean), "xformOpOrder": ("TokenArray", ["xformOp:transform"])}
