"""`rimlight check`: whether a script would render."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    """Look for missing nodes, files, layers and wrong values without computing pixels. Exit code 1 for any problem.

    With the options of the render it is about that render. Warnings, such as a frame that stands in for a missing one,
    are told and stop nothing.
    """
    from ..render import sinks

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_session(script)
        apply_settings(session, set_ or [])
        targets = read_nodes(session, nodes) if nodes else sinks(session)
        if numbers is None:
            first, last = session.project.frames
            numbers = list(range(first, last + 1))
        worth: dict[str, None] = {}
        found = list(dict.fromkeys((*session.warnings, *_problems(session, targets, numbers, worth))))
        output.data = {"warnings": list(worth), "problems": found}
        if not as_json:
            for line in (*found, *(f"warning: {sentence}" for sentence in worth)):
                print(line)
            if not found:
                print(f"{script} is fine")
    if found:
        raise typer.Exit(PROBLEMS)


def _problems(session: "Session", targets: list[str], frames: list[int], warnings: dict[str, None]) -> Iterable[str]:
    """What would stop the render. What would not, but somebody should know, is added to `warnings`."""
    from ..context import Tier
    from ..evaluate.warned import all_warnings

    if not targets:
        yield "the script has no Write node that is not disabled, so nothing would be rendered"
    if not frames:
        yield f"the frame range {session.project.frames[0]}-{session.project.frames[1]} is empty"
    files: dict[str, str] = {}
    for frame in frames:
        for target in targets:
            vertices = session.evaluator.survey(session.graph, session.project, [target], float(frame), 1.0, Tier.FINAL)
            for vertex in vertices.values():
                if vertex.error is not None:
                    yield str(vertex.error)
            warnings.update(dict.fromkeys(all_warnings(vertices, (target, float(frame)))))
            yield from _of_target(vertices[target, float(frame)], files, vertices)


def _of_target(vertex: "Vertex", files: dict[str, str], vertices: "Mapping[VertexId, Vertex]") -> Iterable[str]:
    """What is wrong with what a Write node would write, and where."""
    from ..errors import RimlightError
    from ..image import ImageInfo
    from ..io.atomic import check_place
    from ..render import Sink, check_target

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
