"""The colour of a light as the interface shows it, and the popup in which it is chosen."""

import colorsys
import math
from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QConicalGradient, QMouseEvent, QPainter, QPaintEvent, QPen, QRadialGradient
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from rimlight.engine import Vec3, white_rgb

from .. import theme
from ..properties.numbers import Linear, Mired
from ..widgets import label_of
from .lights import Handle
from .slider import Slider

KELVIN = Mired(2000.0, 12000.0)
TINT = Linear(-30.0, 30.0)
_WHITE: Vec3 = (1.0, 1.0, 1.0)


@lru_cache(256)
def light_color(kelvin: float, tint: float, color: Vec3) -> QColor:
    """Of a light, as bright as the screen can show its hue; a swatch, not colour managed as pictures are."""
    rgb = [max(w * c, 0.0) for w, c in zip(white_rgb(kelvin, tint).tolist(), color, strict=True)]
    top = max(rgb)
    if top <= 0:
        return QColor(0, 0, 0)
    red, green, blue = (encoded(v / top) for v in rgb)
    return QColor.fromRgbF(red, green, blue)


def through_color(transmission: Vec3) -> QColor:
    """Of what a flag lets through, black to white."""
    return QColor.fromRgbF(*(encoded(min(max(v, 0.0), 1.0)) for v in transmission))


def kelvin_color(kelvin: float) -> QColor:
    """The white of a temperature."""
    return light_color(round(min(max(kelvin, 1000.0), 25000.0), -1), 0.0, _WHITE)


def tint_color(tint: float) -> QColor:
    """The white of a tint at the neutral temperature."""
    return light_color(6504.0, round(min(max(tint, -100.0), 100.0)), _WHITE)


def encoded(v: float) -> float:
    """A linear value from 0 to 1 by sRGB's curve."""
    return 12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055


def linear(v: float) -> float:
    """The inverse of `encoded`."""
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


class Wheel(QWidget):
    """Hue around, saturation outwards. edited : a colour, linear, as bright as it was, and the token of the gesture."""

    edited = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(168, 168))
        self.setAccessibleName("Colour wheel")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.color: Vec3 = _WHITE
        self._token: object = None

    def show_color(self, color: Vec3) -> None:
        if color != self.color:
            self.color = color
            self.update()

    @property
    def mark(self) -> QPointF:
        """Where the colour lies."""
        top = max(*self.color, 1e-6)
        hue, saturation, _ = colorsys.rgb_to_hsv(*(encoded(min(max(v, 0.0) / top, 1.0)) for v in self.color))
        angle, radius = 2 * math.pi * hue, saturation * self._radius
        return QRectF(self.rect()).center() + QPointF(math.cos(angle), -math.sin(angle)) * radius

    @property
    def _radius(self) -> float:
        return self.width() / 2 - 4

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._token = object()
        self._choose(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._token is not None and event.buttons():  # else the release went elsewhere
            self._choose(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._token = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to white."""
        top = max(self.color)
        self.edited.emit((top, top, top), object())

    def _choose(self, place: QPointF) -> None:
        at = place - QRectF(self.rect()).center()
        saturation = min(math.hypot(at.x(), at.y()) / self._radius, 1.0)
        hue = math.atan2(-at.y(), at.x()) / (2 * math.pi) % 1.0
        top = max(*self.color, 1e-6)
        red, green, blue = (round(top * linear(v), 4) for v in colorsys.hsv_to_rgb(hue, saturation, 1.0))
        self.edited.emit((red, green, blue), self._token)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            center, radius = QRectF(self.rect()).center(), self._radius
            hues = QConicalGradient(center, 0)
            for step in range(13):
                hues.setColorAt(step / 12, QColor.fromHsvF(step / 12 % 1.0, 1.0, 1.0))
            white = QRadialGradient(center, radius)
            white.setColorAt(0, QColor(255, 255, 255, 255))
            white.setColorAt(1, QColor(255, 255, 255, 0))
            painter.setPen(Qt.PenStyle.NoPen)
            for brush in (hues, white):
                painter.setBrush(brush)
                painter.drawEllipse(center, radius, radius)
            painter.setBrush(light_color(6504.0, 0.0, self.color))
            for ink, width in (("surface.deep", 4), ("text.strong", 1.5)):
                painter.setPen(QPen(theme.color(ink), width))
                painter.drawEllipse(self.mark, 6, 6)


class ColorPopup(QFrame):
    """The colour of one light: wheel, temperature and tint; of a flag the wheel for what it lets through.

    edited : parameters by name, and the gesture's token.
    """

    edited = Signal(object, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._flag = False
        self.wheel = Wheel()
        self.kelvin = Slider("Temperature", KELVIN, "K", digits=0, gradient=kelvin_color)
        self.tint = Slider("Tint", TINT, digits=1, gradient=tint_color)
        title = label_of("title", "Colour")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.SPACE,) * 4)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(title)
        layout.addWidget(self.wheel, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.kelvin)
        layout.addWidget(self.tint)
        self.wheel.edited.connect(self._color)
        self.kelvin.edited.connect(self._kelvin)
        self.tint.edited.connect(self._tint)

    def show_handle(self, handle: Handle) -> None:
        """Show the colour of a light, or of what a flag lets through."""
        self._flag = handle.is_flag
        black = self._flag and max(handle.color) <= 0
        self.wheel.show_color(_WHITE if black else handle.color)  # a gel is chosen for a black flag at once
        self.kelvin.setVisible(not self._flag)
        self.tint.setVisible(not self._flag)
        self.kelvin.show_value(handle.kelvin)
        self.tint.show_value(handle.tint)

    def open_at(self, place: QPoint) -> None:
        """Show the popup with its top left corner at a place on the screen, on the screen as a whole."""
        self.adjustSize()
        area = self.screen().availableGeometry()
        x = min(place.x(), area.right() - self.width())
        y = min(place.y(), area.bottom() - self.height())
        self.move(max(x, area.left()), max(y, area.top()))
        self.show()

    def _color(self, color: Vec3, token: object) -> None:
        self.edited.emit({"transmission" if self._flag else "color": color}, token)

    def _kelvin(self, value: float, token: object) -> None:
        self.edited.emit({"kelvin": min(max(value, 1000.0), 25000.0)}, token)

    def _tint(self, value: float, token: object) -> None:
        self.edited.emit({"tint": min(max(value, -100.0), 100.0)}, token)
