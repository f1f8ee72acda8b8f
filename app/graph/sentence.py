"""A sentence that lies on the canvas for a moment."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from .. import theme
from ..widgets import label_of


class Sentence(QFrame):
    """A sentence beside the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self._label = label_of("error")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        layout.addWidget(self._label)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, sentence: str, at: QPoint) -> None:
        """Show a sentence at a point of the parent, inside it; an empty one hides it."""
        self.setVisible(bool(sentence))
        if sentence:
            self._label.setText(sentence)
            self.adjustSize()
            x = min(at.x(), self._around.width() - self.width())
            y = min(at.y(), self._around.height() - self.height())
            self.move(max(0, x), max(0, y))
