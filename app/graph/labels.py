"""Where the names of a tile's inputs stand: beside the ends of their wires, and never over one another."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt

from .items import Tip
from .sockets import Socket

REACH = 114.0
ABOVE = 80.0
"""How far to the side of an input's tip its name reaches at most: beside the tile, and above it."""
_GAP, _CLEAR = 8.0, 17.0
"""From the tip to a name beside its wire, and to one at the same height, which stands behind the stub."""
_HEIGHT = 14.0
_ROW = 11.0
"""From one name to the next of a column."""


@dataclass(frozen=True)
class Label:
    """The name of an input. box : in the tile's coordinates. right : it begins at the left of the box, else it ends at
    its right.
    """

    socket: str
    text: str
    box: QRectF
    right: bool

    @property
    def flags(self) -> Qt.AlignmentFlag:
        across = Qt.AlignmentFlag.AlignLeft if self.right else Qt.AlignmentFlag.AlignRight
        return across | Qt.AlignmentFlag.AlignVCenter

    def written(self, width: float) -> QRectF:
        """What of the box the text takes. width : of the text. Of a column's lines none takes another's place."""
        left = self.box.left() if self.right else self.box.right() - width
        return QRectF(left, self.box.center().y() - _ROW / 2, width, _ROW)


def labels_of(ends: Sequence[tuple[Socket, Tip]]) -> list[Label]:
    """The names of inputs whose wires, or stubs of wires, end so.

    One beside the tile stands clear of its wire; several on the same side make a column in the order of their inputs.
    """
    above = [(s, e) for s, e in ends if _above(s)]
    found = [_label(s, e.point.y() - 17, e, e.direction.x() >= -0.25, reach=ABOVE) for s, e in above]
    for right in (False, True):
        beside = [(s, e) for s, e in ends if not _above(s) and (e.point.x() > 0) == right]
        beside.sort(key=lambda pair: pair[1].point.y())
        if len(beside) == 1:
            socket, end = beside[0]
            falls = end.direction.y() > 0.2
            found.append(_label(socket, end.point.y() - (0 if falls else _HEIGHT), end, right))
            continue
        middle = sum(end.point.y() for _, end in beside) / max(1, len(beside))
        for i, (socket, end) in enumerate(beside):
            top = middle + (i - (len(beside) - 1) / 2) * _ROW - _HEIGHT / 2
            found.append(_label(socket, top, end, right, _CLEAR))
    return found


def _above(socket: Socket) -> bool:
    return socket.side == "top"


def _label(socket: Socket, top: float, end: Tip, right: bool, gap: float = _GAP, reach: float = REACH) -> Label:
    x, width = end.point.x(), reach - gap
    return Label(socket.name, socket.label, QRectF(x + gap if right else x - reach, top, width, _HEIGHT), right)
