"""A magnified piece of the picture around a point that is being set exactly."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from rimlight.engine import Region

from .. import theme
from ..evaluating import VIEWER, Evaluations
from .cpu_render import render
from .frame import Frame
from .geometry import View
from .lens import Lens
from .plane import pack
from .settings import Compare
from .tools import Tool

SIDE = 168
"""Of the loupe, in units of the interface."""
ZOOM = 8
"""Units of the interface per pixel of the picture."""


class Loupe(Tool):
    """Shown in a corner of the pane while somebody looks through it. What it shows is made in a worker.

    frame : gives what the viewport shows. repaint : asks for the overlay to be drawn anew.
    """

    def __init__(
        self, owner: QObject, evaluations: Evaluations, frame: Callable[[], Frame | None], repaint: Callable[[], None]
    ) -> None:
        self._owner = owner
        self._evaluations = evaluations
        self._frame = frame
        self._repaint = repaint
        self._place: tuple[float, float] | None = None
        self._image: QImage | None = None

    @property
    def shown(self) -> bool:
        """Whether somebody looks through it and there is something to see."""
        return self._place is not None and self._image is not None

    def look(self, place: tuple[float, float]) -> None:
        """Show what is at a point in artist's coordinates."""
        self._place = place
        frame = self._frame()
        if frame is None or frame.a is None or frame.display is None:
            return
        self._evaluations.run(
            self._owner, lambda token: _magnified(frame, place, token.check), self._show, channel="loupe",
            urgency=VIEWER,
        )  # fmt: skip

    def hide(self) -> None:
        """Nobody looks any more."""
        self._place = self._image = None
        self._evaluations.cancel(self._owner, "loupe")
        self._repaint()

    def _show(self, image: QImage) -> None:
        self._image = image
        self._repaint()

    def paint(self, painter: QPainter, lens: Lens) -> None:
        if self._place is None or self._image is None:
            return
        at = lens.from_artist(*self._place)
        left = at.x() > lens.pane.center().x()
        x = lens.pane.left() + 12 if left else lens.pane.right() - 12 - SIDE
        box = QRectF(x, lens.pane.top() + 12, SIDE, SIDE)
        painter.drawImage(box, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("line.strong"), 1))
        painter.drawRect(box)
        middle = box.center()
        for ink, width in (("surface.deep", 3.0), ("accent", 1.0)):
            painter.setPen(QPen(theme.color(ink), width))
            for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(middle + way * 4, middle + way * 20)


def _magnified(frame: Frame, place: tuple[float, float], check: Callable[[], None]) -> QImage:
    """The true pixels around a point, as the display shows them. In a worker."""
    plane = frame.a
    assert plane is not None
    x, y = plane.display.from_artist(*place)
    reach = SIDE / ZOOM / 2 + 1
    around = Region(int(x - reach), int(y - reach), int(x + reach) + 1, int(y + reach) + 1).scaled(plane.scale)
    image = plane.image.crop(around)
    near = plane
    if not image.region.is_empty:
        near = pack(image, plane.layer.name, plane.scale, 1, extent=plane.extent, check=check)
    side = round(SIDE * frame.ratio)
    view = View(side, side, zoom=ZOOM * frame.ratio, aspect=plane.aspect).looking_at(x, y)
    settings = replace(frame.settings, compare=Compare.OFF)
    codes = np.ascontiguousarray(render(replace(frame, view=view, a=near, b=None, settings=settings), check=check))
    height, width = codes.shape[:2]
    return QImage(codes.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
