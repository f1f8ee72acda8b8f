"""The queue of renders: one after the other in a thread of their own, each of the script as it was when queued."""

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal

from rimlight.engine import (
    Cancelled,
    CancelToken,
    FrameResult,
    History,
    NodeEvent,
    Project,
    RimlightError,
    Session,
    sinks,
    wanted_frames,
)

from ..workers import Courier, Workers
from ..workspace import Workspace
from .still import stands_still


class State(StrEnum):
    """How far a render has come."""

    WAITING = "waiting"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Job:
    """A render. nodes : paths of Write nodes. frames : `1-10x2,20`; empty those of the project, or, found out
    when it begins, the one frame of a still where the project's were never set. total : files it is to write.
    now : what it does at the moment, in words. error : why it ended early. still : it writes one frame of many, which
    are all the same.
    """

    number: int
    nodes: tuple[str, ...]
    frames: str
    total: int
    go_on: bool
    session: Session
    state: State = State.WAITING
    results: list[FrameResult] = field(default_factory=list)
    now: str = ""
    error: str = ""
    still: bool = False
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def failed(self) -> list[FrameResult]:
        return [result for result in self.results if not result.ok]

    @property
    def ended(self) -> bool:
        return self.state in (State.DONE, State.FAILED, State.CANCELLED)

    @property
    def seconds(self) -> float:
        """Of all frames so far."""
        return sum(result.seconds for result in self.results)

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take, going by the frames so far; None before the first."""
        if not self.results or self.ended:
            return None
        return self.seconds / len(self.results) * (self.total - len(self.results))

    @property
    def folder(self) -> str:
        """Where its last file is."""
        return next((os.path.dirname(r.path) for r in reversed(self.results) if r.ok and r.path), "")


class RenderQueue(QObject):
    """Renders of one workspace. changed : a Job whose state is another. added, removed : a Job.

    Results come without a signal: a plate that is missing fails a thousand frames a second.
    """

    changed = Signal(object)
    added = Signal(object)
    removed = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[Job] = []
        self._workspace = workspace
        self._courier = Courier(self)
        self._workers: Workers | None = None
        self._number = 0

    def add(self, nodes: Sequence[str], frames: str, go_on: bool) -> Job:
        """Queue a render of the script as it is. go_on : after a frame that fails.

        Raises RimlightError where there is nothing to render or the frames cannot be read.
        """
        session = snapshot(self._workspace.session)
        there = sinks(session)
        chosen = tuple(nodes) or tuple(there)
        missing = [node for node in chosen if node not in there]
        if missing or not chosen:
            what = f"{missing[0]} writes no files" if missing else "the script has no Write node that is not disabled"
            raise RimlightError(f"{what}, so there is nothing to render")
        total = len(wanted_frames(session, frames)) * len(chosen)
        self._number += 1
        job = Job(self._number, chosen, frames, total, go_on, session)
        self.jobs.append(job)
        self.added.emit(job)
        self._thread().submit(partial(_render, job, self._courier.post, self._tell))
        return job

    def cancel(self, job: Job) -> None:
        """Stop a render after the step at hand; files that are written stay."""
        job.token.cancel()
        if job.state is State.WAITING:
            job.state = State.CANCELLED
            self.changed.emit(job)

    def clear(self) -> None:
        """Forget the renders that have ended."""
        for job in [job for job in self.jobs if job.ended]:
            self.jobs.remove(job)
            self.removed.emit(job)

    @property
    def busy(self) -> bool:
        return any(not job.ended for job in self.jobs)

    def _tell(self, job: Job, change: Callable[[Job], object]) -> None:
        """Of a render: in the GUI thread, where alone jobs change."""
        change(job)
        self.changed.emit(job)

    def _thread(self) -> Workers:
        if self._workers is None:
            self._workers = Workers(1, "rimlight-render")
            self.destroyed.connect(partial(_close, self._workers, self.jobs))
        return self._workers


def _close(workers: Workers, jobs: list[Job], *_: object) -> None:
    """The queue is gone: stop what is rendered, and end the thread."""
    for job in jobs:
        job.token.cancel()
    workers.close()


def snapshot(session: Session) -> Session:
    """A session on the script as it is now, which later edits leave alone; cache and device are shared."""
    made = copy.copy(session)
    made.history = History(session.document)
    return made


def _as_still(frames: str, job: Job) -> None:
    job.frames, job.total, job.still = frames, len(job.nodes), True


def _render(job: Job, post: Callable[[Callable[[], object]], None], tell: Callable[..., None]) -> None:
    """In the thread: what happens to the job is posted, and done in the GUI thread."""

    def said(state: State, error: str = "") -> None:
        def change(job: Job) -> None:
            job.state, job.error, job.now = state, error, ""

        post(partial(tell, job, change))

    def done(result: FrameResult) -> None:
        post(partial(job.results.append, result))

    def watch(event: NodeEvent) -> None:
        if event.state == "start":
            job.now = f"frame {event.frame:.12g}, {event.path}"  # words for a tip, which may be old

    if job.token.cancelled:
        return
    said(State.RENDERING)
    try:
        frames = job.frames
        if not frames and job.session.project.frames == Project.frames and stands_still(job.session, job.nodes):
            frames = str(Project.frames[0])
            post(partial(tell, job, partial(_as_still, frames)))
        report = job.session.render(
            job.nodes, frames, continue_on_error=job.go_on, keep=True, token=job.token, watch=watch, done=done
        )
    except Cancelled:
        said(State.CANCELLED)
    except RimlightError as error:
        said(State.FAILED, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001  it becomes a sentence of the job
        said(State.FAILED, f"unexpected {type(error).__name__}: {error}")
    else:
        said(State.FAILED if report.failed else State.DONE)
