"""The brush strokes of a Paint as a script holds them.

    [{"name": "cheek", "brush": "dodge", "stops": 0.5, "size": 60, "hardness": 0, "points": [[40, 60], [52, 64, 0.8]],
      "translate": [{"keys": [[1, 0, "smooth"], [24, 30, "smooth"]]}, 0]},
     {"brush": "clone", "offset": [30, -4], "frames": [1001, 1010], "points": [[210, 88]]}]

What they have in common with other strokes `brush_strokes` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .brush_strokes import BrushStroke, BrushStrokes
from .drawn import Number, Pair

BRUSHES = ("paint", "erase", "clone", "reveal", "dodge", "blur", "sharpen", "smear")
"""What a stroke does: lays a colour over, brings the input back, copies from elsewhere in it, or from another picture,
multiplies light, takes detail away, brings it out, drags what is there along.
"""
TIME_MODES = ("relative", "absolute")


@dataclass(frozen=True, repr=False)
class PaintStroke(BrushStroke):
    """A stroke of a Paint.

    color : scene-linear, of `paint`. stops : of `dodge`, negative burns. blur_size : width of the detail that `blur`
    takes away and `sharpen` brings out, in full-size pixels. offset : of `clone` and `reveal`, from a pixel to where
    its copy comes from, in full-size pixels, y up. time, time_mode : of the same, the frame it is copied from, so many
    frames on or that one.

    Where a stroke is scaled, its brush, blur and offset are too, and the offset turns with it.
    """

    brush: str = "paint"
    color: tuple[Number, Number, Number] = (1.0, 1.0, 1.0)
    stops: Number = 0.5
    blur_size: Number = 8.0
    offset: Pair = (0.0, 0.0)
    time: float = 0.0
    time_mode: str = "relative"

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **BrushStroke.choices, "brush": BRUSHES, "time_mode": TIME_MODES,
    }  # fmt: skip
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        **BrushStroke.bounds, "stops": (-64.0, 64.0), "blur_size": (0.0, 2000.0),
    }  # fmt: skip
    still: ClassVar[tuple[str, ...]] = ("time",)

    def source_frame(self, frame: float) -> float:
        """The frame from which a clone or reveal copies at a frame."""
        return self.time if self.time_mode == "absolute" else frame + self.time


@dataclass(frozen=True)
class PaintStrokes(BrushStrokes[PaintStroke]):
    """The strokes of a Paint, each over what those before it painted."""

    of: ClassVar[type[BrushStroke]] = PaintStroke
