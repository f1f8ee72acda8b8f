"""Pinned samples: Ctrl+click takes a pixel, Ctrl+Shift+drag an area."""

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from rimlight.engine import CancelToken, Region

from .. import theme
from ..evaluating import SCOPES, Evaluations
from .geometry import Box
from .lens import Lens
from .metering import Weights, ratio, stops
from .plane import Plane
from .samples import Sample, Values, measure, pixel_at
from .tools import Drag, Following, Press, Tool, near

_CONTROL = Qt.KeyboardModifier.ControlModifier
_AREA = _CONTROL | Qt.KeyboardModifier.ShiftModifier


class Samples(QObject):
    """The samples of a viewer and their values, which follow the picture. changed : either of them.

    reference : the number of the sample that the others are compared with, the first one where none was chosen.
    """

    changed = Signal()

    def __init__(self, evaluations: Evaluations, parent: QObject) -> None:
        super().__init__(parent)
        self._evaluations = evaluations
        self._plane: Plane | None = None
        self._working = ""
        self._weights: Weights | None = None
        self._chosen: int | None = None
        self.samples: tuple[Sample, ...] = ()
        self.values: dict[int, Values | None] = {}

    def follow(self, plane: Plane | None, working: str, weights: Weights | None) -> None:
        """The picture is this now. working : name of the working space. weights : of its luminance, where known."""
        if plane is not self._plane or weights != self._weights:
            self._plane, self._working, self._weights = plane, working, weights
            self._measure()

    @property
    def reference(self) -> int | None:
        numbers = [sample.number for sample in self.samples]
        return self._chosen if self._chosen in numbers else min(numbers, default=None)

    @property
    def reference_light(self) -> float | None:
        """The luminance of the reference, of an area its mean; None where there is none."""
        found = self.values.get(self.reference) if self.reference is not None else None
        return found.light.mean if found is not None and found.light is not None else None

    def refer(self, number: int) -> None:
        """Compare the others with this sample."""
        self._chosen = number
        self.changed.emit()

    def compared(self, number: int) -> float | None:
        """What a sample is compared with: the reference's luminance, None for the reference itself."""
        return None if number == self.reference else self.reference_light

    def pin(self, region: Region) -> int:
        """Add a sample and return its number."""
        number = max((sample.number for sample in self.samples), default=0) + 1
        self.restore((*self.samples, Sample(number, region)))
        return number

    def move(self, number: int, region: Region) -> None:
        """Put a sample elsewhere."""
        self.restore(tuple(Sample(number, region) if s.number == number else s for s in self.samples))

    def remove(self, number: int) -> None:
        self.restore(tuple(s for s in self.samples if s.number != number))

    def clear(self) -> None:
        self.restore(())

    def text(self) -> str:
        """All values, for the clipboard."""
        found = ((s.number, self.values.get(s.number)) for s in self.samples)
        return "\n\n".join(v.text(self.compared(number)) for number, v in found if v is not None)

    def restore(self, samples: tuple[Sample, ...]) -> None:
        """Take these samples instead."""
        if samples != self.samples:
            self.samples = samples
            self.values = {n: v for n, v in self.values.items() if any(s.number == n for s in samples)}
            self._measure()
            self.changed.emit()

    def _measure(self) -> None:
        plane, samples, working, weights = self._plane, self.samples, self._working, self._weights
        if plane is None or not samples:
            self._evaluations.cancel(self)
            return

        def work(token: CancelToken) -> dict[int, Values | None]:
            return {sample.number: measure(plane, sample.region, working, weights, token.check) for sample in samples}

        self._evaluations.run(self, work, self._measured, urgency=SCOPES)

    def _measured(self, values: dict[int, Values | None]) -> None:
        self.values = values
        self.changed.emit()


class Sampler(Tool):
    """The mouse's part of it."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def grab(self, press: Press) -> Drag | None:
        if press.button != Qt.MouseButton.LeftButton:
            return None
        samples, lens, before = self._samples, press.lens, self._samples.samples
        if press.held(_CONTROL):
            region = pixel_at(*lens.picture(press.at))
            known = next((s for s in samples.samples if s.is_point and near(press.at, _center(lens, s.region))), None)
            number = samples.pin(region) if known is None else known.number
            return Following(
                lambda at, _: samples.move(number, pixel_at(*lens.picture(at))), lambda: samples.restore(before)
            )
        if press.held(_AREA):
            start = press.at
            number = samples.pin(pixel_at(*lens.picture(start)))
            return Following(
                lambda at, _: samples.move(number, _between(lens, start, at)), lambda: samples.restore(before)
            )
        return None

    def paint(self, painter: QPainter, lens: Lens) -> None:
        painter.setFont(theme.font("small", bold=True))
        for sample in self._samples.samples:
            rect = lens.rect(sample.region)
            for color, width in ((theme.color("surface.deep", 0.85), 3.0), (theme.color("text.strong"), 1.2)):
                painter.setPen(QPen(color, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                if sample.is_point:
                    middle = rect.center()
                    painter.drawLine(middle - QPointF(7, 0), middle - QPointF(2.5, 0))
                    painter.drawLine(middle + QPointF(2.5, 0), middle + QPointF(7, 0))
                    painter.drawLine(middle - QPointF(0, 7), middle - QPointF(0, 2.5))
                    painter.drawLine(middle + QPointF(0, 2.5), middle + QPointF(0, 7))
                else:
                    painter.drawRect(rect)
            corner = rect.center() + QPointF(6, -6) if sample.is_point else rect.topRight() + QPointF(4, 10)
            painter.setPen(theme.color("surface.deep"))
            painter.drawText(corner + QPointF(1, 1), self._label(sample.number))
            painter.setPen(theme.color("text.strong"))
            painter.drawText(corner, self._label(sample.number))

    def _label(self, number: int) -> str:
        """The number of a sample, and in short what the meter says of it."""
        values, reference = self._samples.values.get(number), self._samples.compared(number)
        if values is None or values.light is None:
            return str(number)
        light = values.light.mean
        return "  ".join((str(number), stops(light), *([ratio(reference, light)] if reference is not None else [])))


def _center(lens: Lens, region: Region) -> QPointF:
    return lens.rect(region).center()


def _between(lens: Lens, start: QPointF, at: QPointF) -> Region:
    """The pixels between two points, a column or a row of them at least where the drag went along one."""
    (x0, y0), (x1, y1) = lens.picture(start), lens.picture(at)
    part = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)).outwards()
    return Region(part.x0, part.y0, max(part.x1, part.x0 + 1), max(part.y1, part.y0 + 1))
