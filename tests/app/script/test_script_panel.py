"""The script editor: runs away from the GUI thread on a fork, one step of undo, nothing half done."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

import toy_nodes
from desktops import Make, hold_files
from rimlight.app.preferences import read_json, write_json
from rimlight.app.script.panel import PANEL, ScriptPanel
from rimlight.app.workspace import Workspace

Open = Callable[[], ScriptPanel]


@pytest.fixture
def opened(make_panel: Make, qtbot: QtBot, workspace: Workspace) -> Open:
    """Opens an editor that has read what it remembers. No fixture keeps it, so that it can be seen to go."""

    def opened() -> ScriptPanel:
        panel = make_panel(PANEL, ScriptPanel)
        qtbot.waitUntil(lambda: not workspace.background.busy)
        return panel

    return opened


def run(qtbot: QtBot, editor: ScriptPanel, text: str) -> str:
    """Type a text, run it by its key, and return what the output pane has then."""
    editor.edit.replace_all(text)
    with qtbot.waitActive(editor):
        editor.activateWindow()
    editor.edit.setFocus()
    with qtbot.waitSignal(editor.runner.ended, timeout=20_000):
        qtbot.keyClick(editor.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    return editor.output.toPlainText()


def test_all_that_a_run_does_is_one_step(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    first = workspace.session.add("toy.gain", name="First")
    before, position = workspace.graph, workspace.session.history.position
    output = run(
        qtbot,
        editor,
        f"x = '{first}'\nfor i in range(20):\n    x = s.add('toy.gain', x, gain=i)\nlen(session.graph)",
    )
    assert (
        len(list(workspace.graph)) == 21 and "21\n" in output and workspace.graph.node("First") is before.node("First")
    )
    assert workspace.session.history.position == position + 1
    assert workspace.session.history.labels[-1] == "run Python"
    workspace.undo()
    assert workspace.graph == before


def test_a_run_that_fails_changes_nothing_and_shows_where(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    before = workspace.session.document
    output = run(qtbot, editor, "def go():\n    s.add('toy.gain')\n    return 1 / 0\ngo()\n")
    assert workspace.session.document is before and workspace.session.history.position == 0
    assert "ZeroDivisionError" in output and "line 3, in go" in output and "return 1 / 0" in output
    assert "running.py" not in output, "the machinery is not the script's"
    output = run(qtbot, editor, "s.add('toy.gain')\ns.set('Nobody', gain=2)")
    assert "Nobody" in output and "session.py" not in output and workspace.session.document is before
    output = run(qtbot, editor, "for")
    assert "SyntaxError" in output


def test_it_runs_in_another_thread_and_the_window_lives(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    gate = threading.Event()
    editor.runner._names["gate"] = gate
    editor.edit.setPlainText(
        "import threading\nprint(threading.current_thread().name)\ns.add('toy.gain')\ngate.wait(20)"
    )
    editor.run()
    qtbot.waitUntil(lambda: "rimlight-script" in editor.output.toPlainText())
    assert editor.runner.running and not editor.settled and not list(workspace.graph)
    assert not editor.runner.start("1"), "one at a time"
    with qtbot.waitSignal(editor.runner.ended):
        gate.set()
    assert len(list(workspace.graph)) == 1 and editor.settled


def test_the_prints_of_others_stay_theirs(opened: Open, qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    editor = opened()
    text = (
        "import threading\nt = threading.Thread(target=print, args=('elsewhere',))\nt.start()\nt.join()\nprint('here')"
    )
    output = run(qtbot, editor, text)
    assert "here" in output and "elsewhere" not in output
    assert capsys.readouterr().out == "elsewhere\n"


@pytest.mark.parametrize("key", [Qt.Key.Key_Period, Qt.Key.Key_Escape])
def test_an_endless_loop_is_stopped_by_key(opened: Open, workspace: Workspace, qtbot: QtBot, key: Qt.Key) -> None:
    editor = opened()
    before = workspace.session.document
    text = "s.add('toy.gain')\nprint('on')\nwhile True:\n    try:\n        x = 1\n    except Exception:\n        pass"
    editor.edit.setPlainText(text)
    with qtbot.waitActive(editor):
        editor.activateWindow()
    editor.edit.setFocus()
    editor.run()
    qtbot.waitUntil(lambda: "on" in editor.output.toPlainText())
    held = Qt.KeyboardModifier.ControlModifier if key == Qt.Key.Key_Period else Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(editor.runner.ended, timeout=20_000):
        qtbot.keyClick(editor.edit, key, held)
    assert "stopped" in editor.output.toPlainText() and workspace.session.document is before


@pytest.mark.parametrize(
    "loop", ["while True: pass", "while True:\n    try:\n        x = 1\n    except:\n        pass"],
    ids=["of one instruction", "that catches all"],
)  # fmt: skip
def test_a_loop_that_does_not_listen_is_stopped(opened: Open, qtbot: QtBot, loop: str) -> None:
    editor = opened()
    editor.edit.setPlainText(f"print('on')\n{loop}")
    editor.run()
    qtbot.waitUntil(lambda: "on" in editor.output.toPlainText())
    pressing = QTimer()
    pressing.timeout.connect(editor.runner.interrupt)
    with qtbot.waitSignal(editor.runner.ended, timeout=20_000):
        pressing.start(50)
    pressing.stop()
    assert "stopped" in editor.output.toPlainText()
    run(qtbot, editor, "print('again')")
    assert "again" in editor.output.toPlainText()


def test_what_runs_when_the_window_closes_is_stopped(opened: Open, qtbot: QtBot) -> None:
    editor = opened()
    editor.edit.setPlainText("print('on')\nwhile True: pass")
    editor.run()
    qtbot.waitUntil(lambda: "on" in editor.output.toPlainText())
    editor.runner.close(seconds=60)
    thread = editor.runner._thread
    assert thread is not None and not thread.is_alive()


def test_an_evaluation_of_a_run_is_stopped(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    source = workspace.session.add("toy.coordinates")
    workspace.session.add("toy.slow", source, name="Slow", seconds=60)
    editor.edit.setPlainText("s.evaluate('Slow')")
    editor.run()
    qtbot.waitUntil(toy_nodes.Slow.entered.is_set)
    with qtbot.waitSignal(editor.runner.ended, timeout=20_000):
        editor.runner.interrupt()
    assert "stopped" in editor.output.toPlainText()


def test_a_script_edited_in_the_meantime_is_not_overwritten(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    gate = threading.Event()
    editor.runner._names["gate"] = gate
    editor.edit.setPlainText("s.add('toy.gain', name='Mine')\ngate.wait(20)")
    editor.run()
    workspace.session.add("toy.box", name="Theirs")
    with qtbot.waitSignal(editor.runner.ended):
        gate.set()
    assert list(workspace.graph) == ["Theirs"] and "run it again" in editor.output.toPlainText()


def test_only_the_selection_runs_and_names_are_kept(opened: Open, workspace: Workspace, qtbot: QtBot) -> None:
    editor = opened()
    workspace.session.add("toy.gain", name="G")
    workspace.select(["G"])
    workspace.set_frame(7)
    run(qtbot, editor, "a = selection, frame")
    editor.edit.replace_all("boom(\nprint(a)")
    cursor = editor.edit.textCursor()
    cursor.select(QTextCursor.SelectionType.LineUnderCursor)
    editor.edit.setTextCursor(cursor)
    with qtbot.waitSignal(editor.runner.ended):
        editor.run()
    assert "(['G'], 7.0)" in editor.output.toPlainText() and "SyntaxError" not in editor.output.toPlainText()


def test_earlier_runs_come_back_by_key(opened: Open, qtbot: QtBot) -> None:
    editor = opened()
    for text in ("1", "2", "2"):
        run(qtbot, editor, text)
    editor.edit.replace_all("typed")
    texts = []
    for key in (
        Qt.Key.Key_BracketLeft,
        Qt.Key.Key_BracketLeft,
        Qt.Key.Key_BracketLeft,
        Qt.Key.Key_BracketRight,
        Qt.Key.Key_BracketRight,
    ):
        qtbot.keyClick(editor.edit, key, Qt.KeyboardModifier.ControlModifier)
        texts.append(editor.edit.toPlainText())
    assert texts == ["2", "1", "1", "2", "typed"]
    editor.earlier.menu().aboutToShow.emit()
    assert [action.text()[-1] for action in editor.earlier.menu().actions()] == ["2", "1"]


def test_the_text_is_kept_between_sittings(
    opened: Open, make_panel: Make, workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    editor = opened()
    run(qtbot, editor, "1 + 1")
    qtbot.keyClicks(editor.edit, "  # more")
    qtbot.waitUntil(lambda: read_json(config / "script_editor.json").get("text") == "1 + 1  # more")
    again = make_panel(PANEL, ScriptPanel)
    qtbot.waitUntil(lambda: again.edit.toPlainText() == "1 + 1  # more")


def test_a_run_before_the_earlier_ones_are_read_keeps_them(
    make_panel: Make, workspace: Workspace, config: Path, qtbot: QtBot
) -> None:
    path = config / "script_editor.json"
    write_json(path, {"text": "", "runs": [["1", "2026-11-25 17:04", "done"]]})
    gate = hold_files(workspace)
    panel = make_panel(PANEL, ScriptPanel)
    run(qtbot, panel, "2")
    gate.set()
    qtbot.waitUntil(lambda: not workspace.background.busy)
    assert [text for text, *_ in read_json(path)["runs"]] == ["1", "2"]


def test_much_output_neither_floods_nor_stops(opened: Open, qtbot: QtBot) -> None:
    editor = opened()
    output = run(qtbot, editor, "for i in range(100_000): print(i)")
    assert "99999\n" in output and editor.output.blockCount() <= 10_000
