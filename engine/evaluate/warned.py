"""What the nodes of an evaluation warn of."""

from collections.abc import Collection, Mapping
from typing import Any

from ..errors import mistake
from .survey import Vertex, VertexId


def all_warnings(vertices: Mapping[VertexId, Vertex], root: VertexId) -> list[str]:
    """What a node and those that it comes from warn of, each sentence once, beginning with the node's name."""
    found: dict[str, None] = {}
    seen, left = {root}, [root]
    while left:
        vertex = vertices[left.pop()]
        found |= dict.fromkeys(f"{vertex.id[0]}: {sentence}" for sentence in warnings_of(vertex))
        for socket, frames in vertex.inputs.items():
            heeded = _heeded(vertex, socket)
            sources = {source for frame, source in frames.items() if heeded is None or frame in heeded}
            left += sorted(sources - seen)
            seen |= sources
    return list(found)


def _heeded(vertex: Vertex, socket: str) -> Collection[float] | None:
    """The frames of an input whose warnings count, None for all."""
    if vertex.node is None or vertex.ctx is None or vertex.error is not None:
        return None
    try:
        return frozenset(vertex.node.heeded(vertex.ctx, socket))
    except (Exception, SystemExit):  # noqa: BLE001  a node that cannot say reads them all
        return None


def warnings_of(vertex: Vertex) -> tuple[str, ...]:
    """What a node that works warns of; one that fails while it is asked warns of that."""
    if vertex.node is None or vertex.ctx is None or vertex.error is not None or vertex.node.disable:
        return ()
    try:
        found: Any = vertex.node.warnings(vertex.ctx)
        return (found,) if isinstance(found, str) else tuple(found)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a node's mistake, whatever it is, stays the node's
        return (mistake("its warnings", error),)
