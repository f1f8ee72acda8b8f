"""A frame of a render: what it takes, its pixels, its file."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..allocator import trim
from ..cancel import CancelToken
from ..errors import NodeError, RimlightError, let_go, mistake
from ..evaluate.evaluator import Request
from ..evaluate.events import NodeEvent, Watch
from ..evaluate.keeping import Keeping
from ..evaluate.survey import Vertex, VertexId
from ..evaluate.warned import all_warnings
from ..image import Image, ImageInfo
from ..io.atomic import check_place, sweep_folder
from ..memory import usable_memory
from ..tier import Tier
from .provenance import frame_stamp, render_stamp
from .report import FrameResult, Report
from .targets import Holder, Sink, check_target

if TYPE_CHECKING:
    from ..session import Session

Vertices = Mapping[VertexId, Vertex]
_IDLE = 8
"""The part of the usable memory that may lie free as a node begins: a GiB costs a second when it is taken anew."""


@dataclass(frozen=True)
class Job:
    """A frame of a Write node that can be made.

    held : the frames that the file holds, where it holds many. stamp : what the file says of its origin. told :
    warnings of the nodes that it comes from.
    """

    result: FrameResult
    vertices: Vertices
    request: Request
    held: tuple[float, ...]
    stamp: Mapping[str, str]
    told: tuple[str, ...]

    @property
    def vertex(self) -> Vertex:
        return self.vertices[self.request.path, self.request.frame]

    @property
    def pictures(self) -> bool:
        """Whether it writes a picture, and not a rig or the like."""
        return isinstance(self.vertex.info, ImageInfo)


class Work:
    """What all frames of a render share."""

    def __init__(self, session: "Session", scale: float, tier: Tier, report: Report, watch: Watch | None) -> None:
        self._session = session
        self._scale = scale
        self._tier = tier
        self._report = report
        self._watch = watch
        self._stamp = render_stamp(session, tier, scale)
        self._written: dict[str, FrameResult] = {}
        self._told: set[str] = set()
        self._tidied: set[str] = set()
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._idle = usable_memory() // _IDLE

    def survey(self, nodes: Sequence[str], frame: float) -> Vertices:
        """What nodes and all above them would put out at a frame."""
        session = self._session
        return session.evaluator.survey(session.graph, session.project, nodes, frame, self._scale, self._tier)

    def by_size(self, nodes: Sequence[str], frame: float) -> list[str]:
        """The nodes that want most pixels first, so that what they share is computed once, whole."""

        def size(node: str) -> int:
            try:
                request = self.request(self.survey([node], frame)[node, frame])
            except (Exception, SystemExit):  # noqa: BLE001  it is reported when the frame is rendered
                return 0
            return request.region.area * len(request.layers or ()) if request.region is not None else 0

        return sorted(nodes, key=size, reverse=True) if len(nodes) > 1 else list(nodes)

    def request(self, vertex: Vertex) -> Request:
        """What a Write node wants of its input. Raises its error, or RimlightError where it is no proper one."""
        if vertex.error is not None:
            raise vertex.error
        takes = vertex.node.result if vertex.node is not None else Image
        if not isinstance(vertex.node, Sink) or not isinstance(vertex.info, ImageInfo if takes is Image else takes):
            kind = takes.__name__.lower()
            raise RimlightError(f"it is declared to write files but lacks target, wanted and write, or gets no {kind}")
        region, layers = vertex.node.wanted(vertex.info) if isinstance(vertex.info, ImageInfo) else (None, None)
        return Request(*vertex.id, region, layers, self._scale, self._tier)

    def job(self, result: FrameResult, vertices: Vertices) -> Job | None:
        """What it takes to make a frame; its file is then claimed. None where the node is disabled at this frame, or
        its file has the frame already. Raises RimlightError, and whatever a plugin's node does.
        """
        vertex = vertices[result.node, result.frame]
        if vertex.node is not None and vertex.node.disable:
            return None
        request = self.request(vertex)
        sink: Any = vertex.node
        ctx: Any = vertex.ctx
        result.path = sink.target(ctx)
        held = tuple(sink.held(ctx)) if isinstance(sink, Holder) else ()
        if held and (other := self._written.get(result.path)) is not None and other.node == result.node:
            return None  # it is in the file already
        self._claim(result)
        check_target(result.path, vertices)
        check_place(result.path)
        stamp = self._stamp | frame_stamp(vertices, vertex.id)
        return Job(result, vertices, request, held, stamp, self._warnings(vertices, vertex.id))

    def made(self, job: Job, keeping: Keeping, token: CancelToken) -> Any:
        """The picture, or what else is written, by frame where the file holds many. Raises NodeError, Cancelled."""
        session = self._session

        def evaluated(frame: float) -> Any:
            wanted = job.request
            request = Request(wanted.path, frame, wanted.region, wanted.layers, wanted.scale, wanted.tier)
            graph, project = session.graph, session.project
            known = job.vertices if (wanted.path, frame) in job.vertices else None
            return session.evaluator.evaluate(graph, project, request, token, self.observe, keeping, known)

        return {number: evaluated(number) for number in job.held} if job.held else evaluated(job.request.frame)

    def write(self, job: Job, made: Any) -> None:
        """Write a frame under its final name, whole or not at all. Raises RimlightError, or what a plugin's does."""
        node, frame = job.vertex.id
        sink: Any = job.vertex.node
        begin = time.perf_counter()
        self.observe(NodeEvent(node, frame, "start"))
        job.result.warnings = [*job.told, *sink.write(made, job.result.path, job.stamp, job.vertex.ctx)]
        self.observe(NodeEvent(node, frame, "done", 1.0, time.perf_counter() - begin))

    def tidy(self, path: str) -> None:
        """Remove what killed renders left beside a file that is not written again; once in a folder."""
        folder = os.path.dirname(os.path.realpath(path))
        if folder not in self._tidied:
            self._tidied.add(folder)
            sweep_folder(folder)

    def attempted(self, result: FrameResult, action: Callable[[], Any]) -> tuple[Any, NodeError | None]:
        """What an action gives, or why it failed, which the result says too. Cancelled goes through."""
        try:
            return action(), None
        except NodeError as error:
            failed = error
        except RimlightError as error:
            failed = NodeError(result.node, result.frame, str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's Write may raise anything; others go on
            failed = NodeError(result.node, result.frame, mistake("writing", error))
            failed.__cause__ = error
        result.error, result.culprit = str(failed), failed.path
        let_go(failed)
        return None, failed

    def observe(self, event: NodeEvent) -> None:
        """Count a node's time, and pass the event on to whoever watches; that a node begins only from the thread that
        makes the frame at work, not from those beside it.
        """
        beside = threading.get_ident() != self._thread
        if event.state == "start" and not beside:
            trim(self._idle)
        with self._lock:
            if event.state == "done":
                seconds = self._report.node_seconds
                seconds[event.path] = seconds.get(event.path, 0.0) + event.seconds
        if self._watch is not None and not (beside and event.state == "start"):
            self._watch(event)

    def _warnings(self, vertices: Vertices, root: VertexId) -> tuple[str, ...]:
        """What the nodes of a frame warn of, each sentence once in a render."""
        new = [sentence for sentence in all_warnings(vertices, root) if sentence not in self._told]
        self._told.update(new)
        return tuple(new)

    def _claim(self, result: FrameResult) -> None:
        """Refuse to replace what this very render has written."""
        other = self._written.setdefault(result.path, result)
        if other is not result:
            why = "use #### for the frame number" if other.node == result.node else "give them different files"
            raise RimlightError(f"{result.path} was written by {other.node} at frame {other.frame:.12g} already; {why}")
