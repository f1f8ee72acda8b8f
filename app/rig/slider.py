"""A number that is dragged: a bar with its name and value, for lists and panels where space is short."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from rimlight.engine import ExpressionError

from .. import theme
from ..properties.arithmetic import evaluate
from ..properties.numbers import Scale, exact
from ..properties.parameter import State

_CLICK = 3
_WHEEL = 120
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Slider(QWidget):
    """Drag to change, double-click or Enter to type, wheel and arrows to step; Ctrl is ten times finer.

    edited : the value and the token of the gesture. menu_wanted : a point of the screen. scale : where values lie on
    the bar; typing may go beyond it. step : of the wheel and the arrows, on the scale from 0 to 1. origin : where the
    bar starts, None at its left end.
    """

    edited = Signal(float, object)
    menu_wanted = Signal(object)

    def __init__(
        self, title: str, scale: Scale, unit: str = "", *, step: float = 0.02, origin: float | None = None,
        digits: int = 2, gradient: Callable[[float], QColor] | None = None, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.title = title
        self.scale = scale
        self.unit = unit
        self.value = 0.0
        self.frame = 0.0
        self.state: State = "default"
        self._step = step
        self._origin = origin
        self._digits = digits
        self._gradient = gradient
        self._press: QPointF | None = None
        self._start = 0.0
        self._token: object = None
        self._edit: QLineEdit | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(120, theme.ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, theme.ROW)

    def show_value(self, value: float, state: State = "default", frame: float = 0.0) -> None:
        """Show a number; nothing is emitted."""
        self.frame = frame
        if (value, state) != (self.value, self.state):
            self.value, self.state = value, state
            self.update()

    @property
    def text(self) -> str:
        """The number as it is shown."""
        number = f"{self.value:.{self._digits}f}"
        return f"{number} {self.unit}" if self.unit and self.unit != "°" else f"{number}{self.unit}"

    # -- gestures -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._token = event.position(), object()
            self._start = self.scale.to(self.value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and not event.buttons():
            self.mouseReleaseEvent(event)  # the release went elsewhere, as to a window that came up
        if self._press is None:
            return
        across = event.position().x() - self._press.x()
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1.0
        if abs(across) >= _CLICK or self._start != self.scale.to(self.value):
            self._send(self.scale.of(self._start + fine * across / max(1, self.width())), self._token)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = self._token = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.type()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()  # a list under the mouse scrolls instead
            return
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1.0
        if self._token is None:
            self._token = object()
        self._nudge(event.angleDelta().y() / _WHEEL * fine)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1.0
        if key in (*_RETURN, Qt.Key.Key_F2):
            self.type()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            if not event.isAutoRepeat():
                self._token = object()
            self._nudge(fine if key in (Qt.Key.Key_Right, Qt.Key.Key_Up) else -fine)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in arrows:
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._token = None
        super().focusOutEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _nudge(self, steps: float) -> None:
        self._send(self.scale.of(self.scale.to(self.value) + steps * self._step), self._token)

    def _send(self, value: float, token: object) -> None:
        value = round(value, self._digits + 1)
        if value != self.value:
            self.edited.emit(value, token)

    def type(self) -> None:
        """Open the field in which a number or arithmetic is typed."""
        if self._edit is not None:
            return
        self._edit = QLineEdit(exact(round(self.value, 6)), self)
        self._edit.setGeometry(self.rect())
        self._edit.selectAll()
        self._edit.editingFinished.connect(self._typed)
        self._edit.installEventFilter(self)
        self._edit.show()
        self._edit.setFocus()

    def _typed(self) -> None:
        edit, self._edit = self._edit, None
        if edit is None:
            return
        text = edit.text()
        edit.deleteLater()
        self.setFocus()
        try:
            value = evaluate(text, self.value, self.frame)
        except ExpressionError:
            return  # what was there stays, as in every field of a panel
        if value != self.value:
            self.edited.emit(value, object())

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is not self._edit or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
            elif event.type() == QEvent.Type.KeyPress and self._edit is not None:
                edit, self._edit = self._edit, None
                edit.deleteLater()
                self.setFocus()
                return True
        elif event.key() in _RETURN and event.type() == QEvent.Type.KeyPress:
            self._typed()  # the field would hand the key on to the slider, which opens a field by it
            return True
        return False

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect()).adjusted(0.5, 1.5, -0.5, -1.5)
            painter.setPen(theme.color("accent" if self.hasFocus() else "line"))
            painter.setBrush(theme.color("surface.field"))
            painter.drawRoundedRect(box, 3, 3)
            inner = box.adjusted(1, 1, -1, -1)
            at = min(max(self.scale.to(self.value), 0.0), 1.0)
            if self._gradient is not None:
                self._paint_gradient(painter, inner, at)
            else:
                start = 0.0 if self._origin is None else self.scale.to(self._origin)
                low, high = min(start, at), max(start, at)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("accent.dim", 0.55 if self.isEnabled() else 0.2))
                painter.drawRoundedRect(
                    QRectF(inner.x() + low * inner.width(), inner.y(), (high - low) * inner.width(), inner.height()),
                    2,
                    2,
                )
            texts = inner.adjusted(5, 0, -5, 0)
            value = self.text
            painter.setFont(theme.font("small"))
            metrics = painter.fontMetrics()
            needed = metrics.horizontalAdvance(value) + 6
            painter.setPen(theme.color("text.dim" if self.isEnabled() else "text.disabled"))
            title = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, int(texts.width() - needed))
            painter.drawText(texts, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
            painter.setPen(_ink(self.state) if self.isEnabled() else theme.color("text.disabled"))
            painter.drawText(texts, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)

    def _paint_gradient(self, painter: QPainter, inner: QRectF, at: float) -> None:
        """The colours of the values as a strip at the bottom, and a mark at the value."""
        assert self._gradient is not None
        strip = QRectF(inner.x() + 1, inner.bottom() - 4, inner.width() - 2, 3)
        colors = QLinearGradient(strip.topLeft(), strip.topRight())
        for step in range(9):
            colors.setColorAt(step / 8, self._gradient(self.scale.of(step / 8)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors)
        painter.drawRoundedRect(strip, 1.5, 1.5)
        painter.setBrush(theme.color("text.strong"))
        painter.drawRect(QRectF(strip.x() + at * strip.width() - 1, strip.y() - 3, 2, 6))


def _ink(state: State) -> QColor:
    names = {"keyframe": "value.keyframe", "animated": "value.animated", "expression": "value.expression",
             "linked": "value.linked", "modified": "value.modified"}  # fmt: skip
    return theme.color(names.get(state, "text"))
