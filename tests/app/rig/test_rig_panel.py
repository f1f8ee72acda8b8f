"""The light rig panel with real mouse and keys: what they do to the script."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.panels import Panel, PanelDeclaration
from rimlight.app.rig.keymenu import add_keys, place_names
from rimlight.app.rig.lights import Handle
from rimlight.app.rig.panel import PANEL, LightRigPanel
from rimlight.app.rig.projection import Side
from rimlight.app.rig.swatch import ColorPopup
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, direction_of

Make = Callable[[PanelDeclaration], Panel]
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def lights(workspace: Workspace) -> tuple[str, str]:
    s = workspace.session
    key = s.add("light.directional", light_name="key", azimuth=30.0, elevation=20.0)
    lamp = s.add("light.point", key, light_name="lamp", position=(-60.0, 0.0, -120.0))
    return key, lamp


def opened(make_panel: Make, qtbot: QtBot) -> LightRigPanel:
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    panel.resize(420, 640)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    return panel


def place(panel: LightRigPanel, path: str) -> QPoint:
    return panel.dome.place_of(by_path(panel, path)).toPoint()


def by_path(panel: LightRigPanel, path: str) -> Handle:
    return next(h for h in panel.handles if h.path == path)


def drag(panel: LightRigPanel, path: str, azimuth: float, elevation: float, steps: int = 4) -> None:
    """Take a handle and bring it to a direction."""
    start = place(panel, path)
    x, y, z = direction_of(azimuth, elevation).tolist()
    end = panel.dome.point((x, y, z)).toPoint()
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    for step in range(1, steps + 1):
        QTest.mouseMove(panel.dome, start + (end - start) * step / steps)
    QTest.mouseRelease(panel.dome, LEFT, NONE, end)


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


def test_switches_of_the_list(workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot) -> None:
    key, lamp = lights
    panel = opened(make_panel, qtbot)
    row = panel.list.rows[key]
    qtbot.mouseClick(row.solo, LEFT)
    assert workspace.graph[key].value("solo") is True
    assert by_path(panel, lamp).shines is False
    qtbot.mouseClick(row.mute, LEFT)
    assert workspace.graph[key].value("disable") is True
    row.enabled.toggle()
    assert workspace.graph[key].value("enabled") is False
    workspace.undo()
    assert row.enabled.isChecked()


def test_the_exposure_slider_is_one_step(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    slider = panel.list.rows[key].level
    before = workspace.session.history.position
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, NONE, middle)
    QTest.mouseMove(slider, middle + QPoint(10, 0))
    QTest.mouseMove(slider, middle + QPoint(20, 0))
    QTest.mouseRelease(slider, LEFT, NONE, middle + QPoint(20, 0))
    assert workspace.graph[key].value("exposure") == pytest.approx(16 * 20 / slider.width(), abs=0.02)
    assert workspace.session.history.position == before + 1


def test_a_number_is_typed_into_a_slider(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    workspace.select((key,))
    slider = panel.details.sliders["kelvin"]
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Return)
    field = slider.findChild(type(panel.list.rows[key].name))
    assert field is not None
    QTest.keyClicks(field, "3200+100")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.graph[key].value("kelvin") == 3300
    panel.details.sliders["kelvin"].edited.emit(90_000.0, object())
    assert workspace.graph[key].value("kelvin") == 25_000


def test_lights_are_added_copied_and_removed(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    panel = opened(make_panel, qtbot)
    panel.acting.add("light.spot")
    spot = panel.current
    assert workspace.graph[spot].kind == "light.spot"
    assert workspace.graph[spot].inputs == {"rig": lamp}
    assert panel.scene.lights == (key, lamp, spot)
    workspace.select((key,))
    panel.dome.setFocus()
    assert panel.desktop.actions.trigger("lightrig.duplicate")
    copy = panel.current
    assert workspace.graph[copy].value("light_name") == "key2"
    assert workspace.graph[copy].value("azimuth") == 30.0
    assert panel.scene.lights == (key, copy, lamp, spot)
    assert panel.desktop.actions.trigger("lightrig.remove")
    assert panel.scene.lights == (key, lamp, spot)
    assert workspace.graph[lamp].inputs == {"rig": key}
    for _ in range(3):
        workspace.undo()
    assert panel.scene.lights == (key, lamp)


def test_a_name_that_layers_cannot_have_is_shown_by_the_rig(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    name = panel.list.rows[key].name
    name.setFocus()
    name.setText("my key")
    QTest.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "my key" in panel.main.problem.text(), timeout=10_000)
    name.setText("sun")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert workspace.graph[key].value("light_name") == "sun"
    qtbot.waitUntil(panel.main.problem.isHidden, timeout=10_000)


def test_balls_meters_and_ratio(workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot) -> None:
    key, lamp = lights
    workspace.session.set(lamp, exposure=-2.0)
    panel = opened(make_panel, qtbot)
    look = panel.watch.look
    assert look is not None
    assert look.ratio is not None
    assert look.ratio.key == "key"
    assert look.ratio.value > 2
    assert set(look.levels) == {"key", "lamp"}
    assert panel.list.rows[key].meter.stops > panel.list.rows[lamp].meter.stops
    left, right = look.grey.pixelColor(20, 80), look.grey.pixelColor(140, 80)
    assert right.lightness() > left.lightness()  # the key stands at the right
    assert look.grey.pixelColor(1, 1).alpha() == 0
    assert look.backdrop is None


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


def test_without_lights_a_rig_is_offered(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    assert panel.pages.currentIndex() == 0
    qtbot.mouseClick(panel.beginning.buttons["Key, Fill and Rim"], LEFT)
    assert [h.name for h in panel.handles] == ["key", "fill", "rim"]
    assert list(workspace.graph) == ["Key", "Fill", "Rim"]
    assert panel.pages.currentIndex() == 1
    assert workspace.session.history.position == 1
    workspace.undo()
    assert panel.pages.currentIndex() == 0


def test_a_relight_that_waits_gets_the_new_rig(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    lit = s.add("light.relight", s.add("image.constant", name="Environment"))
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    assert "waits" in panel.beginning.hint.text()
    qtbot.mouseClick(panel.beginning.buttons["Environment"], LEFT)
    assert panel.scene.lit == lit
    assert workspace.graph[lit].inputs["rig"] == panel.scene.rig == "Environment1", "the name itself is taken"


def test_a_failing_rig_says_so_and_goes_on(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    _, lamp = lights
    workspace.session.add("light.environment", lamp, file="/nowhere/sky.exr")
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    qtbot.waitUntil(lambda: "/nowhere/sky.exr" in panel.main.problem.text(), timeout=10_000)
    assert panel.main.problem.isVisibleTo(panel)


def test_color_popup_edits_the_light(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, _ = lights
    panel = opened(make_panel, qtbot)
    qtbot.mouseClick(panel.list.rows[key].swatch, LEFT)
    popup = panel._popup
    assert popup is not None
    wheel = popup.wheel
    qtbot.mouseClick(wheel, LEFT, NONE, QPoint(wheel.width() - 8, wheel.height() // 2))
    red, green, blue = workspace.graph[key].value("color")
    assert red == 1.0
    assert green == pytest.approx(blue, abs=0.01)
    assert green < 0.2
    popup.close()


def test_a_rig_of_four_lights_is_seen_whole(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    rig = ""
    for name in ("key", "fill", "rim", "window"):
        rig = workspace.session.add("light.directional", *([rig] if rig else []), light_name=name)
    panel = opened(make_panel, qtbot)
    panel.resize(420, 560)
    workspace.select((rig,))
    qtbot.waitUntil(panel.details.isVisible)
    qtbot.waitUntil(lambda: panel.list.viewport().height() >= panel.list.widget().sizeHint().height())


def test_of_a_long_name_the_beginning_is_seen(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    path = workspace.session.add("light.directional", light_name="the window behind the camera")
    panel = opened(make_panel, qtbot)
    assert panel.list.rows[path].name.cursorPosition() == 0


def actions(menu: QMenu) -> dict[str, QAction]:
    return {action.text(): action for action in menu.actions() if action.text()}


def asked(widget: QWidget) -> QMenu:
    """The menu that a right click opens."""
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_a_flag_is_put_before_a_light(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    panel = opened(make_panel, qtbot)
    opens: list[str] = []
    workspace.properties_requested.connect(opens.append)
    before = workspace.session.history.position
    at = place(panel, lamp)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, panel.dome.mapToGlobal(at))
    QApplication.sendEvent(panel.dome, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    handle = by_path(panel, lamp)
    actions(menu)["Put a Flag before It"].trigger()
    menu.close()
    flag = workspace.graph["Flag1"]
    assert flag.inputs == {"rig": lamp} and workspace.selection == ("Flag1",) and opens == ["Flag1"]
    assert flag.value("lights") == "lamp" and flag.value("target") == pytest.approx(handle.aim, abs=0.001)
    half = [(a + b) / 2 for a, b in zip(flag.value("target"), (-60.0, 0.0, -120.0), strict=True)]
    assert flag.value("position") == pytest.approx(half, abs=0.01)
    panel.acting.add_flag(key)
    assert workspace.graph["Flag2"].value("flag_name") == "flag2"
    assert workspace.session.history.position == before + 2
    assert panel.scene.lights == (key, lamp)


def test_sliders_set_and_delete_keys(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    s = workspace.session
    panel = opened(make_panel, qtbot)
    panel.choose(key)
    menu = asked(panel.details.sliders["azimuth"])
    assert not actions(menu)["Delete Key"].isEnabled()
    actions(menu)["Set Key"].trigger()
    menu.close()
    workspace.set_frame(24)
    panel.details.edited.emit({"azimuth": -40.0}, object())
    curve = s.graph[key].values["azimuth"]
    assert isinstance(curve, Curve) and {k.frame: k.value for k in curve.keys} == {1.0: 30.0, 24.0: -40.0}
    menu = asked(panel.details.sliders["azimuth"])
    actions(menu)["Delete Animation"].trigger()
    menu.close()
    assert s.graph[key].values["azimuth"] == -40.0
    menu = asked(panel.list.rows[lamp].level)
    actions(menu)["Set Key"].trigger()
    menu.close()
    assert isinstance(s.graph[lamp].values["exposure"], Curve)
    menu = asked(panel.list.rows[lamp].level)
    actions(menu)["Reset"].trigger()
    menu.close()
    assert "exposure" not in s.graph[lamp].values


def test_the_place_of_a_light_is_keyed_in_one_step(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    panel = opened(make_panel, qtbot)
    for path, names in zip(lights, (("azimuth", "elevation"), ("position",)), strict=True):
        steps = s.history.position
        menu = QMenu()
        add_keys(menu, workspace, path, place_names(s.graph[path]))
        actions(menu)["Set Key"].trigger()
        assert s.history.position == steps + 1
        for name in names:
            value = s.graph[path].values[name]
            assert all(isinstance(part, Curve) for part in (value if isinstance(value, tuple) else (value,)))
        menu.deleteLater()
    assert panel.details.sliders["azimuth"].state == "keyframe"


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


@pytest.fixture
def flag(workspace: Workspace, lights: tuple[str, str]) -> str:
    """A flag before the lamp, half way to what it lights."""
    return workspace.session.add(
        "light.flag", lights[1], flag_name="cutter", lights="lamp", position=(-30.0, 0.0, -160.0)
    )  # fmt: skip


def test_flags_are_listed_below_the_lights_and_edited_like_them(
    workspace: Workspace, lights: tuple[str, str], flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    assert list(panel.list.rows) == [*lights, flag]
    row = panel.list.rows[flag]
    assert row.name.text() == "cutter" and row.level.value == 0 and not row.solo.isVisible()
    qtbot.mouseClick(row.enabled, LEFT, pos=QPoint(8, row.enabled.height() // 2))
    assert workspace.graph[flag].value("enabled") is False and not by_path(panel, flag).shines
    assert workspace.selection == (flag,) and by_path(panel, lights[1]).shines
    workspace.undo()
    row.name.selectAll()
    qtbot.keyClicks(row.name, "net")
    qtbot.keyClick(row.name, Qt.Key.Key_Return)
    assert workspace.graph[flag].value("flag_name") == "net"
    row.level.edited.emit(0.5, object())
    assert workspace.graph[flag].value("transmission") == (0.5, 0.5, 0.5)
    workspace.session.set(flag, transmission=(0.1, 0.2, 0.4))
    row.level.edited.emit(0.8, object())
    assert workspace.graph[flag].value("transmission") == pytest.approx((0.2, 0.4, 0.8)), "the same gel"
    assert set(panel.details.sliders) == {"width", "height", "roll", "softness", "distance"}
    panel.acting.duplicate()
    copy = workspace.selection[0]
    assert workspace.graph[copy].value("flag_name") == "net2" and workspace.graph[copy].inputs == {"rig": flag}
    panel.acting.remove()
    assert list(panel.list.rows) == [*lights, flag] and panel.current == flag


def test_a_flag_is_dragged_on_the_dome_around_what_it_looks_at(
    workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    panel.choose(flag)
    before = by_path(panel, flag)
    drag(panel, flag, 20.0, 30.0)
    after = by_path(panel, flag)
    assert (after.azimuth, after.elevation) == pytest.approx((20, 30), abs=2)
    assert after.distance == pytest.approx(before.distance, abs=0.01) and after.aim == before.aim
    panel.dome.sized.emit(flag, 2 * after.size, object())
    assert workspace.graph[flag].value("width") == workspace.graph[flag].value("height") > 2 * 50
    panel.dome.scrolled.emit(flag, 1.0, "exposure", object())  # of which a flag has none


def test_a_gel_is_chosen_on_the_wheel(workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    qtbot.mouseClick(panel.list.rows[flag].swatch, LEFT)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, ColorPopup) and not popup.kelvin.isVisible()
    qtbot.mouseClick(popup.wheel, LEFT, pos=QPoint(150, popup.wheel.height() // 2))
    red, green, blue = workspace.graph[flag].value("transmission")
    assert red == 1 and green < 0.5 and blue < 0.5
    popup.close()


def test_a_new_flag_stands_before_the_selected_light_else_before_the_first(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    panel.choose(lights[1])
    panel.bar.added.emit("light.flag")
    assert workspace.graph["Flag1"].value("lights") == "lamp" and panel.current == "Flag1"
    panel.bar.added.emit("light.flag")
    assert workspace.graph["Flag2"].value("lights") == "key"
