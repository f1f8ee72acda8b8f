"""Backdrops and sticky notes: what is only seen."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from rimlight.engine import NodeState

from .. import theme
from .items import Item
from .looks import FAR, Look, title_font
from .placing import HEADER, area

CORNER = 14.0
"""Side of the corner by which a backdrop or note is resized."""
_MOST_PIXELS = 40.0
_MARGINS = (10.0, 8.0, -10.0, -8.0)
"""Of the text of a note."""
_WRAPPED = Qt.TextFlag.TextWordWrap


class Area(Item):
    """A backdrop or a note: a coloured rectangle with text and a corner to pull."""

    def lay_out(self) -> None:
        width, height = area(self.state)
        self.body = QRectF(-width / 2, -height / 2, width, height)
        self.bounds = self.body.adjusted(-3, -3, 3, 3)
        chosen = QColor(str(self.state.ui.get("color", "")))
        self.color = chosen if chosen.isValid() else theme.color(self.plain_color)
        self.text = str(self.state.values.get("text", ""))
        self.title = str(self.state.values.get("title", "")) or self.name

    plain_color = "surface.raised"

    @property
    def fill_color(self) -> QColor:
        return QColor(self.color)

    @property
    def corner(self) -> QRectF:
        """Where it is resized, in the scene."""
        rect = self.rect
        return QRectF(rect.right() - CORNER, rect.bottom() - CORNER, CORNER, CORNER)

    @property
    def header(self) -> QRectF:
        """By what it is grabbed, in the scene."""
        return self.rect

    def _paint_corner(self, painter: QPainter, color: QColor) -> None:
        at = self.body.bottomRight() - QPointF(3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([at, at - QPointF(9, 0), at - QPointF(0, 9)]))


class Backdrop(Area):
    """An area behind nodes that moves with what stands on it. Smaller ones lie on larger ones."""

    plain_color = "surface.raised"

    def __init__(self, name: str, state: NodeState, look: Look) -> None:
        super().__init__(name, state, look)

    def lay_out(self) -> None:
        super().lay_out()
        self.setZValue(-1 - self.body.width() * self.body.height() / 1e9)

    @property
    def header(self) -> QRectF:
        rect = self.rect
        return QRectF(rect.left(), rect.top(), rect.width(), max(HEADER, self._header_height()))

    def _header_height(self) -> float:
        """High enough to be read and grabbed from afar."""
        return min(max(HEADER, 20.0 / self.look.lod), self.body.height() / 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look, body = self.look, self.body
        fill = QColor(self.color)
        fill.setAlphaF(0.45)
        height = self._header_height()
        band = QRectF(body.left(), body.top(), body.width(), height)
        painter.fillRect(body, fill)
        painter.fillRect(band, self.color)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(look.selected_far if self.chosen else QPen(self.color.lighter(130), 0))
        painter.drawRect(body)
        painter.setPen(_ink(self.color))
        font = title_font(min(height * 0.62, _MOST_PIXELS / look.lod))
        wide = QFontMetricsF(font).horizontalAdvance(self.title)
        if wide > body.width() - 16:
            font = title_font(font.pixelSize() * (body.width() - 16) / wide)
        painter.setFont(font)
        painter.drawText(band.adjusted(8, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self.title)
        if look.lod >= FAR:
            painter.setFont(look.name_font)
            painter.setPen(look.dim)
            inner = body.adjusted(8, height + 6, -8, -6)
            painter.drawText(inner, Qt.TextFlag.TextWordWrap, self.text)
            self._paint_corner(painter, self.color.lighter(140))


class Note(Area):
    """Text on the canvas. What has no room in its size makes it longer."""

    plain_color = "accent.dim"

    def __init__(self, name: str, state: NodeState, look: Look) -> None:
        super().__init__(name, state, look)
        self.setZValue(1)

    def lay_out(self) -> None:
        super().lay_out()
        inner = self.body.adjusted(*_MARGINS)
        needed = self.look.name_metrics.boundingRect(inner, _WRAPPED, self.text).height()
        self.body.adjust(0, 0, 0, max(needed - inner.height(), 0))
        self.bounds = self.body.adjusted(-3, -3, 3, 3)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = self.look
        painter.fillRect(self.body, self.color)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(look.selected_far if self.chosen else QPen(self.color.lighter(140), 0))
        painter.drawRect(self.body)
        if look.lod >= FAR:
            painter.setFont(look.name_font)
            painter.setPen(_ink(self.color))
            painter.drawText(self.body.adjusted(*_MARGINS), _WRAPPED, self.text or "…")
            self._paint_corner(painter, self.color.lighter(150))


def _ink(ground: QColor) -> QColor:
    """The text colour that is easier to read on a colour."""
    light, dark = theme.color("text.strong"), theme.color("text.on_accent")
    return light if theme.contrast(light, ground) >= theme.contrast(dark, ground) else dark
