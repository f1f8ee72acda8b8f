"""The timeline: the ruler, the transport, and what is played how."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout

from rimlight.engine import ImageInfo, RimlightError

from ..actions import GLOBAL
from ..changes import Change
from ..panels import Desktop, Panel, PanelDeclaration
from ..properties.arithmetic import evaluate
from ..viewer.settings import ViewerSettings
from ..viewer.side import Wish
from ..viewing import DEFAULT_VIEWER
from ..widgets import to_edge
from .ahead import LookAhead, Shown
from .bar import RANGES, TimelineBar
from .cached import CachedFrames
from .commands import ACTIONS, CONTEXT
from .flicker import FlickerCurve
from .player import Player
from .ranges import Loop, Range, in_out, key_frames, neighbor, with_in_out
from .ruler import CURVE, Ruler

JUMP = 10
_BUDGET_SHARE = 0.4
"""Of the cache that pictures which were not shown yet may take."""


class TimelinePanel(Panel):
    """Follows the workspace's frame; plays what the first viewer shows."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.keys_follow_mouse = True
        settings = self.workspace.session.settings
        budget = settings.device_bytes if settings.device != "cpu" and settings.device_bytes else settings.host_bytes
        self.ahead = LookAhead(self.workspace, int(budget * _BUDGET_SHARE), self)
        self.player = Player(self.workspace, self.ahead, parent=self)
        self.cached = CachedFrames(self.workspace, self)
        self.flicker = FlickerCurve(self.workspace, self)
        self._kind = "project"
        self._shown_key: object = None
        self._low = 0
        self._build()
        self._connect()
        self._follow_shown()

    # -- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.ruler = Ruler()
        self.bar = TimelineBar(self.desktop.actions)
        layout = to_edge(QVBoxLayout(self))
        layout.addWidget(self.ruler)
        layout.addWidget(self.bar)
        self.setFocusProxy(self.ruler)

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
        self.bar.range_box.activated.connect(self._range_picked)
        self.bar.loop_box.activated.connect(self._loop_picked)
        self.bar.every_button.toggled.connect(self._every_toggled)
        self.bar.flicker_button.toggled.connect(self._flicker_toggled)
        self.bar.fps_field.valueChanged.connect(self._fps_edited)
        self.bar.frame_field.editingFinished.connect(self._frame_typed)
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
            "flicker": self.bar.flicker_button.click,
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
        self.player.forget()
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
        self.bar.show_project(self.workspace.frame, document.project.fps, self._kind)
        self.settled_changed.emit()

    def _show_player(self) -> None:
        self.bar.show_player(self.player, self.flicker.frames.get(round(self.workspace.frame)))

    def _show_flicker(self) -> None:
        found = self.flicker.frames
        others = {frame: flicker.other for frame, flicker in found.items() if flicker.other is not None}
        curves = {"text.dim": others, "information": {frame: flicker.own for frame, flicker in found.items()}}
        self.ruler.show_curves(curves if self.flicker.on else None, self.flicker.progress)
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
        self.bar.frame_field.setFocus()
        self.bar.frame_field.selectAll()

    def _frame_typed(self) -> None:
        text = self.bar.frame_field.text()
        self.bar.frame_field.clearFocus()
        try:
            frame = evaluate(text, self.workspace.frame, self.workspace.frame)
        except RimlightError as error:
            self.workspace.tell(f"frame '{text}': {error}", "warning")
        else:
            if frame != self.workspace.frame:
                self._scrub(frame)
        self.bar.show_frame(self.workspace.frame)

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
        self.workspace.session.history.amend(lambda document: document.with_(ui=with_in_out(document.ui, marks)))
        self._show()

    def set_range(self, kind: str) -> None:
        """Play the project's range, the viewed material's, or from in to out."""
        self._kind = kind
        self._show()

    def _range_picked(self, index: int) -> None:
        kind = self.bar.range_box.itemData(index)
        if kind == "in-out" and in_out(self.workspace.document.ui) is None:
            self._set_in_out(self.span)
        self.set_range(kind)

    def _loop_picked(self, index: int) -> None:
        self.player.loop = Loop(self.bar.loop_box.itemData(index))

    def _every_toggled(self, on: bool) -> None:
        self.player.every = on

    def _flicker_toggled(self, on: bool) -> None:
        dock = self.parentWidget()
        if on and dock is not None:
            self._low = dock.height()
        self.flicker.turn(on)
        self.desktop.actions.set_checked("timeline.flicker", on)
        self._show_flicker()
        if not on:
            QTimer.singleShot(0, self, self._be_low)  # the window knows by then that it may be

    def _be_low(self, tries: int = 10) -> None:
        """Be as low as before the curves: Qt makes room for them, and keeps it. What was made higher since stays so.

        tries : how often it is asked for again, as Qt forgets it where a layout is still to come.
        """
        window, dock = self.window(), self.parentWidget()
        if isinstance(window, QMainWindow) and isinstance(dock, QDockWidget) and not self.flicker.on:
            if not self._low < dock.height() <= self._low + 2 * CURVE:  # Qt gives the curves about what they ask for
                return
            least = self._low <= dock.minimumSizeHint().height()  # Qt shares what is asked with the others, about
            window.resizeDocks([dock], [1 if least else self._low], Qt.Orientation.Vertical)
            if tries:
                QTimer.singleShot(20, self, partial(self._be_low, tries - 1))

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
            self.bar.loop_box.setCurrentIndex(self.bar.loop_box.findData(state["loop"]))
        if isinstance(state.get("every"), bool):
            self.bar.every_button.setChecked(state["every"])
        if state.get("range") in list(RANGES):
            self.set_range(state["range"])


PANEL = PanelDeclaration("timeline", "Timeline", TimelinePanel, area="bottom", visible=True, actions=ACTIONS)
