"""The dope sheet by real keys and mouse: keys in rows, retiming, bars of nodes with a range."""

import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from desktops import Make
from exrfiles import ramp, write
from rimlight.app.curves.curve_paint import RULER
from rimlight.app.curves.dope_view import LINE, TOP, DopeView
from rimlight.app.curves.dopesheet_panel import ACTIONS, PANEL, DopeSheetPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Loaded, Session

LEFT = Qt.MouseButton.LeftButton
SIZE = Curve.of((10, 0), (20, 5), (40, 1))
RED = Curve.of((10, 1), (30, 2))


@pytest.fixture
def panel(make_panel: Make, workspace: Workspace) -> DopeSheetPanel:
    """The panel with two animated parameters and a range, by a weak reference."""
    s = workspace.session
    s.add("color.grade", multiply=(RED, 1.0, 1.0, 1.0), mix=Curve.of((10, 0), (20, 1)))
    s.add("time.frame_range", first=5, last=60)
    workspace.select(["Grade1", "FrameRange1"])
    made = make_panel(PANEL, DopeSheetPanel)
    made.resize(1000, 300)
    QApplication.processEvents()
    made.view.frame_all()
    return weakref.proxy(made)


def at(view: DopeView, row: int, frame: float) -> QPoint:
    return QPoint(round(view.x_of(frame)), round(view.row_top(row) + LINE / 2))


def drag(qtbot: QtBot, view: DopeView, start: QPoint, by: QPoint) -> None:
    qtbot.mousePress(view, LEFT, pos=start)
    for part in (0.3, 0.7, 1.0):
        qtbot.mouseMove(view, start + by * part)
    qtbot.mouseRelease(view, LEFT, pos=start + by)


def frames(workspace: Workspace, name: str) -> list[float]:
    value = workspace.graph["Grade1"].value(name)
    curve = value[0] if isinstance(value, tuple) else value
    return [key.frame for key in curve.keys]


def test_rows(panel: DopeSheetPanel) -> None:
    assert [(row.kind, row.label) for row in panel.view.rows] == [
        ("node", "Grade1"), ("parameter", "multiply"), ("parameter", "mix"), ("node", "FrameRange1"),
    ]  # fmt: skip
    panel.view.grab()


def test_a_key_of_the_node_moves_all_keys_of_its_frame(
    panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    view, steps = panel.view, len(workspace.session.history.labels)
    drag(qtbot, view, at(view, 0, 10), QPoint(round(-4 * view.plane.across), 0))
    assert frames(workspace, "multiply") == [6, 30]
    assert frames(workspace, "mix") == [6, 20]
    assert len(workspace.session.history.labels) == steps + 1
    workspace.undo()
    assert frames(workspace, "mix") == [10, 20]


def test_with_control_all_later_keys_go_along(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.set("Grade1", mix=Curve.of((10, 0), (20, 1), (30, 0.5), (40, 0)))
    view, steps = panel.view, workspace.session.history.position
    start, control = at(view, 2, 20), Qt.KeyboardModifier.ControlModifier
    by = QPoint(round(5 * view.plane.across), 0)
    qtbot.mousePress(view, LEFT, control, pos=start)
    qtbot.mouseMove(view, start + by)
    qtbot.mouseRelease(view, LEFT, control, pos=start + by)
    assert frames(workspace, "mix") == [10, 25, 35, 45] and workspace.session.history.position == steps + 1
    assert frames(workspace, "multiply") == [10, 30], "of the rows that are held"
    qtbot.mousePress(view, LEFT, control, pos=at(view, 0, 10))
    qtbot.mouseMove(view, at(view, 0, 10) + by)
    qtbot.mouseRelease(view, LEFT, control, pos=at(view, 0, 10) + by)
    assert frames(workspace, "mix") == [15, 30, 40, 50] and frames(workspace, "multiply") == [15, 35]


def test_a_drag_whose_release_went_elsewhere_ends_with_the_next_move(
    panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    view, none, nothing = panel.view, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    start = at(view, 2, 20)
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, at(view, 2, 25))
    there = QPointF(at(view, 2, 40))
    move = QMouseEvent(QEvent.Type.MouseMove, there, QPointF(view.mapToGlobal(there)), none, none, nothing)
    QApplication.sendEvent(view, move)
    assert frames(workspace, "mix") == [10, 25]


def test_a_selection_is_retimed_by_its_strip(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    start = at(view, 1, 5)
    drag(qtbot, view, start, at(view, 2, 35) - start)
    assert view.span() == (10, 30)
    end = QPoint(round(view.x_of(30)), RULER + 5)
    drag(qtbot, view, end, QPoint(round(20 * view.plane.across), 0))
    assert frames(workspace, "multiply") == [10, 50]
    assert frames(workspace, "mix") == [10, 30]
    middle = QPoint(round(view.x_of(30)), RULER + 5)
    drag(qtbot, view, middle, QPoint(round(2 * view.plane.across), 0))
    assert frames(workspace, "multiply") == [12, 52]


def test_a_name_selects_its_row_and_keys_delete(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    with qtbot.waitActive(view.window()):
        view.window().activateWindow()
    view.setFocus()
    qtbot.mouseClick(view, LEFT, pos=QPoint(30, at(view, 2, 0).y()))
    assert view.selection == {("Grade1.mix", 0): {0, 1}}
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert frames(workspace, "mix") == [11, 21]
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert workspace.graph["Grade1"].value("mix") == 0.0


def test_bars_are_moved_and_pulled(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    step = view.plane.across
    drag(qtbot, view, at(view, 3, 33), QPoint(round(10 * step), 0))
    state = workspace.graph["FrameRange1"]
    assert (state.value("first"), state.value("last")) == (15, 70)
    drag(qtbot, view, at(view, 3, 15), QPoint(round(5 * step), 0))
    assert workspace.graph["FrameRange1"].value("first") == 20
    drag(qtbot, view, at(view, 3, 71), QPoint(round(-200 * step), 0))
    assert workspace.graph["FrameRange1"].value("last") == 20


def test_the_bar_of_a_read_sets_its_offset(
    panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    for frame in range(10, 15):
        write(tmp_path / f"x.{frame:04d}.exr", [({}, {"Y": ramp(0.5)})])
    workspace.session.add("image.read", file=str(tmp_path / "x.####.exr"))
    workspace.select(["Read1"])
    view = panel.view
    qtbot.waitUntil(lambda: any(row.path == "Read1" for row in view.rows))
    view.frame_all()
    row = next(i for i, row in enumerate(view.rows) if row.path == "Read1")
    bar = view.rows[row].bar
    assert bar is not None
    assert (bar.first, bar.last) == (10, 14)
    drag(qtbot, view, at(view, row, 12), QPoint(round(3 * view.plane.across), 0))
    assert workspace.graph["Read1"].value("offset") == 3
    qtbot.waitUntil(lambda: view.rows[0].bar is not None and view.rows[0].bar.first == 13)


def test_scrubbing_and_scrolling(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    qtbot.mouseClick(view, LEFT, pos=QPoint(round(view.x_of(17)), 5))
    assert workspace.frame == 17.0
    panel.resize(1000, TOP + 2 * LINE)
    QApplication.processEvents()
    assert panel.bar.isVisibleTo(panel.view.parentWidget())
    panel.bar.setValue(LINE)
    assert view.scrolled == LINE


def test_the_keys_of_another_script_are_in_view(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    other = Session()
    other.add("color.grade", name="Late", mix=Curve.of((1001, 0), (1010, 1)))
    workspace.session.adopt(Loaded(other.document))
    workspace.follow_session()
    workspace.select(["Late"])
    view = panel.view
    qtbot.waitUntil(lambda: bool(view.rows))
    assert view.frame_at(0) < 1001 and view.frame_at(view.width()) > 1010


def test_facts_of_a_script_that_was_left_reach_the_panel_before_the_next(
    panel: DopeSheetPanel, workspace: Workspace
) -> None:
    """What nodes doubted is forgotten as another script is opened, when the rows are still those of the one before."""
    workspace.facts.set_doubts({"Grade1": ("doubtful",)})
    workspace.session.adopt(Loaded(Session().document))
    workspace.follow_session()
    assert panel.view.rows == []


def test_keys_of_several_nodes_stay_selected_while_their_moves_are_undone(
    panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    """One moves onto a key that was not selected, another past one, so that their places in the curves differ."""
    workspace.session.add("color.grade", mix=Curve.of((10, 0), (20, 1), (25, 0)))
    workspace.select(["Grade1", "Grade2"])
    view = panel.view
    qtbot.waitUntil(lambda: ("Grade2.mix", 0) in view.tracks)
    view.frame_all()
    chosen = {("Grade1.multiply", 0): {0}, ("Grade1.mix", 0): {1}, ("Grade2.mix", 0): {1}}
    view.select({name: frozenset(places) for name, places in chosen.items()})
    steps = len(workspace.session.history.labels)
    drag(qtbot, view, at(view, 2, 20), QPoint(round(20 * view.plane.across), 0))
    assert frames(workspace, "multiply") == [30] and frames(workspace, "mix") == [10, 40]
    assert [key.frame for key in workspace.graph["Grade2"].value("mix").keys] == [10, 25, 40]
    assert view.selection[("Grade2.mix", 0)] == {2}
    assert len(workspace.session.history.labels) == steps + 1
    workspace.undo()
    assert frames(workspace, "multiply") == [10, 30]
    assert view.selection == chosen
    workspace.redo()
    assert view.selection[("Grade2.mix", 0)] == {2}
    workspace.undo()
    view.delete_selected()
    assert frames(workspace, "multiply") == [30] and frames(workspace, "mix") == [10]


def test_escape_gives_up_a_drag(panel: DopeSheetPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view, steps = panel.view, workspace.session.history.position
    with qtbot.waitActive(view.window()):
        view.window().activateWindow()
    view.setFocus()
    start = at(view, 2, 20)
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, at(view, 2, 30))
    qtbot.mouseMove(view, at(view, 2, 35))
    assert frames(workspace, "mix") == [10, 35]
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.mouseMove(view, at(view, 2, 45))
    qtbot.mouseRelease(view, LEFT, pos=at(view, 2, 45))
    assert frames(workspace, "mix") == [10, 20] and workspace.session.history.position == steps
    assert view.selection == {("Grade1.mix", 0): {1}}


def grey(menu: QMenu) -> set[str]:
    return {action.objectName() for action in menu.actions() if not (action.isSeparator() or action.isEnabled())}


def test_what_can_be_done_with_keys_is_in_a_menu(panel: DopeSheetPanel, qtbot: QtBot) -> None:
    view = panel.view
    place = at(view, 2, 15)
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.objectName() for action in menu.actions() if not action.isSeparator()] == [a.id for a in ACTIONS]
    assert grey(menu) == {f"dopesheet.{name}" for name in ("copy", "cut", "delete", "smooth", "linear", "constant")}
    menu.close()
    view.select_all()
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu) and grey(menu) == set()
    menu.close()
    del menu


def test_deleted_keys_are_selected_again_once_that_is_undone(panel: DopeSheetPanel, workspace: Workspace) -> None:
    view = panel.view
    view.select_all()
    before = dict(view.selection)
    view.delete_selected()
    assert view.curves == {} and view.selection == {}
    workspace.undo()
    assert view.selection == before
    view.select({("Grade1.mix", 0): frozenset((1,))})
    view.delete_selected()
    workspace.undo()
    assert view.selection == {("Grade1.mix", 0): {1}}


def test_keys_of_a_renamed_node_stay_selected(panel: DopeSheetPanel, workspace: Workspace) -> None:
    panel.view.select({("Grade1.mix", 0): frozenset((1,))})
    workspace.session.rename("Grade1", "Warm")
    assert panel.view.selection == {("Warm.mix", 0): {1}}
