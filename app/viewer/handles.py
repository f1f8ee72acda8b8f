"""Handles on the picture for the points among the parameters of the nodes whose properties are open."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from rimlight.engine import Curve, Key, NodeState, Spec

from .. import theme
from ..changes import has_node
from ..workspace import Workspace
from .lens import Lens
from .tools import Drag, Following, Press, Tool, near

MOVED, ANCHOR, FROM = "translate", "center", "center_from"
"""A parameter that moves the picture has its handle at the point that it moves, which another parameter says; that may
be counted from the middle of the frame.
"""
_NAMED = 2
"""Handles in one place that are named; of more only their number is said."""


@dataclass(frozen=True)
class Handle:
    """One draggable point. x, y : in artist's coordinates. base : what is added to the parameter to get there."""

    node: str
    parameter: str
    x: float
    y: float
    base: tuple[float, float] = (0.0, 0.0)

    @property
    def label(self) -> str:
        return f"{self.node.rpartition('/')[2]}.{self.parameter}"


def numbers_at(state: NodeState, spec: Spec, frame: float) -> tuple[float, ...] | None:
    """The components of a parameter at a frame; None where an expression says one."""
    numbers = tuple(v.at(frame) if isinstance(v, Curve) else v for v in state.value(spec.name))
    return numbers if all(isinstance(number, (int, float)) for number in numbers) else None


def put_numbers(workspace: Workspace, node: str, parameter: str, numbers: Sequence[float], token: object) -> None:
    """Set the components of a parameter: constants, or keys at the current frame where it is animated."""
    known = workspace.graph.at(node).value(parameter)
    value = tuple(
        old.with_key(Key(workspace.frame, new, old.keys[0].interp)) if isinstance(old, Curve) else new
        for old, new in zip(known, numbers, strict=True)
    )
    workspace.edit(lambda session: session.set(node, token, **{parameter: value}))


class PointHandles(Tool):
    """Draws and drags the handles. Each drag is one step of the history; Shift keeps to the axis moved along.

    changed : called when another handle is under the mouse, which has its name drawn whatever is near.
    """

    def __init__(self, workspace: Workspace, changed: Callable[[], object]) -> None:
        self._workspace = workspace
        self._changed = changed
        self._pointed: tuple[str, str] | None = None
        self.visible = True

    def handles(self) -> Iterator[Handle]:
        """All handles that there are now."""
        graph = self._workspace.graph
        for path in self._workspace.opened:
            if has_node(graph, path):
                yield from self._of(path, graph.at(path))

    def _of(self, path: str, state: NodeState) -> Iterator[Handle]:
        cls = state.cls
        if cls is None:
            return
        names = {spec.name for spec in cls.specs}
        start = self._start(path, state) if FROM in names else (0.0, 0.0)
        for spec in cls.specs:
            if spec.role != "point" or spec.size != 2 or (value := self._value(state, spec)) is None:
                continue
            base = (0.0, 0.0)
            if spec.name in (MOVED, ANCHOR) and ANCHOR in names:
                if start is None:
                    continue
                anchor = (self._value(state, cls.spec(ANCHOR)) or base) if spec.name == MOVED else base
                base = (start[0] + anchor[0], start[1] + anchor[1])
            yield Handle(path, spec.name, value[0] + base[0], value[1] + base[1], base)

    def _start(self, path: str, state: NodeState) -> tuple[float, float] | None:
        """What a centre is counted from; None while the frame is not known."""
        if state.value(FROM) != "middle":
            return 0.0, 0.0
        info = self._workspace.facts.info(path)
        return None if info is None else (info.display.width / 2, info.display.height / 2)

    def _value(self, state: NodeState, spec: Spec) -> tuple[float, float] | None:
        """A point at the current frame; None where an expression says it."""
        numbers = numbers_at(state, spec, self._workspace.frame)
        return None if numbers is None else (numbers[0], numbers[1])

    def grab(self, press: Press) -> Drag | None:
        shifted = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not self.visible or not (press.plain_left or shifted):
            return None
        found = [h for h in self.handles() if near(press.at, press.lens.from_artist(h.x, h.y))]
        if not found:
            return None
        handle, token, lens = self._first(found), object(), press.lens
        off = lens.from_artist(handle.x, handle.y) - press.at
        steps = self._workspace.session.history.position

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            x, y = lens.to_artist(at + off)
            if held & Qt.KeyboardModifier.ShiftModifier:
                x, y = (x, handle.y) if abs(x - handle.x) > abs(y - handle.y) else (handle.x, y)
            self._set(handle, x, y, token)

        def undo() -> None:
            if self._workspace.session.history.position > steps:
                self._workspace.undo()

        return Following(follow, undo)

    @staticmethod
    def _first(found: Sequence[Handle]) -> Handle:
        """Which of handles in one place is meant: what moves the picture, before the point about which it turns."""
        return next((handle for handle in found if handle.parameter == MOVED), found[-1])

    def _set(self, handle: Handle, x: float, y: float, token: object) -> None:
        """Put a handle at a point."""
        workspace = self._workspace
        point = (round(x - handle.base[0], 3), round(y - handle.base[1], 3))
        put_numbers(workspace, handle.node, handle.parameter, point, token)

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self.visible:
            return
        labels: dict[tuple[int, int], tuple[QPointF, list[str]]] = {}
        for handle in sorted(self.handles(), key=lambda h: (h.node, h.parameter) != self._pointed):
            at = lens.from_artist(handle.x, handle.y)
            labels.setdefault((round(at.x()), round(at.y())), (at, []))[1].append(handle.label)
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
            for color, by in (("surface.deep", 1), ("accent", 0)):
                painter.setPen(theme.color(color))
                painter.drawText(box.translated(by, by), Qt.AlignmentFlag.AlignLeft, text)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        found = [h for h in self.handles() if near(at, lens.from_artist(h.x, h.y))] if self.visible else []
        pointed = (self._first(found).node, self._first(found).parameter) if found else None
        if pointed != self._pointed:
            self._pointed = pointed
            self._changed()
        return Qt.CursorShape.SizeAllCursor if found else None
