"""Autosaves of scripts that were never saved: in sight over the start page, read, taken, saved, not offered again."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from rimlight.app import scriptfiles
from rimlight.app.dialogs import LinesDialog
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
        return [label for label in page.findChildren(QLabel) if label.text() == "unsaved edits"]

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
