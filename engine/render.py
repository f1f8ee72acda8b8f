"""Headless rendering: a pure function of script and frame, idempotent and restartable.

Every frame is evaluated and handed to the Write node, which never leaves half a frame. A failed frame is recorded and, on
request, the others go on.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .context import CancelToken, Context, Tier
from .errors import GraphError, NodeError, RimlightError
from .evaluate.evaluator import Request
from .evaluate.run import NodeEvent, Watch
from .image import Image, ImageInfo
from .io.sequence import parse_frames
from .region import Region
from .script import dumps

if TYPE_CHECKING:
    from .session import Session


@runtime_checkable
class Sink(Protocol):
    """What a node offers that writes files. `Write` is one."""

    def target(self, ctx: Context) -> str:
        """The file of a frame."""

    def wanted(self, info: ImageInfo) -> tuple[Region, tuple[str, ...]]:
        """The region and layers to evaluate."""

    def write(self, image: Image, path: str, provenance: dict[str, str], ctx: Context) -> list[str]:
        """Write a frame under its final name, whole or not at all; returns warnings. Raises RimlightError."""


@dataclass
class FrameResult:
    """What became of one frame of one Write node."""

    node: str
    frame: float
    path: str = ""
    seconds: float = 0.0
    error: str = ""
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
    found = []
    for node in session.flat():
        cls = node.state.cls
        if cls is not None and cls.sink and not session.value(node.path, "disable"):
            found.append(node.path)
    return found


def provenance(session: "Session", node: str, frame: float, tier: Tier, scale: float, key: bytes) -> dict[str, str]:
    """What a written frame says about where it came from."""
    text = dumps(session.document)
    return {
        "rimlight:version": version("rimlight"),
        "rimlight:script": session.path.name if session.path else "",
        "rimlight:script_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "rimlight:node": node,
        "rimlight:frame": f"{frame:g}",
        "rimlight:tier": str(tier),
        "rimlight:scale": f"{scale:g}",
        "rimlight:key": key.hex(),
        "rimlight:colors": session.services["colors"].key(session.project),
    }


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
) -> Report:
    """Render Write nodes over a frame range.

    nodes : paths, default all Write nodes. frames : `1-10x2,20`, default the project's range. scale : proxy scale.
    continue_on_error : go on with the next frame after a failure. done : called after every frame.

    Raises GraphError when there is nothing to render, NodeError at the first failure unless `continue_on_error`, Cancelled.
    """
    token, tier = token or CancelToken(), Tier(tier)
    chosen = list(nodes) if nodes else sinks(session)
    if not chosen:
        raise GraphError("the script has no Write node, so there is nothing to render")
    _check_sinks(session, chosen)
    first, last = session.project.frames
    numbers = parse_frames(frames) if frames else range(first, last + 1)
    report, begin = Report(), time.perf_counter()

    def observe(event: NodeEvent) -> None:
        if event.state == "done":
            report.node_seconds[event.path] = report.node_seconds.get(event.path, 0.0) + event.seconds
        if watch is not None:
            watch(event)

    for frame in numbers:
        for node in chosen:
            token.check()
            result = FrameResult(node, float(frame))
            started = time.perf_counter()
            try:
                _one(session, result, scale, tier, token, observe)
            except RimlightError as error:
                if not continue_on_error:
                    raise
                result.error = str(error)
            result.seconds = time.perf_counter() - started
            report.results.append(result)
            if done is not None:
                done(result)
    report.seconds = time.perf_counter() - begin
    return report


def _check_sinks(session: "Session", nodes: Sequence[str]) -> None:
    for node in nodes:
        cls = session.flat().node(node).state.cls
        if cls is None or not cls.sink:
            kind = cls.label if cls is not None else "not installed"
            raise GraphError(f"{node} ({kind}) writes no files; the Write nodes are {', '.join(sinks(session)) or 'none'}")


def _one(
    session: "Session", result: FrameResult, scale: float, tier: Tier, token: CancelToken, watch: Watch
) -> None:
    evaluator = session.evaluator
    vertices = evaluator.survey(session.graph, session.project, [result.node], result.frame, scale, tier)
    vertex = vertices[result.node, result.frame]
    if vertex.error is not None:
        raise vertex.error
    assert isinstance(vertex.node, Sink) and vertex.ctx is not None
    try:
        result.path = vertex.node.target(vertex.ctx)
        region, layers = vertex.node.wanted(vertex.info)
        request = Request(result.node, result.frame, region, layers, scale, tier)
        image = evaluator.evaluate(session.graph, session.project, request, token, watch)
        started = time.perf_counter()
        watch(NodeEvent(result.node, result.frame, "start"))
        stamp = provenance(session, result.node, result.frame, tier, scale, vertex.key)
        result.warnings = vertex.node.write(image, result.path, stamp, vertex.ctx)
        watch(NodeEvent(result.node, result.frame, "done", 1.0, time.perf_counter() - started))
    except NodeError:
        raise
    except RimlightError as error:
        raise NodeError(result.node, result.frame, str(error)) from error
