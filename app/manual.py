"""The manual, in the browser: made once into the user's cache from the chapters and the nodes that are loaded."""

from functools import partial
from pathlib import Path

import platformdirs
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from rimlight.engine import write_book

from .workspace import Workspace


class Manual:
    """Shows the manual of a workspace's session. file : where the page is kept, by default in the user's cache."""

    def __init__(self, workspace: Workspace, file: Path | None = None) -> None:
        self._workspace = workspace
        self._file = file or platformdirs.user_cache_path("rimlight") / "manual.html"
        workspace.manual_requested.connect(self.show)

    def show(self, at: str = "") -> None:
        """Open it in the browser, at an anchor of the page; a moment later, as it may have to be made first."""
        workspace = self._workspace
        workspace.tell("The manual opens in your browser")
        workspace.background.run(partial(write_book, self._file), lambda _: self._open(at), workspace.tell_error)

    def _open(self, at: str) -> None:
        address = QUrl.fromLocalFile(str(self._file))
        address.setFragment(at)
        if not QDesktopServices.openUrl(address):
            self._workspace.tell(f"No browser opened; the manual is {self._file}", "error")
