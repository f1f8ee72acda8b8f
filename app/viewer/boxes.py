"""Boxes on the picture for the parameters that are one, such as a crop, of the nodes whose properties are open."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from ..paths import has_node
from ..workspace import Workspace
from .lens import Lens
from .numbers import numbers_of, put_numbers
from .rectangles import Corners, dragged, hold_at, hold_cursor, in_order, kept
from .tools import Drag, Finely, Following, Press, Tool

_HALO, _LINE, _GRIP = 3.2, 1.4, 3.0


@dataclass(frozen=True)
class BoxHandle:
    """One box. corners : in artist's coordinates; None for one without size, which is the frame."""

    node: str
    parameter: str
    corners: Corners | None

    @property
    def label(self) -> str:
        return f"{self.node.rpartition('/')[2]}.{self.parameter}"

    def within(self, lens: Lens) -> Corners:
        """Its corners, those of the frame where it has none."""
        return self.corners or (0.0, 0.0, float(lens.window.width), float(lens.window.height))

    def rect(self, lens: Lens) -> QRectF:
        """Where it is in the widget."""
        x0, y0, x1, y1 = self.within(lens)
        return QRectF(lens.from_artist(x0, y1), lens.from_artist(x1, y0))


class BoxHandles(Tool):
    """Draws the boxes and lets edges, corners and the middle be dragged, to whole pixels. A drag is one step. Shift
    keeps to an axis, at corners to the proportions; Ctrl does a tenth.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.visible = True

    def boxes(self) -> Iterator[BoxHandle]:
        """All boxes that there are now, but for those that expressions say."""
        graph, frame = self._workspace.graph, self._workspace.frame
        for path in self._workspace.opened if self.visible else ():
            state = graph.at(path) if has_node(graph, path) else None
            if state is None or state.cls is None:
                continue
            for spec in state.cls.specs:
                if spec.role == "box" and (numbers := numbers_of(state.value(spec.name), frame)):
                    x0, y0, x1, y1 = numbers
                    yield BoxHandle(path, spec.name, (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None)

    def grab(self, press: Press) -> Drag | None:
        shifted = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not (press.plain_left or shifted):
            return None
        lens = press.lens
        for box in self.boxes():
            hold = hold_at(box.rect(lens), press.at)
            if hold is not None:
                break
        else:
            return None
        before, start, token = box.within(lens), lens.to_artist(press.at), object()
        steps, finely = self._workspace.session.history.position, Finely(press.at)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            end = lens.to_artist(press.at + finely.way(at, held))
            if held & Qt.KeyboardModifier.ShiftModifier:
                end = kept(before, hold, start, end)
            corners = in_order(dragged(before, hold, start, end))
            put_numbers(self._workspace, box.node, {box.parameter: tuple(float(round(c)) for c in corners)}, token)

        return Following(follow, partial(self._workspace.undo_to, steps))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        painter.setFont(theme.font("small"))
        for box in self.boxes():
            rect = box.rect(lens)
            style = Qt.PenStyle.DashLine if box.corners is None else Qt.PenStyle.SolidLine
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in ((theme.color("surface.deep", 0.85), _HALO), (theme.color("accent"), _LINE)):
                painter.setPen(QPen(color, width, style))
                painter.drawRect(rect)
            painter.setBrush(theme.color("accent"))
            for corner in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight(), rect.center()):
                painter.drawRect(QRectF(corner - QPointF(_GRIP, _GRIP), corner + QPointF(_GRIP, _GRIP)))
            for color_name, by in (("surface.deep", 1), ("accent", 0)):
                painter.setPen(theme.color(color_name))
                painter.drawText(rect.topLeft() + QPointF(6 + by, 14 + by), box.label)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        holds = (hold_at(box.rect(lens), at) for box in self.boxes())
        hold = next((hold for hold in holds if hold is not None), None)
        return None if hold is None else hold_cursor(hold)
