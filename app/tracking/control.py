"""Making tracks follow the picture, from the buttons over them: in a worker, its keys set as they are found.

All that one press of a button finds is one step of the history. Esc, the stop button and closing end it; what was found
by then stays.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, NodeState, Session, TrackingReport, follow_tracks, with_places

from ..changes import Change
from ..evaluating import VIEWER, Ticket
from ..paths import has_node, reset_at
from ..timeline.ranges import worked_on
from ..workers import Courier
from ..workspace import Workspace
from .tracks import Place, Side, can_be_tracked, cleared, free, there

FLUSH_MS = 120
"""So often what was found goes into the script and the viewer follows."""

REFERENCE = "reference_frame"
"""The parameter, where a node with tracks has it, that says at which frame its picture stays as it is."""


class Tracking(QObject):
    """The tracks that are under work, and the tracking. changed : which are chosen, or whether it is at work."""

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._courier = Courier(self)
        self._left_out: frozenset[tuple[str, str]] = frozenset()
        self._ticket: Ticket | None = None
        self._node = ""
        self._names: tuple[str, ...] = ()
        self._writing = False
        self._token: object = None
        self._found: dict[str, dict[float, Place]] = {}
        self._last: float | None = None
        self._flush_timer = QTimer(self, singleShot=True, interval=FLUSH_MS)
        self._flush_timer.timeout.connect(self._flush)
        workspace.evaluations.busy_changed.connect(self._look_after)
        workspace.document_changed.connect(self._document_changed)

    # -- which tracks ---------------------------------------------------------------------------------------------

    def is_chosen(self, node: str, name: str) -> bool:
        """Whether the buttons are about a track."""
        return (node, name) not in self._left_out

    def choose(self, node: str, name: str, on: bool) -> None:
        """Let the buttons be about a track, or not."""
        mark = frozenset({(node, name)})
        left_out = self._left_out - mark if on else self._left_out | mark
        if left_out != self._left_out:
            self._left_out = left_out
            self.changed.emit()

    def choose_only(self, node: str, name: str) -> None:
        """Let the buttons be about this track alone of its node."""
        state = self._state(node)
        if state is not None:
            others = {(node, track.name) for track in there(state) if track.name != name}
            kept = {mark for mark in self._left_out if mark[0] != node}
            self._left_out = frozenset(kept | others)
            self.changed.emit()

    def chosen(self, node: str) -> tuple[str, ...]:
        """The names of the tracks of a node that the buttons are about."""
        state = self._state(node)
        tracks = there(state) if state is not None else ()
        return tuple(track.name for track in tracks if self.is_chosen(node, track.name))

    def add(self, node: str, place: Place) -> str | None:
        """Take the next track of a node into use, at a place at the present frame; returns its name.

        With the first one that frame becomes the node's reference, unless the script says which it is.
        """
        state = self._state(node)
        track = free(state) if state is not None else None
        if state is None or track is None:
            self._workspace.tell(f"{node} has no track left to add", "warning", node)
            return None
        values: dict[str, Any] = {track.name: place} | ({track.weight: 1.0} if track.weight else {})
        names = {spec.name for spec in state.cls.specs} if state.cls is not None else set()
        if not there(state) and REFERENCE in names - set(state.values):
            values[REFERENCE] = round(self._workspace.frame)
        self._workspace.edit(lambda session: session.set(node, **values))
        self.choose(node, track.name, True)
        return track.name

    def remove(self, node: str, name: str) -> None:
        """Take a track out of use, as one step: all of its parameters go back to what is declared."""
        workspace, state = self._workspace, self._state(node)
        track = next((t for t in there(state) if t.name == name), None) if state is not None else None
        if track is None:
            return
        workspace.session.commit(reset_at(workspace.graph, node, track.parameters), f"remove {node}.{name}")

    def clear(self, node: str, side: Side) -> None:
        """Delete keys of the chosen tracks before or after the present frame, or all, as one step."""
        state, frame = self._state(node), self._workspace.frame
        if state is not None:
            values = {name: cleared(state.value(name), frame, side) for name in self.chosen(node)}
            if values:
                self._workspace.edit(lambda session: session.set(node, **values))

    # -- tracking -------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._ticket is not None and not self._ticket.done

    @property
    def span(self) -> tuple[int, int]:
        """The frames that are tracked over: from in to out where the script has such, else all of it."""
        return worked_on(self._workspace.document)

    def track(self, node: str, direction: int, whole: bool) -> None:
        """Let the chosen tracks follow the picture from the present frame.

        direction : 1 forwards, -1 backwards. whole : to the end of the range, else one frame.
        """
        start, (first, last) = self._workspace.frame, self.span
        end = (last if direction > 0 else first) if whole else start + direction
        count = int((end - start) * direction)
        if count < 1:
            way = "after" if direction > 0 else "before"
            self._workspace.tell(
                f"There is no frame {way} {start:.12g} in the range {first}-{last} to track", "warning"
            )
            return
        self.run(node, start, [start + direction * (i + 1) for i in range(count)])

    def run(self, node: str, start: float, frames: Sequence[float]) -> None:
        """Let the chosen tracks follow the picture from where they are at `start` through frames."""
        state = self._state(node)
        names = self.chosen(node)
        if state is None or not names:
            self._workspace.tell("Add a track first, or choose the tracks that are to follow the picture", "warning")
            return
        tied = [t.name for t in there(state) if t.name in names and not can_be_tracked(state, t)]
        names = tuple(name for name in names if name not in tied)
        if not names:
            self._workspace.tell(f"{node}.{tied[0]} follows an expression, so it cannot be tracked", "warning", node)
            return
        self.stop()
        self._node, self._names, self._token, self._found, self._last = node, names, object(), {}, None
        session, token = self._workspace.session.fork(), self._token  # now: the script may be another when work begins

        def work(cancel: CancelToken) -> TrackingReport:
            return _followed(session, node, names, start, frames, cancel, self._courier, partial(self._heard, token))

        self._ticket = self._workspace.evaluations.run(
            self, work, partial(self._done, token), self._failed, channel="track", urgency=VIEWER
        )
        self.changed.emit()

    def stop(self) -> None:
        """End the tracking; what was found stays."""
        if self.running:
            self._flush()
            self._workspace.evaluations.cancel(self, "track")
        self._finish()

    def _heard(self, token: object, frame: float, places: Mapping[str, Place]) -> None:
        """A frame is found."""
        if token is not self._token or not self.running:
            return
        for name, place in places.items():
            self._found.setdefault(name, {})[frame] = place
        self._last = frame
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def _flush(self) -> None:
        """Put what was found into the script."""
        self._flush_timer.stop()
        state, found, node = self._state(self._node), self._found, self._node
        self._found = {}
        if state is None or not found:
            return
        values = {name: with_places(state.value(name), places) for name, places in found.items()}
        self._writing = True
        try:
            self._workspace.edit(lambda session: session.set(node, self._token, **values))
        finally:
            self._writing = False
        if self._last is not None:
            self._workspace.tell(f"Tracking {node}: frame {self._last:.12g}{self._workspace.stops}")
            self._workspace.set_frame(self._last)

    def _done(self, token: object, report: TrackingReport) -> None:
        if token is not self._token:
            return
        for trail in report.trails:  # the last ones may have come before a flush
            self._found.setdefault(trail.track, {}).update(trail.places if len(trail.places) > 1 else {})
        self._found = {name: places for name, places in self._found.items() if places}
        self._flush()
        self._finish()
        if sentences := [*report.lost, *report.warnings]:
            self._workspace.tell("; ".join(sentences), "warning", report.node)
        else:
            frames = [frame for trail in report.trails for frame in trail.places]
            worst = max((error for trail in report.trails for error in trail.errors.values()), default=0.0)
            count = len(set(frames)) - 1
            self._workspace.tell(
                f"Tracked {report.node} over {count} frame{'' if count == 1 else 's'}, largest error {worst:.3f}"
            )

    def _failed(self, error: Exception) -> None:
        self._flush()
        self._finish()
        self._workspace.tell_error(error, self._node)

    def _finish(self) -> None:
        self._flush_timer.stop()
        if self._ticket is not None:
            self._ticket, self._found = None, {}
            self.changed.emit()

    def _look_after(self, busy: bool) -> None:
        """Esc has cancelled everything: take note."""
        if self._ticket is not None and self._ticket.token.cancelled:
            self._flush()
            self._finish()
            self._workspace.tell("Tracking stopped")

    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self._left_out = frozenset()
        elif change.renamed:
            self._node = change.renamed.get(self._node, self._node)
            self._left_out = frozenset((change.renamed.get(node, node), name) for node, name in self._left_out)
        if self.running and (change.opened or not has_node(self._workspace.graph, self._node)):
            self._found = {}
            self.stop()
        elif self.running and not self._writing and self._moved(change):
            # Undo, or a hand on the picture: what comes after would stand beside a hole, or be of another start.
            self._found = {}
            self.stop()
            self._workspace.tell("Tracking stopped, as what it had found was changed")

    def _moved(self, change: Change) -> bool:
        """Whether a track that is being followed is elsewhere now."""
        before, after = change.old.graph, change.new.graph
        if not has_node(before, self._node):  # it has another name, and is the same else
            return False
        old, new = before.at(self._node), after.at(self._node)
        return old is not new and any(old.value(name) != new.value(name) for name in self._names)

    def _state(self, node: str) -> NodeState | None:
        graph = self._workspace.graph
        return graph.at(node) if node and has_node(graph, node) else None


def _followed(
    session: Session, node: str, names: Sequence[str], start: float, frames: Sequence[float], token: CancelToken,
    courier: Courier, heard: partial[None],
) -> TrackingReport:  # fmt: skip
    """In a worker. heard : is called in the GUI thread with every frame that is found."""

    def tell(frame: float, places: Mapping[str, Place]) -> None:
        token.check()
        courier.post(partial(heard, frame, dict(places)))

    return follow_tracks(session.fork(token), node, names, start, frames, token, tell)
