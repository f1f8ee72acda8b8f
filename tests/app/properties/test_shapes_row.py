"""The shapes of a roto in the panel: keys, modes and numbers of each."""

import weakref

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.properties.panel import PANEL, PropertiesPanel
from rimlight.app.properties.shapes_row import MODES, ShapesRow
from rimlight.app.timeline.ranges import key_frames
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.nodes.ops import shapes as engine_shapes

CORNERS = [[10, 10], [40, 10], [25, 40]]


@pytest.fixture
def row(make_panel: Make, workspace: Workspace) -> ShapesRow:
    """The row of a roto with a triangle, by a weak reference, as what a test is given outlives the leak check."""
    panel = make_panel(PANEL, PropertiesPanel)
    workspace.session.add("draw.roto", name="R", shapes=[{"name": "s", "points": CORNERS}])
    node = panel.open("R")
    assert node is not None
    found = node.row("shapes")
    assert isinstance(found, ShapesRow)
    return weakref.proxy(found)


def shape(workspace: Workspace) -> dict[str, object]:
    (found,) = workspace.graph["R"].value("shapes").to_data()
    return dict(found)


def test_modes_are_those_of_the_node() -> None:
    assert MODES == engine_shapes.MODES


def test_the_diamond_keys_a_shape_at_the_frame_and_takes_the_key_back(
    row: ShapesRow, workspace: Workspace, qtbot: QtBot
) -> None:
    (line,) = row.lines

    def click() -> None:
        qtbot.mouseClick(line.marks, Qt.MouseButton.LeftButton, pos=QPoint(10, line.marks.height() // 2))

    assert line.marks.state == "default"
    workspace.set_frame(1)
    click()
    assert shape(workspace) == {"name": "s", "keys": [{"frame": 1, "points": CORNERS}]}
    assert line.marks.state == "keyframe" and line.about.text() == "3 points, 1 key"
    workspace.set_frame(3)
    QApplication.processEvents()
    assert line.marks.state == "animated"
    click()
    assert key_frames(workspace.graph, "R") == (1.0, 3.0)
    click()
    workspace.set_frame(1)
    QApplication.processEvents()
    click()
    assert shape(workspace) == {"name": "s", "points": CORNERS}


def test_mode_feather_and_opacity_are_set(row: ShapesRow, workspace: Workspace) -> None:
    (line,) = row.lines
    line.mode.chosen.emit("subtract")
    assert shape(workspace)["mode"] == "subtract" and line.mode.text == "subtract"
    line.numbers["feather"].set_to.emit(12.0, None)
    assert shape(workspace)["feather"] == 12 and line.numbers["feather"].value == 12
    line.numbers["opacity"].set_to.emit(2.0, None)
    assert workspace.graph["R"].value("shapes").resolved(1).to_data()[0].get("opacity", 1.0) <= 1.0
    feather = {"keys": [[1, 0, "linear"], [11, 10, "linear"]]}
    workspace.session.set("R", shapes=[{"points": CORNERS, "feather": feather}])
    workspace.set_frame(6)
    QApplication.processEvents()
    assert line.numbers["feather"].value == 5
    line.numbers["feather"].set_to.emit(8.0, None)
    assert shape(workspace)["feather"] == {"keys": [[1, 0, "linear"], [6, 8, "linear"], [11, 10, "linear"]]}


def test_the_tick_says_whether_a_shape_counts(row: ShapesRow, workspace: Workspace) -> None:
    (line,) = row.lines
    for counts in (False, True):
        line.box.click()
        assert shape(workspace).get("visible", True) is counts and line.box.isChecked() is counts


def test_shapes_act_earlier_or_later_and_are_duplicated(row: ShapesRow, workspace: Workspace) -> None:
    row.duplicate(0)
    QApplication.processEvents()
    row.duplicate(0)

    def names() -> list[str]:
        return [s["name"] for s in workspace.graph["R"].value("shapes").to_data()]

    assert names() == ["s", "s2", "s1"]
    QApplication.processEvents()
    row.reorder(0, 1)
    assert names() == ["s2", "s", "s1"]
    QApplication.processEvents()
    assert [line.name.text() for line in row.lines] == names()


def test_the_button_draws_a_shape_in_the_viewer(window: MainWindow, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("draw.roto", name="R")
    workspace.properties_requested.emit("R")
    QApplication.processEvents()
    found = window.panels["properties"].findChild(ShapesRow)
    qtbot.mouseClick(found.draw, Qt.MouseButton.LeftButton)
    assert window.panels["viewer"].tools.shape_drawing.on  # type: ignore[attr-defined]


def test_a_shape_is_renamed_in_its_line(row: ShapesRow, workspace: Workspace, qtbot: QtBot) -> None:
    (line,) = row.lines
    line.name.setFocus()
    line.name.selectAll()
    qtbot.keyClicks(line.name, "cheek left")
    qtbot.keyClick(line.name, Qt.Key.Key_Return)
    assert shape(workspace)["name"] == "cheek left"
    workspace.undo()
    assert shape(workspace)["name"] == "s"


def test_a_shape_is_dragged_to_another_place_in_one_step(row: ShapesRow, workspace: Workspace, qtbot: QtBot) -> None:
    shapes = [{"name": name, "points": CORNERS} for name in "abc"]
    workspace.session.set("R", shapes=shapes)
    QApplication.processEvents()

    def names() -> str:
        return "".join(shape["name"] for shape in workspace.graph["R"].value("shapes").to_data())

    steps = workspace.session.history.position
    grip = row.lines[0].grip
    qtbot.mousePress(grip, Qt.MouseButton.LeftButton)
    seen = []
    for line in (1, 2):
        place = row.lines[line].mapToGlobal(row.lines[line].rect().center()) + QPoint(0, 3)
        qtbot.mouseMove(grip, grip.mapFromGlobal(place))
        seen.append(names())
    qtbot.mouseRelease(grip, Qt.MouseButton.LeftButton)
    assert seen == ["bac", "bca"]
    assert workspace.session.history.position == steps + 1
    workspace.undo()
    assert names() == "abc"


def test_shapes_fit_the_panel_of_a_small_screen(row: ShapesRow, qtbot: QtBot) -> None:
    """Of the layout for lighting on 1366 pixels."""
    (line,) = row.lines
    row.window().resize(394, 480)
    qtbot.waitUntil(lambda: line.marks.isVisible() and row.mapTo(row.window(), row.rect().bottomRight()).x() < 394)


def test_in_a_narrow_panel_the_points_are_told_whole_or_in_the_tip(row: ShapesRow, qtbot: QtBot) -> None:
    (line,), panel = row.lines, row.window()
    for width, told in ((900, True), (240, False), (900, True), (300, False)):
        panel.resize(width, 600)
        qtbot.waitUntil(lambda told=told: line.about.isVisible() is told)
        assert not told or line.about.width() >= line.about.sizeHint().width()
    assert line.about.text() == "3 points" and "3 points" in line.name.toolTip()
