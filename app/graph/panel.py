"""The panel of the node graph: the view, the trail of groups above it, and what lies on it for a moment."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from .. import theme
from ..actions import GLOBAL
from ..changes import Change, level_change
from ..panels import Desktop, Panel, PanelDeclaration
from ..widgets import label_of
from .actions import ACTIONS, CONTEXT, MENU
from .chooser import Chooser
from .commands import Commands
from .dropping import Dropping, pictures_in
from .editor import Editor
from .exchange import Exchange
from .fuzzy import Entry
from .inlinetext import InlineText
from .overview import Overview
from .scene import GraphScene
from .status import status_of
from .thumbnails import Thumbnails
from .toolsets import Toolsets
from .usage import Usage
from .view import GraphView

_OF_SELECTION = (
    "graph.copy", "graph.cut", "graph.delete", "graph.export", "graph.group", "graph.rename", "graph.properties",
)  # fmt: skip
_HINT = "Press Tab to add a node, or drop files here"


class GraphPanel(Panel):
    """The node graph of the level that the workspace is in."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.scene = GraphScene()
        self.scene.setParent(self)
        self.view = GraphView(self.scene)
        self.usage = Usage(self.workspace.background, self)
        self.toolsets = Toolsets(self.workspace.background, self)
        self.editor = Editor(desktop, self.scene, self.view, self.usage.count)
        self.view.editor = self.editor
        self._seen: dict[str, tuple[QPointF, float]] = {}
        self._shown = ""
        self._framed = False
        self._viewed: frozenset[str] = frozenset()
        self._new = False
        self._trail = QWidget(self.view)
        row = self._trail_row = QHBoxLayout(self._trail)
        row.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        row.setSpacing(0)
        self._hint = label_of("dim", _HINT)
        self._hint.setParent(self.view)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.chooser = Chooser(self)
        self.overview = Overview(self.view, self.scene)
        self.text = InlineText(self.view)
        self.commands = Commands(self)
        self.thumbnails = Thumbnails(self)
        self.dropping = Dropping(self)
        self.exchange = Exchange(self)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.view)
        self.keys_follow_mouse = True
        self._attach()
        self._connect()
        self._show_level(self.workspace.level)

    def _attach(self) -> None:
        actions = self.desktop.actions
        picked = dict.fromkeys(_OF_SELECTION, self._has_selection)
        actions.attach(
            CONTEXT,
            self,
            {**self.commands.handlers(), **self.exchange.handlers()},
            {**picked, "graph.leave": lambda: bool(self.workspace.level)},
        )
        actions.attach(GLOBAL, self, {"graph.disable": self.commands.disable}, {"graph.disable": self._has_selection})
        actions.set_checked("graph.arrows", self.scene.arrows_shown)

    def _has_selection(self) -> bool:
        return bool(self.workspace.selection)

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.document_changed.connect(self._changed)
        workspace.level_changed.connect(self._show_level)
        workspace.selection_changed.connect(self._choose)
        workspace.views_changed.connect(self._views_changed)
        workspace.facts.changed.connect(self._nodes_changed)
        workspace.evaluations.activity.nodes_changed.connect(self._nodes_changed)
        workspace.reveal_requested.connect(self._reveal)
        self.view.menu_wanted.connect(self._open_menu)
        self.view.zoomed.connect(self._moved)

    # -- following the workspace ----------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        level = self.workspace.level
        if change.opened:  # the level follows at once, and is then shown from scratch
            self._seen.clear()
            self._new = True
        elif change.graph and level == self._shown:
            graph = self.workspace.level_graph
            difference = level_change(self.scene.graph, graph)
            if difference.removed:  # what the mouse holds may be gone
                self.view.cancel_gesture()
            self.scene.follow(graph, difference)
            self.view.forget_hover()
            self._show_status([*difference.added, *difference.changed])
            self._choose()
            self._after_change()

    def _show_level(self, level: str) -> None:
        if self._framed and not self._new:
            self._seen[self._shown] = (self.view.center, self.view.zoom_level)
        self._shown, self._new = level, False
        self.text.close_it()
        self.view.cancel_gesture()
        self.view.forget_hover()
        self.scene.show_level(self.workspace.level_graph)
        self._show_status(self.scene.items_by_name)
        self._choose()
        self._show_trail(level)
        if level in self._seen:
            self.view.look_at(*self._seen[level])
        elif self.isVisible():
            self.view.frame([])
        self._after_change()

    def _after_change(self) -> None:
        self._hint.setVisible(not self.scene.graph)
        self.thumbnails.refresh()
        self.overview.refresh()

    def _choose(self) -> None:
        self.scene.choose(self.editor.selection)

    def _views_changed(self, viewer: str) -> None:
        views = [self.workspace.views(name) for name in self.workspace.viewers]
        viewed = frozenset(path for shown in views for path in shown.inputs.values())
        before, self._viewed = self._viewed, viewed
        self._nodes_changed(before | viewed)

    def _nodes_changed(self, paths: frozenset[str]) -> None:
        level = self.workspace.level
        prefix = f"{level}/" if level else ""
        names = {path[len(prefix) :].partition("/")[0] for path in paths if path.startswith(prefix)}
        self._show_status([name for name in names if name in self.scene.items_by_name])
        self.thumbnails.refresh()

    def _show_status(self, names: "Sequence[str] | Mapping[str, object]") -> None:
        for name in names:
            item = self.scene.items_by_name[name]
            item.set_status(status_of(self.workspace, self.workspace.path(name), item.state))

    def _reveal(self, path: str) -> None:
        self.view.show_item(path.rpartition("/")[2])

    # -- what lies on the view ------------------------------------------------------------------------------------

    @property
    def uses(self) -> Mapping[str, int]:
        """How often kinds were added."""
        return self.usage.counts

    def choose(
        self,
        entries: Sequence[Entry],
        chosen: Callable[[Entry, bool], object],
        hint: str,
        uses: Mapping[str, int] | None = None,
    ) -> None:
        """Let one of the entries be chosen."""
        self.chooser.ask(entries, chosen, self.commands.navigating.beside_mouse(), hint, uses)

    def edit_text(self) -> None:
        """Let the name of the current node be typed, or the text of a note or the title of a backdrop."""
        if not self.editor.selection:
            return
        name = self.editor.selection[-1]
        item, state = self.scene.items_by_name[name], self.editor.state(name)
        path = self.workspace.path(name)
        if state.kind == "structure.sticky_note":
            old = str(state.values.get("text", ""))
            self.text.ask(item.rect, old, lambda text: self._set(path, text=text), lines=True)
        elif state.kind == "structure.backdrop":
            old = str(state.values.get("title", ""))
            self.text.ask(item.rect, old, lambda text: self._set(path, title=text))
        else:
            self.text.ask(item.rect, name, partial(self._rename, path))

    def _set(self, path: str, **values: str) -> None:
        self.workspace.edit(lambda session: session.set(path, **values))

    def _rename(self, path: str, name: str) -> None:
        if name and name != path.rpartition("/")[2]:
            self.workspace.edit(lambda session: session.rename(path, name))

    def toggle_overview(self) -> None:
        """Show the whole graph small in the corner, or not."""
        self.overview.set_on(not self.overview.on)
        self.desktop.actions.set_checked("graph.minimap", self.overview.on)

    def _show_trail(self, level: str) -> None:
        """The groups we are in, each a button that leads there."""
        row = self._trail_row
        for button in self._trail.findChildren(QToolButton):
            row.removeWidget(button)
            button.deleteLater()
        steps = level.split("/") if level else []
        for depth in range(len(steps) + 1):
            path = "/".join(steps[:depth])
            button = QToolButton()
            button.setText(f"› {steps[depth - 1]}" if depth else self.workspace.name)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self.workspace.enter, path))
            row.addWidget(button)
        self._trail.setVisible(bool(level))
        self._trail.adjustSize()
        self._trail.move(0, 0)

    def _open_menu(self, at: QPoint) -> None:
        self.desktop.actions.popup(self, ACTIONS, at, MENU)

    # -- the widget -----------------------------------------------------------------------------------------------

    def _moved(self) -> None:
        self.text.close_it()
        self.overview.place()
        self._hint.adjustSize()
        self._hint.move((self.view.width() - self._hint.width()) // 2, self.view.height() // 2)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped, as what reads them; what is none of those goes on to the window."""
        if pictures_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        at = self.view.mapFrom(self, event.position().toPoint())
        self.dropping.drop(pictures_in(event.mimeData()), self.view.mapToScene(at))
        event.acceptProposedAction()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if not self._framed:
            QTimer.singleShot(0, self._first_frame)

    def _first_frame(self) -> None:
        """Once the panel has its size, show everything unless a place is known."""
        if not self._framed and self.isVisible():
            self._framed = True
            self.view.frame([])

    @property
    def settled(self) -> bool:
        return self.thumbnails.settled

    def save_state(self) -> dict[str, Any]:
        return {
            "arrows": self.scene.arrows_shown,
            "files": self.scene.files_shown,
            "overview": self.overview.on,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        if bool(state.get("arrows", True)) != self.scene.arrows_shown:
            self.commands.navigating.toggle_arrows()
        if bool(state.get("files", False)) != self.scene.files_shown:
            self.commands.navigating.toggle_files()
        if bool(state.get("overview", False)) != self.overview.on:
            self.toggle_overview()


PANEL = PanelDeclaration("nodegraph", "Node Graph", GraphPanel, area="bottom", visible=True, actions=ACTIONS)
