"""The samples of the start page as cards: their pictures with titles below, in as many columns as there is room for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from . import theme

PICTURE = QSize(160, 90)
"""Of a sample, in pixels."""
_LINES = 2
"""Of a title."""
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_OPEN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True)
class Sample:
    """A script that comes with the product. picture : a small JPEG of what it writes; empty where there is none."""

    title: str
    picture: bytes


class SampleCards(QListWidget):
    """A click, or Return, opens one. open_script : is given its file."""

    def __init__(self, open_script: Callable[[Path], object]) -> None:
        super().__init__()
        self._open_script = open_script
        self.setProperty("role", "cards")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(True)
        self.setIconSize(PICTURE)
        room = QSize(4 * theme.SPACE, 4 * theme.SPACE + _LINES * self.fontMetrics().height())
        self.setGridSize(PICTURE + room)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.itemClicked.connect(self._open)

    def fill(self, samples: Mapping[Path, Sample]) -> None:
        """Show these, by their files, in their order."""
        self.clear()
        for path, sample in samples.items():
            item = QListWidgetItem(_icon(sample.picture), sample.title)
            item.setToolTip(str(path))
            item.setData(Qt.ItemDataRole.UserRole, path)
            item.setSizeHint(self.gridSize())  # else one line of the title is all
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            self.addItem(item)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in _BY_KEY and self.count():
            self.setCurrentRow(max(self.currentRow(), 0))  # Qt goes there, and does not show it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _OPEN and (item := self.currentItem()) is not None:
            self._open(item)
        else:
            super().keyPressEvent(event)

    def _open(self, item: QListWidgetItem) -> None:
        self._open_script(item.data(Qt.ItemDataRole.UserRole))


def _icon(picture: bytes) -> QIcon:
    """A picture, which looks the same when it is chosen; nothing of its size where there is none."""
    pixmap = QPixmap()
    if not pixmap.loadFromData(picture):
        pixmap = QPixmap(PICTURE)
        pixmap.fill(Qt.GlobalColor.transparent)
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
