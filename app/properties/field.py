"""Fields of a line: painted by state while they rest, ordinary line edits while they are edited."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from rimlight.engine import ExpressionError, Spec

from .. import theme
from ..hoverfocus import DONE
from .arithmetic import evaluate, several
from .numbers import DIGITS, UNITS, exact, scrub_step, scrubbed, short, step_digit
from .parameter import State

_TINTS = {
    "keyframe": ("value.keyframe", 0.42), "animated": ("value.animated", 0.30),
    "expression": ("value.expression", 0.30), "linked": ("value.linked", 0.26),
}  # fmt: skip
START = 4
"""Pixels that the pointer moves before a press becomes a drag."""


class Field(QLineEdit):
    """A line of text. entered : what was typed, when Enter is pressed or the focus leaves a changed field.

    component : which one of its parameter it shows, for menus and links; None for the whole.
    """

    entered = Signal(str)

    def __init__(self, component: int | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.component = component
        self.state: State = "default"
        self.error = ""
        self.unit = ""
        self.accent = ""
        self._committed = ""
        self.setFixedHeight(theme.ROW - 2)
        self.setMinimumWidth(24)
        self.returnPressed.connect(self._entered)
        self.textEdited.connect(self._begun)

    def show_text(self, text: str, state: State = "default", error: str = "") -> None:
        """Show another value; while somebody types, only once they are done."""
        if self.hasFocus() and self.isModified():
            self._committed = text
        elif text != self.text():
            cursor = self.cursorPosition()
            self.setText(text)
            self.setCursorPosition(min(cursor, len(text)) if self.hasFocus() else 0)
        self._committed = text
        if (state, error) != (self.state, self.error):
            self.state, self.error = state, error
            self.update()

    def _entered(self) -> None:
        if self.isModified():
            self.setModified(False)
            self.entered.emit(self.text())
        self.setProperty(DONE, True)
        self.selectAll()

    def _begun(self) -> None:
        self.setProperty(DONE, False)

    def revert(self) -> None:
        """Forget what was typed."""
        self.setText(self._committed)
        self.setModified(False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason and self.isModified():
            self.setModified(False)
            self.entered.emit(self.text())
        self.deselect()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self.isModified():
                event.accept()
                return True
            steps = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if not self.isModified() and any(event.matches(step) for step in steps):
                event.ignore()  # nothing of its own to undo: the script's
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.revert()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()  # the row's menu, which knows the parameter

    def resting_text(self, fits: Callable[[str], bool]) -> str:
        """What is painted while nobody edits. fits : whether a text has room."""
        return self.text() or self.placeholderText()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            enabled = self.isEnabled()
            edge = "error" if self.error else "line.strong" if self.underMouse() and enabled else "line"
            painter.setPen(theme.color(edge))
            painter.setBrush(theme.color("surface.field" if enabled else "surface.panel"))
            painter.drawRoundedRect(box, theme.RADIUS - 1, theme.RADIUS - 1)
            if self.state in _TINTS:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(*_TINTS[self.state]))
                painter.drawRoundedRect(box, theme.RADIUS - 1, theme.RADIUS - 1)
            if self.accent:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(self.accent))
                painter.drawRoundedRect(QRectF(3, self.height() - 4, self.width() - 6, 1.5), 0.7, 0.7)
            inside = box.adjusted(6, 0, -5, 0)
            metrics = painter.fontMetrics()
            shown = self.resting_text(lambda text: metrics.horizontalAdvance(text) <= inside.width())
            if self.unit:
                unit_width = metrics.horizontalAdvance(self.unit)
                if unit_width + 6 + metrics.horizontalAdvance(shown) < inside.width():
                    painter.setPen(theme.color("text.dim" if enabled else "text.disabled"))
                    painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.unit)
                    inside.adjust(0, 0, -unit_width - 4, 0)
            placeholder = not self.text()
            ink = "text.disabled" if not enabled else "text.dim" if placeholder else "text"
            if self.state != "default" and not placeholder and enabled:
                ink = "text.strong"
            painter.setPen(theme.color(ink))
            shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, int(inside.width()) + 1)
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class NumberField(Field):
    """A number: typed, with arithmetic; stepped by digits with the arrows; scrubbed with Ctrl or the middle button.

    set_to : a number and the token of the gesture. several_set : a list of numbers that was typed or pasted into it.
    asks_expression : what follows a `=`, typed first or into a number as it is.
    link_dragged : a Ctrl+drag that began here upwards or downwards is at a point of the screen; with True, it ended
    there.
    refused : a sentence about what was typed.
    """

    set_to = Signal(float, object)
    several_set = Signal(object)
    asks_expression = Signal(str)
    link_dragged = Signal(object, bool)
    refused = Signal(str)

    def __init__(self, spec: Spec, component: int | None = None, parent: QWidget | None = None) -> None:
        super().__init__(component, parent)
        self.spec = spec
        self.unit = UNITS.get(spec.unit, "")
        self.frame = 1.0
        self._value: float | None = 0.0
        self._token: object = None
        self._press: QPointF | None = None
        self._drag: Literal["", "scrub", "link"] = ""
        self._exact = 0.0
        self.entered.connect(self._typed)
        self.textEdited.connect(self._edited)

    @property
    def value(self) -> float | None:
        """The number that is shown; None for an expression without a value."""
        return self._value

    def show_value(self, value: float | None, state: State, error: str = "") -> None:
        """Show a number."""
        self._value = value
        text = "" if value is None else exact(value)
        self.show_text(text, state, error)

    def resting_text(self, fits: Callable[[str], bool]) -> str:
        """With fewer digits where there is no room for all: the size of a number has to be seen."""
        if self._value is None:
            return "–"
        full = short(self._value)
        fewer = (short(self._value, digits) for digits in range(DIGITS - 1, 2, -1))
        return full if fits(full) else next((text for text in fewer if fits(text) and "e" not in text), full)

    def _edited(self, text: str) -> None:
        if text.lstrip().startswith("="):
            self.revert()
            self.asks_expression.emit(text.lstrip()[1:])

    def _typed(self, text: str) -> None:
        numbers = several(text)
        if numbers:
            self.several_set.emit(numbers)
            return
        current = self._value or 0.0
        if not text.strip():
            self.revert()
            return
        try:
            number = evaluate(text, current, self.frame)
        except ExpressionError as error:
            self.revert()
            self.refused.emit(f"{text.strip()!r}: {error}")
            return
        self.set_to.emit(number, None)
        self.revert()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._token = object()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            steps = 1 if event.key() == Qt.Key.Key_Up else -1
            factor = {Qt.KeyboardModifier.ShiftModifier: 10.0, Qt.KeyboardModifier.AltModifier: 0.1}
            self._step(steps * factor.get(event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier, 1.0))
        elif event.text() == "=" and not self.isModified():
            self.asks_expression.emit("")  # wherever the cursor is in the number
        else:
            super().keyPressEvent(event)

    def _step(self, steps: float) -> None:
        cursor = len(self.text()) if self.hasSelectedText() else self.cursorPosition()
        stepped = step_digit(self.text(), cursor, steps)
        if stepped is None:
            return
        text, cursor = stepped
        self.setModified(False)
        self.set_to.emit(self._within(float(text)), self._token)
        if self._value is not None and float(text) == self._value:
            self.setText(text)  # with the zeros at its end, so that the digit stays where it is
        self.setCursorPosition(min(cursor, len(self.text())))

    # -- scrubbing and linking ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.button() == Qt.MouseButton.MiddleButton or (event.button() == Qt.MouseButton.LeftButton and control):
            self._press, self._drag = event.position(), ""
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A whole number, where Qt would choose the digits between its sign, its point and its exponent."""
        super().mouseDoubleClickEvent(event)
        if not self.isModified():
            self.selectAll()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            super().mouseMoveEvent(event)
            return
        if self._drag != "link" and not event.buttons():
            self._press, self._drag = None, ""  # the release went elsewhere, as to a window that came up
            return
        moved = event.position() - self._press
        if not self._drag:
            if max(abs(moved.x()), abs(moved.y())) < START:
                return
            sideways = abs(moved.x()) >= abs(moved.y()) or not event.buttons() & Qt.MouseButton.LeftButton
            if sideways and self.state in ("expression", "linked"):
                self._press = None
                self.refused.emit("this value follows an expression; type a number to replace it")
                return
            self._drag, self._token, self._exact = "scrub" if sideways else "link", object(), self._value or 0.0
            self.setCursor(Qt.CursorShape.SizeHorCursor if sideways else Qt.CursorShape.DragLinkCursor)
        if self._drag == "link":
            self.link_dragged.emit(event.globalPosition(), False)
        else:
            self._scrub(moved.x(), event.modifiers())
            self._press = event.position()

    def _scrub(self, pixels: float, modifiers: Qt.KeyboardModifier) -> None:
        step = scrub_step(self.spec)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            step *= 10
        if modifiers & Qt.KeyboardModifier.AltModifier:
            step /= 10
        self._exact = self._within(self._exact + pixels * step)
        self.set_to.emit(scrubbed(self._exact, step) if self.spec.type is float else round(self._exact), self._token)

    def _within(self, value: float) -> float:
        low, high = self.spec.hard
        return min(max(value, value if low is None else low), value if high is None else high)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is None and not self._drag:
            super().mouseReleaseEvent(event)
            return
        if self._drag == "link":
            self.link_dragged.emit(event.globalPosition(), True)
        elif not self._drag:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._press, self._drag = None, ""
        self._token = object()
        self.unsetCursor()
