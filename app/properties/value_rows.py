"""Rows of lookups: curves over tones or hues."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Curve

from .. import theme
from .lookup import LookupView
from .rows import Row

_SAMPLES = 64


class Thumbnail(QWidget):
    """A lookup at a glance. clicked."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: Curve | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Open the lookup")

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW * 2)

    def show_curve(self, curve: Curve) -> None:
        if curve is not self._curve:
            self._curve = curve
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line.strong" if self.underMouse() else "line"))
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


class LookupRow(Row):
    """A curve over tones or hues; a click edits it in place."""

    def build(self) -> None:
        self.picture = Thumbnail()
        self.picture.clicked.connect(self.toggle)
        self.body.addWidget(self.picture)
        wide = self.shared.button("float", "Show in the curve editor")
        wide.clicked.connect(self.show_wide)
        self.body.addWidget(wide, 0, Qt.AlignmentFlag.AlignTop)
        self.view: LookupView | None = None

    def show_value(self) -> None:
        self.picture.show_curve(self.value)
        if self.view is not None:
            self.view.show_curve(self.value)

    def toggle(self) -> None:
        """Open the plane under the row, or close it."""
        if self.view is not None:
            self.view.deleteLater()
            self.view = None
            return
        self.view = LookupView(self.shared.edits, self.parameter)
        self.below(self.view)
        self.view.show_curve(self.value)

    def show_wide(self) -> None:
        self.shared.workspace.curves_requested.emit(self.parameter.address)
