"""Small widgets of the viewer's bars."""

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSlider, QToolButton, QWidget

from .. import theme
from ..widgets import to_edge

TICKS = 1000


def mark(widget: QWidget, name: str, on: bool) -> None:
    """Set a property that the style sheet goes by."""
    if widget.property(name) != on:
        widget.setProperty(name, on)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Field(QLineEdit):
    """A field whose Return and Esc are its own, whatever they mean around it. left : either was pressed; Esc takes
    back what was typed.
    """

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._before = ""
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._before = self.text()
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _OWN:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._before)
            self.setModified(False)
            self.left.emit()
            return
        super().keyPressEvent(event)
        if event.key() in _OWN:
            self.left.emit()


_OWN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class _ResettingSlider(QSlider):
    """A double click means the default."""

    reset = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()


class ValueSlider(QWidget):
    """A number with a name, a field and a slider; red when it is not at its default.

    The name is a button that switches between the default and the last other value. low, high : of the slider; the
    field takes more, within `hard`. logarithmic : equal ways on the slider are equal factors. edited : by the user.
    left : with Return.
    """

    edited = Signal(float)
    left = Signal()

    def __init__(
        self,
        name: str,
        default: float,
        low: float,
        high: float,
        hard: tuple[float, float],
        tip: str,
        logarithmic: bool = False,
        width: int = 90,
        signed: bool = False,
    ) -> None:
        super().__init__()
        self._default, self._low, self._high, self._hard = default, low, high, hard
        self._logarithmic, self._signed = logarithmic, signed
        self._value = self._other = default
        self.button = QToolButton()
        self.button.setText(name)
        self.button.setAutoRaise(True)
        self.button.setToolTip(f"{tip}\nClick: default and back")
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self._toggle)
        self.field = Field()
        self.field.setFixedWidth(52)
        self.field.setToolTip(tip)
        self.field.editingFinished.connect(self._typed)
        self.field.left.connect(self.left)
        self.slider = _ResettingSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, TICKS)
        self.slider.setMinimumWidth(width // 2)
        self.slider.setMaximumWidth(2 * width)
        self.slider.setToolTip(f"{tip}\nDouble click: default")
        self.slider.valueChanged.connect(self._slid)
        self.slider.reset.connect(self._reset)
        layout = to_edge(QHBoxLayout(self), 2)
        for part in (self.button, self.field, self.slider):
            layout.addWidget(part)
        self.show_value(default)

    @property
    def value(self) -> float:
        return self._value

    def show_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        self._value = value
        if value != self._default:
            self._other = value
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(TICKS * self._place(value)))
        if not self.field.hasFocus() or not self.field.isModified():
            self.field.setText(self._text(value))
            self.field.setCursorPosition(0)
        for part in (self.button, self.field, self.slider):
            mark(part, "modified", value != self._default)

    def _text(self, value: float) -> str:
        """What the field shows of a value."""
        return f"{value:+.2f}" if self._signed and value else f"{value:.2f}"

    def _place(self, value: float) -> float:
        low, high = self._low, self._high
        if self._logarithmic:
            value, low, high = (math.log(max(v, 1e-6)) for v in (value, low, high))
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def _slid(self, tick: int) -> None:
        t = tick / TICKS
        value = self._low + t * (self._high - self._low)
        if self._logarithmic:
            value = self._low * (self._high / self._low) ** t
        value = round(value, 2)
        self._edit(self._default if abs(self._place(value) - self._place(self._default)) < 0.012 else value)

    def _typed(self) -> None:
        text = self.field.text().strip().replace(",", ".")
        self.field.setModified(False)
        if text == self._text(self._value):
            return  # nothing was typed, and the value may have more digits than are shown
        try:
            value = float(text)
        except ValueError:
            value = self._value
        self._edit(min(max(value, self._hard[0]), self._hard[1]) if math.isfinite(value) else self._value)

    def _toggle(self) -> None:
        self._edit(self._other if self._value == self._default else self._default)

    def _reset(self) -> None:
        self._edit(self._default)

    def _edit(self, value: float) -> None:
        changed = value != self._value
        self.show_value(value)
        if changed:
            self.edited.emit(value)


class RangeFields(QWidget):
    """The lowest and highest value that are shown; empty fields follow the picture.

    edited : low and high, None and None to follow the picture. left : with Return.
    """

    edited = Signal(object, object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = Field(), Field()
        row = to_edge(QHBoxLayout(self), 2)
        for field, tip in ((self.low, "Lowest value that is shown"), (self.high, "Highest value that is shown")):
            field.setFixedWidth(58)
            field.setToolTip(f"{tip}; empty: follows the picture")
            field.editingFinished.connect(self._typed)
            field.left.connect(self.left)
            row.addWidget(field)

    @property
    def _touched(self) -> bool:
        """Whether something was typed that is not taken yet."""
        return self.low.isModified() or self.high.isModified()

    def show_range(self, extent: tuple[float, float], fixed: bool) -> None:
        """Show a range. fixed : it was given, and does not follow the picture."""
        for field, value in zip((self.low, self.high), extent, strict=True):
            if not field.hasFocus() and not self._touched:
                field.setText(f"{value:.4g}" if fixed else "")
                field.setPlaceholderText(f"{value:.4g}")
            mark(field, "modified", fixed)

    def _take(self) -> None:
        for field in (self.low, self.high):
            field.setModified(False)

    def _typed(self) -> None:
        if not self._touched:
            return
        texts = [field.text().strip().replace(",", ".") for field in (self.low, self.high)]
        if not all(texts):
            if not any(texts):
                self._take()
                self.edited.emit(None, None)
            return  # the other one is still to be typed
        self._take()
        try:
            low, high = map(float, texts)
        except ValueError:
            return
        if math.isfinite(low) and math.isfinite(high) and low != high:
            self.edited.emit(low, high)


class Chooser(QToolButton):
    """A button with a menu that shows which of several things is chosen.

    choices : gives (key, text) when the menu opens; an empty key is a line between. picked : by the user.
    """

    picked = Signal(str)

    def __init__(self, choices: Callable[[], Sequence[tuple[str, str]]], tip: str, width: int = 0) -> None:
        super().__init__()
        self._choices = choices
        self._key = ""
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setIcon(theme.icon("chevron-down", "text.dim"))
        self.setIconSize(QSize(10, 10))
        if width:
            self.setFixedWidth(width)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self._menu.triggered.connect(lambda action: self.picked.emit(action.data()))
        self.setMenu(self._menu)

    def show_choice(self, key: str, text: str) -> None:
        """Show what is chosen."""
        self._key = key
        room = self.maximumWidth() - 30
        shown = text if self.maximumWidth() > 10_000 else self.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, room
        )  # fmt: skip
        self.setText(shown.replace("&", "&&"))

    def _fill(self) -> None:
        self._menu.clear()
        for key, text in self._choices():
            if not text:
                self._menu.addSeparator()
                continue
            action = self._menu.addAction(text.replace("&", "&&"))
            action.setData(key)
            action.setCheckable(True)
            action.setChecked(key == self._key)
