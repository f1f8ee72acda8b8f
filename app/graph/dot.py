"""Dots."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from rimlight.engine import NodeState

from .items import Item
from .looks import FAR, Look
from .placing import DOT


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
        painter.setBrush(look.chip_a if self.chosen else look.stub_color)
        painter.drawEllipse(self.body)
        if look.lod < look.near:
            return
        painter.setFont(look.small_font)
        painter.setPen(look.dim)
        text = " ".join([*(slot for slot, _ in self.status.slots), self.note]).strip()
        painter.drawText(QRectF(DOT, -8, 140, 16), Qt.AlignmentFlag.AlignVCenter, text)
