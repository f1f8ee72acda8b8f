"""What the viewport says when there is no picture: why, and the way to the node that it is about."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from rimlight.engine import NodeError

from .. import theme


def _never(_: str) -> bool:
    return False


class Notice(QFrame):
    """A card in the middle of the viewport. followed : the path of the node to go to. lights_wanted : lights are to be
    made for it.
    """

    followed = Signal(str)
    lights_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("viewerNotice")
        self._node = ""
        self.title = QLabel()
        self.title.setProperty("role", "error")
        self.title.setFont(theme.font("body", bold=True))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
        self.button = QPushButton()
        self.button.clicked.connect(lambda: self.followed.emit(self._node))
        foot = QHBoxLayout()
        self.lights = QPushButton("Add Lights\N{HORIZONTAL ELLIPSIS}")
        self.lights.clicked.connect(self.lights_wanted)
        foot.addStretch(1)
        foot.addWidget(self.lights)
        foot.addWidget(self.button)
        self._around = parent
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * theme.SPACE, 3 * theme.SPACE, 4 * theme.SPACE, 3 * theme.SPACE)
        layout.setSpacing(2 * theme.SPACE)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(foot)
        self.hide()

    def show_error(
        self, error: Exception, viewed: str, there: Callable[[str], bool] = bool, dark: Callable[[str], bool] = _never
    ) -> None:
        """Show why a node cannot be seen.

        there : whether the script has a node, else nothing leads to it. dark : whether it is lights that it lacks.
        """
        at = error.path if isinstance(error, NodeError) else viewed
        reason = error.reason if isinstance(error, NodeError) else str(error)
        name = at.rpartition("/")[2]
        frame = f" at frame {error.frame:.12g}" if isinstance(error, NodeError) and error.frame is not None else ""
        self._node = at
        self.title.setText(f"{name or viewed} cannot be shown{frame}")
        self.text.setText(reason[:1].upper() + reason[1:])
        self.button.setText(f"Go to {name}")
        self.button.setVisible(bool(at) and there(at))
        self.lights.setVisible(bool(at) and there(at) and dark(at))
        self.show()
        self.place()
        self.raise_()

    def place(self) -> None:
        """In the middle of the viewport."""
        around, layout = self._around, self._layout
        layout.invalidate()  # what was shown or hidden meanwhile counts
        width = min(480, max(160, around.width() - 40))
        self.setFixedWidth(width)
        height = layout.totalHeightForWidth(width)  # with the frame around it
        self.setFixedHeight(min(max(height, 60), max(60, around.height() - 20)))
        self.move((around.width() - self.width()) // 2, (around.height() - self.height()) // 2)
