"""The tiles of nodes."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPixmap, QStaticText, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from rimlight.engine import NodeState

from .items import ARROW, Item, Tip
from .labels import REACH, Label, labels_of
from .looks import FAR, Look, category_pen, tile_brush
from .marks import badge, marks_of, triangle
from .placing import HEIGHT, WIDTH
from .sockets import Socket
from .status import RESTING, brief

STUB = 15.0
"""Length of the arrow of an input that is not wired."""
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

    def lay_out(self) -> None:
        ui, values = self.state.ui, self.state.values
        self.wants_thumbnail = bool(ui.get("thumbnail"))
        self.inputs_hidden = bool(ui.get("hide_inputs"))
        self.off = values.get("disable", False) is True
        self.color = str(ui.get("color", ""))
        self.second = second_line(self.state, self.files)
        height = HEIGHT + (_LINE if self.second else 0.0) + (THUMBNAIL[1] if self.wants_thumbnail else 0.0)
        self.body = QRectF(-WIDTH / 2, -height / 2, WIDTH, height)
        self.inner = self.body.adjusted(0.5, 0.5, -0.5, -0.5)
        self.label_inputs = len([s for s in self.sockets if s.side != "right" and not s.spare]) > 1
        self._bound()
        self.marks = marks_of(self.state)
        self.text_top = self.body.top() + (THUMBNAIL[1] if self.wants_thumbnail else 0.0)
        self.lines: list[tuple[QStaticText, QPointF, bool]] | None = None
        shown = [s for s in self.sockets if not (s.spare and s.side == "top")]
        groups = {side: [s.name for s in shown if s.side == side] for side in ("top", "side", "right")}
        self._groups = groups
        self._ranks = {name: (side, i) for side, names in groups.items() for i, name in enumerate(names)}
        self._free = [(s, self._stub_tip(s)) for s in self.sockets if s.source is None]
        self._refill()

    def _bound(self) -> None:
        """What is painted outside `bounds` would stay, and a tile that moves paints all others that they touch."""
        sides = REACH + 4 if self.label_inputs or self.hovered else 26.0
        self.bounds = self.body.adjusted(-sides, -34, sides, 16)

    def hover(self, hovered: bool) -> None:
        if hovered != self.hovered:
            super().hover(hovered)
            self._bound()
            self.put_outline()

    def _laid_out(self) -> list[tuple[QStaticText, QPointF, bool]]:
        """The lines of text, ready to be painted: where, and whether small. Made when they are first seen."""
        look = self.look
        name = _static(look.fitting(self.name, WIDTH - 14), look.name_font)
        top = self.text_top + (HEIGHT - name.size().height()) / 2
        lines = [(name, QPointF(-name.size().width() / 2, top), False)]
        if self.second:
            text = _static(look.fitting(self.second, WIDTH - 12, small=True), look.small_font)
            lines.append((text, QPointF(-text.size().width() / 2, self.text_top + HEIGHT - 7), True))
        return lines

    def _stub_tip(self, socket: Socket) -> Tip:
        size = ARROW * 0.7 if socket.side == "right" else ARROW
        return Tip(QPointF(*self._tip(socket.name, None)), _INTO[socket.side], self.look.stub_color, size)

    def _refill(self) -> None:
        self.fill = tile_brush(self.state.kind, self.color, self.menu, self.chosen)

    def choose(self, chosen: bool) -> None:
        super().choose(chosen)
        self._refill()

    # -- where wires meet it --------------------------------------------------------------------------------------

    def tip_of(self, socket: str, source: QPointF | None) -> QPointF:
        x, y = self._tip(socket, None if source is None else source.x() - self.x())
        return QPointF(self.x() + x, self.y() + y)

    def _tip(self, socket: str, source_x: float | None) -> tuple[float, float]:
        """Where a socket is, in the tile's coordinates; those at the side are on the side of the source."""
        body = self.body
        if socket not in self._ranks:  # the next of many beside each other
            return body.right() - 10, body.top()
        side, index = self._ranks[socket]
        count = len(self._groups[side])
        share = (index + 1) / (count + 1)
        if side == "top":
            return (body.left() + body.width() * share if count > 1 else 0.0), body.top()
        both = bool(self._groups["side"] and self._groups["right"])
        if side == "right":
            return body.right(), body.bottom() - (9.0 if both else body.height() / 2)
        right = source_x is not None and source_x > 0
        low, high = body.top() + 5, body.bottom() - (14.0 if right and both else 5.0)
        return (body.right() if right else body.left()), low + (high - low) * share

    def stubs(self) -> Mapping[str, tuple[QPointF, QPointF]]:
        return {s.name: self._stub(s) for s in self.sockets if s.source is None and self._shows(s)}

    def named_at(self, at: QPointF) -> str | None:
        if self.inputs_hidden or self.look.lod < self.look.near:
            return None
        width = self.look.small_metrics.horizontalAdvance
        names = [label for label in self._labels() if label.written(width(label.text)).contains(at - self.pos())]
        return names[0].socket if names else None

    def _shows(self, socket: Socket) -> bool:
        if self.inputs_hidden:
            return False
        return self.hovered or not (socket.spare or socket.side == "right")

    def _stub(self, socket: Socket) -> tuple[QPointF, QPointF]:
        x, y = self._tip(socket.name, None)
        tip = QPointF(self.x() + x, self.y() + y)
        return tip, tip - _INTO[socket.side] * STUB

    # -- painting -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = self.look
        lod = look.lod
        if lod < FAR and self.status is RESTING and not self.chosen:  # most tiles, when there are thousands
            painter.fillRect(self.body, self.fill)
            return
        status = self.status
        if lod >= look.near:
            self._paint_near(painter)
            return
        painter.fillRect(self.body, self.fill)
        if status.warnings:
            painter.fillRect(QRectF(self.body.left(), self.body.top(), 12, 12), look.warning)
        if status.computing is not None:
            self._paint_progress(painter, status.computing)
        if self.chosen or status.error:
            painter.setPen(look.selected_far if self.chosen else look.error_far)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.body)
        if lod >= FAR:
            if self.wants_thumbnail:
                self._paint_thumbnail(painter)
            self._paint_text(painter)

    def _paint_near(self, painter: QPainter) -> None:
        look, body = self.look, self.body
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.inputs_hidden:
            self._paint_inputs(painter)
        painter.setPen(look.edge)
        if self.hovered:
            painter.setBrush(look.chip_a)
            painter.drawEllipse(QPointF(0, body.bottom() + 4), 3.5, 3.5)
        painter.setBrush(self.fill)
        if self.state.graph is not None:  # a group looks like a stack
            painter.drawRoundedRect(body.translated(3, 3), 4, 4)
        painter.drawRoundedRect(body, 4, 4)
        strip = body.top() + 1.5
        painter.setPen(category_pen(self.state.kind, self.color, self.menu))
        painter.drawLine(QPointF(body.left() + 3, strip), QPointF(body.right() - 3, strip))
        if self.wants_thumbnail:
            self._paint_thumbnail(painter)
        if self.status.computing is not None:
            self._paint_progress(painter, self.status.computing)
        self._paint_text(painter)
        if self.off or self.chosen or self.status.error or self.status.blocked:
            self._paint_outline(painter)
        if self.marks or self.status is not RESTING:
            self._paint_badges(painter)

    def _paint_outline(self, painter: QPainter) -> None:
        look, status = self.look, self.status
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.off:
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
        look = self.look
        if self.lines is None:
            self.lines = self._laid_out()
        for text, at, small in self.lines:
            painter.setPen(look.dim if small or self.off else look.text)
            painter.setFont(look.small_font if small else look.name_font)
            painter.drawStaticText(at, text)

    def _paint_thumbnail(self, painter: QPainter) -> None:
        frame = QRectF(self.body.left() + 2, self.body.top() + 4, self.body.width() - 4, THUMBNAIL[1] - 4)
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

    def _paint_progress(self, painter: QPainter, fraction: float) -> None:
        width = (self.body.width() - 2) * max(0.04, fraction)
        painter.fillRect(QRectF(self.body.left() + 1, self.body.bottom() - 4, width, 3), self.look.computing)

    def _paint_inputs(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for end in self.tips.values():
            painter.setBrush(end.color)
            painter.drawPolygon(end.triangle)
        if self._free:
            painter.setBrush(self.look.stub_color)
        stubs = self._arrows()
        for _, end in stubs:
            painter.drawPolygon(end.triangle)
        painter.setPen(self.look.stub)
        for socket, end in stubs:
            if socket.side != "right" or self.hovered:
                length = STUB if socket.needed or self.hovered else STUB * 0.6
                painter.drawLine(end.point, end.point - end.direction * length)
        painter.setFont(self.look.small_font)
        painter.setPen(self.look.dim)
        for label in self._labels():
            painter.drawText(label.box, label.flags, label.text)

    def _arrows(self) -> list[tuple[Socket, Tip]]:
        """The inputs without a wire that are shown."""
        return [(socket, end) for socket, end in self._free if self.hovered or not socket.spare]

    def _labels(self) -> list[Label]:
        """The names of inputs that are shown."""
        if not (self.label_inputs or self.hovered):
            return []
        wired = [(s, self.tips[s.name]) for s in self.sockets if s.name in self.tips]
        return labels_of([*wired, *((s, end) for s, end in self._arrows() if s.side != "right" or self.hovered)])

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
            badge(painter, body.topLeft() + QPointF(1, 1), look.error_color, look, "!")
        elif status.warnings:
            triangle(painter, body.topLeft() + QPointF(2, 1), look.warning, look)
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
        told = "" if status.ledger is None else f"± {status.ledger:.2g}"
        if not told and status.measured:
            name, value = status.measured[0]
            told = f"{name} {brief(value)}"
        if told:
            # On a plate of its own, as wires leave the tile below it in any direction.
            room = x - 3 - (body.left() + 13)
            told = look.last_words(told, room - 8)
            plate = QRectF(body.left() + 13, body.bottom() - 5, look.small_metrics.horizontalAdvance(told) + 8, 14)
            painter.setPen(look.edge)
            painter.setBrush(look.chip)
            painter.drawRoundedRect(plate, 4, 4)
            painter.setPen(look.dim)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, told)


def _static(text: str, font: QFont) -> QStaticText:
    """A text that is laid out once."""
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), font)
    return made
