"""The handle of a transform, with a real mouse."""

import math
from collections.abc import Callable

import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.transform_handles import RING, SLANT, Figure
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr, Region
from viewers import drag, settled

NewViewer = Callable[[], ViewerPanel]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def opened(
    viewer: ViewerPanel, qtbot: QtBot, kind: str = "transform.transform", source: str = "C", **values: object
) -> None:
    workspace = viewer.workspace
    workspace.session.add(kind, source, name="T", **values)
    workspace.set_opened(("T",))
    qtbot.waitUntil(lambda: workspace.facts.info("T") is not None, timeout=10_000)
    settled(viewer, qtbot)


def figure(viewer: ViewerPanel) -> Figure:
    (jack,) = viewer.tools.transforms.jacks()
    return Figure.of(jack, viewer.stage.lenses()[0])


def value(workspace: Workspace, name: str) -> object:
    return workspace.graph["T"].value(name)


@pytest.mark.parametrize("turn", [0.0, 30.0])
def test_a_square_scales_along_its_axis_and_with_shift_evenly(
    turn: float, new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, rotate=turn)
    seen = figure(viewer)
    drag(viewer, qtbot, seen.at + seen.x, seen.at + seen.x * 1.5)
    assert value(workspace, "scale") == pytest.approx((1.5, 1.0), abs=0.03)
    workspace.undo()
    assert value(workspace, "scale") == (1.0, 1.0), "a drag is one step"
    drag(viewer, qtbot, seen.at - seen.y, seen.at - seen.y * 0.5)
    assert value(workspace, "scale") == pytest.approx((1.0, 0.5), abs=0.03)
    workspace.undo()
    drag(viewer, qtbot, seen.at + seen.y, seen.at + seen.y * 1.25, held=SHIFT)
    assert value(workspace, "scale") == pytest.approx((1.25, 1.25), abs=0.03)


@pytest.mark.parametrize("order", ["XY", "YX"])
@pytest.mark.parametrize("turn", [0.0, 30.0])
def test_diamonds_skew_and_stay_under_the_mouse(
    turn: float, order: str, new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, rotate=turn, skew_order=order)
    seen = figure(viewer)
    grips = dict(seen.slants())
    drag(viewer, qtbot, grips["skew_x"], grips["skew_x"] + seen.x * 0.5)
    reach = 1 + SLANT / RING
    assert value(workspace, "skew_x") == pytest.approx(0.5 / reach, abs=0.03) and value(workspace, "skew_y") == 0
    now = figure(viewer)
    off = grips["skew_x"] + seen.x * 0.5 - now.at
    assert now.y.x() * off.y() - now.y.y() * off.x() == pytest.approx(0, abs=0.03 * RING**2), "the axis points there"
    workspace.undo()
    assert value(workspace, "skew_x") == 0, "a drag is one step"
    drag(viewer, qtbot, grips["skew_y"], grips["skew_y"] - seen.y * 0.5)
    assert value(workspace, "skew_y") == pytest.approx(0.5 / reach, abs=0.03) and value(workspace, "skew_x") == 0
    workspace.undo()
    drag(viewer, qtbot, grips["skew_y"], grips["skew_y"] - seen.y * 0.42, held=SHIFT)
    assert value(workspace, "skew_y") == pytest.approx(0.3)


def test_a_skew_adds_to_that_of_the_other_axis(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, skew_x=0.4, skew_y=0.5)
    grip = dict(figure(viewer).slants())["skew_y"]
    drag(viewer, qtbot, grip, grip)
    assert (value(workspace, "skew_x"), value(workspace, "skew_y")) == (0.4, 0.5), "a click changes nothing"
    drag(viewer, qtbot, grip, grip + QPointF(0, -40))
    now = figure(viewer)
    off = grip + QPointF(0, -40) - now.at
    slope = now.x.y() / now.x.x()
    assert slope == pytest.approx(off.y() / off.x(), abs=0.15) and value(workspace, "skew_x") == 0.4


def test_the_ring_scales_evenly_and_past_the_middle_never_to_nothing(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, scale=(1.0, -0.5))
    seen = figure(viewer)
    corner = (seen.x + seen.y) / math.sqrt(2)
    drag(viewer, qtbot, seen.at + corner, seen.at + corner * 1.4)
    assert value(workspace, "scale") == pytest.approx((1.4, -0.7), abs=0.04)
    workspace.undo()
    drag(viewer, qtbot, seen.at + corner, seen.at)
    x, y = workspace.graph["T"].value("scale")
    assert 0.001 <= x < 0.02 and -0.01 < y <= -0.001


def test_the_bar_turns_by_more_than_half_a_turn(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, translate=(4.0, -3.0))
    seen, layer = figure(viewer), viewer.stage.layer
    qtbot.mousePress(layer, Qt.MouseButton.LeftButton, pos=seen.knob.toPoint())
    for degrees in range(10, 271, 10):
        way = QPointF(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))) * 110
        qtbot.mouseMove(layer, (seen.at + way).toPoint())
    qtbot.mouseRelease(layer, Qt.MouseButton.LeftButton, pos=(seen.at + QPointF(0, 110)).toPoint())
    assert value(workspace, "rotate") == pytest.approx(270, abs=1)
    assert value(workspace, "translate") == (4.0, -3.0)
    workspace.undo()
    assert value(workspace, "rotate") == 0


def test_control_is_ten_times_finer_and_shift_snaps(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot)
    seen = figure(viewer)
    drag(viewer, qtbot, seen.knob, seen.at + QPointF(0, -100), held=SHIFT)
    assert value(workspace, "rotate") == 90
    workspace.undo()
    lens = viewer.stage.lenses()[0]
    drag(viewer, qtbot, seen.at + seen.x, seen.at + seen.x * 2, held=CONTROL)
    assert value(workspace, "scale") == pytest.approx((1.1, 1.0), abs=0.01)
    workspace.undo()
    drag(viewer, qtbot, seen.at, seen.at + QPointF(80, 30), held=SHIFT)
    assert value(workspace, "translate") == pytest.approx((80 * lens.ratio / lens.view.zoom, 0), abs=0.2)


def test_control_moves_the_pivot_and_leaves_the_picture(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, rotate=40.0, scale=(1.5, 0.6), skew_x=0.3, skew_y=-0.2, skew_order="YX", translate=(3, 2))
    (jack,) = viewer.tools.transforms.jacks()
    before = workspace.session.evaluate("T")
    seen = figure(viewer)
    drag(viewer, qtbot, seen.at, seen.at + QPointF(60, 40), held=CONTROL)
    assert value(workspace, "center") != (0, 0)
    after, inside = workspace.session.evaluate("T"), Region(10, 10, 54, 38)
    assert torch.allclose(after.tensor("rgba", inside), before.tensor("rgba", inside), atol=2e-3)
    (moved,) = viewer.tools.transforms.jacks()
    lens = viewer.stage.lenses()[0]
    there = lens.from_artist(*moved.place) - lens.from_artist(*jack.place)
    assert (there.x(), there.y()) == pytest.approx((60, 40), abs=1), "the handle went where the mouse did"


def test_an_animated_scale_gets_a_key_and_what_an_expression_says_is_left_alone(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, scale=(Curve.of((1, 1.0), (11, 1.0), interp="linear"), 1.0), rotate=Expr("frame"))
    workspace.set_frame(6)
    settled(viewer, qtbot)
    seen = figure(viewer)
    assert math.degrees(math.atan2(-seen.x.y(), seen.x.x())) == pytest.approx(6), "it is shown as it is turned"
    drag(viewer, qtbot, seen.at + seen.x, seen.at + seen.x * 1.5)
    x, y = workspace.graph["T"].value("scale")
    assert [key.frame for key in x.keys] == [1, 6, 11]
    assert (x.at(6), y) == (pytest.approx(1.5, abs=0.03), 1.0)
    steps = workspace.session.history.position
    drag(viewer, qtbot, seen.knob, seen.at + QPointF(0, -100))
    assert workspace.session.history.position == steps, "the bar is not there"


def test_with_wide_pixels_and_at_any_zoom_the_handle_stays_under_the_mouse(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("image.checkerboard", name="Wide", format="64x48@2")
    workspace.set_views(Views({1: "Wide"}))
    settled(viewer, qtbot)
    opened(viewer, qtbot, source="Wide", rotate=25.0)
    for zoom in (3.0, 9.0):
        viewer.framing.zoom_to(zoom)
        settled(viewer, qtbot)
        assert viewer.view.aspect == 2.0
        seen = figure(viewer)
        drag(viewer, qtbot, seen.at + seen.y, seen.at + seen.y * 1.5)
        moved = figure(viewer)
        assert (moved.y - seen.y * 1.5).manhattanLength() < 3
        workspace.undo()
        drag(viewer, qtbot, seen.knob, seen.at + QPointF(40, -90))
        off = figure(viewer).x
        assert math.atan2(off.y(), off.x()) == pytest.approx(math.atan2(-90, 40), abs=0.02)
        workspace.undo()


def test_a_position_is_dragged_by_the_middle_of_its_frame(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    opened(viewer, qtbot, "transform.position")
    seen, lens = figure(viewer), viewer.stage.lenses()[0]
    assert seen.at == lens.from_artist(32, 24)
    drag(viewer, qtbot, seen.at, lens.from_artist(40, 20))
    assert value(workspace, "translate") == pytest.approx((8, -4), abs=0.2)


def test_the_corner_that_goes_is_above_the_one_that_it_comes_from(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    corners = ((10.0, 10.0), (50.0, 10.0), (50.0, 40.0), (10.0, 40.0))
    both = {f"{stem}{i + 1}": corner for stem in ("to", "from") for i, corner in enumerate(corners)}
    opened(viewer, qtbot, "transform.corner_pin", **both)
    lens = viewer.stage.lenses()[0]
    drag(viewer, qtbot, lens.from_artist(50, 40), lens.from_artist(56, 44))
    assert value(workspace, "to3") == pytest.approx((56, 44), abs=0.2)
    assert value(workspace, "from3") == (50, 40)
