"""A row of controls that fits any width, so that no panel forces its column or the window to be wide."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QWidget

from . import theme


class Bar(QWidget):
    """A row of controls. Where there is no room, those that count least are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self._worth: dict[QWidget, int] = {}
        self._wanted: dict[QWidget, bool] = {}
        self.row = QHBoxLayout(self)
        self.row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.row.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        self.row.setSpacing(theme.SPACE)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def put(self, widget: QWidget, worth: int) -> None:
        """Add a control at the right end. worth : the more, the longer it stays."""
        self._worth[widget], self._wanted[widget] = worth, True
        self.row.addWidget(widget)

    def want(self, widget: QWidget, on: bool) -> None:
        """Whether a control says anything now."""
        if self._wanted[widget] != on:
            self._wanted[widget] = on
            self.arrange()

    def arrange(self) -> None:
        """Show the controls that are wanted, as far as there is room."""
        margins = self.row.contentsMargins()
        items = (self.row.itemAt(i) for i in range(self.row.count()))
        gaps = [item.sizeHint().width() for item in items if item is not None and item.spacerItem()]
        room = self.width() - margins.left() - margins.right() - sum(gaps) - self.row.spacing() * len(gaps)
        shown: set[QWidget] = set()
        for widget in sorted(self._worth, key=lambda w: -self._worth[w]):
            if self._wanted[widget]:
                room -= max(widget.minimumSizeHint().width(), widget.minimumWidth()) + self.row.spacing()
                if room < 0:
                    break
                shown.add(widget)
        for widget in self._worth:
            widget.setVisible(widget in shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()
