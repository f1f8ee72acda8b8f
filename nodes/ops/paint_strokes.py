"""The brush strokes of a Paint as a script holds them.

    [{"name": "cheek", "brush": "dodge", "stops": 0.5, "size": 60, "hardness": 0, "points": [[40, 60], [52, 64, 0.8]]},
     {"brush": "clone", "offset": [30, -4], "frames": [1001, 1010], "points": [[210, 88]]}]

A point is `[x, y]` or `[x, y, pressure]`: full-size pixels, y up from the bottom left of the frame, and the share of
the size, of the opacity or of both that the brush has there, 1 where it is not given. `frames` are the first and the
last frame a stroke is there, `null` for open ends.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from rimlight.engine import Animated, Color

BRUSHES = ("paint", "erase", "clone", "reveal", "dodge", "blur", "sharpen", "smear")
"""What a stroke does: lays a colour over, brings the input back, copies from elsewhere in it, or from another picture,
multiplies light, takes detail away, brings it out, drags what is there along.
"""
TIME_MODES = ("relative", "absolute")
PRESSURES = ("size", "opacity", "both", "none")
"""What the pressure of a pen changes."""

Point = tuple[float, float, float]
"""x, y, pressure."""
Life = tuple[float | None, float | None]

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "size": (0.0, 1e5), "hardness": (0.0, 1.0), "opacity": (0.0, 1.0), "stops": (-64.0, 64.0),
    "blur_size": (0.0, 2000.0),
}  # fmt: skip
_CHOICES = {"brush": BRUSHES, "time_mode": TIME_MODES, "pressure": PRESSURES}
_LARGEST = 1e7  # pixels, and levels of a colour; beyond any picture, and small enough for exact arithmetic


@dataclass(frozen=True)
class PaintStroke:
    """A stroke. Its fields are the members of its data.

    size : diameter in full-size pixels at pressure 1. hardness : 1 is an edge of one pixel, 0 fades from the middle.
    pressure : what that of the points changes. color : scene-linear, of `paint`. stops : of `dodge`, negative burns.
    blur_size : width of the detail that `blur` takes away and `sharpen` brings out, in full-size pixels. offset : of
    `clone` and `reveal`, from a pixel to where its copy comes from, in full-size pixels, y up. time, time_mode : of the
    same, the frame it is copied from, so many frames on or that one.
    """

    name: str = field(default="", repr=False)  # a new name is not a new picture
    visible: bool = True
    brush: str = "paint"
    size: float = 40.0
    hardness: float = 0.2
    opacity: float = 1.0
    pressure: str = "size"
    color: Color = (1.0, 1.0, 1.0)
    stops: float = 0.5
    blur_size: float = 8.0
    offset: tuple[float, float] = (0.0, 0.0)
    time: float = 0.0
    time_mode: str = "relative"
    frames: Life = (None, None)
    points: tuple[Point, ...] = ()

    def __repr__(self) -> str:
        return self._shown

    @cached_property
    def _shown(self) -> str:
        """Keys of the cache are made of it again and again, and of hundreds of strokes few change."""
        return f"PaintStroke({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in fields(self) if f.repr)})"

    @cached_property
    def table(self) -> Tensor:
        """The points, float64 `[N, 3]`."""
        return torch.tensor(self.points, dtype=torch.float64).view(-1, 3)

    def lives(self, frame: float) -> bool:
        """Whether the stroke is there at a frame."""
        first, last = self.frames
        return self.visible and (first is None or frame >= first) and (last is None or frame <= last)

    def source_frame(self, frame: float) -> float:
        """The frame from which a clone or reveal copies at a frame."""
        return self.time if self.time_mode == "absolute" else frame + self.time

    def to_data(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value == f.default:
                continue
            if f.name == "points":
                out[f.name] = [[_short(x) for x in (p if p[2] != 1 else p[:2])] for p in value]
            elif isinstance(value, tuple):
                out[f.name] = [x if x is None else _short(x) for x in value]
            else:
                out[f.name] = _short(value) if isinstance(value, float) else value
        return out


@dataclass(frozen=True)
class PaintStrokes(Animated):
    """The strokes of a Paint, each over what those before it painted.

    Iterating gives the strokes, which `parse` takes as they are beside data of others.
    """

    strokes: tuple[PaintStroke, ...] = ()

    def __iter__(self) -> Iterator[PaintStroke]:
        return iter(self.strokes)

    @property
    def is_still(self) -> bool:
        return all(stroke.frames == (None, None) for stroke in self.strokes)

    def resolved(self, frame: float) -> "PaintStrokes":
        """Those strokes that are there at a frame."""
        return PaintStrokes(tuple(stroke for stroke in self.strokes if stroke.lives(frame)))

    def to_data(self) -> list[Any]:
        return [stroke.to_data() for stroke in self.strokes]

    @staticmethod
    def parse(data: Any) -> "PaintStrokes":
        """The strokes of plain data. Raises ValueError with a sentence that says where it is wrong."""
        if isinstance(data, PaintStrokes):
            return data
        if not isinstance(data, (list, tuple)):
            raise ValueError("expected a list of strokes")
        return PaintStrokes(tuple(_stroke(one, f"stroke {i + 1}") for i, one in enumerate(data)))


def _stroke(data: Any, where: str) -> PaintStroke:
    if isinstance(data, PaintStroke):
        return data
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} is {_shown(data)}, expected its brush and points")
    known = {f.name: f.default for f in fields(PaintStroke)}
    values: dict[str, Any] = {}
    for member, value in data.items():
        what = f"{member} of {where}"
        if member not in known:
            raise ValueError(f"{where} has '{member}', expected only {', '.join(known)}")
        if member == "points":
            values[member] = _points(value, what)
        elif member == "frames":
            values[member] = _life(value, what)
        elif member in ("color", "offset"):
            values[member] = _several(value, 3 if member == "color" else 2, what)
        elif member == "time":
            values[member] = _number(value, what)
        elif member in _BOUNDS:
            values[member] = _number(value, what, *_BOUNDS[member])
        elif member in _CHOICES and value not in _CHOICES[member]:
            raise ValueError(f"{what} is {_shown(value)}, expected one of {', '.join(_CHOICES[member])}")
        elif member == "visible" and not isinstance(value, bool):
            raise ValueError(f"{what} is {_shown(value)}, expected true or false")
        elif member == "name" and not isinstance(value, str):
            raise ValueError(f"{what} is {_shown(value)}, expected text")
        else:
            values[member] = value
    return PaintStroke(**values)


def _points(data: Any, what: str) -> tuple[Point, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{what}: found {_shown(data)}, expected a list of points")
    return tuple(_point(one, f"point {i + 1} of the {what}") for i, one in enumerate(data))


def _point(data: Any, what: str) -> Point:
    if not isinstance(data, (list, tuple)) or len(data) not in (2, 3):
        raise ValueError(f"{what} is {_shown(data)}, expected [x, y] or [x, y, pressure]")
    pressure = _number(data[2], f"the pressure of {what}", 0.0, 1.0) if len(data) == 3 else 1.0
    return _number(data[0], what), _number(data[1], what), pressure


def _life(data: Any, what: str) -> Life:
    if not isinstance(data, (list, tuple)) or len(data) != 2:
        raise ValueError(f"{what} is {_shown(data)}, expected the first and the last frame, null for open ends")
    first, last = (None if frame is None else _number(frame, what) for frame in data)
    if first is not None and last is not None and first > last:
        raise ValueError(f"{what} is {_shown(data)}, expected the first frame before the last")
    return first, last


def _several(data: Any, count: int, what: str) -> Any:
    if not isinstance(data, (list, tuple)) or len(data) != count:
        raise ValueError(f"{what} is {_shown(data)}, expected {count} numbers")
    return tuple(_number(one, what) for one in data)


def _number(value: Any, what: str, low: float = -_LARGEST, high: float = _LARGEST) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what} is {_shown(value)}, expected a number")
    if not low <= value <= high:
        raise ValueError(f"{what} is {value:.12g}, expected {low:.12g} to {high:.12g}")
    return float(value)


def _short(number: float) -> float:
    """The same number in its shortest JSON form."""
    return int(number) if float(number).is_integer() else number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
