"""Strokes in the viewer: chosen, moved, deleted, and where a clone copies from."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import viewers
from rimlight.app.drawnmoves import carried, moves_of
from rimlight.app.strokes import ChosenStrokes
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace
from viewers import drag, screen, strokes_of

NewViewer = Callable[[], ViewerPanel]
ONE = {"name": "one", "size": 4, "points": [[10, 10], [30, 10, 0.5]]}
TWO = {"name": "two", "size": 8, "points": [[40, 30]]}
COPY = {"name": "copy", "brush": "clone", "offset": [12, 0], "size": 4, "points": [[10, 40], [20, 40]]}
THEN = {"name": "then", "size": 4, "frames": [99, 99], "points": [[50, 10]]}
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def opened(new_viewer: NewViewer) -> Callable[[], ViewerPanel]:
    return lambda: viewers.opened(new_viewer(), "draw.paint", "P", strokes=[ONE, TWO, COPY, THEN])


def data(workspace: Workspace) -> list[dict[str, Any]]:
    return strokes_of(workspace, "P")


def click(viewer: ViewerPanel, qtbot: QtBot, x: float, y: float, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(viewer.stage.layer, LEFT, held, screen(viewer, x, y).toPoint())


def test_clicks_choose_strokes_that_are_there_and_beside_them_none(
    opened: Callable[[], ViewerPanel], qtbot: QtBot
) -> None:
    viewer = opened()
    click(viewer, qtbot, 20, 10)
    assert viewer.tools.strokes.chosen == {0}
    click(viewer, qtbot, 42, 31, SHIFT)  # beside its middle, inside its width
    assert viewer.tools.strokes.chosen == {0, 1}
    click(viewer, qtbot, 20, 10, SHIFT)
    assert viewer.tools.strokes.chosen == {1}
    click(viewer, qtbot, 50, 10)  # of another frame
    assert viewer.tools.strokes.chosen == frozenset()
    drag(viewer, qtbot, screen(viewer, 5, 5), screen(viewer, 45, 35))
    assert viewer.tools.strokes.chosen == {0, 1}, "a box chooses what passes through"


def test_a_drag_moves_the_chosen_ones_as_one_step_and_esc_takes_it_back(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    click(viewer, qtbot, 20, 10)
    click(viewer, qtbot, 40, 30, SHIFT)
    steps = len(workspace.session.history.labels)
    drag(viewer, qtbot, screen(viewer, 20, 10), screen(viewer, 25, 18))
    assert len(workspace.session.history.labels) == steps + 1
    one, two, copy, _ = data(workspace)
    assert one["points"][0] == pytest.approx([15, 18], abs=0.2)
    assert one["points"][1] == pytest.approx([35, 18, 0.5], abs=0.2)
    assert two["points"][0] == pytest.approx([45, 38], abs=0.2)
    assert copy == COPY and viewer.tools.strokes.chosen == {0, 1}
    workspace.undo()
    assert data(workspace) == [ONE, TWO, COPY, THEN] and viewer.tools.strokes.chosen == {0, 1}
    layer = viewer.stage.layer
    qtbot.mousePress(layer, LEFT, pos=screen(viewer, 20, 10).toPoint())
    qtbot.mouseMove(layer, screen(viewer, 30, 30).toPoint())
    assert data(workspace) != [ONE, TWO, COPY, THEN]
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    qtbot.mouseRelease(layer, LEFT, pos=screen(viewer, 30, 30).toPoint())
    assert data(workspace) == [ONE, TWO, COPY, THEN]


def test_keys_delete_and_move_the_chosen_ones(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    trigger = viewer.desktop.actions.trigger
    click(viewer, qtbot, 40, 30)
    assert trigger("points.right") and trigger("points.up") and not trigger("points.smooth")
    assert data(workspace)[1]["points"] == [[41, 31]]
    steps = len(workspace.session.history.labels)
    assert trigger("viewer.all_points") and viewer.tools.strokes.chosen == {0, 1, 2}
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Delete)
    assert [s["name"] for s in data(workspace)] == ["then"], "what is not there at the frame stays"
    assert len(workspace.session.history.labels) == steps + 1 and not viewer.tools.strokes.chosen
    workspace.undo()
    assert len(data(workspace)) == 4


def test_the_place_a_chosen_clone_copies_from_is_dragged(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    click(viewer, qtbot, 15, 40)
    drag(viewer, qtbot, screen(viewer, 22, 40), screen(viewer, 26, 35))
    copy = data(workspace)[2]
    assert copy["offset"] == pytest.approx([16, -5], abs=0.2) and copy["points"] == COPY["points"]


def test_nothing_is_taken_hold_of_while_strokes_are_painted(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    click(viewer, qtbot, 20, 10)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    drag(viewer, qtbot, screen(viewer, 20, 10), screen(viewer, 30, 20))
    assert len(data(workspace)) == 5 and data(workspace)[0] == ONE
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    viewer.change(overlays=False)
    click(viewer, qtbot, 40, 30)
    assert not viewer.tools.strokes.chosen, "what is hidden is not clicked"


def test_a_chosen_stroke_stays_so_where_others_come_go_and_are_ordered(
    opened: Callable[[], ViewerPanel], workspace: Workspace
) -> None:
    opened()
    choice, target = workspace.the(ChosenStrokes), ("P", "strokes")
    choice.choose(target, {1})
    for strokes, place in (
        ([TWO, ONE, COPY, THEN], 0), ([COPY, ONE, TWO], 2), ([COPY, ONE, TWO, THEN], 2),
        ([COPY, ONE, {**TWO, "size": 3}, THEN], 2),
    ):  # fmt: skip
        workspace.session.set("P", strokes=strokes)
        assert choice.of(target) == {place}
    workspace.session.set("P", strokes=[COPY])
    assert not choice.of(target)


def test_a_stroke_with_keys_is_moved_at_the_frame_and_stays_at_others(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    ramp = [{"keys": [[1, 0, "linear"], [11, 10, "linear"]]}, 0]
    workspace.session.set("P", strokes=[{**ONE, "translate": ramp}])
    workspace.set_frame(11)
    click(viewer, qtbot, 20, 10)
    assert viewer.tools.strokes.chosen == {0}, "it lies from 20 to 40 here"
    click(viewer, qtbot, 14, 10)
    assert not viewer.tools.strokes.chosen
    drag(viewer, qtbot, screen(viewer, 30, 10), screen(viewer, 35, 10))
    (found,) = data(workspace)
    keys = found["translate"][0]["keys"]
    assert [key[0] for key in keys] == [1, 11] and keys[0][1] == 0 and keys[1][1] == pytest.approx(15, abs=0.3)
    assert found["points"] == ONE["points"]


def test_the_box_around_chosen_strokes_scales_them_with_their_brushes(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    click(viewer, qtbot, 20, 10)
    click(viewer, qtbot, 40, 30, SHIFT)
    box = viewer.tools.strokes.box(viewer.stage.lens_at(screen(viewer, 20, 10)))
    assert box is not None
    corner = box.rect.topRight()
    drag(viewer, qtbot, corner, corner + (box.inner.topRight() - box.inner.bottomLeft()))
    one, two, *_ = data(workspace)
    assert one["points"][0] == pytest.approx([10, 10], abs=0.5) and two["points"][0] == pytest.approx([70, 50], abs=1)
    assert one["size"] == pytest.approx(8, abs=0.3) and two["size"] == pytest.approx(16, abs=0.5)


def test_on_a_node_that_moves_strokes_are_taken_and_painted_where_they_are_seen(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    workspace.session.set("P", translate=(6, 2), rotate=90.0, center=(20, 10), scale=(2, 2))
    click(viewer, qtbot, 26, 22)  # the second end of the first stroke, at 30, 10
    assert viewer.tools.strokes.chosen == {0}
    drag(viewer, qtbot, screen(viewer, 26, 7), screen(viewer, 30, 11))  # beside the points that bend it
    assert data(workspace)[0]["points"][1] == pytest.approx([32, 8, 0.5], abs=0.2)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    drag(viewer, qtbot, screen(viewer, 40, 20), screen(viewer, 50, 20))
    made = data(workspace)[-1]
    assert made.get("size", 40) == 20, "as wide as the brush is seen"
    places = [carried(moves_of(workspace, "P"), (x, y)) for x, y, *_ in made["points"]]
    assert places[0] == pytest.approx((40, 20), abs=0.2) and places[-1] == pytest.approx((50, 20), abs=0.5)


def test_points_along_the_only_chosen_stroke_bend_it_and_are_taken_out(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    lens, strokes = viewer.stage.lens_at(screen(viewer, 20, 10)), viewer.tools.strokes
    long = {"name": "long", "size": 4, "points": [[6, 24], [58, 24]]}
    workspace.session.set("P", strokes=[ONE, long])
    click(viewer, qtbot, 10, 24)
    bent = strokes.bent()
    assert lens is not None and bent is not None and bent.number == 1
    places = strokes.points.places(bent, lens)
    assert [(p.x(), p.y()) for p in (places[0], places[-1])] == [(6, 24), (58, 24)] and len(places) >= 3
    middle, steps = places[len(places) // 2], workspace.session.history.position
    drag(viewer, qtbot, screen(viewer, middle.x(), middle.y()), screen(viewer, middle.x(), middle.y() + 8))
    one, now = data(workspace)
    assert one == ONE and workspace.session.history.position == steps + 1
    top = max(now["points"], key=lambda point: point[1])
    assert top == pytest.approx([middle.x(), 32], abs=0.3)
    assert now["points"][0] == [6, 24] and now["points"][-1] == [58, 24]
    after = strokes.bent()
    assert after is not None and strokes.points.held(after) is not None, "the point that was dragged stays chosen"
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Delete)
    assert len(data(workspace)) == 2 and max(point[1] for point in data(workspace)[1]["points"]) < 25
    workspace.undo()
    workspace.undo()
    assert data(workspace) == [ONE, long]
    click(viewer, qtbot, middle.x(), middle.y())
    assert viewer.desktop.actions.trigger("points.up")
    assert max(p[1] for p in data(workspace)[1]["points"]) == 25 and data(workspace)[1]["points"][0] == [6, 24]
    click(viewer, qtbot, 20, 10, SHIFT)
    assert strokes.bent() is None and strokes.chosen == {0, 1}, "two are moved as a whole"


def test_esc_takes_a_bend_back_and_a_click_bends_nothing(
    opened: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = opened()
    workspace.session.set("P", strokes=[{"size": 4, "points": [[6, 24], [58, 24]]}], translate=(0, 4))
    before = data(workspace)
    click(viewer, qtbot, 10, 28)
    click(viewer, qtbot, 6, 28)
    assert data(workspace) == before
    layer = viewer.stage.layer
    qtbot.mousePress(layer, LEFT, pos=screen(viewer, 6, 28).toPoint())
    qtbot.mouseMove(layer, screen(viewer, 20, 40).toPoint())
    assert data(workspace)[0]["points"][0] == pytest.approx([20, 36], abs=0.3)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    qtbot.mouseRelease(layer, LEFT, pos=screen(viewer, 20, 40).toPoint())
    assert data(workspace) == before
