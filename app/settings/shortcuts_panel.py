"""The shortcut editor: all actions, searched by name or key, rebound by pressing keys, collisions shown at once."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from .. import theme
from ..panels import Desktop, Panel, PanelDeclaration
from ..widgets import label_of
from . import shortcuts
from .key_field import KeyField

_ID = Qt.ItemDataRole.UserRole


class ShortcutsPanel(Panel):
    """A table of the actions, and below it the keys of the chosen one. What is changed counts at once and is kept."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._declared = desktop.actions.declared
        self._wanted = ""
        """A key that was pressed and that others have."""
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find by words or by keys, such as blur or Ctrl+D")
        self.field.setClearButtonEnabled(True)
        self.field.addAction(theme.icon("search", "text.dim"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.only_changed = QCheckBox("Changed")
        self.only_changed.toggled.connect(self._filter)
        self.only_conflicts = QCheckBox("Conflicts")
        self.only_conflicts.toggled.connect(self._filter)
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["Action", "Keys", "Where"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.table.currentItemChanged.connect(self._chosen)
        self.table.itemActivated.connect(self._begin)
        self.name = label_of("title")
        self.keys = KeyField()
        self.keys.setFixedWidth(150)
        self.keys.pressed.connect(self._pressed)
        self.also = QCheckBox("In addition")
        self.also.setToolTip("Keep the keys that it has")
        self.clear = QPushButton("No key")
        self.clear.clicked.connect(self._clear)
        self.reset = QPushButton("Reset")
        self.reset.clicked.connect(self._reset)
        self.reset_all = QPushButton("Reset all")
        self.reset_all.clicked.connect(self._reset_all)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.take = QPushButton("Take it from there")
        self.take.clicked.connect(self._take)
        self._lay_out()
        self.setFocusProxy(self.field)
        self._fill()
        self._go_to(0)

    def _lay_out(self) -> None:
        top, edit, told = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for line, widgets in (
            (top, (self.field, self.only_changed, self.only_conflicts)),
            (edit, (self.keys, self.also, self.clear, self.reset)),
            (told, (self.notice, self.take)),
        ):
            line.setSpacing(2 * theme.SPACE)
            for widget in widgets:
                line.addWidget(widget)
        edit.addStretch()
        edit.addWidget(self.reset_all)
        told.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        layout.setSpacing(2 * theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self.table)
        layout.addWidget(self.name)
        layout.addLayout(edit)
        layout.addLayout(told)

    # -- the table ------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Show all actions with their keys; the chosen one stays so."""
        self._lines = shortcuts.lines(self._declared.values(), self.desktop.actions.overrides)
        if self.table.topLevelItemCount() != len(self._lines):
            self.table.clear()
            self.table.addTopLevelItems([QTreeWidgetItem() for _ in self._lines])
        for number, line in enumerate(self._lines):
            item = self.table.topLevelItem(number)
            assert item is not None
            item.setData(0, _ID, line.action.id)
            for column, text in enumerate((line.title, ",  ".join(line.keys), line.where)):
                item.setText(column, text)
            tint = "error" if line.others else "accent" if line.changed else "text"
            item.setForeground(1, theme.color(tint))
            item.setForeground(2, theme.color("text.dim"))
            item.setToolTip(1, f"The same keys as {', '.join(line.others)}" if line.others else "")
            item.setToolTip(0, line.action.tip)
        self._filter()
        self._chosen()

    def _filter(self, *_: object) -> None:
        count = sum(bool(line.others) for line in self._lines)
        self.only_conflicts.setText(f"Conflicts ({count})" if count else "Conflicts")
        for number, line in enumerate(self._lines):
            item = self.table.topLevelItem(number)
            assert item is not None
            item.setHidden(
                not shortcuts.fits(line, self.field.text())
                or (self.only_changed.isChecked() and not line.changed)
                or (self.only_conflicts.isChecked() and not line.others)
            )

    @property
    def chosen(self) -> str:
        """The id of the chosen action, empty for none."""
        item = self.table.currentItem()
        return str(item.data(0, _ID)) if item is not None else ""

    def choose(self, name: str) -> None:
        """Choose an action by its id."""
        for number, line in enumerate(self._lines):
            if line.action.id == name:
                self._go_to(number)

    def _go_to(self, row: int) -> None:
        item = self.table.topLevelItem(row)
        if item is not None:
            self.table.setCurrentItem(item)

    def _chosen(self, *_: object) -> None:
        self._wanted = ""
        line = next((line for line in self._lines if line.action.id == self.chosen), None)
        for widget in (self.keys, self.also, self.clear, self.reset):
            widget.setEnabled(line is not None)
        self.take.hide()
        if line is None:
            return
        self.name.setText(line.title)
        self.keys.setText(", ".join(line.keys))
        self.clear.setEnabled(bool(line.keys))
        self.reset.setEnabled(line.changed)
        self.reset_all.setEnabled(bool(self.desktop.actions.overrides))
        self._say(f"The same keys as {', '.join(line.others)}." if line.others else "")

    def _say(self, sentence: str) -> None:
        """Tell of a collision, red; the line keeps its room."""
        self.notice.setProperty("role", "error" if sentence else "dim")
        self.notice.style().unpolish(self.notice)
        self.notice.style().polish(self.notice)
        self.notice.setText(sentence or "Click the field, or press Enter in the table, and press the new keys.")

    def _begin(self, *_: object) -> None:
        self.keys.setFocus()

    # -- changing keys --------------------------------------------------------------------------------------------

    def _pressed(self, key: str) -> None:
        """Give the chosen action a key, unless others have it: then ask, without a box in the way."""
        actions = self.desktop.actions
        others = shortcuts.users(self._declared.values(), actions.overrides, self.chosen, key)
        if others:
            titles = ", ".join(shortcuts.title(other) for other in others)
            self._wanted = key
            self.keys.setText(key)
            self._say(f"{key} is used by {titles}.")
            self.take.show()
            return
        self._take_key(key)

    def _take(self) -> None:
        if self._wanted:
            self._take_key(self._wanted)

    def _take_key(self, key: str) -> None:
        replace_all = not self.also.isChecked()
        overrides = self.desktop.actions.overrides
        self._put(shortcuts.taken(self._declared, overrides, self.chosen, key, replace_all))

    def _clear(self) -> None:
        self._put(shortcuts.with_keys(self._declared, self.desktop.actions.overrides, self.chosen, ()))

    def _reset(self) -> None:
        default = self._declared[self.chosen].shortcuts
        self._put(shortcuts.with_keys(self._declared, self.desktop.actions.overrides, self.chosen, default))

    def _reset_all(self) -> None:
        self._put({})

    def _put(self, overrides: shortcuts.Overrides) -> None:
        self.desktop.rebind(overrides)
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the search to the table."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
            shown = [i for i in range(self.table.topLevelItemCount()) if not self.table.topLevelItem(i).isHidden()]  # type: ignore[union-attr]
            if shown:
                self.table.setFocus()
                self._go_to(shown[0])
            return True
        return False


PANEL = PanelDeclaration("shortcuts", "Keyboard Shortcuts", ShortcutsPanel, size=(780, 640))
