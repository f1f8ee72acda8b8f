"""The curve editor by real keys and mouse: the script is asked what came of it."""

import weakref

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from calls import noted
from desktops import Make
from rimlight.app import theme
from rimlight.app.curves import tracks
from rimlight.app.curves.curve_paint import RULER
from rimlight.app.curves.curve_view import CurveView
from rimlight.app.curves.dopesheet_panel import DopeSheetPanel
from rimlight.app.curves.generating import GenerateDialog, Pattern
from rimlight.app.curves.panel import PANEL, CurvesPanel
from rimlight.app.curves.tracks import tracks_of
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr, Graph

LEFT = Qt.MouseButton.LeftButton
SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
NAME = ("Blur1.mix", 0)


@pytest.fixture
def panel(make_panel: Make, workspace: Workspace) -> CurvesPanel:
    """The panel with one curve, by a weak reference: what a test is given is held until after the leak check."""
    workspace.session.add("filter.blur", mix=Curve.of((1, 0), (10, 1), (30, 0.25)))
    workspace.select(["Blur1"])
    made = make_panel(PANEL, CurvesPanel)
    made.resize(1000, 460)
    QApplication.processEvents()
    made.view.frame_all()
    return weakref.proxy(made)


def mix(workspace: Workspace) -> Curve:
    value = workspace.graph["Blur1"].value("mix")
    assert isinstance(value, Curve)
    return value


def place(view: CurveView, i: int) -> QPoint:
    key = view.curves[NAME].keys[i]
    return view.plane.point(key.frame, key.value).toPoint()


def drag(qtbot: QtBot, view: CurveView, start: QPoint, by: QPoint, modifier: Qt.KeyboardModifier | None = None) -> None:
    keys = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(view, LEFT, keys, start)
    for part in (0.3, 0.7, 1.0):
        qtbot.mouseMove(view, start + QPoint(round(by.x() * part), round(by.y() * part)))
    qtbot.mouseRelease(view, LEFT, keys, start + by)


def test_a_key_is_dragged_onto_frames_as_one_step(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view, steps = panel.view, len(workspace.session.history.labels)
    by = QPoint(round(5 * view.plane.across), -round(0.5 * view.plane.up))
    drag(qtbot, view, place(view, 1), by)
    key = mix(workspace).keys[1]
    assert key.frame == 15.0
    assert key.value == pytest.approx(1.5, abs=0.02)
    assert len(workspace.session.history.labels) == steps + 1
    assert view.selection == {NAME: {1}}
    workspace.undo()
    assert mix(workspace) == Curve.of((1, 0), (10, 1), (30, 0.25))
    assert view.selection == {NAME: {1}}


def test_box_selection_and_its_transform(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    start = place(view, 0) + QPoint(-14, 14)
    end = QPoint(place(view, 1).x() + 14, place(view, 1).y() - 14)
    drag(qtbot, view, start, end - start)
    assert view.selection == {NAME: {0, 1}}
    right = next(at for x, y, at in view.grips() if (x, y) == (1, 0)).toPoint()
    drag(qtbot, view, right, QPoint(round(9 * view.plane.across), 0))
    frames = [key.frame for key in mix(workspace).keys]
    assert frames == [1.0, 19.0, 30.0]  # twice as long, from the left edge
    top = next(at for x, y, at in view.grips() if (x, y) == (0, 1)).toPoint()
    drag(qtbot, view, top, QPoint(0, round(0.5 * view.plane.up)))
    assert mix(workspace).at(19) == pytest.approx(0.5, abs=0.02)
    drag(qtbot, view, place(view, 2), QPoint(0, 0), SHIFT)
    assert view.selection == {NAME: {0, 1, 2}}


def test_keys_change_tangents(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    with qtbot.waitActive(view.window()):
        view.window().activateWindow()
    view.setFocus()
    qtbot.mouseClick(view, LEFT, pos=place(view, 1))
    for key, expected in ((Qt.Key.Key_L, "linear"), (Qt.Key.Key_K, "constant"), (Qt.Key.Key_Z, "smooth"),
                          (Qt.Key.Key_H, "free"), (Qt.Key.Key_C, "free"), (Qt.Key.Key_R, "free")):  # fmt: skip
        qtbot.keyClick(view, key)
        assert mix(workspace).keys[1].interp == expected
    qtbot.keyClick(view, Qt.Key.Key_H)
    handle = next(end for name, i, side, end in view.handles() if side == "right").toPoint()
    drag(qtbot, view, handle, QPoint(0, -20))
    bent = mix(workspace).keys[1]
    assert bent.left == bent.right > 0
    handle = next(end for name, i, side, end in view.handles() if side == "right").toPoint()
    qtbot.mousePress(view, LEFT, pos=handle)
    QApplication.sendEvent(view, _move(view, handle + QPoint(0, 60), CONTROL))
    qtbot.mouseRelease(view, LEFT, CONTROL, handle + QPoint(0, 60))
    assert mix(workspace).keys[1].broken


def _move(view: CurveView, at: QPoint, modifiers: Qt.KeyboardModifier, button: Qt.MouseButton = LEFT) -> QMouseEvent:
    there = QPointF(view.mapToGlobal(at))
    return QMouseEvent(QEvent.Type.MouseMove, QPointF(at), there, button, button, modifiers)


def test_a_drag_whose_release_went_elsewhere_ends_with_the_next_move(
    panel: CurvesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    view = panel.view
    start, none = place(view, 1), Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(view, LEFT, none, start)
    qtbot.mouseMove(view, start + QPoint(0, -30))
    there, steps = mix(workspace).keys[1].value, workspace.session.history.position
    assert there > 1
    QApplication.sendEvent(view, _move(view, start + QPoint(0, -90), none, Qt.MouseButton.NoButton))
    assert mix(workspace).keys[1].value == there and workspace.session.history.position == steps


def test_arrows_delete_copy_and_paste(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view = panel.view
    with qtbot.waitActive(view.window()):
        view.window().activateWindow()
    view.setFocus()
    qtbot.mouseClick(view, LEFT, pos=place(view, 1))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(view, Qt.Key.Key_Left, SHIFT)
    assert mix(workspace).keys[1].frame == 11.0
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert mix(workspace).keys[1].value > 1
    qtbot.keyClick(view, Qt.Key.Key_C, CONTROL)
    workspace.set_frame(50)
    qtbot.keyClick(view, Qt.Key.Key_V, CONTROL)
    assert mix(workspace).range() == (1.0, 50.0)
    qtbot.keyClick(view, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert isinstance(workspace.graph["Blur1"].value("mix"), float)  # a constant again, as it was at this frame
    assert workspace.graph["Blur1"].value("mix") == 1.0  # the hard range holds


def test_keys_are_cut_and_set_at_the_frame(panel: CurvesPanel, workspace: Workspace) -> None:
    view, before, trigger = panel.view, mix(workspace), panel.desktop.actions.trigger
    assert not trigger("curves.cut"), "nothing is selected"
    view.select({NAME: frozenset((1,))})
    assert trigger("curves.cut")
    assert mix(workspace) == Curve.of((1, 0), (30, 0.25))
    workspace.set_frame(12)
    there = mix(workspace).at(12)
    assert trigger("curves.set_keys")
    assert [(key.frame, key.value) for key in mix(workspace).keys] == [(1, 0), (12, there), (30, 0.25)]
    steps = workspace.session.history.position
    trigger("curves.set_keys")
    assert workspace.session.history.position == steps, "where there is one it stays"
    workspace.set_frame(20)
    assert trigger("curves.paste")
    assert mix(workspace).keys[2].frame == 20 and mix(workspace).keys[2].value == 1
    for _ in range(3):
        workspace.undo()
    assert mix(workspace) == before


def test_control_alt_click_adds_a_key_on_the_curve(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view, before = panel.view, mix(workspace)
    at = view.plane.point(20, before.at(20)).toPoint()
    qtbot.mouseClick(view, LEFT, CONTROL | ALT, at + QPoint(0, 12))
    assert [key.frame for key in mix(workspace).keys] == [1, 10, 20, 30]
    assert mix(workspace).at(20) == pytest.approx(before.at(20))


def test_exact_numbers_for_selected_keys(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    qtbot.mouseClick(panel.view, LEFT, pos=place(panel.view, 1))
    for name, text in (("frame", "12"), ("value", "*0.5"), ("left", "0.1"), ("right", "-0.2")):
        field = panel.fields[name]
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    key = mix(workspace).keys[1]
    assert (key.frame, key.value, key.interp, key.left, key.right) == (12.0, 0.5, "free", 0.1, -0.2)
    assert [box.text for box in panel.extends.values()] == ["hold", "hold"]
    panel.extends["after"].chosen.emit("loop")
    assert (mix(workspace).before, mix(workspace).after) == ("hold", "loop")
    assert [box.text for box in panel.extends.values()] == ["hold", "loop"]
    panel.extends["before"].chosen.emit("linear")
    assert (mix(workspace).before, mix(workspace).after) == ("linear", "loop")
    workspace.undo()
    assert [box.text for box in panel.extends.values()] == ["hold", "loop"]


def test_no_field_stands_without_its_name(panel: CurvesPanel, qtbot: QtBot) -> None:
    for width in (1400, 950, 800, 620, 420, 260):  # on a screen of 1366 pixels it has 950
        panel.resize(width, 400)
        QApplication.processEvents()
        for field in (*panel.fields.values(), *panel.extends.values()):
            pair = field.parentWidget()
            label = pair.findChild(QLabel)
            assert field.isVisible() == label.isVisible(), f"{label.text()} at {width}"
            assert not field.isVisible() or label.width() >= label.sizeHint().width(), f"{label.text()} at {width}"
        everything = all(field.isVisible() for field in (*panel.fields.values(), *panel.extends.values()))
        assert everything == (width >= 950)


def test_pan_zoom_scrub(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    view, plane = panel.view, panel.view.plane
    middle = view.rect().center()
    qtbot.mousePress(view, Qt.MouseButton.MiddleButton, pos=middle)
    qtbot.mouseMove(view, middle + QPoint(40, 10))
    qtbot.mouseRelease(view, Qt.MouseButton.MiddleButton, pos=middle + QPoint(40, 10))
    assert view.plane.frame == pytest.approx(plane.frame - 40 / plane.across)
    at = QPointF(middle)
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, CONTROL, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view, wheel)
    assert view.plane.across > plane.across
    assert view.plane.up == plane.up
    qtbot.mouseClick(view, LEFT, pos=QPoint(round(view.plane.x(8)), RULER // 2))
    assert workspace.frame == 8.0


def test_expressions_are_drawn_but_not_edited(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.set("Blur1", mix=Expr("frame / 100"))
    qtbot.waitUntil(lambda: bool(panel.view.samples.get(NAME)))
    assert dict(panel.view.samples[NAME])[20.0] == pytest.approx(0.2)
    assert panel.view.curves == {}
    panel.view.grab()
    panel.hide()
    workspace.session.set("Blur1", mix=Expr("frame / 50"))
    assert not panel.samples._timer.isActive(), "for nobody nothing is computed"
    panel.show()
    qtbot.waitUntil(lambda: dict(panel.view.samples[NAME])[20.0] == pytest.approx(0.4))


def test_the_tree_chooses_and_lookups_stand_alone(panel: CurvesPanel, workspace: Workspace) -> None:
    s = workspace.session
    s.add("color.grade", multiply=(Curve.of((1, 1), (5, 2)), 1.0, Curve.of((2, 1), (9, 3)), 1.0))
    s.add("color.curves")
    workspace.set_opened(["Grade1"])
    workspace.select(["Blur1", "Curves1"])
    QApplication.processEvents()
    assert {name for name, _ in panel.view.tracks} == {"Blur1.mix", "Grade1.multiply"}
    workspace.curves_requested.emit("Grade1.multiply")
    assert list(panel.view.tracks) == [("Grade1.multiply", 0), ("Grade1.multiply", 2)]
    workspace.curves_requested.emit("Curves1.red")
    assert list(panel.view.tracks) == [("Curves1.red", 0)]
    assert panel.view.frame is None
    view = panel.view
    view.snap = False
    view.add_key(view.plane.point(0.5, 0.5))
    curve = workspace.graph["Curves1"].value("red")
    assert [key.frame for key in curve.keys] == pytest.approx([0, 0.5, 1])
    view.select_all()
    view.delete_selected()  # a lookup keeps its keys
    assert len(workspace.graph["Curves1"].value("red").keys) == 3


def test_numbers_named_after_channels_have_their_colours(workspace: Workspace) -> None:
    """Red, green and blue of a CurveTool were drawn in blue, violet and orange."""
    keyed = {name: Curve.of((1, 0.1), (2, 0.2)) for name in ("luma", "luma_min", "red", "green", "blue")}
    tool = workspace.session.add("CurveTool", **keyed)
    colors = {track.parameter.name: track.color() for track in tracks_of(workspace.graph, tool)}
    for name in ("red", "green", "blue"):
        assert colors[name] == theme.color(f"channel.{name}")
    assert len({color.name() for color in colors.values()}) == len(colors)


def test_keys_are_generated_by_a_dialog_and_from_an_expression(
    panel: CurvesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    workspace.session.set("Blur1", mix=Curve.of((1, 0), (11, 1), interp="linear"), size=(Expr("frame * 2"), 3.0))
    QApplication.processEvents()
    steps = workspace.session.history.position
    panel.view.setFocus()
    assert panel.desktop.actions.trigger("curves.generate")
    (dialog,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, GenerateDialog) and one.isVisible()]
    for box, number in ((dialog.first, 3), (dialog.last, 9), (dialog.every, 2)):
        box.setValue(number)
    dialog.value.setFocus()
    dialog.value.selectAll()
    qtbot.keyClicks(dialog.value, "value * 0.5")
    qtbot.keyClick(dialog.value, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: workspace.session.history.position == steps + 1, timeout=10_000)
    del dialog
    curve = mix(workspace)
    assert [key.frame for key in curve.keys] == [1, 3, 5, 7, 9, 11], "keys outside stay"
    assert [key.value for key in curve.keys] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 1])
    size, other = workspace.graph["Blur1"].value("size")
    assert [(key.frame, key.value) for key in size.keys] == [(3, 3), (5, 5), (7, 7), (9, 9)] and other == 3.0
    workspace.undo()
    assert workspace.graph["Blur1"].value("size")[0] == Expr("frame * 2")


def test_a_value_that_cannot_be_had_is_a_sentence(panel: CurvesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    said: list[str] = []
    workspace.message.connect(lambda message: said.append(message.text))
    steps = workspace.session.history.position
    panel.generate(Pattern(1, 10, 1, "1 / nothing"))
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert "'nothing' is no number" in said[0] and workspace.session.history.position == steps


def test_keys_are_reversed_and_negated(panel: CurvesPanel, workspace: Workspace) -> None:
    panel.view.select_all()
    panel.desktop.actions.trigger("curves.reverse")
    assert [(k.frame, k.value) for k in mix(workspace).keys] == [(1, 0.25), (21, 1), (30, 0)]
    workspace.undo()
    QApplication.processEvents()
    panel.view.select({NAME: frozenset((0,))})
    panel.desktop.actions.trigger("curves.negate")
    assert [k.value for k in mix(workspace).keys] == [0, 1, 0.25]


def test_copied_keys_go_to_the_dope_sheet_and_keys_are_reached_from_there(window: MainWindow, qtbot: QtBot) -> None:
    workspace = window.workspace
    workspace.session.add("filter.blur", mix=Curve.of((1, 0), (10, 1), (30, 0.25)))
    workspace.session.add("filter.blur", name="Other", mix=Curve.of((1, 0.5)))
    workspace.select(["Blur1"])
    for name in ("curves", "dopesheet"):
        window.show_panel(name)
    curves, sheet = window.panels["curves"], window.panels["dopesheet"]
    assert isinstance(curves, CurvesPanel) and isinstance(sheet, DopeSheetPanel)
    qtbot.waitUntil(lambda: NAME in curves.view.tracks, timeout=10_000)
    curves.view.select({NAME: frozenset((0, 1))})
    curves.view.copy()
    workspace.select(["Other"])
    qtbot.waitUntil(lambda: ("Other.mix", 0) in sheet.view.tracks, timeout=10_000)
    workspace.set_frame(20)
    sheet.paste()
    value = workspace.graph["Other"].value("mix")
    assert [(k.frame, k.value) for k in value.keys] == [(1, 0.5), (20, 0), (29, 1)]
    with qtbot.waitActive(window):
        window.activateWindow()
    sheet.view.setFocus()
    qtbot.keyClick(sheet.view, Qt.Key.Key_Right, CONTROL | SHIFT)
    assert workspace.frame == 29
    window.show_panel("curves")
    curves.view.setFocus()
    qtbot.keyClick(curves.view, Qt.Key.Key_Left, CONTROL | SHIFT)
    assert workspace.frame == 20


def test_curves_of_nodes_that_are_as_they_were_are_not_collected_again(
    panel: CurvesPanel, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("B", "C"):
        workspace.session.add("filter.blur", name=name, mix=Curve.of((1, 0), (5, 1)))
    workspace.select(["Blur1", "B", "C"])
    panel.tracks.refresh()
    looked = noted(monkeypatch, (tracks, "tracks_of"), what=lambda graph, path, *_: path)
    workspace.session.set("B", mix=Curve.of((1, 0), (5, 2)))
    assert looked == ["B"]
    assert [track.part for track in panel.tracks.of("B")] == [workspace.graph["B"].value("mix")]
    workspace.undo()
    assert [track.part for track in panel.tracks.of("B")] == [workspace.graph["B"].value("mix")]


def test_without_curves_the_frames_of_the_script_are_seen(panel: CurvesPanel, workspace: Workspace) -> None:
    view = panel.view

    def seen() -> tuple[float, float]:
        return view.plane.frame_at(0), view.plane.frame_at(view.width())

    assert seen()[1] < 50, "the curve is framed, not the script"
    view.set_plane(view.plane.panned(-3000, 0))
    workspace.session.commit(Graph(), "nothing is left")
    assert not view.tracks
    first, last = workspace.session.project.frames
    assert seen()[0] < first < last < seen()[1] < last + (last - first)
    workspace.session.set_project(frames=(1001, 1020))
    assert 990 < seen()[0] < 1001 and 1020 < seen()[1] < 1030
    panel.resize(700, 460)
    QApplication.processEvents()
    assert 990 < seen()[0] < 1001 and 1020 < seen()[1] < 1030


def test_curves_are_collected_only_while_they_are_seen(window: MainWindow, qtbot: QtBot) -> None:
    """In a window, where another tab hides them."""
    workspace, curves = window.workspace, window.panels["curves"]
    assert isinstance(curves, CurvesPanel)
    window.show_panel("curves")
    workspace.session.add("filter.blur", mix=Curve.of((1, 0), (10, 1)))
    workspace.select(["Blur1"])
    qtbot.waitUntil(lambda: NAME in curves.view.tracks)
    window.show_panel("nodegraph")
    qtbot.waitUntil(lambda: not curves.isVisible())
    workspace.session.set("Blur1", mix=Curve.of((1, 0), (20, 1)))
    workspace.select([])
    QApplication.processEvents()
    assert [key.frame for key in curves.view.curves[NAME].keys] == [1, 10], "as it was left"
    workspace.select(["Blur1"])
    window.show_panel("curves")
    assert [key.frame for key in curves.view.curves[NAME].keys] == [1, 20]


def test_keys_that_are_changed_elsewhere_stay_selected(panel: CurvesPanel, workspace: Workspace) -> None:
    panel.view.select({NAME: frozenset((1,))})
    workspace.session.set("Blur1", mix=Curve.of((1, 0), (5, 0.5), (10, 1), (30, 0.25)))
    assert panel.view.selection == {NAME: {2}}, "one was set before it"
    workspace.session.set("Blur1", mix=Curve.of((1, 0), (5, 0.5), (10, 0.75), (30, 0.25)))
    assert panel.view.selection == {NAME: {2}}, "its value was changed"
    workspace.session.set("Blur1", mix=Curve.of((2, 0), (9, 0.5)))
    assert panel.view.selection == {}, "nothing is as it was"


def test_a_renamed_node_keeps_what_is_selected_and_in_view(panel: CurvesPanel, workspace: Workspace) -> None:
    workspace.session.set("Blur1", size=Curve.of((1, 0), (10, 9)))
    panel.tree.select_parameter("Blur1.mix")
    panel.view.select({NAME: frozenset((1, 2))})
    seen = panel.view.plane
    workspace.session.rename("Blur1", "Soft")
    assert panel.view.selection == {("Soft.mix", 0): {1, 2}}
    assert list(panel.view.tracks) == [("Soft.mix", 0)], "the one that was chosen"
    assert panel.tree.topLevelItem(0).text(0) == "Soft"
    assert panel.view.plane == seen
    workspace.undo()
    assert panel.view.selection == {NAME: {1, 2}}
    workspace.session.group("Blur1", name="Look")
    assert panel.view.selection == {("Look/Blur1.mix", 0): {1, 2}}, "in a group"
