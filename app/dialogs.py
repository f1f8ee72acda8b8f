"""File dialogs: where they begin, and columns wide enough to be read. A name to be typed; lists of sentences."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from .widgets import resize_window

SIZE = (900, 560)
LINES_SIZE = (720, 420)
_PATH = Qt.ItemDataRole.UserRole


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
    resize_window(dialog, SIZE)
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


def ask_name(parent: QWidget, title: str, label: str, entered: Callable[[str], object], text: str = "") -> None:
    """Ask for a line of text in a dialog that blocks nothing. text : what stands in it at first."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setTextValue(text)
    dialog.textValueSelected.connect(entered)
    dialog.open()


class LinesDialog(QDialog):
    """Sentences to be read, a line each, under a heading. It blocks nothing.

    paths : of each line the node that it is about, or none. reveal : leads to a node; a click or Enter asks for that.
    """

    def __init__(
        self, title: str, heading: str, lines: Sequence[str], parent: QWidget, paths: Sequence[str] = (),
        reveal: Callable[[str], object] = bool,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._reveal = reveal
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        resize_window(self, LINES_SIZE)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        for line, path in zip_longest(lines, paths, fillvalue=""):
            item = QListWidgetItem(line, self.list)
            item.setData(_PATH, path)
            item.setToolTip("Go to the node" if path else "")
        self.list.itemActivated.connect(self._lead)
        self.list.itemClicked.connect(self._lead)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(heading))
        layout.addWidget(self.list)

    def _lead(self, item: QListWidgetItem) -> None:
        if path := item.data(_PATH):
            self._reveal(path)
