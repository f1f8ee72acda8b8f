"""What curve editor and dope sheet share: keys that are selected, moved, copied and deleted, by track."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from rimlight.engine import Curve, Key

from . import selection as many
from .copied import copied_keys, copy_keys, points_in
from .keys import Tangent, key_at, keyed, pasted
from .selection import Bounds, Selection
from .tracks import Track, TrackId, by_new_names


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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.tracks: dict[TrackId, Track] = {}
        self.selection: Selection = {}
        self.snap = True
        self.token: object = None
        self.base: dict[TrackId, Curve] = {}
        self.base_selection: Selection = {}
        self.band: QRectF | None = None
        self._mode = ""
        self._press = QPointF()
        self._untouched = True
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
        self._mode, self.token, self.band = "", None, None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._mode and not event.buttons():
            self.end()  # the release went elsewhere, as to a window that came up
        self.drag_to(event.position(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.end()

    def drag_to(self, at: QPointF, held: Qt.KeyboardModifier) -> None:
        """The mouse is there: go on with the gesture, or show what a press would be. held : keys."""
        raise NotImplementedError

    def keys_inside(self, band: QRectF) -> Selection:
        """The keys in a rectangle of the widget."""
        raise NotImplementedError

    def _begin_move(self) -> None:
        """From now on what is selected moves with the mouse."""
        self.base_selection = dict(self.selection)
        self._mode = "move" if self.selection else ""

    def _begin_band(self, at: QPointF, add: bool) -> None:
        """From now on keys are selected by a rectangle. add : what is selected stays so."""
        self._mode, self.band = "band", QRectF(at, at)
        if not add:
            self.select({})
            self.base_selection = {}

    def _stretch_band(self, at: QPointF) -> None:
        self.band = QRectF(self._press, at).normalized()
        found = dict(self.base_selection)
        for name, inside in self.keys_inside(self.band).items():
            found[name] = found.get(name, frozenset()) | inside
        self.select(found)
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
        """Delete the selected keys. Once that is undone they are selected again."""
        self.end()
        self.base, self.base_selection = self.curves, dict(self.selection)
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
            copy_keys(tracks)

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
            kind = points_in(curves[name].keys)
            fitting = [keys for keys in copied if points_in(keys) == kind]
            if fitting:
                i = counts[kind] = counts.get(kind, -1) + 1
                keys = fitting[i % len(fitting)]
                changed[name] = pasted(curves[name], keys, at + keys[0].frame - start)
        self.token = None
        self.edit(changed, "paste keys")
