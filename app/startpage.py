"""What a window shows before there is a script: recent scripts, samples, and how to begin."""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from . import theme
from .samplecards import Sample, SampleCards
from .widgets import label_of

SHOWN = 8
"""Of recent scripts; samples are all shown."""
FIRST = ("demo", "relight")
"""Samples that the first steps of the manual are made with."""
NAME_WIDTH, FOLDER_WIDTH = 360, 320
"""Pixels that a recent script, and its folder, take at most."""
BACKDROP = "structure.backdrop"


def sample_folder() -> Path:
    """Where the scripts that come with the product lie."""
    with as_file(files("rimlight.resources").joinpath("scripts")) as folder:
        return folder


def read_samples() -> dict[Path, Sample]:
    """The scripts that come with the product, by title behind the first ones. Reads files; in any thread, so nothing of
    Qt is made.
    """
    titles = {path: title_of(path) for path in sample_folder().glob("*.rim")}
    found = {}
    for path in sorted(titles, key=lambda path: (path.stem not in FIRST, titles[path])):
        picture = path.parent / "pictures" / f"{path.stem}.jpg"
        found[path] = Sample(titles[path], picture.read_bytes() if picture.is_file() else b"")
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
    sample is opened as it is. recover : show the autosaves. Samples, and what of autosaves is told, come later, as they
    are read from files.
    """

    def __init__(
        self,
        recent: Sequence[Path],
        begin: Sequence[tuple[str, Callable[[], object], str]],
        open_script: Callable[[Path], object],
        parent: QWidget,
        recover: Callable[[], object] = bool,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._open_script = open_script
        title = label_of("title", "Rimlight")
        title.setFont(theme.font("display", bold=True))
        subtitle = label_of("dim", "Take the light apart. Put it back where you want it.")

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

        self._recover, self._told = QPushButton("Recover…"), label_of("warning")
        self._recover.setAutoDefault(True)
        self._recover.clicked.connect(lambda _=False: recover())
        self._told.setTextFormat(Qt.TextFormat.PlainText)
        self._told.setWordWrap(True)
        lost = QHBoxLayout()
        lost.setSpacing(2 * theme.SPACE)
        lost.addWidget(self._recover)
        lost.addWidget(self._told, 1)

        lists = QHBoxLayout()
        lists.setSpacing(12 * theme.SPACE)
        scripts = _column(lists, "Recent", 1)
        scripts.setSpacing(theme.SPACE // 2)
        self._unsaved: dict[Path, QLabel] = {}
        for path in list(recent)[:SHOWN]:
            self._unsaved[path] = _unsaved()
            scripts.addLayout(_line(self._entry(path), self._unsaved[path], path.parent))
        if not recent:
            scripts.addWidget(label_of("dim", "Scripts that you open appear here."))
        scripts.addStretch(1)
        self._samples, self._none = SampleCards(open_script), label_of("dim", "No samples are installed.")
        samples = _column(lists, "Samples", 3)
        samples.addWidget(self._none, 0, Qt.AlignmentFlag.AlignTop)
        samples.addWidget(self._samples, 1)
        self._none.hide()

        inner = QVBoxLayout()
        inner.setSpacing(theme.SPACE)
        inner.addWidget(title)
        inner.addWidget(subtitle)
        inner.addSpacing(5 * theme.SPACE)
        inner.addLayout(row)
        inner.addLayout(lost)
        inner.addSpacing(7 * theme.SPACE)
        inner.addLayout(lists, 1)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(inner, 10)
        outer.addStretch(1)
        outer.setContentsMargins(0, 12 * theme.SPACE, 0, 4 * theme.SPACE)
        self.show_lost(())

    def show_samples(self, samples: Mapping[Path, Sample]) -> None:
        """Show the samples, by their files; once, whoever brings them again."""
        if self._samples.count() or not self._none.isHidden():
            return
        self._samples.fill(samples)
        self._samples.setVisible(bool(samples))
        self._none.setVisible(not samples)

    def show_unsaved(self, paths: Collection[Path]) -> None:
        """Tell of these recent scripts, and no others, that they were edited since they were saved, as when the program
        crashed.
        """
        for path, label in self._unsaved.items():
            label.setVisible(path in paths)

    def show_lost(self, sentences: Sequence[str]) -> None:
        """Tell of autosaves of scripts that have no file; of none any more where there are no sentences."""
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        self._told.setText(f"{sentences[0]}{more}" if sentences else "")
        self._told.setToolTip("\n".join(sentences))
        for widget in (self._recover, self._told):
            widget.setVisible(bool(sentences))

    def _entry(self, path: Path) -> QPushButton:
        """A script to open, by mouse or by keys."""
        button = QPushButton()
        shown = button.fontMetrics().elidedText(
            path.stem, Qt.TextElideMode.ElideMiddle, NAME_WIDTH
        )  # versions are last
        button.setText(shown.replace("&", "&&"))  # a name, no key to press
        button.setToolTip(str(path))
        button.setFlat(True)
        button.setProperty("role", "entry")
        button.setAutoDefault(True)  # so that Return opens it, as the space bar does
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda _=False, path=path: self._open_script(path))
        return button


def _column(lists: QHBoxLayout, heading: str, share: int) -> QVBoxLayout:
    """A place under a heading. share : of the width."""
    label = label_of("title", heading)
    label.setFont(theme.font("body", bold=True))
    column, below = QVBoxLayout(), QVBoxLayout()
    column.setSpacing(theme.SPACE)
    column.addWidget(label)
    column.addLayout(below, 1)
    lists.addLayout(column, share)
    return below


def _unsaved() -> QLabel:
    label = label_of("warning", "unsaved edits")
    label.setToolTip("An autosave is newer than the script: it is offered when the script is opened")
    label.hide()
    return label


def _line(button: QPushButton, unsaved: QLabel, folder: Path) -> QHBoxLayout:
    """A script with its folder behind it, of which the end is seen."""
    shown = str(folder)
    home = str(Path.home())
    if shown == home or shown.startswith(home + os.sep):
        shown = "~" + shown.removeprefix(home)
    label = label_of("dim")
    label.setText(label.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideLeft, FOLDER_WIDTH))
    label.setToolTip(str(folder))
    row = QHBoxLayout()
    row.setSpacing(3 * theme.SPACE)
    row.addWidget(button)
    row.addWidget(unsaved)
    row.addWidget(label)
    row.addStretch()
    return row
