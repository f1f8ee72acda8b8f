"""The bar below the ruler: what is played how, the buttons that move and play, and what playback says."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolButton

from .. import theme
from ..actions import Actions
from ..bar import Bar
from ..keytips import KeyTip
from ..widgets import label_of
from .flicker import Flicker
from .player import Player, State
from .ranges import Loop
from .rate import RateField

RANGES = {"in-out": "In/Out", "project": "Project", "input": "Input"}
_LOOPS = {Loop.LOOP: "Loop", Loop.BOUNCE: "Bounce", Loop.ONCE: "Once"}


class TimelineBar(Bar):
    """The controls of the timeline. What they do is the panel's, but for the buttons, which trigger actions."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._make_playing()
        self._make_telling()
        self.put(self.range_box, 60)
        self.put(self.fps_field, 55)
        self.put(self.every_button, 40)
        self.put(self.loop_box, 45)
        self.put(self.flicker_button, 35)
        self.row.addStretch(1)
        self._put_transport()
        self.row.addStretch(1)
        self.put(self.verdict, 50)

    def _make_playing(self) -> None:
        """What is played how: range, rate, every frame or not, and what comes after the last."""
        self.range_box = QComboBox()
        for name, title in RANGES.items():
            self.range_box.addItem(title, name)
        self.range_box.setToolTip("The range of frames that is played")
        self.fps_field = RateField()
        self.every_button = _switch("All", "Every frame")
        self.every_button.setToolTip(
            "Show every frame, however long it takes; else keep to real time and leave out what is late"
        )
        self.loop_box = QComboBox()
        for loop, title in _LOOPS.items():
            self.loop_box.addItem(title, loop.value)
        self.loop_box.setToolTip("What comes after the last frame")

    def _make_telling(self) -> None:
        """Where we are, and what playback and the measuring of flicker say."""
        self.frame_field = QLineEdit()
        self.frame_field.setFixedWidth(56)
        self.frame_field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.frame_field.setToolTip("Current frame; arithmetic such as +24 works")
        self.frame_field.setAccessibleName("Frame")
        self.flicker_button = _switch("ΔE", "Measure flicker")
        self.flicker_button.setToolTip(
            "Measure how much what is shown flickers, in colour differences per second along its motion; "
            "what side B shows is drawn beside it in grey"
        )
        self.verdict = label_of("dim")
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # As wide as what it may say: the buttons must not move away from under the mouse when playback begins.
        self.verdict.setMinimumWidth(self.verdict.fontMetrics().horizontalAdvance("23.9 of 24 fps, 999 dropped"))

    def _put_transport(self) -> None:
        """The buttons that move and play, the field of the frame in their middle."""
        self.buttons: dict[str, QToolButton] = {}
        for name, icon in (
            ("first", "first"), ("previous_key", "key"), ("previous", "step-back"), ("backward", "play-back"),
            ("pause", "pause"), ("forward", "play"), ("next", "step-forward"), ("next_key", "key"), ("last", "last"),
        ):  # fmt: skip
            self.buttons[name] = self._button(name, icon)
            self.put(self.buttons[name], 65 if icon == "key" else 80)
            if name == "pause":
                self.put(self.frame_field, 90)

    def _button(self, name: str, icon: str) -> QToolButton:
        action = self._actions.qaction(f"timeline.{name}")
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIcon(theme.icon(icon))
        KeyTip(button, action)
        button.setAccessibleName(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setFixedWidth(26)
        button.setAutoRepeat(name in ("next", "previous"))
        button.clicked.connect(partial(self._actions.trigger, f"timeline.{name}"))
        return button

    def show_player(self, player: Player, flicker: Flicker | None) -> None:
        """What playback does and, while it rests, how much the frame flickers, where that was measured."""
        for name, direction in (("forward", 1), ("backward", -1)):
            self.buttons[name].setDown(player.playing and player.direction == direction)
        words, role = [], "dim"
        if player.state is State.REFILLING:
            words = ["caching…"]
        elif player.playing and player.rate is not None:
            words = [f"{player.rate:.1f} of {player.fps:g} fps"]
            role = "error" if player.rate < 0.95 * player.fps else "dim"
        if player.dropped:
            words += [f"{player.dropped} dropped"]
        if flicker is not None and not player.playing:
            beside = "" if flicker.other is None else f", B {flicker.other:.1f}"
            words += [f"flicker {flicker.own:.1f}{beside} ΔE/s"]
        self.verdict.setText(", ".join(words))
        if self.verdict.property("role") != role:
            self.verdict.setProperty("role", role)
            self.verdict.style().polish(self.verdict)

    def show_project(self, frame: float, fps: float, kind: str) -> None:
        """The current frame, the rate, and the range that is played; what is being typed stays."""
        if not self.frame_field.hasFocus():
            self.show_frame(frame)
        if not self.fps_field.hasFocus():
            with QSignalBlocker(self.fps_field):
                self.fps_field.setValue(fps)
        self.range_box.setCurrentIndex(self.range_box.findData(kind))

    def show_frame(self, frame: float) -> None:
        self.frame_field.setText(f"{frame:.12g}")


def _switch(text: str, name: str) -> QToolButton:
    """A button that is on or off. name : what it is called where its text is not seen."""
    made = QToolButton()
    made.setText(text)
    made.setCheckable(True)
    made.setAccessibleName(name)
    return made
