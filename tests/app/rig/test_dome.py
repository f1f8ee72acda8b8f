"""The dome with real mouse and keys: what they do to lights."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rigpanels import LEFT, NONE, Make, by_path, drag, opened, place
from rimlight.app.rig.panel import LightRigPanel
from rimlight.app.rig.projection import Side
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, direction_of


def test_dragging_a_handle_turns_the_light_in_one_step(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    before = workspace.session.history.position
    drag(panel, key, -40.0, 10.0)
    state = workspace.graph[key]
    assert state.value("azimuth") == pytest.approx(-40.0, abs=1.5)
    assert state.value("elevation") == pytest.approx(10.0, abs=1.5)
    assert workspace.session.history.position == before + 1
    assert workspace.selection == (key,)
    workspace.undo()
    assert workspace.graph[key].value("azimuth") == 30.0
    assert by_path(panel, key).azimuth == 30.0


def test_dragging_a_lamp_keeps_its_distance(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    _, lamp = lights
    panel = opened(make_panel, qtbot)
    drag(panel, lamp, 45.0, 45.0)
    there = by_path(panel, lamp)
    assert there.distance == pytest.approx(100.0, abs=0.01)
    assert (there.azimuth, there.elevation) == pytest.approx((45.0, 45.0), abs=2)


def test_a_double_click_brings_the_selected_light_there(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    QTest.mouseClick(panel.dome, LEFT, NONE, place(panel, key))
    x, y, z = direction_of(-40.0, -30.0).tolist()
    there = panel.dome.point((x, y, z)).toPoint()
    QTest.mouseDClick(panel.dome, LEFT, NONE, there)  # begins with a click, as every double click
    light = by_path(panel, key)
    assert (light.azimuth, light.elevation) == pytest.approx((-40.0, -30.0), abs=1.5)
    assert panel.current == key
    QTest.mouseClick(panel.dome, LEFT, NONE, panel.dome.disc.topLeft().toPoint())
    assert panel.current == "", "beside the disc"


def test_past_the_rim_the_light_is_behind(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    start, dome = place(panel, key), panel.dome
    rim = QPointF(dome.disc.right() + 15, dome.disc.center().y()).toPoint()
    QTest.mousePress(dome, LEFT, NONE, start)
    QTest.mouseMove(dome, (start + rim) / 2)
    QTest.mouseMove(dome, rim)
    QTest.mouseRelease(dome, LEFT, NONE, rim)
    assert 90 < workspace.graph[key].value("azimuth") < 180


def test_shift_keeps_the_other_axis(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    start = place(panel, key)
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    event_end = start + QPoint(-60, 6)
    QTest.mouseMove(panel.dome, start + QPoint(-30, 3))
    _move(panel, event_end, Qt.KeyboardModifier.ShiftModifier)
    QTest.mouseRelease(panel.dome, LEFT, NONE, event_end)
    assert workspace.graph[key].value("azimuth") < 10
    elevation = workspace.graph[key].value("elevation")
    _move(panel, event_end, NONE)
    assert workspace.graph[key].value("elevation") == elevation


def test_a_drag_whose_release_went_elsewhere_ends_with_the_next_move(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    start = place(panel, key)
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    QTest.mouseMove(panel.dome, start + QPoint(-30, 3))
    there = workspace.graph[key].value("azimuth")
    _move(panel, start + QPoint(-60, 6), NONE, Qt.MouseButton.NoButton)
    assert workspace.graph[key].value("azimuth") == there


def _move(panel: LightRigPanel, place: QPoint, modifiers: Qt.KeyboardModifier, button: Qt.MouseButton = LEFT) -> None:
    where = QPointF(place)
    event = QMouseEvent(QEvent.Type.MouseMove, where, panel.dome.mapToGlobal(where), button, button, modifiers)
    QApplication.sendEvent(panel.dome, event)


def test_a_keyframed_light_gets_a_key_at_the_frame(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    workspace.session.set(key, azimuth=Curve.of((1, 30.0), (21, 30.0), interp="linear"))
    workspace.set_frame(11)
    panel = opened(make_panel, qtbot)
    drag(panel, key, -20.0, 20.0)
    curve = workspace.graph[key].value("azimuth")
    assert [k.frame for k in curve.keys] == [1, 11, 21]
    assert curve.at(11) == pytest.approx(-20, abs=1.5)
    assert curve.at(1) == 30


def test_keys_move_the_selected_light(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    workspace.select((key,))
    panel.dome.setFocus()
    QTest.keyClick(panel.dome, Qt.Key.Key_Right)
    assert workspace.graph[key].value("azimuth") == pytest.approx(31.0)
    QTest.keyClick(panel.dome, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert workspace.graph[key].value("elevation") == pytest.approx(10.0)


def test_the_wheel_changes_size_distance_and_exposure(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    _, lamp = lights
    panel = opened(make_panel, qtbot)
    panel.dome.scrolled.emit(lamp, 4.0, "size", object())
    assert workspace.graph[lamp].value("size") == pytest.approx(2 * 100 * 0.0349, abs=0.05)  # 4 degrees at 100 cm
    panel.dome.scrolled.emit(lamp, 1.0, "distance", object())
    assert by_path(panel, lamp).distance == pytest.approx(100 / 1.1, abs=0.01)
    panel.dome.scrolled.emit(lamp, 2.0, "exposure", object())
    assert workspace.graph[lamp].value("exposure") == 0.5


def test_the_environment_is_in_the_dome_and_turns(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    sky = s.add("light.environment", light_name="sky", inputs={"image": s.add("image.checkerboard")})
    panel = opened(make_panel, qtbot)
    assert panel.watch.look is not None
    assert panel.watch.look.backdrop is not None
    start = place(panel, sky)
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    QTest.mouseMove(panel.dome, start + QPoint(20, 0))
    QTest.mouseMove(panel.dome, start + QPoint(40, 0))
    QTest.mouseRelease(panel.dome, LEFT, NONE, start + QPoint(40, 0))
    assert workspace.graph[sky].value("rotation") > 5


def test_sides_of_the_dome(workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    qtbot.mouseClick(panel.bar.sides[Side.ALL], LEFT)
    assert panel.dome.side is Side.ALL
    assert panel.desktop.actions.trigger("lightrig.side")
    assert panel.dome.side is Side.FRONT
    state = panel.save_state()
    panel.set_side(Side.BACK)
    panel.restore_state(state)
    assert panel.dome.side is Side.FRONT


def test_after_esc_the_dome_follows_the_lights_again(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    before = panel.watch.look
    workspace.session.set(lights[0], azimuth=-50.0)
    workspace.evaluations.cancel_all()
    assert panel.settled, "nothing is under way"
    workspace.session.set(lights[0], azimuth=60.0)
    assert not panel.settled
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert panel.watch.look is not None and panel.watch.look is not before
