"""The tracks of nodes whose properties are open: their boxes and paths on the picture, to drag, size and add."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from rimlight.engine import tracks_of

from .. import theme
from ..paths import has_node
from ..tracking.control import Tracking
from ..tracking.tracks import Shown, placed, shown_tracks
from ..workspace import Workspace
from .lens import Lens
from .loupe import Loupe
from .tools import Drag, Following, Press, Tool, near

_LEAST = 3.0
"""Width and height of a box, in pixels."""


@dataclass(frozen=True)
class Corner:
    """A corner of a box of a track. box : `pattern` or `search`."""

    track: Shown
    box: str
    at: QPointF


class TrackHandles(Tool):
    """Draws every track in use with its pattern, the box in which it is looked for, and where its keys are.

    A drag in the pattern moves the track, at a key where it has keys, under a loupe; a corner sizes a box about the
    middle; a click ticks the track alone, with Shift one more; Ctrl+Alt+click adds one.
    """

    def __init__(self, workspace: Workspace, loupe: Loupe) -> None:
        self._workspace = workspace
        self._tracking = workspace.the(Tracking)
        self._loupe = loupe
        self.visible = True

    def tracks(self) -> Iterator[Shown]:
        """All tracks that are shown now."""
        graph = self._workspace.graph
        for path in self._workspace.opened if self.visible else ():
            if has_node(graph, path):
                yield from shown_tracks(path, graph.at(path), self._workspace.frame)

    @property
    def node(self) -> str | None:
        """The topmost open node that has tracks."""
        graph = self._workspace.graph
        opened = (path for path in self._workspace.opened if has_node(graph, path))
        return next((path for path in opened if tracks_of(graph.at(path).cls)), None)

    def follow(self, direction: int, whole: bool) -> None:
        """Let the ticked tracks of that node follow the picture: see `Tracking.track`."""
        if self.node is not None:
            self._tracking.track(self.node, direction, whole)

    def _ticked(self, track: Shown) -> bool:
        return self._tracking.is_chosen(track.node, track.name)

    def _rect(self, track: Shown, box: str, lens: Lens) -> QRectF:
        (x, y), (w, h) = track.place, track.size(box)
        return QRectF(lens.from_artist(x - w / 2, y + h / 2), lens.from_artist(x + w / 2, y - h / 2))

    def _corners(self, lens: Lens) -> Iterator[Corner]:
        for track in self.tracks():
            for box in track.size_names:
                rect = self._rect(track, box, lens)
                for at in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight()):
                    yield Corner(track, box, at)

    def _under(self, at: QPointF, lens: Lens) -> Shown | None:
        """The track whose point, or else whose pattern, is there."""
        tracks = list(self.tracks())
        close = [track for track in tracks if near(at, lens.from_artist(*track.place))]
        inside = [track for track in tracks if self._rect(track, "pattern", lens).contains(at)]
        return next(iter(close or inside), None)

    def grab(self, press: Press) -> Drag | None:
        lens = press.lens
        left = press.button == Qt.MouseButton.LeftButton
        if left and press.held(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return self._add(press)
        more = left and press.held(Qt.KeyboardModifier.ShiftModifier)
        if not (press.plain_left or more):
            return None
        track = self._under(press.at, lens)
        corner = next((c for c in self._corners(lens) if near(press.at, c.at)), None)
        if corner is not None and (track is None or not near(press.at, lens.from_artist(*track.place))):
            return self._size(corner, press)
        if track is None:
            return None
        if more:
            self._tracking.choose(track.node, track.name, not self._ticked(track))
            return Following(lambda at, _: None)
        return self._move(track, press)

    def _add(self, press: Press) -> Drag | None:
        node = self.node if self.visible else None
        if node is None:
            return None
        x, y = press.lens.to_artist(press.at)
        steps = self._workspace.session.history.position
        name = self._tracking.add(node, (round(x, 3), round(y, 3)))
        made = next((track for track in self.tracks() if (track.node, track.name) == (node, name)), None)
        return self._move(made, press, steps) if made is not None else Following(lambda at, _: None)

    def _move(self, track: Shown, press: Press, steps: int | None = None) -> Drag:
        """A drag of a track; a click only ticks it, alone. Given up, the history is back at `steps`."""
        workspace, lens, token = self._workspace, press.lens, object()
        start = workspace.session.history.position if steps is None else steps
        off = lens.from_artist(*track.place) - press.at
        moved = False

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            nonlocal moved
            if not moved and near(at, press.at, 2.0):
                return
            moved = True
            if not has_node(workspace.graph, track.node):
                return  # an undo took it away during the drag
            x, y = lens.to_artist(at + off)
            place = (round(x, 3), round(y, 3))
            state = workspace.graph.at(track.node)
            value = placed(state.value(track.name), place, workspace.frame)
            workspace.edit(lambda session: session.set(track.node, token, **{track.name: value}))
            self._loupe.look(place)

        def done() -> None:
            self._loupe.hide()
            if not moved and steps is None:
                self._tracking.choose_only(track.node, track.name)

        def undo() -> None:
            self._loupe.hide()
            workspace.undo_to(start)

        self._loupe.look(track.place)
        return Following(follow, undo, done)

    def _size(self, corner: Corner, press: Press) -> Drag:
        """A drag of a corner: the box grows about the middle."""
        workspace, lens, token = self._workspace, press.lens, object()
        track, name = corner.track, corner.track.size_names[corner.box]
        steps = workspace.session.history.position

        def follow(at: QPointF, _: Qt.KeyboardModifier) -> None:
            x, y = lens.to_artist(at)
            size = tuple(max(_LEAST, float(round(2 * abs(a - b)))) for a, b in zip((x, y), track.place, strict=True))
            workspace.edit(lambda session: session.set(track.node, token, **{name: size}))

        return Following(follow, partial(workspace.undo_to, steps))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        painter.setFont(theme.font("small"))
        for track in self.tracks():
            ticked = self._ticked(track)
            self._paint_path(painter, lens, track, ticked)
            ink = "accent" if ticked else "text.dim"
            for box, strength in (("search", 0.5), ("pattern", 1.0)):
                if box in track.size_names:
                    self._outline(painter, self._rect(track, box, lens), ink, strength)
            at = lens.from_artist(*track.place)
            self._cross(painter, at, "text.strong" if track.at_key(self._workspace.frame) else ink)
            label = QPointF(self._rect(track, "pattern", lens).left(), self._rect(track, "pattern", lens).top() - 4)
            for color, by in (("surface.deep", 1), (ink, 0)):
                painter.setPen(theme.color(color))
                painter.drawText(label + QPointF(by, by), track.name)

    def _outline(self, painter: QPainter, rect: QRectF, ink: str, strength: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((theme.color("surface.deep", 0.7 * strength), 3.0), (theme.color(ink, strength), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawRect(rect)

    def _cross(self, painter: QPainter, at: QPointF, ink: str) -> None:
        for color, width in (("surface.deep", 3.0), (ink, 1.2)):
            painter.setPen(QPen(theme.color(color), width))
            painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
            painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))

    def _paint_path(self, painter: QPainter, lens: Lens, track: Shown, ticked: bool) -> None:
        """Where the keys are, joined in their order."""
        points = [lens.from_artist(*place) for place in track.path()]
        if len(points) < 2:
            return
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("surface.deep", 0.6), 3))
        painter.drawPath(path)
        painter.setPen(QPen(theme.color("value.animated" if ticked else "text.dim"), 1))
        painter.drawPath(path)
        painter.setPen(QPen(theme.color("value.animated" if ticked else "text.dim"), 3))
        painter.drawPoints(points)

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        track = self._under(at, lens)
        if track is not None and near(at, lens.from_artist(*track.place)):
            return Qt.CursorShape.SizeAllCursor
        if any(near(at, corner.at) for corner in self._corners(lens)):
            return Qt.CursorShape.SizeFDiagCursor
        return Qt.CursorShape.SizeAllCursor if track is not None else None
