"""Running a plan: tasks one after the other, point chains in bands of rows that fit the processor's cache.

Every result goes into the cache, every failure becomes a NodeError bound to its node and frame, and nothing is kept
longer than its last user.
"""

import copy
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from ..cache.memory import TensorCache
from ..cancel import CancelToken
from ..computing import ComputeContext, Work
from ..errors import Cancelled, NodeError, RimlightError
from ..image import Image, ImageInfo, misfit
from ..region import EMPTY, Region
from .answers import bug
from .bands import Bands
from .events import Timed, Watch
from .flights import Flights
from .guard import Sizes, as_asked, check_inputs, own, sizes_of_inputs
from .keeping import Keeping
from .plan import Task
from .shelf import Shelf
from .survey import Vertex, VertexId

log = logging.getLogger(__name__)

T = TypeVar("T")

BAND_BYTES = 2 << 20
"""Size of a band of one layer: two cores' second-level caches on the reference machine."""


class Runner:
    """Runs plans on one device with one cache. Several threads may run plans at the same time."""

    def __init__(self, cache: TensorCache, device: torch.device) -> None:
        self.cache = cache
        self.device = device
        self.shelf = Shelf(cache, device)
        self._flights: Flights[dict[str, Tensor]] = Flights()

    def sparing(self, keeping: Keeping | None) -> "Runner":
        """This runner with the memory of a render, which keeps only what is asked for again; itself without one."""
        if keeping is None:
            return self
        made = copy.copy(self)
        made.shelf = self.shelf.sparing(keeping)
        return made

    def run(self, plan: list[Task], token: CancelToken, watch: Watch | None = None) -> Any:
        """The result of the last task: an Image over its region, or a value. Raises NodeError or Cancelled."""
        results: dict[VertexId, Any] = {}
        waiting = _readers(plan)
        keeping = self.shelf.keeping
        askable: Counter[bytes] | None = None
        for count, task in enumerate(plan, 1):
            token.check()
            read = {s for member in task.members for s in member.read}
            task.last = {source for source in read if waiting.get(source) == {task.id}}
            results[task.id] = self._result(task, results, token, watch)
            for source in read:
                if source in waiting:
                    waiting[source].discard(task.id)
                    if not waiting[source] and source != plan[-1].id:
                        results.pop(source, None)
            if askable is not None:
                askable -= _origins(task)
            elif keeping is not None and keeping.has_parts:
                askable = _origins(*plan[count:])
            if keeping is not None and askable is not None:
                keeping.finished(frozenset(askable))
        return results[plan[-1].id]

    def _result(self, task: Task, results: Mapping[VertexId, Any], token: CancelToken, watch: Watch | None) -> Any:
        info = task.vertex.info
        if not isinstance(info, ImageInfo):
            return task.value if task.has_value else self._value(task, results, token, watch)
        if task.region.is_empty:
            empty = {n: torch.zeros((len(info.layer(n).channels), 0, 0), device=self.device) for n in task.own}
            return Image(info, EMPTY, empty)
        layers: dict[str, Tensor] = {}
        for name, (where, tensor) in task.cached.items():
            rows, columns = where.slices_of(task.region)
            layers[name] = tensor[:, rows, columns]
        task.cached = {}  # it is held as long as somebody waits for the result, not as long as there is a plan
        for name, source in task.passed.items():
            layers[name] = results[source].tensor(name, task.region)
        if task.own:
            layers.update(self._shared(task, results, token, watch))
        if self.shelf.keeping is not None:
            self.shelf.keeping.let_go(task.vertex.key, layers)
        return Image(info, task.region, layers)

    def _shared(
        self,
        task: Task,
        results: Mapping[VertexId, Any],
        token: CancelToken,
        watch: Watch | None,
        made_here: Callable[[Mapping[str, Tensor]], None] | None = None,
    ) -> dict[str, Tensor]:
        """The task's own layers, computed here, by another thread at the same time, or a moment ago."""
        key = task.vertex.key

        def compute() -> dict[str, Tensor]:
            found = {name: self.shelf.find(key, name, task.region) for name in task.own}
            if all(hit is not None and hit[0] == task.region for hit in found.values()):
                return {name: hit[1] for name, hit in found.items() if hit is not None}
            begin = time.perf_counter()
            made = self._retried(task, lambda: self._attempt(task, results, token, watch))
            self._keep_told(task)
            cost_ms = 1000 * (time.perf_counter() - begin) / len(made)
            whole = task.region == task.vertex.info.data
            persist = getattr(task.vertex.node, "persist", False)
            if persist or (made_here is None and self.shelf.admits(key)):
                for name, tensor in made.items():
                    self.cache.store(key, name, task.region, tensor, cost_ms, whole, persist)
            if made_here is not None:
                made_here(made)
            return made

        return _heard(task, partial(self._flights.run, (key, task.own, task.region), token), compute)

    def fetch(self, task: Task, token: CancelToken, watch: Watch | None = None) -> None:
        """Compute a task that has no inputs ahead of time, and hold its layers for the frame that asks for them. Does
        nothing where memory has no room for them.
        """
        keeping = self.shelf.keeping
        size = sum(4 * len(task.vertex.info.layer(name).channels) * task.region.area for name in task.own)
        if keeping is None or not self.cache.reserve(size):
            return
        held = []

        def hold(made: Mapping[str, Tensor]) -> None:
            for name, tensor in made.items():
                keeping.put(task.vertex.key, name, task.region, tensor, task.region == task.vertex.info.data)
            held.append(True)

        try:
            self._shared(task, {}, token, watch, hold)
        finally:
            if not held:
                self.cache.release(size)

    def _value(self, task: Task, results: Mapping[VertexId, Any], token: CancelToken, watch: Watch | None) -> Any:
        """The result of a node that puts out no image, computed here, by another thread, or a moment ago."""
        key, node = task.vertex.key, task.vertex.node
        assert node is not None

        def attempt() -> Any:
            with Timed(task, watch) as timed:
                return self.call(task, self.context(task, results, token, timed.report))

        def make() -> Any:
            value = self._retried(task, attempt)
            if not isinstance(value, node.result):
                found, expected = type(value).__name__, node.result.__name__
                raise NodeError(*task.id, f"put out a value of type {found}, expected {expected}")
            self._keep_told(task)
            return value

        return _heard(task, partial(self.shelf.value, key, (key,), token), make)

    def _retried(self, task: Task, attempt: Callable[[], T]) -> T:
        """What `attempt` gives; when it runs out of device memory the cache is emptied and it is tried once more."""
        try:
            return attempt()
        except torch.OutOfMemoryError:
            log.warning("%s ran out of device memory; the cache is emptied and it is tried again", task.id[0])
            self.cache.clear()
            torch.cuda.empty_cache()
        try:
            return attempt()
        except torch.OutOfMemoryError as error:
            raise NodeError(*task.id, "ran out of device memory; use a proxy scale or the CPU") from error

    def _attempt(
        self, task: Task, results: Mapping[VertexId, Any], token: CancelToken, watch: Watch | None
    ) -> dict[str, Tensor]:
        node = task.vertex.node
        assert node is not None
        rows = self._band_rows(task) if node.point else task.region.height
        if rows < task.region.height or len(task.members) > 1:
            return Bands(self, task, results, token, watch).run(rows)
        with Timed(task, watch) as timed:
            ctx = self.context(task, results, token, timed.report)
            ctx.lent = self._lent(task)
            try:
                return self.checked(task, task.region, self.call(task, ctx))
            finally:
                ctx.leave()

    def _lent(self, task: Task) -> frozenset[str]:
        """The inputs that a node may release while it computes, as nobody else reads them. None for a plugin's node,
        whose inputs are checked when it is done, and none on a GPU, where what runs out of memory is computed again.
        """
        if self.device.type != "cpu" or not own(task.vertex.node):
            return frozenset()
        reads = Counter(source for frames in task.sources.values() for source in frames.values())
        free = {source for source in task.last if reads[source] == 1}
        return frozenset(socket for socket, frames in task.sources.items() if free.issuperset(frames.values()))

    def _band_rows(self, task: Task) -> int:
        if self.device.type != "cpu":
            return task.region.height
        channels = max(len(task.vertex.info.layer(name).channels) for name in task.own)
        return max(16, BAND_BYTES // (4 * channels * task.region.width))

    def context(
        self, task: Task, results: Mapping[VertexId, Any], token: CancelToken, report: Callable[[float], None]
    ) -> ComputeContext:
        """What the task's node is given. report : takes the share that is done."""
        assert task.vertex.ctx is not None
        images = {
            socket: {frame: as_asked(task.vertex.node, results.get(source)) for frame, source in frames.items()}
            for socket, frames in task.sources.items()
        }
        work = Work(self.device, token, report, partial(self._tell, task))
        recall, share = partial(self.shelf.part, task.vertex), partial(self.shelf.common, task, token)
        return ComputeContext(task.vertex.ctx, task.vertex.info, task.region, task.own, images, work, {}, recall, share)

    def _tell(self, task: Task, name: str, value: float) -> None:
        """See `ComputeContext.measured`."""
        node = task.vertex.node
        if node is None or name not in node.measures:
            raise RuntimeError(f"a number called '{name}' is not among the node's measures")
        task.told[name] = float(value)

    def _keep_told(self, task: Task) -> None:
        """Keep the numbers that a task, and those inside it, told while they were computed."""
        for member in task.members:
            if member.told and member.vertex.node is not None:
                self.cache.tell(member.vertex.key, member.told, member.vertex.node.measures)

    def told(self, vertex: Vertex) -> Mapping[str, float]:
        """The numbers that a vertex told when it was computed, in the order of its node's `measures`; without those of
        results that are not at hand.
        """
        names = vertex.node.measures if vertex.node is not None else ()
        found = self.cache.told(vertex.key, names) if names else {}
        return {name: found[name] for name in names if name in found}

    def call(self, task: Task, ctx: ComputeContext) -> Any:
        """What the task's node computes. Raises NodeError for whatever it raises."""
        node = task.vertex.node
        assert node is not None
        # Values may be handed to somebody who differentiates with respect to them.
        mode = torch.inference_mode() if isinstance(task.vertex.info, ImageInfo) else torch.no_grad()
        try:
            with mode:
                before = sizes_of_inputs(node, ctx)
                made = node.compute(ctx)
                self._check_inputs(before, ctx)
                return made
        except (Cancelled, NodeError, torch.OutOfMemoryError):
            raise
        except RimlightError as error:
            raise NodeError(*task.id, str(error)) from error
        except (Exception, SystemExit) as error:
            raise bug(task.id, type(node), error) from error

    def _check_inputs(self, before: Sizes, ctx: ComputeContext) -> None:
        try:
            check_inputs(before, ctx)
        except RimlightError:
            self.cache.clear()  # what was spoilt may be in there
            raise

    def checked(self, task: Task, region: Region, made: Any) -> dict[str, Tensor]:
        """The layers asked for, on the device; a node that put out something else is named."""
        if not isinstance(made, Mapping):
            raise NodeError(*task.id, f"put out {type(made).__name__}, expected a tensor for every layer by its name")
        out = {}
        for name in task.own:
            x: Any = made.get(name)
            expected = (len(task.vertex.info.layer(name).channels), region.height, region.width)
            if found := misfit(x, expected):
                raise NodeError(*task.id, f"put out {found} for layer '{name}', expected torch.float32 {expected}")
            out[name] = x if x.device == self.device else x.to(self.device)
        return out


def _heard(task: Task, fly: Callable[[Callable[[], T]], T], make: Callable[[], T]) -> T:
    """What `make` gives in this thread, or in another that is at it already: `fly` decides, see `Flights.run`. An error
    of another thread names the node and frame that it was computing for; here it is raised for those of the task.
    """
    mine = False

    def made() -> T:
        nonlocal mine
        mine = True
        return make()

    try:
        return fly(made)
    except NodeError as error:
        if mine:
            raise
        ids = {member.id[0]: member.id for member in task.members}
        raise NodeError(*ids.get(error.path, task.id), error.reason) from None


def _origins(*tasks: Task) -> Counter[bytes]:
    """The keys of all that tasks may ask for parts of, by how often."""
    return Counter(key for task in tasks for member in task.members for key in member.origins())


def _readers(plan: list[Task]) -> dict[VertexId, set[VertexId]]:
    """For every task the tasks that read it, themselves or through a member."""
    readers: dict[VertexId, set[VertexId]] = {task.id: set() for task in plan}
    for task in plan:
        for source in {s for member in task.members for s in member.read}:
            if source in readers:
                readers[source].add(task.id)
    return readers
