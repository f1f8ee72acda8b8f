"""The snapshot of a viewer: a picture as it was, beside what has become of it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rimlight.app.viewer.panel import ViewerPanel
from rimlight.app.viewer.samples import probe
from rimlight.app.viewer.settings import Compare
from rimlight.app.viewer.side import Side
from rimlight.app.viewer.snapshot import SNAPSHOT
from rimlight.app.workspace import Workspace
from rimlight.engine import Document, Loaded
from viewers import settled

NewViewer = Callable[[], ViewerPanel]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def value(side: Side) -> float:
    assert side.plane is not None
    values = probe(side.plane, 32, 24)
    assert values is not None
    return values[0]


@pytest.fixture
def taken(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> Callable[[], ViewerPanel]:
    def make() -> ViewerPanel:
        viewer = new_viewer()
        workspace.view("G", 2)
        settled(viewer, qtbot)
        viewer.stage.setFocus()
        qtbot.keyClick(viewer.stage, Qt.Key.Key_T)
        settled(viewer, qtbot)
        return viewer

    return make


def test_what_a_has_become_is_wiped_against_what_it_was(
    taken: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = taken()
    before = value(viewer.pictures.a)
    assert viewer.settings.compare is Compare.WIPE and value(viewer.pictures.b) == before
    workspace.session.set("G", gain=0.3)
    settled(viewer, qtbot)
    assert value(viewer.pictures.a) == pytest.approx(3 * before) and value(viewer.pictures.b) == before
    workspace.session.remove("G")
    settled(viewer, qtbot)
    assert value(viewer.pictures.b) == before, "its node is in the script as it was"
    assert viewer.input_bar.b.text().startswith("snapshot G")


def test_it_gives_way_to_an_input_and_is_come_back_to(
    taken: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = taken()
    was = value(viewer.pictures.b)
    workspace.session.set("G", gain=0.3)
    qtbot.keyClick(viewer.stage, Qt.Key.Key_1, SHIFT)
    settled(viewer, qtbot)
    assert value(viewer.pictures.b) == pytest.approx(10 * was) and viewer.settings.compare is Compare.WIPE
    viewer.input_bar.chosen.emit(SNAPSHOT, "b")
    settled(viewer, qtbot)
    assert value(viewer.pictures.b) == was
    workspace.view("C", 3, "b")  # as Shift+3 in the graph
    settled(viewer, qtbot)
    assert value(viewer.pictures.b) == pytest.approx(10 * was)
    viewer.input_bar.chosen.emit(SNAPSHOT, "b")
    qtbot.keyClick(viewer.stage, Qt.Key.Key_W)
    settled(viewer, qtbot)
    assert viewer.settings.compare is Compare.OFF and viewer.pictures.b.plane is None
    qtbot.keyClick(viewer.stage, Qt.Key.Key_W)
    settled(viewer, qtbot)
    assert viewer.settings.compare is Compare.WIPE and value(viewer.pictures.b) == was


def test_it_stays_when_the_node_of_b_has_another_name(
    taken: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot
) -> None:
    viewer = taken()
    workspace.view("C", 3, "b")
    viewer.input_bar.chosen.emit(SNAPSHOT, "b")
    workspace.session.rename("C", "Other")
    settled(viewer, qtbot)
    assert viewer.inputs.held and workspace.views(viewer.viewer).node_b == "Other"
    workspace.undo()
    settled(viewer, qtbot)
    assert viewer.inputs.held and workspace.views(viewer.viewer).node_b == "C"
    workspace.view("G", 3, "b")
    settled(viewer, qtbot)
    assert not viewer.inputs.held


def test_what_fails_has_none(new_viewer: NewViewer, workspace: Workspace, qtbot: QtBot) -> None:
    viewer = new_viewer()
    failing = workspace.session.add("Read", file="/nowhere/plate.exr")
    workspace.view(failing, 2)
    qtbot.waitUntil(lambda: viewer.pictures.a.error is not None)
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    qtbot.keyClick(viewer.stage, Qt.Key.Key_T)
    assert viewer.inputs.snapshot is None and viewer.settings.compare is Compare.OFF
    assert "there is no such file" in told[-1]


def test_it_stays_at_its_frame(taken: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot) -> None:
    viewer = taken()
    workspace.set_frame(5)
    settled(viewer, qtbot)
    a, b = viewer.pictures.a.wish, viewer.pictures.b.wish
    assert a is not None and b is not None and (a.frame, b.frame) == (5, 1)


def test_another_script_has_none(taken: Callable[[], ViewerPanel], workspace: Workspace, qtbot: QtBot) -> None:
    viewer = taken()
    workspace.session.adopt(Loaded(Document()), None)
    workspace.follow_session()
    settled(viewer, qtbot)
    assert viewer.inputs.snapshot is None and viewer.settings.compare is Compare.OFF
    assert viewer.input_bar.b.text() == "none"
