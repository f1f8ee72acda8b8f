"""What a window shows before there is a script: recent scripts, samples, and how to begin."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from . import theme

SHOWN = 8
"""Of recent scripts; samples are all shown."""
FOLDER_WIDTH = 320
"""Pixels that the folder of a recent script takes at most."""
BACKDROP = "structure.backdrop"


def sample_scripts() -> dict[Path, str]:
    """The scripts that come with the product and what they are called, by file name. Reads a folder."""
    with as_file(files("rimlight.resources").joinpath("scripts")) as folder:
        return {path: title_of(path) for path in sorted(folder.glob("*.rim"))}


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

    samples : what each is called. begin : buttons, as text, what they do and an icon; the first is the obvious one.
    open_script : open a script; a sample is opened as it is.
    """

    def __init__(
        self,
        recent: Sequence[Path],
        samples: Mapping[Path, str],
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
            button.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(button)
        row.addStretch()

        lists = QGridLayout()
        lists.setHorizontalSpacing(12 * theme.SPACE)
        lists.setAlignment(Qt.AlignmentFlag.AlignTop)
        for column in range(2):
            lists.setColumnStretch(column, 1)
        latest = {path: path.stem for path in list(recent)[:SHOWN]}
        self._list(lists, 0, "Recent", latest, "Scripts that you open appear here.", folders=True)
        self._list(lists, 1, "Samples", samples, "No samples are installed.")

        inner = QVBoxLayout()
        inner.setSpacing(theme.SPACE)
        inner.addWidget(title)
        inner.addWidget(subtitle)
        inner.addSpacing(5 * theme.SPACE)
        inner.addLayout(row)
        inner.addSpacing(7 * theme.SPACE)
        inner.addLayout(lists)
        inner.addStretch()
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(inner, 3)
        outer.addStretch(1)
        outer.setContentsMargins(0, 20 * theme.SPACE, 0, 4 * theme.SPACE)

    def _list(
        self, grid: QGridLayout, at: int, heading: str, paths: Mapping[Path, str], nothing: str, folders: bool = False
    ) -> None:
        """A column of scripts. folders : with where each lies, which tells those of one name apart."""
        label = QLabel(heading)
        label.setFont(theme.font("body", bold=True))
        label.setProperty("role", "title")
        grid.addWidget(label, 0, at)
        for line, (path, title) in enumerate(paths.items(), 1):
            button = QPushButton(title.replace("&", "&&"))  # a name, no key to press
            button.setToolTip(str(path))
            button.setFlat(True)
            button.setStyleSheet("text-align: left; border: none; background: transparent; padding: 3px 0;")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, path=path: self._open_script(path))
            if folders:
                grid.addLayout(_beside(button, path.parent), line, at)
            else:
                grid.addWidget(button, line, at)
        if not paths:
            empty = QLabel(nothing)
            empty.setProperty("role", "dim")
            grid.addWidget(empty, 1, at)


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
