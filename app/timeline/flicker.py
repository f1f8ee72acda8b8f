"""How much what is shown flickers, measured in the background, frame by frame, once somebody asks."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import (
    CancelToken,
    Graph,
    ImageInfo,
    NodeState,
    Project,
    Request,
    RimlightError,
    Session,
    Tier,
    real,
)  # fmt: skip

from ..evaluating import THUMBNAILS
from ..paths import path_at
from ..workspace import Workspace
from .ahead import Shown
from .ranges import Range

DELAY_MS = 500
LOOK_S = 0.25
"""Seconds for which frames are compared until it is told how far that is."""
_METER = "time.flicker_meter"
_OWN, _OTHER = "rimlight:flicker", "rimlight:flicker_plate"


@dataclass(frozen=True)
class Flicker:
    """Colour differences per second of a frame from the one before. other : of side B, where the viewer shows it."""

    own: float
    other: float | None = None


@dataclass(frozen=True)
class Looked:
    """Frames of a range that were compared, before any is measured: how many, and what all of them show.

    differ : not all show the same, or one cannot be shown, which measuring explains.
    """

    count: int = 0
    keys: tuple[bytes, ...] | None = None
    differ: bool = False


class FlickerCurve(QObject):
    """Frames by their flicker, of what the viewer shows on side A, and of side B beside it, whose motion then counts.

    changed : there are some more, or none any more, or `progress` differs. failed : a sentence, and nothing is measured
    until asked again.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frames: Mapping[int, Flicker] = {}
        self.on = False
        self._workspace = workspace
        self._shown = Shown()
        self._span: Range = (1, 1)
        self._measured: set[int] = set()
        self._looked = Looked()
        self._measuring = self._ended = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._look)
        workspace.evaluations.stopped.connect(self._stopped)

    @property
    def settled(self) -> bool:
        return not (self._measuring or self._timer.isActive())

    @property
    def progress(self) -> str:
        """How far it is, and what stops it; empty where nothing is left to do."""
        total = self._span[1] - self._span[0] + 1
        if not self.on or not self._shown.nodes or self._ended or len(self._measured) == total:
            return ""
        if self.settled:
            return f"flicker stopped at {len(self._measured)} of {total}"
        done = f"measuring {len(self._measured)}" if self._looked.differ else f"comparing {self._looked.count}"
        return f"{done} of {total}{self._workspace.stops}"

    def turn(self, on: bool) -> None:
        """Measure, or stop measuring and forget."""
        self.on = on
        self.follow(self._shown, self._span)

    def follow(self, shown: Shown, span: Range) -> None:
        """Something else is shown, or the script is another; measure it soon."""
        self._shown, self._span = shown, span
        self._workspace.evaluations.cancel(self)
        self._measuring = self._ended = False
        self._measured.clear()
        self._looked = Looked()
        seen, self.frames = bool(self.frames), {}
        if self.on and shown.nodes:
            self._timer.start()
        else:
            self._timer.stop()
        if self.on or seen:
            self.changed.emit()

    def _look(self) -> None:
        """Compare frames until two differ, for a while: where none do, there is nothing to measure."""
        session, graph, project, shown = self._setting()
        span, before = self._span, self._looked
        self._measuring = True
        self._workspace.evaluations.run(
            self,
            lambda token: looked(session, graph, project, shown, span, before, token),
            self._seen,
            self._failed,
            urgency=THUMBNAILS,
        )

    def _seen(self, found: Looked) -> None:
        self._measuring = False
        self._looked = found
        first, last = self._span
        if found.differ:
            self._next()
        elif found.count <= last - first:
            self._look()
        else:
            frames = f"from frame {first} to {last}" if first < last else f"at frame {first} alone"
            self._failed(
                RimlightError(f"{self._shown.nodes[0]} is one picture {frames}: there is no flicker to measure")
            )
        self.changed.emit()

    def _setting(self) -> tuple[Session, Graph, Project, Shown]:
        workspace = self._workspace
        return workspace.session, workspace.graph, workspace.document.project, self._shown

    def _next(self) -> None:
        """Measure the nearest frame that is not measured yet."""
        workspace = self._workspace
        frame = nearest_left(workspace.frame, self._span, self._measured)
        if frame is None:
            return
        session, graph, project, shown = self._setting()
        self._measuring = True
        workspace.evaluations.run(
            self,
            lambda token: measured(session, graph, project, shown, float(frame), token),
            partial(self._found, frame),
            self._failed,
            urgency=THUMBNAILS,
        )

    def _found(self, frame: int, flicker: Flicker | None) -> None:
        self._measuring = False
        self._measured.add(frame)
        if flicker is not None:
            self.frames = {**self.frames, frame: flicker}
        self._next()
        self.changed.emit()

    def _stopped(self) -> None:
        """Esc: what was measured stays; it goes on when something else is shown."""
        self._measuring = False
        self._timer.stop()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._measuring, self._ended = False, True
        self.changed.emit()
        self.failed.emit(str(error))


def nearest_left(frame: float, span: Range, there: Collection[int]) -> int | None:
    """The frame of a range that is nearest to one and not among those that are there, the earlier of two.

    Goes outwards and lists nothing: a range may have a million frames.
    """
    first, last = span
    at = min(max(round(frame), first), last)
    around = (other for away in range(last - first + 1) for other in (at - away, at + away))
    return next((other for other in around if first <= other <= last and other not in there), None)


def looked(
    session: Session, graph: Graph, project: Project, shown: Shown, span: Range, before: Looked, token: CancelToken
) -> Looked:
    """Whether all that is shown is the same at all frames, as a still or a single file is: looks at those after the
    ones that were looked at `before`, for LOOK_S seconds, until two differ. In a worker.
    """
    until, count, keys = time.monotonic() + LOOK_S, before.count, before.keys
    for frame in map(float, range(span[0] + count, span[1] + 1)):
        token.check()
        vertices = session.evaluator.survey(graph, project, shown.nodes, frame, shown.scale, Tier.FINAL)
        found = [vertices[real(vertices, (node, frame))] for node in shown.nodes]
        now = tuple(vertex.key for vertex in found)
        missing = any(vertex.error is not None or not isinstance(vertex.info, ImageInfo) for vertex in found)
        if missing or keys not in (None, now):
            return Looked(count, keys, differ=True)
        count, keys = count + 1, now
        if time.monotonic() > until:
            break
    return Looked(count, keys)


def measured(
    session: Session, graph: Graph, project: Project, shown: Shown, frame: float, token: CancelToken
) -> Flicker | None:
    """The flicker of a frame of what is shown; None for one that has none, such as the first. In a worker.

    A meter is put behind the node in a graph of its own, so that what is computed is in the cache for the viewer too.
    """
    evaluator, node = session.evaluator, shown.nodes[0]
    vertices = evaluator.survey(graph, project, [node], frame, shown.scale, Tier.FINAL)
    vertex = vertices[real(vertices, (node, frame))]
    if vertex.error is not None:
        raise vertex.error
    info = vertex.info
    if shown.choose is None or not isinstance(info, ImageInfo):
        raise RimlightError(f"{node} shows no picture whose flicker could be measured")
    wanted = shown.choose(info)
    inside, _, name = node.rpartition("/")
    level = graph.inside(inside)
    meter = level.unused_name("FlickerMeter")
    level = level.put(meter, NodeState(_METER, values={"layer": wanted[0]})).connect(meter, "image", name)
    for other in shown.nodes[1:2]:
        beside, _, last = other.rpartition("/")
        if beside == inside:
            level = level.connect(meter, "plate", last)
    path = path_at(inside, meter)
    whole = graph.replace_inside(inside, level)
    evaluator.evaluate(whole, project, Request(path, frame, None, wanted[:1], shown.scale, Tier.FINAL), token)
    found = evaluator.measured(whole, project, path, frame)
    return Flicker(found[_OWN], found.get(_OTHER)) if _OWN in found else None
