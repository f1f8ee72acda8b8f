"""The dope sheet: when things happen, without their values."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollBar

from rimlight.engine import Curve

from ..actions import Action
from ..changes import Change
from ..panels import Desktop, Panel, PanelDeclaration
from ..paths import has_node
from ..properties.edits import Edits
from .dope_view import TOP, DopeView
from .key_editor import commit, undo_given_up
from .key_menu import show_menu
from .keys import Tangent
from .ranges import bar_of
from .tracks import TrackId, Tracks

_KINDS: tuple[tuple[Tangent, str, str], ...] = (
    ("smooth", "Z", "Smooth"), ("linear", "L", "Linear"), ("constant", "K", "Constant"),
)  # fmt: skip

ACTIONS = (
    Action("dopesheet.frame", "&Frame Keys", ("F",), ("dopesheet",)),
    Action("dopesheet.select_all", "Select All Keys", ("Ctrl+A",), ("dopesheet",)),
    Action("dopesheet.copy", "Copy Keys", ("Ctrl+C",), ("dopesheet",)),
    Action("dopesheet.cut", "Cut Keys", ("Ctrl+X",), ("dopesheet",)),
    Action("dopesheet.paste", "Paste Keys", ("Ctrl+V",), ("dopesheet",)),
    Action("dopesheet.delete", "Delete Keys", ("Del", "Backspace"), ("dopesheet",)),
    *(Action(f"dopesheet.{kind}", f"Make Keys {tip}", (key,), ("dopesheet",)) for kind, key, tip in _KINDS),
)


class DopeSheetPanel(Panel):
    """Keys and ranges of the open and selected nodes."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.edits = Edits(self.workspace)
        self.tracks = Tracks(self.workspace, lookups=False, parent=self)
        self.view = DopeView()
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.view, 1)
        line.addWidget(self.bar)
        self.setFocusProxy(self.view)
        self.keys_follow_mouse = True
        handlers: dict[str, Callable[[], object]] = {
            "dopesheet.frame": self.view.frame_all,
            "dopesheet.select_all": self.view.select_all,
            "dopesheet.copy": self.view.copy,
            "dopesheet.cut": self.view.cut,
            "dopesheet.paste": self.paste,
            "dopesheet.delete": self.view.delete_selected,
        }
        handlers |= {f"dopesheet.{kind}": partial(self.view.set_tangents, kind) for kind, _, _ in _KINDS}
        desktop.actions.attach("dopesheet", self, handlers)
        self.view.edited.connect(self._edited)
        self.view.bar_moved.connect(self._bar_moved)
        self.view.scrubbed.connect(self.workspace.set_frame)
        self.view.rows_changed.connect(self._fit_bar)
        self.bar.valueChanged.connect(self.view.scroll_to)
        self.tracks.renamed.connect(self.view.follow)
        self.tracks.changed.connect(self._show)
        self.workspace.facts.changed.connect(self._facts_changed)
        self.workspace.frame_changed.connect(self._show_frame)
        self.workspace.document_changed.connect(self._document_changed)
        undo_given_up(self.view, self.workspace)

    def paste(self) -> None:
        """Put copied keys in at the current frame."""
        self.view.paste(self.workspace.frame)

    def _show(self) -> None:
        graph, facts = self.workspace.graph, self.workspace.facts
        there = [path for path in self.tracks.nodes if has_node(graph, path)]  # facts may come before the script does
        bars = {path: bar for path in there if (bar := bar_of(graph, path, facts)) is not None}
        self.view.show_rows(self.tracks.nodes, list(self.tracks.all.values()), bars)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tracks.watch(True)
        self._show()
        self._show_frame()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.tracks.watch(False)

    def _facts_changed(self, paths: frozenset[str]) -> None:
        if self.isVisible() and paths & set(self.tracks.nodes):
            self._show()

    def _show_frame(self, *_: object) -> None:
        first, last = self.workspace.session.project.frames
        self.view.show_frame(self.workspace.frame, (float(first), float(last)))

    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self.view.reset()
        if not self.isVisible():
            return  # once somebody looks
        if change.project:
            self._show_frame()
        if change.pixels and self.tracks.nodes:
            self.tracks.refresh()
            self._show()

    def _fit_bar(self) -> None:
        seen = max(self.view.height() - TOP, 1)
        hidden = max(self.view.content_height - seen, 0)
        self.bar.setVisible(hidden > 0)
        self.bar.setPageStep(seen)
        self.bar.setRange(0, hidden)
        self.bar.setValue(self.view.scrolled)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        show_menu(self, ACTIONS, event.globalPos())

    def _edited(self, changed: Mapping[TrackId, Curve | None], label: str, merge: object) -> None:
        if commit(self.edits, self.tracks.all, changed, label, merge):
            self.tracks.refresh()

    def _bar_moved(self, path: str, values: Mapping[str, int], merge: object) -> None:
        self.workspace.edit(lambda session: session.set(path, merge, **values))


PANEL = PanelDeclaration("dopesheet", "Dope Sheet", DopeSheetPanel, area="bottom", visible=False, actions=ACTIONS)
