"""The evaluation engine's front door: from a snapshot of a script and a request to pixels."""

import logging
import math
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..cache.disk import DiskCache
from ..cache.memory import TensorCache
from ..cancel import CancelToken
from ..errors import Cancelled, NodeError, ParameterError, RimlightError
from ..graph.flat import Flat
from ..graph.graph import Graph
from ..image import Image, ImageInfo
from ..reals import as_float, shown
from ..region import Region
from ..settings import Project, Settings
from ..tier import Tier
from .events import Watch
from .forked import POOL
from .keeping import Keeping
from .plan import Task, asked, make_plan
from .run import Runner
from .survey import NodeMemo, Setting, Vertex, digest, survey

log = logging.getLogger(__name__)

BYTES_PER_PIXEL = 16
"""Of one layer of a float32 RGBA image."""


@dataclass(frozen=True)
class Request:
    """What is wanted of one node.

    region, layers : None for the whole data window and for all layers. scale : proxy scale, 0.5 is half size.
    keep : paths of nodes whose inputs stay in memory because they are being edited.
    fuse : whether chains of point nodes may run in one pass; turned off to compare.
    """

    path: str
    frame: float
    region: Region | None = None
    layers: tuple[str, ...] | None = None
    scale: float = 1.0
    tier: Tier = Tier.FINAL
    keep: frozenset[str] = field(default_factory=frozenset)
    fuse: bool = True


class Evaluator:
    """Evaluates requests over snapshots of scripts. Thread-safe: requests of several threads share results and work."""

    def __init__(self, settings: Settings, services: Mapping[str, Any]) -> None:
        self.settings = settings
        self.services = services
        self.device = torch.device(settings.device)
        disk = DiskCache(Path(settings.disk_folder), settings.disk_bytes) if settings.disk_folder else None
        device_bytes = settings.device_bytes or _half_of_device(self.device)
        self.cache = TensorCache(settings.host_bytes, device_bytes, disk)
        self.runner = Runner(self.cache, self.device)
        self._memo = NodeMemo()
        self._flats: dict[int, tuple[Graph, Flat]] = {}
        self._errors: dict[tuple[object, ...], NodeError] = {}
        self._qualities: set[tuple[Tier, float]] = set()
        self._lock = threading.Lock()

    def flat(self, graph: Graph) -> Flat:
        """The graph with groups dissolved; kept for the last few graphs."""
        with self._lock:
            found = self._flats.get(id(graph))
            if found is not None and found[0] is graph:
                return found[1]
        flat = Flat(graph)
        with self._lock:
            while len(self._flats) >= 8:
                self._flats.pop(next(iter(self._flats)))
            self._flats[id(graph)] = (graph, flat)
        return flat

    def survey(
        self, graph: Graph, project: Project, paths: Sequence[str], frame: float, scale: float, tier: Tier
    ) -> dict[tuple[str, float], Vertex]:
        """What `paths` and all above them would put out, without computing pixels. Errors are in the vertices, but for
        a proxy scale that is not above 0, a ParameterError.
        """
        factor = as_float(scale)
        if factor is None or not 0 < factor < math.inf:
            raise ParameterError(f"the proxy scale is {shown(scale)}, expected a number above 0")
        shared = digest(scale, project.format, self.services["colors"].key(project))
        setting = Setting(self.flat(graph), project, scale, tier, self.services, self._memo, shared)
        return survey(setting, [(path, frame) for path in paths])

    def info(
        self, graph: Graph, project: Project, path: str, frame: float, scale: float = 1.0, tier: Tier = Tier.FINAL
    ) -> Any:
        """What a node puts out at a frame: an ImageInfo, or the description of another type. Raises NodeError."""
        vertex = self.survey(graph, project, [path], frame, scale, tier)[path, frame]
        if vertex.error is not None:
            raise vertex.error
        return vertex.info

    def evaluate(
        self,
        graph: Graph,
        project: Project,
        request: Request,
        token: CancelToken | None = None,
        watch: Watch | None = None,
        keeping: Keeping | None = None,
        vertices: Mapping[tuple[str, float], Vertex] | None = None,
    ) -> Any:
        """The image (or value) of a node. Raises NodeError, Cancelled when `token` is, or RimlightError in a process
        that a fork left without the threads it computes with.

        A result that needs more memory than the settings allow is made in bands of rows. keeping : of a render, what
        stays in memory; by default all results do, as far as the cache has room for them. vertices : what `survey` said
        of the request, where it was asked.
        """
        POOL.check()
        token = token or CancelToken()
        with self._lock:
            self._qualities.add((request.tier, request.scale))
        if vertices is None:
            vertices = self.survey(graph, project, [request.path], request.frame, request.scale, request.tier)
        target = vertices[request.path, request.frame]
        if target.error is not None:
            raise target.error
        if not isinstance(target.info, ImageInfo) and (request.layers is not None or request.region is not None):
            found = type(target.info).__name__.lower()
            raise NodeError(*target.id, f"puts out a {found}, which has no pixels to show")
        error_key = (target.key, request.path, request.frame, request.region, request.layers)
        known = self._errors.get(error_key)
        if known is not None:
            raise _bare(known)
        try:
            bands = self._bands(vertices, target, request)
            runner = self.runner.sparing(keeping)
            parts = [runner.run(self._plan(runner, vertices, target, band, request), token, watch) for band in bands]
            made = parts[0] if len(parts) == 1 else _stacked(parts)
            return self._told(made, vertices, target) if isinstance(made, Image) else made
        except NodeError as error:
            self._remember(error_key, error)
            raise

    def measured(self, graph: Graph, project: Project, path: str, frame: float) -> Mapping[str, float]:
        """The numbers that a node told when it was last computed as it is now, at the best quality of those asked for.

        Nothing is computed; empty where the result is not at hand, or the node tells nothing.
        """
        with self._lock:
            qualities = sorted(self._qualities, key=lambda q: (q[0].rank, q[1]), reverse=True)
        for tier, scale in qualities:
            vertex = self.survey(graph, project, [path], frame, scale, tier)[path, frame]
            if vertex.alias is None and vertex.error is None and (found := self.runner.told(vertex)):
                return found
        return {}

    def _told(self, image: Image, vertices: Mapping[tuple[str, float], Vertex], target: Vertex) -> Image:
        """The image with what the nodes it comes from told of it in its metadata, the nearest of a name."""
        found: dict[str, float] = {}
        if not any(vertex.node is not None and vertex.node.measures for vertex in vertices.values()):
            return image
        waiting, seen = [target.id], set()
        while waiting:
            vertex = vertices[waiting.pop(0)]
            if vertex.id in seen:
                continue
            seen.add(vertex.id)
            if vertex.alias is not None:
                waiting.append(vertex.alias)
                continue
            found = {**self.runner.told(vertex), **found}
            waiting += [source for frames in vertex.inputs.values() for source in frames.values()]
        info = image.info.with_(metadata={**image.info.metadata, **found})
        return Image(info, image.region, image.layers)

    def keeping(self, everything: bool = False) -> Keeping:
        """The memory of a render, for `evaluate` and `read_ahead`. everything : keep all results, as without one."""
        return self.runner.shelf.new_keeping(everything)

    def read_ahead(
        self,
        vertices: Mapping[tuple[str, float], Vertex],
        request: Request,
        keeping: Keeping,
        token: CancelToken,
        watch: Watch | None = None,
    ) -> None:
        """Read the files that a request will need, and hold them in `keeping`, as far as memory has room for them.

        vertices : what `survey` says of the request. Whatever fails here will fail again when it is asked for.
        """
        target = vertices[request.path, request.frame]
        if target.error is not None or len(self._bands(vertices, target, request)) > 1:
            return
        runner = self.runner.sparing(keeping)
        try:
            for task in self._plan(runner, vertices, target, request.region, request):
                token.check()
                node, ctx = task.vertex.node, task.vertex.ctx
                if node is not None and ctx is not None and task.own and not task.sources and node.source_files(ctx):
                    runner.fetch(task, token, watch)
        except (Exception, SystemExit, Cancelled) as error:  # noqa: BLE001  who asks for it hears of it
            log.debug("reading ahead for %s at frame %g: %s", request.path, request.frame, error)

    def _plan(
        self,
        runner: Runner,
        vertices: Mapping[tuple[str, float], Vertex],
        target: Vertex,
        region: Region | None,
        request: Request,
    ) -> list[Task]:
        return make_plan(
            vertices,
            target.id,
            region,
            request.layers,
            runner.shelf.find,
            runner.shelf.find_value,
            request.keep,
            request.fuse,
        )

    def _bands(
        self, vertices: Mapping[tuple[str, float], Vertex], target: Vertex, request: Request
    ) -> list[Region | None]:
        """The wanted region, cut into bands when a rough count of all pictures alive at once exceeds the limit."""
        if not isinstance(target.info, ImageInfo):
            return [None]
        region = request.region or target.info.data
        images = sum(1 for v in vertices.values() if v.alias is None and isinstance(v.info, ImageInfo))
        layers = len(request.layers or target.info.names)
        row = region.width * BYTES_PER_PIXEL * layers * max(2, min(images, 8))
        rows = max(64, self.settings.band_bytes // max(1, row))
        if rows >= region.height or any(map(_whole, vertices.values())):
            return [request.region]
        return list(region.bands(rows))

    def _remember(self, key: tuple[object, ...], error: NodeError) -> None:
        with self._lock:
            if len(self._errors) > 1000:
                self._errors.clear()
            self._errors[key] = _bare(error)

    def forget_errors(self) -> None:
        """Let failed nodes try again, as a refresh does."""
        with self._lock:
            self._errors.clear()

    def clear(self, disk: bool = False) -> None:
        """Forget every cached result."""
        self.forget_errors()
        self.cache.clear(disk=disk)
        self.cache.forget_numbers()
        self.runner.shelf.clear()

    def pin(self, owner: object, vertices: Collection[Vertex]) -> None:
        """Protect the results of vertices from eviction while `owner` shows them."""
        self.cache.pin(owner, [v.key for v in vertices])


def _bare(error: NodeError) -> NodeError:
    """The same without the frames that it went through, which hold pictures."""
    return NodeError(error.path, error.frame, error.reason)


def _whole(vertex: Vertex) -> bool:
    """Whether a vertex is always computed whole; also where its node fails to tell, which the plan then reports."""
    node, ctx = vertex.node, vertex.ctx
    if node is None or ctx is None or vertex.alias is not None or vertex.error is not None:
        return False
    try:
        return not asked(vertex, lambda: node.regional(ctx))
    except NodeError:
        return True


def _half_of_device(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    if not torch.cuda.is_available():
        raise RimlightError(f"device '{device}' is not available: this torch finds no CUDA GPU; use --device cpu")
    return int(torch.cuda.mem_get_info(device)[1] // 2)


def _stacked(parts: Sequence[Image]) -> Image:
    first, last = parts[0], parts[-1]
    region = Region(first.region.x0, first.region.y0, last.region.x1, last.region.y1)
    return Image(first.info, region, {n: torch.cat([p.layers[n] for p in parts], 1) for n in first.layers})
