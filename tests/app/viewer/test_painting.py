"""Painting in the viewer: strokes, their brush, the size and the source of a clone by the mouse."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPointingDevice, QTabletEvent
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace
from viewers import drag, painting, screen, strokes_of

NewViewer = Callable[[], ViewerPanel]


@pytest.fixture
def painter(new_viewer: NewViewer, qtbot: QtBot) -> Callable[..., ViewerPanel]:
    return lambda **values: painting(new_viewer(), qtbot, "draw.paint", "P", **values)


def strokes(workspace: Workspace) -> list[dict[str, Any]]:
    return strokes_of(workspace, "P")


def test_a_drag_is_a_stroke_with_the_brush_of_the_node_and_one_step(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter(brush="dodge", stops=-1.0, size=12.0, life="onwards")
    steps = len(workspace.session.history.labels)
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 40, 30))
    (stroke,) = strokes(workspace)
    assert (stroke["brush"], stroke["stops"], stroke["size"]) == ("dodge", -1, 12)
    assert stroke["frames"] == [workspace.frame, None]
    assert stroke["points"][0] == pytest.approx([10, 10], abs=0.5)
    assert stroke["points"][-1] == pytest.approx([40, 30], abs=0.5)
    assert len(workspace.session.history.labels) == steps + 1
    (kept,) = workspace.graph["P"].value("strokes")
    drag(viewer, qtbot, screen(viewer, 40, 10), screen(viewer, 10, 30))
    assert next(iter(workspace.graph["P"].value("strokes"))) is kept, "strokes before it are not read anew at each move"
    assert [s["name"] for s in strokes(workspace)] == ["dodge1", "dodge2"]
    workspace.undo()
    workspace.undo()
    assert strokes(workspace) == []


def pen(kind: QEvent.Type, viewer: ViewerPanel, at: QPointF, pressure: float) -> None:
    """What a tablet sends: its own event, and, as nobody takes that, the one of a mouse."""
    layer, left, none = viewer.stage.layer, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.TabletMove else left
    held = none if kind == QEvent.Type.TabletRelease else left
    place, keys = QPointF(layer.mapToGlobal(at.toPoint())), Qt.KeyboardModifier.NoModifier
    sent = QTabletEvent(
        kind, QPointingDevice.primaryPointingDevice(), at, place, pressure, 0, 0, 0, 0, 0, keys, button, held
    )
    QCoreApplication.sendEvent(layer, sent)
    assert not sent.isAccepted(), "else Qt would send no event of a mouse"
    mouse = {
        QEvent.Type.TabletPress: QEvent.Type.MouseButtonPress, QEvent.Type.TabletMove: QEvent.Type.MouseMove,
        QEvent.Type.TabletRelease: QEvent.Type.MouseButtonRelease,
    }[kind]  # fmt: skip
    QCoreApplication.sendEvent(layer, QMouseEvent(mouse, at, place, button, held, keys))


def test_the_pressure_of_a_pen_is_that_of_the_points(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter(pressure="both")
    places = [screen(viewer, x, 20) for x in (10, 20, 30, 40)]
    pen(QEvent.Type.TabletPress, viewer, places[0], 0.2)
    for at, pressure in zip(places[1:], (0.5, 1.0, 0.4), strict=True):
        pen(QEvent.Type.TabletMove, viewer, at, pressure)
    pen(QEvent.Type.TabletRelease, viewer, places[3], 0.0)
    (stroke,) = strokes(workspace)
    assert stroke["pressure"] == "both"
    assert [point[2:] for point in stroke["points"]] == [[0.2], [0.5], [], [0.4]]
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 40, 30))
    assert all(len(point) == 2 for point in strokes(workspace)[1]["points"]), "a mouse presses fully again"


def test_shift_sets_the_size(painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot) -> None:
    viewer = painter(size=10.0)
    start, end = screen(viewer, 10, 10), screen(viewer, 25, 10)
    drag(viewer, qtbot, start, end, held=Qt.KeyboardModifier.ShiftModifier)
    assert workspace.graph["P"].value("size") == pytest.approx(40, abs=1)
    assert strokes(workspace) == []


def test_a_clone_copies_from_where_ctrl_clicked(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter(brush="clone")
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 20, 10))
    assert strokes(workspace) == [], "it does not know from where"
    layer, control = viewer.stage.layer, Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(layer, Qt.MouseButton.LeftButton, control, screen(viewer, 30, 40).toPoint())
    drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 20, 10))
    drag(viewer, qtbot, screen(viewer, 20, 20), screen(viewer, 30, 20))
    one, two = strokes(workspace)
    assert one["offset"] == pytest.approx([20, 30], abs=0.6) and two["offset"] == one["offset"]
    assert workspace.graph["P"].value("offset") == tuple(one["offset"])


def test_escape_takes_the_stroke_back_then_ends_painting(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter()
    viewer.desktop.actions.set_overrides({"render.cancel": ["F9"]})  # Esc is that of drags, whatever cancels
    layer = viewer.stage.layer
    qtbot.mousePress(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, 10, 10).toPoint())
    qtbot.mouseMove(layer, screen(viewer, 30, 30).toPoint())
    assert len(strokes(workspace)) == 1
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    assert strokes(workspace) == [] and viewer.tools.painting.on
    qtbot.mouseRelease(layer, Qt.MouseButton.LeftButton, pos=screen(viewer, 30, 30).toPoint())
    qtbot.keyClick(viewer.stage, Qt.Key.Key_Escape)
    assert not viewer.tools.painting.on


def test_each_brush_keeps_what_it_takes(
    painter: Callable[..., ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = painter(time=-3.0, blur_size=5.0, stops=1.0)
    for brush in ("clone", "reveal", "blur", "sharpen", "smear"):
        workspace.session.set("P", brush=brush)
        drag(viewer, qtbot, screen(viewer, 10, 10), screen(viewer, 30, 20))
    copied, revealed, blurred, sharpened, smeared = strokes(workspace)
    assert copied["time"] == revealed["time"] == -3, "from another frame a clone needs no offset"
    assert blurred["blur_size"] == sharpened["blur_size"] == 5
    assert all("time" not in s and "stops" not in s for s in (blurred, sharpened, smeared))
