"""The panel of properties: the nodes that were opened, the newest on top."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from rimlight.engine import Spec

from .. import theme
from ..actions import Action, Actions
from ..changes import Change
from ..keytips import Keyed
from ..panels import Desktop, Panel, PanelDeclaration
from ..paths import has_node
from ..widgets import label_of, to_edge
from . import menu
from .edits import Edits
from .field import NumberField
from .known import Known
from .linking import LinkLine
from .marks import label_width
from .node_properties import NodePanel
from .opening import Opening
from .resolving import Resolver
from .rows import Shared
from .text_rows import FileRow

ACTIONS = (
    Action("properties.search", "&Find a Parameter", ("Ctrl+F",), ("properties",)),
    Action("properties.modified", "Show Only &Modified", (), ("properties",), checkable=True),
    Action("properties.close", "Close &Properties", ("Ctrl+W",), ("properties",), tip="Of the node that has the keys"),
    Action("properties.close_all", "&Close All Properties", ("Ctrl+Shift+W",), ("properties",)),
)


class PropertiesPanel(Panel):
    """A stack of nodes, each with its rows. `nodes` are its parts from top to bottom."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.nodes: list[NodePanel] = []
        self.resolver = Resolver(self.workspace, self)
        self._limit = desktop.preferences().properties_count
        self._shared = Shared(
            self.workspace, Edits(self.workspace), self.resolver, Known(self.workspace, self), LinkLine(self),
            menu.show, desktop.actions.trigger, partial(_declared, desktop.actions),
        )  # fmt: skip
        column = to_edge(QVBoxLayout(self))
        column.addLayout(self._bar())
        column.addWidget(self._stack(), 1)
        handlers = {
            "properties.search": self._focus_search,
            "properties.modified": self.modified.click,
            "properties.close": self.close_one,
            "properties.close_all": self.close_all,
        }
        desktop.actions.attach("properties", self, handlers)
        self._opening = Opening(self.open, lambda: self._limit, self)
        self._opening.ended.connect(self.settled_changed)
        self._connect()
        self.set_limit(self._limit)

    def _bar(self) -> QHBoxLayout:
        """What is looked for, and how many nodes are open."""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a parameter")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.modified = self._shared.button("float", "Show only what differs from the defaults", checkable=True)
        self.modified.clicked.connect(self._filter)
        self.limit = NumberField(Spec("limit", int, 1, 10, "how many nodes are open", hard=(1, 50), soft=(1, 20)))
        self.limit.setFixedWidth(34)
        self.limit.setToolTip("How many nodes are open at once; pinned ones stay")
        self.limit.set_to.connect(self._set_limit)
        close = self._shared.button("close", "")
        self._shared.tip_with_key(close, "properties.close_all", "Close all")
        close.clicked.connect(self.close_all)
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        bar.setSpacing(theme.SPACE)
        bar.addWidget(self.search, 1)
        for widget in (self.modified, self.limit, close):
            bar.addWidget(widget)
        return bar

    def _stack(self) -> QScrollArea:
        """The place of the nodes, and what stands there while none is open."""
        inside = QWidget()
        self._places = to_edge(QVBoxLayout(inside), theme.SPACE)
        self._nothing = label_of("dim")
        opens = _declared(self.desktop.actions, "graph.properties")
        Keyed(self._nothing, [opens] if opens is not None else [], self._show_hint)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._places.addWidget(self._nothing, 1)
        self._places.addStretch(0)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inside)
        return self.area

    def _show_hint(self, keys: Sequence[str]) -> None:
        """What stands there while no node is open."""
        press = next((f", or press {key} on it," for key in keys if key), "")
        self._nothing.setText(f"Double-click a node{press}\nto see its properties here.")

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.document_changed.connect(self._document_changed)
        workspace.frame_changed.connect(self._frame_changed)
        workspace.selection_changed.connect(self._selection_changed)
        workspace.properties_requested.connect(self._opening.ask)
        workspace.file_requested.connect(self.choose_file)
        workspace.facts.changed.connect(self._facts_changed)
        workspace.evaluations.activity.errors_changed.connect(self._errors_changed)
        self.resolver.changed.connect(self._resolved)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = label_width(self.width())
        if width != self._shared.label:
            self._shared.label = width
            for node in self.nodes:
                for row in node.rows:
                    row.set_label(width)

    def tab_order(self) -> list[QWidget]:
        """As it is read: rows come and go, and a node that was opened later stands above."""

        def place(widget: QWidget) -> tuple[int, int]:
            center = widget.mapTo(self, widget.rect().center())
            return center.y() // (theme.ROW // 2), center.x()

        return sorted(super().tab_order(), key=place)

    # -- which nodes ----------------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        return not self._opening.under_way

    def open(self, path: str, at: int = 0) -> NodePanel | None:
        """Show a node on top, or at a place below; the undermost that is not pinned goes where there are too many."""
        if not has_node(self.workspace.graph, path):
            return None
        known = next((node for node in self.nodes if node.path == path), None)
        if known is not None:
            self._move(known, at)
            self.area.verticalScrollBar().setValue(0)
            return known
        made = NodePanel(self._shared, path)
        made.closed.connect(self._closed)
        made.moved.connect(self._dragged)
        made.filter(self.search.text(), self.modified.isChecked())
        self.nodes.insert(at, made)
        self._places.insertWidget(at, made)
        self._drop_surplus()
        self._told()
        self.area.verticalScrollBar().setValue(0)
        return made

    def choose_file(self, path: str) -> None:
        """Show a node that was just made, and the dialog for its file, which will be a part of that step."""
        node = self.open(path)
        row = next((row for row in node.rows if isinstance(row, FileRow)), None) if node is not None else None
        if row is not None:
            row.browse_in(self.workspace.session.history.document)

    def set_limit(self, count: int) -> None:
        """How many nodes are open at most, beside pinned ones."""
        self._limit = max(count, 1)
        self.limit.show_value(self._limit, "default")
        self._drop_surplus()

    def _set_limit(self, count: float, merge: object) -> None:
        self.set_limit(round(count))
        self._told()

    def _drop_surplus(self) -> None:
        """Close the undermost nodes that are not pinned, all but the top one."""
        for node in reversed(self.nodes[1:]):
            if len(self.nodes) <= self._limit:
                break
            if not node.header.pin.isChecked():
                self._remove(node)

    def close_all(self) -> None:
        """Close every node that is not pinned; all when all are."""
        self._opening.forget()
        unpinned = [node for node in self.nodes if not node.header.pin.isChecked()]
        for node in unpinned or list(self.nodes):
            self._remove(node)
        self._told()

    def close_one(self) -> None:
        """Close the node that has the focus, else the topmost."""
        focus = QApplication.focusWidget()
        node = next((node for node in self.nodes if focus is not None and node.isAncestorOf(focus)), None)
        if node is None and self.nodes:
            node = self.nodes[0]
        if node is not None:
            self._remove(node)
            self._told()
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # else Qt gives it to another panel

    def _closed(self) -> None:
        node = self.sender()
        if isinstance(node, NodePanel):
            self._remove(node)
            self._told()

    def _remove(self, node: NodePanel) -> None:
        self.nodes.remove(node)
        self._places.removeWidget(node)
        node.hide()
        node.deleteLater()

    def _move(self, node: NodePanel, to: int) -> None:
        self.nodes.remove(node)
        self.nodes.insert(to, node)
        self._places.removeWidget(node)
        self._places.insertWidget(to, node)
        self._told()

    def _dragged(self, at: QPoint) -> None:
        node = self.sender()
        over = next((other for other in self.nodes if other.pointed(at)), None)
        if isinstance(node, NodePanel) and over is not None and over is not node:
            self._move(node, self.nodes.index(over))

    def _told(self) -> None:
        self._nothing.setVisible(not self.nodes)
        self.workspace.set_opened(node.path for node in self.nodes)
        self._ask()

    def _selection_changed(self) -> None:
        current = self.workspace.current
        if current is not None and self.desktop.preferences().properties_follow:
            self.open(current)

    # -- following the script -------------------------------------------------------------------------------------

    def _document_changed(self, change: Change) -> None:
        if change.graph and self.nodes:
            renamed = change.renamed
            for node in list(self.nodes):
                if change.opened or not node.follow(renamed.get(node.path, node.path)):
                    self._remove(node)
                else:
                    node.refresh()
            self._told()
        if change.project and not change.opened:
            self._project_changed()

    def _project_changed(self) -> None:
        """The frames of the project may be others, over which sliders run."""
        for node in self.nodes:
            for row in node.rows:
                row.show_value()

    def _frame_changed(self, frame: float) -> None:
        for node in self.nodes:
            node.refresh_frame()
        self._ask()

    def _facts_changed(self, paths: frozenset[str]) -> None:
        for node in self.nodes:
            if has_node(self.workspace.graph, node.path):
                node.refresh_facts()
        self._ask()

    def _errors_changed(self, *_: object) -> None:
        for node in self.nodes:
            node.show_errors()

    def _ask(self) -> None:
        """Have the values of expressions found anew."""
        there = [node for node in self.nodes if has_node(self.workspace.graph, node.path)]
        self.resolver.ask([parameter for node in there for parameter in node.expressions()])

    def _resolved(self) -> None:
        for node in self.nodes:
            node.refresh_expressions()

    # -- finding --------------------------------------------------------------------------------------------------

    def _focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _filter(self, *_: object) -> None:
        self.desktop.actions.set_checked("properties.modified", self.modified.isChecked())
        for node in self.nodes:
            node.filter(self.search.text(), self.modified.isChecked())
        self._ask()

    # -- layouts --------------------------------------------------------------------------------------------------

    def save_state(self) -> dict[str, Any]:
        return {"limit": self._limit, "modified": self.modified.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        if isinstance(limit := state.get("limit"), int):
            self.set_limit(limit)
        self.modified.setChecked(state.get("modified") is True)
        self._filter()


def _declared(actions: Actions, name: str) -> QAction | None:
    """A command, perhaps of another panel, which need not be there."""
    return actions.qaction(name) if name in actions.declared else None


PANEL = PanelDeclaration("properties", "Properties", PropertiesPanel, area="right", visible=True, actions=ACTIONS)
