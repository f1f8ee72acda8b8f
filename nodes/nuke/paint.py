"""The strokes of Nuke's RotoPaint, as far as their text can be read.

A stroke is a `cubiccurve`: points `{x y pressure}` of a Catmull-Rom curve, a transform, and attributes by short names:
`bs` size, `h` hardness, `opc` opacity, `r g b` colour, `src` what it paints with (1 what is painted, 2 the input, 3 the
second input), `stx sty` where the source is moved to, `ltt ltn ltm` its frames, `tt` the tool that made it. What is at
its default is not written.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rimlight.engine import NukeClass, NukeConversion

from ..ops.brush_strokes import Life, Point
from ..ops.drawn import Number
from ..ops.paint_strokes import PaintStroke, PaintStrokes
from .curve_text import (
    Found,
    Track,
    Words,
    attributes_of,
    curve_of,
    elements_of,
    layer_of,
    moves,
    numbers_of,
    placement_of,
    tracks_of,
    words_of,
)
from .paint_writing import SOURCES, TOOLS, write_paint
from .roto import IGNORED

_SIZE, _HARDNESS = 25.0, 0.2
"""Nuke's defaults."""
_KNOWN = (
    "bs h opc r g b a src stx sty ltt ltn ltm tt vis bu bsh bsp ro go bo ao spx spy str sb sf view osbe osbw osew osee "
    "ssx ssy ltm"
)
"""Attributes that are taken, or that change nothing here."""
_ANIMATED = {"bs": "size", "h": "hardness", "opc": "opacity"}
"""What may have keys here too."""
_FINE = 0.25  # of the size, and at least two pixels, that points of a curve are apart
_MOST = 16  # points for one of Nuke's


def strokes_of(c: NukeConversion, elements: Sequence[Found]) -> PaintStrokes:
    """The strokes among the elements of a RotoPaint, the lowest first; what is lost of them is noted."""
    strokes = []
    for head, name, parts, _ in elements:
        if head != "cubiccurve":
            continue
        stroke = _stroke(c, name, parts)
        if stroke is not None:
            strokes.append(stroke)
    if any(stroke.brush == "clone" for stroke in strokes):
        c.note("where clones copy from was read as a move of the source: look whether it is the right side")
    return PaintStrokes(tuple(reversed(strokes)))


def _stroke(c: NukeConversion, name: str, parts: Words) -> PaintStroke | None:
    numbers: list[Track] = []
    attributes: dict[str, Track] = {}
    points: list[Point] = []
    for part, braced in parts[4:]:
        head = part.split(None, 1)[0] if braced and part.split() else ""
        if head in ("t", "tx"):
            numbers = numbers_of(c, part)
        elif head == "a":
            attributes = attributes_of(c, part)
        elif head == "cc":
            points = _points(c, part)
    if not points:
        return None
    if any(isinstance(track, tuple) for key, track in attributes.items() if key not in _ANIMATED):
        c.note(f"what else is animated of {name} was taken as it is at its first key")
    # Their bits are of single precision: 0.2 would come as 0.20000000298.
    found = {
        key: float(f"{track if isinstance(track, float) else track[0][1]:.7g}") for key, track in attributes.items()
    }
    moves_over_time = any(isinstance(track, tuple) for track in numbers) and len(numbers) >= 11
    still = [] if moves_over_time else [track for track in numbers if isinstance(track, float)]
    unknown = [key for key, value in found.items() if key not in _KNOWN.split() and value != 0]
    if unknown or found.get("ssx", 1) != 1 or found.get("ssy", 1) != 1:
        c.note(f"of {name} was left out: {', '.join(unknown or ['the scale of its source'])}")
    size = found.get("bs", _SIZE)
    brush, stops = _brush(c, name, found)
    if brush is None:
        return None
    made = PaintStroke(
        name=name,
        visible=found.get("vis", 1.0) != 0,
        brush=brush,
        size=min(max(size, 0.0), 1e5),
        hardness=min(max(found.get("h", _HARDNESS), 0.0), 1.0),
        opacity=min(max(found.get("opc", 1.0), 0.0), 1.0),
        color=(found.get("r", 1.0), found.get("g", 1.0), found.get("b", 1.0)),
        stops=stops,
        offset=(-found.get("stx", 0.0), -found.get("sty", 0.0)) if brush in ("clone", "reveal") else (0.0, 0.0),
        frames=_frames(found),
        points=tuple(_smooth(_placed(points, still), max(2.0, _FINE * size))),
        **(placement_of(numbers) if moves_over_time else {}),
    )
    keyed: dict[str, Any] = {
        member: _held(attributes[key], member)
        for key, member in _ANIMATED.items()
        if isinstance(attributes.get(key), tuple)
    }
    return replace(made, **keyed)


def _held(track: Track, member: str) -> Number:
    """Keys as a curve, held in the bounds of a member."""
    low, high = PaintStroke.bounds[member]
    return track if isinstance(track, float) else curve_of(tuple((f, min(max(v, low), high)) for f, v in track))


def _brush(c: NukeConversion, name: str, found: dict[str, float]) -> tuple[str | None, float]:
    """The brush of a stroke and its stops: by its tool, else by what it is called, else by what it paints with."""
    tool = TOOLS.get(int(found.get("tt", 0)), "")
    called = re.match(r"[A-Za-z]*", name)
    tool = tool or next((t for t in TOOLS.values() if called and called[0].lower() == t), "")
    source = int(found.get("src", 0))
    if tool in ("dodge", "burn", "blur", "sharpen", "smear"):
        c.note(f"how strongly {name} works is not told by the script: set its {_STRENGTH[tool]}")
        return ("dodge" if tool == "burn" else tool), -0.5 if tool == "burn" else 0.5
    brush = SOURCES.get(source)
    if brush is None:
        c.note(f"{name} paints with input {source - 1} of Nuke's, and was left out")
    return brush, 0.5


_STRENGTH = {"dodge": "stops", "burn": "stops", "blur": "blur size", "sharpen": "blur size", "smear": "opacity"}


def _points(c: NukeConversion, text: str) -> list[Point]:
    """The points of a curve; of those that are animated, where they are at first."""
    found = []
    for part, braced in words_of(c, text):
        if braced and part.split() and part.split(None, 1)[0] in ("p", "px"):
            for point, inner in words_of(c, part)[1:]:
                if inner:
                    x, y, *_ = [t if isinstance(t, float) else t[0][1] for t in tracks_of(c, point)] + [0.0, 0.0]
                    found.append((x, y, 1.0))
    return found


def _placed(points: Sequence[Point], numbers: Sequence[float]) -> list[Point]:
    """The points moved by the transform of the stroke: about its pivot scaled, turned, moved."""
    if len(numbers) < 11 or not moves(list(numbers)):
        return list(points)
    (px, py), (tx, ty), (sx, sy) = numbers[0:2], numbers[3:5], numbers[9:11]
    cos, sin = math.cos(math.radians(numbers[8])), math.sin(math.radians(numbers[8]))
    placed = []
    for x, y, pressure in points:
        u, v = (x - px) * sx, (y - py) * sy
        placed.append((px + tx + u * cos - v * sin, py + ty + u * sin + v * cos, pressure))
    return placed


def _smooth(points: Sequence[Point], apart: float) -> list[Point]:
    """A Catmull-Rom curve through points as points at most so far apart, in hundredths of a pixel."""
    out = [points[0]]
    ends = [points[0], *points, points[-1]]
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        count = min(_MOST, max(1, math.ceil(math.hypot(c[0] - b[0], c[1] - b[1]) / apart)))
        out += [(_between(a[0], b[0], c[0], d[0], i / count), _between(a[1], b[1], c[1], d[1], i / count), 1.0)
                for i in range(1, count + 1)]  # fmt: skip
    return [(round(x, 2), round(y, 2), pressure) for x, y, pressure in out]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def _frames(found: dict[str, float]) -> Life:
    """The first and last frame: of all, up to one, of one, from one on, of a range."""
    first, last = found.get("ltn", 1.0), found.get("ltm", 1.0)
    lives: dict[int, Life] = {
        1: (None, last),
        2: (first, first),
        3: (first, None),
        4: (min(first, last), max(first, last)),
    }
    return lives.get(int(found.get("ltt", 0)), (None, None))


def _rotopaint(c: NukeConversion) -> None:
    try:
        elements = list(elements_of(c, c.text("curves")))
        strokes = strokes_of(c, elements)
        moves = layer_of(c, [element for element in elements if element.head == "cubiccurve"])
    except (ValueError, IndexError, RecursionError):
        elements, strokes, moves = [], PaintStrokes(), {}
        c.note("strokes of another make than those known were left out")
    channels = c.channels(c.text("output", "rgba"))
    if strokes.strokes and all(element.head == "cubiccurve" for element in elements):
        c.set("strokes", strokes)
        c.set("channels", channels)
        for member, value in moves.items():
            c.set(member, value)
        return
    c.become("draw.roto")
    if strokes.strokes:
        inputs = dict(zip(("image", "mask", "background"), c.sources, strict=False))
        wires = {socket: source for socket, source in inputs.items() if source is not None}
        c.sources[2:3] = [None] * len(c.sources[2:3])  # what is revealed is taken
        c.wires["image"] = c.make("draw.paint", wires, {"strokes": strokes, "channels": channels, **moves})
        c.note(f"its strokes are in {c.wires['image']} before it: shapes lie over all strokes")


PAINT = NukeClass(
    "RotoPaint", convert=_rotopaint, ignored=IGNORED, inputs="image mask background - -",
    differs="Strokes are read with their points, size, hardness, opacity, colour, source, frames and transform, and "
    "written back by Copy for Nuke. One with shapes becomes a Roto, one with both a Paint before a Roto. Left out are "
    "pressure, build-up, keys other than of transform, size, hardness and opacity, the frames that clones copy from, "
    "transforms of layers but for one around all, and how strongly dodge, burn, blur, sharpen and smear work; clones "
    "copy the input, not what was painted on it.",
    write=write_paint,
)  # fmt: skip
