"""Autosaves of scripts that were never saved: in sight over the start page, read, taken, saved, not offered again."""

import os
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from rimlight.app import scriptfiles
from rimlight.app.dialogs import LinesDialog
from rimlight.app.recovery import RecoverDialog
from rimlight.app.window import MainWindow
from rimlight.engine import Autosave, Document, NodeState, Recovery, Session, find_recovery, save_script


def click(qtbot: QtBot, window: MainWindow, text: str) -> None:
    button = next(b for b in window.bars.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def offered(window: MainWindow, qtbot: QtBot, config: Path) -> Path:
    """The autosave that a window offers."""
    document = Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    path = Autosave(None, config / "autosave").write(document)
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        window.files.look_for_unsaved()
    return path


def test_the_start_page_leaves_what_is_asked_in_sight(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    window.show_start_page()
    Autosave(None, config / "autosave").write(
        Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    )
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        window.files.look_for_unsaved()
    button = next(b for b in window.bars.findChildren(QPushButton) if b.text() == "Recover")

    def on_top() -> bool:
        corners = (button.rect().topLeft() + QPoint(2, 2), button.rect().bottomRight() - QPoint(2, 2))
        return all(window.childAt(button.mapTo(window, corner)) is button for corner in corners)

    qtbot.waitUntil(on_top, timeout=5000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert list(window.workspace.graph) == ["A"]


def test_the_start_page_tells_which_scripts_hold_more_than_was_saved(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    """After a crash nothing said which of the recent scripts to open again."""
    paths = [tmp_path / f"{name}.rim" for name in ("crashed", "saved")]
    for path in paths:
        save_script(Document(), path)
        window.scripts.recent.append(path)
    document = Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    Autosave(paths[0], config / "autosave").write(document)
    window.show_start_page()
    window.show_start_page()  # what was found for the first time is told once
    page = window.starting.page
    assert page is not None

    def told() -> list[QLabel]:
        return [label for label in page.findChildren(QLabel) if label.text() == "unsaved edits" and label.isVisible()]

    qtbot.waitUntil(lambda: bool(told()) and not window.workspace.background.busy, timeout=10_000)
    assert len(told()) == 1
    entry = next(b for b in page.findChildren(QPushButton) if b.text() == "crashed")
    qtbot.waitUntil(lambda: abs(told()[0].geometry().center().y() - entry.geometry().center().y()) < 4)
    window.starting.hide()


def test_of_recent_scripts_only_what_opening_them_offers_is_told(
    window: MainWindow, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose autosave holds nothing else was named, and one that is gone; all others were asked for, too, and a
    server that was away held up what was opened meanwhile.
    """
    edited, alike, gone, clean = paths = [tmp_path / f"{name}.rim" for name in ("edited", "alike", "gone", "clean")]
    for path in (edited, alike, clean):
        save_script(Document(), path)
    document = Document().with_(graph=Session().graph.put("A", NodeState("image.constant", 1)))
    for path, autosaved in ((edited, document), (alike, Document()), (gone, document)):
        Autosave(path, config / "autosave").write(autosaved)
    asked = set()

    def found(path: Path, folder: Path) -> list[Recovery]:
        asked.add(path)
        return find_recovery(path, folder)

    monkeypatch.setattr(scriptfiles, "find_recovery", found)
    assert window.files.unsaved(paths) == [edited]
    assert clean not in asked


def test_all_differences_are_read_before_an_answer(window: MainWindow, qtbot: QtBot, offered: Path) -> None:
    click(qtbot, window, "Show all")
    (dialog,) = window.findChildren(LinesDialog)
    assert [dialog.list.item(i).text() for i in range(dialog.list.count())] == ["added A (image.constant)"]
    dialog.close()
    dialog.setParent(None)
    assert len(window.bars.texts()) == 1 and offered.exists(), "nothing is answered by that"


def test_what_was_recovered_and_saved_is_not_offered_again(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path, offered: Path
) -> None:
    click(qtbot, window, "Recover")
    assert offered.exists(), "until it is saved"
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    assert find_recovery(None, config / "autosave") == []


def test_what_was_recovered_and_taken_back_is_kept(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, offered: Path
) -> None:
    click(qtbot, window, "Recover")
    window.workspace.undo()
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    assert offered.exists()


def test_it_is_discarded_only_when_that_is_said(window: MainWindow, qtbot: QtBot, offered: Path) -> None:
    window.commands.trigger("render.cancel")
    assert window.bars.texts() == [] and offered.exists()
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        window.files.look_for_unsaved()
    click(qtbot, window, "Discard it")
    qtbot.waitUntil(lambda: not offered.exists(), timeout=5000)
    QApplication.processEvents()
    assert not window.workspace.graph


def autosaved(window: MainWindow, config: Path, script: Path | None, *names: str) -> Path:
    """Another session's autosave of a script with some nodes."""
    graph = Session().graph
    for name in names:
        graph = graph.put(name, NodeState("image.constant", 1))
    return Autosave(script, config / "autosave").write(Document().with_(graph=graph))


def listed(window: MainWindow, qtbot: QtBot) -> RecoverDialog:
    """The list that *Recover…* shows."""
    assert window.commands.trigger("file.recover")
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoverDialog)), timeout=10_000)
    (dialog,) = window.findChildren(RecoverDialog)
    return dialog


def press(qtbot: QtBot, dialog: RecoverDialog, text: str) -> None:
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_was_autosaved_of_a_script_whose_file_is_gone_comes_back(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    """It could not be reached: opening the script failed, and nothing else led to it."""
    gone = tmp_path / "jobs" / "shot.rim"
    gone.parent.mkdir()
    path = autosaved(window, config, gone, "A", "B")
    with qtbot.waitSignal(window.files.failed, timeout=10_000) as failed:
        window.files.open(gone)
    assert failed.args[0].endswith("No such file or directory; File ▸ Recover… has an autosave of it")
    window.workspace.session.add("Constant", name="Mine")
    dialog = listed(window, qtbot)
    (sentence,) = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert sentence.startswith("shot.rim: 2 nodes, autosaved ")
    assert sentence.endswith(f"; no script can be read any more at {gone.parent.resolve()}")
    press(qtbot, dialog, "Recover")
    click(qtbot, window, "Do not save")  # asked before what is open is given up
    assert list(window.workspace.graph) == ["A", "B"] and window.workspace.dirty and window.files.path is None
    assert window.workspace.session.project.folder == str(gone.parent.resolve()), "where its relative files lie"
    assert path.exists()
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "again.rim")
    assert not path.exists()


def test_of_a_script_that_is_there_the_file_is_opened_and_its_autosave_offered(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    there, damaged = tmp_path / "there.rim", tmp_path / "damaged.rim"
    for script in (damaged, there):
        save_script(Document(), script)
        autosaved(window, config, script, script.stem)
    data = damaged.stat()
    damaged.write_text("{")
    os.utime(damaged, ns=(data.st_atime_ns, data.st_mtime_ns))
    dialog = listed(window, qtbot)
    sentences = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert sorted(s.partition(":")[0] for s in sentences) == ["damaged.rim", "there.rim"]
    row = next(row for row, s in enumerate(sentences) if s.startswith("there"))
    assert sentences[row].startswith("there.rim: 1 node, autosaved ")
    assert sentences[row].endswith(f", 1 difference to the file in {tmp_path.resolve()}")
    assert "no script can be read" in sentences[1 - row], "opening it would offer nothing"
    dialog.list.setCurrentRow(row)
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000):
        press(qtbot, dialog, "Recover")
    assert window.files.path == there.resolve() and not window.workspace.graph


def test_an_autosave_in_the_list_is_discarded_when_that_is_said(window: MainWindow, qtbot: QtBot, config: Path) -> None:
    paths = [autosaved(window, config, None, "A"), autosaved(window, config, None, "A", "B")]
    dialog = listed(window, qtbot)
    dialog.list.setCurrentRow(0)
    held = dialog.list.item(0).text()
    assert held.startswith("A script without a name: ") and held.endswith("; never saved")
    number = 1 if "2 nodes" in held else 0
    press(qtbot, dialog, "Discard it")
    qtbot.waitUntil(lambda: not paths[number].exists(), timeout=5000)
    assert paths[1 - number].exists() and dialog.list.count() == 1
    press(qtbot, dialog, "Close")
    said = []
    window.workspace.message.connect(said.append)
    paths[1 - number].unlink()
    window.workspace.session.add("Constant", name="Mine")
    window.files._write_autosave()  # the own one is not lost
    assert window.commands.trigger("file.recover")
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said[0].text == "No autosave holds more than its script"


def test_of_several_autosaves_of_a_script_the_one_that_was_chosen_is_offered(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    """It was the newest, whichever was chosen."""
    script = tmp_path / "shot.rim"
    save_script(Document(), script)
    for names, ago in ((("Old",), 900.0), (("New", "Newer"), 60.0)):
        os.utime(autosaved(window, config, script, *names), (time.time() - ago, time.time() - ago))
    dialog = listed(window, qtbot)
    assert ["2 nodes" in dialog.list.item(row).text() for row in range(dialog.list.count())] == [True, False]
    dialog.list.setCurrentRow(1)
    with qtbot.waitSignal(window.files.recovery_found, timeout=10_000) as found:
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert list(found.args[0].loaded.document.graph) == ["Old"]


def test_what_was_taken_from_the_list_is_not_offered_beside_it(
    window: MainWindow, qtbot: QtBot, config: Path, offered: Path
) -> None:
    """A second list, and the bar at the foot, went on to offer it, or to discard it."""
    old = listed(window, qtbot)
    assert window.commands.trigger("file.recover")
    qtbot.waitUntil(lambda: not isValid(old) or not old.isVisible(), timeout=10_000)
    dialog = next(d for d in window.findChildren(RecoverDialog) if d.isVisible())
    press(qtbot, dialog, "Recover")
    assert list(window.workspace.graph) == ["A"] and window.bars.texts() == [] and offered.exists()


def test_what_is_discarded_is_told_on_the_start_page_no_more(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    save_script(Document(), tmp_path / "there.rim")
    window.scripts.recent.append(tmp_path / "there.rim")
    autosaved(window, config, tmp_path / "there.rim", "A")
    autosaved(window, config, None, "A", "B")
    window.show_start_page()
    page = window.starting.page
    assert page is not None

    def told() -> int:
        words = ("unsaved edits", "never saved")
        return sum(label.isVisible() and label.text().endswith(words) for label in page.findChildren(QLabel))

    qtbot.waitUntil(lambda: told() == 2, timeout=10_000)
    dialog = listed(window, qtbot)
    for left in (1, 0):
        dialog.list.setCurrentRow(0)
        press(qtbot, dialog, "Discard it")
        qtbot.waitUntil(lambda left=left: told() == left, timeout=10_000)  # type: ignore[misc]
    window.starting.hide()


def test_the_start_page_tells_of_scripts_without_a_file(
    window: MainWindow, qtbot: QtBot, config: Path, tmp_path: Path
) -> None:
    save_script(Document(), tmp_path / "there.rim")
    autosaved(window, config, tmp_path / "there.rim", "A")
    for name in ("old", "new"):
        path = autosaved(window, config, tmp_path / f"{name}.rim", "A", "B")
        os.utime(path, (1, 1) if name == "old" else None)
    window.show_start_page()
    page = window.starting.page
    assert page is not None
    window.show_start_page()  # what was found for the first time is told once
    page = window.starting.page
    assert page is not None

    def told() -> list[str]:
        return [label.text() for label in page.findChildren(QLabel) if "autosaved" in label.text()]

    qtbot.waitUntil(lambda: bool(told()), timeout=10_000)
    (sentence,) = told()
    assert sentence.startswith("new.rim: 2 nodes, autosaved ") and sentence.endswith("(and 1 more)")
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Recover…")
    qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty(), timeout=10_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoverDialog)), timeout=10_000)
    assert window.findChildren(RecoverDialog)[0].list.count() == 3
    window.starting.hide()


def test_an_autosave_that_is_asked_about_is_told_once(
    window: MainWindow, qtbot: QtBot, config: Path, offered: Path
) -> None:
    """The start page and the bar at the foot told the same."""
    autosaved(window, config, None, "B", "C")
    window.show_start_page()
    page = window.starting.page
    assert page is not None
    told = page.findChildren(QLabel)
    qtbot.waitUntil(lambda: any("2 nodes" in label.text() for label in told), timeout=10_000)
    assert not any("and 1 more" in label.text() for label in told)
    assert len(window.bars.texts()) == 1


def test_a_server_that_hangs_holds_up_no_saving(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Looking for autosaves asks for the files of all scripts that were ever autosaved."""
    gate = threading.Event()
    window.workspace.aside.run(lambda: gate.wait(60))
    window.show_start_page()
    assert window.commands.trigger("file.recover")
    with qtbot.waitSignal(window.files.saved, timeout=10_000):
        window.files.save(tmp_path / "shot.rim")
    said = []
    window.workspace.message.connect(said.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said[0].text == "No autosave holds more than its script"
