"""The context menu of the viewer."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from .shape_menu import fill_points_menu

if TYPE_CHECKING:
    from .panel import ViewerPanel

ENTRIES = (
    "fit", "one_to_one", "", "wipe", "swap", "", "overlays", "zebra", "false_color", "background", "", "roi",
    "draw_roi", "", "draw_shape", "clear_samples",
)  # fmt: skip
"""Names of the viewer's actions; an empty one is a line between them."""


def fill_menu(menu: QMenu, panel: "ViewerPanel", at: QPointF) -> None:
    """What can be done at a place of the viewport, to points of shapes first."""
    fill_points_menu(menu, panel, at)
    for name in ENTRIES:
        if name:
            menu.addAction(panel.desktop.actions.qaction(f"viewer.{name}"))
        else:
            menu.addSeparator()
