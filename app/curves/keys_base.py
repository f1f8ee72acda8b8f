"""What the panels of keys share: tracks, the commands that edit keys, and the menu of those."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from PySide6.QtGui import QHideEvent

from rimlight.engine import Curve

from ..actions import Action
from ..panels import Desktop, Panel
from ..properties.edits import Edits
from ..properties.parameter import number_at
from .drawn_tracks import DrawnParameter, with_drawn
from .key_editor import KeyEditor
from .keys import Tangent
from .tracks import TrackId, Tracks

SHAPES = "shapes"
"""The section of the commands that shape keys."""


def key_actions(context: str, shown: str) -> tuple[Action, ...]:
    """The commands of a panel of keys. shown : what it brings into view."""
    return tuple(
        Action(f"{context}.{name}", text, keys, (context,))
        for name, text, keys in (
            ("frame", f"&Frame {shown}", ("F",)),
            ("select_all", "Select All Keys", ("Ctrl+A",)),
            ("copy", "Copy Keys", ("Ctrl+C",)),
            ("cut", "Cut Keys", ("Ctrl+X",)),
            ("paste", "Paste Keys", ("Ctrl+V",)),
            ("delete", "Delete Keys", ("Del", "Backspace")),
        )
    )


class KeysPanel(Panel):
    """Base of the curves and the dope sheet. lookups : whether curves over other axes than time are shown, too."""

    view: KeyEditor

    def __init__(self, desktop: Desktop, view: KeyEditor, lookups: bool) -> None:
        super().__init__(desktop)
        self.edits = Edits(self.workspace)
        self.tracks = Tracks(self.workspace, lookups=lookups, parent=self)
        self.view = view
        self._before = 0
        self.setFocusProxy(view)
        self.keys_follow_mouse = True
        view.edited.connect(self._edited)
        view.scrubbed.connect(self.workspace.set_frame)
        view.begun.connect(self._begun)
        view.given_up.connect(lambda: self.workspace.undo_to(self._before))

    def attach_keys(
        self,
        context: str,
        tangents: Collection[Tangent],
        more: Mapping[str, Callable[[], object]] | None = None,
        shaping: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        """Let the commands of `key_actions` act here, those for tangents, and the panel's own, by their names within
        it. more : its own. shaping : those that need selected keys, as those for tangents do.
        """
        view = self.view
        of_selected: dict[str, Callable[[], object]] = {
            "copy": view.copy,
            "cut": view.cut,
            "delete": view.delete_selected,
            **{kind: partial(view.set_tangents, kind) for kind in tangents},
            **(shaping or {}),
        }
        others = {"frame": view.frame_all, "select_all": view.select_all, "paste": self.paste, **(more or {})}
        handlers = {f"{context}.{name}": does for name, does in (others | of_selected).items()}
        some = {f"{context}.{name}": self._some for name in of_selected}
        self.desktop.actions.attach(context, self, handlers, some)

    def _some(self) -> bool:
        return bool(self.view.selection)

    def paste(self) -> None:
        """Put copied keys in at the current frame."""
        self.view.paste(self.workspace.frame)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.tracks.watch(False)

    def _begun(self) -> None:
        """Remember where the history was, for a gesture that is given up."""
        self._before = self.workspace.session.history.position

    def _edited(self, changed: Mapping[TrackId, Curve | None], label: str, merge: object) -> None:
        """Put edited curves into the script as one step; a curve without keys becomes the constant that it is now."""
        graph, frame = self.workspace.graph, self.workspace.frame
        parts: list[tuple[Any, int, Any]] = []
        for name, curve in changed.items():
            track = self.tracks.all.get(name)
            if track is None or track.curve is None or (curve is None and track.lookup):
                continue
            part: Any = curve
            if curve is None and not isinstance(track.parameter, DrawnParameter):
                part = number_at(track.parameter.spec, track.curve, frame)
            parts.append((track.parameter, track.component, part))
        if parts and self.edits.set_parts(with_drawn(graph, parts, frame), label, merge):
            self.tracks.refresh()
