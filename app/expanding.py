"""One panel with all of the window to itself, and back again, as the space bar does in Nuke."""

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDockWidget, QMainWindow

from .changes import Change
from .docks import Docks
from .layouts import VERSION
from .workspace import Workspace

_TIMELINE = "timeline"


class Expanding(QObject):
    """Hides all other docks of a window, and puts them back where they were. Made before the panels, so that these
    are back before they hear of another script.
    """

    def __init__(self, window: QMainWindow, docks: Docks, workspace: Workspace) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._before: QByteArray | None = None
        """How the docks stood before, while one is expanded."""
        window.installEventFilter(self)
        workspace.document_changed.connect(self._document_changed)

    def toggle(self) -> None:
        """Give the window to the panel that has the keys, a viewer with the timeline; or back to all of them. Not while
        a button of the mouse is down.
        """
        dock = self._docks.focused
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return  # what is dragged would be elsewhere under the mouse
        if self._before is not None:
            self.leave()
        elif dock is not None and not dock.isFloating():
            self._before = self._window.saveState(VERSION)
            stay = self._seen_with(dock)
            for other in self._docks.values():
                if not other.isFloating() and not other.isHidden() and other not in stay:
                    self._docks.panels[other.objectName()].set_aside = True
                    other.hide()
            self._window.resizeDocks(stay, [self._window.height(), 1][: len(stay)], Qt.Orientation.Vertical)
        if dock is not None:
            self._docks.panels[dock.objectName()].setFocus()

    def leave(self) -> None:
        """Back to all panels, where one is expanded. Those that were opened meanwhile stay, and windows of their own
        are left alone.
        """
        if self._before is None:
            return
        before, self._before = self._before, None
        seen = {dock: dock.geometry() for dock in self._docks.values() if not dock.isHidden()}
        floating = [dock for dock in seen if dock.isFloating()]
        for panel in self._docks.panels.values():
            panel.set_aside = True  # Qt hides each for a moment
        self._window.restoreState(before, VERSION)
        for name, dock in self._docks.items():
            if dock in floating:
                dock.setFloating(True)
                dock.setGeometry(seen[dock])
                dock.show()
            elif dock.isFloating() and dock not in seen:
                dock.hide()
            elif dock in seen and dock.isHidden():
                self._docks.bring(name)
            self._docks.panels[name].set_aside = False

    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the space bar to what has the focus, but in panels that it does nothing else in: it clicks buttons.

        Filters the events of the window, and of docks, which may be windows of their own.
        """
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Space or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        dock = self._docks.focused
        follows = dock is not None and getattr(self._docks.panels[dock.objectName()], "keys_follow_mouse", False)
        if follows and not isinstance(QApplication.focusWidget(), (QAbstractButton, QComboBox)):
            return False
        event.accept()
        return True

    def _seen_with(self, dock: QDockWidget) -> list[QDockWidget]:
        """The docks that stay: a viewer is played."""
        timeline = self._docks.get(_TIMELINE)
        played = timeline is not None and dock.objectName().startswith("viewer") and not timeline.isHidden()
        return [dock, timeline] if played and timeline is not None else [dock]
