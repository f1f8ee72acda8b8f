"""What stands at both ends of a row: its name, and the marks by which it is keyed and reset."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from .field import START
from .parameter import State

LABEL = 112
"""Width of the names, so that all rows begin alike; less where the panel is narrow, more where it is wide."""
_NARROW, _WIDE = 340, 440
_MOST = 156


def label_width(panel: int) -> int:
    """The width of the names in a panel of a width."""
    if panel > _WIDE:
        return min(_MOST, LABEL + (panel - _WIDE) // 3)
    return min(LABEL, max(48, LABEL - (_NARROW - panel)))


class RowLabel(QWidget):
    """The name of a parameter. link_dragged : as of `NumberField`, for a Ctrl+drag or middle drag of the whole."""

    link_dragged = Signal(object, bool)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = text
        self.modified = False
        self._press: QPointF | None = None
        self._dragging = False
        self.setFixedHeight(theme.ROW - 2)

    def show_modified(self, modified: bool) -> None:
        if modified != self.modified:
            self.modified = modified
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            enabled = self.isEnabled()
            painter.setPen(theme.color("text.strong" if self.modified else "text" if enabled else "text.disabled", 0.9))
            box = self.rect().adjusted(0, 0, -theme.SPACE * 2, 0)
            text = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideMiddle, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.button() == Qt.MouseButton.MiddleButton or (event.button() == Qt.MouseButton.LeftButton and control):
            self._press = event.position()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and (event.position() - self._press).manhattanLength() >= START:
            self._dragging = True
            self.link_dragged.emit(event.globalPosition(), False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self.link_dragged.emit(event.globalPosition(), True)
        self._press, self._dragging = None, False


class Marks(QWidget):
    """A diamond that sets and deletes keys, and a dot that resets. key_clicked, reset_clicked.

    The diamond is filled where there is a key at the frame, hollow where there are others, and faint where there are
    none; for expressions it says `=`. The dot is there only where something can be reset.
    """

    key_clicked = Signal()
    reset_clicked = Signal()
    _KEY = QRectF(2, 0, 16, theme.ROW - 2)
    _DOT = QRectF(18, 0, 16, theme.ROW - 2)

    def __init__(self, animatable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.animatable = animatable
        self.state: State = "default"
        self.resettable = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(34, theme.ROW - 2)

    def show_state(self, state: State, resettable: bool) -> None:
        if (state, resettable) != (self.state, self.resettable):
            self.state, self.resettable = state, resettable
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif self.animatable and self._KEY.contains(event.position()):
            self.key_clicked.emit()
        elif self.resettable and self._DOT.contains(event.position()):
            self.reset_clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        on_key = self.animatable and self._KEY.contains(event.position())
        on_dot = self.resettable and self._DOT.contains(event.position())
        self.setToolTip("Set or delete a key at this frame" if on_key else "Reset to the default" if on_dot else "")
        self.setCursor(Qt.CursorShape.PointingHandCursor if on_key or on_dot else Qt.CursorShape.ArrowCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.state in ("expression", "linked"):
                painter.setPen(theme.color(f"value.{self.state}"))
                painter.setFont(theme.font("body", bold=True))
                painter.drawText(self._KEY, Qt.AlignmentFlag.AlignCenter, "=")
            elif self.animatable:
                at = self._KEY.center()
                diamond = QPolygonF(
                    [at + QPointF(0, -4.5), at + QPointF(4.5, 0), at + QPointF(0, 4.5), at + QPointF(-4.5, 0)]
                )
                keyed = self.state == "keyframe"
                ink = "value.keyframe" if keyed or self.state == "animated" else "line"
                painter.setPen(QPen(theme.color(ink), 1.3))
                painter.setBrush(theme.color(ink) if keyed else Qt.GlobalColor.transparent)
                painter.drawPolygon(diamond)
            if self.resettable:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("value.modified" if not self.underMouse() else "accent"))
                painter.drawEllipse(self._DOT.center(), 3, 3)
