"""Rows by real keys and mouse: the script is asked what came of it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from rimlight.app.properties import menu
from rimlight.app.properties.node_properties import NodePanel
from rimlight.app.properties.number_rows import ColorRow, KelvinRow, NumberRow, VectorRow
from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.properties.rows import Row
from rimlight.app.properties.text_rows import ChoiceRow, ParagraphRow
from rimlight.app.properties.value_rows import LookupRow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr

Open = Callable[..., NodePanel]
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton


def number(row: Row) -> NumberRow:
    assert isinstance(row, NumberRow)
    return row


def vector(row: Row) -> VectorRow:
    assert isinstance(row, VectorRow)
    return row


def value(workspace: Workspace, address: str) -> object:
    path, _, name = address.rpartition(".")
    return workspace.graph.at(path).value(name)


def typed(qtbot: QtBot, row: Row, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    field = number(row).number
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, key)


def test_typed_numbers_and_operations(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("color.grade").row("mix")
    typed(qtbot, row, "1/4")
    assert value(workspace, "Grade1.mix") == 0.25
    typed(qtbot, row, "*2")
    assert value(workspace, "Grade1.mix") == 0.5
    typed(qtbot, row, "+0.1")
    assert value(workspace, "Grade1.mix") == pytest.approx(0.6)
    typed(qtbot, row, "nonsense")
    assert value(workspace, "Grade1.mix") == pytest.approx(0.6)
    assert float(number(row).number.text()) == pytest.approx(0.6)
    typed(qtbot, row, "7")  # beyond the hard range
    assert value(workspace, "Grade1.mix") == pytest.approx(0.6)


def test_a_double_click_chooses_the_whole_number(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    """Typed over it, -1 was once -3.-1, which is -4: Qt chooses the digits between the point and the sign."""
    field = number(opened("light.point", exposure=-3.3).row("exposure")).number
    for text, made in (("-1", -1.0), ("2.5", 2.5)):
        at = field.rect().center()
        at.setX(12)
        qtbot.mouseClick(field, LEFT, pos=at)
        qtbot.mouseDClick(field, LEFT, pos=at)
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert value(workspace, "PointLight1.exposure") == made
    qtbot.keyClicks(field, "1 + 2")
    qtbot.mouseDClick(field, LEFT, pos=at)
    assert field.selectedText() != field.text(), "of what is being typed a part can be chosen"
    qtbot.keyClick(field, Qt.Key.Key_Escape)


def test_escape_forgets_what_was_typed(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = number(opened("color.grade").row("mix"))
    row.number.setFocus()
    row.number.selectAll()
    qtbot.keyClicks(row.number, "0.3")
    qtbot.keyClick(row.number, Qt.Key.Key_Escape)
    row.number.clearFocus()
    assert value(workspace, "Grade1.mix") == 1.0
    assert workspace.session.history.labels[-1] == "add Grade1"


def test_arrows_step_the_digit_and_are_one_undo_step(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = number(opened("filter.motion_blur", distance=12.5).row("distance"))
    steps = len(workspace.session.history.labels)
    row.number.setFocus()
    row.number.setCursorPosition(0)
    for _ in range(3):
        qtbot.keyClick(row.number, Qt.Key.Key_Up)
    assert value(workspace, "MotionBlur1.distance") == 42.5
    qtbot.keyClick(row.number, Qt.Key.Key_End)
    qtbot.keyClick(row.number, Qt.Key.Key_Down)
    assert value(workspace, "MotionBlur1.distance") == 42.4
    assert len(workspace.session.history.labels) == steps + 1
    workspace.undo()
    assert value(workspace, "MotionBlur1.distance") == 12.5


def test_zeros_at_the_end_stay_while_a_digit_is_stepped(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = number(opened("color.grade", mix=0.28).row("mix"))
    row.number.setFocus()
    row.number.setCursorPosition(4)
    qtbot.keyClick(row.number, Qt.Key.Key_Up)
    qtbot.keyClick(row.number, Qt.Key.Key_Up)
    assert row.number.text() == "0.30"
    qtbot.keyClick(row.number, Qt.Key.Key_Up)
    assert value(workspace, "Grade1.mix") == 0.31


def drag(widget: object, qtbot: QtBot, by: QPoint, modifier: Qt.KeyboardModifier, then: object = None) -> None:
    start = QPoint(12, 10)
    qtbot.mousePress(widget, LEFT, CONTROL, start)
    for part in (0.25, 0.6, 1.0):
        qtbot.mouseMove(widget, start + QPoint(int(by.x() * part), int(by.y() * part)))
    qtbot.mouseRelease(widget, LEFT, CONTROL | modifier, start + by)


def test_control_drag_scrubs_as_one_step(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = number(opened("filter.motion_blur", distance=10.0).row("distance"))
    steps = len(workspace.session.history.labels)
    drag(row.number, qtbot, QPoint(60, 0), Qt.KeyboardModifier.NoModifier)
    assert float(str(value(workspace, "MotionBlur1.distance"))) > 10
    assert len(workspace.session.history.labels) == steps + 1


def test_the_slider_drags_as_one_step_and_control_click_resets(
    opened: Open, workspace: Workspace, qtbot: QtBot
) -> None:
    row = number(opened("filter.motion_blur").row("distance"))
    track = row.track
    assert track is not None
    steps = len(workspace.session.history.labels)
    middle = QPoint(track.width() // 2, track.height() // 2)
    qtbot.mousePress(track, LEFT, pos=middle)
    for x in range(0, 40, 10):
        qtbot.mouseMove(track, middle + QPoint(x, 0))
    qtbot.mouseRelease(track, LEFT, pos=middle + QPoint(30, 0))
    low, high = row.spec.soft or (0, 0)
    assert float(str(value(workspace, "MotionBlur1.distance"))) > (low + high) / 2
    assert len(workspace.session.history.labels) == steps + 1
    qtbot.mouseClick(track, LEFT, CONTROL, middle)
    assert value(workspace, "MotionBlur1.distance") == row.spec.default


@pytest.mark.parametrize("kind", ["transform.transform", "draw.roto", "draw.paint"])
def test_a_scale_is_one_number_until_two_are_asked_for(kind: str, opened: Open) -> None:
    row = vector(opened(kind).row("scale"))
    assert not row.split and row._gang is not None and row._gang.isVisible() and not row.fields
    row._toggled()
    assert row.split and [f.isVisible() for f in row.fields] == [True] * 2


def test_colour_ganged_split_and_beyond_one(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = vector(opened("color.grade").row("multiply"))
    assert not row.split
    gang = row._gang
    assert gang is not None
    gang.setFocus()
    gang.selectAll()
    qtbot.keyClicks(gang, "2.5")
    qtbot.keyClick(gang, Qt.Key.Key_Return)
    assert value(workspace, "Grade1.multiply") == (2.5,) * 4
    row._toggled()
    assert row.split
    assert [f.isVisible() for f in row.fields] == [True] * 4
    row.fields[1].setFocus()
    row.fields[1].selectAll()
    qtbot.keyClicks(row.fields[1], "-0.5")
    qtbot.keyClick(row.fields[1], Qt.Key.Key_Return)
    assert value(workspace, "Grade1.multiply") == (2.5, -0.5, 2.5, 2.5)
    row.fields[0].selectAll()
    row.fields[0].setFocus()
    qtbot.keyClicks(row.fields[0], "0.1 0.2 0.3")
    qtbot.keyClick(row.fields[0], Qt.Key.Key_Return)
    assert value(workspace, "Grade1.multiply") == (0.1, 0.2, 0.3, 2.5)


def test_one_number_scales_both_ways_until_two_are_asked_for(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = vector(opened("transform.transform").row("scale"))
    gang = row._gang
    assert gang is not None and not row.split
    gang.setFocus()
    gang.selectAll()
    qtbot.keyClicks(gang, "1/4")
    qtbot.keyClick(gang, Qt.Key.Key_Return)
    assert value(workspace, "Transform1.scale") == (0.25, 0.25)
    workspace.session.set("Transform1", scale=(0.25, -0.25))
    qtbot.waitUntil(lambda: row.split, timeout=10_000)
    assert [f.isVisible() for f in row.fields] == [True] * 2


def test_the_wheel_keeps_values_above_one(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("color.grade", multiply=(4.0, 4.0, 4.0, 1.0)).row("multiply")
    assert isinstance(row, ColorRow)
    row.toggle_wheel()
    QApplication.processEvents()
    wheel = row.wheel
    assert wheel is not None
    steps = len(workspace.session.history.labels)
    disc = wheel.disc
    middle = disc.rect().center()
    qtbot.mousePress(disc, LEFT, pos=middle)
    qtbot.mouseMove(disc, middle + QPoint(20, 0))
    qtbot.mouseMove(disc, middle + QPoint(35, 0))
    qtbot.mouseRelease(disc, LEFT, pos=middle + QPoint(35, 0))
    red, green, blue, alpha = value(workspace, "Grade1.multiply")  # type: ignore[misc]
    assert red == pytest.approx(4)
    assert 0 < green < 3.9
    assert green == pytest.approx(blue, abs=0.1)
    assert alpha == 1.0
    assert len(workspace.session.history.labels) == steps + 1
    row.toggle_wheel()


def test_kelvin_has_a_strip(opened: Open) -> None:
    row = opened("light.point").row("kelvin")
    assert isinstance(row, KelvinRow)
    assert row.track is not None and row.track.toolTip() == "6504 K"
    assert row.number.resting_text(lambda text: True) == "6504"
    assert row.number.unit == "K"


def test_choices_by_key(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("image.read").row("missing")
    assert isinstance(row, ChoiceRow)
    row.choice.setFocus()
    qtbot.keyClick(row.choice, Qt.Key.Key_Down)
    assert value(workspace, "Read1.missing") == "black"
    qtbot.keyClick(row.choice, "h")
    assert value(workspace, "Read1.missing") == "hold"


def test_paragraphs_are_set_by_control_enter_and_checked(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("channel.shuffle").row("mapping")
    assert isinstance(row, ParagraphRow)
    row.edit.setFocus()
    qtbot.keyClicks(row.edit, "rgba.R=rgba.G")
    qtbot.keyClick(row.edit, Qt.Key.Key_Return, CONTROL)
    assert str(value(workspace, "Shuffle1.mapping")) == "rgba.R=rgba.G"
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "rgba.R=")
    qtbot.keyClick(row.edit, Qt.Key.Key_Return, CONTROL)
    assert str(value(workspace, "Shuffle1.mapping")) == "rgba.R=rgba.G"
    assert row.edit.toPlainText() == "rgba.R=rgba.G"


def test_a_lookup_is_edited_in_place(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("color.curves").row("red")
    assert isinstance(row, LookupRow)
    qtbot.mouseClick(row.picture, LEFT, pos=row.picture.rect().center())
    view = row.view
    assert view is not None
    qtbot.waitUntil(lambda: view.width() > 150)
    view.frame_all()
    steps = len(workspace.session.history.labels)
    qtbot.mouseClick(view, LEFT, CONTROL | ALT, view.plane.point(0.5, 0.5).toPoint())
    assert len(workspace.graph["Curves1"].value("red").keys) == 3
    middle = view.plane.point(0.5, 0.5).toPoint()
    qtbot.mousePress(view, LEFT, pos=middle)
    qtbot.mouseMove(view, middle + QPoint(0, -10))
    qtbot.mouseMove(view, middle + QPoint(0, -20))
    qtbot.mouseRelease(view, LEFT, pos=middle + QPoint(0, -20))
    assert workspace.graph["Curves1"].value("red").at(0.5) > 0.55
    assert len(workspace.session.history.labels) == steps + 2
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert workspace.graph["Curves1"].value("red").keys[1].interp == "constant"
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(workspace.graph["Curves1"].value("red").keys) == 2
    row.toggle()


# -- keys, expressions, links ----------------------------------------------------------------------------------------


def test_keys_are_set_moved_on_and_deleted(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("filter.motion_blur", distance=4.0).row("distance")
    key = QPoint(10, 11)
    qtbot.mouseClick(row.marks, LEFT, pos=key)
    assert row.states == ["keyframe"]
    workspace.set_frame(10)
    assert row.states == ["animated"]
    typed(qtbot, row, "8")  # typing on an animated value sets a key, as in Nuke
    curve = value(workspace, "MotionBlur1.distance")
    assert isinstance(curve, Curve)
    assert [(k.frame, k.value) for k in curve.keys] == [(1.0, 4.0), (10.0, 8.0)]
    workspace.set_frame(5)
    assert 4 < float(str(row.numbers[0])) < 8
    menu.go_to_key(row, 1)
    assert workspace.frame == 10
    qtbot.mouseClick(row.marks, LEFT, pos=key)
    menu.go_to_key(row, -1)
    qtbot.mouseClick(row.marks, LEFT, pos=key)
    assert value(workspace, "MotionBlur1.distance") == 4.0  # no key is left: a constant again


def test_an_expression_is_written_seen_and_explained(
    opened: Open, workspace: Workspace, panel: PropertiesPanel, qtbot: QtBot
) -> None:
    row = number(opened("filter.motion_blur").row("distance"))
    row.number.setFocus()
    row.number.selectAll()
    qtbot.keyClicks(row.number, "=")
    entry = row._entry
    assert entry is not None
    line = entry.lines[0]
    line.setFocus()
    line.clear()
    qtbot.keyClicks(line, "frame *")
    qtbot.waitUntil(lambda: "cannot be read" in entry.answer.text())
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert value(workspace, "MotionBlur1.distance") == row.spec.default
    line.clear()
    qtbot.keyClicks(line, "frame * 3")
    qtbot.waitUntil(lambda: entry.answer.text() == "= 3")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert value(workspace, "MotionBlur1.distance") == Expr("frame * 3")
    qtbot.waitUntil(lambda: row.number.value == 3.0)
    assert row.states == ["expression"]
    workspace.set_frame(7)
    qtbot.waitUntil(lambda: row.number.value == 21.0)
    workspace.session.express("MotionBlur1", distance="Nobody.gain")
    qtbot.waitUntil(lambda: "leads to no node" in row.error)


def test_an_equals_sign_opens_the_expression_wherever_the_cursor_is(
    opened: Open, panel: PropertiesPanel, qtbot: QtBot
) -> None:
    row = number(opened("filter.motion_blur").row("distance"))
    row.number.setFocus()
    row.number.deselect()
    row.number.end(False)  # as a click leaves it
    qtbot.keyClicks(row.number, "=")
    assert row._entry is not None
    assert row._entry.lines[0].text() == row.number.text(), "the number is not changed"
    row._close_entry()
    qtbot.keyClicks(row.number, "2=")
    assert row._entry is None, "somebody is typing"
    row.number.revert()


def test_a_link_is_dragged_from_field_to_field(
    opened: Open, workspace: Workspace, panel: PropertiesPanel, qtbot: QtBot
) -> None:
    node = opened("color.grade", multiply=(1.0, 2.0, 3.0, 4.0), black=(0.1, 0.2, 0.3, 0.4))
    source, target = vector(node.row("multiply")), vector(node.row("black"))
    from_, to = source.fields[1], target.fields[2]
    at = from_.mapFromGlobal(to.mapToGlobal(to.rect().center()))
    press = from_.rect().center()
    qtbot.mousePress(from_, LEFT, CONTROL, press)
    way = QPoint(0, 8 if at.y() > press.y() else -8)
    qtbot.mouseMove(from_, press + way)
    qtbot.mouseMove(from_, at)
    qtbot.mouseRelease(from_, LEFT, CONTROL, at)
    assert value(workspace, "Grade1.black") == (0.1, 0.2, Expr("self.multiply.g"), 0.4)
    qtbot.waitUntil(lambda: target.fields[2].value == 2.0)
    assert target.states[2] == "linked"


def test_whole_parameters_are_linked_and_pasted(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    one = opened("color.grade", multiply=(1.0, 2.0, 3.0, 4.0)).row("multiply")
    two = opened("color.grade").row("multiply")
    menu._copy_link(one, None)
    menu.paste_link(two, None)
    assert value(workspace, "Grade2.multiply") == tuple(Expr(f"Grade1.multiply.{c}") for c in "rgba")
    two.reset()
    menu._copy_value(one, None)
    assert QGuiApplication.clipboard().text() == "[1.0, 2.0, 3.0, 4.0]"
    menu._paste_value(two, None)
    assert value(workspace, "Grade2.multiply") == (1.0, 2.0, 3.0, 4.0)
    menu._paste_value(opened("light.point").row("color"), None)
    assert value(workspace, "PointLight1.color") == (1.0, 2.0, 3.0)
    menu._copy_path(one, 1)
    assert QGuiApplication.clipboard().text() == "Grade1.multiply.g"


def test_the_reset_dot_resets(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    row = opened("color.grade", mix=0.2).row("mix")
    assert row.modified
    qtbot.mouseClick(row.marks, LEFT, pos=QPoint(26, 11))
    assert value(workspace, "Grade1.mix") == 1.0
    assert not row.modified


def test_tab_goes_from_field_to_field_in_order(opened: Open, qtbot: QtBot, panel: PropertiesPanel) -> None:
    node = opened("filter.motion_blur")
    with qtbot.waitActive(node.window()):
        node.window().activateWindow()
    field = number(node.row("distance")).number
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    focus = QApplication.focusWidget()
    assert focus is number(node.row("angle")).number
    qtbot.keyClick(focus, Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is field


def test_the_menu_offers_what_fits(opened: Open) -> None:
    node = opened("color.grade")
    words = [a.text() for a in menu.build(node.row("multiply"), 0).actions()]
    assert {"Set Key", "Edit Expression…", "Copy Value", "Paste Link", "Reset"} <= set(words)
    words = [a.text() for a in menu.build(node.row("gamma_mode"), None).actions()]
    assert "Set Key" not in words
    assert "Copy Value" in words


def test_a_number_without_room_loses_digits_not_its_size(opened: Open) -> None:
    row = opened("draw.dither").row("amount")
    assert isinstance(row, NumberRow)
    shown = [row.number.resting_text(lambda text, room=room: len(text) <= room) for room in (10, 7, 3)]
    assert shown == ["0.00392157", "0.00392", "0.00392157"], "elided where even three digits are too long"


def test_the_sides_of_a_box_have_their_names(opened: Open) -> None:
    row = opened("transform.crop").row("box")
    assert isinstance(row, VectorRow)
    assert [field.unit for field in row.fields] == ["x", "y", "r", "t"]
    assert not any(field.accent for field in row.fields), "they are no colours"


def test_sliders_of_frames_run_over_the_project(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(frames=[1001, 1101])
    row = number(opened("transform.tracker", reference_frame=1051).row("reference_frame"))
    assert row.track is not None
    middle = row.track.position_of(1051)
    assert abs(middle - row.track.width() / 2) < 2
    qtbot.mouseClick(row.track, LEFT, pos=QPoint(row.track.width() - 7, row.track.height() // 2))
    assert 1099 <= s.value("Tracker1", "reference_frame") <= 1101
    s.set_project(frames=[1, 2101])
    assert abs(row.track.position_of(1051) - row.track.width() / 2) < 2, "it follows the project"


def test_long_names_are_whole_where_the_panel_is_wide(panel: PropertiesPanel, opened: Open) -> None:
    panel.resize(600, 900)
    node = opened("draw.light_wrap")
    for name in ("only_wrap", "use_constant", "highlight_merge"):
        label = node.row(name).label
        assert label.fontMetrics().horizontalAdvance(label.text) < label.width() - 2, name
    panel.resize(340, 900)
    QApplication.processEvents()
    assert node.row("highlight_merge").label.width() <= 112, "a narrow panel leaves room for the numbers"


def inked(button: QToolButton) -> int:
    """How many lines of pixels of a button something is written in."""
    picture = button.grab().toImage()
    lines = [{picture.pixel(x, y) for x in range(2, picture.width() - 2)} for y in range(2, picture.height() - 2)]
    return sum(len(colors) > 1 for colors in lines)


def test_words_of_small_buttons_are_not_cut(opened: Open) -> None:
    node = opened("draw.roto")
    buttons = [button for button in node.findChildren(QToolButton) if button.text() and button.isVisible()]
    assert {button.text() for button in buttons} >= {"Follow", "Node"}
    for button in buttons:
        text = button.text()
        button.setText("Éjpqy")
        small = inked(button)
        button.setFixedHeight(3 * button.height())
        assert small == inked(button), text
