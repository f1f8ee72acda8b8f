"""Edits of a graph as people think of them: add, insert, extract, duplicate, paste, clone, rename.
 Every function takes a graph and returns a new one; wires are checked by the graph for sockets, types and cycles, and a
refused edit raises GraphError and changes nothing. `grouping` has the edits that make and dissolve groups.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import GraphError
from ..kinds import registry
from ..nodebase import Node
from .clones import CLONE_OF, alike, with_clones, with_own_clones
from .graph import LINK_WORDS, FreeNames, Graph, NodeState, check_new_name
from .groups import GROUP, INPUT, group_inputs
from .links import follow
from .wiring import fits

POSITION = "position"
"""Where a node stands in the editor: `[x, y]` in its `ui`."""


def add(
    graph: Graph,
    kind: str,
    *,
    name: str | None = None,
    sources: Sequence[str] = (),
    inputs: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    ui: Mapping[str, Any] | None = None,
) -> tuple[Graph, str]:
    """With a new node; returns its name too.

    kind : kind or label. name : default the first free one made from the label. sources : nodes wired to its ports in
    order, the last port that takes many taking the rest. inputs : source by socket. Raises GraphError, ParameterError.
    """
    cls = registry.find(kind)
    stem = re.sub(r"\W", "", cls.label, flags=re.ASCII)
    name = name or graph.unused_name(f"_{stem}" if stem[:1].isdigit() else stem)
    if name in graph:
        raise GraphError(f"the name '{name}' is taken")
    check_new_name(name)
    inner = Graph() if cls.kind == GROUP else None
    graph = graph.put(name, NodeState(cls.kind, cls.version, ui=ui or {}, graph=inner))
    for socket, source in [*_sockets(cls, name, sources), *(inputs or {}).items()]:
        graph = graph.connect(name, socket, source)
    for parameter, value in (values or {}).items():
        graph = graph.set_value(name, parameter, value)
    return graph, name


def _sockets(cls: type[Node], name: str, sources: Sequence[str]) -> list[tuple[str, str]]:
    """A socket for each source, in the order of the ports."""
    sockets: list[str] = []
    for port in cls.ports:
        numbers = range(2, len(sources) - len(sockets) + 1) if port.many else ()
        sockets += [port.name, *(f"{port.name}{n}" for n in numbers)]
    if len(sources) > len(sockets):
        raise GraphError(f"{name} ({cls.label}) takes {len(sockets)} inputs, found {', '.join(sources)}")
    return list(zip(sockets, sources, strict=False))


def main_socket(state: NodeState) -> str | None:
    """The socket that a node passes through when it is disabled, its trunk; None for sources.

    Where the kind is not installed, what is most likely to be: `image`, `B`, or the first that is wired.
    """
    if state.graph is not None:
        return next(iter(group_inputs(state)), None)
    if state.cls is not None:
        return state.cls().through or None
    wired = [socket for socket in state.inputs if socket != "mask"]
    return next((socket for socket in ("image", "B", *wired) if socket in wired), None)


def insert_after(graph: Graph, source: str, kind: str, **options: Any) -> tuple[Graph, str]:
    """With a new node behind `source`, in the place of its wires to all that it fed. `options` as for `add`."""
    fed = graph.consumers(source)
    graph, name = add(graph, kind, sources=(source,), **options)
    for consumer, socket in fed:
        graph = graph.connect(consumer, socket, name)
    return graph, name


def insert_on_wire(graph: Graph, name: str, consumer: str, socket: str) -> Graph:
    """With a node put into the wire that enters `socket` of `consumer`."""
    source = graph.node(consumer).inputs.get(socket)
    main = main_socket(graph.node(name))
    if source is None or main is None:
        why = "nothing is wired there" if source is None else f"{name} takes no input"
        raise GraphError(f"{name} cannot be put before input '{socket}' of {consumer}: {why}")
    return graph.connect(name, main, source).connect(consumer, socket, name)


def extract(graph: Graph, names: Iterable[str]) -> Graph:
    """With some nodes taken out of the flow: they stay, wired only to each other; what they fed is fed past them."""
    chosen = _known(graph, names)
    graph = _past(graph, chosen)
    for name in chosen:
        state = graph.node(name)
        inner = {socket: source for socket, source in state.inputs.items() if source in chosen}
        graph = graph.put(name, state.with_(inputs=inner))
    return graph


def delete(graph: Graph, names: Iterable[str]) -> Graph:
    """Without some nodes; what they fed is fed by what came into their main inputs."""
    chosen = _known(graph, names)
    return _past(graph, chosen).remove(chosen)


def _known(graph: Graph, names: Iterable[str]) -> set[str]:
    chosen = set(names)
    for name in chosen:
        graph.node(name)
    return chosen


def _past(graph: Graph, chosen: set[str]) -> Graph:
    """With every wire that leaves the chosen nodes starting at what enters them by their main inputs."""
    nodes = dict(graph)
    for consumer, state in graph.items():
        if consumer in chosen:
            continue
        inputs = dict(state.inputs)
        for socket in [socket for socket, source in state.inputs.items() if source in chosen]:
            source = _before(graph, inputs.pop(socket), chosen)
            # What is left may not fit this input, or be the node itself: better no wire than a wrong one.
            if source is not None and source != consumer and fits(graph, consumer, socket, source):
                inputs[socket] = source
        if inputs != state.inputs:
            nodes[consumer] = state.with_(inputs=inputs)
    return Graph(nodes)


def _before(graph: Graph, source: str, chosen: set[str]) -> str | None:
    """The first node before `source`, along main inputs, that is not chosen; None where there is none."""
    passed: set[str] = set()
    at: str | None = source
    while at in chosen and at not in passed:  # a damaged script may have wires in a circle
        passed.add(at)
        main = main_socket(graph[at])
        at = graph[at].inputs.get(main) if main is not None else None
    return None if at in chosen else at


def swap_inputs(graph: Graph, name: str) -> Graph:
    """With the wires of the first two inputs changed over."""
    state = graph.node(name)
    if state.graph is not None:
        sockets = group_inputs(state)
    elif state.cls is not None:
        ports = [port for port in state.cls.ports if port.name != "mask"]
        sockets = [s for port in ports for s in (port.name, f"{port.name}2")[: 1 + port.many]]
    else:
        sockets = sorted(state.inputs)
    if len(sockets) < 2:
        raise GraphError(f"{name} has no two inputs to swap")
    first, second = (state.inputs.get(socket) for socket in sockets[:2])
    cleared = graph.connect(name, sockets[0], None).connect(name, sockets[1], None)
    return cleared.connect(name, sockets[0], second).connect(name, sockets[1], first)


def set_many(graph: Graph, values: Mapping[str, Any]) -> Graph:
    """With several parameters set: `{"Blur1.size": 3, "Group1/Grade1.gain": 2}`. All or none."""
    for target, value in values.items():
        path, dot, parameter = target.rpartition(".")
        if not dot:
            raise GraphError(f"'{target}' names no parameter, expected Node.parameter")
        inside, _, name = path.rpartition("/")
        graph = graph.replace_inside(inside, graph.inside(inside).set_value(name, parameter, value))
    return graph


def paste(graph: Graph, piece: Graph, offset: tuple[float, float] = (0, 0)) -> tuple[Graph, dict[str, str]]:
    """With the nodes of another graph added, moved by `offset`; returns their new names by old ones.

    Names that are taken, or that no new node has, are counted on. Wires and links among the pasted nodes follow; wires
    to nodes of `graph` stay. Nodes that `as_clones` marked become clones of those that they were copied from, where
    these are still there.
    """
    names: dict[str, str] = {}
    originals = {old: state.ui[CLONE_OF] for old, state in piece.items() if CLONE_OF in state.ui}
    piece = with_own_clones(piece)
    free = FreeNames((*piece, *graph))
    for old in piece:
        names[old] = free.take(old) if old in graph or old in LINK_WORDS else old
    renamed = Graph({names[old]: state for old, state in piece.items()})
    for name, state in follow(piece, renamed, names).items():
        inputs = {k: names.get(v, v) for k, v in state.inputs.items() if v in names or v in graph}
        graph = graph.put(name, state.with_(inputs=inputs, ui=_moved(state.ui, offset)))
    for old, original in originals.items():
        if original in graph and original not in names.values() and graph[original].kind == piece[old].kind:
            graph = with_clones(graph, {original: names[old]})
    return graph, names


def _moved(ui: Mapping[str, Any], offset: tuple[float, float]) -> Mapping[str, Any]:
    ui = {key: value for key, value in ui.items() if key != CLONE_OF}
    if POSITION not in ui or offset == (0, 0):
        return ui
    return {**ui, POSITION: [a + b for a, b in zip(ui[POSITION], offset, strict=True)]}


def duplicate(
    graph: Graph, names: Iterable[str], offset: tuple[float, float] = (0, 0), keep_inputs: bool = False
) -> tuple[Graph, dict[str, str]]:
    """With copies of some nodes, wired among each other; with `keep_inputs` also to what feeds the originals."""
    chosen = _known(graph, names)
    kept = set(graph) if keep_inputs else chosen
    piece = {
        name: state.with_(inputs={socket: source for socket, source in state.inputs.items() if source in kept})
        for name, state in graph.items()
        if name in chosen
    }
    return paste(graph, Graph(piece), offset)


def clone(graph: Graph, name: str, offset: tuple[float, float] = (0, 0)) -> tuple[Graph, str]:
    """With a copy of a node that shares all parameters with the original, and its name.

    Whichever of the two is edited later by `Session`, both change; `declone` ends that. Raises GraphError.
    """
    graph, names = duplicate(graph, [name], offset)
    return with_clones(graph, names), names[name]


def as_clones(graph: Graph, names: Iterable[str]) -> Graph:
    """The graph with some nodes marked so that, copied as text and pasted beside themselves, they become clones."""
    for name in _known(graph, names):
        state = graph[name]
        graph = graph.put(name, state.with_(ui={**state.ui, CLONE_OF: name}))
    return graph


def rename(graph: Graph, path: str, new: str) -> Graph:
    """With the node at `path` renamed; wires, links at every level, and what an enclosing group shows of it follow. In
    clones of that group it is renamed, too.
    """
    inside, _, old = path.rpartition("/")
    for each in alike(graph, inside):
        graph = _renamed(graph, f"{each}/{old}" if each else old, new)
    return graph


def _renamed(graph: Graph, path: str, new: str) -> Graph:
    inside, _, old = path.rpartition("/")
    after = graph.replace_inside(inside, graph.inside(inside).rename(old, new))
    if inside:
        around, _, group = inside.rpartition("/")
        level = after.inside(around)
        state = level.node(group)
        promoted = {
            name: f"{new}{target[len(old) :]}" if target.partition(".")[0] == old else target
            for name, target in state.promoted.items()
        }
        is_door = graph.at(path).kind == INPUT
        inputs = {new if is_door and socket == old else socket: source for socket, source in state.inputs.items()}
        after = after.replace_inside(around, level.put(group, state.with_(promoted=promoted, inputs=inputs)))
    return follow(graph, after, {path: f"{inside}/{new}" if inside else new})
