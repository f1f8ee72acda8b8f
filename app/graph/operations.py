"""Edits of one level of a script as the artist means them: every function takes a graph and returns a new one.

Nothing here knows of Qt. What cannot be done raises GraphError with a sentence and changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rimlight.engine import (
    POSITION,
    Graph,
    GraphError,
    Image,
    add,
    main_socket,
    registry,
)

from .placing import BESIDE, HEADER, STEP_X, STEP_Y, Point, free_place, moved, room_below
from .sockets import MASK, PASSIVE, free_socket, has_output, refusal, sockets_of

DOT_KIND = "structure.dot"


def create(
    graph: Graph,
    kind: str,
    selection: Sequence[str],
    at: Mapping[str, Point],
    cursor: Point,
    *,
    branch: bool = False,
    first_is_b: bool = True,
    values: Mapping[str, Any] | None = None,
) -> tuple[Graph, str]:
    """With a new node after the selection; returns its name.

    selection : names in the order of selecting; several go into the inputs of a node that has them, the first into B
    unless `first_is_b` is false. at : where all nodes stand. cursor : where it goes when nothing is selected or wired.
    branch : leave what the selection feeds as it is and stand beside that. A node that feeds what is selected, a light
    for a Relight, is wired to its free input.
    """
    cls = registry.find(kind)
    sources = [name for name in selection if has_output(graph[name])]
    fed = {name: graph.consumers(name) for name in sources}
    several = len(sources) > 1 and _many_inputs(cls)
    chosen = sources if several else sources[-1:]
    if several and not first_is_b:
        chosen = [chosen[1], chosen[0], *chosen[2:]]
    graph, name = add(graph, cls.kind, values=values, ui={POSITION: list(cursor)})
    wired: list[str] = []
    for source in chosen:
        socket = _accepting(graph, name, source)
        if socket is not None:
            graph = graph.connect(name, socket, source)
            wired.append(source)
    if wired:
        return _placed_below(graph, name, wired, fed, at, branch), name
    if sources and cls.result not in (Image, object):
        target = sources[-1]
        socket = next((s.name for s in sockets_of(graph[target]) if _takes_from(graph, target, s.name, name)), None)
        if socket is not None:
            x, y = at[target]
            graph = graph.connect(target, socket, name)
            return moved(graph, {name: free_place(at, (x - STEP_X, y - STEP_Y))}), name
    return moved(graph, {name: free_place(at, cursor) if cls.kind not in PASSIVE else cursor}), name


def create_on_wire(
    graph: Graph,
    kind: str,
    source: str | None,
    wire: tuple[str, str] | None,
    place: Point,
    values: Mapping[str, Any] | None = None,
) -> tuple[Graph, str]:
    """With a new node at a place, fed by `source` or feeding the input `wire`; returns its name.

    Raises GraphError where it takes nothing of that kind.
    """
    graph, name = add(graph, registry.find(kind).kind, values=values, ui={POSITION: list(place)})
    if source is not None:
        socket = _accepting(graph, name, source) or MASK
        return graph.connect(name, socket, source), name
    assert wire is not None
    return graph.connect(*wire, name), name


def _many_inputs(cls: Any) -> bool:
    ports = [port for port in cls.ports if port.name != MASK]
    return len(ports) > 1 or any(port.many for port in ports)


def _accepting(graph: Graph, name: str, source: str) -> str | None:
    """The first free input of a new node that takes `source`."""
    free = [s.name for s in sockets_of(graph[name]) if s.source is None and s.name != MASK]
    return next((s for s in free if refusal(graph, name, s, source) is None), None)


def _takes_from(graph: Graph, target: str, socket: str, source: str) -> bool:
    return socket not in graph[target].inputs and refusal(graph, target, socket, source) is None


def _placed_below(
    graph: Graph,
    name: str,
    wired: Sequence[str],
    fed: Mapping[str, Sequence[tuple[str, str]]],
    at: Mapping[str, Point],
    branch: bool,
) -> Graph:
    trunk = wired[0]
    x = at[trunk][0]
    y = max(at[source][1] for source in wired) + STEP_Y
    if branch:
        return moved(graph, {name: free_place(at, (x + (BESIDE if fed[trunk] else 0), y))})
    for consumer, socket in fed[trunk]:
        if consumer not in wired:
            graph = rewired(graph, consumer, socket, name)
    if fed[trunk]:
        graph = moved(graph, room_below(graph, {**at, name: (x, y)}, name, (x, y)))
    else:
        x, y = free_place(at, (x, y))
    return moved(graph, {name: (x, y)})


def rewired(graph: Graph, consumer: str, socket: str, source: str) -> Graph:
    """With an input fed by another node, where that fits; else as it is."""
    return graph if refusal(graph, consumer, socket, source) else graph.connect(consumer, socket, source)


def with_dot(graph: Graph, consumer: str, socket: str, place: Point) -> tuple[Graph, str]:
    """With a dot in a wire."""
    source = graph[consumer].inputs[socket]
    graph, name = add(graph, DOT_KIND, sources=(source,), ui={POSITION: list(place)})
    return moved(graph.connect(consumer, socket, name), {name: place}), name


def disconnected(graph: Graph, names: Iterable[str]) -> Graph:
    """Without the wires into some nodes."""
    nodes = dict(graph)
    for name in names:
        nodes[name] = nodes[name].with_(inputs={})
    return Graph(nodes)


def chained(graph: Graph, names: Sequence[str], *, backward: bool = False, side: bool = False) -> Graph:
    """With nodes wired in a row, each into the next in the order of `names` or backward.

    Each goes into the main input of the next, or where that takes no such thing, as lights, into one that does.
    side : into the A input of each, the first beside its main one, instead.
    """
    order = [name for name in (reversed(names) if backward else names) if graph[name].kind not in PASSIVE]
    if len(order) < 2:
        raise GraphError("select two or more nodes to connect them")
    for source, name in pairwise(order):
        graph = graph.connect(name, _input(graph, name, source, side), source)
    return graph


def splayed(graph: Graph, names: Sequence[str], *, last: bool = False) -> Graph:
    """With one node wired into the main inputs of all others: the first of `names`, or the last."""
    order = [name for name in names if graph[name].kind not in PASSIVE]
    if len(order) < 2:
        raise GraphError("select two or more nodes to splay one into the others")
    source = order[-1] if last else order[0]
    for name in order:
        if name != source:
            graph = graph.connect(name, _input(graph, name, source), source)
    return graph


def _input(graph: Graph, name: str, source: str, side: bool = False) -> str:
    """The input of `name` for `source`. Raises GraphError where it has none at all."""
    sockets = [s.name for s in sockets_of(graph[name]) if s.name != MASK and not s.spare]
    if len(sockets) <= side:
        raise GraphError(f"{name} has no {'second input' if side else 'input'}")
    main = main_socket(graph[name]) or sockets[0]
    return sockets[1] if side else (free_socket(graph, name, source, main) or main)


def toggled(graph: Graph, names: Iterable[str], parameter: str = "disable") -> Graph:
    """With a switch of some nodes turned: all on where any is off, else all off. An animated switch stays."""
    chosen = [n for n in names if graph[n].cls is not None and graph[n].kind not in PASSIVE]
    switches = [n for n in chosen if isinstance(graph[n].value(parameter), bool)]
    on = any(not graph[name].value(parameter) for name in switches)
    for name in switches:
        graph = graph.set_value(name, parameter, on)
    return graph


def toggled_look(graph: Graph, names: Iterable[str], look: str) -> Graph:
    """With a yes-or-no of the looks (`ui`) turned for some nodes: all on where any is off, else all off."""
    chosen = list(names)
    on = any(not graph[name].ui.get(look) for name in chosen)
    return with_looks(graph, chosen, **{look: True if on else None})


def with_looks(graph: Graph, names: Iterable[str], **looks: Any) -> Graph:
    """With looks (`ui`) of some nodes set; None removes one."""
    nodes = dict(graph)
    for name in names:
        ui = {k: v for k, v in {**nodes[name].ui, **looks}.items() if v is not None}
        nodes[name] = nodes[name].with_(ui=ui)
    return Graph(nodes)


def around(rects: Sequence[Any], margin: float = 50.0) -> tuple[Point, Point]:
    """Centre and size of a backdrop around tiles, QRectF, with room for its heading."""
    left, right = min(r.left() for r in rects) - margin, max(r.right() for r in rects) + margin
    top, bottom = min(r.top() for r in rects) - margin - HEADER, max(r.bottom() for r in rects) + margin
    return (round((left + right) / 2), round((top + bottom) / 2)), (round(right - left), round(bottom - top))
