"""Headless rendering: a pure function of script and frame, idempotent and restartable.

Every frame is evaluated and handed to the Write node, which never leaves half a frame. A failed frame is recorded and,
on request, the others go on.
"""

import gc
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ..allocator import trim
from ..cancel import CancelToken
from ..errors import Cancelled, GraphError, NodeError, ran_out
from ..evaluate.events import Watch
from ..io.sequence import parse_frames
from ..tier import Tier
from .pipeline import Pipeline
from .provenance import stands
from .report import FrameResult, Report
from .targets import check_sinks, sinks
from .work import Vertices, Work

if TYPE_CHECKING:
    from ..session import Session

FRAMES_PER_TRIM = 10
"""How often free memory is given back: each time costs some milliseconds of taking it again."""


def render(
    session: "Session",
    nodes: Sequence[str] | None = None,
    frames: str = "",
    *,
    scale: float = 1.0,
    tier: Tier | str = Tier.FINAL,
    continue_on_error: bool = False,
    resume: bool = False,
    keep: bool = False,
    token: CancelToken | None = None,
    watch: Watch | None = None,
    done: Callable[[FrameResult], None] | None = None,
    report: Report | None = None,
) -> Report:
    """Render Write nodes over a frame range.

    nodes : paths, default all Write nodes. frames : `1-10x2,20`, default the project's range. scale : proxy scale.
    continue_on_error : go on after a failure. resume : leave a file alone that says it was made of this script and
    these files; its frame is in the report as skipped. keep : leave all results in the cache, for who will look at
    the frames; otherwise those that no frame asks for again do not get there. done : called after every frame, written
    or failed, in their order. Threads that read and write beside the caller's call `watch` and `done` too.
    report : filled as the render goes, so that it tells what was done also when the render stops.

    Raises GraphError when there is nothing to render, ParameterError for a wrong range, scale or tier, NodeError at the
    first failure unless `continue_on_error`, Cancelled.
    """
    token, report = token or CancelToken(), Report() if report is None else report
    chosen = list(dict.fromkeys(nodes)) if nodes else sinks(session)
    check_sinks(session, chosen)
    session.evaluator.forget_errors()  # what failed the last time may have been put right
    begin = time.perf_counter()

    def ended(result: FrameResult) -> None:
        report.results.append(result)
        if done is not None:
            done(result)

    work = Work(session, scale, Tier.named(tier), report, watch)
    pipeline = Pipeline(session, work, token, session.evaluator.keeping(keep), continue_on_error, ended)
    try:
        with pipeline:
            numbers = wanted_frames(session, frames)
            chosen = work.by_size(chosen, numbers[0])
            for count, frame in enumerate(numbers):
                if count % FRAMES_PER_TRIM == FRAMES_PER_TRIM - 1:
                    trim()
                if count and not keep:
                    gc.collect()  # pictures of the frame before that refer to themselves in a circle
                following = numbers[count + 1] if count + 1 < len(numbers) else None
                for place, node in enumerate(chosen):
                    token.check()
                    coming = [(n, float(frame)) for n in chosen[place + 1 :]]
                    coming += [(n, float(following)) for n in chosen if following is not None]
                    failed = _frame(work, pipeline, FrameResult(node, float(frame)), coming, token, resume)
                    if failed is not None:
                        raise failed
            failed = pipeline.wait()
            if failed is not None:
                raise failed
    finally:
        report.seconds = time.perf_counter() - begin
    return report


def _frame(
    work: Work,
    pipeline: Pipeline,
    result: FrameResult,
    coming: Sequence[tuple[str, float]],
    token: CancelToken,
    resume: bool,
) -> NodeError | None:
    """Make a frame and give it to be written; returns the error that ends the render. coming : what comes after it."""
    vertices = work.survey([result.node], result.frame)
    if pipeline.is_fed(vertices):
        if (failed := pipeline.wait()) is not None:
            return failed
        vertices = work.survey([result.node], result.frame)
    job, failed = work.attempted(result, partial(work.job, result, vertices))
    if failed is not None:
        return pipeline.end(result, failed)
    if job is None:
        return None
    if resume and job.pictures and stands(result.path, job.stamp):
        result.skipped, result.warnings = True, list(job.told)
        work.tidy(result.path)
        return pipeline.end(result)
    _look_ahead(work, pipeline, result, vertices, coming)
    try:
        made, failed = work.attempted(result, partial(work.made, job, pipeline.keeping, pipeline.token))
        if failed is not None and ran_out(failed):
            if (earlier := pipeline.make_room(vertices)) is not None:
                return earlier
            result.error = result.culprit = ""
            made, failed = work.attempted(result, partial(work.made, job, pipeline.keeping, pipeline.token))
    except Cancelled:
        if token.cancelled or (earlier := pipeline.wait()) is None:
            raise
        return earlier
    return pipeline.end(result, failed) if failed is not None else pipeline.write(job, made)


def _look_ahead(
    work: Work, pipeline: Pipeline, result: FrameResult, vertices: Vertices, coming: Sequence[tuple[str, float]]
) -> None:
    """Keep the results that coming frames ask for again, and begin to read the files of the next one."""
    later: Vertices = {}
    for frame in dict.fromkeys(frame for _, frame in coming):
        later = {**later, **work.survey([node for node, at in coming if at == frame], frame)}
    pipeline.keeping.expect(vertices.values(), later.values())
    if coming:
        with suppress(Exception):  # what is wrong with it is said when its turn comes
            pipeline.read_ahead(later, work.request(later[coming[0]]), result)


def wanted_frames(session: "Session", frames: str) -> Sequence[int]:
    """The frames of a range, or the project's. Raises ParameterError, or GraphError when the project's is empty."""
    if frames:
        return parse_frames(frames)
    first, last = session.project.frames
    if last < first:
        raise GraphError(f"the script's frame range {first}-{last} is empty; set it, or say which frames to render")
    return session.project.frame_range
