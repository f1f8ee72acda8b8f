"""Errors that nothing caught."""

import ast
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from rimlight.app import mishaps
from rimlight.app.mishaps import FILE, Mishaps
from rimlight.app.window import MainWindow

APP = Path(mishaps.__file__).parent


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What listened before: the tests' own hooks would call what is raised here a failure."""
    told: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(f"{kind.__name__}: {error}"))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(f"thread: {args.exc_value}"))
    return told


@pytest.fixture
def listening(window: MainWindow, heard: list[str], tmp_path: Path) -> Iterator[Mishaps]:
    made = Mishaps(window.bars, tmp_path / "settings", window)
    yield made
    made.close()


def fail(text: str) -> None:
    raise ValueError(text)


def test_an_error_is_told_once_and_written(
    qtbot: QtBot, window: MainWindow, listening: Mishaps, heard: list[str], tmp_path: Path
) -> None:
    for _ in range(3):
        QTimer.singleShot(0, lambda: fail("no such thing"))
    qtbot.waitUntil(lambda: len(heard) == 3 and bool(window.bars.texts()), timeout=20000)
    assert heard == ["ValueError: no such thing"] * 3
    written = tmp_path / "settings" / FILE
    assert [text for text in window.bars.texts() if "Rimlight itself" in text] == [
        "Something in Rimlight itself failed, ValueError: no such thing. The script can still be saved; what failed is"
        f" written in {written}"
    ]
    log = written.read_text()
    assert log.count("Traceback") == 1 and "in fail" in log and "Rimlight " in log and "PySide " in log
    buttons = {button.text(): button for button in window.bars.findChildren(QPushButton)}
    buttons["Copy report"].click()
    assert "no such thing" in QGuiApplication.clipboard().text() and window.bars.texts()
    buttons["Close"].click()
    assert not window.bars.texts()


def test_of_threads_too(qtbot: QtBot, window: MainWindow, listening: Mishaps, heard: list[str], tmp_path: Path) -> None:
    thread = threading.Thread(target=fail, args=("far away",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: any("far away" in text for text in window.bars.texts()), timeout=20000)
    assert heard == ["thread: far away"]


def test_a_file_that_is_full_or_cannot_be_written(
    qtbot: QtBot, window: MainWindow, listening: Mishaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mishaps, "MOST_BYTES", 10)
    written = tmp_path / "settings" / FILE
    written.parent.mkdir()
    written.write_text("old " * 10)
    sys.excepthook(KeyError, KeyError("first"), None)
    assert "old" not in written.read_text() and "first" in written.read_text()
    written.unlink()
    written.mkdir()
    sys.excepthook(OSError, OSError("second"), None)
    qtbot.waitUntil(lambda: any("cannot be written: Is a directory" in t for t in window.bars.texts()), timeout=20000)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(window.bars.texts()) == 1


def test_what_listened_before_does_again(window: MainWindow, heard: list[str], tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook
    Mishaps(window.bars, tmp_path, window).close()
    assert (sys.excepthook, threading.excepthook) == before


class Fails(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.drawLine(0, 0, 9, 9)
            fail("while painting")


def test_an_error_while_painting_does_not_end_the_process(
    qtbot: QtBot, window: MainWindow, listening: Mishaps, heard: list[str]
) -> None:
    widget = Fails(window)
    widget.resize(40, 40)
    widget.show()
    qtbot.waitUntil(lambda: any("while painting" in text for text in window.bars.texts()), timeout=20000)
    seen = len(heard)
    widget.update()
    qtbot.waitUntil(lambda: len(heard) > seen, timeout=20000)
    assert len(window.bars.texts()) == 1
    widget.hide()


def test_painters_end_with_what_they_paint() -> None:
    """One that an error leaves at work crashes the process at the next thing that is painted."""
    left = []
    for path in sorted(APP.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        held = {item.context_expr for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node not in held)
        left += [f"{path.name}:{c.lineno}" for c in calls if isinstance(c.func, ast.Name) and c.func.id == "QPainter"]
    assert left == []
