"""Panels that come and go, and panels by keys alone: from one to the next, and which it is is seen."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.render.panel import RenderPanel
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


def test_a_hidden_panel_is_brought_back(window: MainWindow) -> None:
    window.docks["errors"].close()
    window.show_panel("errors")
    assert not window.docks["errors"].isHidden()


def test_a_panel_without_a_place_gets_one_from_the_menu(window: MainWindow, qtbot: QtBot) -> None:
    for name, beside, floats in (("scripteditor", "nodegraph", False), ("preferences", "", True)):
        dock = window.docks[name]
        assert not dock.isVisible()
        window.menus.panel_actions[name].trigger()
        assert dock.isVisible() and dock.isFloating() == floats
        assert not beside or window.docks[beside] in window.tabifiedDockWidgets(dock)
        qtbot.waitUntil(lambda dock=dock: not dock.visibleRegion().isEmpty())
        window.menus.panel_actions[name].trigger()
        assert not dock.isVisible()


def test_the_menu_brings_a_panel_from_behind_its_tabs(window: MainWindow, qtbot: QtBot) -> None:
    dock = window.docks["lightrig"]
    assert not dock.isHidden() and dock.visibleRegion().isEmpty(), "behind the properties"
    window.menus.window_menu.aboutToShow.emit()
    assert window.menus.panel_actions["lightrig"].isChecked() and not window.menus.panel_actions["render"].isChecked()
    window.menus.panel_actions["lightrig"].trigger()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    window.menus.panel_actions["lightrig"].trigger()
    assert dock.isHidden()


def test_properties_come_to_the_front_and_the_keys_stay(window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("lightrig")
    window.show_panel("nodegraph")
    properties, focus = window.docks["properties"], QApplication.focusWidget()
    qtbot.waitUntil(lambda: properties.visibleRegion().isEmpty())
    window.workspace.session.add("Constant", name="A")
    window.workspace.properties_requested.emit("A")
    qtbot.waitUntil(lambda: not properties.visibleRegion().isEmpty())
    assert QApplication.focusWidget() is focus
    properties.hide()
    window.workspace.properties_requested.emit("A")
    assert properties.isHidden()


def test_properties_come_to_the_front_after_a_click_on_another_tab(window: MainWindow, qtbot: QtBot) -> None:
    properties, rig = window.docks["properties"], window.docks["lightrig"]
    window.workspace.session.add("Constant", name="A")
    window.workspace.properties_requested.emit("A")
    bars = [bar for bar in window.findChildren(QTabBar) if bar.parent() is window]
    bar, tab = next((b, i) for b in bars for i in range(b.count()) if b.tabText(i) == rig.windowTitle())
    for _ in range(2):
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
        qtbot.waitUntil(properties.visibleRegion().isEmpty)
        window.workspace.properties_requested.emit("A")
        qtbot.waitUntil(lambda: not properties.visibleRegion().isEmpty())


def test_escape_closes_a_panel_that_is_a_window(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.show_panel("preferences")
    dock = window.docks["preferences"]
    qtbot.waitUntil(dock.isActiveWindow, timeout=5000)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert dock.isHidden()


def test_a_panel_behind_another_tab_is_hidden_and_its_place_is_as_large(window: MainWindow, qtbot: QtBot) -> None:
    tabs = ("nodegraph", "curves", "dopesheet")

    def visible() -> list[str]:
        return [name for name in tabs if window.panels[name].isVisible()]

    qtbot.waitUntil(lambda: visible() == ["nodegraph"])
    assert not window.panels["lightrig"].isVisible(), "else it would compute balls and meters that nobody sees"
    size = window.panels["nodegraph"].size()
    window.show_panel("curves")
    assert window.panels["curves"].isVisible()
    qtbot.waitUntil(lambda: visible() == ["curves"])
    assert window.panels["curves"].size() == size
    window.docks["curves"].setFloating(True)
    qtbot.waitUntil(lambda: len(visible()) == 2)
    window.docks["curves"].close()
    window.show_panel("curves")
    assert window.panels["curves"].isVisible()


def test_a_click_on_a_tab_gives_its_panel_the_keys(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.show_panel("curves")
    curves, graph = window.panels["curves"], window.panels["nodegraph"]
    assert curves.isAncestorOf(focus())
    bars = [bar for bar in window.findChildren(QTabBar) if bar.parent() is window]
    bar = next(bar for bar in bars if "Curves" in [bar.tabText(i) for i in range(bar.count())])
    at = next(i for i in range(bar.count()) if bar.tabText(i) == "Node Graph")
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(at).center())
    qtbot.waitUntil(lambda: not curves.isVisible())
    assert focus() is graph or graph.isAncestorOf(focus())


def test_a_render_comes_to_the_front_and_the_keys_stay(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.workspace.session
    session.set_project(frames=[1, 2])
    session.add("image.write", session.add("toy.coordinates"), name="W", file=str(tmp_path / "a.####.exr"))
    with qtbot.waitActive(window):
        window.activateWindow()
    window.panels["nodegraph"].setFocus()
    before = focus()
    qtbot.keyClick(before, Qt.Key.Key_F5)
    render = window.panels["render"]
    assert isinstance(render, RenderPanel)
    qtbot.waitUntil(lambda: bool(render.queue.jobs) and not render.queue.busy, timeout=20_000)
    qtbot.waitUntil(render.isVisible)
    assert focus() is before and window.docks.mark.panel is None
