"""What curve editor and dope sheet share: keys that are selected, moved, copied and deleted, by track."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from rimlight.engine import Curve, Key

from ..properties.edits import Edits
from ..properties.parameter import number_at
from . import selection as many
from .keys import Tangent, pasted
from .selection import Selection
from .tracks import Track, TrackId


class KeyEditor(QWidget):
    """Base of the two. edited : curves by track, None for one that lost its last key, the label of the step, the token
    of the gesture. selection_changed. scrubbed : a frame.

    A drag starts from `base` and `base_selection`, what was there when the button went down.
    """

    edited = Signal(object, str, object)
    selection_changed = Signal()
    scrubbed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tracks: dict[TrackId, Track] = {}
        self.selection: Selection = {}
        self.snap = True
        self.token: object = None
        self.base: dict[TrackId, Curve] = {}
        self.base_selection: Selection = {}
        self.clipboard: list[list[Key]] = []

    @property
    def curves(self) -> dict[TrackId, Curve]:
        """The curves that can be edited."""
        return {name: track.curve for name, track in self.tracks.items() if track.curve is not None}

    def take_tracks(self, tracks: Sequence[Track]) -> None:
        """Have other tracks; what is selected stays so where it is still there."""
        self.tracks = {track.id: track for track in tracks}
        self.select(many.pruned(self.selection, self.tracks))

    def selected_keys(self) -> list[Key]:
        return many.selected_keys(self.selection, self.curves)

    def select(self, selection: Selection) -> None:
        """Select these keys and no others."""
        selection = {name: chosen for name, chosen in selection.items() if chosen}
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit()
            self.update()

    def select_all(self) -> None:
        self.select({name: frozenset(range(len(curve.keys))) for name, curve in self.curves.items()})

    def begin(self) -> None:
        """A gesture begins."""
        self.token = object()
        self.base, self.base_selection = self.curves, dict(self.selection)

    def edit(self, changed: Mapping[TrackId, Curve | None], label: str, selection: Selection | None = None) -> None:
        """Tell of an edit, and select what is to be selected then."""
        if changed:
            self.edited.emit(dict(changed), label, self.token)
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

    def copy(self) -> None:
        """Remember the selected keys, track by track."""
        curves = self.curves
        self.clipboard = [[curves[name].keys[i] for i in sorted(chosen)] for name, chosen in self.selection.items()]

    def paste(self, at: float) -> None:
        """Put the remembered keys in at a frame: into the tracks in which keys are selected, else into those shown."""
        if not self.clipboard:
            return
        curves = self.curves
        start = min(key.frame for keys in self.clipboard for key in keys)
        changed: dict[TrackId, Curve | None] = {}
        for i, name in enumerate(list(self.selection) or list(curves)):
            keys = self.clipboard[i % len(self.clipboard)]
            changed[name] = pasted(curves[name], keys, at + keys[0].frame - start)
        self.token = None
        self.edit(changed, "paste keys")


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
        if curve is None:
            part = number_at(track.parameter.spec, track.curve, edits.workspace.frame)
        parts.append((track.parameter, track.component, part))
    return bool(parts) and edits.set_parts(parts, label, merge)
