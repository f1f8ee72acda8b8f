"""The curves that there are, by node and parameter, in which those that are shown are chosen."""

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem

from .. import theme
from .tracks import Track, TrackId, new_address

_ID = Qt.ItemDataRole.UserRole
_SWATCH = 8
"""Pixels of a side."""


class TrackTree(QTreeWidget):
    """Tracks below their nodes, with their colours; what is selected stays so while tracks come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        self._tracks: Mapping[TrackId, Track] = {}

    def show_tracks(self, tracks: Mapping[TrackId, Track]) -> None:
        """Show these tracks."""
        before, self._tracks = self._tracks, tracks
        if list(before) == list(tracks):
            return
        chosen = {item.data(0, _ID) for item in self.selectedItems()} - {None}
        with QSignalBlocker(self):
            self._fill(tracks, chosen)

    def follow(self, renamed: Mapping[str, str]) -> None:
        """Know what is selected again once renamed nodes come. renamed : new paths by old ones."""
        for item in self.selectedItems():
            if (name := item.data(0, _ID)) is not None:
                item.setData(0, _ID, (new_address(name[0], renamed), name[1]))

    def _fill(self, tracks: Mapping[TrackId, Track], chosen: set[TrackId]) -> None:
        self.clear()
        heads: dict[str, QTreeWidgetItem] = {}
        for name, track in tracks.items():
            path, address = track.parameter.path, track.parameter.address
            if path not in heads:
                heads[path] = QTreeWidgetItem(self, [path])
                heads[path].setFont(0, theme.font("body", bold=True))
                heads[path].setExpanded(True)
            parent = heads[path]
            if track.parameter.spec.size > 1:
                if address not in heads:
                    heads[address] = QTreeWidgetItem(parent, [track.parameter.title])
                    heads[address].setExpanded(True)
                parent = heads[address]
            item = QTreeWidgetItem(parent, [track.name])
            swatch = QPixmap(_SWATCH, _SWATCH)
            swatch.fill(track.color())
            item.setIcon(0, QIcon(swatch))
            item.setData(0, _ID, name)
            if name in chosen:
                item.setSelected(True)

    def select_parameter(self, address: str) -> None:
        """Select the tracks of one parameter alone."""
        self.clearSelection()
        for item in _below([self.topLevelItem(i) for i in range(self.topLevelItemCount())]):
            if item.data(0, _ID) is not None and item.data(0, _ID)[0] == address:
                item.setSelected(True)

    def chosen(self) -> list[Track]:
        """The tracks below what is selected, else all that run over time."""
        ids = {item.data(0, _ID) for item in _below(self.selectedItems())}
        tracks = [track for name, track in self._tracks.items() if name in ids]
        if not tracks:
            return [track for track in self._tracks.values() if not track.lookup]
        over_time = [track for track in tracks if not track.lookup]
        return over_time or tracks


def _below(items: "list[QTreeWidgetItem | None] | list[QTreeWidgetItem]") -> Iterator[QTreeWidgetItem]:
    """Items and all below them."""
    for item in items:
        if item is not None:
            yield item
            yield from _below([item.child(i) for i in range(item.childCount())])
