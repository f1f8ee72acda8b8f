"""The small things that tiles are painted with: ends of wires, badges, and which marks a node has."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from rimlight.engine import Curve, Expr, NodeState, is_clone

from ..holding import HOLD
from .looks import Look


def marks_of(state: NodeState) -> tuple[str, ...]:
    """Which of the marks a node has: for keys, expressions, clones, and results that are kept."""
    constant = {spec.name for spec in state.cls.specs if spec.type is Curve} if state.cls is not None else set()
    found = {"linked"} if is_clone(state) else set()
    for parameter, value in state.values.items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Curve) and parameter not in constant:
                found.add("keyframe")
            elif isinstance(part, Expr):
                found.add("expression")
    found |= {"held"} if state.ui.get(HOLD) is True else set()
    return tuple(sorted(found))


def badge(painter: QPainter, center: QPointF, color: QColor, look: Look, text: str) -> None:
    """A letter on a disc."""
    painter.setPen(look.edge)
    painter.setBrush(color)
    painter.drawEllipse(center, 7, 7)
    painter.setPen(look.chip_text)
    painter.setFont(look.bold_font)
    painter.drawText(QRectF(center.x() - 7, center.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, text)


def triangle(painter: QPainter, center: QPointF, color: QColor, look: Look) -> None:
    """The sign of a warning."""
    painter.setPen(look.edge)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([center + QPointF(0, -8), center + QPointF(8, 6), center + QPointF(-8, 6)]))
    painter.setPen(look.chip_text)
    painter.setFont(look.small_font)
    painter.drawText(QRectF(center.x() - 7, center.y() - 5, 14, 12), Qt.AlignmentFlag.AlignCenter, "!")
