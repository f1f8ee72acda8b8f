"""What the panels of keys share: tracks, the commands that edit keys, and the menu of those."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from PySide6.QtGui import QHideEvent

from rimlight.engine import Curve

from ..actions import Action
from ..panels import Desktop, Panel
from ..properties.edits import Edits
from .key_editor import KeyEditor, commit, undo_given_up
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
        self.setFocusProxy(view)
        self.keys_follow_mouse = True
        view.edited.connect(self._edited)
        view.scrubbed.connect(self.workspace.set_frame)
        undo_given_up(view, self.workspace)

    def key_handlers(self, tangents: Collection[Tangent]) -> dict[str, Callable[[], object]]:
        """What the commands of `key_actions` and those for tangents do, by their names within the panel."""
        view = self.view
        return {
            "frame": view.frame_all,
            "select_all": view.select_all,
            "copy": view.copy,
            "cut": view.cut,
            "paste": self.paste,
            "delete": view.delete_selected,
            **{kind: partial(view.set_tangents, kind) for kind in tangents},
        }

    def paste(self) -> None:
        """Put copied keys in at the current frame."""
        self.view.paste(self.workspace.frame)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.tracks.watch(False)

    def _edited(self, changed: Mapping[TrackId, Curve | None], label: str, merge: object) -> None:
        if commit(self.edits, self.tracks.all, changed, label, merge):
            self.tracks.refresh()
