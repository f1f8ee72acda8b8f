"""Keys and mouse for tests of the node graph."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.graph.panel import GraphPanel
from rimlight.app.graph.placing import moved
from rimlight.engine import Graph

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """Keys and mouse on a panel; places are names of nodes or points of the scene."""

    def __init__(self, panel: GraphPanel, qtbot: QtBot) -> None:
        self.panel, self.qtbot = panel, qtbot
        self.workspace = panel.workspace

    @property
    def graph(self) -> Graph:
        return self.workspace.level_graph

    def key(self, key: "Qt.Key | str", keys: Qt.KeyboardModifier = NONE) -> None:
        self.panel.view.setFocus()
        self.qtbot.keyClick(QApplication.focusWidget(), key, keys)

    def type(self, text: str) -> None:
        self.qtbot.keyClicks(QApplication.focusWidget(), text)

    def press(self, key: "Qt.Key | str", keys: Qt.KeyboardModifier = NONE) -> None:
        """A key where the focus is."""
        self.qtbot.keyClick(QApplication.focusWidget(), key, keys)

    def point(self, place: "str | tuple[float, float]") -> QPoint:
        at = self.panel.scene.items_by_name[place].pos() if isinstance(place, str) else QPointF(*place)
        return self.panel.view.mapFromScene(at)

    def click(self, place: "str | tuple[float, float]", keys: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mouseClick(self.panel.view.viewport(), LEFT, keys, self.point(place))

    def hover(self, place: "str | tuple[float, float]") -> None:
        QTest.mouseMove(self.panel.view.viewport(), self.point(place))
        QApplication.processEvents()

    def drag(
        self,
        start: "str | tuple[float, float]",
        end: "str | tuple[float, float]",
        keys: Qt.KeyboardModifier = NONE,
        button: Qt.MouseButton = LEFT,
    ) -> None:
        port = self.panel.view.viewport()
        one, other = self.point(start), self.point(end)
        self.qtbot.mousePress(port, button, keys, one)
        for step in (0.2, 0.5, 0.8, 1.0):
            at = QPoint(round(one.x() + (other.x() - one.x()) * step), round(one.y() + (other.y() - one.y()) * step))
            move_mouse(port, at, button, keys)
        self.qtbot.mouseRelease(port, button, keys, other)

    def add(self, kind: str, *sources: str, name: str, at: tuple[float, float], **values: object) -> str:
        made = self.workspace.session.add(kind, *sources, name=name, inside=self.workspace.level, **values)
        self.workspace.put_level(moved(self.graph, {name: at}), "place")
        return made

    def inputs(self, name: str) -> dict[str, str]:
        return dict(self.graph[name].inputs)


def move_mouse(port: QWidget, at: QPoint, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
    """The mouse moves to a point of a widget with a button held."""
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), QPointF(port.mapToGlobal(at)), button, button, keys)
    QApplication.sendEvent(port, event)
