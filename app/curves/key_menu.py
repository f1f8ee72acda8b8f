"""The menu of a panel that edits keys."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from ..actions import Action
from ..panels import Panel


def show_menu(panel: Panel, actions: Sequence[Action], at: QPoint) -> None:
    """Show the actions of a panel at a place on the screen, those that shape keys apart from what comes before."""
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for action in actions:
        if action.id.endswith(".smooth"):  # the first of these
            menu.addSeparator()
        menu.addAction(panel.desktop.actions.qaction(action.id))
    menu.popup(at)
