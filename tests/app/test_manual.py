"""The manual opens in the browser, made first where it is not there, and chapters open from the help panel."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app import manual
from rimlight.app.help_panel import PANEL, HelpPanel
from rimlight.app.workspace import Workspace
from rimlight.engine.errors import FileError


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[QUrl]:
    """What a browser is asked for."""
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) or True)
    return asked


def test_it_is_made_and_opened(
    workspace: Workspace, opened: list[QUrl], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual, "write_book", lambda path: path.write_text("the book", encoding="utf-8"))
    file = tmp_path / "manual.html"
    shown = manual.Manual(workspace, file)
    shown.show()
    qtbot.waitUntil(lambda: bool(opened))
    assert file.read_text(encoding="utf-8") == "the book" and opened[0].toLocalFile() == str(file)
    workspace.manual_requested.emit("light--rigs")
    qtbot.waitUntil(lambda: len(opened) == 2)
    assert opened[1].fragment() == "light--rigs"


def test_what_goes_wrong_is_told(
    workspace: Workspace, opened: list[QUrl], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise FileError("the disk is full")

    monkeypatch.setattr(manual, "write_book", refuse)
    told: list[tuple[str, str]] = []
    workspace.message.connect(lambda message: told.append((message.text, message.kind)))
    shown = manual.Manual(workspace, tmp_path / "manual.html")
    shown.show()
    qtbot.waitUntil(lambda: ("the disk is full", "error") in told)
    assert not opened


def test_a_chapter_is_a_link_of_the_help_panel(make_panel: Make, workspace: Workspace) -> None:
    asked: list[str] = []
    workspace.manual_requested.connect(asked.append)
    panel = make_panel(PANEL, HelpPanel)
    panel.page.anchorClicked.emit(QUrl("../light.md#rigs"))
    assert asked == ["light--rigs"]
    panel.page.anchorClicked.emit(QUrl("toy.gain.md"))
    assert panel.kind == "toy.gain" and asked == ["light--rigs"]
