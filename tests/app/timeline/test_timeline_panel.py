"""The timeline with real keys and mouse."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.timeline.panel import PANEL, TimelinePanel
from rimlight.app.timeline.ruler import label_left
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


@pytest.fixture
def moving(workspace: Workspace) -> str:
    """A picture that differs from frame to frame, viewed; frames 1 to 20."""
    s = workspace.session
    s.set_project(format="32x32", frames=[1, 20])
    node = s.add("toy.gain", s.add("toy.coordinates"), gain=Curve.of((1, 1.5), (7, 3.1), (20, 2.27)))
    workspace.view(node, 1)
    workspace.select((node,))
    return node


def opened(make_panel: Make, qtbot: QtBot) -> TimelinePanel:
    """The panel, with the focus on its ruler. No fixture: that would keep it alive beyond the check for leaks."""
    made = make_panel(PANEL, TimelinePanel)
    made.resize(900, 80)
    made.activateWindow()
    made.ruler.setFocus()
    qtbot.waitUntil(made.ruler.hasFocus)
    return made


def press(panel: TimelinePanel, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> float:
    QTest.keyClick(panel.ruler, key, modifiers)
    return panel.workspace.frame


def test_keys_step_jump_and_go_to_the_ends(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    assert press(panel, Qt.Key.Key_Right) == 2
    assert press(panel, Qt.Key.Key_Right, SHIFT) == 12
    assert press(panel, Qt.Key.Key_Left) == 11
    assert press(panel, Qt.Key.Key_Left, SHIFT) == 1
    assert press(panel, Qt.Key.Key_Right, CTRL) == 20
    assert press(panel, Qt.Key.Key_Left, CTRL) == 1
    assert press(panel, Qt.Key.Key_Right, CTRL | SHIFT) == 7
    assert press(panel, Qt.Key.Key_Right, CTRL | SHIFT) == 20
    assert press(panel, Qt.Key.Key_Left, CTRL | SHIFT) == 7


def test_scrubbing(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    ruler = panel.ruler
    y = ruler.height() - 6
    QTest.mousePress(ruler, LEFT, NONE, QPoint(round(ruler.x_of(5)), y))
    assert panel.workspace.frame == 5
    QTest.mouseMove(ruler, QPoint(round(ruler.x_of(12.2)), y))
    assert panel.workspace.frame == 12
    QTest.mouseRelease(ruler, LEFT, NONE, QPoint(round(ruler.x_of(12)), y))
    QTest.mouseMove(ruler, QPoint(round(ruler.x_of(3)), y))
    assert panel.workspace.frame == 12
    QTest.mousePress(ruler, LEFT, NONE, QPoint(round(ruler.x_of(5)), y))
    there, none = QPointF(ruler.x_of(9), y), Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, there, QPointF(ruler.mapToGlobal(there)), none, none, NONE)
    QApplication.sendEvent(ruler, move)
    assert panel.workspace.frame == 5, "the release went elsewhere"
    QTest.mouseRelease(ruler, LEFT, NONE, there.toPoint())


def test_in_and_out_by_key_and_mouse(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    before = workspace.session.history.position
    workspace.set_frame(4)
    press(panel, Qt.Key.Key_I, ALT)
    workspace.set_frame(9)
    press(panel, Qt.Key.Key_O, ALT)
    assert workspace.document.ui["in_out"] == [4, 9]
    assert panel.span == (4, 9)
    assert workspace.session.history.position == before
    assert not workspace.session.history.labels[before:]
    ruler = panel.ruler
    QTest.mousePress(ruler, LEFT, NONE, QPoint(round(ruler.x_of(9)), 3))
    QTest.mouseMove(ruler, QPoint(round(ruler.x_of(13)), 3))
    QTest.mouseRelease(ruler, LEFT, NONE, QPoint(round(ruler.x_of(13)), 3))
    assert workspace.document.ui["in_out"] == [4, 13]
    assert workspace.frame == 9
    assert press(panel, Qt.Key.Key_Right, CTRL) == 13
    press(panel, Qt.Key.Key_U, ALT)
    assert "in_out" not in workspace.document.ui
    assert panel.span == (1, 20)


def test_in_and_out_survive_undo(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    workspace.session.set(moving, gain=5.0)
    press(panel, Qt.Key.Key_I, ALT)
    workspace.undo()
    assert workspace.document.ui["in_out"] == [1, 20]


def test_a_frame_is_typed(workspace: Workspace, qtbot: QtBot, moving: str, make_panel: Make) -> None:
    panel = opened(make_panel, qtbot)
    assert panel.desktop.actions.trigger("timeline.go")
    field = panel.bar.frame_field
    assert field.selectedText() == "1"
    QTest.keyClicks(field, "17")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.frame == 17
    field.setFocus()
    field.setText("+2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.frame == 19
    field.setFocus()
    field.setText("rubbish")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.frame == 19
    assert field.text() == "19"


def test_the_rate_is_that_of_the_project(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    assert panel.bar.fps_field.value() == 24
    panel.bar.fps_field.setValue(30)
    assert workspace.document.project.fps == 30
    workspace.undo()
    assert panel.bar.fps_field.value() == 24


def test_playing_shows_frames_and_pauses(workspace: Workspace, qtbot: QtBot, moving: str, make_panel: Make) -> None:
    panel = opened(make_panel, qtbot)
    seen: list[float] = []
    workspace.frame_changed.connect(seen.append)
    press(panel, Qt.Key.Key_L)
    assert panel.player.playing
    qtbot.waitUntil(lambda: len(seen) >= 4, timeout=10_000)
    press(panel, Qt.Key.Key_K)
    assert not panel.player.playing
    assert seen[:3] == sorted(seen[:3])
    seen.clear()
    press(panel, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: len(seen) >= 2, timeout=10_000)
    press(panel, Qt.Key.Key_J)
    assert not panel.player.playing
    workspace.frame_changed.disconnect(seen.append)


def test_an_edit_stops_playback(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    press(panel, Qt.Key.Key_L)
    workspace.session.set(moving, gain=2.0)
    assert not panel.player.playing
    assert not panel.ahead.frames


def test_cached_frames_are_found(workspace: Workspace, moving: str, qtbot: QtBot, make_panel: Make) -> None:
    panel = opened(make_panel, qtbot)
    for frame in (3, 4, 9):
        workspace.session.evaluate(moving, frame, layers=["rgba"])
    workspace.evaluations.rested.emit()
    qtbot.waitUntil(lambda: set(panel.ruler.cached) == {3, 4, 9}, timeout=10_000)
    assert set(panel.ruler.cached.values()) == {"host"}
    workspace.session.set(moving, gain=4.0)
    qtbot.waitUntil(lambda: not panel.ruler.cached, timeout=10_000)


def test_zoom_and_pan_of_the_ruler(qtbot: QtBot, workspace: Workspace, moving: str, make_panel: Make) -> None:
    panel = opened(make_panel, qtbot)
    ruler = panel.ruler
    assert ruler.view == (1, 20)
    y = 20
    QTest.mousePress(ruler, Qt.MouseButton.MiddleButton, NONE, QPoint(400, y))
    QTest.mouseMove(ruler, QPoint(300, y))
    QTest.mouseRelease(ruler, Qt.MouseButton.MiddleButton, NONE, QPoint(300, y))
    assert ruler.view[0] > 2
    assert ruler.view[1] - ruler.view[0] == pytest.approx(19)
    QTest.mouseDClick(ruler, Qt.MouseButton.MiddleButton, NONE, QPoint(300, y))
    assert ruler.view == (1, 20)
    for frame in (1, 7.5, 20):
        assert ruler.frame_of(ruler.x_of(frame)) == pytest.approx(frame)


def test_state_is_kept(workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    panel.bar.every_button.setChecked(True)
    panel.bar.loop_box.setCurrentIndex(1)
    panel.bar.loop_box.activated.emit(1)
    state = panel.save_state()
    panel.bar.every_button.setChecked(False)
    panel.restore_state({"range": 7, "loop": "nonsense", "every": "yes"})
    assert not panel.player.every
    panel.restore_state(state)
    assert panel.player.every
    assert panel.player.loop.value == "bounce"


def test_keys_work_in_the_viewer(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    viewer = window.panels["viewer"]
    viewer.setFocus()
    qtbot.waitUntil(lambda: viewer.isAncestorOf(window.focusWidget()) if window.focusWidget() else False)
    frame = window.workspace.frame
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Right)
    assert window.workspace.frame == frame + 1


def test_keys_of_nodes_whose_properties_are_open_are_reached_too(
    workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    workspace.session.add("filter.blur", name="Keyed", mix=Curve.of((3, 0.0), (8, 1.0)))
    workspace.select(())
    workspace.set_opened(("Keyed",))
    workspace.set_frame(1)
    panel.desktop.actions.trigger("timeline.next_key")
    assert workspace.frame == 3
    panel.desktop.actions.trigger("timeline.next_key")
    assert workspace.frame == 8


def test_what_is_said_of_playback_moves_no_button(
    workspace: Workspace, moving: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    at = panel.bar.buttons["forward"].pos()
    panel.player.dropped = 57
    panel.player.changed.emit()
    assert panel.bar.verdict.text() == "57 dropped"
    panel.layout().activate()
    QTest.qWait(20)
    assert panel.bar.buttons["forward"].pos() == at
    workspace.select(())
    assert panel.bar.verdict.text() == "57 dropped"
    workspace.view(workspace.session.add("toy.coordinates"), 1)
    assert panel.bar.verdict.text() == "", "of other pictures it says nothing"


def test_numbers_at_the_ends_of_the_ruler_are_whole() -> None:
    assert label_left(0.0, 30.0, 200.0) == 0.0
    assert label_left(200.0, 30.0, 200.0) == 170.0
    assert label_left(100.0, 30.0, 200.0) == 85.0
