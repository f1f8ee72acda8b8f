"""The GUI thread never evaluates and reads no files, whatever an artist does in the window."""

import builtins
import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from rimlight.app.window import MainWindow
from rimlight.engine import Reader
from rimlight.engine.evaluate.evaluator import Evaluator
from source import ROOT

DEMO = ROOT / "resources" / "scripts" / "demo.rim"


class Watch:
    """Notes what is done in the GUI thread, and how much in others, which shows that it looks."""

    def __init__(self) -> None:
        self.gui = threading.get_ident()
        self.here: list[str] = []
        self.elsewhere: set[str] = set()

    def note(self, what: str) -> None:
        if threading.get_ident() == self.gui:
            self.here.append(what)
        else:
            self.elsewhere.add(what)

    def method(self, monkeypatch: pytest.MonkeyPatch, cls: type, name: str) -> None:
        plain = getattr(cls, name)

        def watched(*args: Any, **given: Any) -> Any:
            self.note(f"{cls.__name__}.{name}")
            return plain(*args, **given)

        monkeypatch.setattr(cls, name, watched)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watch:
    """A watch over evaluation, readers of pictures, and files of scripts, pictures and settings that are opened."""
    watch = Watch()
    for name in ("survey", "evaluate"):
        watch.method(monkeypatch, Evaluator, name)
    for name in ("stamp", "info", "pixels", "frames"):
        watch.method(monkeypatch, Reader, name)
    plain, resources = io.open, ROOT / "resources"
    watched = (str(resources / "scripts"), str(resources / "plates"), str(tmp_path))

    def opened(file: Any, *args: Any, **given: Any) -> Any:
        name = os.fspath(file) if isinstance(file, str | os.PathLike) else ""
        if str(name).startswith(watched):
            watch.note(f"open {name}")
        return plain(file, *args, **given)

    monkeypatch.setattr(io, "open", opened)
    monkeypatch.setattr(builtins, "open", opened)
    return watch


@pytest.mark.parametrize("layout", ["Compositing", "Lighting"])
def test_only_workers_evaluate_and_open_files(layout: str, window: MainWindow, qtbot: QtBot, watch: Watch) -> None:
    workspace = window.workspace
    with qtbot.waitSignal(window.files.opened, timeout=20_000):
        window.open(DEMO)
    window.apply_layout(layout)
    qtbot.waitUntil(lambda: window.settled, timeout=60_000)
    for name in ("Warm", "Over", "Garden"):
        workspace.select([name])
        workspace.properties_requested.emit(name)
    for frame in (2, 3, 1):
        workspace.set_frame(frame)
    for gain in (1.2, 1.4, 1.6):
        workspace.edit(lambda s, gain=gain: s.set("Warm", white=(gain, gain, gain, 1.0)))  # type: ignore[misc]
        qtbot.wait(20)
    workspace.edit(lambda s: s.add("Blur", "Warm", name="Soft", size=(4.0, 4.0)))
    workspace.undo()
    qtbot.waitUntil(lambda: window.settled, timeout=60_000)
    assert watch.here == []
    assert {"Evaluator.survey", "Evaluator.evaluate", "Reader.pixels", "Reader.info"} <= watch.elsewhere
    workspace.session.history.mark_saved()
