"""A lookup edited in place: the plane of curves under its row, with the keys of the curve editor."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rimlight.engine import Curve

from ..curves.curve_view import CurveView
from ..curves.keys import Tangent
from ..curves.tracks import Track, TrackId
from .edits import Edits
from .parameter import Parameter

_TANGENTS: Mapping[Qt.Key, Tangent] = {
    Qt.Key.Key_Z: "smooth", Qt.Key.Key_L: "linear", Qt.Key.Key_K: "constant", Qt.Key.Key_H: "horizontal",
    Qt.Key.Key_C: "cubic", Qt.Key.Key_R: "catmull-rom", Qt.Key.Key_X: "break",
}  # fmt: skip


class LookupView(CurveView):
    """One lookup. Del deletes keys, F shows all of it, Z L K H C R X change tangents."""

    def __init__(self, edits: Edits, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edits = edits
        self._parameter = parameter
        self.snap = False
        self.frame = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.edited.connect(self._edited)

    def sizeHint(self) -> QSize:
        return QSize(240, 180)

    def show_curve(self, curve: Curve) -> None:
        """Show the lookup as it is now."""
        self.show_tracks([Track(self._parameter, 0, curve, lookup=True)])

    def _edited(self, changed: Mapping[TrackId, Curve | None], label: str, merge: object) -> None:
        curve = next(iter(changed.values()))
        if curve is not None:  # a lookup keeps at least one key
            self._edits.set(self._parameter, curve, merge)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_selected()
        elif key == Qt.Key.Key_F:
            self.frame_all()
        elif key in _TANGENTS and not event.modifiers():
            self.set_tangents(_TANGENTS[key])
        else:
            super().keyPressEvent(event)
