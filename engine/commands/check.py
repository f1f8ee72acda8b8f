"""`rimlight check`: whether a script would render."""

from pathlib import Path
from typing import Annotated

import typer

from .options import apply_settings, open_session, read_frames, read_nodes
from .output import Output
from .progress import Looking

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
    from ..render.checks import check as check_script

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_session(script)
        apply_settings(session, set_ or [])
        chosen = read_nodes(session, nodes) if nodes else ()
        wanted = session.project.frame_range if numbers is None else numbers
        with Looking("checking", len(wanted), quiet=as_json) as looking:
            found = check_script(session, chosen, wanted, looking)
        output.data = {"warnings": list(found.warnings), "problems": list(found.problems)}
        if not as_json:
            for line in (*found.problems, *(f"warning: {sentence}" for sentence in found.warnings)):
                print(line)
            if not found.problems:
                print(f"{script} is fine")
    if found.problems:
        raise typer.Exit(PROBLEMS)
