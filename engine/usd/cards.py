"""Flags of a rig as meshes of USD, and back: a card that stands in the set, with what else it is for the way back."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..light.flag import Flag
from ..light.rig import Rig
from .baking import Baker
from .library import asset
from .prims import Attributes, Values, standing
from .shapes import Placed, Prim, asset_path
from .stage import FLAG


def with_flags(
    pxr: ModuleType, found: dict[str, Values], rig: Rig, frame: float, baker: Baker, told: dict[str, None]
) -> dict[str, Values]:
    """The prims of a rig's lights by name, and those of its flags. told : takes sentences about what other programs do
    not see of them.
    """
    for flag in rig.flags:
        name = pxr.Tf.MakeValidIdentifier(flag.name)
        while name in found:
            name += "_"

        def tell(sentence: str, own: str = flag.name) -> None:
            told[f"flag '{own}': {sentence}"] = None

        found[name] = _values(pxr, flag, rig.cm_per_unit, name, frame, baker, tell)
    return found


def _values(
    pxr: ModuleType, flag: Flag, unit: float, name: str, frame: float, baker: Baker, tell: Callable[[str], None]
) -> Values:
    width, height = float(flag.width), float(flag.height)
    red, green, blue = (float(t) for t in flag.transmission)
    if flag.opening:
        tell("it is an opening in a wall, of which the file has the opening as a card")
    elif flag.picture is not None or flag.picture_file or flag.shape == "ellipse" or float(flag.softness) > 0:
        tell("it is a plain rectangle to other programs")
    if flag.lights:
        tell(f"it stands in all lights to other programs, not only in '{flag.lights}'")
    file = flag.picture_file
    if not file and flag.picture is not None:
        file = baker.add(name, frame, flag.picture)
    x, y = width / (2 * unit), height / (2 * unit)
    points = [pxr.Gf.Vec3f(*corner, 0) for corner in ((-x, -y), (x, -y), (x, y), (-x, y))]
    attributes: Attributes = standing(pxr, flag.position, flag.aim, flag.roll) | {
        "points": ("Point3fArray", pxr.Vt.Vec3fArray(points)),
        "faceVertexCounts": ("IntArray", pxr.Vt.IntArray([4])),
        "faceVertexIndices": ("IntArray", pxr.Vt.IntArray([0, 1, 2, 3])),
        "subdivisionScheme": ("Token", "none"),
        "doubleSided": ("Bool", True),
        "primvars:displayColor": ("Color3fArray", pxr.Vt.Vec3fArray([pxr.Gf.Vec3f(red, green, blue)])),
        "primvars:displayOpacity": ("FloatArray", pxr.Vt.FloatArray([1 - (red + green + blue) / 3])),
        "visibility": ("Token", "inherited" if flag.enabled else "invisible"),
        FLAG: ("String", flag.shape),
        f"{FLAG}:width": ("Double", width / unit),
        f"{FLAG}:height": ("Double", height / unit),
        f"{FLAG}:transmission": ("Double3", pxr.Gf.Vec3d(red, green, blue)),
        f"{FLAG}:softness": ("Double", float(flag.softness)),
        f"{FLAG}:opening": ("Bool", flag.opening),
        f"{FLAG}:lights": ("String", flag.lights),
        f"{FLAG}:picture": ("Asset", pxr.Sdf.AssetPath(asset(file)) if file else pxr.Sdf.AssetPath()),
    }
    return Values("Mesh", (), attributes)


def flag_of(prim: Prim, placed: Placed, cm_per_unit: float, name: str, visible: bool) -> Flag:
    """The flag of a mesh that was written as one. Raises ParameterError."""
    across, up, _ = placed.scale
    red, green, blue = (float(t) for t in prim.get(f"{FLAG}:transmission", (0.0, 0.0, 0.0)))
    shape: Any = str(prim.get(FLAG, "rectangle"))
    return Flag(
        name=name, enabled=visible, lights=str(prim.get(f"{FLAG}:lights", "")), shape=shape, position=placed.at,
        aim=placed.aim, roll=placed.roll, width=float(prim.get(f"{FLAG}:width", 1.0)) * across * cm_per_unit,
        height=float(prim.get(f"{FLAG}:height", 1.0)) * up * cm_per_unit, transmission=(red, green, blue),
        softness=float(prim.get(f"{FLAG}:softness", 0.0)), opening=bool(prim.get(f"{FLAG}:opening", False)),
        picture_file=asset_path(prim, f"{FLAG}:picture"),
    )  # fmt: skip
