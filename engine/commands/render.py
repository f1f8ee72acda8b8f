"""`rimlight render`: render Write nodes of a script over a frame range."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..context import Tier
from ..errors import RimlightError
from ..render import FrameResult, Report, sinks
from ..render import render as run_render
from ..session import Session
from ..settings import Settings
from ..watchdog import Watchdog
from .options import apply_settings, read_frames
from .progress import Progress

SOME_FRAMES_FAILED = 3


def render(
    script: Annotated[Path, typer.Argument(help="The script, a .rim file.")],
    nodes: Annotated[list[str] | None, typer.Option("--nodes", "-n", help="Write nodes, default all.")] = None,
    frames: Annotated[str, typer.Option("--frames", "-f", help="Frames, e.g. 1-10x2,20; default the script's range.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", "-s", help="Set a parameter, Node.param=value.")] = None,
    device: Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:0.")] = "cpu",
    tier: Annotated[Tier, typer.Option(help="Quality; Write refuses drafts unless it allows them.")] = Tier.FINAL,
    proxy: Annotated[int, typer.Option(min=1, max=32, help="Render at 1/N of the size.")] = 1,
    continue_on_error: Annotated[bool, typer.Option("--continue-on-error", help="Go on after a frame that fails.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a report as JSON on standard output.")] = False,
    stall: Annotated[float, typer.Option(min=0, help="Give up after so many seconds without progress; 0 never.")] = 600.0,
    check_keys: Annotated[bool, typer.Option("--check-keys", help="Evaluate everything twice and compare.")] = False,
) -> None:
    """Render the Write nodes of a script.

    Exit code 0 when every frame is written, 1 when the render stopped, 2 for wrong arguments, 3 when some frames failed
    (--continue-on-error), all of them listed.
    """
    numbers = read_frames(frames)
    session = Session.open(script, Settings.from_environment(device))
    for warning in session.warnings:
        print(f"rimlight: warning: {warning}", file=sys.stderr)
    apply_settings(session, set_ or [])
    chosen = [name for given in nodes or [] for name in given.split(",")] or sinks(session)
    count = len(numbers) if numbers is not None else session.project.frames[1] - session.project.frames[0] + 1
    if check_keys:
        _check_keys(session, chosen, numbers)
    report = Report()
    with Progress(count * len(chosen), quiet=as_json) as progress, Watchdog(stall) as watchdog:

        def done(result: FrameResult) -> None:
            report.results.append(result)
            progress.frame(result)
            watchdog.feed(f"{result.node} frame {result.frame:g}")

        def watch(event: Any) -> None:
            watchdog.feed(f"{event.path} frame {event.frame:g}")
            progress.node(event)

        try:
            report = run_render(
                session, chosen, frames, scale=1 / proxy, tier=tier, continue_on_error=continue_on_error, watch=watch,
                done=done,
            )  # fmt: skip
        except RimlightError as error:
            if as_json:
                print(json.dumps(report.to_data() | {"error": str(error)}, indent=2))
            raise
    if as_json:
        print(json.dumps(report.to_data(), indent=2))
    else:
        progress.summary(report)
    if report.failed:
        raise typer.Exit(SOME_FRAMES_FAILED)


def _check_keys(session: Session, nodes: list[str], frames: list[int] | None) -> None:
    from ..evaluate.verify import verify_keys

    wanted = frames if frames is not None else range(session.project.frames[0], session.project.frames[1] + 1)
    for node in nodes:
        for sentence in verify_keys(session.graph, session.project, session.services, node, [float(f) for f in wanted]):
            raise RimlightError(sentence)
