"""The shapes of Nuke's Roto, as far as their text can be read.

The format is in the NDK's guide, "Roto serialisation format": layers hold shapes, a shape two curves of points, its
outline and its feather, each point with a tangent before and behind it; numbers may be the bits of a float in
hexadecimal, and lists of keys `{time value}` where they are animated.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, cast

from rimlight.engine import Curve, Key, NukeClass, NukeConversion

from ..ops.shapes import Number, RotoShape, ShapeKey, ShapePoint, Shapes
from .roto_writing import write_roto

_DEPTH = 30
_MOST_KEYS = 5000
Track = float | tuple[tuple[float, float], ...]
"""A number, or its keys: frames and values."""


class _Text(NamedTuple):
    """A list of words, read when it is asked for."""

    c: NukeConversion
    text: str

    def parts(self) -> "list[tuple[str, bool]]":
        return [(word.text, word.braced) for word in self.c.items(self.text)]


def _roto(c: NukeConversion) -> None:
    shapes: list[RotoShape] = []
    try:
        for name, parts, moved in _found(c, c.text("curves"), 0, False):
            shape = _shape(c, name, parts)
            if moved:
                c.note(f"the transform of the layer around {name} was left out")
            if shape is not None:
                shapes.append(shape)
    except (ValueError, IndexError, RecursionError):
        c.note("shapes of another make than those known were left out")
    # Nuke draws the first last; over one another the order makes no difference until one cuts into others.
    c.set("shapes", Shapes(tuple(reversed(shapes))))
    c.set("output", c.channels(c.text("output", "alpha")))
    if c.node.cls == "RotoPaint":
        c.note("strokes of paint were left out, shapes were taken")
    if c.has("opacity"):
        c.knob("opacity")


def _found(c: NukeConversion, text: str, depth: int, moved: bool) -> Iterator[tuple[str, list[tuple[str, bool]], bool]]:
    """The shapes in a tree of layers: their names, parts, and whether a layer around moves them."""
    if depth > _DEPTH:
        return
    parts = _Text(c, text).parts()
    head = parts[0][0] if parts and not parts[0][1] else ""
    if head == "curvegroup":
        yield parts[1][0], parts, moved
        return
    if head == "cubiccurve":
        return
    if head == "layer":
        moved = moved or any(p.startswith(("t ", "tx ")) and _moves(_numbers(c, p)) for p, braced in parts if braced)
    for part, braced in parts:
        if braced:
            yield from _found(c, part, depth + 1, moved)


def _shape(c: NukeConversion, name: str, parts: list[tuple[str, bool]]) -> RotoShape | None:
    curves: list[str] = []
    numbers: list[Track] = []
    attributes: dict[str, Track] = {}
    for part, braced in parts[4:]:
        if not braced:
            continue
        head = part.split(None, 1)[0] if part.split() else ""
        if head in ("t", "tx"):
            numbers = _numbers(c, part)
        elif head == "a":
            attributes = _attributes(c, part)
        elif head.startswith("{cc") or head == "cc":
            curves += [part] if head == "cc" else [p for p, b in _Text(c, part).parts() if b]
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
    for part, braced in _Text(c, text).parts():
        if not braced or not part.split() or part.split(None, 1)[0] not in ("p", "px"):
            continue
        for pair, inner in _Text(c, part).parts()[1:]:
            if inner:
                x, y, *_ = [*_tracks(c, pair), 0.0, 0.0]
                pairs.append((x, y))
    triples = zip(pairs[::3], pairs[1::3], pairs[2::3], strict=False)
    return [(*at, *before, *behind) for before, at, behind in triples]


def _tracks(c: NukeConversion, text: str) -> list[Track]:
    return [_track(c, part, braced) for part, braced in _Text(c, text).parts()]


def _track(c: NukeConversion, text: str, braced: bool) -> Track:
    """A number; what is animated is a list of keys, with an expression before them if it has one."""
    if not braced:
        return _float(text)
    keys = []
    parts = _Text(c, text).parts()
    for part, inner in parts:
        numbers = [_float(p) for p, b in _Text(c, part).parts()[:2] if not b] if inner else []
        if len(numbers) == 2:
            keys.append((numbers[0], numbers[1]))
    if not keys:  # one key without braces of its own, or the value behind an expression
        numbers = [_float(p) for p, b in parts if not b and not p.startswith("=")]
        if len(numbers) >= 2 and not text.startswith("="):
            return numbers[1]
        return numbers[-1] if numbers else 0.0
    keys = sorted(dict(keys).items())[:_MOST_KEYS]
    return keys[0][1] if len(keys) == 1 else tuple(keys)


def _float(text: str) -> float:
    if text.startswith("x") and len(text) == 9:
        number = float(struct.unpack(">f", bytes.fromhex(text[1:]))[0])
    else:
        number = float(int(text, 16)) if text.startswith("0x") else float(text)
    return number if abs(number) < 1e7 else 0.0


def _numbers(c: NukeConversion, text: str) -> list[Track]:
    """The numbers of a transform: the pivot, then translation, rotation and scale, three each.

    `tx` has the frame of its one key in front.
    """
    found = _tracks(c, text.split(None, 1)[1] if len(text.split()) > 1 else "")
    return found[1:] if text.startswith("tx") else found


def _attributes(c: NukeConversion, text: str) -> dict[str, Track]:
    parts = _Text(c, text).parts()[1:]
    return {name: _track(c, *value) for (name, _), value in zip(parts[::2], parts[1::2], strict=False)}


def _moves(numbers: list[Track]) -> bool:
    rest = [*numbers[3:6], *numbers[6:9]]
    return any(n != 0 for n in rest) or any(n not in (0, 1) for n in numbers[9:12])


def _keyed(shape: RotoShape, outline: list[tuple[Track, ...]], feather: list[tuple[Track, ...]]) -> RotoShape:
    """With points, or with keys at all frames where one of them has one."""
    rows = [(*point, *_feathered(point, feather[i] if i < len(feather) else ())) for i, point in enumerate(outline)]
    frames = sorted({frame for row in rows for track in row if isinstance(track, tuple) for frame, _ in track})
    if not frames:
        return replace(shape, points=tuple(ShapePoint(*cast("tuple[float, ...]", row)) for row in rows))
    keys = tuple(
        ShapeKey(frame, tuple(ShapePoint(*(_at(track, frame) for track in row)) for row in rows)) for frame in frames
    )
    return replace(shape, keys=keys)


def _feathered(point: tuple[Track, ...], feather: tuple[Track, ...]) -> tuple[Track, ...]:
    """The feather of a point: its offset, its handles, and whether these count. In Nuke they start at the feather's
    point; without an offset, and as those of the outline, they change nothing.
    """
    if not feather or (feather[:2] == (0.0, 0.0) and feather[2:] == point[2:]):
        return (0.0,) * 7
    return (*feather, 1.0)


def _at(track: Track, frame: float) -> float:
    return track if isinstance(track, float) else _curve(track).at(frame)


def _curve(track: tuple[tuple[float, float], ...]) -> Curve:
    return Curve(tuple(Key(frame, value) for frame, value in track))


def _number(track: Track) -> Number:
    return track if isinstance(track, float) else _curve(track)


def _placed(shape: RotoShape, numbers: list[Track]) -> RotoShape:
    if len(numbers) < 11 or not _moves(numbers):
        return shape
    at = [_number(n) for n in numbers]
    return replace(
        shape, center=(at[0], at[1]), translate=(at[3], at[4]), rotate=at[8], scale=(at[9], at[10])
    )  # fmt: skip


def _with_numbers(c: NukeConversion, name: str, shape: RotoShape, attributes: dict[str, Track]) -> RotoShape:
    opacity = attributes.get("opc", 1.0)
    if opacity != 1.0:
        shape = replace(shape, opacity=_number(opacity))
    falloff = attributes.get("ff", 1.0)
    if isinstance(falloff, float) and falloff > 0 and falloff != 1.0:
        shape = replace(shape, falloff=falloff)
    if attributes.get("vis", 1.0) == 0.0:
        shape = replace(shape, visible=False)
    soft = [attributes.get(axis, 0.0) for axis in ("fx", "fy")]
    if soft[0] != 0.0:
        shape = replace(shape, feather=_number(soft[0]))
    if attributes.get("bm", 0.0) != 0.0:
        c.note(f"how {name} is blended was left out: choose its mode")
    if attributes.get("inv", 0.0) != 0.0:
        c.note(f"{name} is inverted, which was left out")
    return shape


ROTO = NukeClass(
    "Roto RotoPaint Bezier", convert=_roto,
    ignored="toolbox toolbar_brush_hardness toolbar_source_transform_scale toolbar_source_transform_center "
    "colorOverlay lifetime_type lifetime_start lifetime_end motionblur_shutter_offset_type source_black_outside "
    "feather_type brush_hardness view curves output brush_type brush_size brush_spacing color source_transform_center "
    "source_transform_scale motionblur_shutter motionblur_on toolbar_lifetime_type toolbar_output_mask",
    inputs="image mask - - -",
    differs="Shapes are read with their tangents, feather, transform, opacity and keys, and written back by Copy for "
    "Nuke; strokes, B-splines, blending modes and transforms of layers are left out.",
    write=write_roto,
)  # fmt: skip
