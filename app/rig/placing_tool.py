"""The viewer's tool by which lights are placed on the picture, while the light rig has it turned on."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from ..viewer.lens import Lens
from ..viewer.tools import Drag, Following, Press, Tool
from ..workspace import Workspace
from .placement import Placer
from .placing import Mode

HINTS = {
    Mode.HIGHLIGHT: "Highlight: click or drag where it should be",
    Mode.BRIGHTEST: "Brightest point: click or drag where it should be",
    Mode.FRONT: "In front: click or drag where the light should look",
    Mode.SHADOW: "Shadow: press on what casts it, drag to where it should fall",
}


FLAG_HINT = "Shadow of the flag: click or drag where its middle should fall"


class PlaceLights(Tool):
    """Takes plain presses while a mode is on. Each drag is one step of the history."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._placer = workspace.the(Placer)
        self._from: tuple[float, float] | None = None
        self._at: tuple[float, float] | None = None

    def grab(self, press: Press) -> Drag | None:
        placer, lens, steps = self._placer, press.lens, self._workspace.session.history.position
        if placer.mode is Mode.OFF or not press.plain_left:
            return None
        self._from = self._at = lens.to_artist(press.at)
        placer.pressed(self._from)

        def follow(at: QPointF, held: Qt.KeyboardModifier) -> None:
            self._at = lens.to_artist(at)
            placer.dragged(self._at)

        def undo() -> None:
            self._from = self._at = None
            placer.given_up()
            self._workspace.undo_to(steps)

        return Following(follow, undo, placer.released)

    def paint(self, painter: QPainter, lens: Lens) -> None:
        mode = self._placer.mode
        if mode is Mode.OFF:
            self._from = self._at = None
            return
        light = self._placer.light_name
        flag = bool(self._placer.flag)
        hint = FLAG_HINT if flag else HINTS[mode]
        text = f"{light}: {hint[0].lower()}{hint[1:]}" if light else "The light rig has no light to place"
        painter.setFont(theme.font("small", bold=True))
        width = painter.fontMetrics().horizontalAdvance(text) + 20
        box = QRectF(lens.pane.center().x() - width / 2, lens.pane.top() + 10, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface.deep", 0.8))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.color("accent"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        if self._at is not None:
            self._cross(painter, lens.from_artist(*self._at))
        if mode is Mode.SHADOW and not flag and self._from is not None and self._at is not None:
            painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(lens.from_artist(*self._from), lens.from_artist(*self._at))
            self._cross(painter, lens.from_artist(*self._from))

    def _cross(self, painter: QPainter, at: QPointF) -> None:
        for ink, width in (("surface.deep", 3.5), ("accent", 1.5)):
            painter.setPen(QPen(theme.color(ink), width))
            painter.drawLine(at - QPointF(7, 0), at + QPointF(7, 0))
            painter.drawLine(at - QPointF(0, 7), at + QPointF(0, 7))

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        return Qt.CursorShape.CrossCursor if self._placer.mode is not Mode.OFF else None
