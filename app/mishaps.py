"""Errors that nothing caught: told once in the window, and written where who mends them can read them.

Qt goes on after an error in what it calls, and PySide prints it where nobody looks who works in a window.
"""

import platform
import sys
import threading
import time
import traceback
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

import PySide6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from .messagebar import Choice, MessageBars

FILE = "errors.log"
MOST_BYTES = 1 << 20
"""Above this the file begins anew."""
TOPIC = "mishap"


class Mishaps(QObject):
    """Listens for errors that no thread caught, until `close`. What comes again from one line is told once.

    folder : where `errors.log` is written, made when it is needed. What listened before goes on hearing of them all.
    """

    _happened = Signal(str, str)

    def __init__(self, bars: MessageBars, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bars = bars
        self._path = folder / FILE
        self._seen: set[tuple[str, str, int]] = set()
        self._before = sys.excepthook, threading.excepthook
        self._hooks = self._caught, self._caught_in_thread
        sys.excepthook, threading.excepthook = self._hooks
        # Not at once: the error may have come while the window is painted.
        self._happened.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def close(self) -> None:
        """Listen no longer; what listened before does again."""
        if (sys.excepthook, threading.excepthook) == self._hooks:
            sys.excepthook, threading.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._before[0](kind, error, trace)
        self._keep(error)

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        self._before[1](args)
        if args.exc_value is not None:
            self._keep(args.exc_value)

    def _keep(self, error: BaseException) -> None:
        if not isinstance(error, Exception):
            return  # Ctrl-C in a terminal
        last = (traceback.extract_tb(error.__traceback__) or [traceback.FrameSummary("", 0, "")])[-1]
        place = type(error).__name__, last.filename, last.lineno or 0
        if place in self._seen:
            return
        self._seen.add(place)
        report = f"{_about()}\n{''.join(traceback.format_exception(error))}\n"
        sentence = (
            f"Something in Rimlight itself failed, {type(error).__name__}: {error}. The script can still be saved"
        )
        try:
            self._write(report)
        except OSError as failed:
            told = f"{sentence}; {self._path} cannot be written: {failed.strerror or failed}"
        else:
            told = f"{sentence}; what failed is written in {self._path}"
        self._happened.emit(told, report)

    def _write(self, report: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        full = self._path.exists() and self._path.stat().st_size > MOST_BYTES
        with self._path.open("w" if full else "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report)

    def _tell(self, sentence: str, report: str) -> None:
        copy = Choice("Copy report", lambda: QGuiApplication.clipboard().setText(report), stays=True)
        self._bars.report(TOPIC, sentence, copy)


def _about() -> str:
    """A line of when, and of what runs."""
    parts = f"Rimlight {version('rimlight')}", f"Python {platform.python_version()}", f"PySide {PySide6.__version__}"
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {', '.join((*parts, platform.platform()))}"
