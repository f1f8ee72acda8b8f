"""A small list with a field to type in: for nodes to add, nodes to find, places to jump to."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from .fuzzy import Entry, ranked

ROWS = 12
WIDTH = 340
_ENTRY = Qt.ItemDataRole.UserRole
_OWN_KEYS = (
    Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
)  # fmt: skip
Chosen = Callable[[Entry, bool], object]
"""Called with what was chosen, and whether Shift was held."""


class Chooser(QFrame):
    """Lies on a panel while something is chosen; Enter chooses, Esc and a click elsewhere close it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self.setObjectName("chooser")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.field = QLineEdit()
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self._entries: Sequence[Entry] = ()
        self._uses: Mapping[str, int] = {}
        self._chosen: Chosen | None = None
        self.field.textChanged.connect(self._show)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._clicked)
        self.hide()

    def ask(
        self,
        entries: Sequence[Entry],
        chosen: Chosen,
        at: QPoint,
        hint: str,
        uses: Mapping[str, int] | None = None,
    ) -> None:
        """Let one of the entries be chosen, near a point of the parent."""
        self._entries, self._chosen, self._uses = entries, chosen, uses or {}
        self.field.setPlaceholderText(hint)
        self.field.clear()
        self._show()
        parent = self._around
        x = min(max(at.x() - 20, theme.SPACE), max(theme.SPACE, parent.width() - self.width() - theme.SPACE))
        y = min(max(at.y() - 16, theme.SPACE), max(theme.SPACE, parent.height() - self.height() - theme.SPACE))
        self.move(x, y)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_it(self) -> None:
        """Put it away and give the focus back."""
        if self.isHidden():
            return
        self._chosen = None
        self.hide()
        self._around.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def shown(self) -> list[Entry]:
        """What the list offers now."""
        return [self.list.item(i).data(_ENTRY) for i in range(self.list.count())]

    def _show(self) -> None:
        found = ranked(self.field.text(), self._entries, self._uses)[:80]
        self.list.clear()
        for entry in found:
            item = QListWidgetItem(entry.text)
            item.setData(_ENTRY, entry)
            item.setToolTip(entry.tip)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        others = self.field.sizeHint().height() + 5 * theme.SPACE + 2 * self.frameWidth() + 2  # and gaps to the panel
        room = (self._around.height() - others) // theme.ROW
        rows = max(1, min(ROWS, len(found), room))
        self.list.setFixedHeight(rows * theme.ROW + 2)
        self.resize(WIDTH, self.sizeHint().height())

    def _clicked(self, item: QListWidgetItem) -> None:
        self._choose(item.data(_ENTRY), False)

    def _choose(self, entry: Entry, shift: bool) -> None:
        chosen = self._chosen
        self.close_it()
        if chosen is not None:
            chosen(entry, shift)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.FocusOut and not self.isHidden():
            self._chosen = None
            self.hide()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}
        key = Qt.Key(event.key())
        if key in step:
            row = self.list.currentRow() + step[key]
            self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._choose(item.data(_ENTRY), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab):
            self.close_it()
        else:
            return False
        return True


class _Row(QStyledItemDelegate):
    """A row: a chip in the colour of the category, the name, and at the right, as far as it fits, where it belongs."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        entry: Entry = index.data(_ENTRY)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            on = bool(state & QStyle.StateFlag.State_Selected)
            painter.fillRect(rect, theme.color("selection" if on else "surface.raised"))
        if entry.tint:
            painter.fillRect(QRect(rect.left() + 6, rect.top() + 7, 4, rect.height() - 14), QColor(entry.tint))
        inner = rect.adjusted(18, 0, -10, 0)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text.strong"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, entry.text)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(entry.text) - 2 * theme.SPACE
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text.dim"))
        where = painter.fontMetrics().elidedText(entry.where, Qt.TextElideMode.ElideRight, max(room, 0))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, where)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(0, theme.ROW)
