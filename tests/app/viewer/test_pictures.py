"""Which part of a picture a viewer asks for."""

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.settings import Compare
from rimlight.app.viewing import Views
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve
from viewers import screen, settled

NewViewer = Callable[[], ViewerPanel]


def test_a_picture_that_moves_is_asked_for_where_it_will_be(
    new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = new_viewer()
    s = workspace.session
    s.set_project(format="640x480", frames=[1, 10])
    s.add("transform.transform", "C", name="T", translate=(-400.0, 0.0))
    workspace.view("T", 3)
    settled(viewer, qtbot)
    viewer.framing.zoom_to(8.0, screen(viewer, 240, 240))
    settled(viewer, qtbot)
    s.set("T", translate=(0.0, 0.0))
    seen = viewer.view.visible().outwards()
    asked = viewer.pictures.a.wish
    assert asked is not None and asked.region is not None and asked.region.contains(seen)
    settled(viewer, qtbot)
    s.set("T", translate=(Curve.of((1, -400), (2, 0)), 0.0))
    settled(viewer, qtbot)
    workspace.set_frame(2)
    asked = viewer.pictures.a.wish
    assert asked is not None and asked.region is not None and asked.region.contains(seen)


def test_side_b_is_asked_for_where_it_is_shown(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    s = workspace.session
    s.add("image.constant", name="Tall", format="640x480")
    s.add("image.constant", name="Low", format="640x240")
    workspace.set_views(Views({1: "Tall", 2: "Low"}, 1, 2))
    viewer.change(compare=Compare.OVER)
    settled(viewer, qtbot)
    viewer.framing.zoom_to(8.0, screen(viewer, 320, 200))
    s.set("Tall", color=(0.2, 0.2, 0.2, 1.0))
    s.set("Low", color=(0.1, 0.1, 0.1, 0.1))
    a, b = viewer.pictures.a.wish, viewer.pictures.b.wish
    assert a is not None and a.region is not None and b is not None and b.region is not None
    seen = viewer.view.visible().outwards()
    assert a.region.contains(seen) and b.region.contains(seen.shift(0, -240)), "their bottom edges are at one place"
