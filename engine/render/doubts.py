"""Whether layers look like what nodes take them for: told before a render, by a small look at the pixels."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..cancel import CancelToken
from ..errors import RimlightError
from ..evaluate.evaluator import Request
from ..evaluate.survey import Vertex, VertexId
from ..tier import Tier

if TYPE_CHECKING:
    from ..graph.graph import Graph
    from ..image import ImageInfo
    from ..session import Session
    from ..settings import Project

_SIDE = 240
"""Pixels that the longer side of what is looked at has at least."""


def _scale(info: "ImageInfo") -> float:
    """The smallest proxy scale, 1, 1/2, 1/4 and so on, at which a picture still has `_SIDE` pixels."""
    side, scale = max(info.display.width, info.display.height), 1.0
    while side * scale >= 2 * _SIDE:
        scale /= 2
    return scale


def doubts_at(session: "Session", targets: Sequence[str], frame: float) -> list[str]:
    """What the nodes that `targets` come from doubt at a frame, each sentence once, beginning with the node's name.

    What cannot be evaluated is told elsewhere, and is passed over here.
    """
    found = doubts_by_node(session, session.graph, session.project, targets, frame)
    return [f"{path}: {sentence}" for path, sentences in found.items() for sentence in sentences]


def doubts_by_node(
    session: "Session",
    graph: "Graph",
    project: "Project",
    targets: Sequence[str],
    frame: float,
    token: CancelToken | None = None,
    at_hand: bool = False,
) -> dict[str, tuple[str, ...]]:
    """The sentences of the nodes that `targets` come from and that doubt something, by their paths.

    at_hand : leaves out nodes whose pixels take a network or other frames. Raises Cancelled when `token` is.
    """
    evaluator = session.evaluator
    vertices = evaluator.survey(graph, project, targets, frame, 1.0, Tier.FINAL)
    found: dict[str, tuple[str, ...]] = {}
    for vertex in vertices.values():
        if vertex.node is None or vertex.ctx is None or vertex.error is not None or vertex.node.disable:
            continue
        images = {}
        try:
            for need in vertex.node.doubt_needs(vertex.ctx):
                (source,) = vertex.inputs[need.socket].values()
                if at_hand and not _at_hand(vertices, source):
                    break
                scale = _scale(vertex.ctx.info(need.socket))
                asked = Request(source[0], source[1], None, need.layers, scale, Tier.FINAL)
                images[need.socket] = evaluator.evaluate(graph, project, asked, token)
            else:
                path, sentences = vertex.id[0], vertex.node.doubts(vertex.ctx, images) if images else ()
                if sentences:
                    found[path] = tuple(dict.fromkeys((*found.get(path, ()), *sentences)))
        except RimlightError:
            continue
    return found


def _at_hand(vertices: Mapping[VertexId, Vertex], start: VertexId) -> bool:
    """Whether what a vertex puts out is made of its own frame, by no network."""
    waiting, known = [start], {start}
    while waiting:
        vertex = vertices[waiting.pop()]
        if vertex.id[1] != start[1] or _learned(vertex):
            return False
        sources = {source for wired in vertex.inputs.values() for source in wired.values()}
        waiting += sources - known
        known |= sources
    return True


def _learned(vertex: Vertex) -> bool:
    return vertex.node is not None and vertex.node.kind.startswith("learned.")
