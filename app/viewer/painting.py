"""Painting strokes for a Paint whose properties are open."""

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from rimlight.engine import Animated, NodeState

from .. import theme
from ..changes import has_node
from ..workspace import Workspace
from .lens import Lens
from .tools import Drag, Following, Press, Tool, near

ROLE = "strokes"
_STEP = 2.0  # units of widgets that the mouse goes between points
_LIFE: dict[str, Callable[[float], list[float | None] | None]] = {
    "all": lambda frame: None, "frame": lambda frame: [frame, frame], "onwards": lambda frame: [frame, None],
}  # fmt: skip
_OWN = {"paint": "color", "clone": "offset", "dodge": "stops"}
"""What a brush takes beside size, hardness and opacity."""


class Painting(Tool):
    """While it is on, a drag paints a stroke with the brush that the node is set to, as one step of the history.

    Shift and a drag set the size. Ctrl and a click say where clone copies from; the stroke that follows fixes the
    offset.

    changed : called when the brush is elsewhere. pressure : of a pen now, 0 to 1; 1 of a mouse.
    """

    def __init__(
        self, workspace: Workspace, changed: Callable[[], object], pressure: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._workspace = workspace
        self._changed = changed
        self._pressure = pressure
        self._on = False
        self._mouse: QPointF | None = None
        self._source: tuple[float, float] | None = None
        self._line: list[list[float]] = []

    @property
    def on(self) -> bool:
        return self._on and self.target() is not None

    @property
    def armed(self) -> bool:
        return self.on

    def disarm(self) -> None:
        self._on, self._source, self._line = False, None, []

    def target(self) -> tuple[str, str] | None:
        """Node and parameter that a stroke goes to, when the topmost open node that is drawn on has strokes."""
        graph = self._workspace.graph
        for path in self._workspace.opened:
            state = graph.at(path) if has_node(graph, path) else None
            for spec in state.cls.specs if state is not None and state.cls is not None else ():
                if spec.role in (ROLE, "shapes"):
                    return (path, spec.name) if spec.role == ROLE else None
        return None

    def toggle(self) -> None:
        """Begin to paint; a second time, end it."""
        if self.on:
            self.disarm()
            return
        self._on, self._mouse = True, None
        self._workspace.tell("Drag to paint; Shift+drag sets the size, Ctrl+click the source of clone; Esc ends it")

    def _state(self) -> NodeState:
        target = self.target()
        assert target is not None
        return self._workspace.graph.at(target[0])

    def grab(self, press: Press) -> Drag | None:
        if not self.on or press.button != Qt.MouseButton.LeftButton:
            return None
        if press.held(Qt.KeyboardModifier.ShiftModifier):
            return self._resize(press)
        if press.held(Qt.KeyboardModifier.ControlModifier) and self._state().value("brush") == "clone":
            self._source = press.lens.to_artist(press.at)
            return Following(lambda at, _: None)
        return self._stroke(press) if press.plain_left else None

    def _set(self, token: object = None, **values: Any) -> None:
        target = self.target()
        if target is not None:
            self._workspace.edit(lambda session: session.set(target[0], token, **values))

    def _undo_to(self, steps: int) -> Callable[[], None]:
        def undo() -> None:
            self._line = []
            if self._workspace.session.history.position > steps:
                self._workspace.undo()

        return undo

    def _resize(self, press: Press) -> Drag:
        token, start, size = object(), press.at, float(self._state().value("size"))
        zoom = _zoom(press.lens)

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            self._set(token, size=round(min(max(size + 2 * (at - start).x() / zoom, 1.0), 1e5), 1))

        return Following(follow, self._undo_to(self._workspace.session.history.position))

    def _stroke(self, press: Press) -> Drag | None:
        target, lens, state = self.target(), press.lens, self._state()
        assert target is not None
        x, y = lens.to_artist(press.at)
        brush = str(state.value("brush"))
        own = {_OWN[brush]: state.value(_OWN[brush])} if brush in _OWN else {}
        if brush == "clone":
            if self._source is not None:
                own["offset"] = (round(self._source[0] - x, 3), round(self._source[1] - y, 3))
            if not any(own["offset"]):
                self._workspace.tell("Ctrl+click where clone is to copy from, then paint", "warning")
                return None
        value = state.value(target[1])
        assert isinstance(value, Animated) and isinstance(value, Iterable)
        before = list(value)  # as they are: to read hundreds from data at each move would take tens of milliseconds
        names = {stroke.get("name") for stroke in value.to_data()}
        stroke: dict[str, Any] = {
            "name": next(n for i in range(1, len(before) + 2) if (n := f"{brush}{i}") not in names), "brush": brush,
            **{name: state.value(name) for name in ("size", "hardness", "opacity")}, **own,
        }  # fmt: skip
        if (frames := _LIFE[str(state.value("life"))](self._workspace.frame)) is not None:
            stroke["frames"] = frames
        token, last = object(), press.at
        more = {"offset": own["offset"]} if brush == "clone" else {}
        steps = self._workspace.session.history.position
        self._source = None

        def add(at: QPointF) -> None:
            x, y = lens.to_artist(at)
            pressure = min(max(self._pressure(), 0.0), 1.0)
            self._line.append([round(x, 2), round(y, 2), *([round(pressure, 3)] if pressure < 1 else [])])
            self._set(token, **{target[1]: [*before, {**stroke, "points": list(self._line)}]}, **more)

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            nonlocal last
            self._mouse = at
            if not near(at, last, _STEP):
                last = at
                add(at)

        def done() -> None:
            self._line = []

        self._line = []
        add(press.at)
        return Following(follow, self._undo_to(steps), done)

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self.on:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._line:  # what is not rendered yet is shown as a line
            places = [lens.from_artist(point[0], point[1]) for point in self._line]
            painter.setPen(QPen(theme.color("accent", 0.6), 1))
            painter.drawPolyline(places)
        if self._mouse is None:
            return
        state = self._state()
        radius = float(state.value("size")) * _zoom(lens) / 2
        _ring(painter, self._mouse, radius, theme.color("text.strong"))
        if state.value("brush") != "clone":
            return
        source = self._source
        if source is None:
            x, y = lens.to_artist(self._mouse)
            dx, dy = state.value("offset")
            source = (x + dx, y + dy) if dx or dy else None
        if source is not None:
            at = lens.from_artist(*source)
            _ring(painter, at, radius, theme.color("accent"))
            painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
            painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if not self.on:
            return None
        self._mouse = at
        self._changed()
        return Qt.CursorShape.CrossCursor


def _zoom(lens: Lens) -> float:
    """Units of widgets per full-size pixel."""
    return (lens.from_artist(1, 0) - lens.from_artist(0, 0)).x()


def _ring(painter: QPainter, at: QPointF, radius: float, color: QColor) -> None:
    box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    for shade, width in ((theme.color("surface.deep", 0.8), 3.0), (color, 1.2)):
        painter.setPen(QPen(shade, width))
        painter.drawEllipse(box)
