"""Actions: keys act where they are declared to, users may change them, and collisions are found."""

import gc
import weakref

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMainWindow, QMenuBar, QWidget
from pytestqt.qtbot import QtBot

from desktops import dispose
from rimlight.app.actions import Action, Actions, Conflict, conflicts, overrides_from_data
from rimlight.app.commands import COMMANDS
from rimlight.app.panels import discover

DECLARED = (
    Action("app.save", "Save", ("Ctrl+S",), menu="File"),
    Action("graph.red", "Read", ("R",), ("graph",), menu="Graph/Add"),
    Action("viewer.red", "Red", ("R",), ("viewer",), menu="Viewer"),
    Action("play", "Play", ("L",), ("viewer", "timeline")),
)


def two_panels(qtbot: QtBot, log: list[str]) -> tuple[QMainWindow, Actions, QWidget, QWidget]:
    window = QMainWindow()
    holder, graph, viewer = QWidget(), QLineEdit(), QWidget()
    graph.setReadOnly(True)
    viewer.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout = QHBoxLayout(holder)
    layout.addWidget(graph)
    layout.addWidget(viewer)
    window.setCentralWidget(holder)
    actions = Actions(DECLARED, parent=window)
    actions.attach("global", window, {"app.save": lambda: log.append("save")})
    actions.attach("graph", graph, {"graph.red": lambda: log.append("read")})
    actions.attach("viewer", viewer, {"viewer.red": lambda: log.append("red"), "play": lambda: log.append("play")})
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window, actions, graph, viewer


def test_a_key_means_what_the_focused_panel_says(qtbot: QtBot) -> None:
    log: list[str] = []
    _window, actions, graph, viewer = two_panels(qtbot, log)
    graph.setFocus()
    qtbot.keyClick(graph, Qt.Key.Key_R)
    qtbot.keyClick(graph, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    qtbot.keyClick(viewer, Qt.Key.Key_L)
    assert log == ["read", "save", "red", "play"]
    actions.set_overrides({"graph.red": ["Ctrl+R"], "viewer.red": []})
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    graph.setFocus()
    qtbot.keyClick(graph, Qt.Key.Key_R)
    assert len(log) == 4
    qtbot.keyClick(graph, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert log[4:] == ["read"]


def test_of_two_panels_of_a_kind_the_focused_one_acts(qtbot: QtBot) -> None:
    log: list[str] = []
    _window, actions, _, viewer = two_panels(qtbot, log)
    assert viewer.parentWidget() is not None
    second = QWidget(viewer.parentWidget())
    second.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    second.show()
    actions.attach("viewer", second, {"viewer.red": lambda: log.append("second")})
    viewer.setFocus()
    qtbot.keyClick(viewer, Qt.Key.Key_R)
    second.setFocus()
    qtbot.keyClick(second, Qt.Key.Key_R)
    assert log == ["red", "second"]


def test_what_is_not_enabled_does_nothing(qtbot: QtBot) -> None:
    widget, log, on = QWidget(), [], [False]
    qtbot.addWidget(widget)
    actions = Actions(DECLARED)
    actions.attach("graph", widget, {"graph.red": lambda: log.append(1)}, {"graph.red": lambda: on[0]})
    assert not actions.trigger("graph.red") and not actions.trigger("viewer.red")
    on[0] = True
    assert actions.trigger("graph.red") and log == [1]


def test_menus_come_from_the_declarations(qtbot: QtBot) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    actions = Actions(DECLARED)
    menus = actions.fill(bar, ("Viewer", "File"))
    assert list(menus) == ["Viewer", "File", "Graph", "Graph/Add"]
    assert [a.text() for a in menus["Graph/Add"].actions()] == ["Read"]


def test_menus_open_by_letters_that_no_command_asks_for(qtbot: QtBot) -> None:
    """A key asked for twice is dead: Alt+G went to no frame."""
    bar = QMenuBar()
    qtbot.addWidget(bar)
    declared = [Action("go", "Go", ("Alt+G",), ("graph",), "&Graph"), Action("h", "H", ("Alt+X",), menu="&X")]
    actions = Actions([*declared, Action("reveal", "Reveal", menu="&Reveal/More")])
    menus = actions.fill(bar)
    titles = [menus[path].title() for path in ("&Graph", "&Reveal", "&X")]
    assert titles == ["Gr&aph", "&Reveal", "X"], "its own letter first, another menu's never"
    actions.set_overrides({"go": [], "h": ["Alt+R"]})
    assert [menus[path].title() for path in ("&Graph", "&Reveal", "&X")] == ["&Graph", "R&eveal", "&X"]


def test_collisions_are_found() -> None:
    assert conflicts(DECLARED) == []
    assert conflicts(DECLARED, {"graph.red": ["ctrl+s"]}) == [Conflict("Ctrl+S", ("app.save", "graph.red"))]
    assert conflicts(DECLARED, {"play": ["R"]}) == [Conflict("R", ("viewer.red", "play"))]


def test_what_the_product_declares_does_not_collide() -> None:
    declared, failures = discover()
    assert failures == []
    assert conflicts([*COMMANDS, *(action for panel in declared for action in panel.actions)]) == []


def test_mistakes_in_declarations_are_refused(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="two actions are called 'play'"):
        Actions([*DECLARED, Action("play", "Again")])
    widget = QWidget()
    qtbot.addWidget(widget)
    with pytest.raises(KeyError, match="not declared for context 'graph'"):
        Actions(DECLARED).attach("graph", widget, {"viewer.red": print})


def test_malformed_shortcuts_of_users_are_left_out() -> None:
    assert overrides_from_data({"a": ["ctrl+k"], "b": "D", "c": [3], "d": []}) == {"a": ("Ctrl+K",), "d": ()}


def test_a_widget_that_is_gone_is_let_go(qtbot: QtBot) -> None:
    class Lamp(QWidget):
        def switch(self) -> None:
            raise AssertionError("it is gone")

    actions, lamp = Actions(DECLARED), Lamp()
    actions.attach("graph", lamp, {"graph.red": lamp.switch})
    ref = weakref.ref(lamp)
    dispose(lamp)
    del lamp
    gc.collect()
    assert ref() is None and not actions.trigger("graph.red")
