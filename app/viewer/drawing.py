"""What is drawn over the picture besides the tools: the windows with their labels, badges, a rig in words."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from rimlight.engine import FORMATS

from .. import theme
from .lens import Lens
from .plane import Plane


def format_name(plane: Plane) -> str:
    """The format of a picture: its name where it has one, and its size."""
    d, aspect = plane.display, plane.aspect
    size = f"{d.width} x {d.height}" + (f" @ {aspect:g}" if aspect != 1 else "")
    known = (f.name for f in FORMATS.values() if (f.width, f.height) == (d.width, d.height))
    same = (name for name in known if abs(FORMATS[name].pixel_aspect - aspect) < 0.005)
    name = next(same, "")
    return f"{name} {size}" if name else size


def draw_windows(painter: QPainter, lens: Lens, plane: Plane) -> None:
    """The display window, and the data window where it differs, with their corners in artist's coordinates."""
    rect = lens.rect(plane.display)
    painter.setFont(theme.font("small"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("text.disabled"), 1))
    painter.drawRect(rect)
    _below(painter, lens, rect, format_name(plane))
    d, data = plane.display, plane.data
    same = all(abs(p - q) < 1 / plane.scale for p, q in zip(d.box, (data.x0, data.y0, data.x1, data.y1), strict=True))
    if same or data.width <= 0 or data.height <= 0:
        return
    box = lens.rect(data)
    painter.setPen(QPen(theme.color("text.dim"), 1, Qt.PenStyle.DashLine))
    painter.drawRect(box)
    left, bottom = d.to_artist(data.x0, data.y1)
    right, top = d.to_artist(data.x1, data.y0)
    metrics, pane = QFontMetricsF(painter.font()), lens.pane
    y = label_baseline(box.bottom(), pane.bottom(), metrics.ascent(), metrics.descent())
    _write(painter, box.left() + 2, y, f"{left:g}, {bottom:g}", inside=y < box.bottom())
    text = f"{right:g}, {top:g}"
    y = top_baseline(box.top(), pane.top(), metrics.ascent())
    _write(painter, box.right() - metrics.horizontalAdvance(text) - 2, y, text, inside=y > box.top())


def _below(painter: QPainter, lens: Lens, rect: QRectF, text: str) -> None:
    """A label under the right end of a rectangle, or in it where the pane has no room below."""
    metrics = QFontMetricsF(painter.font())
    x = min(rect.right(), lens.pane.right() - 4) - metrics.horizontalAdvance(text)
    y = label_baseline(rect.bottom(), lens.pane.bottom(), metrics.ascent(), metrics.descent())
    inside = y < rect.bottom()
    _write(painter, x - 4 if inside else x, y, text, inside)


def _write(painter: QPainter, x: float, y: float, text: str, inside: bool) -> None:
    """A label at the left end of its baseline. inside : it lies on the picture, and has a shadow to be read there."""
    if inside:
        painter.setPen(theme.color("surface.deep"))
        painter.drawText(QPointF(x + 1, y + 1), text)
    painter.setPen(theme.color("text" if inside else "text.dim"))
    painter.drawText(QPointF(x, y), text)


def label_baseline(edge: float, end: float, ascent: float, descent: float) -> float:
    """Where a label stands that belongs to an edge: all below it, or all above it and the end of the pane."""
    if edge + 3 + ascent + descent <= end:
        return edge + 3 + ascent
    return min(edge, end) - 3 - descent


def top_baseline(edge: float, start: float, ascent: float) -> float:
    """Where a label stands above an edge, no higher than the pane begins."""
    return max(edge - 4, start + 1 + ascent)


def draw_badges(painter: QPainter, area: QRectF, badges: Sequence[tuple[str, str]]) -> None:
    """Pills at the top right. badges : text and the name of its colour."""
    painter.setFont(theme.font("small", bold=True))
    metrics = QFontMetricsF(painter.font())
    right = area.right() - 2 * theme.SPACE
    for text, color in badges:
        width = metrics.horizontalAdvance(text) + 4 * theme.SPACE
        pill = QRectF(right - width, area.top() + 2 * theme.SPACE, width, metrics.height() + theme.SPACE)
        painter.setPen(QPen(theme.color(color, 0.5), 1))
        painter.setBrush(theme.color("surface.deep", 0.78))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setPen(theme.color(color))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
        right -= width + theme.SPACE


def draw_progress(painter: QPainter, area: QRectF) -> None:
    """A line along the top: what is seen is older than the script."""
    painter.fillRect(QRectF(area.left(), area.top(), area.width(), 2), theme.color("state.computing"))


def draw_lines(painter: QPainter, area: QRectF, title: str, lines: Sequence[str]) -> None:
    """A list at the bottom left, on a veil."""
    painter.setFont(theme.font("body"))
    metrics = QFontMetricsF(painter.font())
    shown = [title, *lines[:24], *([f"and {len(lines) - 24} more"] if len(lines) > 24 else [])]
    width = max(metrics.horizontalAdvance(line) for line in shown) + 6 * theme.SPACE
    height = metrics.lineSpacing() * len(shown) + 4 * theme.SPACE
    veil = QRectF(area.left() + 2 * theme.SPACE, area.bottom() - height - 2 * theme.SPACE, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("surface.deep", 0.8))
    painter.drawRoundedRect(veil, theme.RADIUS, theme.RADIUS)
    y = veil.top() + 2 * theme.SPACE + metrics.ascent()
    for i, line in enumerate(shown):
        painter.setPen(theme.color("text.strong" if i == 0 else "text"))
        painter.drawText(QPointF(veil.left() + 3 * theme.SPACE, y), line)
        y += metrics.lineSpacing()


def draw_spot(painter: QPainter, spot: QRectF) -> None:
    """The outline of what is metered under the mouse, seen on light and dark."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.color("surface.deep", 0.85), 3.0), (theme.color("text.strong"), 1.0)):
        painter.setPen(QPen(color, width))
        painter.drawRect(spot)


def draw_side_labels(painter: QPainter, lenses: Sequence[Lens], names: Sequence[str]) -> None:
    """Which side is in which pane, at its bottom left."""
    painter.setFont(theme.font("small", bold=True))
    for lens, name in zip(lenses, names, strict=False):
        at = lens.pane.bottomLeft() + QPointF(2 * theme.SPACE, -2 * theme.SPACE)
        painter.setPen(QColor(theme.color("surface.deep")))
        painter.drawText(at + QPointF(1, 1), name)
        painter.setPen(theme.color("text"))
        painter.drawText(at, name)


def draw_hint(painter: QPainter, area: QRectF, text: str) -> None:
    """A line in the middle where there is nothing to see."""
    painter.setFont(theme.font("body"))
    painter.setPen(theme.color("text.dim"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
