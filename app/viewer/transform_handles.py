"""The handle on the picture for what moves, turns and scales it, of the nodes whose properties are open."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from .. import theme
from ..paths import has_node
from ..workspace import Workspace
from .handles import write_label
from .jack import Jack, jacks_of
from .lens import Lens
from .numbers import Numbers, put_numbers
from .tools import Drag, Finely, Following, Press, Tool, near

RING, STICK, SLANT = 64.0, 44.0, 20.0
"""Radius of the ring where nothing is scaled, and how far the bar for turning and the diamonds for skewing stand off
it, in units of widgets."""
SHORTEST, LONGEST = 0.4, 3.0
"""Factors at which the ring stops following the scale, so that it can always be taken hold of."""
REACH = 6.0
"""How near to a line a press has to be."""
_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier

Part = str
"""`middle`, `ring`, `turn`, `x`, `y`, `skew_x` or `skew_y`."""
Change = dict[str, Numbers]


@dataclass(frozen=True)
class Figure:
    """How a jack looks in a pane. at : its middle. x, y : from there to the ring, along the axes of the picture."""

    at: QPointF
    x: QPointF
    y: QPointF

    @classmethod
    def of(cls, jack: Jack, lens: Lens) -> "Figure":
        px, py = jack.place
        at = lens.from_artist(px, py)
        a, b, c, d = jack.axes
        ends = []
        for way, factor in zip(((a, c), (b, d)), jack.stretch, strict=True):
            off = lens.from_artist(px + way[0], py + way[1]) - at
            length = math.hypot(off.x(), off.y()) or 1.0
            size = math.copysign(min(max(abs(factor), SHORTEST), LONGEST), factor)
            ends.append(off * (RING * size / length))
        return cls(at, ends[0], ends[1])

    @property
    def knob(self) -> QPointF:
        """The end of the bar for turning."""
        return self.at + _longer(self.x, STICK)

    def slants(self) -> Iterator[tuple[Part, QPointF]]:
        """The diamonds: that of the y axis, above, skews x, that of the x axis, opposite the bar, y."""
        yield "skew_x", self.at + _longer(self.y, SLANT)
        yield "skew_y", self.at - _longer(self.x, SLANT)

    @property
    def below(self) -> QPointF:
        """Where the name stands: below the ring."""
        return QPointF(self.at.x(), max(at.y() for _, at in self.sides())) + QPointF(-12, 8)

    def sides(self) -> Iterator[tuple[Part, QPointF]]:
        """Where the ring is taken to scale along one axis."""
        for part, way in (("x", self.x), ("y", self.y)):
            yield part, self.at + way
            yield part, self.at - way

    def radius(self, point: QPointF) -> float:
        """1 on the ring, 2 twice as far out; 0 where the axes lie in one line."""
        off = point - self.at
        det = self.x.x() * self.y.y() - self.x.y() * self.y.x()
        if abs(det) < 1:
            return 0.0
        u = (off.x() * self.y.y() - off.y() * self.y.x()) / det
        v = (off.y() * self.x.x() - off.x() * self.x.y()) / det
        return math.hypot(u, v)

    def part_at(self, point: QPointF, jack: Jack) -> Part | None:
        """What of it is within reach. Where expressions say a scale or angle, that cannot be taken hold of."""
        if near(point, self.at, 9):
            return "middle" if jack.has("move") else None
        turns, scales = jack.has("turn"), jack.has("stretch")
        if turns and near(point, self.knob, 9):
            return "turn"
        if scales and (side := next((part for part, at in self.sides() if near(point, at)), None)):
            return side
        if jack.has("skew") and (slant := next((part for part, at in self.slants() if near(point, at)), None)):
            return slant
        along = (self.x.x() * (point - self.at).x() + self.x.y() * (point - self.at).y()) / _length(self.x)
        across = (self.x.x() * (point - self.at).y() - self.x.y() * (point - self.at).x()) / _length(self.x)
        if turns and abs(across) <= REACH and _length(self.x) < along < _length(self.x) + STICK:
            return "turn"
        radius = self.radius(point)
        far = _length(point - self.at)
        if scales and radius and abs(far - far / radius) <= REACH:
            return "ring"
        return None


class TransformHandles(Tool):
    """Draws and drags the handles. The middle moves, the ring scales, its four squares scale along one axis, the bar
    turns, two diamonds skew. Shift keeps to an axis, to tenths or to 15 degrees, and makes a square scale evenly. With
    Ctrl held the mouse does a tenth; Ctrl and a press on the middle moves the pivot and leaves the picture where it is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.visible = True

    def jacks(self) -> Iterator[Jack]:
        """All that there are now."""
        graph, frame = self._workspace.graph, self._workspace.frame
        for path in self._workspace.opened if self.visible else ():
            if has_node(graph, path):
                session, middle = self._workspace.session, self._workspace.facts.middle(path)
                yield from jacks_of(session, path, graph.at(path), frame, middle)

    def _at(self, at: QPointF, lens: Lens) -> tuple[Jack, Part] | None:
        """What is there; of several nodes the one opened last."""
        found = [(jack, part) for jack in self.jacks() if (part := Figure.of(jack, lens).part_at(at, jack))]
        return found[-1] if found else None

    def grab(self, press: Press) -> Drag | None:
        left = press.button == Qt.MouseButton.LeftButton
        if not (press.plain_left or (left and press.held(_SHIFT))):
            return None
        found = self._at(press.at, press.lens)
        return None if found is None else self._drag(*found, press)

    def grab_with_control(self, press: Press) -> Drag | None:
        """Ctrl makes every part finer from the start, and takes the pivot by the middle."""
        if press.button != Qt.MouseButton.LeftButton or not (press.held(_CONTROL) or press.held(_CONTROL | _SHIFT)):
            return None
        found = self._at(press.at, press.lens)
        if found is None:
            return None
        jack, part = found
        return self._drag(jack, "pivot" if part == "middle" and jack.has("pivot") else part, press)

    def _drag(self, jack: Jack, part: Part, press: Press) -> Drag:
        workspace, token, finely = self._workspace, object(), Finely(press.at)
        steps = workspace.session.history.position
        change = _change(jack, part, press)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            way = at - press.at if part == "pivot" else finely.way(at, held)
            put_numbers(workspace, jack.node, change(press.at + way, bool(held & _SHIFT)), token)

        return Following(follow, partial(workspace.undo_to, steps))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        for jack in self.jacks():
            figure = Figure.of(jack, lens)
            _paint(painter, figure, jack)
            write_label(painter, figure.below, jack.node.rpartition("/")[2])

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        found = self._at(at, lens)
        if found is None:
            return None
        if found[1] in ("x", "y", "skew_x", "skew_y"):
            figure = Figure.of(found[0], lens)
            way = figure.x if found[1] in ("x", "skew_x") else figure.y
            return Qt.CursorShape.SizeHorCursor if abs(way.x()) > abs(way.y()) else Qt.CursorShape.SizeVerCursor
        return {"middle": Qt.CursorShape.SizeAllCursor, "turn": Qt.CursorShape.CrossCursor}.get(
            found[1], Qt.CursorShape.SizeFDiagCursor
        )


def _change(jack: Jack, part: Part, press: Press) -> Callable[[QPointF, bool], Change]:
    """What a drag makes of the numbers, from where the mouse is and whether Shift is held."""
    lens, figure = press.lens, Figure.of(jack, press.lens)
    start = lens.to_artist(press.at)

    def move(at: QPointF, held: bool) -> Change:
        x, y = lens.to_artist(at)
        return jack.moved(x - start[0], y - start[1], held)

    def pivot(at: QPointF, held: bool) -> Change:
        x, y = lens.to_artist(at)
        return jack.pivoted(x - start[0], y - start[1])

    def ring(at: QPointF, held: bool) -> Change:
        factor = figure.radius(at) / (figure.radius(press.at) or 1.0)
        return jack.scaled((factor, factor), held)

    def side(at: QPointF, held: bool) -> Change:
        axis = "xy".index(part)
        factor = jack.local(*lens.to_artist(at))[axis] / (jack.local(*start)[axis] or 1.0)
        return jack.scaled((factor, factor) if held else (factor, 1.0) if axis == 0 else (1.0, factor))

    def slant(at: QPointF, held: bool) -> Change:
        return jack.skewed(("skew_x", "skew_y").index(part), start, lens.to_artist(at), held)

    turned, before = 0.0, _angle(jack, start)

    def turn(at: QPointF, held: bool) -> Change:
        """Adds up, so that it goes on past half a turn."""
        nonlocal turned, before
        now = _angle(jack, lens.to_artist(at))
        turned += math.remainder(now - before, 360)
        before = now
        return jack.turned(turned, held)

    parts = {"middle": move, "pivot": pivot, "ring": ring, "turn": turn, "skew_x": slant, "skew_y": slant}
    return parts.get(part, side)


def _angle(jack: Jack, point: tuple[float, float]) -> float:
    x, y = jack.place
    return math.degrees(math.atan2(point[1] - y, point[0] - x))


def _length(way: QPointF) -> float:
    return math.hypot(way.x(), way.y()) or 1.0


def _longer(way: QPointF, by: float) -> QPointF:
    """A way that goes on by some units of widgets."""
    return way * ((_length(way) + by) / _length(way))


def _paint(painter: QPainter, figure: Figure, jack: Jack) -> None:
    """The cross and, as far as they can be dragged, ring, squares and bar."""
    scales, turns, slants = jack.has("stretch"), jack.has("turn"), jack.has("skew")
    lines = QPainterPath()
    unit = figure.x / _length(figure.x), figure.y / _length(figure.y)
    for way in unit:
        lines.moveTo(figure.at - way * 9)
        lines.lineTo(figure.at + way * 9)
    if scales:
        lines.addPath(_ellipse(figure))
    if turns:
        lines.moveTo(figure.at + figure.x)
        lines.lineTo(figure.knob)
    for (_, at), side in zip(figure.slants() if slants else (), (figure.y, -figure.x), strict=False):
        lines.moveTo(figure.at + side)
        lines.lineTo(at)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.color("surface.deep", 0.85), 3.2), (theme.color("accent"), 1.4)):
        painter.setPen(QPen(color, width))
        painter.drawPath(lines)
    painter.setPen(QPen(theme.color("surface.deep", 0.85), 1))
    painter.setBrush(theme.color("accent"))
    for _, at in figure.sides() if scales else ():
        painter.drawRect(QRectF(at.x() - 3.5, at.y() - 3.5, 7, 7))
    if turns:
        painter.drawEllipse(figure.knob, 4.5, 4.5)
    for _, at in figure.slants() if slants else ():
        painter.drawPolygon([at + QPointF(*off) for off in ((0, -5), (5, 0), (0, 5), (-5, 0))])


def _ellipse(figure: Figure) -> QPainterPath:
    """The circle that the axes of the picture make, as they are seen."""
    path = QPainterPath()
    k = 0.5522847  # the handles of a quarter circle
    ways = (figure.x, figure.y, -figure.x, -figure.y)
    path.moveTo(figure.at + ways[0])
    for i, way in enumerate(ways):
        after = ways[(i + 1) % 4]
        path.cubicTo(figure.at + way + after * k, figure.at + after + way * k, figure.at + after)
    return path
