"""Helpers for tests of the application; fixtures are in `tests/app/conftest.py`."""

import threading

from PySide6.QtCore import QCoreApplication, QEvent, QObject


def own_threads() -> list[str]:
    """Threads of the application that run."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rimlight-")]


def dispose(thing: QObject) -> None:
    """Delete a Qt object, now and not when the event loop comes to it."""
    thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
