"""The light rig panel with real mouse and keys: its list, its details and what it says."""

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from rigpanels import LEFT, NONE, Make, by_path, opened, place
from rimlight.app.graph.panel import PANEL as GRAPH
from rimlight.app.graph.panel import GraphPanel
from rimlight.app.graph.placing import homed, places
from rimlight.app.rig.bar import RigBar
from rimlight.app.rig.measuring import Ratio
from rimlight.app.rig.panel import PANEL, LightRigPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, add


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
    qtbot.waitUntil(lambda: not slider.findChildren(type(field)))  # it stayed open, over the numbers of other lights
    assert slider.hasFocus()
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


def test_a_light_that_went_while_the_panel_was_hidden_is_not_copied(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    key, lamp = lights
    panel = opened(make_panel, qtbot)
    workspace.select((key,))
    panel.hide()
    workspace.session.remove(key)
    assert not panel.desktop.actions.trigger("lightrig.duplicate")
    assert not panel.desktop.actions.trigger("lightrig.remove")
    panel.show()
    assert panel.current == lamp and panel.desktop.actions.trigger("lightrig.duplicate")


def test_lamps_that_are_added_hide_none(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    """A second practical lay on the first, on the dome and in the picture; others on lights further away, and the sixth
    on the first again.
    """
    panel = opened(make_panel, qtbot)
    made = []
    for kind in ("light.point", "light.spot", "light.point", "light.point", "light.area", "light.point"):
        panel.acting.add(kind)
        made.append(panel.current)
    places = [workspace.graph[name].value("position") for name in made]
    assert len(set(places)) == len(made)
    assert places[0][0] < 0 < places[1][0] and places[0][2] == places[1][2], (
        "the first away from the key, the second not"
    )
    for one, other in combinations((*lights, *made), 2):
        assert (place(panel, one) - place(panel, other)).manhattanLength() > 8


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


def test_names_have_room_where_the_panel_has(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    """`environment` of an estimated rig was cut, beside a bar of two hundred pixels."""
    panel = opened(make_panel, qtbot)
    workspace.session.set(lights[0], light_name="environment")
    for width in (420, 580, 800):
        panel.resize(width, 700)
        name = panel.list.rows[lights[0]].name
        needed = name.fontMetrics().horizontalAdvance("environment")
        qtbot.waitUntil(lambda name=name, needed=needed: name.contentsRect().width() > needed)  # type: ignore[misc]
        starts = {row.level.x() for row in panel.list.rows.values()}
        assert len(starts) == 1, "bars stand below each other"


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


def test_return_makes_the_rig_that_is_offered(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    panel.activateWindow()
    panel.setFocus()
    offered = panel.beginning.buttons["Key, Fill, Rim and Environment"]
    qtbot.waitUntil(offered.hasFocus)
    QTest.keyClick(offered, Qt.Key.Key_Return)
    assert [h.name for h in panel.handles] == ["environment", "key", "fill", "rim"]
    qtbot.waitUntil(panel.dome.hasFocus)
    workspace.undo()
    qtbot.waitUntil(offered.hasFocus)


@pytest.mark.parametrize(("other", "right"), [(320, False), (-320, True), (400, True), (2000, True)])
def test_a_new_rig_stands_on_the_side_of_no_other_branch(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, other: int, right: bool
) -> None:
    s = workspace.session
    graph = s.graph
    for name, x in (("Mine", 0), ("Other", other)):
        graph, plate = add(graph, "image.constant", name=name, ui={"position": [x, 0]})
        graph, _ = add(graph, "light.relight" if x == 0 else "color.grade", sources=(plate,), ui={"position": [x, 240]})
    s.commit(graph, "two branches")
    panel = make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    qtbot.mouseClick(panel.beginning.buttons["Key, Fill and Rim"], LEFT)
    at = places(workspace.graph)
    columns = {at[name][0] for name in ("Key", "Fill", "Rim")}
    (x,) = columns
    assert (x > 0) == right and min(abs(x), abs(x - other)) >= 160
    assert at["Key"][1] < at["Fill"][1] < at["Rim"][1] < at["Relight1"][1]
    assert not 0 < other < x and not x < other < 0, "the wire crosses no other branch"


def test_a_new_rig_covers_no_node_whose_place_only_the_graph_knows(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    graph, panel = make_panel(GRAPH, GraphPanel), make_panel(PANEL)
    assert isinstance(panel, LightRigPanel)
    plate = workspace.edit(lambda s: s.add("image.constant", name="Plate"))
    workspace.edit(lambda s: s.add("light.relight", plate, name="Lit"))
    assert graph.scene.at["Lit"] != places(workspace.graph)["Lit"], "each was laid out as it came"
    qtbot.mouseClick(panel.beginning.buttons["Key, Fill, Rim and Environment"], LEFT)
    assert graph.scene.at == places(workspace.graph)
    apart = [abs(x - u) >= 160 or abs(y - v) >= 80 for (x, y), (u, v) in combinations(graph.scene.at.values(), 2)]
    assert all(apart) and len(apart) == 15


def test_a_light_that_is_added_covers_no_node_below_the_rig(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    x, y = places(workspace.graph)[panel.scene.rig]
    graph, _ = add(homed(workspace.graph), "draw.roto", ui={"position": [x, y + 80]})
    workspace.edit(lambda s: s.commit(graph, "a matte below the rig"))
    panel.acting.add("light.point")
    at = places(workspace.graph)
    assert at["Roto1"] == (x, y + 80), "what stands there stays"
    (px, py) = at[panel.scene.rig]
    assert panel.scene.rig not in lights and (abs(px - x) >= 160 or abs(py - y - 80) >= 60)


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
    path = workspace.session.add("light.directional", light_name="the_window_behind_the_camera")
    panel = opened(make_panel, qtbot)
    assert panel.list.rows[path].name.cursorPosition() == 0


def test_the_ratio_is_whole_or_not_there(qtbot: QtBot) -> None:
    bar = RigBar()
    qtbot.addWidget(bar)
    bar.show_ratio(Ratio("key", 5.5625, "picture"), "picture")
    bar.show()
    told = []
    for width in (900, *range(420, 60, -4)):
        bar.resize(width, 30)
        QApplication.processEvents()
        text = bar.verdict.text()
        assert bar.verdict.fontMetrics().horizontalAdvance(text) <= bar.verdict.width()
        told += [text] if text not in told else []
    assert told == ["key  5.56 : 1  2.5 stops", "key  5.56 : 1", "5.56 : 1", ""]


def test_in_a_small_panel_every_part_of_a_light_is_seen_and_its_sliders_are_scrolled(
    workspace: Workspace, lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    qtbot.waitUntil(lambda: panel.details.height() >= panel.details.sizeHint().height())
    assert panel.details.verticalScrollBar().maximum() == 0, "all are seen where there is room"
    panel.resize(420, 400)
    qtbot.waitUntil(lambda: panel.details.verticalScrollBar().maximum() == 0 and panel.dome.height() < 200)
    panel.choose(lights[1])
    qtbot.waitUntil(lambda: panel.details.height() >= panel.details.sizeHint().height())
    panel.setMinimumSize(1, 1)
    panel.resize(280, panel.minimumSizeHint().height())
    row = panel.list.rows[lights[0]]
    qtbot.waitUntil(lambda: row.meter.geometry().right() < panel.list.viewport().width())
    assert panel.list.viewport().rect().contains(row.geometry().topRight())
    assert panel.details.verticalScrollBar().maximum() > 0


def test_a_layout_keeps_the_height_of_the_dome_where_the_user_set_it_alone(
    lights: tuple[str, str], make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    dome = panel.dome.height()
    plain = panel.save_state()
    panel.restore_state(plain)
    height = panel.height()
    panel.resize(panel.width(), height - 150)
    qtbot.waitUntil(lambda: panel.dome.height() < dome)
    panel.resize(panel.width(), height)
    qtbot.waitUntil(lambda: panel.dome.height() == dome)
    handle = panel.main.splitter.handle(1)
    middle = handle.rect().center()
    QTest.mousePress(handle, LEFT, NONE, middle)
    QTest.mouseMove(handle, middle - QPoint(0, 40))
    QTest.mouseRelease(handle, LEFT, NONE, middle - QPoint(0, 40))
    assert panel.dome.height() < dome
    chosen, kept = panel.dome.height(), panel.save_state()
    panel.restore_state(plain)
    assert panel.dome.height() == dome
    panel.restore_state(kept)
    assert panel.dome.height() == chosen


def test_tab_goes_to_what_can_be_seen_to_have_it(lights: tuple[str, str], make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    stops = panel.tab_order()
    assert panel.details.sliders["kelvin"] in stops and panel.list.rows[lights[0]].level in stops
    assert not [type(stop).__name__ for stop in stops if isinstance(stop, QScrollArea)]
    del stops
    panel.setMinimumSize(1, 1)
    panel.resize(280, panel.minimumSizeHint().height())
    last = list(panel.details.sliders.values())[-1]
    qtbot.waitUntil(last.visibleRegion().isEmpty)
    with qtbot.waitActive(panel.window()):
        panel.window().activateWindow()
    panel.dome.setFocus()
    QTest.keyClick(panel.dome, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is last and not last.visibleRegion().isEmpty()


def test_lights_without_names_are_told_apart_by_their_nodes(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    one = s.add("light.directional", name="Sun", azimuth=40.0)
    two = s.add("light.directional", one, name="Bounce", azimuth=-40.0)
    panel = opened(make_panel, qtbot)
    workspace.select((two,))
    assert {path: row.name.text() for path, row in panel.list.rows.items()} == {one: "Sun", two: "Bounce"}
    assert [handle.title for handle in panel.dome.handles] == ["Sun", "Bounce"]
    assert panel.list.rows[one].name.cursorPosition() == len("Sun"), "cut names of nodes show where they differ"
    assert panel.list.rows[one].name.toolTip().startswith("Sun\n")

    field, steps = panel.list.rows[two].name, s.history.position
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert s.history.position == steps, "what was only shown is no name"
    field.selectAll()
    QTest.keyClicks(field, "fill")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (workspace.graph[two].value("light_name"), field.text()) == ("fill", "fill")
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (workspace.graph[two].value("light_name"), field.text()) == ("", "Bounce")


def test_a_name_that_is_emptied_or_half_typed(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    one = s.add("light.directional", name="Sun", azimuth=Curve.of((1, 0), (10, 40)))
    panel = opened(make_panel, qtbot)
    workspace.select((one,))
    field, steps = panel.list.rows[one].name, s.history.position
    field.setFocus()
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "Sun" and s.history.position == steps, "it has no other name"
    field.selectAll()
    QTest.keyClicks(field, "ke")
    workspace.set_frame(5)
    qtbot.waitUntil(lambda: panel.dome.handles[0].azimuth > 0)
    QTest.keyClicks(field, "y")
    assert field.text() == "key", "what is typed stays while frames go by"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.graph[one].value("light_name") == "key"
