"""The values of expressions over a range of frames, computed in the background for curves that are only looked at."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from rimlight.engine import CancelToken, RimlightError

from ..evaluating import HOUSEKEEPING
from ..properties.parameter import inner, parts
from ..workspace import Workspace
from .tracks import Track, TrackId

COUNT = 240
"""Points at most: frames are left out where the range is longer."""
DELAY_MS = 60

Points = Sequence[tuple[float, float]]


class Samples(QObject):
    """Points by track. changed : other points are there."""

    changed = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.points: Mapping[TrackId, Points] = {}
        self._tracks: Sequence[Track] = ()
        self._range = (1.0, 100.0)
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._ask)

    def want(self, tracks: Sequence[Track], first: float, last: float) -> None:
        """Find the values of these over a range of frames, soon."""
        self._tracks = [track for track in tracks if track.curve is None]
        self._range = (first, last)
        if self._tracks:
            self._timer.start()
        else:
            self._timer.stop()
            self._workspace.evaluations.cancel(self)
            if self.points:
                self.points = {}
                self.changed.emit()

    def _ask(self) -> None:
        session, graph = self._workspace.session, self._workspace.graph
        wanted = [(track.id, inner(graph, track.parameter), track.component) for track in self._tracks]
        first, last = round(self._range[0]), round(self._range[1])
        step = max(1, -(-(last - first) // COUNT))

        def work(token: CancelToken) -> dict[TrackId, Points]:
            flat = session.evaluator.flat(graph)
            found: dict[TrackId, Points] = {}
            for name, parameter, component in wanted:
                points: list[tuple[float, float]] = []
                for frame in range(first, last + 1, step):
                    token.check()
                    try:
                        value = flat.value(parameter.path, parameter.spec, float(frame))
                    except RimlightError:  # outside its legal range, or wrong: the row in the properties says why
                        continue
                    points.append((float(frame), float(parts(parameter.spec, value)[component])))
                found[name] = points
            return found

        self._workspace.evaluations.run(self, work, self._found, urgency=HOUSEKEEPING)

    def _found(self, found: dict[TrackId, Points]) -> None:
        self.points = found
        self.changed.emit()
