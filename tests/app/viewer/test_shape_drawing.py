"""Drawing a shape: only for a node that is there, and never into another script."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Document, Loaded
from viewers import screen

NewViewer = Callable[[], ViewerPanel]
LEFT = Qt.MouseButton.LeftButton


def begun(viewer: ViewerPanel, workspace: Workspace, qtbot: QtBot) -> None:
    """Two corners of a shape for the Roto `R` are set."""
    workspace.session.add("draw.roto", name="R")
    workspace.set_opened(["R"])
    viewer.desktop.actions.trigger("viewer.draw_shape")
    for x in (10, 40):
        qtbot.mouseClick(viewer.stage.layer, LEFT, pos=screen(viewer, x, 10).toPoint())


def test_it_ends_with_its_script(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    begun(viewer, workspace, qtbot)
    assert viewer.tools.shape_drawing.on
    workspace.session.adopt(Loaded(Document(workspace.graph)))
    workspace.follow_session()
    workspace.set_opened(["R"])
    assert not viewer.tools.shape_drawing.on and not viewer.tools.shape_drawing.armed
    viewer.desktop.actions.trigger("viewer.draw_shape")
    assert viewer.tools.shape_drawing.on
    viewer.tools.shape_drawing.complete()
    assert workspace.graph["R"].value("shapes").to_data() == []


def test_what_was_drawn_is_told_in_place_of_how(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    begun(viewer, workspace, qtbot)
    assert said[-1].startswith("Click corners")
    qtbot.mouseClick(viewer.stage.layer, LEFT, pos=screen(viewer, 25, 40).toPoint())
    viewer.tools.shape_drawing.complete()
    assert len(workspace.graph["R"].value("shapes").to_data()) == 1 and said[-1] == "Drew shape1 with 3 points"


def test_while_its_node_is_away_nothing_is_drawn(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    begun(viewer, workspace, qtbot)
    workspace.undo()
    assert not viewer.tools.shape_drawing.on
    workspace.redo()
    assert viewer.tools.shape_drawing.on
    qtbot.mousePress(viewer.stage.layer, LEFT, pos=screen(viewer, 40, 30).toPoint())
    viewer.tools.shape_drawing.drop_last()
    assert viewer.stage.cancel_drag(), "what Backspace took back is not taken back again"
    viewer.tools.shape_drawing.disarm()
    assert not viewer.tools.shape_drawing.on
