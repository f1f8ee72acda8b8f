"""How often each kind of node was added, kept with the user's settings."""

from collections.abc import Mapping

from PySide6.QtCore import QObject

from ..preferences import config_folder, read_json, write_json
from ..workers import Background

FILE = "usage.json"


class Usage(QObject):
    """Counts by kind. The file is read and written in the background."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._path = config_folder() / FILE
        self.counts: dict[str, int] = {}
        self._read_in = False
        path = self._path
        background.run(lambda: read_json(path), self._read)

    def _read(self, data: Mapping[str, object]) -> None:
        early, self._read_in = bool(self.counts), True
        for kind, count in data.items():
            if isinstance(count, int):
                self.counts[kind] = self.counts.get(kind, 0) + count
        if early:
            self._write()

    def count(self, kind: str) -> None:
        """A node of this kind was added."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self._read_in:  # before that the file would lose what it holds
            self._write()

    def _write(self) -> None:
        path, counts = self._path, dict(self.counts)
        self._background.run(lambda: write_json(path, counts), None, _ignored)


def _ignored(error: Exception) -> None:
    """Counts are a convenience: nobody needs to hear that they were not kept."""
