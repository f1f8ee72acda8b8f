"""The nodes that groups are made of."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import NodeState

GROUP = "structure.group"
INPUT = "structure.input"
OUTPUT = "structure.output"


def group_inputs(state: "NodeState") -> list[str]:
    """The sockets of a group: the names of its Input nodes, by their `number`, then in order."""
    if state.graph is None:
        return []
    inputs = [(s.values.get("number", 1), i, n) for i, (n, s) in enumerate(state.graph.items()) if s.kind == INPUT]
    return [name for _, _, name in sorted(inputs)]


def group_output(state: "NodeState") -> str | None:
    """The name of a group's Output node."""
    return next((n for n, s in state.graph.items() if s.kind == OUTPUT), None) if state.graph is not None else None
