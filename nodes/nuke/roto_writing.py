"""Our Roto as Nuke writes its own, in the format that `roto.py` reads."""

import struct
from collections.abc import Sequence

from rimlight.engine import Curve, NodeState

from ..ops.drawn import Drawn, Number
from ..ops.shapes import RotoShape, ShapePoint, Shapes

_OUTLINE, _FEATHER = (2, 0, 4), (8, 6, 10)
"""Where the numbers of a curve start in a point: its tangent before, its place, its tangent behind."""


def write_roto(state: NodeState) -> tuple[dict[str, str], list[str]]:
    """The knobs of a Roto as Nuke's text, and what could not be written, as sentences."""
    notes: list[str] = []
    shapes = state.value("shapes")
    assert isinstance(shapes, Shapes)
    # Nuke draws the first last.
    written = [text for shape in reversed(shapes.shapes) if (text := _shape(shape, notes))]
    knobs = {
        "output": str(state.value("output")),
        "curves": curves_of(state, written, notes),
    }
    opacity = state.value("opacity")
    if not isinstance(opacity, float):
        notes.append("opacity is animated or an expression, which was left out")
    elif opacity != 1:
        knobs["opacity"] = f"{opacity:g}"
    knobs |= {name: "true" for name in ("replace", "invert") if state.value(name) is True}
    if state.value("premultiply") is True:
        notes.append("premultiply was left out: put a Premult behind")
    return knobs, notes


def curves_of(state: NodeState, elements: Sequence[str], notes: list[str]) -> str:
    """The text of a Roto's or RotoPaint's curves: its elements in the one layer, which moves them as the node does."""
    names = ("center", "translate", "rotate", "scale")
    moves = {name: state.value(name) for name in names}
    numbers = [n for value in moves.values() for n in (value if isinstance(value, tuple) else (value,))]
    if not all(isinstance(n, (float, Curve)) for n in numbers):
        notes.append("how it moves as a whole is linked, and was left out: give it keys")
        moves = {}
    root = placement(RotoShape(**moves))
    return (
        f"{{{{{{v x3f99999a}}\n  {{f 0}}\n  {{n\n   {{layer Root\n    {{f 0}}\n    {root}\n    {{a}}\n    "
        + "\n    ".join(elements) + "}}}}"
    )  # fmt: skip


def _shape(shape: RotoShape, notes: list[str]) -> str:
    name = shape.name or "Bezier1"
    if not shape.closed:
        notes.append(f"{name} is open, and was left out")
        return ""
    if not (shape.points or shape.keys):
        return ""
    if shape.mode != "union":
        notes.append(f"{name} is a {shape.mode}: choose how it is blended")
    if any(key.interp != "smooth" for key in shape.keys):
        notes.append(f"the keys of {name} became smooth")
    poses = [key.points for key in shape.keys] or [shape.points]
    outline = _curve(shape, poses, _OUTLINE)
    soft = any(any(point[6:]) for points in poses for point in points)
    feather = _curve(shape, [tuple(map(_freed, points)) for points in poses], _FEATHER)
    quoted = name.replace(" ", "_")
    return (
        f"{{curvegroup {quoted} 512 bezier\n     {{{{cc\n       {{f 8192}}\n       {outline}}}\n      "
        + (f"{{cc\n       {{f 8192}}\n       {feather}}}" if soft else "idem")
        + f"}}\n     {placement(shape)}\n     {{a{_attributes(shape)}}}}}"
    )


def _freed(point: ShapePoint) -> ShapePoint:
    """A point whose feather has handles: where it turned with the outline, those of the outline, as Nuke has them."""
    if point.free:
        return point
    return point._replace(
        feather_in_x=point.in_x, feather_in_y=point.in_y, feather_out_x=point.out_x, feather_out_y=point.out_y
    )


def _curve(shape: RotoShape, poses: Sequence[Sequence[ShapePoint]], places: Sequence[int]) -> str:
    pairs = []
    for i in range(len(poses[0])):
        for start in places:
            tracks = [[points[i][start + axis] for points in poses] for axis in (0, 1)]
            pairs.append("{" + " ".join(_track(shape, values) for values in tracks) + "}")
    head = "p" if shape.keys else f"px {bits(1.0)}"
    return f"{{{head}\n        " + "\n        ".join(pairs) + "}"


def _track(shape: RotoShape, values: Sequence[float]) -> str:
    if not shape.keys:
        return bits(values[0])
    return "{" + " ".join(f"{{{bits(key.frame)} {bits(v)}}}" for key, v in zip(shape.keys, values, strict=True)) + "}"


def placement(shape: Drawn) -> str:
    """How a shape or stroke is moved as a whole."""
    (cx, cy), (tx, ty), (sx, sy) = shape.center, shape.translate, shape.scale
    numbers: tuple[Number, ...] = (cx, cy, 0.0, tx, ty, 0.0, 0.0, 0.0, shape.rotate, sx, sy, 1.0, 0.0)
    return "{t " + " ".join(map(keyed, numbers)) + "}"


def _attributes(shape: RotoShape) -> str:
    found: dict[str, Number] = {}
    if shape.opacity != 1:
        found["opc"] = shape.opacity
    if shape.feather != 0:
        found |= {"fo": 1.0, "fx": shape.feather, "fy": shape.feather}
    if shape.falloff != 1:
        found["ff"] = shape.falloff
    if not shape.visible:
        found["vis"] = 0.0
    return "".join(f" {name} {keyed(value)}" for name, value in found.items())


def keyed(value: Number) -> str:
    """A number, or its keys."""
    if isinstance(value, Curve):
        return "{" + " ".join(f"{{{bits(key.frame)} {bits(key.value)}}}" for key in value.keys) + "}"
    return bits(value)


def bits(value: float) -> str:
    """A small whole number as it is, others as the bits of a float, as Nuke writes them."""
    if value == int(value) and abs(value) <= 1:
        return str(int(value))
    return f"x{struct.pack('>f', value).hex()}"
