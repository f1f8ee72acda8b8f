"""What the viewport says when there is no picture: why, and the way to the node that it is about."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from rimlight.engine import NodeError

from .. import theme
from ..widgets import label_of

_BESIDE, _BELOW = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom


def _none(_: str) -> Sequence[str]:
    return ()


class Notice(QFrame):
    """A card in the middle of the viewport. followed : the path of the node to go to. lights_wanted : lights are to be
    made for it. rig_chosen : path of the node, and the rig beside it that is to be wired to it.
    """

    followed = Signal(str)
    lights_wanted = Signal()
    rig_chosen = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("viewerNotice")
        self._node = ""
        self._rigs: tuple[str, ...] = ()
        self.title = label_of("error")
        self.title.setFont(theme.font("body", bold=True))
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
        self.button = QPushButton()
        self.button.clicked.connect(lambda: self.followed.emit(self._node))
        foot = self._foot = QBoxLayout(_BESIDE)
        self.lights = QPushButton("Add Lights\N{HORIZONTAL ELLIPSIS}")
        self.lights.clicked.connect(self.lights_wanted)
        self.rigs = QPushButton()
        self.rigs.clicked.connect(self._connect)
        foot.addStretch(1)
        foot.addWidget(self.rigs)
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
        self, error: Exception, viewed: str, there: Callable[[str], bool] = bool,
        dark: Callable[[str], object] = _none, rigs: Callable[[str], Sequence[str]] = _none,
    ) -> None:  # fmt: skip
        """Show why a node cannot be seen.

        there : whether the script has a node, else nothing leads to it. dark : whether it is lights that it lacks.
        rigs : those that could be wired to it.
        """
        at = error.path if isinstance(error, NodeError) else viewed
        reason = error.reason if isinstance(error, NodeError) else str(error)
        name = at.rpartition("/")[2]
        frame = f" at frame {error.frame:.12g}" if isinstance(error, NodeError) and error.frame is not None else ""
        self._node = at
        self.title.setText(f"{name or viewed} cannot be shown{frame}")
        kind = "." in reason.partition(" ")[0]  # which is written as it is
        self.text.setText(reason if kind else reason[:1].upper() + reason[1:])
        self.button.setText(f"Go to {name}")
        self.button.setVisible(bool(at) and there(at))
        unlit = bool(at) and there(at) and bool(dark(at))
        self._rigs = tuple(rigs(at)) if unlit else ()
        what = self._rigs[0] if len(self._rigs) == 1 else "Lights\N{HORIZONTAL ELLIPSIS}"
        self.rigs.setText(f"Connect {what}")
        self.rigs.setVisible(bool(self._rigs))
        self.lights.setVisible(unlit)
        self.show()
        self.place()
        self.raise_()

    def _connect(self) -> None:
        """Wire the rig that there is; of several, one that is chosen."""
        if len(self._rigs) == 1:
            self.rig_chosen.emit(self._node, self._rigs[0])
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for rig in self._rigs:
            menu.addAction(rig).triggered.connect(partial(self.rig_chosen.emit, self._node, rig))
        menu.popup(self.rigs.mapToGlobal(self.rigs.rect().bottomLeft()))

    def place(self) -> None:
        """In the middle of the viewport, with the buttons below each other where they have no room beside."""
        around, layout, foot = self._around, self._layout, self._foot
        width = min(480, max(160, around.width() - 40))
        self.setFixedWidth(width)
        foot.setDirection(_BESIDE)
        foot.invalidate()  # what was shown or hidden meanwhile counts
        margins = layout.contentsMargins()
        if foot.sizeHint().width() > self.contentsRect().width() - margins.left() - margins.right():
            foot.setDirection(_BELOW)
        layout.invalidate()
        height = layout.totalHeightForWidth(width)  # with the frame around it
        self.setFixedHeight(min(max(height, 60), max(60, around.height() - 20)))
        self.move((around.width() - self.width()) // 2, (around.height() - self.height()) // 2)
