"""The numbers of parameters as handles on the picture read and write them."""

from collections.abc import Mapping
from typing import Any

from rimlight.engine import Curve, Key

from ..paths import has_node
from ..workspace import Workspace

Numbers = tuple[float, ...]


def numbers_of(value: Any, frame: float) -> Numbers | None:
    """The components of a stored value at a frame; None where an expression says one."""
    parts = value if isinstance(value, tuple) else (value,)
    numbers = tuple(part.at(frame) if isinstance(part, Curve) else part for part in parts)
    return numbers if all(isinstance(number, (int, float)) for number in numbers) else None


def put_numbers(workspace: Workspace, node: str, numbers: Mapping[str, Numbers], token: object) -> None:
    """Set the components of parameters, in one step with others of that token: constants, or keys at the current frame
    where they are animated. Nothing where the node went during the drag, as by an undo.
    """
    if not has_node(workspace.graph, node):
        return
    state, made = workspace.graph.at(node), {}
    for parameter, new in numbers.items():
        known = state.value(parameter)
        parts = known if isinstance(known, tuple) else (known,)
        value = tuple(
            old.with_key(Key(workspace.frame, number, old.keys[0].interp)) if isinstance(old, Curve) else number
            for old, number in zip(parts, new, strict=True)
        )
        made[parameter] = value if isinstance(known, tuple) else value[0]
    workspace.edit(lambda session: session.set(node, token, **made))
