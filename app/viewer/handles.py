"""Handles on the picture for the points among the parameters of the nodes whose properties are open."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from rimlight.engine import NodeState, Spec

from .. import theme
from ..paths import has_node
from ..workspace import Workspace
from .jack import jacks_of
from .lens import Lens
from .numbers import numbers_of, put_numbers
from .tools import Drag, Finely, Following, Press, Tool, near

POINTS = ("point", "corner")
_NAMED = 2
"""Handles in one place that are named; of more only their number is said."""


@dataclass(frozen=True)
class Handle:
    """One draggable point. x, y : in artist's coordinates. base : what is added to the parameter to get there.

    joined : to the others whose names differ in their number.
    """

    node: str
    parameter: str
    x: float
    y: float
    base: tuple[float, float] = (0.0, 0.0)
    joined: bool = False


class PointHandles(Tool):
    """Draws and drags the handles. Each drag is one step of the history; Shift keeps to the axis moved along, Ctrl
    does a tenth.

    changed : called when another handle is under the mouse, which has its name drawn whatever is near.
    """

    def __init__(self, workspace: Workspace, changed: Callable[[], object]) -> None:
        self._workspace = workspace
        self._changed = changed
        self._pointed: tuple[str, str] | None = None
        self.visible = True

    def handles(self) -> Iterator[Handle]:
        """All handles that there are now, but for those that expressions say."""
        graph = self._workspace.graph
        for path in self._workspace.opened:
            if has_node(graph, path):
                yield from self._of(path, graph.at(path))

    def _of(self, path: str, state: NodeState) -> Iterator[Handle]:
        frame = self._workspace.frame
        for spec in state.cls.specs if state.cls is not None else ():
            if _says_nothing(spec, state):
                continue
            if spec.role in POINTS and spec.size == 2 and (value := numbers_of(state.value(spec.name), frame)):
                yield Handle(path, spec.name, value[0], value[1], joined=spec.role == "corner")
        for jack in jacks_of(self._workspace.session, path, state, frame, self._workspace.facts.middle(path)):
            if jack.has("pivot") and any(jack.move):  # where nothing is moved, the handle of the transform is there
                (x, y), (px, py) = jack.start, jack.pivot
                yield Handle(path, jack.names["pivot"][0], x + px, y + py, jack.start)

    def _at(self, at: QPointF, lens: Lens) -> Handle | None:
        """What is there: of several nodes that opened last, of its parameters that declared first."""
        found = [h for h in self.handles() if near(at, lens.from_artist(h.x, h.y))] if self.visible else []
        return next((h for h in found if h.node == found[-1].node), None)

    def grab(self, press: Press) -> Drag | None:
        shifted = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        return self._drag(press) if press.plain_left or shifted else None

    def grab_with_control(self, press: Press) -> Drag | None:
        """Ctrl moves a point finely from the start."""
        left = press.button == Qt.MouseButton.LeftButton
        return self._drag(press) if left and press.held(Qt.KeyboardModifier.ControlModifier) else None

    def _drag(self, press: Press) -> Drag | None:
        handle, token, lens = self._at(press.at, press.lens), object(), press.lens
        if handle is None:
            return None
        place = lens.from_artist(handle.x, handle.y)
        steps, finely = self._workspace.session.history.position, Finely(press.at)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            x, y = lens.to_artist(place + finely.way(at, held))
            if held & Qt.KeyboardModifier.ShiftModifier:
                x, y = (x, handle.y) if abs(x - handle.x) > abs(y - handle.y) else (handle.x, y)
            self._set(handle, x, y, token)

        return Following(follow, partial(self._workspace.undo_to, steps))

    def _set(self, handle: Handle, x: float, y: float, token: object) -> None:
        """Put a handle at a point."""
        workspace = self._workspace
        point = (round(x - handle.base[0], 3), round(y - handle.base[1], 3))
        put_numbers(workspace, handle.node, {handle.parameter: point}, token)

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self.visible:
            return
        handles = list(self.handles())
        names = names_of(handles)
        _paint_joined(painter, handles, lens)
        labels: dict[tuple[int, int], tuple[QPointF, list[str]]] = {}
        for handle in sorted(handles, key=lambda h: (h.node, h.parameter) != self._pointed):
            at = lens.from_artist(handle.x, handle.y)
            labels.setdefault((round(at.x()), round(at.y())), (at, []))[1].append(names[handle])
            for color, width in ((theme.color("surface.deep", 0.85), 3.2), (theme.color("accent"), 1.4)):
                painter.setPen(QPen(color, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, 5, 5)
                painter.drawPoint(at)
        self._write_labels(painter, list(labels.values()))

    def _write_labels(self, painter: QPainter, labels: Sequence[tuple[QPointF, list[str]]]) -> None:
        """Names beside their handles, but for those that would lie on another handle or name."""
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        taken = [QRectF(at.x() - 6, at.y() - 6, 12, 12) for at, _ in labels]
        for i, (at, names) in enumerate(labels):
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            text = ", ".join([*names[:_NAMED], *more])
            box = QRectF(at.x() + 9, at.y() - 16, metrics.horizontalAdvance(text) + 2, metrics.height())
            if (i > 0 or self._pointed is None) and any(box.intersects(other) for other in taken):
                continue
            taken.append(box)
            write_label(painter, box.topLeft(), text)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        found = self._at(at, lens)
        pointed = (found.node, found.parameter) if found is not None else None
        if pointed != self._pointed:
            self._pointed = pointed
            self._changed()
        return Qt.CursorShape.SizeAllCursor if found is not None else None


def names_of(handles: Sequence[Handle]) -> dict[Handle, str]:
    """What is written beside handles: their parameters as the properties call them, with the node where several have
    some.
    """
    several = len({handle.node for handle in handles}) > 1
    words = {handle: handle.parameter.replace("_", " ") for handle in handles}
    return {h: f"{h.node.rpartition('/')[2]} {word}" if several else word for h, word in words.items()}


def _says_nothing(spec: Spec, state: NodeState) -> bool:
    """Whether a parameter has no meaning as its node is: see `unless` of `Spec`."""
    if spec.unless is None:
        return False
    name, value = spec.unless
    return name not in state.inputs if value is None else bool(state.value(name) == value)


def write_label(painter: QPainter, at: QPointF, text: str) -> None:
    """A name over the picture, its top left corner there."""
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    box = QRectF(at.x(), at.y(), metrics.horizontalAdvance(text) + 2, metrics.height())
    for color, by in (("surface.deep", 1), ("accent", 0)):
        painter.setPen(theme.color(color))
        painter.drawText(box.translated(by, by), Qt.AlignmentFlag.AlignLeft, text)


def _paint_joined(painter: QPainter, handles: Sequence[Handle], lens: Lens) -> None:
    """The outlines of the points that make one together."""
    outlines: dict[tuple[str, str], list[QPointF]] = {}
    for handle in handles:
        if handle.joined:
            stem = handle.parameter.rstrip("0123456789")
            outlines.setdefault((handle.node, stem), []).append(lens.from_artist(handle.x, handle.y))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for number, points in enumerate(outlines.values()):
        style = Qt.PenStyle.DashLine if number else Qt.PenStyle.SolidLine
        for color, width in ((theme.color("surface.deep", 0.7), 2.6), (theme.color("accent", 0.8), 1.0)):
            painter.setPen(QPen(color, width, style))
            painter.drawPolygon(points)
