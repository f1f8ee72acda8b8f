"""The head of a node's properties by keys alone."""

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.header import Header
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.workspace import Workspace


def menu_of(widget: QWidget) -> QMenu:
    """What the menu key opens where a widget has the keys."""
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(widget, QContextMenuEvent(reason, widget.rect().center(), widget.mapToGlobal(QPoint())))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(header: Header, text: str) -> None:
    menu = menu_of(header.name)
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()


def test_the_menu_key_reaches_every_button(panel: PropertiesPanel, workspace: Workspace) -> None:
    s, helped = workspace.session, list[str]()
    workspace.help_requested.connect(helped.append)
    node = panel.open(s.add("color.grade"))
    assert node is not None
    header = node.header
    s.set("Grade1", mix=0.5)
    choose(header, "Undo Change")
    assert s.value("Grade1", "mix") == 1
    choose(header, "Redo Change")
    assert s.value("Grade1", "mix") == 0.5
    choose(header, "Disable")
    assert s.value("Grade1", "disable") is True
    choose(header, "Fold")
    assert header.folded
    choose(header, "Unfold")
    assert not header.folded
    choose(header, "Keep Open")
    assert header.pin.isChecked()
    choose(header, "Help")
    assert helped == ["color.grade"]
    menu = menu_of(header.note)
    states = {action.text(): (action.isEnabled(), action.isChecked()) for action in menu.actions()}
    menu.close()
    assert states["Redo Change"] == (False, False) and states["Disable"] == (True, True)
    assert states["Keep Open"] == (True, True) and "Reset All Parameters" in states
    choose(header, "Close")
    assert panel.nodes == []


def test_where_there_is_little_room_it_is_the_name_s(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    node = panel.open(workspace.session.add("image.constant", name="Plate1"))
    assert node is not None
    header, window = node.header, panel.window()
    for width, labelled in ((700, True), (290, False), (700, True)):
        window.resize(width, 500)
        qtbot.waitUntil(lambda wide=labelled: header.note.isVisible() == wide)  # type: ignore[misc]
        letters = header.name.fontMetrics().horizontalAdvance("Plate1")
        assert header.name.width() > letters + 6 and header.close_button.geometry().right() < header.width()
