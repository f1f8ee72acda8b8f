"""The shapes of Nuke's Roto, as far as their text can be read.

The format is in the NDK's guide, "Roto serialisation format": layers hold shapes, a shape two curves of points, its
outline and its feather, each point with a tangent before and behind it; numbers may be the bits of a float in
hexadecimal, and lists of keys `{time value}` where they are animated.
"""

from dataclasses import replace
from typing import cast

from rimlight.engine import NukeClass, NukeConversion

from ..ops.shapes import RotoShape, ShapeKey, ShapePoint, Shapes
from .curve_text import (
    Track,
    Words,
    at_frame,
    attributes_of,
    elements_of,
    layer_of,
    moves,
    number_of,
    numbers_of,
    placement_of,
    tracks_of,
    words_of,
)
from .roto_writing import write_roto


def _roto(c: NukeConversion) -> None:
    shapes: list[RotoShape] = []
    try:
        found = [e for e in elements_of(c, c.text("curves")) if e.head != "cubiccurve"]  # strokes: see `paint.py`
        shapes = [s for e in found if (s := _shape(c, e.name, e.parts)) is not None]
        for member, value in layer_of(c, found).items():
            c.set(member, value)
    except (ValueError, IndexError, RecursionError):
        c.note("shapes of another make than those known were left out")
    # Nuke draws the first last; over one another the order makes no difference until one cuts into others.
    c.set("shapes", Shapes(tuple(reversed(shapes))))
    c.set("output", c.channels(c.text("output", "alpha")))
    if c.has("opacity"):
        c.knob("opacity")


def _shape(c: NukeConversion, name: str, parts: Words) -> RotoShape | None:
    curves: list[str] = []
    numbers: list[Track] = []
    attributes: dict[str, Track] = {}
    for part, braced in parts[4:]:
        if not braced:
            continue
        head = part.split(None, 1)[0] if part.split() else ""
        if head in ("t", "tx"):
            numbers = numbers_of(c, part)
        elif head == "a":
            attributes = attributes_of(c, part)
        elif head.startswith("{cc") or head == "cc":
            curves += [part] if head == "cc" else [p for p, b in words_of(c, part) if b]
    if not curves:
        return None
    if len(parts) > 3 and parts[3][0] not in ("bezier",):
        c.note(f"{name} is no Bezier but a {parts[3][0]} shape: its points were taken for corners")
    outline = _points(c, curves[0])
    feather = _points(c, curves[1]) if len(curves) > 1 else []
    if len(outline) < 2:
        return None
    shape = _keyed(RotoShape(name=name), outline, feather)
    return _with_numbers(c, name, _placed(shape, numbers), attributes)


def _points(c: NukeConversion, text: str) -> list[tuple[Track, ...]]:
    """The points of a curve: x, y, then the tangent before and the one behind, relative to it."""
    pairs: list[tuple[Track, Track]] = []
    for part, braced in words_of(c, text):
        if not braced or not part.split() or part.split(None, 1)[0] not in ("p", "px"):
            continue
        for pair, inner in words_of(c, part)[1:]:
            if inner:
                x, y, *_ = [*tracks_of(c, pair), 0.0, 0.0]
                pairs.append((x, y))
    triples = zip(pairs[::3], pairs[1::3], pairs[2::3], strict=False)
    return [(*at, *before, *behind) for before, at, behind in triples]


def _keyed(shape: RotoShape, outline: list[tuple[Track, ...]], feather: list[tuple[Track, ...]]) -> RotoShape:
    """With points, or with keys at all frames where one of them has one."""
    rows = [(*point, *_feathered(point, feather[i] if i < len(feather) else ())) for i, point in enumerate(outline)]
    frames = sorted({frame for row in rows for track in row if isinstance(track, tuple) for frame, _ in track})
    if not frames:
        return replace(shape, points=tuple(ShapePoint(*cast("tuple[float, ...]", row)) for row in rows))
    keys = tuple(
        ShapeKey(frame, tuple(ShapePoint(*(at_frame(track, frame) for track in row)) for row in rows))
        for frame in frames
    )
    return replace(shape, keys=keys)


def _feathered(point: tuple[Track, ...], feather: tuple[Track, ...]) -> tuple[Track, ...]:
    """The feather of a point: its offset, its handles, and whether these count. In Nuke they start at the feather's
    point; without an offset, and as those of the outline, they change nothing.
    """
    if not feather or (feather[:2] == (0.0, 0.0) and feather[2:] == point[2:]):
        return (0.0,) * 7
    return (*feather, 1.0)


def _placed(shape: RotoShape, numbers: list[Track]) -> RotoShape:
    if len(numbers) < 11 or not moves(numbers):
        return shape
    return replace(shape, **placement_of(numbers))


def _with_numbers(c: NukeConversion, name: str, shape: RotoShape, attributes: dict[str, Track]) -> RotoShape:
    opacity = attributes.get("opc", 1.0)
    if opacity != 1.0:
        shape = replace(shape, opacity=number_of(opacity))
    falloff = attributes.get("ff", 1.0)
    if isinstance(falloff, float) and falloff > 0 and falloff != 1.0:
        shape = replace(shape, falloff=falloff)
    if attributes.get("vis", 1.0) == 0.0:
        shape = replace(shape, visible=False)
    soft = [attributes.get(axis, 0.0) for axis in ("fx", "fy")]
    if soft[0] != 0.0:
        shape = replace(shape, feather=number_of(soft[0]))
    if attributes.get("bm", 0.0) != 0.0:
        c.note(f"how {name} is blended was left out: choose its mode")
    if attributes.get("inv", 0.0) != 0.0:
        c.note(f"{name} is inverted, which was left out")
    return shape


IGNORED = (
    "toolbox toolbar_brush_hardness toolbar_source_transform_scale toolbar_source_transform_center "
    "colorOverlay lifetime_type lifetime_start lifetime_end motionblur_shutter_offset_type source_black_outside "
    "feather_type brush_hardness view curves output brush_type brush_size brush_spacing color source_transform_center "
    "source_transform_scale motionblur_shutter motionblur_on toolbar_lifetime_type toolbar_output_mask"
)
"""Knobs of Roto and RotoPaint that are of what is drawn next, or of the window."""

ROTO = NukeClass(
    "Roto Bezier", convert=_roto, ignored=IGNORED,
    inputs="image mask - - -",
    differs="Shapes are read with their tangents, feather, transform, opacity and keys, and written back by Copy for "
    "Nuke; B-splines, blending modes and transforms of layers but for one around all are left out.",
    write=write_roto,
)  # fmt: skip
