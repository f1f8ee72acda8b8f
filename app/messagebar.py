"""Sentences above the panels that ask or tell something, and wait there without blocking anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from . import theme


@dataclass(frozen=True)
class Choice:
    """An answer. What `act` does is done, and the bar goes away; `stays` : no answer yet, such as to see more."""

    text: str
    act: Callable[[], object] = lambda: None
    primary: bool = False
    stays: bool = False


class MessageBar(QFrame):
    """One sentence with its answers; Esc gives the last of them."""

    def __init__(self, text: str, choices: Sequence[Choice], kind: Literal["question", "error"], details: str) -> None:
        super().__init__()
        self.setObjectName("messageBar")
        self.setProperty("kind", kind)
        self.text = text
        self._choices = tuple(choices)
        mark = QLabel()
        mark.setObjectName("mark")
        mark.setFixedWidth(4)
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setToolTip(details)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(mark)
        layout.addWidget(label, 1)
        for choice in self._choices:
            button = QPushButton(choice.text)
            button.setProperty("primary", choice.primary)
            button.clicked.connect(lambda _=False, choice=choice: self._answer(choice))
            layout.addWidget(button)
            if choice.primary:
                self.setFocusProxy(button)

    def escape(self) -> None:
        """Give the last answer."""
        self._answer(self._choices[-1])

    def _answer(self, choice: Choice) -> None:
        if not choice.stays:
            self.setParent(None)
            self.deleteLater()
        choice.act()


class MessageBars(QWidget):
    """Holds the bars, the newest below. A bar about a topic takes the place of the one before about it.

    resized : there is another height of bars now.
    """

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._by_topic: dict[str, MessageBar] = {}

    def ask(self, topic: str, text: str, *choices: Choice, details: str = "") -> None:
        """Ask something; the last choice is what Esc means."""
        self._put(topic, MessageBar(text, choices, "question", details))

    def report(self, topic: str, text: str) -> None:
        """Tell of an error that the user must not overlook."""
        self._put(topic, MessageBar(text, (Choice("Close"),), "error", ""))

    def dismiss(self, topic: str) -> None:
        """Take a bar away unanswered."""
        bar = self._by_topic.pop(topic, None)
        if bar is not None and isValid(bar):
            bar.setParent(None)
            bar.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def escape(self) -> bool:
        """Give the last answer of the newest bar. False when there is none."""
        bars = self._bars()
        if bars:
            bars[-1].escape()
        return bool(bars)

    def texts(self) -> list[str]:
        """The sentences that stand there now."""
        return [bar.text for bar in self._bars()]

    def _bars(self) -> list[MessageBar]:
        items = (self._layout.itemAt(i) for i in range(self._layout.count()))
        return [bar for item in items if item is not None and isinstance(bar := item.widget(), MessageBar)]

    def _put(self, topic: str, bar: MessageBar) -> None:
        self.dismiss(topic)
        self._by_topic[topic] = bar
        self._layout.addWidget(bar)
        bar.setFocus()
