"""The field for Python: indentation and comments by key, colours."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QTextCursor
from pytestqt.qtbot import QtBot

from rimlight.app import theme
from rimlight.app.script.code_edit import CodeEdit
from rimlight.app.script.completing import completion
from rimlight.engine import Graph, NodeState, Session


@pytest.fixture
def edit(qtbot: QtBot) -> CodeEdit:
    made = CodeEdit()
    qtbot.addWidget(made)
    made.show()
    return made


def test_enter_keeps_and_deepens_the_indentation(edit: CodeEdit, qtbot: QtBot) -> None:
    qtbot.keyClicks(edit, "for i in x:")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, "pass")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClick(edit, Qt.Key.Key_Backspace)
    qtbot.keyClicks(edit, "x")
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.toPlainText() == "for i in x:\n    pass\nx   "


def test_lines_are_indented_and_commented_together_in_one_step(edit: CodeEdit, qtbot: QtBot) -> None:
    edit.setPlainText("a\n\nb")
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.toPlainText() == "    a\n\n    b"
    qtbot.keyClick(edit, Qt.Key.Key_Backtab)
    assert edit.toPlainText() == "a\n\nb"
    qtbot.keyClick(edit, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert edit.toPlainText() == "# a\n\n# b"
    qtbot.keyClick(edit, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert edit.toPlainText() == "a\n\nb"
    edit.undo()
    assert edit.toPlainText() == "# a\n\n# b"


def test_words_have_their_colours(edit: CodeEdit) -> None:
    edit.setPlainText('def f(): # why\n    s.print = """a\nif b""" + "c"  # d\n')
    colors = {}
    for line, column, name in (
        (0, 0, "def"),
        (0, 9, "why"),
        (1, 4, "s"),
        (1, 6, "print"),
        (2, 0, "inside"),
        (2, 11, "c"),
    ):
        block = edit.document().findBlockByNumber(line)
        at = [f for f in block.layout().formats() if f.start <= column < f.start + f.length]
        colors[name] = at[-1].format.foreground().color().name() if at else ""
    assert colors["def"] == theme.color("accent").name() and colors["why"] == theme.color("text.dim").name()
    assert colors["inside"] == colors["c"] == theme.color("success").name()
    assert colors["s"] == theme.color("value.expression").name() and colors["print"] == "", (
        "an attribute is no built-in"
    )


def test_there_is_room_for_line_numbers(edit: CodeEdit) -> None:
    narrow = edit.room
    edit.setPlainText("x\n" * 2000)
    assert edit.room > narrow and edit.viewport().geometry().left() >= narrow
    edit.moveCursor(QTextCursor.MoveOperation.End)
    assert not edit.grab().isNull()


def offered(edit: CodeEdit) -> list[str]:
    model = edit.offers.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_a_dot_offers_what_the_session_can_and_enter_takes_it(edit: CodeEdit, qtbot: QtBot) -> None:
    graph = Graph({"Blur1": NodeState("filter.blur")})
    edit.complete = lambda before, text: completion(before, text, graph)
    qtbot.keyClicks(edit, "s.")
    assert edit.offers.popup().isVisible() and {"add", "set", "render"} <= set(offered(edit))
    qtbot.keyClicks(edit, "un")
    assert offered(edit) == ["undo", "ungroup"]
    qtbot.keyClick(edit.offers.popup(), Qt.Key.Key_Return)
    assert edit.toPlainText() == "s.undo" and not edit.offers.popup().isVisible()
    qtbot.keyClicks(edit, "(); x = 1.")
    assert not edit.offers.popup().isVisible()
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.keyClicks(edit, 's.set("Bl')
    qtbot.keyClick(edit, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert offered(edit) == ["Blur1"]
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    edit.offers.popup().hide()


def test_parameters_kinds_and_names_are_offered_where_they_belong() -> None:
    Session()
    graph = Graph({"Grade1": NodeState("color.grade"), "G": NodeState("structure.group", graph=Graph())})

    def offers(before: str, text: str = "") -> tuple[str, ...]:
        return completion(before, text, graph).offers

    assert "multiply=" in offers('s.set("Grade1", mu') and completion('s.set("Grade1", mu', "", graph).word == "mu"
    assert "gamma=" in offers('s.set("Grade1", multiply=(1, 2), ga')
    assert offers('s.connect("G') == ("Grade1", "G") or offers('s.connect("Gr') == ("Grade1",)
    assert "Grade" in offers('s.add("Gr') and "color.grade" in offers('s.add("col')
    assert "size=" in offers('s.add("Blur", "Grade1", si')
    assert offers("sele", "chosen = 1") == ("selection",) and offers("cho", "chosen = 1") == ("chosen",)
    assert offers('s.set("Nobody", x') == ()


def test_what_to_write_is_read_until_something_is_written(edit: CodeEdit, qtbot: QtBot) -> None:
    """The mark of the line would lie over it."""
    marked, hint = theme.color("surface.base").name(), edit.placeholderText().splitlines()[0]
    inside = edit.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    line = edit.cursorRect().translated(edit.viewport().pos())
    row = [inside.pixelColor(x, line.center().y()) for x in range(line.left() + 2, edit.width() - 20)]
    assert hint and marked not in {color.name() for color in row}
    assert max(color.lightness() for color in row) > theme.color("surface.deep").lightness() + 30
    qtbot.keyClicks(edit, "x")
    assert edit.extraSelections()
