"""How the dope sheet is painted."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from ..keymarks import draw_diamonds
from .curve_paint import RULER, paint_frame_line, paint_hint, paint_outside, paint_ruler
from .keys import keys_within
from .plane import marks, round_step
from .ranges import Bar

if TYPE_CHECKING:
    from .dope_view import DopeView

NAMES = 168
"""Width of the names on the left."""
STRIP = 12
"""Height of the strip that spans the selected keys."""


def paint_dope(painter: QPainter, view: "DopeView") -> None:
    """The whole widget."""
    from .dope_view import LINE, TOP

    width, height = view.width(), view.height()
    painter.fillRect(view.rect(), theme.color("surface.base"))
    painter.setClipRect(QRectF(0, TOP, width, height - TOP))
    shown = range(max(int(view.scrolled // LINE), 0), min(int((view.scrolled + height) // LINE) + 1, len(view.rows)))
    for i in shown:
        head = view.rows[i].kind == "node"
        box = QRectF(0, view.row_top(i), width, LINE)
        painter.fillRect(box, theme.color("surface.raised" if head else "surface.panel"))
        painter.fillRect(QRectF(0, box.bottom() - 1, width, 1), theme.color("surface.deep"))
    area = QRectF(NAMES, TOP, width - NAMES, height - TOP)
    paint_outside(painter, view.plane, view.frames, area, NAMES)
    painter.setPen(QPen(theme.color("line", 0.5), 1))
    for frame in marks(view.frame_at(NAMES), view.frame_at(width), round_step(view.plane.across, 64, True)):
        x = round(view.x_of(frame)) + 0.5
        painter.drawLine(QPointF(x, TOP), QPointF(x, height))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    for i in shown:
        row = view.rows[i]
        box = QRectF(NAMES, view.row_top(i), width - NAMES, LINE)
        bar = view.pulled if row.bar and view.pulled and view.pulled.path == row.path else row.bar
        if bar is not None:
            _paint_bar(painter, view, bar, box)
        _paint_keys(painter, view, i, box)
    painter.setClipRect(QRectF(0, TOP, width, height - TOP))
    for i in shown:
        _paint_name(painter, view, i, QRectF(0, view.row_top(i), NAMES, LINE))
    painter.setClipping(False)
    paint_ruler(painter, view.plane, NAMES, width, True, NAMES)
    painter.fillRect(QRectF(0, 0, NAMES, TOP), theme.color("surface.panel"))
    _paint_strip(painter, view)
    painter.setClipRect(QRectF(NAMES, 0, width - NAMES, height))
    paint_frame_line(painter, view.plane, view.frame, height, NAMES)
    if view.band is not None:
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.setBrush(theme.color("accent", 0.12))
        painter.drawRect(view.band)
    painter.setClipping(False)
    if not view.rows:
        text = "Nothing is animated here.\nOpen or select nodes with keys, or nodes with a range of frames."
        paint_hint(painter, area, text)
    if view.hasFocus():
        painter.setPen(QPen(theme.color("accent", 0.5), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(view.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_name(painter: QPainter, view: "DopeView", i: int, box: QRectF) -> None:
    row = view.rows[i]
    head = row.kind == "node"
    painter.fillRect(box.adjusted(0, 0, 0, -1), theme.color("surface.raised" if head else "surface.panel"))
    painter.setFont(theme.font("body", bold=head))
    painter.setPen(theme.color("text.strong" if head else "text"))
    inside = box.adjusted(8 if head else 22, 0, -6, 0)
    text = painter.fontMetrics().elidedText(row.label, Qt.TextElideMode.ElideMiddle, int(inside.width()))
    painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, text)


def _paint_bar(painter: QPainter, view: "DopeView", bar: Bar, box: QRectF) -> None:
    left, right = view.x_of(bar.first), view.x_of(bar.last + 1)
    shape = QRectF(left, box.top() + 3, max(right - left, 2), box.height() - 7)
    painter.setPen(QPen(theme.color("information", 0.8), 1))
    painter.setBrush(theme.color("information", 0.28))
    painter.drawRoundedRect(shape, 3, 3)
    if bar.ends is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("information", 0.9))
        for x in (left, right - 3):
            painter.drawRoundedRect(QRectF(x, shape.top(), 3, shape.height()), 1, 1)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color("text"))
    clear = shape.intersected(box).adjusted(8, 0, -8, 0)
    text = f"{bar.first}–{bar.last}"
    if painter.fontMetrics().horizontalAdvance(text) < clear.width():
        painter.drawText(clear, Qt.AlignmentFlag.AlignVCenter, text)


def _paint_keys(painter: QPainter, view: "DopeView", i: int, box: QRectF) -> None:
    """The keys of a row; one diamond where several tracks have one."""
    row = view.rows[i]
    spans: list[tuple[float, float]] = []
    plain: list[float] = []
    chosen: list[float] = []
    curves = view.curves
    for name in row.tracks:
        curve = curves.get(name)
        if curve is None:
            continue
        spans.append(curve.range())
        selected = view.selection.get(name, frozenset())
        for j in keys_within(curve, view.frame_at(NAMES - 8), view.frame_at(view.width() + 8)):
            (chosen if j in selected else plain).append(curve.keys[j].frame)
    middle = box.center().y()
    if spans and row.kind == "parameter":
        painter.setPen(QPen(theme.color("line.strong"), 1))
        left, right = view.x_of(min(s[0] for s in spans)), view.x_of(max(s[1] for s in spans))
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
    side = 4.0 if row.kind == "parameter" else 4.8
    several = len(row.tracks) > 1
    color = theme.color("value.keyframe") if several or not spans else view.tracks[row.tracks[0]].color()
    painter.setPen(QPen(theme.color("surface.deep"), 1))
    for frames, ink in ((plain, color), (chosen, theme.color("text.strong"))):
        painter.setBrush(ink)
        xs = (np.array(frames) - view.plane.frame) * view.plane.across + NAMES
        draw_diamonds(painter, xs, middle, side, view.width())


def _paint_strip(painter: QPainter, view: "DopeView") -> None:
    painter.fillRect(QRectF(NAMES, RULER, view.width() - NAMES, STRIP), theme.color("surface.deep"))
    span = view.span()
    if span is None:
        return
    painter.setClipRect(QRectF(NAMES, RULER, view.width() - NAMES, STRIP))
    left, right = view.x_of(span[0]), view.x_of(span[1])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent", 0.4))
    painter.drawRoundedRect(QRectF(left, RULER + 3, right - left, STRIP - 6), 2, 2)
    painter.setBrush(theme.color("accent"))
    for x in (left, right):
        painter.drawRoundedRect(QRectF(x - 2.5, RULER + 1, 5, STRIP - 2), 1.5, 1.5)
    painter.setClipping(False)
