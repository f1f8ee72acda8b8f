"""The widgets of the light rig, one below the other: the bar, the dome, the list of lights and the numbers of one."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from .. import theme
from ..widgets import label_of, to_edge
from .bar import RigBar
from .details import Details
from .dome import Dome
from .lightlist import LightList

_DOME_SHARE = 0.62
"""Of the height that the dome takes at most."""


class Arrangement(QWidget):
    """What is shown of a rig. problem : why it cannot be looked at. origin : of a light without a node."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dome = Dome()
        self.list = LightList()
        self.details = Details()
        self.bar = RigBar()
        self.problem = _sentence("error")
        self.problem.setContentsMargins(2 * theme.SPACE, 0, 2 * theme.SPACE, theme.SPACE)
        self.origin = _sentence("dim")
        self.origin.setContentsMargins(*(2 * theme.SPACE,) * 4)
        below = QWidget()
        column = to_edge(QVBoxLayout(below))
        column.addWidget(self.list, 1)
        column.addWidget(self.details)
        column.addWidget(self.origin)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.dome)
        self.splitter.addWidget(below)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.splitterMoved.connect(self._split_by_hand)
        self.details.height_wanted.connect(self._split)
        self._by_hand = False
        layout = to_edge(QVBoxLayout(self))
        layout.addWidget(self.bar)
        layout.addWidget(self.problem)
        layout.addWidget(self.splitter, 1)

    def show_problem(self, sentence: str) -> None:
        """Show why the rig cannot be looked at; an empty sentence is none."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def show_origin(self, sentence: str) -> None:
        """Show where the selected light comes from; an empty sentence for one with a node of its own."""
        self.origin.setText(sentence)
        self.origin.setVisible(bool(sentence))

    @property
    def sizes(self) -> list[int] | None:
        """How high the dome is, and what is below it, as the user left them; None while they go by the room."""
        return self.splitter.sizes() if self._by_hand else None

    def set_sizes(self, sizes: list[int] | None) -> None:
        """As the user left them; None to let them go by the room."""
        self._by_hand = sizes is not None
        if sizes is not None:
            self.splitter.setSizes(sizes)
        self._split()

    def _split_by_hand(self, *_: object) -> None:
        self._by_hand = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._split()

    def _split(self) -> None:
        """The dome is square where there is room beside the lights and their sliders, until the user says otherwise."""
        if not self._by_hand:
            whole = self.splitter.height() - self.splitter.handleWidth()
            sliders = 0 if self.details.isHidden() else self.details.sizeHint().height()
            below = self.list.minimumSizeHint().height() + sliders
            dome = max(min(self.width(), round(_DOME_SHARE * whole), whole - below), self.dome.minimumHeight())
            self.splitter.setSizes([dome, max(whole - dome, 1)])


def _sentence(role: str) -> QLabel:
    made = label_of(role)
    made.setWordWrap(True)
    made.hide()
    return made
