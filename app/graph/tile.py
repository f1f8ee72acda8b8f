"""The tiles of nodes, and dots."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from rimlight.engine import Curve, Expr, NodeState

from .items import Item, Tip
from .looks import FAR, NEAR, Look, category_pen, tile_brush
from .operations import is_clone
from .placing import DOT, HEIGHT, WIDTH
from .sockets import Socket

STUB = 15.0
"""Length of the arrow of an input that is not wired."""
ARROW = 6.5
THUMBNAIL = (WIDTH, WIDTH * 9 / 16)
_LINE = 13.0
"""Height of a second line of text."""
_INTO = {"top": QPointF(0, 1), "side": QPointF(1, 0), "right": QPointF(-1, 0)}
"""Where the wire into an input that is not wired would head."""


def second_line(state: NodeState, files: bool) -> str:
    """What a tile says below the name: the note, the file where those are shown, or the operation."""
    note = str(state.values.get("note", "")).partition("\n")[0]
    if note or state.cls is None:
        return note
    if files:
        file = next((str(state.values.get(s.name, "")) for s in state.cls.specs if s.role == "file"), "")
        if file:
            return file.rpartition("/")[2]
    operation = next((s for s in state.cls.specs if s.name == "operation" and s.choices), None)
    return f"({state.value('operation')})" if operation is not None else ""


class NodeTile(Item):
    """A node: its name on the colour of its category, arrows for its inputs, badges for what it is doing."""

    def __init__(self, name: str, state: NodeState, look: Look, files: bool = False) -> None:
        self.files = files
        self.thumbnail: QPixmap | None = None
        self.thumbnail_stale = False
        super().__init__(name, state, look)
        self.setZValue(2)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    @property
    def wants_thumbnail(self) -> bool:
        return bool(self.state.ui.get("thumbnail"))

    def lay_out(self) -> None:
        self.second = self.look.fitting(second_line(self.state, self.files), WIDTH - 12, small=True)
        self.text = self.look.fitting(self.name, WIDTH - 14)
        height = HEIGHT + (_LINE if self.second else 0.0) + (THUMBNAIL[1] if self.wants_thumbnail else 0.0)
        self.body = QRectF(-WIDTH / 2, -height / 2, WIDTH, height)
        self.label_inputs = len([s for s in self.sockets if s.side != "right" and not s.spare]) > 1
        sides = 84.0 if self.label_inputs else 26.0
        self.bounds = self.body.adjusted(-sides, -34, sides, 16)
        self.marks = _marks(self.name, self.state)
        values = self.state.values
        self.off = values.get("disable", False)

    # -- where wires meet it --------------------------------------------------------------------------------------

    def tip_of(self, socket: str, source: QPointF | None) -> QPointF:
        x, y = self._tip(socket, None if source is None else source.x() - self.x())
        return QPointF(self.x() + x, self.y() + y)

    def _tip(self, socket: str, source_x: float | None) -> tuple[float, float]:
        """Where a socket is, in the tile's coordinates; those at the side are on the side of the source."""
        body = self.body
        found = next((s for s in self.sockets if s.name == socket), None)
        side = found.side if found is not None else "top"
        group = [s.name for s in self.sockets if s.side == side]
        index = group.index(socket) if socket in group else 0
        share = (index + 1) / (len(group) + 1)
        if side == "top":
            return (body.left() + body.width() * share if len(group) > 1 else 0.0), body.top()
        both = any(s.side == "side" for s in self.sockets) and any(s.side == "right" for s in self.sockets)
        if side == "right":
            return body.right(), body.bottom() - (9.0 if both else body.height() / 2)
        right = source_x is not None and source_x > 0
        low, high = body.top() + 5, body.bottom() - (14.0 if right and both else 5.0)
        return (body.right() if right else body.left()), low + (high - low) * share

    def stubs(self) -> Mapping[str, tuple[QPointF, QPointF]]:
        return {s.name: self._stub(s) for s in self.sockets if s.source is None and self._shows(s)}

    def _shows(self, socket: Socket) -> bool:
        if self.state.ui.get("hide_inputs"):
            return False
        return self.hovered or not (socket.spare or socket.side == "right")

    def _stub(self, socket: Socket) -> tuple[QPointF, QPointF]:
        x, y = self._tip(socket.name, None)
        tip = QPointF(self.x() + x, self.y() + y)
        return tip, tip - _INTO[socket.side] * STUB

    # -- painting -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look, body = self.look, self.body
        chosen_color = str(self.state.ui.get("color", ""))
        brush = tile_brush(self.state.kind, chosen_color, self.chosen)
        if look.lod < FAR:
            painter.fillRect(body, brush)
            if self.chosen or self.status.error:
                painter.setPen(look.selected_far if self.chosen else look.error_far)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(body)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_inputs(painter)
        painter.setBrush(brush)
        painter.setPen(look.edge)
        painter.drawRoundedRect(body, 4, 4)
        painter.setPen(category_pen(self.state.kind, chosen_color))
        painter.drawLine(QPointF(body.left() + 3, body.top() + 1.5), QPointF(body.right() - 3, body.top() + 1.5))
        self._paint_progress(painter)
        self._paint_text(painter)
        self._paint_outline(painter)
        if look.lod >= NEAR:
            self._paint_badges(painter)

    def _paint_outline(self, painter: QPainter) -> None:
        look, status = self.look, self.status
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.off is True:
            painter.setPen(look.disabled)
            painter.drawLine(self.body.topLeft() + QPointF(4, 4), self.body.bottomRight() - QPointF(4, 4))
            painter.drawLine(self.body.topRight() + QPointF(-4, 4), self.body.bottomLeft() + QPointF(4, -4))
        if status.error or status.blocked:
            painter.setPen(look.error if status.error else look.blocked)
            painter.drawRoundedRect(self.body, 4, 4)
        if self.chosen:
            painter.setPen(look.selected)
            painter.drawRoundedRect(self.body.adjusted(-2, -2, 2, 2), 5, 5)

    def _paint_text(self, painter: QPainter) -> None:
        look, body = self.look, self.body
        top = body.top()
        if self.wants_thumbnail:
            frame = QRectF(body.left() + 2, top + 4, body.width() - 4, THUMBNAIL[1] - 4)
            self._paint_thumbnail(painter, frame)
            top += THUMBNAIL[1]
        painter.setPen(look.dim if self.off is True else look.text)
        painter.setFont(look.name_font)
        painter.drawText(QRectF(body.left(), top, body.width(), HEIGHT), Qt.AlignmentFlag.AlignCenter, self.text)
        if self.second:
            painter.setFont(look.small_font)
            painter.setPen(look.dim)
            line = QRectF(body.left(), top + HEIGHT - 7, body.width(), _LINE)
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self.second)

    def _paint_thumbnail(self, painter: QPainter, frame: QRectF) -> None:
        painter.fillRect(frame, self.look.dark)
        if self.thumbnail is None:
            return
        size = self.thumbnail.size().scaled(frame.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.45 if self.thumbnail_stale else 1.0)
        painter.drawPixmap(target, self.thumbnail, QRectF(self.thumbnail.rect()))
        painter.setOpacity(1.0)

    def _paint_progress(self, painter: QPainter) -> None:
        fraction = self.status.computing
        if fraction is not None:
            bar = QRectF(self.body.left() + 1, self.body.bottom() - 4, (self.body.width() - 2) * max(0.04, fraction), 3)
            painter.fillRect(bar, self.look.computing)

    def _paint_inputs(self, painter: QPainter) -> None:
        look = self.look
        if self.state.ui.get("hide_inputs"):
            return
        named = look.lod >= NEAR and (self.label_inputs or self.hovered)
        for socket in self.sockets:
            tip = self.tips.get(socket.name)
            if tip is None:
                if socket.source is not None or (socket.spare and not self.hovered):
                    continue
                x, y = self._tip(socket.name, None)
                into = _INTO[socket.side]
                tip = Tip(QPointF(x, y), into, look.stub.color())
                quiet = socket.side == "right" and not self.hovered
                if not quiet:
                    length = STUB if socket.needed or self.hovered else STUB * 0.6
                    painter.setPen(look.stub)
                    painter.drawLine(tip.point, tip.point - into * length)
                _arrow(painter, tip, ARROW * 0.7 if quiet else ARROW)
                if quiet:
                    continue
            else:
                _arrow(painter, tip, ARROW)
            if named:
                self._paint_label(painter, socket, tip)

    def _paint_label(self, painter: QPainter, socket: Socket, tip: Tip) -> None:
        """The name of an input beside the end of its wire, on the side where the wire is not."""
        look, (x, y), way = self.look, (tip.point.x(), tip.point.y()), tip.direction
        painter.setFont(look.small_font)
        painter.setPen(look.dim)
        width, height = 72.0, 14.0
        if socket.side == "top":
            right, top = way.x() >= -0.25, y - 17
        else:
            right, top = x > 0, y - height if abs(way.y()) < 0.2 else y
        flags = Qt.AlignmentFlag.AlignLeft if right else Qt.AlignmentFlag.AlignRight
        left = x + 8 if right else x - 8 - width
        painter.drawText(QRectF(left, top, width, height), flags | Qt.AlignmentFlag.AlignVCenter, socket.name)

    def _paint_badges(self, painter: QPainter) -> None:
        look, status, body = self.look, self.status, self.body
        if status.cached is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.cached[status.cached])
            spot = QRectF(body.left() + 5, body.bottom() - 9, 5, 5)
            if status.cached == "disk":
                painter.drawRect(spot)
            else:
                painter.drawEllipse(spot)
        if status.error:
            _badge(painter, body.topLeft() + QPointF(1, 1), look.error_color, look, "!")
        elif status.warnings:
            _triangle(painter, body.topLeft() + QPointF(2, 1), look.warning, look)
        x = body.right() - 9.0
        for mark in self.marks:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.marks[mark])
            painter.drawEllipse(QPointF(x, body.top() + 8), 3.4, 3.4)
            x -= 10
        x = body.right() - 2
        painter.setFont(look.small_font)
        for slot, side in reversed(self.status.slots):
            chip = QRectF(x - 15, body.bottom() - 5, 15, 14)
            painter.setPen(look.edge)
            painter.setBrush({"a": look.chip_a, "b": look.chip_b}.get(side, look.chip))
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(look.chip_text if side else look.dim)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, slot)
            x -= 17
        if status.ledger is not None:
            painter.setPen(look.dim)
            line = QRectF(body.left(), body.bottom() + 1, body.width() - 20, 13)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, f"± {status.ledger:.2g}")


class DotTile(Item):
    """A bend in a wire."""

    def __init__(self, name: str, state: NodeState, look: Look) -> None:
        super().__init__(name, state, look)
        self.setZValue(2)

    def lay_out(self) -> None:
        self.body = QRectF(-DOT / 2, -DOT / 2, DOT, DOT)
        self.bounds = self.body.adjusted(-4, -4, 150 if self.state.values.get("note") else 24, 8)
        self.note = self.look.fitting(str(self.state.values.get("note", "")), 130, small=True)

    @property
    def output(self) -> QPointF:
        return self.pos()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = self.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, look.lod >= FAR)
        painter.setPen(look.error if self.status.error else look.selected if self.chosen else look.edge)
        painter.setBrush(look.chip_a if self.chosen else look.stub.color())
        painter.drawEllipse(self.body)
        if look.lod < NEAR:
            return
        painter.setFont(look.small_font)
        painter.setPen(look.dim)
        text = " ".join([*(slot for slot, _ in self.status.slots), self.note]).strip()
        painter.drawText(QRectF(DOT, -8, 140, 16), Qt.AlignmentFlag.AlignVCenter, text)


def _marks(name: str, state: NodeState) -> tuple[str, ...]:
    """Which of the marks for keys, expressions and clones a node has."""
    if is_clone(name, state):
        return ("linked",)
    constant = {spec.name for spec in state.cls.specs if spec.type is Curve} if state.cls is not None else set()
    found = set()
    for parameter, value in state.values.items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Curve) and parameter not in constant:
                found.add("keyframe")
            elif isinstance(part, Expr):
                found.add("expression")
    return tuple(sorted(found))


def _arrow(painter: QPainter, tip: Tip, size: float) -> None:
    """The triangle at the end of a wire."""
    way = tip.direction
    across = QPointF(-way.y(), way.x()) * (size * 0.5)
    base = tip.point - way * size
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tip.color)
    painter.drawPolygon(QPolygonF([tip.point, base + across, base - across]))


def _badge(painter: QPainter, center: QPointF, color: QColor, look: Look, text: str) -> None:
    painter.setPen(look.edge)
    painter.setBrush(color)
    painter.drawEllipse(center, 7, 7)
    painter.setPen(look.chip_text)
    painter.setFont(look.bold_font)
    painter.drawText(QRectF(center.x() - 7, center.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, text)


def _triangle(painter: QPainter, center: QPointF, color: QColor, look: Look) -> None:
    painter.setPen(look.edge)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([center + QPointF(0, -8), center + QPointF(8, 6), center + QPointF(-8, 6)]))
    painter.setPen(look.chip_text)
    painter.setFont(look.small_font)
    painter.drawText(QRectF(center.x() - 7, center.y() - 5, 14, 12), Qt.AlignmentFlag.AlignCenter, "!")
