"""The colour wheel: hue and saturation on a disc, value beside it, and sliders for HSV and temperature.

Values are scene-linear and unbounded: the disc chooses the hue and how pure it is, the value stays what it was, above 1
too. All that moves is one gesture from press to release.
"""

import math
from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QConicalGradient,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRadialGradient,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from .. import theme
from ..swatches import RGB, Swatches
from ..widgets import label_of
from .colors import from_hsv, from_tmi, hsv, tmi
from .numbers import short

SIDE = 148
_NUMBER = 40
"""Width of the number behind a bar."""
_STEPS: Mapping[int, int] = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}


class ColorWheel(QWidget):
    """Edits three numbers. changed : red, green, blue, and the token of the gesture."""

    changed = Signal(object, object)

    def __init__(self, swatches: Swatches, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = swatches.color
        swatches.changed.connect(self._display_changed)
        self._rgb: RGB = (1.0, 1.0, 1.0)
        self._hue, self._saturation, self._value = 0.0, 0.0, 1.0
        self.disc = _Disc(swatches)
        self.disc.picked.connect(self._picked)
        self.bars = [
            _Bar("H", (0, 1), "hue", self._set_hue),
            _Bar("S", (0, 1), "saturation: 0 is grey, above 1 some channel is negative", self._set_saturation),
            _Bar("V", (0, 4), "value: the greatest of the three", self._set_value),
            _Bar("T", (-1, 1), "temperature: warm to the right, cool to the left", self._set_temperature),
            _Bar("M", (-1, 1), "magenta to the right, green to the left", self._set_magenta),
            _Bar("I", (0, 4), "intensity: the mean of the three", self._set_intensity),
        ]
        grid = QGridLayout()
        grid.setSpacing(2)
        for line, bar in enumerate(self.bars):
            name = label_of("dim", bar.name)
            name.setToolTip(bar.toolTip())
            grid.addWidget(name, line, 0)
            grid.addWidget(bar, line, 1)
        grid.setColumnStretch(1, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, theme.SPACE, 36, theme.SPACE * 2)
        layout.setSpacing(theme.SPACE * 3)
        layout.addWidget(self.disc)
        layout.addLayout(grid, 1)

    def show_color(self, rgb: tuple[float, ...]) -> None:
        """Show a colour. The hue of a grey is the one it had before."""
        self._rgb = (rgb[0], rgb[1], rgb[2])
        hue, saturation, self._value = hsv(self._rgb)
        if saturation > 0 and math.isfinite(saturation):
            self._hue = hue
        self._saturation = saturation if math.isfinite(saturation) else 1.0
        self.disc.show_at(self._hue, self._saturation, self._value)
        t, m, i = tmi(self._rgb)
        for bar, value in zip(self.bars, (self._hue, self._saturation, self._value, t, m, i), strict=True):
            bar.show_value(value, self._stops(bar.name))

    def _display_changed(self) -> None:
        self.show_color(self._rgb)

    def _stops(self, name: str) -> list[QColor]:
        """The colours along a bar."""
        value = max(min(self._value, 1.0), 0.35)
        if name == "H":
            return [self._shown(from_hsv(i / 6, 1, value)) for i in range(7)]
        if name == "S":
            return [self._shown(from_hsv(self._hue, s, value)) for s in (0, 0.5, 1)]
        if name in ("V", "I"):
            return [self._shown(from_hsv(self._hue, min(self._saturation, 1), v)) for v in (0, 0.3, 1)]
        change = (from_tmi(d, 0, 0.5) if name == "T" else from_tmi(0, d, 0.5) for d in (-0.6, 0, 0.6))
        return [self._shown(rgb) for rgb in change]

    def _picked(self, hue: float, saturation: float, merge: object) -> None:
        self._hue = hue
        self._emit(from_hsv(hue, saturation, self._value if self._value > 0 else 1.0), merge)

    def _set_hue(self, hue: float, merge: object) -> None:
        self._hue = hue % 1
        self._emit(from_hsv(self._hue, self._saturation, self._value), merge)

    def _set_saturation(self, saturation: float, merge: object) -> None:
        self._emit(from_hsv(self._hue, saturation, self._value), merge)

    def _set_value(self, value: float, merge: object) -> None:
        self._emit(from_hsv(self._hue, self._saturation, value), merge)

    def _set_temperature(self, temperature: float, merge: object) -> None:
        _, m, i = tmi(self._rgb)
        self._emit(from_tmi(temperature, m, i), merge)

    def _set_magenta(self, magenta: float, merge: object) -> None:
        t, _, i = tmi(self._rgb)
        self._emit(from_tmi(t, magenta, i), merge)

    def _set_intensity(self, intensity: float, merge: object) -> None:
        t, m, _ = tmi(self._rgb)
        self._emit(from_tmi(t, m, intensity), merge)

    def _emit(self, rgb: RGB, merge: object) -> None:
        r, g, b = (float(f"{v:.6g}") for v in rgb)
        self.changed.emit((r, g, b), merge)


class _Disc(QWidget):
    """Hue around, saturation outwards. picked : both, and the token of the gesture."""

    picked = Signal(float, float, object)

    def __init__(self, swatches: Swatches) -> None:
        super().__init__()
        self._shown = swatches.color
        self.setFixedSize(SIDE, SIDE)
        self._hue, self._saturation, self._value = 0.0, 0.0, 1.0
        self._token: object = None

    def show_at(self, hue: float, saturation: float, value: float) -> None:
        self._hue, self._saturation, self._value = hue, saturation, value
        self.update()

    @property
    def _radius(self) -> float:
        return SIDE / 2 - 6

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._token = object()
            self._pick(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._token is not None and event.buttons():  # else the release went elsewhere
            self._pick(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._token = None

    def _pick(self, at: QPointF) -> None:
        x, y = at.x() - SIDE / 2, SIDE / 2 - at.y()
        saturation = min(math.hypot(x, y) / self._radius, 1.0)
        hue = math.atan2(y, x) / math.tau % 1 if saturation > 0.01 else self._hue
        self.picked.emit(hue, saturation if saturation > 0.01 else 0.0, self._token)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle, value = QPointF(SIDE / 2, SIDE / 2), max(min(self._value, 1.0), 0.35)
            around = QConicalGradient(middle, 0)
            for i in range(13):
                around.setColorAt(i / 12, self._shown(from_hsv(i / 12, 1, value)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(around)
            painter.drawEllipse(middle, self._radius, self._radius)
            grey = self._shown((value, value, value))
            out = QRadialGradient(middle, self._radius)
            out.setColorAt(0, grey)
            clear = QColor(grey)
            clear.setAlpha(0)
            out.setColorAt(1, clear)
            painter.setBrush(out)
            painter.drawEllipse(middle, self._radius, self._radius)
            distance, angle = min(self._saturation, 1.0) * self._radius, self._hue * math.tau
            at = middle + QPointF(distance * math.cos(angle), -distance * math.sin(angle))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("surface.deep"), 3))
            painter.drawEllipse(at, 5, 5)
            painter.setPen(QPen(theme.color("text.strong"), 1.5))
            painter.drawEllipse(at, 5, 5)


class _Bar(QWidget):
    """A coloured slider with its number in it. Arrows go a hundredth of it on, with Shift a tenth."""

    def __init__(self, name: str, span: tuple[float, float], tip: str, moved: Callable[[float, object], None]) -> None:
        super().__init__()
        self.name = name
        self._low, self._high = span
        self._moved = moved
        self._value = 0.0
        self._stops: list[QColor] = []
        self._token: object = None
        self.setFixedHeight(theme.ROW - 4)
        self.setMinimumWidth(60)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW - 4)

    def show_value(self, value: float, stops: list[QColor]) -> None:
        self._value, self._stops = value, stops
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._token = object()
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._token is not None and event.buttons():
            self._go(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._token = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(event.key())
        if step is None:
            super().keyPressEvent(event)
            return
        if not event.isAutoRepeat() or self._token is None:
            self._token = object()
        tenth = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        by = step * (self._high - self._low) * (0.1 if tenth else 0.01)
        self._moved(round(self._value + by, 3), self._token)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._token = None
        super().keyReleaseEvent(event)

    @property
    def _track(self) -> QRectF:
        """Where the colours are; the number stands behind them."""
        return QRectF(5, self.height() / 2 - 3, max(self.width() - 10 - _NUMBER, 10), 6)

    def _go(self, x: float) -> None:
        track = self._track
        share = min(max((x - track.left()) / track.width(), 0.0), 1.0)
        self._moved(round(self._low + share * (self._high - self._low), 3), self._token)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            track = self._track
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            for i, stop in enumerate(self._stops):
                gradient.setColorAt(i / (len(self._stops) - 1), stop)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(gradient)
            painter.drawRoundedRect(track.adjusted(-4, 0, 4, 0), 3, 3)
            share = min(max((self._value - self._low) / (self._high - self._low), 0.0), 1.0)
            painter.setPen(QPen(theme.color("surface.deep"), 1))
            painter.setBrush(theme.color("accent" if self.hasFocus() else "text"))
            painter.drawEllipse(QPointF(track.left() + share * track.width(), track.center().y()), 4.5, 4.5)
            painter.setPen(theme.color("text.dim"))
            painter.setFont(theme.font("small"))
            behind = QRectF(self.width() - _NUMBER, 0, _NUMBER, self.height())
            text = short(round(self._value, 3))
            painter.drawText(behind, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
