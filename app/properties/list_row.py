"""A list in the panel, one line for each of what the viewer draws; lines are dragged into another order and deleted."""

from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from rimlight.engine import is_constant, to_data

from .. import theme
from ..tracking.follow import LINKED, follow, hold, trackers
from ..widgets import label_of
from .rows import Row


class Grip(QWidget):
    """What a line of a list is dragged by. pulled : where the mouse is on the screen, and a token of the drag."""

    pulled = Signal(object, object)

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._token: object = None
        self.setFixedSize(10, theme.ROW - 2)
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._token = object()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._token is not None:
            self.pulled.emit(event.globalPosition().toPoint(), self._token)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("text" if self.underMouse() else "text.dim"))
            for row in (-4.0, 0.0, 4.0):
                for across in (2.5, 6.5):
                    painter.drawEllipse(QPointF(across, self.height() / 2 + row), 1.1, 1.1)


class ListRow(Row):
    """The lines, first what counts first, and below them the button that draws more.

    nothing : text of an empty list. action, tip : of the button.
    """

    nothing: ClassVar[str]
    action: ClassVar[str]
    tip: ClassVar[str]

    def build(self) -> None:
        self.marks.animatable = False  # what is in the list may be animated, each for itself
        self._list = QVBoxLayout()
        self._list.setSpacing(3)
        self.body.addLayout(self._list, 1)
        self._empty = label_of("dim", self.nothing)
        self._empty.setMinimumHeight(theme.ROW - 2)
        self.draw = QPushButton(self.action)
        self.shared.tip_with_key(self.draw, "viewer.draw_shape", self.tip)
        self.draw.clicked.connect(partial(self.shared.trigger, "viewer.draw_shape"))
        foot = QHBoxLayout()
        foot.addWidget(self.draw)
        self.follow = self.shared.labelled(
            "chevron-down", "Follow", "Let all of it follow a track from here on: its node is linked"
        )
        self.follow.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.follow)
        menu.aboutToShow.connect(partial(self.fill_follow, menu))
        self.follow.setMenu(menu)
        foot.addWidget(self.follow)
        foot.addStretch(1)
        self._list.addWidget(self._empty)
        self._list.addLayout(foot)
        self.lines: list[Any] = []
        self._pulled: tuple[object, int] = (None, 0)

    def fill_follow(self, menu: QMenu) -> None:
        """Put what can be followed into a menu."""
        workspace, path = self.shared.workspace, self.parameter.path
        menu.clear()
        for tracker, tracks in trackers(workspace, path):
            menu.addAction(f"{tracker}: {', '.join(tracks)}", partial(follow, workspace, path, tracker, tracks))
        if menu.isEmpty():
            menu.addAction("No Tracker with tracks is beside this node").setEnabled(False)
        menu.addSeparator()
        held = menu.addAction("&Hold Where It Is", partial(hold, workspace, path))
        held.setEnabled(any(not is_constant(workspace.graph.at(path).value(name)) for name in LINKED))

    def make_line(self, number: int) -> QWidget:
        raise NotImplementedError

    def fit(self, count: int) -> None:
        """Have as many lines."""
        while len(self.lines) > count:
            line = self.lines.pop()
            self._list.removeWidget(line)
            line.deleteLater()
        while len(self.lines) < count:
            self.lines.append(self.make_line(len(self.lines)))
            self._list.insertWidget(len(self.lines) - 1, self.lines[-1])
        self._empty.setVisible(not count)

    def reorder(self, number: int, by: int, token: object = None) -> None:
        """Let a line count earlier or later than it does."""
        data = list(to_data(self.value))
        data.insert(number + by, data.pop(number))
        self.shared.edits.set(self.parameter, data, token)

    def pull(self, number: int, at: QPoint, token: object) -> None:
        """A line is dragged to a place on the screen, one step for all of the drag. number : the line that is held,
        which stays while what it shows changes.
        """
        now = self._pulled[1] if self._pulled[0] is token else number
        middles = [line.mapToGlobal(line.rect().center()).y() for line in self.lines]
        target = sum(at.y() > y for i, y in enumerate(middles) if i != now)
        self._pulled = token, target
        if target != now:
            self.reorder(now, target - now, token)

    def remove(self, number: int, *_: object) -> None:
        """Delete what a line shows."""
        data = [one for i, one in enumerate(to_data(self.value)) if i != number]
        self.shared.edits.set(self.parameter, data)
