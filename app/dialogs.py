"""File dialogs: where they begin, and columns wide enough to be read. Lists of sentences."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

SIZE = (900, 560)
LINES_SIZE = (720, 420)


def file_dialog(parent: QWidget, title: str, folder: Path | None, name_filter: str = "") -> QFileDialog:
    """A dialog that begins in a folder, else in the one where the program was started, not where the last dialog of
    any kind was. Show it with `show_dialog`.
    """
    return QFileDialog(parent, title, str(folder or Path.cwd()), name_filter)


def show_dialog(dialog: QFileDialog) -> None:
    """Show a dialog that blocks nothing. Qt's own, where the system has none, is small and cuts sizes and dates."""
    dialog.show()
    tree = dialog.findChild(QTreeView, "treeView")
    if tree is None:
        return
    dialog.resize(*SIZE)
    header = tree.header()
    for column in range(header.count()):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    offers = line.completer().popup() if line is not None and line.completer() is not None else None
    if offers is not None:
        _ReturnAccepts(dialog, offers)


class _ReturnAccepts(QObject):
    """Return behind a typed name is meant for the dialog; Qt spends it on closing the list of completions."""

    def __init__(self, dialog: QFileDialog, offers: QAbstractItemView) -> None:
        super().__init__(dialog)
        self._dialog, self._offers = dialog, offers
        offers.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or self._offers.currentIndex().isValid():
            return False
        self._offers.hide()
        self._dialog.accept()
        return True


class LinesDialog(QDialog):
    """Sentences to be read, a line each, under a heading. It blocks nothing."""

    def __init__(self, title: str, heading: str, lines: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(*LINES_SIZE)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.addItems(lines)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(heading))
        layout.addWidget(self.list)
