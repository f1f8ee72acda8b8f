"""The timeline: the ruler, the transport, and what is played how."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QToolButton, QVBoxLayout

from rimlight.engine import ImageInfo, RimlightError

from .. import theme
from ..actions import GLOBAL, Action
from ..bar import Bar
from ..changes import Change
from ..keytips import KeyTip
from ..panels import Desktop, Panel, PanelDeclaration
from ..properties.arithmetic import evaluate
from ..viewer.settings import ViewerSettings
from ..viewer.side import Wish
from ..viewing import DEFAULT_VIEWER
from .ahead import LookAhead, Shown
from .cached import CachedFrames
from .flicker import FlickerCurve
from .player import Player, State
from .ranges import IN_OUT, Loop, Range, in_out, key_frames, neighbor
from .rate import RateField
from .ruler import Ruler

CONTEXT = "timeline"
_BOTH = ("viewer", CONTEXT)
_KEYED = (*_BOTH, "curves", "dopesheet")
_MENU = "&Viewer/&Playback"


def _action(
    name: str, text: str, *keys: str, section: str, repeat: bool = False, tip: str = "", checkable: bool = False,
    contexts: tuple[str, ...] = _BOTH,
) -> Action:  # fmt: skip
    return Action(f"timeline.{name}", text, keys, contexts, _MENU, section, tip, checkable, repeat=repeat)


ACTIONS = (
    _action("forward", "Play &Forward", "L", section="play"),
    _action("backward", "Play &Backward", "J", section="play"),
    _action("pause", "&Pause", "K", section="play"),
    _action("next", "&Next Frame", "Right", section="step", repeat=True),
    _action("previous", "P&revious Frame", "Left", section="step", repeat=True),
    _action("jump_forward", "10 Frames Forward", "Shift+Right", section="step", repeat=True),
    _action("jump_back", "10 Frames Back", "Shift+Left", section="step", repeat=True),
    _action("first", "F&irst Frame", "Ctrl+Left", section="step"),
    _action("last", "&Last Frame", "Ctrl+Right", section="step"),
    _action(
        "next_key",
        "Next &Key",
        "Ctrl+Shift+Right",
        section="keys",
        contexts=_KEYED,
        tip="The next key of the selected node, or of those whose properties are open",
    ),
    _action("previous_key", "Previous Ke&y", "Ctrl+Shift+Left", section="keys", contexts=_KEYED),
    _action("in", "Set &In Here", "Alt+I", section="range"),
    _action("out", "Set &Out Here", "Alt+O", section="range"),
    _action("clear_in_out", "&Clear In and Out", "Alt+U", section="range"),
    _action(
        "flicker",
        "&Measure Flicker",
        "Alt+D",
        section="measure",
        checkable=True,
        tip="How much what is shown flickers, as a curve above the frames",
    ),
    Action("timeline.go", "&Go to Frame", ("Alt+G",), (GLOBAL,), _MENU, "step"),
)
JUMP = 10
RANGES = {"in-out": "In/Out", "project": "Project", "input": "Input"}
_LOOPS = {Loop.LOOP: "Loop", Loop.BOUNCE: "Bounce", Loop.ONCE: "Once"}
_BUDGET_SHARE = 0.4
"""Of the cache that pictures which were not shown yet may take."""


class TimelinePanel(Panel):
    """Follows the workspace's frame; plays what the first viewer shows."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        settings = self.workspace.session.settings
        budget = settings.device_bytes if settings.device != "cpu" and settings.device_bytes else settings.host_bytes
        self.ahead = LookAhead(self.workspace, int(budget * _BUDGET_SHARE), self)
        self.player = Player(self.workspace, self.ahead, parent=self)
        self.cached = CachedFrames(self.workspace, self)
        self.flicker = FlickerCurve(self.workspace, self)
        self._kind = "project"
        self._shown_key: object = None
        self._build()
        self._connect()
        self._follow_shown()

    # -- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.ruler = Ruler()
        self._build_playing()
        self._build_telling()
        bar = Bar()
        bar.put(self.range_box, 60)
        bar.put(self.fps_field, 55)
        bar.put(self.every_button, 40)
        bar.put(self.loop_box, 45)
        bar.put(self.flicker_button, 35)
        bar.row.addStretch(1)
        self._put_transport(bar)
        bar.row.addStretch(1)
        bar.put(self.verdict, 50)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.ruler)
        layout.addWidget(bar)
        self.setFocusProxy(self.ruler)

    def _build_playing(self) -> None:
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

    def _build_telling(self) -> None:
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
        self.verdict = QLabel()
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.verdict.setProperty("role", "dim")
        # As wide as what it may say: the buttons must not move away from under the mouse when playback begins.
        self.verdict.setMinimumWidth(self.verdict.fontMetrics().horizontalAdvance("23.9 of 24 fps, 999 dropped"))

    def _put_transport(self, bar: Bar) -> None:
        """The buttons that move and play, the field of the frame in their middle."""
        self.buttons: dict[str, QToolButton] = {}
        for name, icon in (
            ("first", "first"), ("previous_key", "key"), ("previous", "step-back"), ("backward", "play-back"),
            ("pause", "pause"), ("forward", "play"), ("next", "step-forward"), ("next_key", "key"), ("last", "last"),
        ):  # fmt: skip
            self.buttons[name] = self._button(name, icon)
            bar.put(self.buttons[name], 65 if icon == "key" else 80)
            if name == "pause":
                bar.put(self.frame_field, 90)

    def _button(self, name: str, icon: str) -> QToolButton:
        action = self.desktop.actions.qaction(f"timeline.{name}")
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIcon(theme.icon(icon))
        KeyTip(button, action)
        button.setAccessibleName(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setFixedWidth(26)
        button.setAutoRepeat(name in ("next", "previous"))
        button.clicked.connect(partial(self.desktop.actions.trigger, f"timeline.{name}"))
        return button

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.document_changed.connect(self._changed)
        workspace.views_changed.connect(self._follow_shown)
        workspace.looks_changed.connect(self._look_changed)
        workspace.selection_changed.connect(self._show)
        workspace.opened_changed.connect(self._show)
        workspace.frame_changed.connect(self._show)
        workspace.facts.changed.connect(self._show)
        self.cached.changed.connect(self._show)
        self.flicker.changed.connect(self._show_flicker)
        self.flicker.failed.connect(partial(workspace.tell, kind="warning"))
        workspace.frame_changed.connect(self._show_player)
        self.ahead.ready_changed.connect(self.cached.note)
        self.player.changed.connect(self._show_player)
        self.ruler.scrubbed.connect(self._scrub)
        self.ruler.span_moved.connect(self._set_in_out)
        self.range_box.activated.connect(self._range_picked)
        self.loop_box.activated.connect(self._loop_picked)
        self.every_button.toggled.connect(self._every_toggled)
        self.flicker_button.toggled.connect(self._flicker_toggled)
        self.fps_field.valueChanged.connect(self._fps_edited)
        self.frame_field.editingFinished.connect(self._frame_typed)
        handlers: dict[str, Callable[[], object]] = {
            "forward": partial(self.play, 1),
            "backward": partial(self.play, -1),
            "pause": self.player.pause,
            "next": partial(self.step, 1),
            "previous": partial(self.step, -1),
            "jump_forward": partial(self.step, JUMP),
            "jump_back": partial(self.step, -JUMP),
            "first": partial(self._to_end, 0),
            "last": partial(self._to_end, 1),
            "next_key": partial(self._to_key, 1),
            "previous_key": partial(self._to_key, -1),
            "in": partial(self._mark, 0),
            "out": partial(self._mark, 1),
            "clear_in_out": partial(self._set_in_out, None),
            "flicker": self.flicker_button.click,
        }
        actions = self.desktop.actions
        actions.attach(CONTEXT, self, {f"timeline.{name}": handler for name, handler in handlers.items()})
        actions.attach(GLOBAL, self, {"timeline.go": self.ask_frame})

    # -- following ------------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.pixels or change.opened:
            self.player.pause()
            self._follow_shown()
        elif change.ui:
            self._show()

    def _follow_shown(self, *_: object) -> None:
        """What the viewer shows is another, or looks otherwise: nothing is ready."""
        shown = self.shown()
        self._shown_key = shown.key
        self.ahead.forget(shown)
        if self.player.playing:
            self.player.pause()
        self.cached.follow(shown, self.span)
        self.flicker.follow(shown, self.span)
        self._show()

    def _look_changed(self, *_: object) -> None:
        """Exposure and the like change nothing that is evaluated; the layer and the scale do."""
        if self.shown().key != self._shown_key:
            self._follow_shown()

    def shown(self) -> Shown:
        """What the first viewer shows, and how."""
        views = self.workspace.views()
        settings = ViewerSettings.from_data(self.workspace.look(DEFAULT_VIEWER))
        nodes = tuple(dict.fromkeys(node for node in (views.node_a, views.node_b) if node is not None))

        def choose(info: ImageInfo) -> tuple[str, ...]:
            layer = settings.layer if info.has(settings.layer) else ""
            return Wish("", 0.0, layer).choose(info)

        return Shown(nodes, settings.scale, choose, (nodes, settings.scale, settings.layer))

    @property
    def span(self) -> Range:
        """The range of frames that is played."""
        document = self.workspace.document
        marks = in_out(document.ui)
        if self._kind == "in-out" and marks is not None:
            return marks
        if self._kind == "input":
            node = self.workspace.views().node_a
            info = self.workspace.facts.info(node) if node is not None else None
            if info is not None and info.frames is not None:
                return info.frames
        first, last = document.project.frames
        return (first, max(first, last))

    def _show(self, *_: object) -> None:
        document, span = self.workspace.document, self.span
        if span != self.player.span:
            self.player.span = span
            self.cached.follow(self.shown(), span)
            self.flicker.follow(self.shown(), span)
        self.player.fps = document.project.fps
        whole = document.project.frames if self._kind == "in-out" else span
        self.ruler.show_state(
            whole=(whole[0], max(whole)),
            marks=in_out(document.ui),
            frame=self.workspace.frame,
            keys=self._key_frames,
            cached=self.cached.frames,
        )
        if not self.frame_field.hasFocus():
            self.frame_field.setText(f"{self.workspace.frame:.12g}")
        if not self.fps_field.hasFocus():
            blocked = self.fps_field.blockSignals(True)
            self.fps_field.setValue(document.project.fps)
            self.fps_field.blockSignals(blocked)
        self.range_box.setCurrentIndex(self.range_box.findData(self._kind))
        self.settled_changed.emit()

    def _show_player(self) -> None:
        player = self.player
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
        flicker = self.flicker.frames.get(round(self.workspace.frame))
        if flicker is not None and not player.playing:
            beside = "" if flicker.other is None else f", B {flicker.other:.1f}"
            words += [f"flicker {flicker.own:.1f}{beside} ΔE/s"]
        self.verdict.setText(", ".join(words))
        if self.verdict.property("role") != role:
            self.verdict.setProperty("role", role)
            self.verdict.style().polish(self.verdict)

    def _show_flicker(self) -> None:
        found = self.flicker.frames
        others = {frame: flicker.other for frame, flicker in found.items() if flicker.other is not None}
        curves = {"text.dim": others, "information": {frame: flicker.own for frame, flicker in found.items()}}
        self.ruler.show_curves(curves if self.flicker.on else None)
        self._show_player()

    @property
    def settled(self) -> bool:
        return self.cached.settled and self.flicker.settled and not self.player.playing

    # -- moving ---------------------------------------------------------------------------------------------------

    def play(self, direction: int) -> None:
        """Play forward or backward; again in the same direction: pause."""
        if not self.player.playing:
            self.ahead.forget(self.shown())
        self.player.play(direction)

    def step(self, by: int) -> None:
        """Go some frames on or back."""
        self.player.pause()
        self.workspace.set_frame(round(self.workspace.frame) + by)

    def _scrub(self, frame: float) -> None:
        self.player.pause()
        self.workspace.set_frame(frame)

    def _to_end(self, end: int) -> None:
        self.player.pause()
        self.workspace.set_frame(self.span[end])

    def _to_key(self, direction: int) -> None:
        frames = self._key_frames
        found = neighbor(frames, self.workspace.frame, direction)
        if found is not None:
            self._scrub(found)
        elif not frames:
            self.workspace.tell("Neither the selected node nor those whose properties are open have keys")

    @property
    def _key_frames(self) -> tuple[float, ...]:
        """The frames at which the selected node has keys; where it has none, those whose properties are open."""
        graph = self.workspace.graph
        own = key_frames(graph, self.workspace.current)
        return own or tuple(sorted({f for path in self.workspace.opened for f in key_frames(graph, path)}))

    def ask_frame(self) -> None:
        """Let a frame be typed."""
        self.desktop.show(PANEL.id)
        self.frame_field.setFocus()
        self.frame_field.selectAll()

    def _frame_typed(self) -> None:
        text = self.frame_field.text()
        self.frame_field.clearFocus()
        try:
            frame = evaluate(text, self.workspace.frame, self.workspace.frame)
        except RimlightError as error:
            self.workspace.tell(f"frame '{text}': {error}", "warning")
        else:
            if frame != self.workspace.frame:
                self._scrub(frame)
        self.frame_field.setText(f"{self.workspace.frame:.12g}")

    # -- range, rate, loop ----------------------------------------------------------------------------------------

    def _mark(self, end: int) -> None:
        """Set in or out at the current frame; the other one gives way where it would be on the wrong side."""
        first, last = in_out(self.workspace.document.ui) or self.span
        frame = round(self.workspace.frame)
        self._set_in_out((frame, max(frame, last)) if end == 0 else (min(first, frame), frame))
        self.set_range("in-out")

    def _set_in_out(self, marks: Range | None) -> None:
        """Keep in and out in the script; as the place of nodes that is no step of the history."""
        if marks is None and self._kind == "in-out":
            self._kind = "project"
        self.workspace.session.history.amend(lambda document: document.with_(ui=_with_marks(document.ui, marks)))
        self._show()

    def set_range(self, kind: str) -> None:
        """Play the project's range, the viewed material's, or from in to out."""
        self._kind = kind
        self._show()

    def _range_picked(self, index: int) -> None:
        kind = self.range_box.itemData(index)
        if kind == "in-out" and in_out(self.workspace.document.ui) is None:
            self._set_in_out(self.span)
        self.set_range(kind)

    def _loop_picked(self, index: int) -> None:
        self.player.loop = Loop(self.loop_box.itemData(index))

    def _every_toggled(self, on: bool) -> None:
        self.player.every = on

    def _flicker_toggled(self, on: bool) -> None:
        self.flicker.turn(on)
        self.desktop.actions.set_checked("timeline.flicker", on)
        self._show_flicker()

    def _fps_edited(self, fps: float) -> None:
        if fps != self.workspace.document.project.fps:
            self.workspace.edit(lambda s: s.set_project(fps=fps))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not self.window().isVisible():
            self.player.pause()

    def save_state(self) -> dict[str, Any]:
        return {"range": self._kind, "loop": self.player.loop.value, "every": self.player.every}

    def restore_state(self, state: dict[str, Any]) -> None:
        if state.get("loop") in list(Loop):
            self.player.loop = Loop(state["loop"])
            self.loop_box.setCurrentIndex(self.loop_box.findData(state["loop"]))
        if isinstance(state.get("every"), bool):
            self.every_button.setChecked(state["every"])
        if state.get("range") in RANGES:
            self.set_range(state["range"])


def _switch(text: str, name: str) -> QToolButton:
    """A button that is on or off. name : what it is called where its text is not seen."""
    made = QToolButton()
    made.setText(text)
    made.setCheckable(True)
    made.setAccessibleName(name)
    return made


def _with_marks(ui: Mapping[str, Any], marks: Range | None) -> dict[str, Any]:
    """The `ui` of a script with another in and out, or without."""
    others = {name: value for name, value in ui.items() if name != IN_OUT}
    return others if marks is None else {**others, IN_OUT: list(marks)}


PANEL = PanelDeclaration("timeline", "Timeline", TimelinePanel, area="bottom", visible=True, actions=ACTIONS)
