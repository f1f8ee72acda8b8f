"""Rows of point tasks computed in bands that fit the processor's cache."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..cancel import CancelToken
from ..image import Image, ImageInfo
from ..region import Region
from .events import NodeEvent, State, Watch
from .plan import Task, window
from .survey import VertexId

if TYPE_CHECKING:
    from .run import Runner


class Bands:
    """A tree of point tasks computed band by band, so that what they hand to each other stays in the processor's
    cache.
    """

    def __init__(
        self, runner: "Runner", task: Task, results: Mapping[VertexId, Any], token: CancelToken, watch: Watch | None
    ) -> None:
        self._runner = runner
        self._task = task
        self._token = token
        self._watch = watch
        self._seconds = dict.fromkeys((m.id for m in task.members), 0.0)
        self._contexts = {m.id: runner.context(m, results, token, lambda fraction: None) for m in task.members}
        self._inside = {m.id for m in task.members}
        self._results = results
        last = task.members[-1]
        assert last is task
        self._users = {source: m.id for m in task.members for source in m.read if source in self._inside}
        self._lend()

    def _lend(self) -> None:
        """Tell each member which layers of its main input it may write into: those made afresh inside, for it alone."""
        members = {m.id: m for m in self._task.members}
        reads = Counter(s for m in members.values() for frames in m.sources.values() for s in frames.values())
        passed = {(maker, name) for m in members.values() for name, maker in m.passed.items()}
        for member in members.values():
            assert member.vertex.node is not None
            for source in member.sources.get(member.vertex.node.through, {}).values():
                maker = members.get(source)
                if maker is not None and getattr(maker.vertex.node, "fresh", False) and reads[source] == 1:
                    free = frozenset(name for name in maker.own if (source, name) not in passed)
                    self._contexts[member.id].scratch = free

    def run(self, rows: int) -> dict[str, Tensor]:
        task = self._task
        info: ImageInfo = task.vertex.info
        out = {
            name: torch.empty(
                (len(info.layer(name).channels), task.region.height, task.region.width), device=self._runner.device
            )
            for name in task.own
        }
        self._tell("start")
        bands = list(task.region.bands(rows))
        for i, band in enumerate(bands):
            self._token.check()
            made = self._band(band)
            for name, tensor in made.items():
                out[name][:, band.y0 - task.region.y0 : band.y1 - task.region.y0] = tensor
            if self._watch is not None:
                self._watch(NodeEvent(*task.id, "progress", (i + 1) / len(bands)))
        self._tell("done")
        return out

    def _band(self, band: Region) -> dict[str, Tensor]:
        regions = {self._task.id: band}
        for member in reversed(self._task.members[:-1]):
            regions[member.id] = window(member.vertex.info, regions[self._users[member.id]])
        images: dict[VertexId, Image] = {}
        made: dict[str, Tensor] = {}
        for member in self._task.members:
            begin = time.perf_counter()
            region, ctx = regions[member.id], self._contexts[member.id]
            ctx.region = region
            for socket, frames in member.sources.items():
                for frame, source in frames.items():
                    if source in images:
                        ctx._images[socket][frame] = images[source]  # type: ignore[index]
            made = self._runner.checked(member, region, self._runner.call(member, ctx))
            if member is not self._task:
                layers = made | self._passed(member, region, images)
                images[member.id] = Image(member.vertex.info, region, layers)
            self._seconds[member.id] += time.perf_counter() - begin
        return made

    def _passed(self, member: Task, region: Region, images: Mapping[VertexId, Image]) -> dict[str, Tensor]:
        out = {}
        for name, maker in member.passed.items():
            source: Image = images[maker] if maker in images else self._results[maker]
            out[name] = source.tensor(name, region)
        return out

    def _tell(self, state: State) -> None:
        if self._watch is not None:
            for member in self._task.members:
                self._watch(NodeEvent(*member.id, state, float(state == "done"), self._seconds[member.id]))
