"""A row of controls that fits any width, so that no panel forces its column or the window to be wide."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QMenu, QSizePolicy, QToolButton, QWidget

from . import theme


class Bar(QWidget):
    """A row of controls. Where there is no room, those that count least are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self._worth: dict[QWidget, int] = {}
        self._wanted: dict[QWidget, bool] = {}
        self._more: QToolButton | None = None
        self.row = QHBoxLayout(self)
        self.row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.row.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        self.row.setSpacing(theme.SPACE)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def put(self, widget: QWidget, worth: int) -> None:
        """Add a control at the right end. worth : the more, the longer it stays."""
        self._worth[widget], self._wanted[widget] = worth, True
        self.row.addWidget(widget)

    def fold(self) -> None:
        """End in a button whose menu has the switches without room: those tool buttons that have an accessible name."""
        self._more = QToolButton()
        self._more.setText("\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}")
        self._more.setAutoRaise(True)
        self._more.setToolTip("More switches, for which there is no room")
        self._more.setAccessibleName("More")
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._more.clicked.connect(self._show_more)
        self._more.hide()
        self.row.addWidget(self._more)

    def want(self, widget: QWidget, on: bool) -> None:
        """Whether a control says anything now."""
        if self._wanted[widget] != on:
            self._wanted[widget] = on
            self.arrange()

    def arrange(self) -> None:
        """Show the controls that are wanted, as far as there is room."""
        shown = self._fitting(0)
        if self._more is not None:
            if self._folded(shown):
                shown = self._fitting(self._more.sizeHint().width() + self.row.spacing())
            self._more.setVisible(bool(self._folded(shown)))
        for widget in self._worth:
            widget.setVisible(widget in shown)

    def _fitting(self, taken: int) -> set[QWidget]:
        """The controls that are wanted and have room. taken : pixels that are not theirs."""
        margins = self.row.contentsMargins()
        items = (self.row.itemAt(i) for i in range(self.row.count()))
        gaps = [item.sizeHint().width() for item in items if item is not None and item.spacerItem()]
        room = self.width() - margins.left() - margins.right() - sum(gaps) - self.row.spacing() * len(gaps) - taken
        shown: set[QWidget] = set()
        for widget in sorted(self._worth, key=lambda w: -self._worth[w]):
            if self._wanted[widget]:
                room -= max(widget.minimumSizeHint().width(), widget.minimumWidth()) + self.row.spacing()
                if room < 0:
                    break
                shown.add(widget)
        return shown

    def _folded(self, shown: set[QWidget]) -> list[QToolButton]:
        """The switches that are wanted, but not shown."""
        hidden = (widget for widget in self._worth if self._wanted[widget] and widget not in shown)
        return [widget for widget in hidden if isinstance(widget, QToolButton) and widget.accessibleName()]

    def _show_more(self) -> None:
        assert self._more is not None
        menu = QMenu(self._more)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for switch in self._folded({widget for widget in self._worth if not widget.isHidden()}):
            action = menu.addAction(switch.accessibleName())
            action.setCheckable(switch.isCheckable())
            action.setChecked(switch.isChecked())
            action.setToolTip(switch.toolTip())
            action.triggered.connect(switch.click)
        menu.setToolTipsVisible(True)
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()
