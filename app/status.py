"""The status bar: the last message, what is computing, and how full the cache is."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from . import theme
from .workspace import Message, Workspace

SHOWN_MS = 8000
GIB = 1 << 30
ICON = (14, 14)
"""Of a mark: no higher than the text, so that the panels above do not move."""


class StatusBar(QStatusBar):
    """Messages disappear after a while, but errors and warnings stay until the next one, or until the script is edited
    once there was time to read them, and lead to their node.

    resized : it has another size now.
    """

    resized = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._node = ""
        self.setSizeGripEnabled(False)
        self._text = QToolButton()
        self._text.setAutoRaise(True)
        self._text.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # mostly empty: what has the keys would be out of sight
        self._text.setIconSize(QSize(*ICON))
        self._text.clicked.connect(self._lead)
        self._busy = QLabel()
        self._cache = QLabel()
        self._cache.setToolTip("Memory that cached results take, of what they may take")
        self.addWidget(self._text, 1)
        self.addPermanentWidget(self._busy)
        self.addPermanentWidget(self._cache)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._shown)
        self._lasts, self._read = False, False
        workspace.message.connect(self.show_message)
        workspace.document_changed.connect(self._edited)
        workspace.evaluations.busy_changed.connect(self._show_busy)
        self._clear()
        self._show_cache()

    def show_message(self, message: Message) -> None:
        """Show a message."""
        self._node = message.node
        self._text.setText(message.text)
        self._text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        marks = {"error": ("error", "error"), "warning": ("warning", "warning")}
        mark = marks.get(message.kind)
        self._text.setIcon(theme.icon(*mark) if mark else QIcon())
        self._lasts, self._read = message.kind != "information", False
        self._timer.start(SHOWN_MS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    @property
    def text(self) -> str:
        """The sentence that is shown now."""
        return self._text.text().strip()

    def _shown(self) -> None:
        """There was time to read it."""
        self._read = True
        if not self._lasts:
            self._clear()

    def _edited(self, _: object) -> None:
        if self._read:  # what went wrong before says nothing about the script as it is now
            self._clear()

    def _clear(self) -> None:
        self._text.setText(" ")  # as high as a message: else the panels above, and the picture, move by a pixel
        self._text.setIcon(QIcon())
        self._text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _lead(self) -> None:
        if self._node:
            self._workspace.reveal(self._node)

    def _show_busy(self, busy: bool) -> None:
        self._busy.setText("computing" if busy else "")
        if not busy:
            self._show_cache()

    def _show_cache(self) -> None:
        evaluator = self._workspace.session.evaluator
        stats, settings = evaluator.cache.stats(), evaluator.settings
        parts = [f"cache {stats['host'].bytes / GIB:.1f} of {settings.host_bytes / GIB:.0f} GB"]
        if evaluator.device.type != "cpu":
            parts.append(f"{evaluator.device.type} {stats['device'].bytes / GIB:.1f} GB")
        self._cache.setText("   ".join(parts))
