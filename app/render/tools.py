"""Buttons behind the renders of the queue."""

from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from .. import theme


def tool_button(icon: str, tip: str, call: Callable[[], object]) -> QToolButton:
    """A button behind a render. tip : what it does; call : does it."""
    button = QToolButton()
    button.setAutoRaise(True)
    button.setIcon(theme.icon(icon))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(call)
    return button


def beside(*tools: QToolButton) -> QWidget:
    """Buttons in one place."""
    pair = QWidget()
    line = QHBoxLayout(pair)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(0)
    for tool in tools:
        line.addWidget(tool)
    return pair


def open_folder(folder: str) -> None:
    """Show a folder in the system's file browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
