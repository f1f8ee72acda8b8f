"""Painting strokes for a node with brushes, such as Paint, whose properties are open."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QTransform

from rimlight.engine import NodeState

from .. import theme
from ..drawnmoves import carried, moves_of, size_of
from ..strokes import Target, painted_on, strokes_of
from ..workspace import Workspace
from .lens import Lens
from .stroke_marks import color_of, paint_cross, paint_ring, scale_of
from .tools import Drag, DrawingTool, Following, Press, near

_STEP = 2.0  # units of widgets that the mouse goes between points
_LIFE: dict[str, Callable[[float], list[float | None] | None]] = {
    "all": lambda frame: None, "frame": lambda frame: [frame, frame], "onwards": lambda frame: [frame, None],
}  # fmt: skip
_OWN = {
    "paint": ("color",), "clone": ("offset", "time", "time_mode"), "reveal": ("time", "time_mode"), "dodge": ("stops",),
    "blur": ("blur_size",), "sharpen": ("blur_size",),
}  # fmt: skip
"""What a brush takes beside size, hardness and opacity."""


class Painting(DrawingTool):
    """While it is on, a drag paints a stroke with the brush that the node is set to, as one step of the history.

    Shift and a drag set the size. Ctrl and a click say where clone copies from; the stroke that follows fixes the
    offset.

    changed : called when the brush is elsewhere. pressure : of a pen now, 0 to 1; 1 of a mouse.
    """

    def __init__(
        self, workspace: Workspace, changed: Callable[[], object], pressure: Callable[[], float] = lambda: 1.0
    ) -> None:
        super().__init__(changed)
        self._workspace = workspace
        self._pressure = pressure
        self._on = False
        self._source: tuple[float, float] | None = None
        self._line: list[list[float]] = []

    @property
    def on(self) -> bool:
        return self._on and self.target() is not None

    def disarm(self) -> None:
        self._on, self._source, self._line = False, None, []

    def target(self) -> Target | None:
        """Node and parameter that a stroke goes to."""
        return painted_on(self._workspace)

    def toggle(self) -> None:
        """Begin to paint; a second time, end it."""
        if self.on:
            self.disarm()
            return
        self._on, self._mouse = True, None
        source = ", Ctrl+click the source of clone" if "clone" in self._brushes() else ""
        self._workspace.tell(f"Drag to paint; Shift+drag sets the size{source}; Esc ends it")

    def _state(self) -> NodeState:
        target = self.target()
        assert target is not None
        return self._workspace.graph.at(target[0])

    def _brushes(self) -> tuple[str, ...]:
        """The brushes that the node has."""
        cls = self._state().cls
        return next((spec.choices for spec in cls.specs if spec.name == "brush"), ()) if cls is not None else ()

    def grab(self, press: Press) -> Drag | None:
        if not self.on or press.button != Qt.MouseButton.LeftButton:
            return None
        if press.held(Qt.KeyboardModifier.ShiftModifier):
            return self._resize(press)
        if press.held(Qt.KeyboardModifier.ControlModifier) and self._state().value("brush") == "clone":
            back, _ = self._moves().inverted()
            self._source = carried(back, press.lens.to_artist(press.at))
            return Following(lambda at, _: None)
        return self._stroke(press) if press.plain_left else None

    def _moves(self) -> QTransform:
        """From where strokes are painted on the node to where they are."""
        target = self.target()
        return moves_of(self._workspace, target[0]) if target is not None else QTransform()

    def _set(self, token: object = None, **values: Any) -> None:
        target = self.target()
        if target is not None:
            self._workspace.edit(lambda session: session.set(target[0], token, **values))

    def _undo_to(self, steps: int) -> Callable[[], None]:
        def undo() -> None:
            self._line = []
            self._workspace.undo_to(steps)

        return undo

    def _resize(self, press: Press) -> Drag:
        token, start, size = object(), press.at, float(self._state().value("size"))
        zoom = scale_of(press.lens)[0]

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            self._set(token, size=round(min(max(size + 2 * (at - start).x() / zoom, 1.0), 1e5), 1))

        return Following(follow, self._undo_to(self._workspace.session.history.position))

    def _stroke(self, press: Press) -> Drag | None:
        target, lens, state = self.target(), press.lens, self._state()
        assert target is not None
        node = moves_of(self._workspace, target[0])
        back, possible = node.inverted()
        if not possible:
            self._workspace.tell("The scale of the node leaves no place to paint on", "warning", target[0])
            return None
        x, y = carried(back, lens.to_artist(press.at))
        brush = str(state.value("brush"))
        own = {name: state.value(name) for name in _OWN.get(brush, ())}
        if brush == "clone":
            if self._source is not None:
                own["offset"] = (round(self._source[0] - x, 3), round(self._source[1] - y, 3))
            if not any(own["offset"]) and own["time_mode"] == "relative" and own["time"] == 0:
                self._workspace.tell("Ctrl+click where clone is to copy from, then paint", "warning")
                return None
        before = strokes_of(self._workspace, target)
        names = {stroke.name for stroke in before}
        stroke: dict[str, Any] = {
            "name": next(n for i in range(1, len(before) + 2) if (n := f"{brush}{i}") not in names), "brush": brush,
            **{name: state.value(name) for name in ("size", "hardness", "opacity", "pressure")}, **own,
        }  # fmt: skip
        for name in {"size", "blur_size"} & stroke.keys():  # as wide as it is seen now, where the node scales it
            stroke[name] = round(stroke[name] / size_of(node), 3)
        if (frames := _LIFE[str(state.value("life"))](self._workspace.frame)) is not None:
            stroke["frames"] = frames
        token, last = object(), press.at
        more = {"offset": own["offset"]} if brush == "clone" else {}
        steps = self._workspace.session.history.position
        self._source = None

        def add(at: QPointF) -> None:
            x, y = carried(back, lens.to_artist(at))
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
            moves = self._moves()
            places = [lens.from_artist(*carried(moves, (point[0], point[1]))) for point in self._line]
            painter.setPen(QPen(theme.color("accent", 0.6), 1))
            painter.drawPolyline(places)
        if self._mouse is None:
            return
        state = self._state()
        radius = float(state.value("size")) * scale_of(lens)[0] / 2
        own = color_of(str(state.value("brush")))
        paint_ring(painter, self._mouse, radius, own if own != "text" else "text.strong")
        if state.value("brush") != "clone":
            return
        source = self._source
        if source is None:
            back, _ = self._moves().inverted()
            x, y = carried(back, lens.to_artist(self._mouse))
            dx, dy = state.value("offset")
            source = (x + dx, y + dy) if dx or dy else None
        if source is not None:
            at = lens.from_artist(*carried(self._moves(), source))
            paint_ring(painter, at, radius, "accent")
            paint_cross(painter, at)
