"""The tools of the viewport with a real mouse."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.frame import wipe_on_screen
from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.settings import Compare
from rimlight.app.viewer.wipe import LETTER, Wipe
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve
from viewers import drag, screen, settled

NewViewer = Callable[[], ViewerPanel]
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def test_ctrl_click_pins_a_pixel_and_its_values_can_be_copied(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    qtbot.mouseClick(viewer.stage.layer, Qt.MouseButton.LeftButton, CONTROL, screen(viewer, 40.5, 10.5).toPoint())
    qtbot.waitUntil(lambda: bool(viewer.samples.values))
    values = viewer.samples.values[1]
    assert values is not None
    assert values.where == "x 40.5 y 10.5"
    assert values.mean[:2] == pytest.approx((0.40, 0.37))
    assert viewer.sample_list.isVisible()
    viewer.sample_list._copy()
    assert "ACEScg" in QGuiApplication.clipboard().text()
    assert "0.4" in QGuiApplication.clipboard().text()


def test_ctrl_shift_drag_pins_an_area_that_follows_edits(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    drag(viewer, qtbot, screen(viewer, 10.5, 30.5), screen(viewer, 20.5, 20.5), held=CONTROL | SHIFT)
    qtbot.waitUntil(lambda: bool(viewer.samples.values))
    values = viewer.samples.values[1]
    assert values is not None
    assert values.count == 11 * 11
    assert (values.minimum[0], values.maximum[0]) == pytest.approx((0.10, 0.20))
    assert values.mean[0] == pytest.approx(0.15) and values.median[0] == pytest.approx(0.15)
    workspace.session.set("C", gain=0.02)
    settled(viewer, qtbot)
    qtbot.waitUntil(lambda: viewer.samples.values[1].mean[0] == pytest.approx(0.30))  # type: ignore[union-attr]
    viewer.sample_list.cleared.emit()
    assert viewer.samples.samples == () and not viewer.sample_list.isVisible()


def test_the_wheel_zooms_about_the_mouse(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    at = screen(viewer, 50, 40)
    before = viewer.view.zoom
    viewer.stage.wheeled.emit(1.15**3, at)
    assert viewer.view.zoom == pytest.approx(before * 1.15**3)
    after = screen(viewer, 50, 40)
    assert abs(after.x() - at.x()) <= 1 and abs(after.y() - at.y()) <= 1


def test_alt_and_left_pan(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    before = viewer.view
    drag(viewer, qtbot, QPointF(50, 50), QPointF(20, 70), held=Qt.KeyboardModifier.AltModifier)
    assert (viewer.view.x - before.x, viewer.view.y - before.y) == (-30, 20)


def test_the_wipe_is_moved_turned_and_mixed(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.inputs.compare(Compare.WIPE)
    settled(viewer, qtbot)
    middle = screen(viewer, 32, 24)
    drag(viewer, qtbot, middle, screen(viewer, 48, 12))
    assert (viewer.settings.wipe_x, viewer.settings.wipe_y) == pytest.approx((0.75, 0.25), abs=0.01)
    middle = screen(viewer, 48, 12)
    drag(viewer, qtbot, middle + QPointF(0, -70), middle + QPointF(-70, 0))
    assert viewer.settings.wipe_angle == pytest.approx(90, abs=1)
    drag(viewer, qtbot, middle + QPointF(0, -70), middle + QPointF(0, -35))
    assert viewer.settings.mix == pytest.approx(0.5, abs=0.02)


def test_the_region_of_interest_is_drawn_and_resized(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
    drag(viewer, qtbot, screen(viewer, 16, 36), screen(viewer, 48, 12))
    assert viewer.settings.roi_on
    assert viewer.settings.roi == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.02)
    drag(viewer, qtbot, screen(viewer, 48, 20), screen(viewer, 56, 20))
    assert viewer.settings.roi == pytest.approx((0.25, 0.25, 0.875, 0.75), abs=0.02)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_W, SHIFT)
    assert not viewer.settings.roi_on


def test_a_point_of_an_open_node_is_dragged_as_one_step(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("image.ramp", name="R", p0=(10.0, 10.0), p1=(50.0, 40.0))
    workspace.set_opened(("R",))
    steps = len(workspace.session.history.labels)
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 30, 20))
    assert workspace.graph["R"].value("p0") == pytest.approx((30, 20), abs=0.2)
    assert len(workspace.session.history.labels) == steps + 1
    workspace.undo()
    assert workspace.graph["R"].value("p0") == (10, 10)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Q)
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 30, 20))
    assert workspace.graph["R"].value("p0") == (10, 10), "without overlays there are no handles"


@pytest.mark.parametrize(
    ("start", "center", "there"), [("corner", (20.0, 20.0), (20, 20)), ("middle", (-4.0, 2.0), (28, 26))]
)
def test_what_moves_the_picture_is_dragged_from_the_point_it_moves(
    start: str, center: tuple[float, float], there: tuple[int, int], new_viewer: NewViewer, workspace: Workspace,
    qtbot: QtBot,
) -> None:  # fmt: skip
    viewer = new_viewer()
    s = workspace.session
    s.add("transform.transform", "C", name="T", translate=(5.0, 0.0), center=center, center_from=start)
    workspace.set_opened(("T",))
    qtbot.waitUntil(lambda: workspace.facts.info("T") is not None, timeout=10_000)
    (x, y), was = there, workspace.graph["T"].value("center")
    drag(viewer, qtbot, screen(viewer, x + 5, y), screen(viewer, x + 15, y + 10))
    assert workspace.graph["T"].value("translate") == pytest.approx((15, 10), abs=0.2)
    assert workspace.graph["T"].value("center") == was
    drag(viewer, qtbot, screen(viewer, x, y), screen(viewer, x + 2, y + 3))
    assert workspace.graph["T"].value("center") == pytest.approx((was[0] + 2, was[1] + 3), abs=0.2)


def test_where_centre_and_translation_are_in_one_place_the_picture_is_moved(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("transform.transform", "C", name="T")
    workspace.set_opened(("T",))
    qtbot.waitUntil(lambda: workspace.facts.info("T") is not None, timeout=10_000)
    drag(viewer, qtbot, screen(viewer, 32, 24), screen(viewer, 42, 30))
    assert workspace.graph["T"].value("translate") == pytest.approx((10, 6), abs=0.2)
    assert workspace.graph["T"].value("center") == (0, 0)


def test_points_that_say_nothing_are_not_on_the_picture(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("image.rectangle", name="R")
    workspace.set_opened(("R",))
    assert [handle.parameter for handle in viewer.tools.handles.handles()] == []
    workspace.session.set("R", ramp="linear")
    assert [handle.parameter for handle in viewer.tools.handles.handles()] == ["p1", "p0"]
    chart = [f"chart{number}" for number in range(1, 5)]
    workspace.session.add("color.color_chart", name="Chart")
    workspace.set_opened(("Chart",))
    assert [handle.parameter for handle in viewer.tools.handles.handles()] == chart
    workspace.session.connect("Chart", "target", "R")
    target = [name.replace("chart", "target") for name in chart]
    assert [handle.parameter for handle in viewer.tools.handles.handles()] == chart + target


def test_dragging_an_animated_point_sets_a_key(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    curve = Curve.of((1, 10.0), (11, 50.0), interp="linear")
    workspace.session.add("image.ramp", name="R", p0=(curve, 10.0))
    workspace.set_opened(("R",))
    workspace.set_frame(6)
    settled(viewer, qtbot)
    drag(viewer, qtbot, screen(viewer, 30, 10), screen(viewer, 40, 14))
    x, y = workspace.graph["R"].value("p0")
    assert isinstance(x, Curve)
    assert [key.frame for key in x.keys] == [1, 6, 11]
    assert x.at(6) == pytest.approx(40, abs=0.2) and y == pytest.approx(14, abs=0.2)


def test_escape_takes_a_drag_back(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("image.ramp", name="R", p0=(10.0, 10.0))
    workspace.set_opened(("R",))
    layer = viewer.stage.layer
    qtbot.mousePress(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, 10, 10).toPoint())
    qtbot.mouseMove(layer, screen(viewer, 30, 30).toPoint())
    assert workspace.graph["R"].value("p0") != (10, 10)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    assert workspace.graph["R"].value("p0") == (10, 10)
    qtbot.mouseRelease(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, 30, 30).toPoint())


def test_points_of_a_roto_are_dragged_and_keyed_where_it_is_animated(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    corners = [[10, 10], [40, 10], [25, 40]]
    shapes = [
        {"name": "still", "points": corners, "translate": [5, 0]},
        {"name": "moving", "keys": [{"frame": 1, "points": [[50, 20], [60, 20], [55, 30]]},
                                    {"frame": 11, "points": [[50, 30], [60, 30], [55, 40]]}]},
    ]  # fmt: skip
    workspace.session.add("draw.roto", name="R", shapes=shapes)
    workspace.set_opened(("R",))
    steps = len(workspace.session.history.labels)
    drag(viewer, qtbot, screen(viewer, 15, 10), screen(viewer, 20, 15))
    still = workspace.graph["R"].value("shapes").to_data()[0]
    assert still["points"][0] == pytest.approx([15, 15], abs=0.2)
    assert len(workspace.session.history.labels) == steps + 1
    workspace.set_frame(6)
    settled(viewer, qtbot)
    place = next(g.place for g in viewer.tools.shapes.grips() if (g.shape, g.point, g.part) == (1, 0, "at"))
    drag(viewer, qtbot, screen(viewer, place.x(), place.y()), screen(viewer, place.x() - 4, place.y()))
    moving = workspace.graph["R"].value("shapes").to_data()[1]
    assert [key["frame"] for key in moving["keys"]] == [1, 6, 11]
    assert moving["keys"][1]["points"][0] == pytest.approx([46, place.y()], abs=0.2)


def test_a_roto_shape_is_moved_by_its_outline_and_keyed_where_it_is_animated(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    corners = [[10, 10], {"at": [50, 10], "in": [-1, 0], "out": [1, 0]}, [30, 40]]
    workspace.session.add("draw.roto", name="R", shapes=[{"name": "s", "keys": [{"frame": 1, "points": corners}]}])
    workspace.set_opened(("R",))
    steps = len(workspace.session.history.labels)
    workspace.set_frame(3)
    settled(viewer, qtbot)
    drag(viewer, qtbot, screen(viewer, 30, 10), screen(viewer, 35, 14))
    (shape,) = workspace.graph["R"].value("shapes").to_data()
    assert [key["frame"] for key in shape["keys"]] == [1, 3]
    assert shape["keys"][0]["points"][0] == [10, 10]
    (x0, y0), middle, (x2, y2) = shape["keys"][1]["points"]
    assert [x0, y0] == pytest.approx([15, 14], abs=0.3) and [x2 - x0, y2 - y0] == pytest.approx([20, 30], abs=0.01)
    assert middle["out"] == [1, 0]
    assert len(workspace.session.history.labels) == steps + 1


def test_points_of_a_roto_are_added_and_deleted(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    layer = viewer.stage.layer
    workspace.session.add("draw.roto", name="R", shapes=[{"name": "s", "points": [[10, 10], [50, 10], [30, 40]]}])
    workspace.set_opened(("R",))
    settled(viewer, qtbot)
    steps = len(workspace.session.history.labels)

    def points() -> list[object]:
        return workspace.graph["R"].value("shapes").to_data()[0]["points"]  # type: ignore[no-any-return]

    def click(x: float, y: float, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        qtbot.mouseClick(layer, Qt.MouseButton.LeftButton, held, screen(viewer, x, y).toPoint())

    click(30, 25, CONTROL | ALT)
    assert len(points()) == 3, "that is not on the outline"
    drag(viewer, qtbot, screen(viewer, 30, 10), screen(viewer, 30, 4), held=CONTROL | ALT)
    assert points() == [[10, 10], pytest.approx([30, 4], abs=0.3), [50, 10], [30, 40]]
    assert len(workspace.session.history.labels) == steps + 1, "set and dragged in one step"
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {1}, "a new point is chosen"
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Delete)
    assert points() == [[10, 10], [50, 10], [30, 40]] and not viewer.tools.shapes.chosen
    workspace.undo()
    click(10, 10)
    click(50, 10, SHIFT)
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {0, 2}
    click(10, 10, SHIFT)
    assert {mark[4] for mark in viewer.tools.shapes.chosen} == {2}
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Backspace)
    assert len(points()) == 3
    click(10, 10)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Delete)
    assert workspace.graph["R"].value("shapes").to_data() == [], "two points are no closed shape"
    workspace.undo()
    click(10, 10)
    workspace.undo()
    assert not viewer.tools.shapes.chosen, "of a shape with other points nothing is chosen"


def test_a_shape_is_drawn_point_by_point(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("draw.roto", name="R")
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    assert not viewer.tools.shape_drawing.on, "no roto is open"
    workspace.set_opened(("R",))
    steps = len(workspace.session.history.labels)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    layer = viewer.stage.layer
    for x, y in ((10, 10), (50, 10)):
        qtbot.mouseClick(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, x, y).toPoint())
    drag(viewer, qtbot, screen(viewer, 30, 40), screen(viewer, 20, 40))
    qtbot.mouseClick(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, 10, 10).toPoint())
    assert not viewer.tools.shape_drawing.on
    (shape,) = workspace.graph["R"].value("shapes").to_data()
    assert [p["at"] if isinstance(p, dict) else p for p in shape["points"]] == [
        pytest.approx([10, 10], abs=0.2), pytest.approx([50, 10], abs=0.2), pytest.approx([30, 40], abs=0.2),
    ]  # fmt: skip
    assert shape["points"][2]["out"] == pytest.approx([-10, 0], abs=0.2)
    assert len(workspace.session.history.labels) == steps + 1


def test_return_closes_a_shape_that_is_drawn(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("draw.roto", name="R")
    workspace.set_opened(("R",))
    viewer.stage.setFocus()
    qtbot.keyClick(viewer.stage, Qt.Key.Key_V)
    for x, y in ((10, 10), (50, 10), (30, 40)):
        qtbot.mouseClick(viewer.stage.layer, Qt.MouseButton.LeftButton, pos=screen(viewer, x, y).toPoint())
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Return)
    assert not viewer.tools.shape_drawing.on
    (shape,) = workspace.graph["R"].value("shapes").to_data()
    assert len(shape["points"]) == 3


def test_a_box_is_dragged_by_its_edges_corners_and_middle(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("transform.crop", name="K")
    workspace.set_opened(("K",))
    steps = len(workspace.session.history.labels)

    def box() -> object:
        return workspace.graph["K"].value("box")

    drag(viewer, qtbot, screen(viewer, 0, 20), screen(viewer, 10.2, 25))
    assert box() == (10, 0, 64, 48), "a box without size is the frame; only the edge moves"
    drag(viewer, qtbot, screen(viewer, 64, 48), screen(viewer, 50, 40))
    assert box() == (10, 0, 50, 40)
    drag(viewer, qtbot, screen(viewer, 30, 20), screen(viewer, 32, 25))
    assert box() == (12, 5, 52, 45)
    assert len(workspace.session.history.labels) == steps + 3
    drag(viewer, qtbot, screen(viewer, 12, 20), screen(viewer, 60, 20))
    assert box() == (52, 5, 60, 45), "dragged past the other edge"
    workspace.undo()
    viewer.change(overlays=False)
    drag(viewer, qtbot, screen(viewer, 12, 20), screen(viewer, 20, 20))
    assert box() == (12, 5, 52, 45), "nothing to take hold of"


def test_a_box_with_keys_gets_one_at_the_frame(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    workspace.session.add("transform.crop", name="K", box=(Curve.from_data([[1, 10.0, "linear"]]), 0.0, 60.0, 40.0))
    workspace.set_opened(("K",))
    workspace.set_frame(5)
    settled(viewer, qtbot)
    drag(viewer, qtbot, screen(viewer, 10, 20), screen(viewer, 20, 20))
    left, *others = workspace.graph["K"].value("box")
    assert [(key.frame, key.value) for key in left.keys] == [(1, 10), (5, 20)] and others == [0, 60, 40]


def test_the_wipe_says_which_side_is_which(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.inputs.compare(Compare.WIPE)
    settled(viewer, qtbot)
    wipe = next(tool for tool in viewer.stage.tools if isinstance(tool, Wipe))
    for angle in (0.0, 90.0, 200.0):
        viewer.change(wipe_angle=angle)
        lens = viewer.stage.lenses()[0]
        *_, to_x, to_y = wipe_on_screen(viewer.view, None, viewer.settings)
        _, turn, _ = wipe._places(lens)
        for letter, way in (("A", -1.0), ("B", 1.0)):
            beside = wipe.letters(lens)[letter] - turn
            assert beside.x() * to_x + beside.y() * to_y == pytest.approx(2.4 * LETTER * way, abs=0.1)
    before = viewer.stage.grab().toImage()
    place = wipe.letters(viewer.stage.lenses()[0])["B"].toPoint()
    viewer.inputs.compare(Compare.OFF)
    settled(viewer, qtbot)
    assert viewer.stage.grab().toImage().pixel(place) != before.pixel(place), "it is painted"
