from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColor

from rimlight.engine import Curve, Expr, Graph, NodeState

from .. import theme
from ..changes import Change
from ..paths import has_node
from ..properties.parameter import Parameter, component_names, is_curve, parameters_of, parts, stored
from ..workspace import Workspace
from .drawn_tracks import drawn_curves

T = TypeVar("T")
TrackId = tuple[str, int]
"""The address of a parameter and a component of it."""

_COLORS = {
    "r": "channel.red", "g": "channel.green", "b": "channel.blue", "a": "channel.alpha", "x": "axis.x", "y": "axis.y",
    "z": "axis.z", "w": "axis.x", "h": "axis.y",
    "red": "channel.red", "green": "channel.green", "blue": "channel.blue", "alpha": "channel.alpha", "luma": "text",
}  # fmt: skip
_OTHERS = ("accent", "information", "success", "value.expression", "warning", "error")


@dataclass(frozen=True)
class Track:
    """A component over time, or a lookup, whose axis is no time.

    part : a Curve, or an Expr, which is only looked at.
    """

    parameter: Parameter
    component: int
    part: Curve | Expr
    lookup: bool = False

    @property
    def id(self) -> TrackId:
        return self.parameter.address, self.component

    @property
    def curve(self) -> Curve | None:
        """The curve that can be edited."""
        return self.part if isinstance(self.part, Curve) else None

    @property
    def name(self) -> str:
        """Of the component; of the parameter where there is only one."""
        return component_names(self.parameter.spec)[self.component] or self.parameter.title

    def color(self) -> QColor:
        """By the name of the component, or of a parameter that has none; else the same for the same parameter."""
        name = component_names(self.parameter.spec)[self.component] or self.parameter.name
        by_name = sum(map(ord, self.parameter.spec.name)) % len(_OTHERS)
        return theme.color(_COLORS.get(name) or _COLORS.get(self.parameter.name[:1] if self.lookup else "", "")
                           or _OTHERS[by_name])  # fmt: skip


def tracks_of(graph: Graph, path: str, lookups: bool = False) -> list[Track]:
    """The tracks of a node, in the order of its parameters, those in its shapes and strokes last.

    lookups : those too, but not the points of shapes, which have no value.
    """
    found: list[Track] = []
    for parameter in parameters_of(graph, path):
        value = stored(graph, parameter)
        if parameter.spec.type is Curve:
            if lookups and isinstance(value, Curve):
                found.append(Track(parameter, 0, value, lookup=True))
            continue
        for i, part in enumerate(parts(parameter.spec, value)):
            if isinstance(part, Expr) or is_curve(parameter.spec, part):
                found.append(Track(parameter, i, part))
    return [*found, *(Track(*found) for found in drawn_curves(graph.at(path), path, poses=not lookups))]


def by_new_names(found: Mapping[TrackId, T], renamed: Mapping[str, str]) -> dict[TrackId, T]:
    """By the ids that tracks have once their nodes are renamed. renamed : new paths by old ones."""
    return {(new_address(address, renamed), component): one for (address, component), one in found.items()}


def new_address(address: str, renamed: Mapping[str, str]) -> str:
    """The address of a parameter once its node is renamed."""
    path, dot, name = address.partition(".")
    return f"{renamed.get(path, path)}{dot}{name}"


class Tracks(QObject):
    """The tracks of the open and the selected nodes, while somebody sees them. changed : others, or other curves.
    renamed : new paths of nodes by old ones, before that.
    """

    changed = Signal()
    renamed = Signal(object)

    def __init__(self, workspace: Workspace, lookups: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._lookups = lookups
        self._extra: str | None = None
        self._watched = False
        self._kept: dict[str, tuple[NodeState, list[Track]]] = {}
        self.nodes: tuple[str, ...] = ()
        self.all: dict[TrackId, Track] = {}
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.refresh)
        workspace.document_changed.connect(self._document_changed)
        workspace.selection_changed.connect(self._others)
        workspace.opened_changed.connect(self._others)

    def watch(self, on: bool) -> None:
        """Whether somebody sees the tracks; else they stay as they are."""
        self._watched = on
        if on:
            self.refresh()

    def of(self, path: str) -> list[Track]:
        """Those of one node."""
        return [track for track in self.all.values() if track.parameter.path == path]

    def include(self, path: str) -> None:
        """Have a node among them, open or not, until another one is asked for."""
        self._extra = path
        self.refresh()

    def refresh(self) -> None:
        """Collect them anew."""
        graph = self._workspace.graph
        extra = (self._extra,) if self._extra is not None else ()
        paths = dict.fromkeys((*self._workspace.opened, *self._workspace.selection, *extra))
        nodes = tuple(path for path in paths if has_node(graph, path))
        # Of nodes that are as they were they are known: hundreds may be selected while one is dragged.
        self._kept = {path: self._of(graph, path) for path in nodes}
        found = {t.id: t for _, tracks in self._kept.values() for t in tracks}
        if nodes != self.nodes or not _same(found, self.all):
            self.nodes, self.all = nodes, found
            self.changed.emit()

    def _of(self, graph: Graph, path: str) -> tuple[NodeState, list[Track]]:
        """The tracks of a node, with the state that they are of."""
        state, kept = graph.at(path), self._kept.get(path)
        return kept if kept is not None and kept[0] is state else (state, tracks_of(graph, path, self._lookups))

    def _others(self) -> None:
        if self._watched:
            self._timer.start()

    def _document_changed(self, change: Change) -> None:
        if change.renamed:
            self._extra = change.renamed.get(self._extra, self._extra) if self._extra is not None else None
            self.renamed.emit(change.renamed)
        if change.pixels and self._watched:
            self.refresh()


def _same(one: Mapping[TrackId, Track], other: Mapping[TrackId, Track]) -> bool:
    """Whether two sets of tracks are alike, in their order; curves are compared by identity, which is quick."""
    return list(one) == list(other) and all(one[key].part is other[key].part for key in one)
