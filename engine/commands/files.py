"""`rimlight files`: what a render of a script would read and write."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import open_for_work, read_frames, read_nodes
from .output import Output
from .progress import Looking

PROBLEMS = 1


def files(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    nodes: Annotated[list[str] | None, typer.Option("--nodes", "-n", help="Write nodes, default all.")] = None,
    frames: Annotated[str, typer.Option("--frames", "-f", help="E.g. 1-10x2,20; default the script's range.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", help="Set a parameter, Node.param=value.")] = None,
    written: Annotated[bool, typer.Option("--written", help="List what would be written instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Both, with the nodes that use them, as JSON.")] = False,
) -> None:
    """List the files that a render would read, one a line, without computing pictures; all that Rimlight does not bring
    itself. Exit code 1 when some cannot be told, as of a missing plate, which are named on standard error.
    """
    from ..render.files import files_used

    with Output(as_json) as output:
        numbers = read_frames(frames)
        session = open_for_work(script, "cpu", set_ or [])
        chosen = read_nodes(session, nodes or [])
        wanted = session.project.frame_range if numbers is None else numbers
        with Looking("listing", len(wanted), quiet=as_json) as looking:
            found = files_used(session, chosen, wanted, looking)
        output.data = {
            "read": {file: list(by) for file, by in found.read.items()},
            "written": {file: list(by) for file, by in found.written.items()},
            "problems": list(found.problems),
        }
        if not as_json:
            for file in found.written if written else found.read:
                print(file)
        for problem in found.problems:
            print(f"rimlight: {problem}", file=sys.stderr)
    if found.problems:
        raise typer.Exit(PROBLEMS)
