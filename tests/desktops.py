"""Helpers for tests of the application; fixtures are in `tests/app/conftest.py`."""

import threading
import time
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject
from pytestqt.qtbot import QtBot

from rimlight.app.evaluating import HOUSEKEEPING, VIEWER
from rimlight.app.panels import Panel, PanelDeclaration
from rimlight.app.workers import Background
from rimlight.app.workspace import Workspace

P = TypeVar("P", bound=Panel)


class Make(Protocol):
    """The fixture `make_panel`: a panel of a declaration, shown, which is of a kind."""

    def __call__(self, declaration: PanelDeclaration, kind: type[P] = ...) -> P: ...


def own_threads() -> list[str]:
    """Threads of the application that run."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rimlight-")]


def dispose(thing: QObject) -> None:
    """Delete a Qt object, now and not when the event loop comes to it."""
    thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


def rest(background: Background) -> None:
    """Wait until work on files is done and what it made was delivered."""
    end = time.monotonic() + 60
    while background.busy and time.monotonic() < end:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def hold_files(workspace: Workspace) -> threading.Event:
    """Hold up all work on files, as a slow disk does, until what is returned is set."""
    gate = threading.Event()
    workspace.background.run(lambda: gate.wait(60))
    return gate


class Held:
    """A function whose work in another thread is held up. begun : it is called. gate : set it to let it go on."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.begun, self.gate, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, *_: object, **__: object) -> Any:
        self.begun.set()
        self.gate.wait(60)
        self.ended.set()
        return self.answer


def let_go_late(held: Held, workspace: Workspace, qtbot: QtBot) -> None:
    """Let the work end after all, and wait until whatever it delivers is delivered."""
    held.gate.set()
    qtbot.waitUntil(held.ended.is_set)
    told: list[object] = []
    for urgency in (VIEWER, HOUSEKEEPING):  # behind it in the same threads
        workspace.evaluations.run(workspace, lambda token: None, told.append, channel=f"{urgency}", urgency=urgency)
    qtbot.waitUntil(lambda: len(told) == 2)
