"""`rimlight render`: render Write nodes of a script over a frame range."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import RimlightError
from . import options
from .options import (
    AsJson,
    Device,
    Frames,
    Proxy,
    Quiet,
    Script,
    Values,
    Writes,
    open_for_work,
    read_frames,
    read_nodes,
    read_tier,
)
from .output import SOME_FAILED, Output, fail_now
from .progress import Progress
from .stopping import stoppable
from .threads import check_threads

if TYPE_CHECKING:
    from ..cancel import CancelToken
    from ..evaluate.events import NodeEvent, Watch
    from ..render.report import FrameResult
    from ..session import Session


def render(
    script: Script,
    nodes: Writes = None,
    frames: Frames = "",
    set_: Values = None,
    device: Device = "cpu",
    tier: Annotated[
        str, typer.Option(metavar="TIER", help="draft, student or final; Write refuses drafts unless allowed.")
    ] = "final",
    proxy: Proxy = 1,
    continue_on_error: Annotated[bool, typer.Option("--continue-on-error", help="Go on after a failed frame.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Leave frames alone that are there and up to date.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    stall: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Give up after so long without progress; 0 never.")
    ] = 600,
    strict: Annotated[bool, typer.Option("--strict", help="Render nothing of a script that has warnings.")] = False,
    check_keys: Annotated[
        bool, typer.Option("--check-keys", help="First evaluate everything twice, cold and shuffled, and compare.")
    ] = False,
) -> None:
    """Render the Write nodes of a script.

    Exit code 0 when every frame is written, 1 when the render stopped, 2 for wrong arguments, 3 when some frames failed
    (--continue-on-error), all of them listed.
    """
    with Output(as_json) as output:
        check_threads()
        from ..render.render import render as run_render
        from ..render.render import wanted_frames
        from ..render.report import Report
        from ..render.watchdog import Watchdog

        report, warnings = Report(), list[str]()

        def tell() -> None:
            output.data = report.to_data() | {"warnings": warnings, "error": ""}

        def stalled(sentence: str) -> None:
            tell()
            fail_now(sentence)

        with Watchdog(stall and max(stall, options.PATIENT_START), stalled, options.START):
            quality, numbers = read_tier(tier), read_frames(frames)
            session = open_for_work(script, device, set_, watched=True)
            warnings += session.warnings
            if strict and warnings:
                tell()
                more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
                raise RimlightError(f"nothing is rendered, as --strict wants all of {script} used: {warnings[0]}{more}")
            chosen = read_nodes(session, nodes)
            wanted = numbers if numbers is not None else wanted_frames(session, "")
        progress = Progress(len(wanted) * len(chosen), silent=as_json, quiet=quiet)
        first = f"the first frame, {wanted[0]}"
        with stoppable() as token, Watchdog(stall, stalled, first) as watchdog, progress:

            def done(result: "FrameResult") -> None:
                progress.frame(result)
                watchdog.feed(f"{result.node} frame {result.frame:.12g}", done=True)

            def watch(event: "NodeEvent") -> None:
                watchdog.feed(f"{event.path} frame {event.frame:.12g}", done=event.state in ("done", "error"))
                progress.node(event)

            try:
                if check_keys:
                    _check_keys(session, chosen, [float(f) for f in wanted], token, watch)
                run_render(
                    session, chosen, frames, scale=1 / proxy, tier=quality, continue_on_error=continue_on_error,
                    resume=resume, token=token, watch=watch, done=done, report=report,
                )  # fmt: skip
            finally:
                tell()
        progress.summary(report)
    if report.failed:
        raise typer.Exit(SOME_FAILED)


def _check_keys(
    session: "Session", nodes: list[str], frames: list[float], token: "CancelToken", watch: "Watch"
) -> None:
    from ..evaluate.verify import verify_keys

    for node in nodes:
        found = verify_keys(session.graph, session.project, session.services, node, frames, token=token, watch=watch)
        if found:
            raise RimlightError("; ".join(found))
