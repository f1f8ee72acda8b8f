"""Sentences over the foot of the panels that ask or tell something, and wait there without blocking anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from . import theme
from .widgets import to_edge


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
            self.leave()
        choice.act()

    def leave(self) -> None:
        """Go away."""
        self.hide()  # else the layout, which shows what was added a moment later, shows it as a window of its own
        self.setParent(None)
        self.deleteLater()


class MessageBars(QWidget):
    """Holds the bars, the newest below. A bar about a topic takes the place of the one before about it.

    They lie over the lower end of the parent, so that nothing moves under the mouse as they come and go. foot : how
    much of the parent stays free below them, asked when needed.
    """

    def __init__(self, parent: QWidget, foot: Callable[[], int]) -> None:
        super().__init__(parent)
        self._over = parent
        self._foot = foot
        self._above = QTimer(self, singleShot=True)
        self._above.timeout.connect(self.raise_)
        self._layout = to_edge(QVBoxLayout(self))
        self._by_topic: dict[str, MessageBar] = {}

    def ask(self, topic: str, text: str, *choices: Choice, details: str = "") -> None:
        """Ask something; the last choice is what Esc means."""
        self._put(topic, MessageBar(text, choices, "question", details))

    def report(self, topic: str, text: str, *choices: Choice) -> None:
        """Tell of an error that the user must not overlook; after the choices there is one to close it."""
        self._put(topic, MessageBar(text, (*choices, Choice("Close")), "error", ""))

    def dismiss(self, topic: str) -> None:
        """Take a bar away unanswered."""
        bar = self._by_topic.pop(topic, None)
        if bar is not None and isValid(bar):
            bar.leave()

    def follow(self) -> None:
        """The parent has another size, or there are other bars: lie along its foot."""
        width = self._over.width()
        height = sum(bar.heightForWidth(width) for bar in self._bars())
        self.setGeometry(0, self._over.height() - self._foot() - height, width, height)
        self.raise_()

    def stay_above(self, other: QWidget) -> None:
        """Lie over another child of the parent, also where that comes to the front later."""
        other.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ZOrderChange:
            self._above.start()  # not now: Qt shows the tab of a dock only while the dock is the topmost
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.follow()
        return super().event(event)

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
        # Not by the layout's items: what Python saw of one outlives it, and is then taken for what lies there next.
        return [bar for bar in self._by_topic.values() if isValid(bar) and bar.parentWidget() is self]

    def _put(self, topic: str, bar: MessageBar) -> None:
        self.dismiss(topic)
        self._by_topic[topic] = bar
        self._layout.addWidget(bar)
        bar.setFocus()
