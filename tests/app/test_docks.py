"""Panels by keys alone: from one to the next, through the fields of one, and which it is is seen."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.window import MainWindow


def focus() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def test_a_key_leads_through_the_panels_and_back(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    seen = ["viewer", "timeline", "nodegraph", "properties", "scopes"]
    window.panels["viewer"].setFocus()
    assert window.docks.mark.panel is None, "whoever uses the mouse sees where it is"
    for name in (*seen[1:], seen[0]):
        qtbot.keyClick(focus(), Qt.Key.Key_F6)
        panel = window.panels[name]
        assert focus() is panel or panel.isAncestorOf(focus()), name
        assert window.docks.mark.panel is panel
    qtbot.keyClick(focus(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert window.docks.mark.panel is window.panels["scopes"]
    window.panels["nodegraph"].setFocus()
    assert window.docks.mark.panel is None
    qtbot.keyClick(focus(), Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.docks.mark.panel is window.panels["curves"] and window.panels["curves"].isAncestorOf(focus())


def test_tab_goes_through_the_rows_of_a_node_and_stays_in_the_panel(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.panels["properties"]
    assert isinstance(panel, PropertiesPanel)
    with qtbot.waitActive(window):
        window.activateWindow()
    for name in ("A", "B"):
        window.workspace.session.add("toy.coordinates", name=name)
        panel.open(name)
    qtbot.waitUntil(lambda: all(node.rows and node.rows[0].isVisible() for node in panel.nodes))
    window.show_panel("properties")
    assert panel.isAncestorOf(focus()) or focus() is panel
    order = panel.tab_order()
    assert order[0] is panel.search
    nodes = [next((n.path for n in panel.nodes if n.isAncestorOf(w)), "") for w in order]
    assert list(dict.fromkeys(nodes)) == ["", "B", "A"], "from the top, though B was made later"
    for wanted in [*order, order[0]]:
        qtbot.keyClick(focus(), Qt.Key.Key_Tab)
        assert focus() is wanted
    qtbot.keyClick(focus(), Qt.Key.Key_Backtab)
    assert focus() is order[-1]
    qtbot.keyClick(focus(), Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert [node.path for node in panel.nodes] == ["B"] and focus() is panel
    window.docks.next_panel()
    order[2].setFocus()
    window.docks.next_panel()
    window.docks.next_panel(-1)
    assert focus() is order[2], "where it was"
