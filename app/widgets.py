"""How widgets are made all over the desktop: layouts to the edge, labels by role, flat buttons, windows on screens."""

from typing import TypeVar

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLayout, QToolButton, QWidget

from . import theme

_Layout = TypeVar("_Layout", bound=QLayout)
_FRAME = (0, 32)
"""What the system's frame takes of the screen, about."""


def to_edge(layout: _Layout, spacing: int = 0) -> _Layout:
    """A layout without margins. spacing : pixels between what is in it."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout


def label_of(role: str, text: str = "") -> QLabel:
    """A label. role : how the theme paints it, such as `dim`, `title` or `error`."""
    made = QLabel(text)
    made.setProperty("role", role)
    return made


def flat_button(tip: str, icon: str = "", text: str = "", ink: str = "text") -> QToolButton:
    """A button without a frame. Who does not see it knows it by its tip, up to a colon. ink : colour of the icon."""
    made = QToolButton()
    made.setAutoRaise(True)
    made.setText(text)
    if icon:
        made.setIcon(theme.icon(icon, ink))
    made.setToolTip(tip)
    made.setAccessibleName(tip.partition(":")[0])
    return made


def titled(title: str, field: QWidget, role: str = "dim") -> QWidget:
    """A field with its name before it, which go together where there is no room."""
    pair = QWidget()
    line = to_edge(QHBoxLayout(pair), theme.SPACE)
    line.addWidget(label_of(role, title))
    line.addWidget(field)
    return pair


def resize_window(window: QWidget, size: tuple[int, int]) -> None:
    """Give a window a size, as far as its screen has room for it."""
    window.resize(opening_size(window.screen().availableSize(), size))


def opening_size(available: QSize, size: tuple[int, int]) -> QSize:
    """How large a window of a size opens on a screen with that much room. What is drawn without a screen has all."""
    if QApplication.platformName() == "offscreen":
        return QSize(*size)
    return QSize(*size).boundedTo(available - QSize(*_FRAME))


def place_clear_of(room: QRect, size: QSize, kept: QRect) -> QPoint:
    """Where on a screen a window of a size, its frame added, covers least of a rectangle: at the middle of an edge or
    in a corner, the lower ones first.
    """
    whole = size + QSize(*_FRAME)
    right, bottom = (max(end, 0) for end in (room.width() - whole.width(), room.height() - whole.height()))
    places = [room.topLeft() + QPoint(x, y) for y in (bottom, 0, bottom // 2) for x in (right // 2, 0, right)]

    def covered(place: QPoint) -> int:
        shared = QRect(place, whole).intersected(kept)
        return max(shared.width(), 0) * max(shared.height(), 0)

    return min(places, key=covered)
