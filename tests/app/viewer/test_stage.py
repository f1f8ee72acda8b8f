"""The viewport under the mouse: which button ends a drag, what is drawn after it, and another screen."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.stage import Stage
from rimlight.app.workspace import Workspace
from viewers import drag, screen

NewViewer = Callable[[], ViewerPanel]
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def move(widget: QWidget, at: QPointF, button: Qt.MouseButton = LEFT) -> None:
    place, none = QPointF(widget.mapToGlobal(at.toPoint())), Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, at, place, Qt.MouseButton.NoButton, button, none)
    QCoreApplication.sendEvent(widget, event)


class Repaints(QObject):
    """Counts what asks a widget to be painted anew."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_only_the_button_that_began_a_drag_ends_it(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    layer, before = viewer.stage.layer, viewer.view.x
    qtbot.mousePress(layer, MIDDLE, pos=QPoint(50, 50))
    qtbot.mouseClick(layer, LEFT, pos=QPoint(50, 50))
    move(layer, QPointF(80, 50), MIDDLE)
    assert viewer.view.x == before + 30
    qtbot.mouseRelease(layer, MIDDLE, pos=QPoint(80, 50))
    move(layer, QPointF(99, 50))
    assert viewer.view.x == before + 30


def test_a_drag_whose_release_went_elsewhere_ends_with_the_next_move(new_viewer: NewViewer, qtbot: QtBot) -> None:
    viewer = new_viewer()
    layer, before = viewer.stage.layer, viewer.view.x
    qtbot.mousePress(layer, MIDDLE, pos=QPoint(50, 50))
    move(layer, QPointF(80, 50), MIDDLE)
    for x in (99, 120):
        move(layer, QPointF(x, 50), Qt.MouseButton.NoButton)
    assert viewer.view.x == before + 30 and not viewer.stage.cancel_drag()


def test_the_box_that_was_dragged_goes_with_the_button(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    workspace.session.add("draw.roto", name="R", shapes=[{"name": "s", "points": [[10, 10], [30, 10], [30, 30]]}])
    workspace.set_opened(["R"])
    layer = viewer.stage.layer
    start, end = screen(viewer, 45, 5), screen(viewer, 60, 4)
    qtbot.mousePress(layer, LEFT, pos=start.toPoint())
    move(layer, end)
    viewer.stage.repaint()
    layer.repaint()
    QCoreApplication.processEvents()
    repaints = Repaints(layer)
    qtbot.mouseRelease(layer, LEFT, pos=end.toPoint())
    qtbot.waitUntil(lambda: repaints.count > 0)


def test_a_node_that_an_undo_takes_away_during_its_drag(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    layer, at = viewer.stage.layer, screen(viewer, 32, 24)
    workspace.session.add("transform.transform", "C", name="T")
    workspace.session.add("transform.tracker", "C", name="K", track1=(32.0, 24.0), track1_weight=1.0)
    qtbot.waitUntil(lambda: workspace.facts.info("T") is not None)
    for node in ("T", "K"):
        workspace.set_opened([node])
        qtbot.mousePress(layer, LEFT, pos=at.toPoint())
        move(layer, at + QPointF(20, 0))
        assert workspace.session.history.labels[-1].startswith("set") and not viewer.stage.tools[0].armed
        while node in workspace.graph:
            workspace.undo()
        move(layer, at + QPointF(40, 0))
        qtbot.mouseRelease(layer, LEFT, pos=at.toPoint())
        assert node not in workspace.graph
        while "K" not in workspace.graph:
            workspace.redo()


def test_on_another_screen_the_picture_stays_as_large(
    new_viewer: NewViewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = new_viewer()
    viewer.framing.zoom_to(4.0)
    view, shown = viewer.view, viewer.view_bar.zoom.text()
    monkeypatch.setattr(Stage, "ratio", property(lambda stage: 2.0))
    QCoreApplication.sendEvent(viewer.stage, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert (viewer.view.width, viewer.view.height, viewer.view.zoom) == (2 * view.width, 2 * view.height, 8.0)
    assert viewer.view.middle == pytest.approx(view.middle, abs=0.2) and viewer.view_bar.zoom.text() == shown


def test_a_drag_along_one_line_of_pixels_marks_them(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    viewer.framing.zoom_to(4.0)  # pixels of the picture begin at whole pixels of the screen
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    drag(viewer, qtbot, screen(viewer, 20, 30), screen(viewer, 20, 10), held=held)
    (sample,) = viewer.samples.samples
    assert sample.region.box == (20, 18, 21, 38) == workspace.area().box  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: viewer.samples.values.get(1) is not None)
    assert viewer.samples.values[1].count == 20  # type: ignore[union-attr]
