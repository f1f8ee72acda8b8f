"""How far a run over frames is, beside the buttons that begin it."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from .. import theme
from ..widgets import to_edge
from .frame_run import FrameRun
from .rows import Shared

WIDTH = 90
"""Of the bar, in pixels."""


class RunProgress(QWidget):
    """A button to stop, a bar and "7 of 24". Seen while a run is about the node."""

    def __init__(self, shared: Shared, path: Callable[[], str], run: FrameRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._run = run
        self.stop = shared.button("stop", "")
        shared.tip_with_key(self.stop, "render.cancel", "Stop; what was found stays")
        self.stop.clicked.connect(run.stop)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(WIDTH)
        self.words = QLabel()
        line = to_edge(QHBoxLayout(self), theme.SPACE)
        for widget in (self.stop, self.bar, self.words):
            line.addWidget(widget)
        run.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show how far it is."""
        run = self._run
        mine = run.running and run.node == self._path()
        if mine:
            self.bar.setMaximum(run.total)
            self.bar.setValue(len(run.rows))
            self.words.setText(f"{len(run.rows)} of {run.total}")
        self.setVisible(mine)
