"""What a window shows before there is a script: recent scripts, samples, and how to begin."""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from . import theme

SHOWN = 8
"""Of recent scripts; samples are all shown."""
ABREAST = 2
"""Samples in a row."""
PICTURE = QSize(64, 36)
"""Of a sample, in pixels."""
FOLDER_WIDTH = 320
"""Pixels that the folder of a recent script takes at most."""
BACKDROP = "structure.backdrop"


@dataclass(frozen=True)
class Sample:
    """A script that comes with the product. picture : a small JPEG of what it writes; empty where there is none."""

    title: str
    picture: bytes


def sample_folder() -> Path:
    """Where the scripts that come with the product lie."""
    with as_file(files("rimlight.resources").joinpath("scripts")) as folder:
        return folder


def read_samples() -> dict[Path, Sample]:
    """The scripts that come with the product, by file name. Reads files; in any thread, so nothing of Qt is made."""
    found = {}
    for path in sorted(sample_folder().glob("*.rim")):
        picture = path.parent / "pictures" / f"{path.stem}.jpg"
        found[path] = Sample(title_of(path), picture.read_bytes() if picture.is_file() else b"")
    return found


def title_of(path: Path) -> str:
    """What a script is called: the heading of its first backdrop, else its name. Reads the file."""
    try:
        nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
        titles = [n["values"]["title"] for n in nodes if n.get("kind") == BACKDROP and n.get("values", {}).get("title")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        titles = []
    return str(titles[0]) if titles else path.stem.replace("_", " ").capitalize()


class StartPage(QWidget):
    """Covers the panels until something is chosen or the window hides it, on Esc.

    begin : buttons, as text, what they do and an icon; the first is the obvious one. open_script : open a script; a
    sample is opened as it is. Samples come later, by `show_samples`, as they are read from files.
    """

    def __init__(
        self,
        recent: Sequence[Path],
        begin: Sequence[tuple[str, Callable[[], object], str]],
        open_script: Callable[[Path], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._open_script = open_script
        title = QLabel("Rimlight")
        title.setFont(theme.font("display", bold=True))
        title.setProperty("role", "title")
        subtitle = QLabel("Take the light apart. Put it back where you want it.")
        subtitle.setProperty("role", "dim")

        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACE)
        for text, act, icon in begin:
            button = QPushButton(text)
            if icon:
                button.setIcon(theme.icon(icon))
            button.setProperty("primary", not row.count())
            button.setAutoDefault(True)
            button.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(button)
        row.addStretch()

        lists = QHBoxLayout()
        lists.setSpacing(12 * theme.SPACE)
        self._recent = self._column(lists, "Recent")
        self._rows: dict[Path, QHBoxLayout] = {}
        for line, path in enumerate(list(recent)[:SHOWN]):
            self._rows[path] = _beside(self._entry(path, path.stem), path.parent)
            self._recent.addLayout(self._rows[path], line, 0)
        if not recent:
            self._recent.addWidget(_dim("Scripts that you open appear here."), 0, 0)
        self._samples = self._column(lists, "Samples")

        inner = QVBoxLayout()
        inner.setSpacing(theme.SPACE)
        inner.addWidget(title)
        inner.addWidget(subtitle)
        inner.addSpacing(5 * theme.SPACE)
        inner.addLayout(row)
        inner.addSpacing(7 * theme.SPACE)
        inner.addLayout(lists, 1)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(inner, 3)
        outer.addStretch(1)
        outer.setContentsMargins(0, 20 * theme.SPACE, 0, 4 * theme.SPACE)

    def show_samples(self, samples: Mapping[Path, Sample]) -> None:
        """Show the samples, by their files; once, whoever brings them again."""
        if self._samples.count():
            return
        for number, (path, sample) in enumerate(samples.items()):
            button = self._entry(path, sample.title)
            button.setIcon(QIcon(_drawn(sample.picture)))
            button.setIconSize(PICTURE)
            button.setMinimumHeight(PICTURE.height())
            self._samples.addWidget(button, *divmod(number, ABREAST))
        if not samples:
            self._samples.addWidget(_dim("No samples are installed."), 0, 0)

    def show_unsaved(self, paths: Collection[Path]) -> None:
        """Tell of recent scripts that they were edited since they were saved, as when the program crashed; once,
        whoever finds them again.
        """
        for path in paths:
            if path not in self._rows:
                continue
            label = QLabel("unsaved edits")
            label.setProperty("role", "warning")
            label.setToolTip("An autosave is newer than the script: it is offered when the script is opened")
            self._rows.pop(path).insertWidget(1, label)

    def _column(self, lists: QHBoxLayout, heading: str) -> QGridLayout:
        """A place for scripts under a heading."""
        label = QLabel(heading)
        label.setFont(theme.font("body", bold=True))
        label.setProperty("role", "title")
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE // 2)
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE)
        column.addWidget(label)
        column.addLayout(grid)
        column.addStretch(1)
        lists.addLayout(column, 1)
        return grid

    def _entry(self, path: Path, title: str) -> QPushButton:
        """A script to open, by mouse or by keys."""
        button = QPushButton(title.replace("&", "&&"))  # a name, no key to press
        button.setToolTip(str(path))
        button.setFlat(True)
        button.setProperty("role", "entry")
        button.setAutoDefault(True)  # so that Return opens it, as the space bar does
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda _=False, path=path: self._open_script(path))
        return button


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label


def _drawn(picture: bytes) -> QPixmap:
    """A picture; nothing of its size where there is none, so that titles stay below each other."""
    pixmap = QPixmap()
    if not pixmap.loadFromData(picture):
        pixmap = QPixmap(PICTURE)
        pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _beside(button: QPushButton, folder: Path) -> QHBoxLayout:
    """A script with its folder behind it, of which the end is seen."""
    shown = str(folder)
    home = str(Path.home())
    if shown == home or shown.startswith(home + os.sep):
        shown = "~" + shown.removeprefix(home)
    label = QLabel()
    label.setProperty("role", "dim")
    label.setText(label.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideLeft, FOLDER_WIDTH))
    label.setToolTip(str(folder))
    row = QHBoxLayout()
    row.setSpacing(3 * theme.SPACE)
    row.addWidget(button)
    row.addWidget(label)
    row.addStretch()
    return row
