"""The bars around the viewport, the state of viewers in scripts, and several viewers."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.settings import Channel, Compare
from rimlight.app.viewing import Views
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from viewers import settled

NewViewer = Callable[[], ViewerPanel]


def test_inputs_are_named_on_the_bar(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    assert [button.text() for button in viewer.input_bar.slots.values() if not button.isHidden()] == ["1 C", "2 G"]
    assert viewer.input_bar.a.text() == "1 C"
    qtbot.mouseClick(viewer.input_bar.slots[2], Qt.MouseButton.LeftButton)
    assert workspace.views().node_a == "G"
    qtbot.mouseClick(viewer.input_bar.slots[1], Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier)
    assert workspace.views().node_b == "C"
    assert viewer.input_bar.b.text() == "1 C"
    settled(viewer, qtbot)


def test_the_inputs_that_are_shown_are_marked(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    slots = new_viewer().input_bar.slots

    def marked() -> list[int]:
        return [slot for slot, button in slots.items() if button.isChecked()]

    assert marked() == [1]
    for _ in range(2):
        qtbot.mouseClick(slots[2], Qt.MouseButton.LeftButton)
        assert marked() == [2]
    qtbot.mouseClick(slots[1], Qt.MouseButton.RightButton)
    assert workspace.views().a == 2 and marked() == [2]


def test_tips_name_the_keys_that_count(new_viewer: NewViewer) -> None:
    viewer = new_viewer()
    pause = viewer.view_bar.buttons["pause"]
    assert pause.toolTip() == "Pause (P)"
    viewer.desktop.actions.set_overrides({"viewer.pause": ["Ctrl+U"]})
    assert pause.toolTip() == "Pause (Ctrl+U)"


def test_exposure_and_gamma_are_red_where_they_are_not_default(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    exposure = viewer.view_bar.exposure
    assert not exposure.field.property("modified")
    exposure.field.setFocus()
    exposure.field.selectAll()
    qtbot.keyClicks(exposure.field, "1.5")
    qtbot.keyClick(exposure.field, Qt.Key.Key_Return)
    assert viewer.settings.exposure == 1.5
    assert exposure.field.property("modified") and exposure.slider.property("modified")
    exposure.button.click()
    assert viewer.settings.exposure == 0 and not exposure.field.property("modified")
    exposure.button.click()
    assert viewer.settings.exposure == 1.5, "the name switches between the default and the last value"
    viewer.view_bar.gamma.slider.setValue(900)
    assert viewer.settings.gamma > 3


def test_a_field_that_is_only_visited_changes_nothing(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.change(exposure=1 / 3)
    exposure = viewer.view_bar.exposure.field
    exposure.setFocus()
    qtbot.keyClick(exposure, Qt.Key.Key_Return)
    assert viewer.settings.exposure == 1 / 3, "it has more digits than are shown"
    span = viewer.view_bar.range
    span.show_range((0.0, 1.0), False)
    span.low.setFocus()
    qtbot.keyClicks(span.low, "5")
    qtbot.keyClick(span.low, Qt.Key.Key_Escape)
    span.show_range((100.0, 200.0), False)
    assert (span.low.placeholderText(), span.high.placeholderText()) == ("100", "200")


def test_layers_go_round_by_page_keys(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    qtbot.waitUntil(lambda: len(viewer.layers()) > 1)
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_PageDown)
    assert viewer.settings.layer == "depth"
    qtbot.keyClick(viewer.stage, Qt.Key.Key_PageDown)
    assert viewer.settings.layer == ""
    qtbot.keyClick(viewer.stage, Qt.Key.Key_PageUp)
    assert viewer.settings.layer == "depth"
    settled(viewer, qtbot)
    assert viewer.view_bar.range.isVisibleTo(viewer)


def test_a_range_that_is_typed_stays(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.change(layer="depth")
    settled(viewer, qtbot)
    fields = viewer.view_bar.range
    for field, text in ((fields.low, "0.1"), (fields.high, "0.6")):
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    settled(viewer, qtbot)
    plane = viewer.pictures.a.plane
    assert plane is not None and plane.extent == (0.1, 0.6)


def test_where_there_is_no_room_less_important_controls_go(new_viewer: NewViewer) -> None:
    viewer = new_viewer()
    viewer.resize(1300, 480)
    assert viewer.view_bar.view.isVisible() and viewer.view_bar.buttons["pause"].isVisible()
    viewer.resize(420, 480)
    assert viewer.view_bar.layer.isVisible()
    assert not viewer.view_bar.view.isVisible()
    assert viewer.minimumSizeHint().width() < 300


def test_switches_without_room_are_in_a_menu(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    bar = viewer.view_bar
    viewer.resize(1500, 480)
    more = next(button for button in bar.findChildren(QToolButton) if button.accessibleName() == "More")
    assert bar.buttons["roi"].isVisible() and not more.isVisible()
    viewer.resize(620, 480)
    assert not bar.buttons["roi"].isVisible() and more.isVisible()
    assert more.geometry().right() <= bar.width()
    before = viewer.settings.roi_on
    more.click()
    (menu,) = more.findChildren(QMenu)
    offered = {action.text(): action for action in menu.actions()}
    assert set(offered) == {button.accessibleName() for button in bar.buttons.values() if not button.isVisible()}
    assert offered["Region of interest"].isChecked() == before
    offered["Region of interest"].trigger()
    assert viewer.settings.roi_on != before
    menu.close()


def test_the_script_keeps_how_a_viewer_shows_it(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    viewer = new_viewer()
    viewer.change(exposure=2.0, channel=Channel.GREEN)
    ui = workspace.views_in_ui()
    assert ui["viewers"]["Viewer1"]["look"] == {"exposure": 2.0, "channel": "g"}
    steps = workspace.session.history.labels
    viewer.change(exposure=0.0, channel=Channel.RGBA)
    assert workspace.session.history.labels == steps, "looks are no steps of the history"
    workspace.session.history.commit(workspace.document.with_(ui=ui), "looks")
    workspace.session.save(tmp_path / "looks.rim")
    workspace.session.load(tmp_path / "looks.rim")
    workspace.follow_session()
    assert viewer.settings.exposure == 2.0 and viewer.settings.channel is Channel.GREEN
    settled(viewer, qtbot)


def test_a_second_viewer_has_nodes_and_looks_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    workspace = window.workspace
    workspace.session.add("toy.coordinates", name="C")
    workspace.session.add("toy.gain", "C", name="G", gain=0.5)
    workspace.set_views(Views({1: "C"}))
    first = window.panels["viewer"]
    assert isinstance(first, ViewerPanel)
    with qtbot.waitActive(window):
        first.stage.setFocus()
    window.commands.trigger("viewer.new")
    second = window.panels["viewer2"]
    assert isinstance(second, ViewerPanel)
    assert workspace.views("Viewer2").node_a == "C"
    assert workspace.active_viewer == "Viewer2"
    workspace.view("G", 1)
    second.change(exposure=3.0)
    assert workspace.views("Viewer1").node_a == "C" and workspace.views("Viewer2").node_a == "G"
    assert first.settings.exposure == 0.0
    assert workspace.look("Viewer2") == {"exposure": 3.0}
    assert window.menus.panel_actions["viewer2"] in window.menus.window_menu.actions()
    settled(second, qtbot)
    assert second.pictures.a.plane is not None
    window.docks["viewer2"].hide()
    assert second.pictures.a.plane is None, "what nobody sees takes no memory"
    assert second.stage.frame is not None and second.stage.frame.a is None
    assert workspace.active_viewer == "Viewer1", "a key must not show something where nobody sees it"
    workspace.view("G", 2)
    assert workspace.views("Viewer1").node_a == "G"
    assert first.settings.compare is Compare.OFF
