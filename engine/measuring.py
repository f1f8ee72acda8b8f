"""The numbers that nodes tell of their pictures, as keys of parameters that other parameters can follow.

A node names its numbers in `measures`; where it also declares a cosmetic parameter of that name, without what stands
before the colon, the parameter takes them when a user asks for it. Opening and rendering a script measures nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .cancel import CancelToken
from .errors import GraphError
from .evaluate.evaluator import Request
from .nodebase import Node
from .solving import values_of
from .tier import Tier

if TYPE_CHECKING:
    from .graph.graph import Graph, NodeState
    from .session import Session


def measured_parameters(cls: type[Node] | None) -> tuple[str, ...]:
    """The parameters of a class that take what its nodes measure, in the order of `measures`; often none."""
    if cls is None:
        return ()
    there = {spec.name for spec in cls.specs if spec.cosmetic}
    return tuple(name for name in map(_short, cls.measures) if name in there)


def measured_at(
    session: "Session", graph: "Graph", node: str, frame: float, token: CancelToken | None = None,
    tier: Tier = Tier.FINAL, scale: float = 1.0,
) -> Mapping[str, float]:  # fmt: skip
    """What a node tells of a frame, which is evaluated for it: numbers by the name without what is before the colon.

    A number that a frame does not have, such as the flicker of the first one, is left out. Changes nothing. Raises
    GraphError for a node that measures nothing, NodeError and Cancelled.
    """
    cls = graph.at(node).cls
    if cls is None or not cls.measures:
        raise GraphError(f"{node} measures nothing")
    evaluator, project = session.evaluator, session.project
    evaluator.evaluate(graph, project, Request(node, frame, scale=scale, tier=tier), token or CancelToken())
    told = evaluator.measured(graph, project, node, frame)
    return {_short(name): told[name] for name in cls.measures if name in told}


def measured_values(state: "NodeState", rows: Mapping[float, Mapping[str, float]]) -> dict[str, Any]:
    """What was measured, by frame and name, as values of the parameters that take it; frames without it get no key.

    They become keys, or constants for a single frame without keys. Raises ParameterError where an expression stands in
    the way.
    """
    values: dict[str, Any] = {}
    for name in measured_parameters(state.cls):
        found = {frame: {name: row[name]} for frame, row in rows.items() if name in row}
        if found:
            values |= values_of(state, found)
    return values


def _short(attribute: str) -> str:
    return attribute.rpartition(":")[2]
