"""`rimlight check`: whether a script would render."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .alike import told_once
from .options import apply_settings, open_session, read_frames, read_nodes
from .output import Output

if TYPE_CHECKING:
    from ..evaluate.survey import Vertex, VertexId
    from ..session import Session

PROBLEMS = 1


def check(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    nodes: Annotated[list[str] | None, typer.Option("--nodes", "-n", help="Write nodes, default all.")] = None,
    frames: Annotated[str, typer.Option("--frames", "-f", help="Frames to check, default the script's range.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", help="Set a parameter, Node.param=value.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look for missing nodes, files, layers and wrong values, and at normals and positions of the first frame, small,
    without computing pictures. Exit code 1 for any problem.

    With the options of the render it is about that render. Warnings, such as a frame that stands in for a missing one,
    are told and stop nothing. What is wrong in the same way at many frames is told once, with these frames.
    """
    from ..targets import sinks

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_session(script)
        apply_settings(session, set_ or [])
        targets = read_nodes(session, nodes) if nodes else sinks(session)
        if numbers is None:
            first, last = session.project.frames
            numbers = list(range(first, last + 1))
        general, problems, worth = _look(session, targets, numbers)
        found = list(dict.fromkeys((*session.warnings, *general, *told_once(problems))))
        warnings = told_once(worth)
        output.data = {"warnings": warnings, "problems": found}
        if not as_json:
            for line in (*found, *(f"warning: {sentence}" for sentence in warnings)):
                print(line)
            if not found:
                print(f"{script} is fine")
    if found:
        raise typer.Exit(PROBLEMS)


ByFrame = dict[int, list[str]]


def _look(session: "Session", targets: list[str], frames: list[int]) -> tuple[list[str], ByFrame, ByFrame]:
    """What would stop the render: of the script, and by frame; and what would not, but somebody should know."""
    from ..context import Tier
    from ..doubting import doubts_at
    from ..evaluate.warned import all_warnings

    general: list[str] = []
    if not targets:
        general.append("the script has no Write node that is not disabled, so nothing would be rendered")
    if not frames:
        general.append(f"the frame range {session.project.frames[0]}-{session.project.frames[1]} is empty")
    problems: ByFrame = {}
    warnings: ByFrame = {}
    files: dict[str, str] = {}
    for frame in frames:
        found, worth = problems.setdefault(frame, []), warnings.setdefault(frame, [])
        for target in targets:
            vertices = session.evaluator.survey(session.graph, session.project, [target], float(frame), 1.0, Tier.FINAL)
            found += (str(vertex.error) for vertex in vertices.values() if vertex.error is not None)
            worth += all_warnings(vertices, (target, float(frame)))
            found += _of_target(vertices[target, float(frame)], files, vertices)
    if frames:
        warnings[frames[0]] += doubts_at(session, targets, float(frames[0]))
    return general, problems, warnings


def _of_target(vertex: "Vertex", files: dict[str, str], vertices: "Mapping[VertexId, Vertex]") -> Iterable[str]:
    """What is wrong with what a Write node would write, and where."""
    from ..errors import RimlightError
    from ..image import ImageInfo
    from ..io.atomic import check_place
    from ..targets import Sink, check_target

    if vertex.error is not None or not isinstance(vertex.node, Sink) or vertex.node.disable or vertex.ctx is None:
        return
    node, here = vertex.id[0], f"{vertex.id[0]} at frame {vertex.id[1]:g}"
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
