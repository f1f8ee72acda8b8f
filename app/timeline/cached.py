"""Which frames of what is shown lie in the cache, found in the background."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, Graph, ImageInfo, Project, Session, Tier, real

from ..changes import Change
from ..evaluating import HOUSEKEEPING
from ..workspace import Workspace
from .ahead import Shown

Where = str
"""`device`, `host` or `disk`."""
Place = tuple[bytes, str]
"""The content key of a picture and its layer, under which the cache holds it."""
DELAY_MS = 300
MOST = 400
"""Frames looked at in one go, those nearest to the current one."""


class CachedFrames(QObject):
    """Frames by where the picture of the first node that is shown lies. changed : some are others.

    To survey a frame takes milliseconds, to ask the cache for one whose key is known takes none. So keys are kept until
    an edit reaches what is shown.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.frames: Mapping[int, Where] = {}
        self._workspace = workspace
        self._shown = Shown()
        self._span = (1, 1)
        self._places: dict[int, Place | None] = {}
        self._places_of = (Shown().key, workspace.document)
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._look)
        self._looking = False
        workspace.evaluations.rested.connect(self._timer.start)

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

    def _look(self) -> None:
        workspace, shown = self._workspace, self._shown
        if not shown.nodes:
            workspace.evaluations.cancel(self)
            self._found({})
            return
        frames = nearest(workspace.frame, *self._span)
        places = self._places = self._still_known(frames)
        session, graph, project = workspace.session, workspace.graph, workspace.document.project
        self._looking = True
        workspace.evaluations.run(
            self,
            lambda token: cached_frames(session, graph, project, shown, frames, places, token),
            self._found,
            self._failed,
            urgency=HOUSEKEEPING,
        )

    def _still_known(self, frames: Sequence[int]) -> dict[int, Place | None]:
        """The places that hold for the script as it is, in a dictionary that no earlier look still fills."""
        document = self._workspace.document
        key, before = self._places_of
        self._places_of = (self._shown.key, document)
        if key != self._shown.key or Change(before, document).reaches(self._shown.nodes[0]):
            return {}
        held = dict(self._places)
        return {frame: held[frame] for frame in frames if frame in held}

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
    session: Session, graph: Graph, project: Project, shown: Shown, frames: Sequence[int],
    places: dict[int, Place | None], token: CancelToken,
) -> dict[int, Where]:  # fmt: skip
    """Where the pictures of frames lie, those that lie anywhere. In a worker.

    places : by frame, those that are known already; what is found is added, also when this is cancelled halfway. The
    first frame is surveyed in any case: where it has another place than it had, files are others, and none is known.
    """
    found: dict[int, Where] = {}
    for frame in frames:
        token.check()
        if frame == frames[0] or frame not in places:
            place = _place(session, graph, project, shown, float(frame))
            if places.setdefault(frame, place) != place:
                places.clear()
                places[frame] = place
        known = places[frame]
        where = session.evaluator.cache.holds(*known) if known is not None else None
        if where is not None:
            found[frame] = where
    return found


def _place(session: Session, graph: Graph, project: Project, shown: Shown, frame: float) -> Place | None:
    """Where the cache would hold a frame; None for one that cannot be evaluated or has no picture."""
    node = shown.nodes[0]
    vertices = session.evaluator.survey(graph, project, [node], frame, shown.scale, Tier.FINAL)
    vertex = vertices[real(vertices, (node, frame))]
    if vertex.error is not None or not isinstance(vertex.info, ImageInfo) or not vertex.info.layers:
        return None
    return vertex.key, shown.choose(vertex.info)[0] if shown.choose is not None else vertex.info.names[0]
