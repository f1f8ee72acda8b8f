"""`rimlight check`: whether a script would render."""

import typer

from .options import (
    AsJson,
    Frames,
    Quiet,
    Script,
    Values,
    Writes,
    apply_settings,
    open_session,
    read_frames,
    read_nodes,
)
from .output import PROBLEMS, Output
from .progress import Looking


def check(
    script: Script,
    nodes: Writes = None,
    frames: Frames = "",
    set_: Values = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Look for what would stop a render, without computing pictures.

    That is missing nodes, files and layers, wrong values and folders that may not be written; normals and positions of
    the first frame are looked at, small. With the options of a render it is about that render. Warnings, such as a
    frame that stands in for a missing one, stop nothing. What is wrong in the same way at many frames is told once,
    with these frames.

    Exit code 1 for any problem.
    """
    from ..render.checks import check as check_script

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_session(script)
        apply_settings(session, set_)
        chosen = read_nodes(session, nodes) if nodes else ()
        wanted = session.project.frame_range if numbers is None else numbers
        with Looking("checking", len(wanted), quiet=as_json or quiet) as looking:
            found = check_script(session, chosen, wanted, looking)
        output.data = {"warnings": list(found.warnings), "problems": list(found.problems)}
        if not as_json:
            for line in (*found.problems, *(f"warning: {sentence}" for sentence in found.warnings)):
                print(line)
            if not found.problems and not quiet:
                print(f"{script} is fine")
    if found.problems:
        raise typer.Exit(PROBLEMS)
