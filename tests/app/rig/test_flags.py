"""Flags in the light rig panel, among the lights and before them."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from rigpanels import LEFT, Make, actions, by_path, drag, opened, place
from rimlight.app.rig.swatch import ColorPopup
from rimlight.app.workspace import Workspace


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
