"""Keys inside shapes and strokes: in the dope sheet with the points of shapes, in the curve editor those of numbers."""

import weakref
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.curves.dope_view import LINE, DopeView
from rimlight.app.curves.dopesheet_panel import PANEL as DOPE
from rimlight.app.curves.dopesheet_panel import DopeSheetPanel
from rimlight.app.curves.panel import PANEL as CURVES
from rimlight.app.curves.panel import CurvesPanel
from rimlight.app.strokedata import key_frames, without_key
from rimlight.app.workspace import Workspace

LEFT = Qt.MouseButton.LeftButton
FADE = {"keys": [[10, 0, "smooth"], [30, 1, "smooth"]]}
HEAD = {
    "name": "head", "opacity": FADE, "keys": [
        {"frame": 10, "points": [[0, 0], [9, 0], [9, 9]]}, {"frame": 20, "points": [[5, 0], [14, 0], [14, 9]]},
        {"frame": 30, "interp": "linear", "points": [[9, 0], [18, 0], [18, 9]]},
    ],
}  # fmt: skip
STILL: dict[str, Any] = {"points": [[0, 0], [4, 0], [4, 4]]}
GOES = {"points": [[1, 2], [3, 4]], "translate": [FADE, 5]}


@pytest.fixture
def drawn(workspace: Workspace) -> Workspace:
    workspace.session.add("draw.roto", name="R", shapes=[STILL, HEAD])
    workspace.session.add("draw.paint", name="P", strokes=[GOES])
    workspace.select(["R", "P"])
    return workspace


@pytest.fixture
def sheet(drawn: Workspace, make_panel: Make) -> DopeSheetPanel:
    made = make_panel(DOPE, DopeSheetPanel)
    made.resize(1000, 300)
    QApplication.processEvents()
    made.view.frame_all()
    return weakref.proxy(made)


def head(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = workspace.graph["R"].value("shapes").to_data()[1]
    return found


def at(view: DopeView, row: int, frame: float) -> QPoint:
    return QPoint(round(view.x_of(frame)), round(view.row_top(row) + LINE / 2))


def drag(qtbot: QtBot, view: DopeView, start: QPoint, *ends: QPoint) -> None:
    qtbot.mousePress(view, LEFT, pos=start)
    for end in ends:
        qtbot.mouseMove(view, end)
    qtbot.mouseRelease(view, LEFT, pos=ends[-1])


def test_the_points_of_shapes_and_numbers_with_keys_have_rows(sheet: DopeSheetPanel) -> None:
    rows = [row.label for row in sheet.view.rows]
    assert rows == ["R", "head points", "head opacity", "P", "stroke 1 translate"]
    sheet.view.grab()


def test_keys_of_points_go_elsewhere_with_their_points(sheet: DopeSheetPanel, drawn: Workspace, qtbot: QtBot) -> None:
    view, steps = sheet.view, drawn.session.history.position
    drag(qtbot, view, at(view, 1, 10), at(view, 1, 15), at(view, 1, 24))  # past another one
    keys = head(drawn)["keys"]
    assert [(key["frame"], key["points"][0]) for key in keys] == [(20, [5, 0]), (24, [0, 0]), (30, [9, 0])]
    assert keys[2]["interp"] == "linear" and head(drawn)["opacity"] == FADE
    assert drawn.session.history.position == steps + 1
    drawn.undo()
    assert head(drawn) == HEAD
    drag(qtbot, view, at(view, 0, 10), at(view, 0, 12))
    assert head(drawn)["keys"][0]["frame"] == 12 and head(drawn)["opacity"]["keys"][0][0] == 12
    drawn.undo()
    view.select({next(iter(view.curves)): frozenset((0, 1, 2))})
    view.set_tangents("constant")
    assert [key["interp"] for key in head(drawn)["keys"]] == ["constant"] * 3
    drawn.undo()
    drawn.set_frame(20)
    view.select_all()
    view.delete_selected()
    assert head(drawn) == {"name": "head", "opacity": pytest.approx(0.5), "points": HEAD["keys"][1]["points"]}
    (stroke,) = drawn.graph["P"].value("strokes").to_data()
    assert stroke["translate"] == [pytest.approx(0.5), 5]


def test_copied_points_go_to_shapes_with_as_many_and_numbers_to_numbers(
    sheet: DopeSheetPanel, drawn: Workspace
) -> None:
    other = {"name": "other", "keys": [{"frame": 1, "points": [[1, 1], [2, 1], [2, 2]]}]}
    four = {"name": "four", "keys": [{"frame": 1, "points": [[1, 1], [2, 1], [2, 2], [1, 2]]}]}
    drawn.session.set("R", shapes=[HEAD, other, four])
    view = sheet.view
    (points, opacity, more, _, translate) = view.tracks
    view.select({points: frozenset((0, 2)), opacity: frozenset((1,))})
    view.copy()
    view.select({name: frozenset((0,)) for name in (more, *(n for n in view.tracks if "[2]" in n[0]), translate)})
    drawn.set_frame(50)
    sheet.paste()
    _, other, four = drawn.graph["R"].value("shapes").to_data()
    assert [(key["frame"], key["points"][0]) for key in other["keys"]] == [(1, [1, 1]), (50, [0, 0]), (70, [9, 0])]
    assert len(four["keys"]) == 1, "of three points where there are four"
    (stroke,) = drawn.graph["P"].value("strokes").to_data()
    assert [key[:2] for key in stroke["translate"][0]["keys"]] == [[10, 0], [30, 1], [70, 1]]


def test_curves_of_numbers_in_shapes_and_strokes_are_edited(drawn: Workspace, make_panel: Make) -> None:
    panel = make_panel(CURVES, CurvesPanel)
    view = panel.view
    assert [track.parameter.title for track in view.tracks.values()] == ["head opacity", "stroke 1 translate"]
    view.select_all()
    panel.set_extend("after", "loop")
    view.nudge(1, 0.25)
    (stroke,) = drawn.graph["P"].value("strokes").to_data()
    assert stroke["translate"] == [{"keys": ["hold", "loop", [11, 0.25, "smooth"], [31, 1.25, "smooth"]]}, 5]
    assert key_frames(stroke) == (11, 31)
    still = drawn.graph["P"].value("strokes").strokes[0].resolved(31)
    once = without_key(without_key(stroke, still, 31), still, 11)
    assert once["translate"] == [1.25, 5], "how it goes on is no key"
    drawn.undo()
    drawn.undo()
    assert drawn.graph["P"].value("strokes").to_data() == [GOES]
