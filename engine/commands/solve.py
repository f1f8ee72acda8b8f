"""`rimlight solve`: let a node find parameters of its own in its inputs, and save them in the script."""

from typing import Annotated

import typer

from .options import AsJson, Device, Output_, Script, Values, check_script_name, open_for_work, read_frames
from .output import Output
from .stopping import stoppable


def solve(
    script: Script,
    node: Annotated[
        str, typer.Argument(metavar="NODE", help="A node that solves something, `FaceFit1` or `Group1.FaceFit1`.")
    ],
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="What it is to find, e.g. `guess` or `refine` of a FaceFit.")
    ],
    frames: Annotated[
        str,
        typer.Option(
            "--frames",
            "-f",
            metavar="RANGE",
            help="E.g. 1001-1050, which makes keys; default the first, all for what follows a shot.",
        ),
    ] = "",
    set_: Values = None,
    output: Output_ = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Let a node find parameters of its own in its inputs.

    FaceFit finds the form of a face, for example. What is found becomes values or, over several frames, keys, which are
    saved in the script with what --set changed.
    """
    with Output(as_json) as out:
        if output is not None:
            check_script_name(output)
        read_frames(frames)
        session = open_for_work(script, device, set_)
        with stoppable() as token:
            done = session.solve(node.replace(".", "/"), what, frames, token=token)
        target = session.save(output)
        out.data = {"node": node, "solved": what, "frames": list(done), "script": str(target)}
        if not as_json:
            print(f"{node}: {what} over {len(done)} frame{'' if len(done) == 1 else 's'}")
            print(f"saved {target}")
