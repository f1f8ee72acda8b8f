"""What curve editor and dope sheet share: keys that are selected, moved, copied and deleted, by track."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QWidget

from rimlight.engine import Curve, Key, from_json

from ..properties.edits import Edits
from ..properties.parameter import number_at
from ..workspace import Workspace
from . import selection as many
from .drawn_tracks import DrawnParameter, Pose, with_drawn
from .keys import Tangent, key_at, keyed, pasted
from .selection import Bounds, Selection
from .tracks import Track, TrackId, by_new_names

_KEYS = "rimlight_keys"
"""Names keys in the text on the clipboard, which go from one of the two to the other, and to other windows."""


class KeyEditor(QWidget):
    """Base of the two. edited : curves by track, None for one that lost its last key, the label of the step, the token
    of the gesture. selection_changed. scrubbed : a frame. begun, given_up : a gesture, the second by Esc.

    A drag starts from `base` and `base_selection`, what was there when the button went down.
    """

    edited = Signal(object, str, object)
    selection_changed = Signal()
    scrubbed = Signal(float)
    begun = Signal()
    given_up = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tracks: dict[TrackId, Track] = {}
        self.selection: Selection = {}
        self.snap = True
        self.token: object = None
        self.base: dict[TrackId, Curve] = {}
        self.base_selection: Selection = {}
        self._mode = ""
        self._coming: Selection | None = None
        self._around: Bounds | None = None

    @property
    def curves(self) -> dict[TrackId, Curve]:
        """The curves that can be edited."""
        return {name: track.curve for name, track in self.tracks.items() if track.curve is not None}

    def take_tracks(self, tracks: Sequence[Track]) -> None:
        """Have other tracks; what is selected stays so where it is still there."""
        before = self.curves
        self.tracks = {track.id: track for track in tracks}
        self._around = None
        coming = self._coming
        if coming is None:
            coming = {**many.followed(self.selection, before, self.curves), **self._undone(before)}
        self.select(many.pruned(coming, self.tracks))

    def follow(self, renamed: Mapping[str, str]) -> None:
        """Know the tracks of renamed nodes again once they come. renamed : new paths by old ones."""
        self.tracks = by_new_names(self.tracks, renamed)
        self.selection = by_new_names(self.selection, renamed)
        self.base, self.base_selection = by_new_names(self.base, renamed), by_new_names(self.base_selection, renamed)

    def selected_keys(self) -> list[Key]:
        return many.selected_keys(self.selection, self.curves)

    @property
    def around(self) -> Bounds | None:
        """First and last frame, lowest and highest value of what is selected."""
        if self._around is None:
            self._around = many.bounds(self.selection, self.curves)
        return self._around

    def _undone(self, before: Mapping[TrackId, Curve]) -> Selection:
        """What was selected in the curves that are again as they were before the last gesture."""
        curves, base = self.curves, self.base
        return {
            name: chosen
            for name, chosen in self.base_selection.items()
            if name in base and curves.get(name) is base[name] is not before.get(name)
        }

    @property
    def several(self) -> bool:
        """Whether more than one key is selected."""
        return sum(map(len, self.selection.values())) > 1

    def select(self, selection: Selection) -> None:
        """Select these keys and no others."""
        selection = {name: chosen for name, chosen in selection.items() if chosen}
        if selection != self.selection:
            self.selection = selection
            self._around = None
            self.selection_changed.emit()
            self.update()

    def frame_all(self) -> None:
        """Bring the selected keys into view, or everything."""
        raise NotImplementedError

    def select_all(self) -> None:
        self.select({name: frozenset(range(len(curve.keys))) for name, curve in self.curves.items()})

    def begin(self) -> None:
        """A gesture begins."""
        self.token = object()
        self.base, self.base_selection = self.curves, dict(self.selection)
        self.begun.emit()

    def give_up(self) -> None:
        """End the gesture as if it had never begun."""
        self.end()
        self.given_up.emit()
        self.select(many.pruned(self.base_selection, self.tracks))

    def end(self) -> None:
        """The gesture is over."""
        self._mode, self.token = "", None
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._escapes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._escapes(event):
            self.give_up()
        else:
            super().keyPressEvent(event)

    def _escapes(self, event: QEvent) -> bool:
        """Whether a key gives up the gesture that is under way."""
        return bool(self._mode) and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape

    def edit(self, changed: Mapping[TrackId, Curve | None], label: str, selection: Selection | None = None) -> None:
        """Tell of an edit, and select what is to be selected then."""
        if changed:
            self._coming = selection
            self.edited.emit(dict(changed), label, self.token)
            self._coming = None
        if selection is not None:
            self.select(many.pruned(selection, self.tracks))

    def set_tangents(self, kind: Tangent) -> None:
        """Give the selected keys another interpolation."""
        self.token = None
        self.edit(many.tangents(self.selection, self.curves, kind), f"make keys {kind}")

    def delete_selected(self) -> None:
        """Delete the selected keys."""
        self.token = None
        self.edit(many.delete(self.selection, self.curves), "delete keys", {})

    def nudge(self, frames: float, value: float) -> None:
        """Move the selected keys a little."""
        self.token = None
        changed, there = many.move(self.selection, self.curves, frames, value, self.snap)
        self.edit(changed, "move keys", there)

    def mirror(self, across: int, up: int) -> None:
        """Turn the selected keys round in time, within their frames, or in value, about 0. Factors of 1 and -1."""
        around = many.bounds(self.selection, self.curves)
        if around is not None:
            self.token = None
            pivot = ((around[0] + around[1]) / 2, 0.0)
            changed, there = many.scale(self.selection, self.curves, pivot, (across, up), False)
            self.edit(changed, "reverse keys" if across < 0 else "negate keys", there)

    def copy(self) -> None:
        """Put the selected keys on the clipboard, track by track."""
        curves = self.curves
        tracks = [[curves[name].keys[i] for i in sorted(chosen)] for name, chosen in self.selection.items()]
        if tracks:
            # As text: data of another sort is an object of Python's, which the clipboard outlives.
            QGuiApplication.clipboard().setText(json.dumps({_KEYS: [_to_data(keys) for keys in tracks]}))

    def cut(self) -> None:
        """Put the selected keys on the clipboard and take them away."""
        self.copy()
        self.delete_selected()

    def set_keys(self, frame: float) -> None:
        """Put a key at a frame into the curves in which keys are selected, else into all that are shown; they run as
        before there.
        """
        curves = self.curves
        made: dict[TrackId, Curve | None] = {}
        for name in list(self.selection) or list(curves):
            curve = curves[name]
            if not self.tracks[name].lookup and key_at(curve, frame) is None:
                made[name] = keyed(curve, frame, curve.at(frame))
        self.token = None
        self.edit(made, "set keys")

    def paste(self, at: float) -> None:
        """Put the keys of the clipboard in at a frame: into the tracks in which keys are selected, else into those
        shown. Numbers go to numbers, and the points of a shape to shapes with as many.
        """
        copied = copied_keys()
        if not copied:
            return
        curves = self.curves
        start = min(key.frame for keys in copied for key in keys)
        changed: dict[TrackId, Curve | None] = {}
        counts: dict[int | None, int] = {}
        for name in list(self.selection) or list(curves):
            kind = _points_in(curves[name].keys)
            fitting = [keys for keys in copied if _points_in(keys) == kind]
            if fitting:
                i = counts[kind] = counts.get(kind, -1) + 1
                keys = fitting[i % len(fitting)]
                changed[name] = pasted(curves[name], keys, at + keys[0].frame - start)
        self.token = None
        self.edit(changed, "paste keys")


def copied_keys() -> list[tuple[Key, ...]]:
    """The keys on the clipboard, track by track; none where something else is there."""
    try:
        return [_from_data(track) for track in from_json(QGuiApplication.clipboard().text())[_KEYS]]
    except (ValueError, TypeError, KeyError):
        return []


def _to_data(keys: Sequence[Key]) -> Any:
    data = Curve(tuple(keys)).to_data()
    return {"keys": data, "poses": [key.points for key in keys if isinstance(key, Pose)]}


def _from_data(data: Any) -> tuple[Key, ...]:
    keys, poses = Curve.from_data(data["keys"]).keys, data["poses"]
    if not poses:
        return keys
    return tuple(Pose(key.frame, 0.0, key.interp, points=points) for key, points in zip(keys, poses, strict=True))


def _points_in(keys: Sequence[Key]) -> int | None:
    """How many points a shape has whose keys these are; None for those of a number."""
    return len(keys[0].points) if isinstance(keys[0], Pose) else None


def undo_given_up(view: KeyEditor, workspace: Workspace) -> None:
    """Take back what a gesture did that is given up."""
    steps = [0]
    view.begun.connect(lambda: steps.__setitem__(0, workspace.session.history.position))
    view.given_up.connect(lambda: workspace.undo_to(steps[0]))


def commit(
    edits: Edits, tracks: Mapping[TrackId, Track], changed: Mapping[TrackId, Curve | None], label: str, merge: object
) -> bool:
    """Put edited curves into the script as one step; a curve without keys becomes the constant that it is now."""
    parts: list[tuple[Any, int, Any]] = []
    for name, curve in changed.items():
        track = tracks.get(name)
        if track is None or track.curve is None or (curve is None and track.lookup):
            continue
        part: Any = curve
        if curve is None and not isinstance(track.parameter, DrawnParameter):
            part = number_at(track.parameter.spec, track.curve, edits.workspace.frame)
        parts.append((track.parameter, track.component, part))
    inside = with_drawn(edits.workspace.graph, parts, edits.workspace.frame)
    return bool(parts) and edits.set_parts(inside, label, merge)
