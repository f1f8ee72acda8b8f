"""The space bar gives the window to one panel, and back to all of them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.window import MainWindow


def shown(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if not dock.isHidden()}


def space(window: MainWindow, qtbot: QtBot, focus: QWidget) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    focus.setFocus()
    found = QApplication.focusWidget()
    assert found is not None
    qtbot.keyClick(found, Qt.Key.Key_Space)


def test_the_space_bar_gives_the_window_to_a_panel_and_back(window: MainWindow, qtbot: QtBot) -> None:
    before, graph = shown(window), window.panels["nodegraph"]
    tabs = [dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["nodegraph"])]
    places = {name: window.docks[name].geometry() for name in ("viewer", "nodegraph", "properties")}
    space(window, qtbot, graph)
    assert shown(window) == {"nodegraph"}
    qtbot.waitUntil(lambda: window.docks["nodegraph"].width() == window.width())
    space(window, qtbot, graph)
    focus = QApplication.focusWidget()
    assert focus is not None and graph.isAncestorOf(focus) and shown(window) == before
    assert [dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["nodegraph"])] == tabs
    qtbot.waitUntil(lambda: all(window.docks[name].geometry() == at for name, at in places.items()))


def test_a_viewer_keeps_the_timeline(window: MainWindow, qtbot: QtBot) -> None:
    space(window, qtbot, window.panels["viewer"])
    assert shown(window) == {"viewer", "timeline"}
    qtbot.waitUntil(lambda: window.docks["viewer"].height() > 4 * window.docks["timeline"].height())


def test_another_layout_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    space(window, qtbot, window.panels["nodegraph"])
    window.apply_layout("Lighting")
    there = shown(window)
    assert {"lightrig", "viewer", "nodegraph"} <= there
    space(window, qtbot, window.panels["nodegraph"])
    assert shown(window) == {"nodegraph"}
    space(window, qtbot, window.panels["nodegraph"])
    assert shown(window) == there


def test_the_space_bar_still_clicks(window: MainWindow, qtbot: QtBot) -> None:
    box = QCheckBox(window.panels["viewer"])
    box.show()
    before = shown(window)
    space(window, qtbot, box)
    assert box.isChecked() and shown(window) == before
