"""Numbered files in a file dialog as one line for each sequence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFileSystemModel, QGridLayout

from rimlight.engine import format_frames

_NUMBER = re.compile(r"^(.*?[._]|.*?\D(?=\d{3})|(?=\d{3}))(\d+)(\.[^.]+)$")
"""A number behind a dot or a line, or one of three digits and more: `plate_7.exr`, `frame0007.exr`, not `v2.exr`."""
_SIZE, _DATE = 1, 3
AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Sequence:
    """first : the name of the file that stands for it. text : `beauty.####.exr   1001-1100`."""

    first: str
    text: str


def is_numbered(name: str) -> bool:
    """Whether a file may be one of a sequence, as far as its name tells."""
    return _NUMBER.match(name) is not None


def sequences(names: Iterable[str]) -> dict[str, Sequence]:
    """The sequences of two or more files of a folder, by the name of every file of theirs."""
    found: dict[tuple[str, int, str], list[tuple[int, str]]] = {}
    for name in names:
        match = _NUMBER.match(name)
        if match is not None:
            front, number, end = match.groups()
            found.setdefault((front, len(number), end), []).append((int(number), name))
    by_name: dict[str, Sequence] = {}
    for (front, digits, end), files in found.items():
        if len(files) > 1:
            frames = format_frames([number for number, _ in sorted(files)])
            shown = Sequence(min(files)[1], f"{front}{'#' * digits}{end}   {frames}")
            by_name |= {name: shown for _, name in files}
    return by_name


def stands_for_all(name: str, names: Iterable[str]) -> bool:
    """Whether a file of a folder is the one under which its sequence is listed."""
    found = sequences(names).get(name)
    return found is not None and found.first == name


class SequenceModel(QSortFilterProxyModel):
    """Over the dialog's own model: of a sequence only the first file, under the name of the whole, unless `folds` is
    off. Folders come first.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folds = True
        self._known: dict[str, tuple[int, dict[str, Sequence]]] = {}

    def offer(self, dialog: QFileDialog) -> None:
        """Put a tick box below the fields of a dialog that shows this model."""
        layout = dialog.layout()
        if not isinstance(layout, QGridLayout):
            return
        self.box = QCheckBox("Sequences as one line")
        self.box.setToolTip("Off: every frame is listed, and the one that is chosen is read alone")
        self.box.setChecked(self.folds)
        self.box.toggled.connect(self._fold)
        layout.addWidget(self.box, layout.rowCount(), 1)

    def _fold(self, on: bool) -> None:
        self.folds = on
        self.invalidate()

    def lessThan(self, left: AnyIndex, right: AnyIndex) -> bool:
        model = self.sourceModel()
        assert isinstance(model, QFileSystemModel)
        a, b = model.fileInfo(left), model.fileInfo(right)
        if a.isDir() != b.isDir():
            return a.isDir() == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        if left.column() == _SIZE and a.size() != b.size():
            return bool(a.size() < b.size())
        if left.column() == _DATE and a.lastModified() != b.lastModified():
            return a.lastModified() < b.lastModified()
        return bool(a.fileName().lower() < b.fileName().lower())

    def _sequences(self, parent: AnyIndex) -> dict[str, Sequence]:
        """Those of a folder; found anew when it has more or fewer files than before."""
        model = self.sourceModel()
        assert isinstance(model, QFileSystemModel)
        folder, count = model.filePath(parent), model.rowCount(parent)
        known = self._known.get(folder)
        if known is None or known[0] != count:
            names = [model.fileName(model.index(row, 0, parent)) for row in range(count)]
            known = self._known[folder] = (count, sequences(names))
        return known[1]

    def filterAcceptsRow(self, row: int, parent: AnyIndex) -> bool:
        model = self.sourceModel()
        assert isinstance(model, QFileSystemModel)
        if not self.folds:
            return True
        name = model.fileName(model.index(row, 0, parent))
        found = self._sequences(parent).get(name)
        return found is None or found.first == name

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        model = self.sourceModel()
        if (
            self.folds
            and role == Qt.ItemDataRole.DisplayRole
            and index.column() == 0
            and isinstance(model, QFileSystemModel)
        ):
            source = self.mapToSource(index)
            found = self._sequences(source.parent()).get(model.fileName(source))
            if found is not None:
                return found.text
        return super().data(index, role)
