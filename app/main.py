"""`rimlight gui`: the application from start to end."""

import os
import sys
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication

from rimlight.engine import RimlightError, listing

from . import theme
from .collecting import Collector
from .display import require_display
from .mishaps import Mishaps
from .preferences import FOLDER_VARIABLE, Preferences, config_folder
from .window import MainWindow
from .workspace import Workspace

QUIET_MS = 250
"""For how long everything has to be settled before a screenshot: layouts and thumbnails follow the picture."""


def run(script: Path | None = None, screenshot: Path | None = None, layout: str = "", timeout: float = 240.0) -> int:
    """Open the desktop and return the exit code when it is closed.

    screenshot : save the window to this file when everything is drawn finally, and quit. timeout : seconds after which
    that is given up, 0 for never. Raises RimlightError for a script, a layout or a screenshot file that cannot be had.
    """
    if script is not None and not script.is_file():
        raise RimlightError(f"{script}: there is no such script")
    if screenshot is not None and not screenshot.parent.is_dir():
        raise RimlightError(f"{screenshot}: the screenshot cannot be written: there is no folder {screenshot.parent}")
    require_display(picture_only=screenshot is not None)
    application = start_application()
    config = config_folder()
    window = MainWindow(Workspace(), config, config / "autosave" if os.environ.get(FOLDER_VARIABLE) else None)
    if layout and not window.apply_layout(layout):
        window.workspace.close()
        if layout in window.layout_names:
            raise RimlightError(f"the layout '{layout}' is damaged, or of a later version; save it anew in the desktop")
        raise RimlightError(f"there is no layout '{layout}', only {listing(window.layout_names)}")
    window.show()
    if layout:
        window.apply_layout(layout)  # sizes of docks count only in a window that is shown
    Collector(application)
    mishaps = Mishaps(window.bars, config, window)
    if screenshot is not None:
        shot = _Screenshot(window, screenshot, timeout)
        window.files.failed.connect(shot.fail)
    if script is not None:
        window.open(script)
    elif screenshot is None:
        window.show_start_page()
        window.files.look_for_unsaved()
    window.workspace.background.run(lambda: import_module("networkx"))  # else the first edit holds up the window for it
    code = application.exec()
    mishaps.close()
    window.workspace.close()
    if screenshot is not None and shot.error:
        raise RimlightError(shot.error)
    return code


def start_application() -> QApplication:
    """The application, dressed. The one that exists where there is one, as in tests."""
    existing = QCoreApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("rimlight")
    application.setApplicationDisplayName("")
    theme.apply(application, Preferences.load(config_folder()).font_scale)
    return application


class _Screenshot:
    """Saves the window once it has been settled for a moment, and quits; after `timeout` seconds, unless 0, without."""

    def __init__(self, window: MainWindow, path: Path, timeout: float) -> None:
        self.error = ""
        self._window = window
        self._path = path
        self._quiet = QTimer(window, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._take)
        self._timeout = timeout
        if timeout:
            QTimer.singleShot(round(1000 * timeout), window, self._give_up)
        window.settled_changed.connect(self._quiet.start)
        self._quiet.start()

    def fail(self, sentence: str) -> None:
        if not self.error:  # the window may settle again while the application ends
            self.error = sentence
            QCoreApplication.exit(1)

    def _give_up(self) -> None:
        at_work = self._window.workspace.evaluations.activity.computing
        nodes = f"; still computing: {listing(at_work)}" if at_work else ""
        self.fail(f"the window was not drawn within {self._timeout:g} s{nodes}")

    def _take(self) -> None:
        if not self._window.settled:
            self._quiet.start()
            return
        if not self._window.grab().save(str(self._path)):
            self.fail(f"{self._path}: the screenshot cannot be written; expected a name that ends with .png or .jpg")
            return
        QCoreApplication.exit(0)
