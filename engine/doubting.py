"""Whether layers look like what nodes take them for: told before a render, by a small look at the pixels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .context import Tier
from .errors import RimlightError
from .evaluate.evaluator import Request

if TYPE_CHECKING:
    from .image import ImageInfo
    from .session import Session

_SIDE = 240
"""Pixels that the longer side of what is looked at has at least."""


def _scale(info: "ImageInfo") -> float:
    """As small as still tells what there is, by halves."""
    side, scale = max(info.display.width, info.display.height), 1.0
    while side * scale >= 2 * _SIDE:
        scale /= 2
    return scale


def doubts_at(session: "Session", targets: Sequence[str], frame: float) -> list[str]:
    """What the nodes that `targets` come from doubt at a frame, each sentence once, beginning with the node's name.

    What cannot be evaluated is told elsewhere, and is passed over here.
    """
    evaluator, graph, project = session.evaluator, session.graph, session.project
    vertices = evaluator.survey(graph, project, targets, frame, 1.0, Tier.FINAL)
    found: dict[str, None] = {}
    for vertex in vertices.values():
        if vertex.node is None or vertex.ctx is None or vertex.error is not None or vertex.node.disable:
            continue
        images = {}
        try:
            for need in vertex.node.doubt_needs(vertex.ctx):
                (source,) = vertex.inputs[need.socket].values()
                asked = Request(
                    source[0], source[1], None, need.layers, _scale(vertex.ctx.info(need.socket)), Tier.FINAL
                )
                images[need.socket] = evaluator.evaluate(graph, project, asked)
            if images:
                sentences = vertex.node.doubts(vertex.ctx, images)
                found |= dict.fromkeys(f"{vertex.id[0]}: {sentence}" for sentence in sentences)
        except RimlightError:
            continue
    return list(found)
