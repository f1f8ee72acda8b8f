"""A viewer alone on the whole screen."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from .panel import ViewerPanel


class FullScreen:
    """Takes the dock of a panel to the whole screen and back."""

    def __init__(self, panel: "ViewerPanel") -> None:
        self._panel = panel
        self._floated: bool | None = None
        """Whether the dock floated before; None while it is not on the whole screen."""

    def toggle(self) -> None:
        """The viewer alone on the whole screen, or back in its dock."""
        dock = self._panel.parent()
        if not isinstance(dock, QDockWidget):
            return
        if self._floated is None:
            self._floated = dock.isFloating()
            dock.setFloating(True)
            dock.setGeometry(self._panel.screen().geometry())
            dock.setWindowState(Qt.WindowState.WindowFullScreen)
        else:
            dock.setWindowState(Qt.WindowState.WindowNoState)
            dock.setFloating(self._floated)
            self._floated = None
        self._panel.stage.setFocus()
