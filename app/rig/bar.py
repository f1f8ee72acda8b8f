"""The bar over the dome: which rig, its ratio, the side that is shown, placing and adding lights."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from .. import theme
from ..widgets import flat_button, label_of
from .building import KINDS
from .measuring import Ratio
from .placing import Mode
from .projection import Side

_PLACES = {
    Mode.HIGHLIGHT: "Place the &Highlight",
    Mode.BRIGHTEST: "Place the &Brightest Point",
    Mode.FRONT: "Place it in &Front",
    Mode.SHADOW: "Place the &Shadow (drag from what casts it)",
}
_SIDES = {
    Side.FRONT: "Lights on the camera's side",
    Side.BACK: "Lights behind what is lit",
    Side.ALL: "All around: the rim is straight behind",
}


class RigBar(QWidget):
    """added : a kind of light. placing : a Mode. side_chosen : a Side of the dome."""

    added = Signal(str)
    placing = Signal(object)
    side_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label_of("title")
        self.verdict = label_of("dim")
        self.verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.verdict.setToolTip("The lighting ratio, (key + fill) : fill, where the key light shines")
        self.verdict.installEventFilter(self)
        self._verdicts: tuple[str, ...] = ("",)
        self._add = flat_button("Add a light to the rig", "plus")
        menu = QMenu(self._add)
        for kind, title in KINDS.items():
            menu.addAction(title, partial(self.added.emit, kind))
        self._add.setMenu(menu)
        self._place = flat_button("Place the light on the picture", "light")
        menu = QMenu(self._place)
        self._modes = QActionGroup(menu)
        self._modes.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for mode, title in _PLACES.items():
            action = menu.addAction(title, partial(self.placing.emit, mode))
            action.setCheckable(True)
            action.setData(mode.value)
            self._modes.addAction(action)
        self._place.setMenu(menu)
        self.sides: dict[Side, QToolButton] = {}
        bar = QHBoxLayout(self)
        bar.setContentsMargins(2 * theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        bar.setSpacing(theme.SPACE)
        bar.addWidget(self.title)
        bar.addSpacing(theme.SPACE)
        bar.addWidget(self.verdict, 1)
        for side, tip in _SIDES.items():
            button = self.sides[side] = QToolButton()
            button.setText(side.value.title())
            button.setCheckable(True)
            button.setToolTip(tip)
            button.clicked.connect(partial(self.side_chosen.emit, side))
            bar.addWidget(button)
        for button in (self._place, self._add):
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            bar.addWidget(button)
        self.show_side(Side.FRONT)

    def show_rig(self, rig: str, lit: str) -> None:
        """Name the rig: by what it lights where there is something."""
        self.title.setText((lit or rig).rpartition("/")[2])
        self.title.setToolTip(f"The rig {rig} lights {lit}" if lit else f"The rig {rig}")

    def show_ratio(self, ratio: Ratio | None, where: str) -> None:
        """Show the lighting ratio. where : what it was measured on."""
        if ratio is None:
            self._verdicts = ("",)
        else:
            short = f"{ratio.key}  {ratio.text()}"
            stops = "" if ratio.value == float("inf") else f"  {ratio.stops:.1f} stops"
            self._verdicts = (short + stops, short, ratio.text(), "")
            tip = f"The lighting ratio, (key + fill) : fill, where {ratio.key} shines on the {where}"
            self.verdict.setToolTip(tip)
        self._fit()

    def _fit(self) -> None:
        """The verdict as long as there is room for it."""
        metrics, room = self.verdict.fontMetrics(), self.verdict.width()
        fitting = (words for words in self._verdicts if metrics.horizontalAdvance(words) <= room)
        self.verdict.setText(next(fitting, ""))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def show_side(self, side: Side) -> None:
        """Show which side of the dome is seen."""
        for known, button in self.sides.items():
            button.setChecked(known is side)

    def show_mode(self, mode: str) -> None:
        """Show which way of placing is on."""
        for action in self._modes.actions():
            action.setChecked(action.data() == mode)
        self._place.setIcon(theme.icon("light", "accent" if mode else "text"))
