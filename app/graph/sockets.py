"""The inputs of a node as the graph shows them: B from above, A from the side, the mask from the right."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from rimlight.engine import Graph, GraphError, Image, Node, NodeState, Rig, group_inputs, output_type, socket_port

from ..paths import inside

Side = Literal["top", "side", "right"]
PASSIVE = ("structure.backdrop", "structure.sticky_note")
"""Kinds that are only seen: they have no wires."""
MASK = "mask"
_NUMBER = re.compile(r"\d+\Z")


@dataclass(frozen=True)
class Socket:
    """An input of a node.

    side : where it sits on the tile; `side` is left or right, towards what feeds it. needed : the node fails without.
    spare : the next one of a port that takes many. type : what it takes, `object` for anything. label : what is shown.
    """

    name: str
    side: Side
    source: str | None = None
    needed: bool = False
    spare: bool = False
    type: Any = object
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", (self.label or self.name).replace("_", " "))


def sockets_of(state: NodeState) -> tuple[Socket, ...]:
    """The inputs of a node, wired or not, the main one first and the mask last."""
    if state.kind in PASSIVE or state.kind == "structure.input":  # what feeds a door is outside the group
        return ()
    if state.graph is not None:
        names = group_inputs(state)
        return tuple(Socket(n, "top" if i == 0 else "side", state.inputs.get(n)) for i, n in enumerate(names))
    if state.cls is None:
        return tuple(Socket(n, "top" if i == 0 else "side", s) for i, (n, s) in enumerate(sorted(state.inputs.items())))
    found: list[Socket] = []
    for index, port in enumerate(state.cls.ports):
        side: Side = "right" if port.name == MASK else "top" if index == 0 else "side"
        wired = port.sockets(tuple(state.inputs))
        numbered = port.many and index == 0
        found += [
            Socket(name, side, state.inputs[name], False, False, port.type, _label(name, numbered)) for name in wired
        ]
        if not wired:
            found.append(Socket(port.name, side, None, not port.optional, False, port.type))
        elif port.many:
            spare = _next(port.name, wired)
            found.append(Socket(spare, side, None, False, True, port.type, _label(spare, numbered)))
    return tuple(found)


def _label(socket: str, numbered: bool) -> str:
    """The name of an input as it is shown: `2` for the second of many beside each other."""
    return (_NUMBER.search(socket) or ["1"])[0] if numbered else socket


def _next(port: str, wired: tuple[str, ...]) -> str:
    """The first free socket of a port that takes many: `A2` after `A`."""
    number = 1
    while (name := port if number == 1 else f"{port}{number}") in wired:
        number += 1
    return name


def lacking(state: NodeState) -> list[str]:
    """A sentence for each input that the node cannot do without and that is not wired: what it takes."""
    if state.cls is None or state.graph is not None:
        return []
    needed = [s.name for s in sockets_of(state) if s.needed and s.source is None]
    return [f"input '{name}' is not wired: {_taken(state.cls, name)}" for name in needed]


def unwired(state: NodeState) -> str:
    """What may be wired into a node and is not, in words; empty for none. Neither masks nor what a node only adds to,
    such as the lights before one, are told.
    """
    if state.cls is None or state.graph is not None:
        return ""
    free = [s.name for s in sockets_of(state) if s.source is None and not s.spare and s.name != MASK]
    told = [port for port in state.cls.ports if port.name in free and port.type is not state.cls.result]
    return "not wired: " + ", ".join(f"{port.name} ({port.doc})" for port in told) if told else ""


def _taken(cls: type[Node], socket: str) -> str:
    return next(port.doc for port in cls.ports if port.name == socket)


def socket_for_lights(graph: Graph, path: str) -> str:
    """The input of a node that cannot do without lights and has none wired; empty where there is none."""
    state = graph.at(path)
    return next((s.name for s in sockets_of(state) if s.needed and s.source is None and s.type is Rig), "")


def rigs_beside(graph: Graph, path: str) -> list[str]:
    """The last nodes of rigs beside a node that can be wired into its input for lights."""
    socket, name = socket_for_lights(graph, path), path.rpartition("/")[2]
    level = inside(graph, path.rpartition("/")[0])
    rigs = {other for other in level if output_type(level, other) is Rig}
    ends = (rig for rig in level if rig in rigs and rigs.isdisjoint(user for user, _ in level.consumers(rig)))
    return [rig for rig in ends if socket and refusal(level, name, socket, rig) is None]


def has_output(state: NodeState) -> bool:
    """Whether other nodes may be wired to it."""
    return state.kind not in PASSIVE and state.kind != "structure.output"


def wire_type(graph: Graph, source: str) -> str:
    """What a wire from `source` carries, for its looks: `image`, `rig`, `value`, or `unknown`."""
    made = output_type(graph, source)
    if made is None or made is object:
        return "unknown"
    return "image" if issubclass(made, Image) else made.__name__.lower()


def free_socket(graph: Graph, name: str, source: str, wanted: str | None = None) -> str | None:
    """The input of `name` into which a wire from `source` goes when it is dropped on the node as a whole.

    wanted : one to try first. Else the first free one that takes what `source` puts out, of those that the node
    cannot do without, then of all but the mask; then the first that is taken. None when none takes it.
    """
    sockets = sockets_of(graph[name])
    order = sorted(sockets, key=lambda s: (s.name != wanted, s.source is not None or s.name == MASK, not s.needed))
    return next((s.name for s in order if refusal(graph, name, s.name, source) is None), None)


def refusal(graph: Graph, name: str, socket: str, source: str) -> str | None:
    """Why a wire from `source` cannot go into a socket, as a sentence; None when it can."""
    if not has_output(graph[source]):
        return f"{source} puts nothing out"
    try:
        socket_port(graph, name, socket)
        graph.connect(name, socket, source)
    except GraphError as error:
        return str(error)
    return None


def takes(cls: type[Node], graph: Graph, source: str) -> bool:
    """Whether a new node of a kind would take what `source` puts out."""
    made = output_type(graph, source)
    if made is None or made is object:
        return bool(cls.ports)
    return any(port.type in (object, Any) or issubclass(made, port.type) for port in cls.ports)


def feeds(cls: type[Node], graph: Graph, name: str, socket: str) -> bool:
    """Whether a new node of a kind would be taken by an input; one that only passes on counts."""
    port = socket_port(graph, name, socket)
    if cls.kind in (*PASSIVE, "structure.output"):
        return False
    return port is None or port.type in (object, Any) or cls.result is object or issubclass(cls.result, port.type)
