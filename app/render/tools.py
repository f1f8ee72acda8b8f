"""Buttons behind the renders of the queue."""

from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from ..widgets import flat_button, to_edge


def tool_button(icon: str, tip: str, call: Callable[[], object]) -> QToolButton:
    """A button behind a render. tip : what it does; call : does it."""
    button = flat_button(tip, icon)
    button.clicked.connect(call)
    return button


def beside(*tools: QToolButton) -> QWidget:
    """Buttons in one place."""
    pair = QWidget()
    line = to_edge(QHBoxLayout(pair))
    for tool in tools:
        line.addWidget(tool)
    return pair


def open_folder(folder: str) -> None:
    """Show a folder in the system's file browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
