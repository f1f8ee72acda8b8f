"""The error panel: what fails and why, each line leading to its node."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)  # fmt: skip

from rimlight.engine import NodeError

from . import theme
from .panels import Desktop, Panel, PanelDeclaration
from .widgets import label_of

_PATH = Qt.ItemDataRole.UserRole


class _Lines(QStyledItemDelegate):
    """Breaks lines within the list: the padding of an item, which its style adds, counts too."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        if hint.width() <= option.rect.width():
            return hint
        narrow = QStyleOptionViewItem(option)
        narrow.rect = option.rect.adjusted(0, 0, -4 * theme.SPACE, 0)
        return super().sizeHint(narrow, index)


class ErrorsPanel(Panel):
    """Errors of what is looked at first, then those of other nodes. A click or Enter leads to the node."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)  # lines are broken for the width that there is now
        self.list.setItemDelegate(_Lines(self.list))
        self.list.itemActivated.connect(self._lead)
        self.list.itemClicked.connect(self._lead)
        self._nothing = label_of("dim", "Nothing fails.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        self.setFocusProxy(self.list)
        self.workspace.evaluations.activity.errors_changed.connect(self._show)
        self.workspace.facts.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        shown: dict[tuple[str, str], tuple[NodeError, bool]] = {}
        for error in self.workspace.evaluations.activity.errors:
            shown[error.path, error.reason] = (error, True)
        for error in self.workspace.facts.errors:
            shown.setdefault((error.path, error.reason), (error, False))
        self.list.clear()
        marks = [theme.icon(mark, mark) for mark in ("warning", "error")]  # drawn once: there may be a thousand lines
        for error, looked_at in shown.values():
            item = QListWidgetItem(marks[looked_at], str(error))
            item.setData(_PATH, error.path)
            item.setToolTip("Go to the node")
            self.list.addItem(item)
        self.list.setVisible(bool(shown))
        self._nothing.setVisible(not shown)

    def _lead(self, item: QListWidgetItem) -> None:
        self.workspace.reveal(item.data(_PATH))


PANEL = PanelDeclaration("errors", "Errors", ErrorsPanel, area="right", visible=True)
