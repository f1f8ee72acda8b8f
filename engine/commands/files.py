"""`rimlight files`: what a render of a script would read and write."""

import sys
from typing import Annotated

import typer

from .options import Frames, Quiet, Script, Values, Writes, open_for_work, read_frames, read_nodes
from .output import PROBLEMS, Output
from .progress import Looking


def files(
    script: Script,
    nodes: Writes = None,
    frames: Frames = "",
    set_: Values = None,
    written: Annotated[bool, typer.Option("--written", help="List what would be written instead.")] = False,
    null: Annotated[
        bool,
        typer.Option("--null", "-0", help="End names with NUL instead of a new line, for xargs -0 and tar --null."),
    ] = False,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Both, with the nodes that use them, as JSON.")] = False,
) -> None:
    """List the files that a render would read or write, one a line.

    Nothing is computed. What Rimlight brings itself is left out. Exit code 1 when some files cannot be told, as those
    of a missing plate, which is said on standard error.
    """
    from ..render.files import files_used

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_for_work(script, "cpu", set_)
        chosen = read_nodes(session, nodes)
        wanted = session.project.frame_range if numbers is None else numbers
        with Looking("listing", len(wanted), quiet=as_json or quiet) as looking:
            found = files_used(session, chosen, wanted, looking)
        output.data = {
            "read": {file: list(by) for file, by in found.read.items()},
            "written": {file: list(by) for file, by in found.written.items()},
            "problems": list(found.problems),
        }
        if not as_json:
            for file in found.written if written else found.read:
                print(file, end="\0" if null else "\n")
        for problem in found.problems:
            print(f"rimlight: {problem}", file=sys.stderr)
    if found.problems:
        raise typer.Exit(PROBLEMS)
