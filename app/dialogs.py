"""File dialogs: where they begin, and columns wide enough to be read."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHeaderView, QTreeView, QWidget

SIZE = (900, 560)


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
