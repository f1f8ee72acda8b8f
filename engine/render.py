"""Headless rendering: a pure function of script and frame, idempotent and restartable.

Every frame is evaluated and handed to the Write node, which never leaves half a frame. A failed frame is recorded and,
on request, the others go on.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .allocator import trim
from .context import CancelToken, Context, Tier
from .errors import GraphError, NodeError, RimlightError, listing, mistake
from .evaluate.evaluator import Request
from .evaluate.run import NodeEvent, Watch
from .evaluate.survey import Vertex
from .evaluate.warned import all_warnings
from .image import Image, ImageInfo
from .io.atomic import check_place
from .io.sequence import parse_frames
from .provenance import frame_stamp, render_stamp
from .region import Region

if TYPE_CHECKING:
    from .session import Session

FRAMES_PER_TRIM = 10
"""How often free memory is given back: each time costs some milliseconds of taking it again."""


@runtime_checkable
class Sink(Protocol):
    """What a node offers that writes files. `Write` is one."""

    def target(self, ctx: Context) -> str:
        """The file of a frame."""

    def wanted(self, info: Any) -> tuple[Region, tuple[str, ...]]:
        """The region and layers of an image to evaluate."""

    def write(self, image: Any, path: str, provenance: Mapping[str, str], ctx: Context) -> list[str]:
        """Write a frame (an Image, or what else the node takes) under its final name, whole or not at all; returns
        warnings. Raises RimlightError.
        """


@runtime_checkable
class Holder(Protocol):
    """What a sink offers besides, one file of which can hold many frames: `write` is then given a mapping of these."""

    def held(self, ctx: Context) -> Sequence[float]:
        """The frames that the file holds whichever is rendered; none where it holds that one."""


@dataclass
class FrameResult:
    """What became of one frame of one Write node. culprit : path of the node that failed, it or one above it.

    warnings : of the file, and of the nodes it comes from as far as no frame before has told the same.
    """

    node: str
    frame: float
    path: str = ""
    seconds: float = 0.0
    error: str = ""
    culprit: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.error


@dataclass
class Report:
    """The outcome of a render. `node_seconds` is the own time of every node over all frames."""

    results: list[FrameResult] = field(default_factory=list)
    node_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed(self) -> list[FrameResult]:
        return [r for r in self.results if not r.ok]

    def to_data(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "written": [asdict(r) for r in self.results if r.ok],
            "failed": [asdict(r) for r in self.failed],
            "node_seconds": {k: round(v, 4) for k, v in self.node_seconds.items()},
            "seconds": round(self.seconds, 3),
        }


def sinks(session: "Session") -> list[str]:
    """Paths of the nodes that write files and are not disabled."""
    return [
        node.path
        for node in session.flat()
        if node.state.cls is not None and node.state.cls.sink and node.values.get("disable") is not True
    ]


def check_sinks(session: "Session", nodes: Sequence[str]) -> None:
    """Raise GraphError unless all of these nodes write files, and there is one at all."""
    there = sinks(session)
    if not nodes:
        raise GraphError("the script has no Write node that is not disabled, so there is nothing to render")
    for node in nodes:
        state = session.flat().node(node).state
        if node not in there:
            kind = state.cls.label if state.cls is not None else f"'{state.kind}', which is not installed"
            why = "is disabled" if state.cls is not None and state.cls.sink else f"({kind}) writes no files"
            raise GraphError(f"{node} {why}; the nodes that can be rendered are {listing(there)}")


def check_target(path: str, vertices: Mapping[tuple[str, float], Vertex]) -> None:
    """Raise RimlightError where the picture at `path` is one of those that it would be made of."""
    target = os.path.realpath(path)
    for vertex in vertices.values():
        if vertex.node is None or vertex.ctx is None or vertex.error is not None or vertex.node.disable:
            continue
        if target in map(os.path.realpath, vertex.node.source_files(vertex.ctx)):
            raise RimlightError(f"{path} is what {vertex.id[0]} reads, which would be lost; write to another file")


def render(
    session: "Session",
    nodes: Sequence[str] | None = None,
    frames: str = "",
    *,
    scale: float = 1.0,
    tier: Tier | str = Tier.FINAL,
    continue_on_error: bool = False,
    token: CancelToken | None = None,
    watch: Watch | None = None,
    done: Callable[[FrameResult], None] | None = None,
    report: Report | None = None,
) -> Report:
    """Render Write nodes over a frame range.

    nodes : paths, default all Write nodes. frames : `1-10x2,20`, default the project's range. scale : proxy scale.
    continue_on_error : go on after a failure. done : called after every frame, written or failed.
    report : filled as the render goes, so that it tells what was done also when the render stops.

    Raises GraphError when there is nothing to render, NodeError at the first failure unless `continue_on_error`,
    Cancelled.
    """
    token, report = token or CancelToken(), Report() if report is None else report
    chosen = list(dict.fromkeys(nodes)) if nodes else sinks(session)
    check_sinks(session, chosen)
    session.evaluator.forget_errors()  # what failed the last time may have been put right
    work = _Work(session, scale, Tier(tier), token, report, watch)
    begin = time.perf_counter()
    try:
        numbers = wanted_frames(session, frames)
        chosen = work.by_size(chosen, numbers[0])
        for count, frame in enumerate(numbers, 1):
            if count % FRAMES_PER_TRIM == 0:
                trim()
            for node in chosen:
                token.check()
                result, error = work.frame(node, float(frame))
                if result is None:
                    continue
                report.results.append(result)
                if done is not None:
                    done(result)
                if error is not None and not continue_on_error:
                    raise error
    finally:
        report.seconds = time.perf_counter() - begin
    return report


def wanted_frames(session: "Session", frames: str) -> Sequence[int]:
    """The frames of a range, or the project's. Raises ParameterError, or GraphError when the project's is empty."""
    if frames:
        return parse_frames(frames)
    first, last = session.project.frames
    if last < first:
        raise GraphError(f"the script's frame range {first}-{last} is empty; set it, or say which frames to render")
    return range(first, last + 1)


class _Work:
    """What all frames of a render share."""

    def __init__(
        self, session: "Session", scale: float, tier: Tier, token: CancelToken, report: Report, watch: Watch | None
    ) -> None:
        self._session = session
        self._scale = scale
        self._tier = tier
        self._token = token
        self._report = report
        self._watch = watch
        self._stamp = render_stamp(session, tier, scale)
        self._written: dict[str, FrameResult] = {}
        self._told: set[str] = set()

    def by_size(self, nodes: Sequence[str], frame: float) -> list[str]:
        """The nodes that want most pixels first, so that what they share is computed once, whole."""

        def size(node: str) -> int:
            vertex = self._vertices(node, frame)[node, frame]
            if not isinstance(vertex.node, Sink) or not isinstance(vertex.info, ImageInfo):
                return 0
            try:
                region, layers = vertex.node.wanted(vertex.info)
            except Exception:  # noqa: BLE001  it is reported when the frame is rendered
                return 0
            return region.area * len(layers)

        return sorted(nodes, key=size, reverse=True) if len(nodes) > 1 else list(nodes)

    def frame(self, node: str, frame: float) -> tuple[FrameResult | None, RimlightError | None]:
        """Render a frame: what became of it and why it failed. None where the node is disabled at this frame, or its
        file has the frame already.
        """
        result, begin = FrameResult(node, frame), time.perf_counter()
        failed: NodeError | None = None
        try:
            if not self._attempt(result):
                return None, None
        except NodeError as error:
            failed = error
        except RimlightError as error:
            failed = NodeError(node, frame, str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's Write may raise anything; others go on
            failed = NodeError(node, frame, mistake("writing", error))
            failed.__cause__ = error
        if failed is not None:
            result.error, result.culprit = str(failed), failed.path
        result.seconds = time.perf_counter() - begin
        return result, failed

    def _vertices(self, node: str, frame: float) -> Mapping[tuple[str, float], Vertex]:
        session = self._session
        return session.evaluator.survey(session.graph, session.project, [node], frame, self._scale, self._tier)

    def _attempt(self, result: FrameResult) -> bool:
        session, node, frame = self._session, result.node, result.frame
        vertices = self._vertices(node, frame)
        vertex = vertices[node, frame]
        if vertex.node is not None and vertex.node.disable:
            return False
        if vertex.error is not None:
            raise vertex.error
        takes = vertex.node.result if vertex.node is not None else Image
        if not isinstance(vertex.node, Sink) or not isinstance(vertex.info, ImageInfo if takes is Image else takes):
            kind = takes.__name__.lower()
            raise RimlightError(f"it is declared to write files but lacks target, wanted and write, or gets no {kind}")
        result.path = vertex.node.target(vertex.ctx)
        held = vertex.node.held(vertex.ctx) if isinstance(vertex.node, Holder) else ()
        if held and (other := self._written.get(result.path)) is not None and other.node == node:
            return False  # it is in the file already
        self._claim(result)
        check_target(result.path, vertices)
        check_place(result.path)
        region, layers = vertex.node.wanted(vertex.info) if isinstance(vertex.info, ImageInfo) else (None, None)

        def evaluated(frame: float) -> Any:
            request = Request(node, frame, region, layers, self._scale, self._tier)
            return session.evaluator.evaluate(session.graph, session.project, request, self._token, self._observe)

        image = {number: evaluated(number) for number in held} if held else evaluated(frame)
        begin = time.perf_counter()
        self._observe(NodeEvent(node, frame, "start"))
        stamp = self._stamp | frame_stamp(vertices, vertex.id)
        told = self._warnings(vertices, vertex.id)
        result.warnings = [*told, *vertex.node.write(image, result.path, stamp, vertex.ctx)]
        self._observe(NodeEvent(node, frame, "done", 1.0, time.perf_counter() - begin))
        return True

    def _warnings(self, vertices: Mapping[tuple[str, float], Vertex], root: tuple[str, float]) -> list[str]:
        """What the nodes of a frame warn of, each sentence once in a render."""
        new = [sentence for sentence in all_warnings(vertices, root) if sentence not in self._told]
        self._told.update(new)
        return new

    def _claim(self, result: FrameResult) -> None:
        """Refuse to replace what this very render has written."""
        other = self._written.setdefault(result.path, result)
        if other is not result:
            why = "use #### for the frame number" if other.node == result.node else "give them different files"
            raise RimlightError(f"{result.path} was written by {other.node} at frame {other.frame:g} already; {why}")

    def _observe(self, event: NodeEvent) -> None:
        if event.state == "done":
            seconds = self._report.node_seconds
            seconds[event.path] = seconds.get(event.path, 0.0) + event.seconds
        if self._watch is not None:
            self._watch(event)
