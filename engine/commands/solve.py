"""`rimlight solve`: let a node find parameters of its own in its inputs, and save them in the script."""

from pathlib import Path
from typing import Annotated

import typer

from .options import check_script_name, open_for_work, read_frames
from .output import Output
from .stopping import stoppable


def solve(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    node: Annotated[str, typer.Argument(help="A node that solves something, `FaceFit1` or `Group1.FaceFit1`.")],
    what: Annotated[str, typer.Argument(help="What it is to find, e.g. `guess` or `refine` of a FaceFit.")],
    frames: Annotated[
        str,
        typer.Option(
            "--frames", "-f", help="E.g. 1001-1050, which makes keys; default the first, all for what follows a shot."
        ),
    ] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", help="Set a parameter, Node.param=value.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to save, default the script.")] = None,
    device: Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:0.")] = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON on standard output.")] = False,
) -> None:
    """Let a node find parameters of its own in its inputs, such as FaceFit the form of a face.

    What is found becomes values or, over several frames, keys, which are saved in the script with what --set changed.
    """
    with Output(as_json) as out:
        if output is not None:
            check_script_name(output)
        read_frames(frames)
        session = open_for_work(script, device, set_ or [])
        with stoppable() as token:
            done = session.solve(node.replace(".", "/"), what, frames, token=token)
        target = session.save(output)
        out.data = {"node": node, "solved": what, "frames": list(done), "script": str(target)}
        if not as_json:
            print(f"{node}: {what} over {len(done)} frame{'' if len(done) == 1 else 's'}")
            print(f"saved {target}")
