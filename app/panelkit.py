"""Trying a panel without a window, for the tests of whoever wrote it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from rimlight.engine import Session

from . import theme
from .actions import Actions
from .commands import COMMANDS
from .panels import Desktop, Panel, PanelDeclaration
from .preferences import Preferences
from .scriptfiles import ScriptFiles
from .workspace import Workspace


@contextmanager
def try_panel(declaration: PanelDeclaration, session: Session) -> Iterator[Panel]:
    """The panel of a declaration, shown, on a workspace with this session; both go with the end of the block.

    Makes an application where there is none, without a screen where there is no screen. What the panel's constructor
    raises is raised.
    """
    application = QApplication.instance() or _application()
    if isinstance(application, QApplication) and not application.styleSheet():
        theme.apply(application)
    workspace = Workspace(session)
    with tempfile.TemporaryDirectory(prefix="rimlight-panel-") as folder:
        files = ScriptFiles(workspace, Path(folder))
        actions = Actions([*COMMANDS, *declaration.actions])
        panel = None
        try:
            panel = declaration.factory(Desktop(workspace, files, actions, Preferences, lambda _: None))
            panel.resize(480, 360)
            panel.show()
            QCoreApplication.processEvents()
            yield panel
        finally:
            workspace.close()
            for made in (panel, actions, workspace):
                if made is not None:
                    made.deleteLater()
            del panel
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _application() -> QApplication:
    """An application. Qt aborts the process where it finds no screen, and with it all tests that were to come."""
    screens = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return QApplication([])
