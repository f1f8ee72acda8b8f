"""Where frames and values are on the screen, and round numbers for the lines of a grid."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF

_LEAST, _MOST = 1e-7, 1e7
"""Pixels per unit: beyond this nothing can be seen any more."""


@dataclass(frozen=True)
class Plane:
    """Frames to the right, values upwards.

    frame, value : at the pixel (0, 0). across, up : pixels per frame and per unit.
    """

    frame: float = 0.0
    value: float = 1.0
    across: float = 8.0
    up: float = 100.0

    def x(self, frame: float) -> float:
        return (frame - self.frame) * self.across

    def y(self, value: float) -> float:
        return (self.value - value) * self.up

    def point(self, frame: float, value: float) -> QPointF:
        return QPointF(self.x(frame), self.y(value))

    def frame_at(self, x: float) -> float:
        return self.frame + x / self.across

    def value_at(self, y: float) -> float:
        return self.value - y / self.up

    def panned(self, dx: float, dy: float) -> "Plane":
        """Moved with the pointer, in pixels."""
        return replace(self, frame=self.frame - dx / self.across, value=self.value + dy / self.up)

    def zoomed(self, at: QPointF, across: float, up: float) -> "Plane":
        """Zoomed by two factors; what is under `at` stays there."""
        frame, value = self.frame_at(at.x()), self.value_at(at.y())
        ax = min(max(self.across * across, _LEAST), _MOST)
        uy = min(max(self.up * up, _LEAST), _MOST)
        return Plane(frame - at.x() / ax, value + at.y() / uy, ax, uy)

    @staticmethod
    def showing(
        frames: tuple[float, float], values: tuple[float, float], width: float, height: float, margin: float = 0.08
    ) -> "Plane":
        """The plane on which a range of frames and values fills a widget, with a margin around."""
        spans = [max(b - a, least) for (a, b), least in ((frames, 1e-3), (values, 1e-6))]
        middle = (sum(frames) / 2, sum(values) / 2)
        if frames[0] == frames[1]:
            spans[0] = 20.0
        if values[0] == values[1]:
            spans[1] = max(abs(values[0]), 1.0)
        across, up = width / (spans[0] * (1 + 2 * margin)), height / (spans[1] * (1 + 2 * margin))
        return Plane(middle[0] - width / 2 / across, middle[1] + height / 2 / up, across, up)


def round_step(pixels_per_unit: float, apart: float, whole: bool = False) -> float:
    """The least of 1, 2, 5, 10, 20, ... units that are at least `apart` pixels."""
    least = apart / pixels_per_unit
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= least * (1 - 1e-9))
    return max(step, 1.0) if whole else step


def marks(first: float, last: float, step: float) -> Iterator[float]:
    """The multiples of a step within a range, at most a few hundred."""
    start = math.ceil(first / step - 1e-9)
    for i in range(start, min(start + 500, math.floor(last / step + 1e-9) + 1)):
        yield i * step


def label(value: float) -> str:
    """A round number in few characters; frames above a million are whole."""
    text = f"{value:.12g}"
    return "0" if text in ("-0", "0") else text
