"""Which wires may be: what sockets take, and what nodes put out."""

from typing import TYPE_CHECKING, Any

from ..errors import GraphError, listing
from ..params import Port
from .groups import INPUT, OUTPUT, group_inputs, group_output

if TYPE_CHECKING:
    from .graph import Graph, NodeState


def socket_port(graph: "Graph", name: str, socket: str) -> Port | None:
    """The port of a socket; None where the node's kind is not installed. Raises GraphError when there is no such
    socket.
    """
    state = graph.node(name)
    if state.graph is not None:
        doors = group_inputs(state)
        if socket not in doors:
            raise GraphError(f"group {name} has no input '{socket}', it has {listing(doors)}")
        return Port(socket, "input of a group", optional=True)
    if state.cls is None:
        return None
    port = state.cls.port(socket)
    if port is None:
        raise GraphError(f"{name} has no input '{socket}', it has {listing([p.name for p in state.cls.ports])}")
    return port


def check_socket(graph: "Graph", name: str, socket: str, source: str) -> None:
    """Raise GraphError when there is no such socket or it takes something else than what `source` puts out."""
    graph.node(source)
    port = socket_port(graph, name, socket)
    made = output_type(graph, source)
    if port is None or made is None or port.type in (object, Any):
        return
    if not issubclass(made, port.type):
        raise GraphError(f"{source} puts out {_a(made)}, but input '{socket}' of {name} takes {_a(port.type)}")


def fits(graph: "Graph", name: str, socket: str, source: str) -> bool:
    """Whether an input takes what `source` puts out, itself and wherever it is passed on to."""
    try:
        check_socket(graph, name, socket, source)
        check_beyond(graph, name, socket, source)
    except GraphError:
        return False
    return True


def check_beyond(graph: "Graph", name: str, socket: str, source: str) -> None:
    """Raise GraphError when nodes that only pass on would bring what `source` puts out to an input that does not take
    it.
    """
    made = output_type(graph, source)
    if made is None:
        return
    stack: list[tuple[Graph, str, str, tuple[tuple[Graph, str], ...]]] = [(graph, name, socket, ())]
    seen: set[tuple[str, ...]] = set()
    while stack:
        level, here, door, around = stack.pop()
        state, place = level[here], (*(group for _, group in around), here, door)
        if place in seen:
            continue
        seen.add(place)
        if state.graph is not None:
            inside = state.graph
            stack += [(inside, n, s, (*around, (level, here))) for n, s in inside.consumers(door)]
            continue
        port = state.cls.port(door) if state.cls is not None else None
        if state.cls is None or port is None:
            continue
        if port.type not in (object, Any) and not issubclass(made, port.type):
            raise GraphError(
                f"{source} puts out {_a(made)}, which {name} would pass on to input '{door}' of {'/'.join(place[:-1])},"
                f" but that takes {_a(port.type)}"
            )
        if state.cls.result is object and port == state.cls.ports[0]:
            if state.kind == OUTPUT and around:
                (level, here), around = around[-1], around[:-1]
            stack += [(level, n, s, around) for n, s in level.consumers(here)]


def _a(kind: type) -> str:
    """`an image`, `a rig`."""
    name = kind.__name__.lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def output_type(graph: "Graph", name: str) -> type | None:
    """What a node puts out, followed through groups and nodes that only pass on; None where that is not known."""
    around: list[tuple[Graph, NodeState]] = []
    seen: set[tuple[int, str]] = set()
    while name in graph and (id(graph), name) not in seen:
        seen.add((id(graph), name))
        state = graph[name]
        cls = state.cls
        if state.graph is not None:
            around.append((graph, state))
            graph, name = state.graph, group_output(state) or ""
        elif cls is None:
            return None
        elif cls.result is not object:
            return cls.result
        elif state.kind == INPUT and around:
            door = name
            graph, group = around.pop()
            name = group.inputs.get(door, "")
        else:
            sockets = cls.ports[0].sockets(tuple(state.inputs)) if cls.ports else ()
            name = state.inputs[sockets[0]] if sockets else ""
    return None
