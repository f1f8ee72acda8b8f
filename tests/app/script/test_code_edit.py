"""The field for Python: indentation and comments by key, colours."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from rimlight.app import theme
from rimlight.app.script.code_edit import CodeEdit


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
