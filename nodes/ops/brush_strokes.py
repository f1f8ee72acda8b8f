"""Brush strokes that are kept as data: what those of a Paint and those that say something of light have in common.

A point is `[x, y]` or `[x, y, pressure]`: full-size pixels, y up from the bottom left of the frame, and the share of
the size, of the opacity or of both that the brush has there, 1 where it is not given. `frames` are the first and the
last frame a stroke is there, `null` for open ends. What else a stroke has in common with shapes `drawn` says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, cast

import torch
from torch import Tensor

from rimlight.engine import Animated

from .drawn import Drawn, Number, number, points, read_list, short, shown, size_of

PRESSURES = ("size", "opacity", "both", "none")
"""What the pressure of a pen changes."""

Point = tuple[float, float, float]
"""x, y, pressure."""
Life = tuple[float | None, float | None]


class Placed(NamedTuple):
    """A stroke in pixels. line : its points, float64 `[N, 2]`. scale : pixels per full-size pixel of it. ends : the box
    around the points, x0, y0, x1, y1.
    """

    line: Tensor
    scale: float
    ends: tuple[float, float, float, float]


@dataclass(frozen=True, repr=False)
class BrushStroke(Drawn):
    """A stroke of a brush. Its fields are the members of its data.

    brush : what it does, among those of its kind. size : diameter in full-size pixels at pressure 1. hardness : 1 is an
    edge of one pixel, 0 fades from the middle. pressure : what that of the points changes.
    """

    brush: str = ""
    size: Number = 40.0
    hardness: Number = 0.2
    opacity: Number = 1.0
    pressure: str = "size"
    frames: Life = (None, None)
    points: tuple[Point, ...] = ()

    seen: ClassVar[bool] = True
    """Whether the picture shows what it did. Lines of those that it does not show are drawn while others are painted.
    """
    kind: ClassVar[str] = "stroke"
    contents: ClassVar[str] = "brush and points"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"pressure": PRESSURES}
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "size": (0.0, 1e5), "hardness": (0.0, 1.0), "opacity": (0.0, 1.0),
    }  # fmt: skip

    @cached_property
    def table(self) -> Tensor:
        """The points, float64 `[N, 3]`."""
        return torch.tensor(self.points, dtype=torch.float64).view(-1, 3)

    def placed(self, pixels: Tensor) -> "Placed":
        """Where the stroke is in pixels. pixels : 3x3 float64, affine, from the coordinates of its node to pixels.

        Boxes of a stroke are asked for again and again while a picture is planned and painted: the last is kept.
        """
        key = tuple(pixels.flatten().tolist())
        kept: tuple[Any, Placed] | None = self.__dict__.get("_placed")
        if kept is None or kept[0] != key:
            whole = pixels @ self.matrix
            line = self.table[:, :2] @ whole[:2, :2].T + whole[:2, 2]
            ends = (*line.amin(0).tolist(), *line.amax(0).tolist()) if self.points else (0.0, 0.0, 0.0, 0.0)
            kept = key, Placed(line, size_of(whole), ends)
            self.__dict__["_placed"] = kept  # of a frozen one, as `cached_property` does
        return kept[1]

    def lives(self, frame: float) -> bool:
        """Whether the stroke is there at a frame."""
        first, last = self.frames
        return self.visible and (first is None or frame >= first) and (last is None or frame <= last)

    def member_data(self, name: str, value: Any) -> Any:
        if name == "points":
            return [[short(x) for x in (p if p[2] != 1 else p[:2])] for p in value]
        return [x if x is None else short(x) for x in value] if name == "frames" else value


S = TypeVar("S", bound=BrushStroke)


@dataclass(frozen=True)
class BrushStrokes(Animated, Generic[S]):
    """The strokes of a node, in the order in which they lie.

    Iterating gives the strokes, which `parse` takes as they are beside data of others.
    """

    strokes: tuple[S, ...] = ()

    of: ClassVar[type[BrushStroke]] = BrushStroke
    """What they are."""

    def __iter__(self) -> Iterator[S]:
        return iter(self.strokes)

    @property
    def is_still(self) -> bool:
        return all(stroke.frames == (None, None) and stroke.is_still for stroke in self.strokes)

    def resolved(self, frame: float) -> Self:
        """Those strokes that are there at a frame, as they are then."""
        return type(self)(tuple(stroke.resolved(frame) for stroke in self.strokes if stroke.lives(frame)))

    def to_data(self) -> list[Any]:
        return [stroke.to_data() for stroke in self.strokes]

    @classmethod
    def parse(cls, data: Any) -> Self:
        """The strokes of plain data. Raises ValueError with a sentence that says where it is wrong."""
        return data if isinstance(data, cls) else cls(cast("tuple[S, ...]", read_list(data, cls.of, _OWN)))


def _point(data: Any, what: str) -> Point:
    if not isinstance(data, (list, tuple)) or len(data) not in (2, 3):
        raise ValueError(f"{what} is {shown(data)}, expected [x, y] or [x, y, pressure]")
    pressure = number(data[2], f"the pressure of {what}", 0.0, 1.0) if len(data) == 3 else 1.0
    return number(data[0], what), number(data[1], what), pressure


def _life(data: Any, what: str) -> Life:
    if not isinstance(data, (list, tuple)) or len(data) != 2:
        raise ValueError(f"{what} is {shown(data)}, expected the first and the last frame, null for open ends")
    first, last = (None if frame is None else number(frame, what) for frame in data)
    if first is not None and last is not None and first > last:
        raise ValueError(f"{what} is {shown(data)}, expected the first frame before the last")
    return first, last


_OWN = {"points": lambda data, what: points(data, what, _point), "frames": _life}
