"""Tracks in the panel: the buttons over them, and the row of one."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from .. import theme
from ..paths import has_node
from ..tracking.control import Tracking
from ..tracking.export import EXPORTS, export
from ..tracking.tracks import Side, free, is_there, there
from .number_rows import VectorRow
from .rows import Shared

_WAYS = (
    ("play-back", "Track backwards to the first frame", -1, True),
    ("step-back", "Track one frame backwards", -1, False),
    ("stop", "Stop tracking", 0, False),
    ("step-forward", "Track one frame forwards", 1, False),
    ("play", "Track forwards to the last frame", 1, True),
)
_SIDES: tuple[tuple[str, Side], ...] = (
    ("Keys Before This Frame", "before"),
    ("Keys After This Frame", "after"),
    ("All Keys", "all"),
)


class TracksBar(QWidget):
    """The buttons over the tracks of a node: they are about those that are ticked."""

    def __init__(self, shared: Shared, path: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._path = path
        self.tracking = shared.workspace.the(Tracking)
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.ROW, theme.SPACE, 0, theme.SPACE)
        column.setSpacing(theme.SPACE)
        first, line = QHBoxLayout(), QHBoxLayout()
        column.addLayout(first)
        column.addLayout(line)
        line.setSpacing(2)
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.go.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.go.setToolTip("Track from the present frame forwards to the last and backwards to the first frame")
        self.go.clicked.connect(self._track_range)
        self.add = self._button("plus", "Add Track", "Add a track in the middle; Ctrl+Alt+click in the viewer: there")
        self.add.clicked.connect(self.add_track)
        first.addWidget(self.go)
        first.addSpacing(theme.SPACE)
        first.addWidget(self.add)
        first.addStretch(1)
        for icon, tip, direction, whole in _WAYS:
            made = self._button(icon, "", tip)
            if direction:
                made.clicked.connect(partial(self._track, direction, whole))
            else:
                shared.tip_with_key(made, "render.cancel", tip)
                made.clicked.connect(self.tracking.stop)
            self.buttons[icon] = made
            line.addWidget(made)
        line.addSpacing(theme.SPACE * 2)
        self.clear = self._button("", "Clear", "Delete keys of the ticked tracks")
        menu = QMenu(self.clear)
        for text, side in _SIDES:
            menu.addAction(text, partial(self._clear, side))
        self._drop_down(self.clear, menu)
        self.export = self._button("", "Export", "A node that moves other pictures by what the tracks tell")
        menu = QMenu(self.export)
        own = QMenu("With Keys of Its Own", menu)
        for name, (text, _) in EXPORTS.items():
            menu.addAction(text, partial(self._export, name, False))
            own.addAction(text, partial(self._export, name, True))
        menu.addSeparator()
        menu.addMenu(own)
        self._drop_down(self.export, menu)
        line.addWidget(self.clear)
        line.addWidget(self.export)
        line.addStretch(1)
        self.tracking.changed.connect(self.refresh)
        shared.workspace.document_changed.connect(self.refresh)
        self.refresh()

    def _button(self, icon: str, text: str, tip: str) -> QToolButton:
        icon = icon or "chevron-down"
        return self._shared.labelled(icon, text, tip) if text else self._shared.button(icon, tip)

    @staticmethod
    def _drop_down(button: QToolButton, menu: QMenu) -> None:
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def refresh(self, *_: object) -> None:
        """Show what can be done now."""
        path, workspace = self._path(), self._shared.workspace
        if not has_node(workspace.graph, path):
            return
        state, running = workspace.graph.at(path), self.tracking.running
        some = bool(there(state))
        self.add.setEnabled(free(state) is not None)
        for name, button in self.buttons.items():
            button.setEnabled(running if name == "stop" else some and not running)
        first, last = self.tracking.span
        self.go.setText(f"Track {first}–{last}")
        self.go.setEnabled(some and not running)
        self.clear.setEnabled(some)
        self.export.setEnabled(some)

    def add_track(self) -> None:
        """Take the next track into use, in the middle of the frame."""
        workspace, path = self._shared.workspace, self._path()
        info = workspace.facts.info(path)
        frame = info.display if info is not None else workspace.document.project.size.region
        self.tracking.add(path, (frame.width / 2, frame.height / 2))

    def _track_range(self) -> None:
        """All frames, from in to out or of the project, in both directions from the present one."""
        start, (first, last) = self._shared.workspace.frame, self.tracking.span
        self.tracking.run(self._path(), start, [float(f) for f in range(first, last + 1) if f != start])

    def _track(self, direction: int, whole: bool, *_: object) -> None:
        self.tracking.track(self._path(), direction, whole)

    def _clear(self, side: Side, *_: object) -> None:
        self.tracking.clear(self._path(), side)

    def _export(self, name: str, keys: bool, *_: object) -> None:
        export(self._shared.workspace, self._path(), name, keys)


class TrackRow(VectorRow):
    """Where a track is. The tick says whether the buttons are about it."""

    def lead(self) -> None:
        self.tracking: Tracking = self.shared.workspace.the(Tracking)
        self.box = QCheckBox()
        self.box.setToolTip("Whether the buttons above are about this track")
        self.box.clicked.connect(self._ticked)
        self.body.addWidget(self.box)
        self.remove = self.shared.button("close", "Remove the track")
        self.remove.clicked.connect(self._remove)
        self.tracking.changed.connect(self._show_tick)

    def build(self) -> None:
        super().build()
        self.body.addWidget(self.remove)

    def show_value(self) -> None:
        super().show_value()
        self._show_tick()
        state = self.shared.workspace.graph.at(self.parameter.path)
        tracks = {track.name: track for track in there(state)}
        known = tracks.get(self.parameter.name)
        self.remove.setVisible(known is not None and bool(known.weight) and is_there(state, known))

    def _show_tick(self) -> None:
        self.box.setChecked(self.tracking.is_chosen(self.parameter.path, self.parameter.name))

    def _ticked(self, on: bool) -> None:
        self.tracking.choose(self.parameter.path, self.parameter.name, on)

    def _remove(self) -> None:
        self.tracking.remove(self.parameter.path, self.parameter.name)
