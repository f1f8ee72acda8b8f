"""A frame around the panel that has the keys, for whoever gave them to it by a key and has no mouse there to tell."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from . import theme

WIDTH = 2
"""Of the frame, in device-independent pixels."""


class FocusMark(QObject):
    """Shows a frame on one panel, until the keys go to another part of its window by other ways."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._frame: _Frame | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._moved)

    @property
    def panel(self) -> QWidget | None:
        """The one that is framed."""
        return self._frame.parentWidget() if self._frame is not None and isValid(self._frame) else None

    def put(self, panel: QWidget) -> None:
        """Frame a panel and no other."""
        if panel is not self.panel:
            self.clear()
            self._frame = _Frame(panel)

    def clear(self) -> None:
        """Frame none."""
        if self._frame is not None and isValid(self._frame):
            self._frame.hide()
            self._frame.deleteLater()
        self._frame = None

    def _moved(self, _: QWidget | None, new: QWidget | None) -> None:
        """The focus is elsewhere. Menus and windows that open over the panel leave the frame where it is."""
        panel = self.panel
        if panel is None or new is None or new is panel or panel.isAncestorOf(new):
            return
        if new.window() is panel.window():
            self.clear()


class _Frame(QWidget):
    """Lies on a panel, only at its edges, so that nothing below is drawn again because of it."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        panel.installEventFilter(self)
        self._follow(panel.rect())
        self.show()
        self.raise_()

    def _follow(self, around: QRect) -> None:
        self.setGeometry(around)
        self.setMask(QRegion(around) - QRegion(around.adjusted(WIDTH, WIDTH, -WIDTH, -WIDTH)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._follow(watched.rect())
        elif event.type() == QEvent.Type.ChildAdded:
            self.raise_()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("accent"))
