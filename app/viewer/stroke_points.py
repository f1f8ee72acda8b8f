"""Points along the one chosen stroke, to bend it."""

from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QTransform

from .. import theme
from ..drawnmoves import size_of
from ..strokepoints import Line, at, line_of, places_of, points_of, pulled, without
from ..strokes import Target, strokes_of
from ..workspace import Workspace
from .lens import Lens
from .stroke_marks import scale_of
from .tools import Drag, Following, Press, near

APART = 56.0
"""Units of widgets from one point to the next: the closer the picture, the finer they are."""


class Bent(NamedTuple):
    """A stroke that can be bent. whole : from its points to artist's coordinates, at the frame."""

    target: Target
    number: int
    stroke: Any
    whole: QTransform


class StrokePoints:
    """The points of a stroke, which is handed to each call. A press on one chooses it, a drag pulls it: its neighbours
    stay, and what lies between goes along softly.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held: tuple[Target, int, int, int] | None = None
        self._lens: Lens | None = None
        self._kept: tuple[Any, float, list[float]] | None = None

    def places(self, bent: Bent, lens: Lens) -> list[QPointF]:
        """Where the points are, in artist's coordinates."""
        line, places = self._along(bent, lens)
        return [bent.whole.map(QPointF(*at(line, place))) for place in places]

    def under(self, bent: Bent, place: QPointF, lens: Lens) -> int | None:
        """The number of the point at a place of the viewport."""
        shown = enumerate(lens.from_artist(p.x(), p.y()) for p in self.places(bent, lens))
        return next((i for i, point in shown if near(place, point)), None)

    def held(self, bent: Bent) -> int | None:
        """The number of the chosen point."""
        if self._held is None or self._lens is None:
            return None
        count = len(self._along(bent, self._lens)[1])
        return self._held[3] if self._held[:3] == (bent.target, bent.number, count) else None

    # -- editing --------------------------------------------------------------------------------------------------

    def grab(self, bent: Bent, press: Press) -> Drag | None:
        """A press on a point."""
        number = self.under(bent, press.at, press.lens)
        if number is None:
            self._held = None
            return None
        self._hold(bent, press.lens, number)
        workspace, token = self._workspace, object()
        steps, start = workspace.session.history.position, press.lens.to_artist(press.at)
        (line, places), went = self._along(bent, press.lens), False

        def follow(place: QPointF, held: Qt.KeyboardModifier) -> None:
            nonlocal went
            x, y = press.lens.to_artist(place)
            way = QPointF(x - start[0], y - start[1])
            if held & Qt.KeyboardModifier.ShiftModifier:
                way = QPointF(way.x(), 0) if abs(way.x()) > abs(way.y()) else QPointF(0, way.y())
            went = went or not near(place, press.at, 2.0)  # else a click of an unsteady hand
            if went:
                self._put(bent, press.lens, pulled(line, places, number, _own(bent, way)), token)

        return Following(follow, partial(workspace.undo_to, steps))

    def nudge(self, bent: Bent, dx: float, dy: float) -> bool:
        """Pull the chosen point by pixels of the picture; False where none is."""
        number = self.held(bent)
        if number is None or self._lens is None:
            return False
        line, places = self._along(bent, self._lens)
        self._put(bent, self._lens, pulled(line, places, number, _own(bent, QPointF(dx, dy))))
        return True

    def delete(self, bent: Bent) -> bool:
        """Take the chosen point out; False where none is."""
        number = self.held(bent)
        if number is None or self._lens is None:
            return False
        self._held = None
        self._put(bent, self._lens, without(*self._along(bent, self._lens), number))
        return True

    def _hold(self, bent: Bent, lens: Lens, number: int) -> None:
        self._lens = lens
        self._held = bent.target, bent.number, len(self._along(bent, lens)[1]), number

    def _along(self, bent: Bent, lens: Lens) -> tuple[Line, list[float]]:
        """The line of a stroke, and where along it the points are: while it is bent they stay where they were."""
        line, apart = line_of(bent.stroke.points), self._apart(bent, lens)
        if self._kept is not None and self._kept[:2] == (bent.stroke.points, apart):
            return line, self._kept[2]
        return line, places_of(line, apart) if len(line) > 1 and apart else []

    def _apart(self, bent: Bent, lens: Lens) -> float:
        scale = max(scale_of(lens)) * size_of(bent.whole)
        return APART / scale if scale > 0 else 0.0

    def _put(self, bent: Bent, lens: Lens, made: tuple[Line, list[float]], token: object = None) -> None:
        """A stroke with other points."""
        path, parameter = bent.target
        strokes: list[Any] = list(strokes_of(self._workspace, bent.target))
        strokes[bent.number] = {**bent.stroke.to_data(), "points": points_of(made[0])}
        self._workspace.edit(lambda session: session.set(path, token, **{parameter: strokes}))
        now = strokes_of(self._workspace, bent.target)
        if bent.number < len(now):
            self._kept = now[bent.number].points, self._apart(bent, lens), made[1]

    # -- looks ----------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, bent: Bent, lens: Lens) -> None:
        """Round, for the stroke bends smoothly at them; the chosen one is light."""
        held = self.held(bent)
        painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
        for i, place in enumerate(self.places(bent, lens)):
            point = lens.from_artist(place.x(), place.y())
            painter.setBrush(theme.color("text.strong" if i == held else "accent"))
            painter.drawEllipse(QRectF(point.x() - 4, point.y() - 4, 8, 8))


def _own(bent: Bent, way: QPointF) -> tuple[float, float]:
    """A way on the picture in the coordinates of a stroke's points."""
    whole = bent.whole
    back, possible = QTransform(whole.m11(), whole.m12(), whole.m21(), whole.m22(), 0, 0).inverted()
    own = back.map(way) if possible else QPointF()
    return own.x(), own.y()
