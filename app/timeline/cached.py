"""Which frames of what is shown lie in the cache, found in the background."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, Graph, ImageInfo, Project, Session, Tier, real

from ..evaluating import HOUSEKEEPING
from ..workspace import Workspace
from .ahead import Shown

Where = str
"""`device`, `host` or `disk`."""
DELAY_MS = 300
MOST = 400
"""Frames looked at in one go, those nearest to the current one."""


class CachedFrames(QObject):
    """Frames by where the picture of the first node that is shown lies. changed : some are others."""

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frames: Mapping[int, Where] = {}
        self._workspace = workspace
        self._shown = Shown()
        self._span = (1, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._look)
        self._looking = False
        workspace.evaluations.rested.connect(self._rested)

    @property
    def settled(self) -> bool:
        return not (self._looking or self._timer.isActive())

    def follow(self, shown: Shown, span: tuple[int, int]) -> None:
        """Something else is shown, or the script is another; look soon."""
        self._shown, self._span = shown, span
        self._timer.start()

    def note(self, frame: float) -> None:
        """A frame was just evaluated."""
        if frame == int(frame) and self.frames.get(int(frame)) is None:
            device = self._workspace.session.settings.device != "cpu"
            self.frames = {**self.frames, int(frame): "device" if device else "host"}
            self.changed.emit()

    def _rested(self) -> None:
        self._timer.start()

    def _look(self) -> None:
        workspace, shown = self._workspace, self._shown
        if not shown.nodes:
            workspace.evaluations.cancel(self)
            self._found({})
            return
        first, last = self._span
        frames = nearest(workspace.frame, first, last)
        session, graph, project = workspace.session, workspace.graph, workspace.document.project
        self._looking = True
        workspace.evaluations.run(
            self,
            lambda token: cached_frames(session, graph, project, shown, frames, token),
            self._found,
            self._failed,
            urgency=HOUSEKEEPING,
        )

    def _found(self, frames: Mapping[int, Where]) -> None:
        self._looking = False
        if frames != self.frames:
            self.frames = frames
            self.changed.emit()

    def _failed(self, error: Exception) -> None:
        """A script that cannot be surveyed; the viewer says why."""
        self._found({})


def nearest(frame: float, first: int, last: int) -> list[int]:
    """The frames of a range that are looked at, the nearest to one first."""
    at = min(max(round(frame), first), last)
    around = range(max(first, at - MOST), min(last, at + MOST) + 1)
    return sorted(around, key=lambda other: abs(other - frame))[:MOST]


def cached_frames(
    session: Session, graph: Graph, project: Project, shown: Shown, frames: Iterable[int], token: CancelToken
) -> dict[int, Where]:
    """Where the pictures of frames lie, those that lie anywhere. In a worker."""
    evaluator, node = session.evaluator, shown.nodes[0]
    found: dict[int, Where] = {}
    for frame in frames:
        token.check()
        at = float(frame)
        vertices = evaluator.survey(graph, project, [node], at, shown.scale, Tier.FINAL)
        vertex = vertices[real(vertices, (node, at))]
        if vertex.error is not None or not isinstance(vertex.info, ImageInfo) or not vertex.info.layers:
            continue
        layer = shown.choose(vertex.info)[0] if shown.choose is not None else vertex.info.names[0]
        where = evaluator.cache.holds(vertex.key, layer)
        if where is not None:
            found[frame] = where
    return found
