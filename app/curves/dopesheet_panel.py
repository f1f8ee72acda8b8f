"""The dope sheet: when things happen, without their values."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollBar

from ..actions import Action
from ..changes import Change
from ..panels import Desktop, PanelDeclaration
from ..paths import has_node
from ..widgets import to_edge
from .dope_view import TOP, DopeView
from .keys import Tangent
from .keys_base import SHAPES, KeysPanel, key_actions
from .ranges import bar_of

_KINDS: tuple[tuple[Tangent, str, str], ...] = (
    ("smooth", "Z", "Smooth"), ("linear", "L", "Linear"), ("constant", "K", "Constant"),
)  # fmt: skip

ACTIONS = (
    *key_actions("dopesheet", "Keys"),
    *(
        Action(f"dopesheet.{kind}", f"Make Keys {tip}", (key,), ("dopesheet",), section=SHAPES)
        for kind, key, tip in _KINDS
    ),
)


class DopeSheetPanel(KeysPanel):
    """Keys and ranges of the open and selected nodes."""

    view: DopeView

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop, DopeView(), lookups=False)
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        line = to_edge(QHBoxLayout(self))
        line.addWidget(self.view, 1)
        line.addWidget(self.bar)
        self.attach_keys("dopesheet", [kind for kind, _, _ in _KINDS])
        self.view.bar_moved.connect(self._bar_moved)
        self.view.rows_changed.connect(self._fit_bar)
        self.bar.valueChanged.connect(self.view.scroll_to)
        self.tracks.renamed.connect(self.view.follow)
        self.tracks.changed.connect(self._show)
        self.workspace.facts.changed.connect(self._facts_changed)
        self.workspace.frame_changed.connect(self._show_frame)
        self.workspace.document_changed.connect(self._document_changed)

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
        self.desktop.actions.popup(self, ACTIONS, event.globalPos())

    def _bar_moved(self, path: str, values: Mapping[str, int], merge: object) -> None:
        self.workspace.edit(lambda session: session.set(path, merge, **values))


PANEL = PanelDeclaration("dopesheet", "Dope Sheet", DopeSheetPanel, area="bottom", visible=False, actions=ACTIONS)
