"""Whether a script would render: what would stop it, and what somebody should know, without computing a picture."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import RimlightError
from ..evaluate.survey import Vertex, VertexId
from ..evaluate.warned import all_warnings
from ..image import ImageInfo
from ..io.atomic import check_place
from ..tier import Tier
from .doubts import doubts_at
from .plates import Plates
from .sentences import told_once
from .targets import Sink, check_target, sinks

if TYPE_CHECKING:
    from ..session import Session

ByFrame = dict[int, list[str]]


@dataclass(frozen=True)
class Findings:
    """What a look at a script found, a sentence each. problems : would stop a render. warnings : stop nothing.

    What is wrong in the same way at many frames is one sentence, with these frames.
    """

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check(
    session: "Session",
    nodes: Sequence[str] = (),
    frames: Sequence[int] | None = None,
    looked: Callable[[int], None] | None = None,
) -> Findings:
    """Look at every frame of Write nodes. nodes : paths, default all. frames : default the project's range. looked :
    called with every frame that was looked at.
    """
    targets = list(nodes) or sinks(session)
    if frames is None:
        frames = session.project.frame_range
    general: list[str] = []
    if not targets:
        general.append("the script has no Write node that is not disabled, so nothing would be rendered")
    if not frames:
        general.append(f"the frame range {session.project.frames[0]}-{session.project.frames[1]} is empty")
    problems, worth = _look(session, targets, frames, looked)
    found = dict.fromkeys((*session.warnings, *general, *told_once(problems)))
    return Findings(tuple(found), tuple(told_once(worth)))


def _look(
    session: "Session", targets: Sequence[str], frames: Sequence[int], looked: Callable[[int], None] | None
) -> tuple[ByFrame, ByFrame]:
    """What would stop the render, by frame; and what would not, but somebody should know."""
    problems: ByFrame = {}
    warnings: ByFrame = {}
    files: dict[str, str] = {}
    plates = Plates()
    for frame in frames:
        found, worth = problems.setdefault(frame, []), warnings.setdefault(frame, [])
        for target in targets:
            vertices = session.evaluator.survey(session.graph, session.project, [target], float(frame), 1.0, Tier.FINAL)
            found += (str(vertex.error) for vertex in vertices.values() if vertex.error is not None)
            worth += plates.changes(vertices)
            worth += all_warnings(vertices, (target, float(frame)))
            found += _of_target(vertices[target, float(frame)], files, vertices)
        if looked is not None:
            looked(frame)
    if frames:
        warnings[frames[0]] += doubts_at(session, targets, float(frames[0]))
    return problems, warnings


def _of_target(vertex: Vertex, files: dict[str, str], vertices: Mapping[VertexId, Vertex]) -> Iterable[str]:
    """What is wrong with what a Write node would write, and where."""
    if vertex.error is not None or not isinstance(vertex.node, Sink) or vertex.node.disable or vertex.ctx is None:
        return
    node, here = vertex.id[0], f"{vertex.id[0]} at frame {vertex.id[1]:.12g}"
    try:
        file = vertex.node.target(vertex.ctx)
        check_target(file, vertices)
        check_place(file)
        if isinstance(vertex.info, ImageInfo):
            vertex.node.wanted(vertex.info)
    except RimlightError as error:
        yield f"{node}: {error}"
        return
    other = files.setdefault(file, here)
    if other != here:
        yield f"{here}: {file} would replace that of {other}"
