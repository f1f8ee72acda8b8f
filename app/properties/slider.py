"""Sliders over the soft range of a parameter: linear, logarithmic, or in steps that the eye sees, for kelvin."""

from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Spec, white_rgb

from .. import theme
from ..swatches import srgb
from .numbers import Linear, Mired, Scale, rounded, scale_of, short

_EDGE = 6
"""Pixels left free at both ends, for half the handle."""
WHITES = (2700, 3200, 4300, 5600, 6504, 9000)
"""Kelvin that are marked on the white-point strip: bulb, tungsten, fluorescent, daylight, D65, shade."""


class Slider(QWidget):
    """A slider. moved : a value and the token of the gesture. reset : Ctrl+click, as in Nuke.

    It takes no focus: keys belong to the field beside it.
    """

    moved = Signal(float, object)
    reset = Signal()

    def __init__(self, spec: Spec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        scale = scale_of(spec)
        assert scale is not None, "a slider needs a soft range"
        self.spec = spec
        self._scale: Scale = scale
        self._value: float | None = 0.0
        self._token: object = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW - 2)

    def set_range(self, low: float, high: float) -> None:
        """Let it run over another range than its declaration's, evenly; a range of one value gets a little room."""
        scale = Linear(low, high if high > low else low + 1)
        if scale != self._scale:
            self._scale = scale
            self.update()

    def show_value(self, value: float | None, enabled: bool = True) -> None:
        """Show a value; outside the range the handle stands at the end."""
        if value != self._value or enabled != self.isEnabled():
            self._value = value
            self.setEnabled(enabled)
            self.update()

    def position_of(self, value: float) -> float:
        """Where a value is, in pixels."""
        return _EDGE + min(max(self._scale.to(value), 0.0), 1.0) * (self.width() - 2 * _EDGE)

    def _value_at(self, x: float) -> float:
        width = max(self.width() - 2 * _EDGE, 1)
        position = min(max((x - _EDGE) / width, 0.0), 1.0)
        value = rounded(self._scale, position, width, self.spec.type is int or isinstance(self._scale, Mired))
        low, high = self.spec.hard
        return min(max(value, value if low is None else low), value if high is None else high)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.reset.emit()
        else:
            self._token = object()
            self.moved.emit(self._value_at(event.position().x()), self._token)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._token is not None:
            self.moved.emit(self._value_at(event.position().x()), self._token)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._token = None

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_groove(painter, QRectF(_EDGE, self.height() / 2 - 1.5, self.width() - 2 * _EDGE, 3))
            if self._value is not None:
                self._paint_handle(painter, QPointF(self.position_of(self._value), self.height() / 2))

    def _paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface.hover"))
        painter.drawRoundedRect(groove, 1.5, 1.5)
        default = self.spec.default[0] if self.spec.size > 1 else self.spec.default
        rest = self.position_of(float(default))
        if self._value is not None and self.isEnabled():
            here = self.position_of(self._value)
            painter.setBrush(theme.color("accent.dim"))
            painter.drawRoundedRect(QRectF(QPointF(min(rest, here), groove.top()),
                                           QPointF(max(rest, here), groove.bottom())), 1.5, 1.5)  # fmt: skip
        painter.setBrush(theme.color("line.strong"))
        painter.drawRect(QRectF(rest - 0.5, groove.center().y() - 4, 1, 8))

    def _paint_handle(self, painter: QPainter, at: QPointF) -> None:
        active = self.isEnabled() and (self.underMouse() or self._token is not None)
        ink = "accent" if active else "text.dim" if self.isEnabled() else "text.disabled"
        painter.setPen(QPen(theme.color("surface.panel"), 1))
        painter.setBrush(theme.color(ink))
        painter.drawEllipse(at, 5.5, 5.5)


class KelvinSlider(Slider):
    """The white-point strip: every place has the colour of its temperature; usual whites are marked."""

    def _paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        strip = groove.adjusted(0, -4, 0, 4)
        gradient = QLinearGradient(strip.topLeft(), strip.topRight())
        for i in range(17):
            gradient.setColorAt(i / 16, kelvin_color(round(self._scale.of(i / 16))))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(gradient)
        painter.drawRoundedRect(strip, 3, 3)
        painter.setPen(theme.color("surface.deep", 0.7))
        for kelvin in WHITES:
            if 0 < self._scale.to(kelvin) < 1:
                x = self.position_of(kelvin)
                painter.drawLine(QPointF(x, strip.bottom() - 3), QPointF(x, strip.bottom()))

    def _paint_handle(self, painter: QPainter, at: QPointF) -> None:
        painter.setPen(QPen(theme.color("surface.deep"), 1.5))
        painter.setBrush(kelvin_color(round(self._value or 0)) if self.isEnabled() else theme.color("text.disabled"))
        painter.drawEllipse(at, 6, 6)

    def show_value(self, value: float | None, enabled: bool = True) -> None:
        super().show_value(value, enabled)
        self.setToolTip("" if value is None else f"{short(value)} K")


@cache
def kelvin_color(kelvin: int) -> QColor:
    """The colour of a white on the screen, as bright as it can be there."""
    rgb = [float(v) for v in white_rgb(float(min(max(kelvin, 1000), 25000)))]
    brightest = max(rgb)
    return QColor.fromRgbF(*srgb((rgb[0] / brightest, rgb[1] / brightest, rgb[2] / brightest)))
