"""`rimlight track`: let the tracks of a node follow the picture, and save their keys in the script."""

import sys
from typing import Annotated

import typer

from .options import AsJson, Device, Frames, Output_, Script, Values, check_script_name, open_for_work, read_frames
from .output import SOME_FAILED, Output
from .stopping import stoppable


def track(
    script: Script,
    node: Annotated[str, typer.Argument(metavar="NODE", help="A node with tracks, `Tracker1` or `Group1.Tracker1`.")],
    frames: Frames = "",
    start: Annotated[
        float | None,
        typer.Option("--start", metavar="FRAME", help="Where the tracks are in place; default their first key."),
    ] = None,
    tracks: Annotated[
        str, typer.Option("--tracks", "-t", metavar="A,B", help="E.g. track1,track2; default those that count.")
    ] = "",
    set_: Values = None,
    output: Output_ = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Let the tracks of a node follow the picture at its input.

    They follow it forwards and backwards from a frame. What is found becomes keys, which are saved in the script with
    what --set changed. Exit code 3 when a track was lost on the way: its keys up to there are saved.
    """
    with Output(as_json) as out:
        if output is not None:
            check_script_name(output)
        read_frames(frames)
        session = open_for_work(script, device, set_)
        names = [name.strip() for name in tracks.split(",") if name.strip()]
        with stoppable() as token:
            report = session.track(node.replace(".", "/"), frames, tracks=names, start=start, token=token)
        target = session.save(output)
        out.data = report.to_data() | {"script": str(target)}
        if not as_json:
            for trail in report.trails:
                first, last = min(trail.places), max(trail.places)
                worst = max(trail.errors.values(), default=0.0)
                print(f"{trail.track}: frames {first:.12g} to {last:.12g}, largest error {worst:.3f}")
            for sentence in report.warnings:
                print(f"rimlight: warning: {sentence}", file=sys.stderr)
            for sentence in report.lost:
                print(f"rimlight: {sentence}", file=sys.stderr)
            print(f"saved {target}")
    if report.lost:
        raise typer.Exit(SOME_FAILED)
