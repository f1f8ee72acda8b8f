"""The wipe between the sides: a line that can be moved and turned, and how much of B is seen behind it."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .. import theme
from .lens import Lens
from .settings import Compare
from .tools import Drag, Following, Press, Stand, Tool, near

ARM = 70.0
"""From the middle of the wipe to its other handles, in units of widgets."""
LETTER = 9.0
"""Half the size of the disc behind the name of a side."""


class Wipe(Tool):
    """The handle in the middle moves the line, the one along it turns it, the one across sets the mix."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    @property
    def _on(self) -> bool:
        return self._stand.settings.compare is Compare.WIPE and self._stand.settings.overlays

    def _places(self, lens: Lens) -> tuple[QPointF, QPointF, QPointF]:
        """The middle, the handle that turns and the one that mixes."""
        settings, window = self._stand.settings, lens.window
        middle = lens.from_artist(settings.wipe_x * window.width, settings.wipe_y * window.height)
        angle = math.radians(settings.wipe_angle)
        towards = QPointF(math.cos(angle), -math.sin(angle))
        along = QPointF(-math.sin(angle), -math.cos(angle))
        return middle, middle + along * ARM, middle + towards * (ARM * settings.mix)

    def grab(self, press: Press) -> Drag | None:
        if not self._on or not press.plain_left:
            return None
        middle, turn, mix = self._places(press.lens)
        settings, stand, lens = self._stand.settings, self._stand, press.lens

        def undo() -> None:
            stand.change(
                wipe_x=settings.wipe_x, wipe_y=settings.wipe_y, wipe_angle=settings.wipe_angle, mix=settings.mix
            )

        if near(press.at, turn):
            return Following(lambda at, held: self._turn(at - middle, held), undo)
        if near(press.at, middle):
            return Following(lambda at, _: self._move(at, lens), undo)
        if near(press.at, mix):
            return Following(lambda at, _: self._mix(at - middle), undo)
        return None

    def _move(self, at: QPointF, lens: Lens) -> None:
        x, y = lens.to_artist(at)
        width, height = max(1, lens.window.width), max(1, lens.window.height)
        self._stand.change(wipe_x=min(max(x / width, 0.0), 1.0), wipe_y=min(max(y / height, 0.0), 1.0))

    def _turn(self, way: QPointF, held: Qt.KeyboardModifier) -> None:
        angle = math.degrees(math.atan2(-way.x(), -way.y()))
        if held & Qt.KeyboardModifier.ShiftModifier:
            angle = round(angle / 15) * 15.0
        self._stand.change(wipe_angle=angle)

    def _mix(self, way: QPointF) -> None:
        angle = math.radians(self._stand.settings.wipe_angle)
        along = (way.x() * math.cos(angle) - way.y() * math.sin(angle)) / ARM
        self._stand.change(mix=min(max(along, 0.0), 1.0))

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if not self._on:
            return
        middle, turn, mix = self._places(lens)
        along = (turn - middle) / ARM
        far = lens.pane.width() + lens.pane.height()
        for color, width in ((theme.color("surface.deep", 0.8), 3.0), (theme.color("accent"), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawLine(middle - along * far, middle - along * 9)
            painter.drawLine(middle + along * 9, turn - along * 5)
            painter.drawLine(turn + along * 5, middle + along * far)
            painter.drawLine(middle, mix)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, 6, 6)
            painter.drawEllipse(turn, 4, 4)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(mix, 3.5, 3.5)
        painter.setFont(theme.font("small", bold=True))
        for letter, place in self.letters(lens).items():
            box = QRectF(place.x() - LETTER, place.y() - LETTER, 2 * LETTER, 2 * LETTER)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("surface.deep", 0.7))
            painter.drawEllipse(box)
            painter.setPen(theme.color("accent"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def letters(self, lens: Lens) -> dict[str, QPointF]:
        """Where the names of the sides stand: beside the handle that turns, each on its own side of the line."""
        _, turn, _ = self._places(lens)
        angle = math.radians(self._stand.settings.wipe_angle)
        beside = QPointF(math.cos(angle), -math.sin(angle)) * (2.4 * LETTER)
        return {"A": turn - beside, "B": turn + beside}

    def cursor(self, at: QPointF, lens: Lens) -> Qt.CursorShape | None:
        if self._on and any(near(at, place) for place in self._places(lens)):
            return Qt.CursorShape.SizeAllCursor
        return None
