"""The button over the parameters of a node that writes files."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from .. import theme
from .rows import Shared


class RenderBar(QWidget):
    """Renders the node over the frames that the render panel says, which it shows. path : of the node."""

    def __init__(self, shared: Shared, path: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._path = path
        self.button = QPushButton("Render")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Render this node; the frames are chosen in the Render panel")
        self.button.clicked.connect(self.render_node)
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.ROW, theme.SPACE, 0, theme.SPACE)
        line.addWidget(self.button)
        line.addStretch(1)

    def render_node(self) -> None:
        """Select the node and render what is selected."""
        self._shared.workspace.select((self._path(),))
        self._shared.trigger("render.selected")
