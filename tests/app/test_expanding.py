"""The space bar gives the window to one panel, and back to all of them."""

from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.properties.choices import ChoiceField
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.window import MainWindow
from rimlight.engine import Session


def shown(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if not dock.isHidden()}


def space(qtbot: QtBot, focus: QWidget) -> None:
    """The key, where a widget has the keys, in the window or in a panel beside it."""
    focus.window().activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is focus.window())
    focus.setFocus()
    found = QApplication.focusWidget()
    assert found is not None and (found is focus or focus.isAncestorOf(found))
    qtbot.keyClick(found, Qt.Key.Key_Space)


def test_the_space_bar_gives_the_window_to_a_panel_and_back(window: MainWindow, qtbot: QtBot) -> None:
    before, graph = shown(window), window.panels["nodegraph"]
    tabs = [dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["nodegraph"])]
    places = {name: window.docks[name].geometry() for name in ("viewer", "nodegraph", "properties")}
    space(qtbot, graph)
    assert shown(window) == {"nodegraph"}
    qtbot.waitUntil(lambda: window.docks["nodegraph"].width() == window.width())
    space(qtbot, graph)
    focus = QApplication.focusWidget()
    assert focus is not None and graph.isAncestorOf(focus) and shown(window) == before
    assert [dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["nodegraph"])] == tabs
    qtbot.waitUntil(lambda: all(window.docks[name].geometry() == at for name, at in places.items()))


def test_a_viewer_keeps_the_timeline(window: MainWindow, qtbot: QtBot) -> None:
    space(qtbot, window.panels["viewer"])
    assert shown(window) == {"viewer", "timeline"}
    qtbot.waitUntil(lambda: window.docks["viewer"].height() > 4 * window.docks["timeline"].height())


def test_another_layout_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    space(qtbot, window.panels["nodegraph"])
    window.apply_layout("Lighting")
    there = shown(window)
    assert {"lightrig", "viewer", "nodegraph"} <= there
    space(qtbot, window.panels["nodegraph"])
    assert shown(window) == {"nodegraph"}
    space(qtbot, window.panels["nodegraph"])
    assert shown(window) == there


def test_the_space_bar_still_clicks(window: MainWindow, qtbot: QtBot) -> None:
    box = QCheckBox(window.panels["viewer"])
    box.show()
    before = shown(window)
    space(qtbot, box)
    assert box.isChecked() and shown(window) == before


def test_the_space_bar_clicks_in_a_panel_that_is_a_window_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("preferences")
    panel = window.panels["preferences"]
    assert panel.window() is not window
    box = next(box for box in panel.findChildren(QCheckBox) if box.isVisible() and box.isEnabled())
    was, before = box.isChecked(), shown(window)
    space(qtbot, box)
    assert box.isChecked() is not was and shown(window) == before


def test_the_space_bar_opens_a_list_of_choices(window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("curves")
    field = next(field for field in window.panels["curves"].findChildren(ChoiceField) if field.isVisible())
    field.setEnabled(True)
    before = shown(window)
    space(qtbot, field)
    opened = QApplication.activePopupWidget()
    assert opened is not None and opened.parent() is field and shown(window) == before
    opened.close()


def test_nothing_is_moved_under_a_drag(window: MainWindow, qtbot: QtBot) -> None:
    before, graph = shown(window), window.panels["nodegraph"]
    at = graph.mapTo(window, graph.rect().center())
    qtbot.waitExposed(window)
    qtbot.mousePress(window.windowHandle(), Qt.MouseButton.LeftButton, pos=at)
    space(qtbot, graph)
    assert shown(window) == before
    qtbot.mouseRelease(window.windowHandle(), Qt.MouseButton.LeftButton, pos=at)
    space(qtbot, graph)
    assert shown(window) == {"nodegraph"}


def test_what_was_opened_meanwhile_stays(window: MainWindow, qtbot: QtBot) -> None:
    before, viewer = shown(window), window.panels["viewer"]
    space(qtbot, viewer)
    window.show_panel("preferences")
    window.show_panel("render")
    place = QRect(40, 50, 700, 500)
    window.docks["preferences"].setGeometry(place)
    space(qtbot, viewer)
    assert shown(window) == before | {"preferences", "render"}
    assert window.docks["preferences"].isFloating() and window.docks["preferences"].geometry() == place


def second_viewer(window: MainWindow) -> None:
    viewer = window.panels["viewer"]
    assert isinstance(viewer, ViewerPanel)
    viewer.open_another()


def test_a_second_viewer_stays_open_while_the_graph_has_the_window(window: MainWindow, qtbot: QtBot) -> None:
    workspace, graph = window.workspace, window.panels["nodegraph"]
    second_viewer(window)
    workspace.activate("Viewer2")
    opened = workspace.open_viewers
    space(qtbot, graph)
    assert shown(window) == {"nodegraph"}
    assert workspace.open_viewers == opened and workspace.active_viewer == "Viewer2", "as the script is saved"
    space(qtbot, graph)
    assert not window.docks["viewer2"].isHidden()
    assert workspace.open_viewers == opened and workspace.active_viewer == "Viewer2"


def test_another_script_ends_it(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    script, before = tmp_path / "one.rim", shown(window)
    Session().save(script)
    second_viewer(window)
    space(qtbot, window.panels["nodegraph"])
    window.open(script)
    qtbot.waitUntil(lambda: window.files.path == script, timeout=5000)
    assert shown(window) == before and "Viewer2" not in window.workspace.open_viewers
