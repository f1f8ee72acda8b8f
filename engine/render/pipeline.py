"""Frames in a row: while one is computed the one before it is written and the files of the next one are read.

What waits is counted as memory of the cache. Results come in the order of the frames, and an error belongs to the frame
that it happened in.
"""

import gc
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..allocator import trim
from ..cancel import CancelToken
from ..errors import NodeError
from ..evaluate.evaluator import Request
from ..evaluate.keeping import Keeping
from .report import FrameResult
from .targets import feeds_back
from .work import Job, Vertices, Work

if TYPE_CHECKING:
    from ..session import Session


class Pipeline:
    """One render's threads: the caller's computes, one reads, one writes. A context manager, for one thread.

    token : the caller's. go_on : after a frame that failed; otherwise what is at work stops when a frame before it
    could not be written. ended : called with every frame, in order, by the thread that ends it.

    Attributes: `token`, to compute with; `keeping`, see there.
    """

    def __init__(
        self,
        session: "Session",
        work: Work,
        token: CancelToken,
        keeping: Keeping,
        go_on: bool,
        ended: Callable[[FrameResult], None],
    ) -> None:
        self.token = _Either(token)
        self.keeping = keeping
        self._evaluator = session.evaluator
        self._work = work
        self._go_on = go_on
        self._ended = ended
        self._reader = ThreadPoolExecutor(1, "rimlight-read")
        self._writer = ThreadPoolExecutor(1, "rimlight-write")
        self._reading = CancelToken()
        self._writing: tuple[str, Future[NodeError | None]] | None = None
        self._last = time.perf_counter()

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._reading.cancel()
        self._reader.shutdown(wait=False, cancel_futures=True)
        try:
            if kind is None or not issubclass(kind, KeyboardInterrupt):  # who stops at once waits for nobody
                self.wait()
        finally:
            self._writer.shutdown(wait=False)
            self.keeping.close()

    def read_ahead(self, vertices: Vertices, request: Request, before: FrameResult) -> None:
        """Begin to read the files of the frame after `before`, unless they may be what is written until then."""
        if not feeds_back(before.path, vertices) and not self.is_fed(vertices):
            arguments = (vertices, request, self.keeping, self._reading, self._work.observe)
            self._reader.submit(self._evaluator.read_ahead, *arguments)

    def is_fed(self, vertices: Vertices) -> bool:
        """Whether a frame may be made of what is being written."""
        return self._writing is not None and feeds_back(self._writing[0], vertices)

    def write(self, job: Job, made: Any) -> NodeError | None:
        """Write a frame while the next one is computed; at once where memory has no room for what waits. Returns the
        error of a frame before it, or its own, when that is known by now and the render is not to go on. Raises
        Cancelled.
        """
        failed = self.wait()
        if failed is not None:
            return failed
        self.token.check()
        size = made.nbytes if job.pictures else 0
        if not size or not self._evaluator.cache.reserve(size):
            return self._stops(self._written(job, made))

        def action() -> NodeError | None:
            try:
                failed = self._written(job, made)
            finally:
                self._evaluator.cache.release(size)
            if self._stops(failed):
                self.token.cancel()
            return failed

        self._writing = (job.result.path, self._writer.submit(action))
        return None

    def make_room(self, vertices: Vertices) -> NodeError | None:
        """A frame ran out of memory: let go of all that waits beside it, so that it can be tried again. Returns the
        error as `write` does.
        """
        failed = self.wait()
        self.keeping.expect(vertices.values(), ())
        self._evaluator.cache.clear()
        self._evaluator.forget_errors()
        gc.collect()
        trim()
        return failed

    def wait(self) -> NodeError | None:
        """Wait until all is written that was given to be; returns the error as `write` does."""
        if self._writing is None:
            return None
        _, future = self._writing
        failed = future.result()
        self._writing = None
        return self._stops(failed)

    def end(self, result: FrameResult, failed: NodeError | None = None) -> NodeError | None:
        """Report a frame that is skipped or failed, after all frames before it. Returns the error as `write` does."""
        earlier = self.wait()
        if earlier is not None:
            return earlier
        self._tell(result)
        return self._stops(failed)

    def _stops(self, failed: NodeError | None) -> NodeError | None:
        return None if self._go_on else failed

    def _written(self, job: Job, made: Any) -> NodeError | None:
        _, failed = self._work.attempted(job.result, lambda: self._work.write(job, made))
        self._tell(job.result)
        return failed

    def _tell(self, result: FrameResult) -> None:
        now = time.perf_counter()
        result.seconds, self._last = now - self._last, now
        self._ended(result)


class _Either(CancelToken):
    """A token that is cancelled when itself or another one is."""

    __slots__ = ("_other",)

    def __init__(self, other: CancelToken) -> None:
        super().__init__()
        self._other = other

    @property
    def cancelled(self) -> bool:
        return self._cancelled or self._other.cancelled

    def check(self) -> None:
        super().check()
        self._other.check()
