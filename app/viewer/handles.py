"""Handles on the picture for the points among the parameters of the nodes whose properties are open."""

from collections.abc import Iterator
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


class PointHandles(Tool):
    """Draws and drags the handles. Each drag is one step of the history; Shift keeps to the axis moved along."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
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
        numbers = [v.at(self._workspace.frame) if isinstance(v, Curve) else v for v in state.value(spec.name)]
        x, y = numbers
        return (float(x), float(y)) if isinstance(x, (int, float)) and isinstance(y, (int, float)) else None

    def grab(self, press: Press) -> Drag | None:
        shifted = press.button == Qt.MouseButton.LeftButton and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not self.visible or not (press.plain_left or shifted):
            return None
        found = [h for h in self.handles() if near(press.at, press.lens.from_artist(h.x, h.y))]
        if not found:
            return None
        handle, token, lens = found[-1], object(), press.lens
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

    def _set(self, handle: Handle, x: float, y: float, token: object) -> None:
        """Put a handle at a point: constants, or keys at the current frame where the parameter is animated."""
        workspace = self._workspace
        point = (round(x - handle.base[0], 3), round(y - handle.base[1], 3))
        known = workspace.graph.at(handle.node).value(handle.parameter)
        value = tuple(
            old.with_key(Key(workspace.frame, new, old.keys[0].interp)) if isinstance(old, Curve) else new
            for old, new in zip(known, point, strict=True)
        )
        workspace.edit(lambda session: session.set(handle.node, token, **{handle.parameter: value}))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self.visible:
            return
        painter.setFont(theme.font("small"))
        labels: dict[tuple[int, int], tuple[QPointF, list[str]]] = {}
        for handle in self.handles():
            at = lens.from_artist(handle.x, handle.y)
            labels.setdefault((round(at.x()), round(at.y())), (at, []))[1].append(handle.label)
            for color, width in ((theme.color("surface.deep", 0.85), 3.2), (theme.color("accent"), 1.4)):
                painter.setPen(QPen(color, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, 5, 5)
                painter.drawPoint(at)
        for at, names in labels.values():
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            self._write(painter, QRectF(at.x() + 9, at.y() - 16, 600, 16), ", ".join([*names[:_NAMED], *more]))

    def _write(self, painter: QPainter, box: QRectF, text: str) -> None:
        for color, by in (("surface.deep", 1), ("accent", 0)):
            painter.setPen(theme.color(color))
            painter.drawText(box.translated(by, by), Qt.AlignmentFlag.AlignLeft, text)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self.visible and any(near(at, lens.from_artist(h.x, h.y)) for h in self.handles()):
            return Qt.CursorShape.SizeAllCursor
        return None
