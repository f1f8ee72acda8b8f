"""How widgets are made all over the desktop: layouts to the edge, labels by their role, flat buttons."""

from typing import TypeVar

from PySide6.QtWidgets import QLabel, QLayout, QToolButton

from . import theme

_Layout = TypeVar("_Layout", bound=QLayout)


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
