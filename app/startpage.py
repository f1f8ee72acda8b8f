"""What a window shows before there is a script: recent scripts, samples, and how to begin."""

from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from . import theme

SHOWN = 8


def sample_scripts() -> list[Path]:
    """The scripts that come with the product, by name. Reads a folder."""
    with as_file(files("rimlight.resources").joinpath("scripts")) as folder:
        return sorted(folder.glob("*.rim"))


class StartPage(QWidget):
    """Covers the panels until something is chosen or the window hides it, on Esc.

    new, browse : begin an empty script, choose a file. open_script : open a script; a sample is opened as it is.
    """

    def __init__(
        self,
        recent: Sequence[Path],
        samples: Sequence[Path],
        new: Callable[[], object],
        browse: Callable[[], object],
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

        begin = QHBoxLayout()
        begin.setSpacing(2 * theme.SPACE)
        for text, act, primary, icon in (
            ("New script", new, True, ""),
            ("Open…", browse, False, "folder"),
        ):
            button = QPushButton(text)
            if icon:
                button.setIcon(theme.icon(icon))
            button.setProperty("primary", primary)
            button.clicked.connect(lambda _=False, act=act: act())
            begin.addWidget(button)
        begin.addStretch()

        lists = QGridLayout()
        lists.setHorizontalSpacing(12 * theme.SPACE)
        lists.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._list(lists, 0, "Recent", list(recent)[:SHOWN], "Scripts that you open appear here.")
        self._list(lists, 1, "Samples", list(samples)[:SHOWN], "No samples are installed.")

        inner = QVBoxLayout()
        inner.setSpacing(theme.SPACE)
        inner.addWidget(title)
        inner.addWidget(subtitle)
        inner.addSpacing(5 * theme.SPACE)
        inner.addLayout(begin)
        inner.addSpacing(7 * theme.SPACE)
        inner.addLayout(lists)
        inner.addStretch()
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(inner, 3)
        outer.addStretch(1)
        outer.setContentsMargins(0, 20 * theme.SPACE, 0, 4 * theme.SPACE)

    def _list(self, grid: QGridLayout, at: int, heading: str, paths: Sequence[Path], nothing: str) -> None:
        label = QLabel(heading)
        label.setFont(theme.font("body", bold=True))
        label.setProperty("role", "title")
        grid.addWidget(label, 0, at)
        for line, path in enumerate(paths, 1):
            button = QPushButton(path.stem)
            button.setToolTip(str(path))
            button.setFlat(True)
            button.setStyleSheet("text-align: left; border: none; background: transparent; padding: 3px 0;")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, path=path: self._open_script(path))
            grid.addWidget(button, line, at)
        if not paths:
            empty = QLabel(nothing)
            empty.setProperty("role", "dim")
            grid.addWidget(empty, 1, at)
