"""Keys follow the mouse from panel to panel, but never out of a field that is written into."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.field import NumberField
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace


def enter(widget: QWidget) -> None:
    """The mouse comes into a widget."""
    at = QPointF(5, 5)
    event = QEnterEvent(at, at, widget.mapToGlobal(at))
    assert event.type() == QEvent.Type.Enter
    QApplication.sendEvent(widget, event)


def test_keys_go_to_the_panel_under_the_mouse(window: MainWindow, qtbot: QtBot) -> None:
    graph, viewer, properties = (window.panels[name] for name in ("nodegraph", "viewer", "properties"))
    timeline, workspace = window.panels["timeline"], window.workspace
    with qtbot.waitActive(window):
        window.activateWindow()
    enter(graph)
    assert graph.isAncestorOf(QApplication.focusWidget())
    enter(viewer)
    assert viewer.isAncestorOf(QApplication.focusWidget())
    enter(properties)
    assert viewer.isAncestorOf(QApplication.focusWidget()), "a panel of fields takes clicks only"
    enter(timeline)
    for key, frame in ((Qt.Key.Key_End, 100), (Qt.Key.Key_Left, 99), (Qt.Key.Key_Home, 1)):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert workspace.frame == frame


def test_a_field_keeps_the_keys_until_it_is_done(window: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    viewer, properties = window.panels["viewer"], window.panels["properties"]
    with qtbot.waitActive(window):
        window.activateWindow()
    workspace.session.add("toy.coordinates", name="C")
    assert isinstance(properties, PropertiesPanel)
    field = properties.open("C").row("gain").findChild(NumberField)  # type: ignore[union-attr]
    field.setFocus()
    assert QApplication.focusWidget() is field
    enter(viewer)
    assert QApplication.focusWidget() is field, "somebody is about to write"
    field.selectAll()
    qtbot.keyClicks(field, "2")
    enter(viewer)
    assert QApplication.focusWidget() is field
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert workspace.graph["C"].value("gain") == 2
    enter(viewer)
    assert viewer.isAncestorOf(QApplication.focusWidget())
    field.setFocus()
    qtbot.keyClicks(field, "3")
    enter(viewer)
    assert QApplication.focusWidget() is field, "writing again"
