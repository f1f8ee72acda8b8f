"""Evaluates frames before they are shown, so that playback finds them in the cache."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from rimlight.engine import ImageInfo

from ..evaluating import VIEWER, Result
from ..sharpening import Quality
from ..workspace import Workspace

LANES = 2
"""Frames under way at once: while one reads its files the other computes."""


@dataclass(frozen=True)
class Shown:
    """What a viewer shows and how, as far as that decides what is evaluated. key : equal where it is the same."""

    nodes: tuple[str, ...] = ()
    scale: float = 1.0
    choose: Callable[[ImageInfo], tuple[str, ...]] | None = None
    key: object = None


class LookAhead(QObject):
    """Frames of what is shown, evaluated in the order in which they are wanted.

    budget : bytes that frames which were not shown yet may take. ready_changed : a frame is there. failed : a sentence,
    of a frame that cannot be evaluated; it counts as ready, as the viewer will say why.
    """

    ready_changed = Signal(float)
    failed = Signal(str)

    def __init__(self, workspace: Workspace, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.budget = budget
        self._workspace = workspace
        self._shown = Shown()
        self._sizes: dict[float, int] = {}
        self._wanted: list[float] = []
        self._under_way: dict[int, float] = {}
        self._left: dict[float, list[str]] = {}

    @property
    def frames(self) -> frozenset[float]:
        """The frames that are ready."""
        return frozenset(self._sizes)

    def ready(self, frame: float) -> bool:
        return frame in self._sizes

    @property
    def full(self) -> bool:
        """Whether no more frames are fetched until some are shown: they are all there, or take all of the budget."""
        return not self._under_way and (not self._wanted or self._ahead_bytes() >= self.budget)

    def forget(self, shown: Shown) -> None:
        """Something else is shown, or the script is another: nothing is ready."""
        self._shown = shown
        self._sizes.clear()
        self.stop()

    def stop(self) -> None:
        """Evaluate nothing any more; what is ready stays."""
        for lane in list(self._under_way):
            self._workspace.evaluations.cancel(self, f"ahead{lane}")
        self._under_way.clear()
        self._wanted = []

    def want(self, frames: Iterable[float]) -> None:
        """Evaluate these frames in this order; those under way go on if they are among them."""
        self._wanted = list(frames)
        self._start()

    def _ahead_bytes(self) -> int:
        """What the next frames take up to the first that is not there."""
        total = 0
        for frame in self._wanted:
            if frame not in self._sizes:
                break
            total += self._sizes[frame]
        return total

    def _start(self) -> None:
        if not self._shown.nodes:
            return
        spent = 0
        for frame in self._wanted:
            if frame in self._sizes:
                spent += self._sizes[frame]
                continue
            if spent >= self.budget or len(self._under_way) >= LANES:
                return
            if frame not in self._under_way.values():
                self._evaluate(frame)
            spent += self._typical()

    def _typical(self) -> int:
        return max(self._sizes.values(), default=0)

    def _evaluate(self, frame: float) -> None:
        lane = next(n for n in range(LANES) if n not in self._under_way)
        self._under_way[lane] = frame
        self._left[frame] = list(self._shown.nodes)
        self._next_node(lane, frame, 0)

    def _next_node(self, lane: int, frame: float, size: int) -> None:
        node = self._left[frame].pop(0)
        self._workspace.evaluations.request(
            self,
            node,
            frame,
            partial(self._got, lane, frame, size),
            partial(self._failed, lane, frame),
            channel=f"ahead{lane}",
            layers=self._shown.choose,
            steps=(Quality(self._shown.scale),),
            urgency=VIEWER,
        )

    def _got(self, lane: int, frame: float, size: int, result: Result) -> None:
        size += int(getattr(result.value, "nbytes", 0))
        if self._left[frame]:
            self._next_node(lane, frame, size)
        else:
            self._done(lane, frame, size)

    def _failed(self, lane: int, frame: float, error: Exception) -> None:
        self.failed.emit(str(error))
        self._done(lane, frame, 0)

    def _done(self, lane: int, frame: float, size: int) -> None:
        self._under_way.pop(lane, None)
        self._left.pop(frame, None)
        self._sizes[frame] = size
        self._drop_shown()
        self.ready_changed.emit(frame)
        self._start()

    def _drop_shown(self) -> None:
        """Forget frames that were shown long ago once all together are more than the cache can be trusted to hold."""
        total = sum(self._sizes.values())
        ahead = set(self._wanted)
        for frame in [f for f in self._sizes if f not in ahead]:
            if total <= 2 * self.budget:
                return
            total -= self._sizes.pop(frame)
