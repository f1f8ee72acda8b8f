"""Points of shapes with a real mouse and real keys: smooth and sharp, handles, feather, several at once."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from rimlight.app.drawnmoves import carried, moves_of
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.shape_box import PAD, STICK
from rimlight.app.workspace import Workspace
from viewers import drag, screen, settled

NewViewer = Callable[[], ViewerPanel]
CONTROL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip
SQUARE = [[20, 10], [50, 10], [50, 40], [20, 40]]


@pytest.fixture
def open_roto(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> Callable[..., ViewerPanel]:
    """Opens a Roto with one shape, a square unless told otherwise."""

    def make(**shape: Any) -> ViewerPanel:
        viewer = new_viewer()
        workspace.session.add("draw.roto", name="R", shapes=[{"name": "s", "points": SQUARE, **shape}])
        workspace.set_opened(("R",))
        settled(viewer, qtbot)
        viewer.stage.setFocus()
        return viewer

    return make


def points(workspace: Workspace) -> list[Any]:
    found: list[Any] = workspace.graph["R"].value("shapes").to_data()[0]["points"]
    return found


def click(viewer: ViewerPanel, qtbot: QtBot, x: float, y: float, held: Qt.KeyboardModifier = NONE) -> None:
    qtbot.mouseClick(viewer.stage.layer, Qt.MouseButton.LeftButton, held, screen(viewer, x, y).toPoint())


def key(viewer: ViewerPanel, qtbot: QtBot, what: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    qtbot.keyClick(viewer.stage, what, held)


def steps(workspace: Workspace) -> int:
    return len(workspace.session.history.labels)


def test_z_makes_chosen_points_smooth_and_shift_z_sharp(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto()
    before = steps(workspace)
    key(viewer, qtbot, Qt.Key.Key_Z)
    assert points(workspace) == SQUARE and steps(workspace) == before, "no point is chosen"
    click(viewer, qtbot, 20, 10)
    key(viewer, qtbot, Qt.Key.Key_Z)
    first = points(workspace)[0]
    assert first["in"] == pytest.approx([-first["out"][0], -first["out"][1]], abs=0.01)
    assert first["out"][0] == pytest.approx(-first["out"][1], abs=0.01) and points(workspace)[1:] == SQUARE[1:]
    assert steps(workspace) == before + 1
    key(viewer, qtbot, Qt.Key.Key_A, CONTROL)
    assert len(viewer.tools.shapes.chosen) == 4
    key(viewer, qtbot, Qt.Key.Key_Z, SHIFT)
    assert points(workspace) == SQUARE
    workspace.undo()
    assert points(workspace)[0] == first


def test_handles_show_at_chosen_points_and_turn_together_until_they_are_broken(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto(points=[{"at": [20, 20], "in": [-5, 0], "out": [10, 0]}, [50, 10], [50, 40]])
    assert {grip.part for grip in viewer.tools.shapes.grips()} == {"at"}
    click(viewer, qtbot, 20, 20)
    assert {grip.part for grip in viewer.tools.shapes.grips()} == {"at", "in", "out"}
    drag(viewer, qtbot, screen(viewer, 30, 20), screen(viewer, 20, 30))
    first = points(workspace)[0]
    assert first["out"] == pytest.approx([0, 10], abs=0.3) and first["in"] == pytest.approx([0, -5], abs=0.3)
    drag(viewer, qtbot, screen(viewer, 20, 30), screen(viewer, 28, 28), held=CONTROL)
    first = points(workspace)[0]
    assert first["out"] == pytest.approx([8, 8], abs=0.3) and first["in"] == pytest.approx([0, -5], abs=0.3)
    assert viewer.samples.samples == (), "Ctrl at a handle is no sample"


def test_ctrl_pulls_feather_out_of_a_point_and_keys_give_and_take_it(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto()
    drag(viewer, qtbot, screen(viewer, 50, 40), screen(viewer, 56, 44), held=CONTROL)
    assert points(workspace)[2] == {"at": [50, 40], "feather": pytest.approx([6, 4], abs=0.3)}
    assert viewer.samples.samples == ()
    drag(viewer, qtbot, screen(viewer, 56, 44), screen(viewer, 56, 40))
    assert points(workspace)[2]["feather"] == pytest.approx([6, 0], abs=0.3), "its own handle"
    key(viewer, qtbot, Qt.Key.Key_E, SHIFT)
    assert points(workspace) == SQUARE
    key(viewer, qtbot, Qt.Key.Key_E)
    assert points(workspace)[2]["feather"] == pytest.approx([5 * math.sqrt(0.5)] * 2, abs=0.01)
    drag(viewer, qtbot, screen(viewer, 5, 5), screen(viewer, 9, 9), held=CONTROL)
    assert len(viewer.samples.samples) == 1, "beside points Ctrl takes samples as ever"


def test_a_box_chooses_points_that_then_move_together(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto()
    before = steps(workspace)
    drag(viewer, qtbot, screen(viewer, 40, 2), screen(viewer, 60, 46))
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {1, 2} and steps(workspace) == before
    drag(viewer, qtbot, screen(viewer, 50, 10), screen(viewer, 55, 12))
    assert points(workspace) == [
        [20, 10], pytest.approx([55, 12], abs=0.3), pytest.approx([55, 42], abs=0.3), [20, 40],
    ]  # fmt: skip
    assert steps(workspace) == before + 1
    click(viewer, qtbot, 55, 12)
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {1}, "a click without a drag chooses it alone"
    drag(viewer, qtbot, screen(viewer, 10, 5), screen(viewer, 15, 46), held=SHIFT)
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {1}
    click(viewer, qtbot, 5, 5)
    assert not viewer.tools.shapes.chosen


def test_the_box_around_chosen_points_scales_and_turns_them(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto(points=[*SQUARE[:3], {"at": [20, 40], "out": [0, -3]}], translate=[2, 0])
    key(viewer, qtbot, Qt.Key.Key_A, CONTROL)
    pad = QPointF(PAD, 0)
    drag(viewer, qtbot, screen(viewer, 52, 25) + pad, screen(viewer, 37, 25) + pad)
    assert points(workspace)[1] == pytest.approx([35, 10], abs=0.3), "half as wide, about the left edge"
    assert points(workspace)[0] == pytest.approx([20, 10], abs=0.01)
    workspace.undo()
    knob = screen(viewer, 37, 40) - QPointF(0, PAD + STICK)
    middle = screen(viewer, 37, 25)
    drag(viewer, qtbot, knob, middle + QPointF(knob.y() - middle.y(), 0))
    turned = points(workspace)
    assert turned[1] == pytest.approx([50, 40], abs=0.5), "a quarter, counter-clockwise, about the middle"
    assert turned[3]["at"] == pytest.approx([20, 10], abs=0.5) and turned[3]["out"] == pytest.approx([3, 0], abs=0.1)


def test_a_keyed_shape_gets_a_key_by_whatever_is_done_to_its_points(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto(points=[], keys=[{"frame": 1, "points": SQUARE}])
    workspace.set_frame(3)
    settled(viewer, qtbot)
    click(viewer, qtbot, 20, 10)
    key(viewer, qtbot, Qt.Key.Key_Z)
    key(viewer, qtbot, Qt.Key.Key_6, Qt.KeyboardModifier.KeypadModifier)
    first, third = workspace.graph["R"].value("shapes").to_data()[0]["keys"]
    assert first == {"frame": 1, "points": SQUARE} and third["frame"] == 3
    assert third["points"][0]["at"] == [21, 10] and third["points"][1:] == SQUARE[1:]


def test_the_menu_of_a_point_acts_on_it_and_on_its_shape(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto()

    def menu_at(x: float, y: float) -> dict[str, Callable[[], None]]:
        at = viewer.stage.mapTo(viewer, screen(viewer, x, y).toPoint())
        QApplication.sendEvent(
            viewer, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewer.mapToGlobal(QPoint()))
        )
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        menu.hide()
        return {a.text().replace("&", ""): a.trigger for a in menu.actions() if not a.isSeparator()}

    assert "Smooth" not in menu_at(5, 5)
    menu_at(50, 10)["Smooth"]()
    assert "in" in points(workspace)[1] and {mark[4] for mark in viewer.tools.shapes.chosen} == {1}
    menu_at(50, 10)["Cusp"]()
    assert points(workspace) == SQUARE
    menu_at(50, 10)["Set Key"]()
    assert [k["frame"] for k in workspace.graph["R"].value("shapes").to_data()[0]["keys"]] == [1]
    menu_at(50, 10)["Delete Key"]()
    menu_at(35, 10)["Closed"]()
    assert workspace.graph["R"].value("shapes").to_data()[0]["closed"] is False
    assert len(viewer.tools.shapes.chosen) == 4, "the menu of an outline is for all of its points"


def test_feather_gets_handles_of_its_own_that_are_dragged(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    round_one = {"at": [50, 40], "in": [0, -8], "out": [0, 8], "feather": [10, 0]}
    viewer = open_roto(points=[*SQUARE[:2], round_one, SQUARE[3]])
    click(viewer, qtbot, 50, 40)
    viewer.desktop.actions.trigger("points.free_feather")
    assert points(workspace)[2] == {**round_one, "feather_in": [0, -8], "feather_out": [0, 8]}
    drag(viewer, qtbot, screen(viewer, 60, 32), screen(viewer, 52, 32), held=CONTROL)
    third = points(workspace)[2]
    assert third["feather_in"] == pytest.approx([-8, -8], abs=0.3) and third["feather_out"] == [0, 8]
    assert {name: third[name] for name in round_one} == round_one


def test_while_a_shape_is_drawn_backspace_takes_the_last_point_back(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("draw.roto", name="R")
    workspace.set_opened(("R",))
    viewer.stage.setFocus()
    key(viewer, qtbot, Qt.Key.Key_V)
    for x, y in ((10, 10), (50, 10), (5, 5), (30, 40)):
        click(viewer, qtbot, x, y)
        if (x, y) == (5, 5):
            key(viewer, qtbot, Qt.Key.Key_Backspace)
    before = viewer.stage.grab().toImage()
    qtbot.mouseMove(viewer.stage.layer, screen(viewer, 40, 40).toPoint())
    assert viewer.stage.grab().toImage() != before, "a stretch follows the mouse"
    key(viewer, qtbot, Qt.Key.Key_Return)
    places = [p["at"] if isinstance(p, dict) else p for p in points(workspace)]
    assert places == [pytest.approx(at, abs=0.3) for at in ([10, 10], [50, 10], [30, 40])]


def test_on_a_node_that_moves_shapes_are_taken_and_drawn_where_they_are_seen(
    open_roto: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = open_roto()
    workspace.session.set("R", translate=(10, 5), rotate=90.0, center=(20, 10), scale=(0.5, 0.5))
    drag(viewer, qtbot, screen(viewer, 30, 30), screen(viewer, 34, 28))  # the second corner
    assert points(workspace)[1] == pytest.approx([46, 2], abs=0.3) and points(workspace)[2:] == SQUARE[2:]
    viewer.desktop.actions.trigger("viewer.draw_shape")
    for place in ((40, 10), (50, 10), (50, 20)):
        click(viewer, qtbot, *place)
    viewer.tools.shape_drawing.complete()
    made = workspace.graph["R"].value("shapes").to_data()[1]["points"]
    whole = moves_of(workspace, "R")
    seen = [carried(whole, (x, y)) for x, y in made]
    assert seen[0] == pytest.approx((40, 10), abs=0.2) and seen[2] == pytest.approx((50, 20), abs=0.2)
