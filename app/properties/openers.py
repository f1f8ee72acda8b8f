"""Small pictures of a value in its row, which open an editor below: a colour, a lookup."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Curve

from .. import theme
from ..swatches import Swatches

_SAMPLES = 64


class Opener(QWidget):
    """A picture that is clicked, or opened by Space and Enter where it has the keys. clicked."""

    clicked = Signal()

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    @property
    def edge(self) -> str:
        """The name of the colour of its edge."""
        return "accent" if self.hasFocus() else "line.strong" if self.underMouse() else "line"


class Swatch(Opener):
    """The colour on the screen; numbers above 1 are marked by a corner, negative ones by another.

    It takes no focus: keys belong to the field beside it, and the menu of the row opens the wheel as well.
    """

    def __init__(self, swatches: Swatches, parent: QWidget | None = None) -> None:
        super().__init__("Colour wheel", parent)
        self._swatches = swatches
        swatches.changed.connect(self.update)
        self._rgb: tuple[float, ...] = (0.0, 0.0, 0.0)
        self.setFixedSize(theme.ROW - 2, theme.ROW - 2)

    def show_color(self, rgb: tuple[float, ...]) -> None:
        if rgb != self._rgb:
            self._rgb = rgb
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color(self.edge), 1))
            painter.setBrush(self._swatches.color(self._rgb))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
            beyond = max(self._rgb) > 1, min(self._rgb) < 0
            for corner, ink in ((beyond[0], "text.strong"), (beyond[1], "surface.deep")):
                if corner:
                    x = self.width() - 6 if ink == "text.strong" else 3
                    painter.fillRect(QRectF(x, 3, 3, 3), theme.color(ink))


class Thumbnail(Opener):
    """A lookup at a glance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Open the lookup", parent)
        self._curve: Curve | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW * 2)

    def show_curve(self, curve: Curve) -> None:
        if curve is not self._curve:
            self._curve = curve
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.color(self.edge))
            painter.setBrush(theme.color("surface.field"))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, theme.RADIUS - 1, theme.RADIUS - 1)
            if self._curve is None:
                return
            first, last = self._curve.range()
            span = (last - first) or 1.0
            xs = [first + span * i / (_SAMPLES - 1) for i in range(_SAMPLES)]
            ys = [float(y) for y in self._curve.sample(xs)]
            low, high = min(*ys, 0.0), max(*ys, 1.0)
            inside = box.adjusted(4, 4, -4, -4)

            def at(x: float, y: float) -> QPointF:
                return QPointF(
                    inside.left() + (x - first) / span * inside.width(),
                    inside.bottom() - (y - low) / ((high - low) or 1.0) * inside.height(),
                )

            painter.setPen(QPen(theme.color("text"), 1.3))
            painter.drawPolyline(QPolygonF([at(x, y) for x, y in zip(xs, ys, strict=True)]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            for key in self._curve.keys:
                painter.drawEllipse(at(key.frame, key.value), 2, 2)
