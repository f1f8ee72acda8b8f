"""The properties of one node: its header and its rows, in sections, made when they are first seen."""

import json
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QVBoxLayout, QWidget

from rimlight.engine import ImageInfo, NodeState, measured_parameters, registry, tracks_of

from .. import theme
from ..facts import described
from ..graph.sockets import lacking, unwired
from ..paths import has_node
from ..widgets import label_of, to_edge
from .header import Header
from .measure_bar import MeasureBar
from .parameter import Parameter, parameters_of, stored, varies
from .render_bar import RenderBar
from .resolving import has_expression
from .rows import Row, Shared
from .sections import Section, sections_of
from .solve_bar import SolveBar
from .table import make_row
from .track_rows import TracksBar

_LONGEST = 200
"""Letters that are shown of a value that no row is for."""


class NodePanel(QFrame):
    """Everything about one node. closed : it is to go. moved : its header is dragged over a point of the screen."""

    closed = Signal()
    moved = Signal(object)

    def __init__(self, shared: Shared, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self.path = path
        self._state: NodeState | None = None
        self._shape: tuple[object, ...] | None = None
        self._past: list[NodeState] = []
        self._future: list[NodeState] = []
        self._position = -1
        self._search, self._modified_only = "", False
        self.sections: list[Section] = []
        self.tracks: TracksBar | None = None
        self.solve: SolveBar | None = None
        self.measure: MeasureBar | None = None
        self.header = Header(shared, path)
        self.header.close_button.clicked.connect(self.closed)
        self.header.undo.clicked.connect(self.undo)
        self.header.redo.clicked.connect(self.redo)
        self.header.dragged.connect(self.moved)
        self._content = QWidget()
        self.header.collapsed.connect(self._content.setHidden)
        self._rows_place = QVBoxLayout(self._content)
        self._rows_place.setContentsMargins(0, theme.SPACE, theme.SPACE, theme.SPACE * 2)
        self._rows_place.setSpacing(0)
        column = to_edge(QVBoxLayout(self))
        column.addWidget(self.header)
        column.addWidget(self._content)
        self.refresh()

    @property
    def rows(self) -> list[Row]:
        """All rows that were made so far."""
        return [row for section in self.sections for row in section.rows]

    def row(self, name: str) -> Row:
        """The row of a parameter, its section opened where that is needed. Raises KeyError."""
        for section in self.sections:
            if any(p.name == name for p in section.parameters):
                self._open(section, True)
                return next(row for row in section.rows if row.parameter.name == name)
        raise KeyError(name)

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The script changed: show the node as it is."""
        graph = self._shared.workspace.graph
        state = graph.at(self.path)
        if state is self._state and self.header.path == self.path:
            return
        self._remember(state)
        before, self._state = self._state, state
        self.header.refresh(state, self.path)
        self._show_undo()
        if not self._rebuilt():
            inner = state.graph is not None and (before is None or before.graph is not state.graph)
            for row in self.rows:
                old = None if before is None else before.values.get(row.parameter.name, row.spec.default)
                if inner or old is not state.values.get(row.parameter.name, row.spec.default):
                    row.refresh()
        self._filter()
        self.show_errors()

    def refresh_facts(self) -> None:
        """More is known of the node: which parameters its model has, and what is wrong with it."""
        if self._rebuilt():
            self._filter()
        self.show_errors()

    def _rebuilt(self) -> bool:
        """Make the rows anew where they are no more those of the node's parameters."""
        workspace = self._shared.workspace
        parameters = parameters_of(workspace.graph, self.path, workspace.facts.members)
        assert self._state is not None
        shape: tuple[object, ...] = tuple((p.path, p.name, p.spec) for p in parameters)
        shape = shape or tuple(self._state.values.items())
        if shape == self._shape:
            return False
        self._shape = shape
        self._build(parameters)
        return True

    def refresh_frame(self) -> None:
        """Another frame: show what differs from frame to frame."""
        for row in self.rows:
            if varies(row.parameter, row.value):
                row.refresh()

    def refresh_expressions(self) -> None:
        """The values of expressions are there."""
        for row in self.rows:
            if has_expression(row.parameter, row.value):
                row.refresh()

    def expressions(self) -> list[Parameter]:
        """The parameters whose values have to be computed."""
        graph = self._shared.workspace.graph
        return [row.parameter for row in self.rows if has_expression(row.parameter, stored(graph, row.parameter))]

    def show_errors(self) -> None:
        """Show what is wrong with the node, else what picture it puts out, or what may be wired into it."""
        workspace = self._shared.workspace
        facts = workspace.facts.node(self.path)
        error = workspace.evaluations.activity.error(self.path) or facts.error
        if self._state is not None and self._state.cls is None and self._state.graph is None:
            why = registry.why_missing(self._state.kind, self._state.version)
            self.header.message.show_message(f"its kind {why}; its values are kept", "warning")
        elif error is not None:
            lacks = lacking(self._state) if self._state is not None else ()
            self.header.message.show_message("\n".join(lacks) or error.reason, "error")
        elif facts.blocked:
            self.header.message.show_message("an input fails, see the nodes above", "warning")
        elif facts.warnings:
            self.header.message.show_message("\n".join(facts.warnings), "warning")
        else:
            pictured = isinstance(facts.info, ImageInfo)
            told = described(facts.info) if pictured else unwired(self._state) if self._state is not None else ""
            self.header.message.show_message(told, "text.dim")

    def filter(self, search: str, modified_only: bool) -> None:
        """Show only rows that a search finds and, if asked for, only those that differ from their declaration."""
        self._search, self._modified_only = search, modified_only
        if (search or modified_only) and not self.header.folded:
            for section in self.sections:
                self._make(section)
        self._filter()

    def _filter(self) -> None:
        filtered = bool(self._search) or self._modified_only
        for section in self.sections:
            found = 0
            for row in section.rows:
                fits = not row.idle and row.matches(self._search) and (row.modified or not self._modified_only)
                row.setVisible(fits and (section.open or filtered))
                found += fits
            if section.button is not None:
                idle = bool(section.rows) and all(row.idle for row in section.rows)
                section.button.setVisible(found > 0 or not (filtered or idle))
        if self.tracks is not None:
            self.tracks.refresh()

    def _build(self, parameters: Sequence[Parameter]) -> None:
        """Make the rows anew."""
        opened = {section.title for section in self.sections if section.open}
        known = {section.title for section in self.sections}
        while (item := self._rows_place.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.tracks, self.solve, self.measure = None, None, None
        cls = self._state.cls if self._state is not None else None
        if cls is not None and cls.solves:
            self.solve = SolveBar(self._shared, lambda: self.path, cls.solves, cls.follows)
            self._rows_place.addWidget(self.solve)
        if cls is not None and cls.sink:
            self._rows_place.addWidget(RenderBar(self._shared, lambda: self.path))
        if measured_parameters(cls):
            self.measure = MeasureBar(self._shared, lambda: self.path)
            self._rows_place.addWidget(self.measure)
        if tracks_of(cls):
            self.tracks = TracksBar(self._shared, lambda: self.path)
            self._rows_place.addWidget(self.tracks)
        self.sections = sections_of(parameters, cls.sections if cls is not None else {})
        for section in self.sections:
            if section.title in known:
                section.open = section.title in opened
            if section.title:
                section.button = self._title(section)
                self._rows_place.addWidget(section.button)
            holder = QWidget()
            section.place = to_edge(QVBoxLayout(holder))
            self._rows_place.addWidget(holder)
            if section.open:
                self._make(section)
        if not parameters:
            self._rows_place.addWidget(_kept_values(self._state))

    def _title(self, section: Section) -> QToolButton:
        button = self._shared.labelled("chevron-down" if section.open else "chevron-right", section.title, "")
        button.setFixedHeight(theme.ROW)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # what is in a closed section could not be reached without it
        button.clicked.connect(partial(self._toggle, section))
        return button

    def _toggle(self, section: Section) -> None:
        self._open(section, not section.open)

    def _open(self, section: Section, on: bool) -> None:
        self._make(section)
        section.open = on
        if section.button is not None:
            section.button.setIcon(self._shared.icon("chevron-down" if on else "chevron-right"))
        self._filter()

    def _make(self, section: Section) -> None:
        if section.rows or section.place is None:
            return
        for parameter in section.parameters:
            row = make_row(self._shared, parameter)
            if section.title and parameter.title.startswith(f"{section.title.lower()} "):
                row.label.text = parameter.title[len(section.title) + 1 :]
            row.refresh()
            section.rows.append(row)
            section.place.addWidget(row)

    # -- the node's own undo --------------------------------------------------------------------------------------

    def _remember(self, state: NodeState) -> None:
        """Keep what the node was before an edit; steps of one drag are one."""
        history = self._shared.workspace.session.history
        before = self._state
        changed = before is not None and before.values != state.values
        if changed and before is not None and history.position != self._position:
            self._past.append(before)
            del self._past[:-200]
            self._future.clear()
        if changed:
            self._position = history.position

    def undo(self) -> None:
        """Take back the last change of this node's values, as a new step; other nodes stay as they are."""
        if self._past and self._state is not None:
            past, future = self._past[:-1], [*self._future, self._state]
            self._go(self._past[-1], "undo in", past, future)

    def redo(self) -> None:
        """Do again what `undo` took back."""
        if self._future and self._state is not None:
            past, future = [*self._past, self._state], self._future[:-1]
            self._go(self._future[-1], "redo in", past, future)

    def _go(self, to: NodeState, label: str, past: list[NodeState], future: list[NodeState]) -> None:
        self._shared.edits.put_node(self.path, f"{label} {self.path}", values=to.values)
        self._past, self._future = past, future
        self._show_undo()

    def _show_undo(self) -> None:
        self.header.undo.setEnabled(bool(self._past))
        self.header.redo.setEnabled(bool(self._future))

    def follow(self, path: str) -> bool:
        """The node may have another path now. False when it is gone."""
        if not has_node(self._shared.workspace.graph, path):
            return False
        if path != self.path:
            self.path = path
            self._shape = None
        return True

    def pointed(self, at: QPoint) -> bool:
        """Whether a point of the screen is over this panel."""
        return self.rect().contains(self.mapFromGlobal(at))


def _kept_values(state: NodeState | None) -> QLabel:
    """The values of a node whose kind is not installed, to be read and copied: another node may have to take them."""
    lines = (
        [f"{name}  {json.dumps(value, ensure_ascii=False)}" for name, value in state.values.items()] if state else []
    )
    lines = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…" for line in lines]
    label = label_of("dim", "\n".join(lines) or "nothing to set here")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setContentsMargins(theme.ROW, 2, 0, 2)
    return label
