"""The graph of a script as an immutable value.

An edit makes a new `Graph` that shares all unchanged nodes with the old one. So undo is keeping the old value, an
evaluation works on a snapshot that no edit can disturb, and what changed is found by comparing identities.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import GraphError, listing
from ..kinds import registry
from ..nodebase import Node
from ..values import check_value
from .links import map_links
from .wiring import check_beyond, check_socket

if TYPE_CHECKING:
    import networkx as nx

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
LINK_WORDS = frozenset({"self", "parent"})
"""What links begin with that lead to no node of that name: nodes get no such names, but old scripts keep theirs."""


def _mapping(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return value if isinstance(value, MappingProxyType) else MappingProxyType(dict(value))


@dataclass(frozen=True)
class NodeState:
    """One node of a graph: its kind, the values that differ from the defaults, its wires.

    values : by parameter name; constants, curves or expressions (`values`), or plain data where the kind is not
    installed.
    inputs : source node by socket, a name in the same graph.
    ui : position and looks, plain data without influence on pixels.
    graph, promoted : for groups, the inside, and inner parameters shown outside: `{"size": "Blur1.size"}`.
    extra : fields of a script that this version does not know, kept as they are.
    """

    kind: str
    version: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    ui: Mapping[str, Any] = field(default_factory=dict)
    graph: "Graph | None" = None
    promoted: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("values", "inputs", "ui", "promoted", "extra"):
            object.__setattr__(self, name, _mapping(getattr(self, name)))

    @property
    def cls(self) -> type[Node] | None:
        """The node class, or None when its kind is not installed or is of a newer version than the installed one."""
        cls = registry.get(self.kind)
        return cls if cls is not None and cls.version >= self.version else None

    def value(self, name: str) -> Any:
        """The value of a parameter, its default where the script says nothing, None for a member of a family.

        Raises KeyError.
        """
        if name in self.values:
            return self.values[name]
        if self.cls is None:
            raise KeyError(name)
        return self.cls.spec(name).default

    def with_(self, **changes: Any) -> "NodeState":
        """A copy with some fields replaced."""
        return replace(self, **changes)


class Graph(Mapping[str, NodeState]):
    """Nodes by name, in the order they were made. Immutable; every method that changes returns a new graph."""

    __slots__ = ("__weakref__", "_nodes")

    def __init__(self, nodes: Mapping[str, NodeState] | None = None) -> None:
        self._nodes = dict(nodes or {})

    def __getitem__(self, name: str) -> NodeState:
        return self._nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def __eq__(self, other: object) -> bool:
        # As mappings compare, but dictionaries see at once which nodes are the very same: every edit asks.
        return self._nodes == other._nodes if isinstance(other, Graph) else super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def node(self, name: str) -> NodeState:
        """A node by name. Raises GraphError naming it."""
        if not isinstance(name, str) or name not in self._nodes:
            raise GraphError(f"there is no node '{name!s:.60}' here, only {listing(list(self._nodes))}")
        return self._nodes[name]

    def unused_name(self, stem: str) -> str:
        """`Blur1`, `Blur2`, ...: the first name of that stem that is free."""
        return FreeNames(self._nodes).take(stem)

    def put(self, name: str, state: NodeState) -> "Graph":
        """A graph in which `name` is `state`, new or replaced."""
        _check_name(name)
        return Graph({**self._nodes, name: state})

    def remove(self, names: Iterable[str]) -> "Graph":
        """Without the named nodes; wires from them disappear too."""
        gone = set(names)
        for name in gone:
            self.node(name)
        kept = {}
        for name, state in self._nodes.items():
            if name in gone:
                continue
            if any(source in gone for source in state.inputs.values()):
                state = state.with_(inputs={k: v for k, v in state.inputs.items() if v not in gone})
            kept[name] = state
        return Graph(kept)

    def set_value(self, name: str, parameter: str, value: Any) -> "Graph":
        """With one parameter set. A value equal to the default is dropped, so scripts hold only what differs.

        Raises GraphError for an unknown node or parameter, ParameterError for a value that is not legal.
        """
        state = self.node(name)
        spec = parameter_spec(self, name, parameter)
        value = check_value(spec, value)
        values = dict(state.values)
        if value == spec.default and type(value) is type(spec.default) and parameter not in state.promoted:
            values.pop(parameter, None)
        else:
            values[parameter] = value
        return self.put(name, state.with_(values=values))

    def reset_value(self, name: str, parameter: str) -> "Graph":
        """With one parameter back at its default. Raises GraphError for an unknown node."""
        state = self.node(name)
        return self.put(name, state.with_(values={k: v for k, v in state.values.items() if k != parameter}))

    def connect(self, name: str, socket: str, source: str | None) -> "Graph":
        """With `socket` of `name` wired to `source`, or unwired when `source` is None.

        Raises GraphError when the socket does not exist, the types differ or the wire would close a cycle.
        """
        state = self.node(name)
        inputs = {k: v for k, v in state.inputs.items() if k != socket}
        if source is not None:
            self._check_wire(name, socket, source)
            inputs[socket] = source
        return self.put(name, state.with_(inputs=inputs))

    def _check_wire(self, name: str, socket: str, source: str) -> None:
        check_socket(self, name, socket, source)
        check_beyond(self, name, socket, source)
        if name == source or name in self.upstream([source]):
            raise GraphError(f"wiring {source} into {name} would close a cycle")

    def rename(self, old: str, new: str) -> "Graph":
        """With a node renamed, in its place; wires and links of this graph follow (`edits.rename`: of every level)."""
        self.node(old)
        if new == old:
            return self
        if new in self._nodes:
            raise GraphError(f"the name '{new}' is taken")
        check_new_name(new)

        def renamed(link: str) -> str:
            head, dot, rest = link.partition(".")
            return f"{new}{dot}{rest}" if head == old else link

        nodes = {}
        for name, node in self._nodes.items():
            inputs = {k: new if v == old else v for k, v in node.inputs.items()}
            values = {k: map_links(v, renamed) for k, v in node.values.items()}
            changed = inputs != dict(node.inputs) or values != dict(node.values)
            nodes[new if name == old else name] = node.with_(inputs=inputs, values=values) if changed else node
        return Graph(nodes)

    def consumers(self, name: str) -> list[tuple[str, str]]:
        """(node, socket) of every wire that starts at `name`."""
        return [(n, s) for n, state in self._nodes.items() for s, source in state.inputs.items() if source == name]

    def digraph(self) -> "nx.DiGraph[str]":
        """The wires as a networkx graph from sources to consumers."""
        import networkx as nx  # takes a tenth of a second to import

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self._nodes)
        graph.add_edges_from((source, name) for name, s in self._nodes.items() for source in s.inputs.values())
        return graph

    def upstream(self, names: Iterable[str]) -> set[str]:
        """The named nodes and everything they depend on by wires."""
        found: set[str] = set()
        stack = list(names)
        while stack:
            name = stack.pop()
            if name in found or name not in self._nodes:
                continue
            found.add(name)
            stack.extend(self._nodes[name].inputs.values())
        return found

    def at(self, path: str) -> NodeState:
        """A node by path through groups, `Group1/Blur1`. Raises GraphError."""
        *groups, name = path.split("/")
        graph = self.inside("/".join(groups))
        return graph.node(name)

    def inside(self, path: str) -> "Graph":
        """The graph inside the group at `path`; this graph for an empty path."""
        graph = self
        for name in path.split("/") if path else ():
            inner = graph.node(name).graph
            if inner is None:
                raise GraphError(f"'{name}' in '{path}' is no group")
            graph = inner
        return graph

    def replace_inside(self, path: str, inner: "Graph") -> "Graph":
        """With the graph inside the group at `path` replaced; `inner` itself for an empty path."""
        if not path:
            return inner
        head, _, rest = path.partition("/")
        state = self.node(head)
        if state.graph is None:
            raise GraphError(f"'{head}' is no group")
        return self.put(head, state.with_(graph=state.graph.replace_inside(rest, inner)))

    def walk(self, prefix: str = "") -> Iterator[tuple[str, NodeState]]:
        """Every node with its path, groups before their insides."""
        for name, state in self._nodes.items():
            yield prefix + name, state
            if state.graph is not None:
                yield from state.graph.walk(f"{prefix}{name}/")


def check_new_name(name: str) -> None:
    """Raises GraphError for what cannot be the name of a new node, or the new one of a node."""
    _check_name(name)
    if name in LINK_WORDS:
        raise GraphError(f"a node cannot be called '{name}': in expressions that stands for another")


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise GraphError(f"'{name}' is no node name: use letters, digits and _, not starting with a digit")


class FreeNames:
    """Names for nodes that are not taken yet; each is given once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def take(self, stem: str) -> str:
        """`Blur1`, `Blur2`, ...: the first name of that stem, whatever number it ends with."""
        stem = re.sub(r"\d+\Z", "", stem) or "Node"
        number = self._numbers.get(stem, 1)
        while (name := f"{stem}{number}") in self._taken:
            number += 1
        self._numbers[stem] = number + 1
        self._taken.add(name)
        return name


def parameter_spec(graph: Graph, name: str, parameter: str) -> Any:
    """The Spec behind a parameter of a node, following what a group promotes. Raises GraphError."""
    state = graph.node(name)
    if parameter in state.promoted and state.graph is not None:
        inner, _, inner_parameter = state.promoted[parameter].rpartition(".")
        *groups, last = inner.split(".")
        return parameter_spec(state.graph.inside("/".join(groups)), last, inner_parameter)
    cls = state.cls
    if cls is None:
        raise GraphError(f"{name} is of kind '{state.kind}', which is not installed, so its parameters cannot be set")
    try:
        return cls.spec(parameter)
    except KeyError:
        names = [*state.promoted, *(s.name for s in cls.specs), *(f"{f.name}_..." for f in cls.families)]
        raise GraphError(f"{name} ({cls.label}) has no parameter '{parameter}', it has {listing(names, 40)}") from None
