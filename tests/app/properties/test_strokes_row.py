"""The strokes of a paint in the panel: switched, ordered, deleted."""

import weakref
from collections.abc import Callable

import pytest

from rimlight.app.panels import Panel, PanelDeclaration
from rimlight.app.properties.panel import PANEL, PropertiesPanel
from rimlight.app.properties.strokes_row import StrokesRow
from rimlight.app.workspace import Workspace


@pytest.fixture
def row(make_panel: Callable[[PanelDeclaration], Panel], workspace: Workspace) -> StrokesRow:
    """By a weak reference, as what a test is given outlives the leak check."""
    panel = make_panel(PANEL)
    assert isinstance(panel, PropertiesPanel)
    workspace.session.add(
        "draw.paint", name="P",
        strokes=[
            {"name": "a", "points": [[1, 2]]},
            {"name": "b", "brush": "dodge", "stops": -0.5, "frames": [90, None], "points": [[3, 4]]},
        ],
    )  # fmt: skip
    node = panel.open("P")
    assert node is not None
    found = node.row("strokes")
    assert isinstance(found, StrokesRow)
    return weakref.proxy(found)


def names(workspace: Workspace) -> list[str]:
    return [stroke["name"] for stroke in workspace.graph["P"].value("strokes").to_data()]


def test_lines_say_what_strokes_do_and_when(row: StrokesRow) -> None:
    assert [line.about.text() for line in row.lines] == ["paint", "burn -0.5, 90.."]


def test_a_stroke_is_switched_off_renamed_and_made_fainter(row: StrokesRow, workspace: Workspace) -> None:
    row.lines[0].box.click()
    row.lines[1].name.entered.emit("cheek")
    row.lines[1].opacity.set_to.emit(0.5, None)
    one, two = workspace.graph["P"].value("strokes").to_data()
    assert one["visible"] is False and two["name"] == "cheek" and two["opacity"] == 0.5
    workspace.undo()
    assert "opacity" not in workspace.graph["P"].value("strokes").to_data()[1]


def test_strokes_are_ordered_and_deleted(row: StrokesRow, workspace: Workspace) -> None:
    row.reorder(1, -1)
    assert names(workspace) == ["b", "a"]
    row.remove(0)
    assert names(workspace) == ["a"] and len(row.lines) == 1
