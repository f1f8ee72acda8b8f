"""`rimlight check`: whether a script would render."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import open_session, read_frames
from .output import Output

if TYPE_CHECKING:
    from ..evaluate.survey import Vertex
    from ..session import Session

PROBLEMS = 1


def check(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    frames: Annotated[str, typer.Option("--frames", "-f", help="Frames to check, default the script's range.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look for missing nodes, files, layers and wrong values without computing pixels. Exit code 1 for any problem."""
    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_session(script)
        if numbers is None:
            first, last = session.project.frames
            numbers = list(range(first, last + 1))
        found = list(dict.fromkeys(_problems(session, numbers)))
        output.data = {"warnings": list(session.warnings), "problems": found}
        if not as_json:
            for problem in (*session.warnings, *found):
                print(problem)
            if not found and not session.warnings:
                print(f"{script} is fine")
    if found or session.warnings:
        raise typer.Exit(PROBLEMS)


def _problems(session: "Session", frames: list[int]) -> Iterable[str]:
    from ..context import Tier
    from ..render import sinks

    targets = sinks(session)
    if not targets:
        yield "the script has no Write node that is not disabled, so nothing would be rendered"
    if not frames:
        yield f"the frame range {session.project.frames[0]}-{session.project.frames[1]} is empty"
    files: dict[str, str] = {}
    for frame in frames:
        for target in targets:
            vertices = session.evaluator.survey(session.graph, session.project, [target], float(frame), 1.0, Tier.FINAL)
            for vertex in vertices.values():
                yield from _of_node(vertex)
            yield from _of_target(vertices[target, float(frame)], files)


def _of_node(vertex: "Vertex") -> Iterable[str]:
    if vertex.error is not None:
        yield str(vertex.error)
    elif vertex.node is not None and vertex.ctx is not None:
        yield from (f"{vertex.id[0]}: {sentence}" for sentence in vertex.node.warnings(vertex.ctx))


def _of_target(vertex: "Vertex", files: dict[str, str]) -> Iterable[str]:
    """What is wrong with what a Write node would write, and where."""
    from ..errors import RimlightError
    from ..image import ImageInfo
    from ..render import Sink

    if vertex.error is not None or not isinstance(vertex.node, Sink) or vertex.node.disable or vertex.ctx is None:
        return
    node, here = vertex.id[0], f"{vertex.id[0]} at frame {vertex.id[1]:g}"
    try:
        file = vertex.node.target(vertex.ctx)
        if isinstance(vertex.info, ImageInfo):
            vertex.node.wanted(vertex.info)
    except RimlightError as error:
        yield f"{node}: {error}"
        return
    other = files.setdefault(file, here)
    if other != here:
        yield f"{here}: {file} would replace that of {other}"
