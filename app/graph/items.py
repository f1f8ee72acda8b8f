"""What all that stands on the canvas shares: a name, a place, a body, and where wires meet it."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem

from rimlight.engine import NodeState

from .. import theme
from .looks import Look
from .placing import Point
from .sockets import Socket, sockets_of
from .status import RESTING, Status

ARROW = 6.5
"""Length of the triangle at the end of a wire."""


class Tip:
    """The end of a wire, in the coordinates of the item that it enters.

    direction : where it heads, of length 1. size : of its triangle, which is made when it is first painted.
    """

    __slots__ = ("_triangle", "color", "direction", "point", "size")

    def __init__(self, point: QPointF, direction: QPointF, color: QColor, size: float = ARROW) -> None:
        self.point = point
        self.direction = direction
        self.color = color
        self.size = size
        self._triangle: QPolygonF | None = None

    @property
    def triangle(self) -> QPolygonF:
        if self._triangle is None:
            across = QPointF(-self.direction.y(), self.direction.x()) * (self.size * 0.5)
            base = self.point - self.direction * self.size
            self._triangle = QPolygonF([self.point, base + across, base - across])
        return self._triangle


class Item(QGraphicsPathItem):
    """One node on the canvas; its position is the centre of its body.

    A path item, whose outline is asked for at every frame and known to Qt without asking Python: that is half of the
    time that thousands of nodes take.

    sockets : its inputs. body : what is clicked, around 0, 0. bounds : all that is painted.
    tips : of the wires into it, by socket.
    """

    def __init__(self, name: str, state: NodeState, look: Look) -> None:
        super().__init__()
        self.setPen(QPen(Qt.PenStyle.NoPen))
        self.name = name
        self.state = state
        self.look = look
        self.status = RESTING
        self.chosen = False
        self.hovered = False
        self.sockets: tuple[Socket, ...] = ()
        self.body = QRectF()
        self.bounds = QRectF()
        self.tips: dict[str, Tip] = {}
        self.set_state(name, state)

    def set_state(self, name: str, state: NodeState) -> None:
        """Show another state of the node."""
        self.name, self.state = name, state
        self.sockets = sockets_of(state)
        self.lay_out()
        self.put_outline()
        self.tips = {}
        self.update()

    def lay_out(self) -> None:
        """Find `body` and `bounds` for the state."""
        raise NotImplementedError

    def put_outline(self) -> None:
        """Let Qt know that it paints within `bounds`."""
        outline = QPainterPath()
        outline.addRect(self.bounds)
        self.setPath(outline)

    def set_status(self, status: Status) -> None:
        """Show what the node is doing; repaints only when something differs."""
        if status != self.status:
            self.status = status
            self.update()

    def choose(self, chosen: bool) -> None:
        """Show it as selected or not."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.update()

    def hover(self, hovered: bool) -> None:
        """Show what can be grabbed while the mouse is over it."""
        if hovered != self.hovered:
            self.hovered = hovered
            self.update()

    @property
    def fill_color(self) -> QColor:
        """What the artist chose, else the colour of its category."""
        return theme.category_color(self.state.kind, str(self.state.ui.get("color", "")), self.menu)

    @property
    def menu(self) -> str:
        """Where its kind stands in the menu; empty where nobody knows the kind."""
        return self.state.cls.menu if self.state.cls is not None else ""

    @property
    def place(self) -> Point:
        """The centre, in the scene."""
        return self.x(), self.y()

    @property
    def rect(self) -> QRectF:
        """The body, in the scene."""
        return self.body.translated(self.pos())

    @property
    def output(self) -> QPointF:
        """Where wires start, in the scene."""
        return QPointF(self.x(), self.y() + self.body.bottom())

    def tip_of(self, socket: str, source: QPointF | None) -> QPointF:
        """Where a wire from `source` ends at a socket, in the scene; without a source where its stub is."""
        return self.pos()

    def aim(self, socket: str, source: QPointF, pen: QPen) -> QPointF:
        """Let a wire into a socket come from `source`, in the scene; returns where it ends."""
        end = self.tip_of(socket, source)
        way = end - source
        length = max(1e-6, (way.x() ** 2 + way.y() ** 2) ** 0.5)
        point, direction = end - self.pos(), way / length
        known, color = self.tips.get(socket), pen.color()
        if known is None or (known.point, known.direction, known.color) != (point, direction, color):
            self.tips[socket] = Tip(point, direction, color, ARROW * max(1.0, 0.6 * pen.widthF()))
            self.update()
        return end

    def stubs(self) -> Mapping[str, tuple[QPointF, QPointF]]:
        """The unwired inputs that can be grabbed: tip and outer end of each, in the scene."""
        return {}

    def named_at(self, at: QPointF) -> str | None:
        """The input whose name, as it is shown, is under a point of the scene."""
        return None
