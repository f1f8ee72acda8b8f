"""Letting a node find parameters of its own in the pixels of its inputs, when a user asks for it.

What is found are ordinary values or keys of the script: nothing is solved when a script is opened or rendered.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .cancel import CancelToken
from .curve import Curve
from .errors import GraphError, NodeError, ParameterError, RimlightError, listing
from .evaluate.answers import bug
from .evaluate.evaluator import Request
from .nodebase import Node
from .tier import Tier
from .values import is_constant

if TYPE_CHECKING:
    from .graph.graph import Graph, NodeState
    from .session import Session


def solved_at(
    session: "Session", graph: "Graph", node: str, what: str, frame: float, token: CancelToken | None = None,
    memory: dict[str, Any] | None = None,
) -> Mapping[str, Any]:  # fmt: skip
    """The values that a node finds for its parameters at a frame. what : a name in its class's `solves`.

    memory : one dict for all frames of a range, which are asked for in order: what the node carries from one to the
    next. Changes nothing. Raises GraphError, ParameterError and NodeError with a sentence, and Cancelled.
    """
    token, evaluator, project = token or CancelToken(), session.evaluator, session.project
    vertex = evaluator.survey(graph, project, [node], frame, 1.0, Tier.FINAL)[node, frame]
    if vertex.error is not None:
        raise vertex.error
    if vertex.node is None or vertex.ctx is None or not vertex.node.solves:
        raise GraphError(f"{node} solves nothing")
    if what not in vertex.node.solves:
        raise ParameterError(f"{node} does not solve '{what}', it solves {listing(tuple(vertex.node.solves))}")
    images = {}
    inputs = evaluator.flat(graph).node(node).inputs
    try:
        for need in vertex.node.solve_needs(vertex.ctx, what):
            if need.socket and need.socket not in inputs:
                raise NodeError(node, frame, f"finding '{what}' takes input '{need.socket}', which is not wired")
            source = inputs[need.socket] if need.socket else node
            asked = Request(source, frame, need.region, need.layers, 1.0, Tier.FINAL)
            images[need.socket] = evaluator.evaluate(graph, project, asked, token)
        found = vertex.node.solved_next(vertex.ctx, what, images, token.check, {} if memory is None else memory)
        return _known(vertex.node, what, found)
    except NodeError:
        raise
    except RimlightError as error:
        raise NodeError(node, frame, str(error)) from error
    except (Exception, SystemExit) as error:  # a node's mistake, whatever it is, stays the node's
        raise bug((node, frame), type(vertex.node), error) from error


def _known(node: Node, what: str, found: object) -> Mapping[str, Any]:
    """What a node found, where it is parameters of its own and their values. Raises RimlightError."""
    if not isinstance(found, Mapping):
        raise RimlightError(f"finding '{what}' gave {type(found).__name__}, expected parameters by their names")
    names = [*(spec.name for spec in node.specs), *(name for name in found if node.is_member(name))]
    for name, value in found.items():
        if name not in names:
            raise RimlightError(f"finding '{what}' gave '{name}', which is no parameter of it; it has {listing(names)}")
        node.spec(name).check(value)
    return found


def values_of(state: "NodeState", founds: Mapping[float, Mapping[str, Any]]) -> dict[str, Any]:
    """What was found for parameters, by frame and name, as their values.

    They become keys where there are several frames or a parameter has keys already, else constants; what was not found
    at a frame is 0 there, and a frame at which nothing was found gets no keys. Words and switches take no keys: the
    first frame says what they are. Raises ParameterError where an
    expression stands in the way.
    """
    founds = {frame: found for frame, found in founds.items() if found}
    names = sorted({name for found in founds.values() for name in found})
    return {
        name: _with_found(state, name, {frame: found.get(name, 0.0) for frame, found in founds.items()})
        for name in names
    }


def _with_found(state: "NodeState", name: str, found: Mapping[float, Any]) -> Any:
    first = next(iter(found.values()))
    if isinstance(first, (str, bool)):
        return first
    size = max(len(x) if isinstance(x, (tuple, list)) else 1 for x in found.values())
    value = state.values.get(name, 0.0)
    parts = value if isinstance(value, tuple) else (value,) * size
    if any(not is_constant(part) and not isinstance(part, Curve) for part in parts):
        raise ParameterError(f"{name} follows an expression, so it cannot be set to what was found")
    if len(found) == 1 and not any(isinstance(part, Curve) for part in parts):
        return first
    made = [
        Curve.keyed(part, {f: x[i] if isinstance(x, (tuple, list)) else x for f, x in found.items()})
        for i, part in enumerate(parts)
    ]
    return made[0] if size == 1 else tuple(made)
