"""The head of a node's properties: its name and kind, its state, and what can be done with it as a whole."""

from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QIcon,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from rimlight.engine import NodeState, RimlightError

from .. import theme
from ..dialogs import ask_name
from ..widgets import label_of, to_edge
from .field import START, Field
from .message_line import MessageLine
from .parameter import find, parameters_of
from .rows import Shared

_COLORS = (
    "category.color", "category.light", "category.key", "category.channel", "category.filter", "category.time",
    "category.merge", "category.transform",
)  # fmt: skip
_NEEDED, _WIDEST = 72, 180
"""Of a name: what it has before the label has any, and the most that it takes."""
_LABEL = 48
"""The least width of a label; without it the label is among the parameters alone."""
COLOR = "color"
"""The `ui` of a node that holds its colour in the graph, `#rrggbb`."""


class Header(QWidget):
    """Name, kind, message and buttons; whose node it is says what undo, redo and close do.

    dragged : where the pointer is on the screen while the header is moved, for another order. collapsed : the rows are
    to be hidden, or shown.
    """

    dragged = Signal(object)
    collapsed = Signal(bool)

    def __init__(self, shared: Shared, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self.path = path
        self.folded = False
        self._state: NodeState | None = None
        self._press: QPointF | None = None
        self._build_names()
        self._build_buttons()
        line = to_edge(QHBoxLayout(), 1)
        line.addWidget(self.fold)
        for widget, stretch in ((self.name, 3), (self.note, 2)):
            line.addWidget(widget, stretch)
            line.addSpacing(theme.SPACE)
        self._buttons = (self.undo, self.redo, self.enable, self.more, self.help, self.pin, self.close_button)
        for button in self._buttons:
            line.addWidget(button)
        self.message = MessageLine()
        below = QHBoxLayout()
        below.setContentsMargins(theme.ROW, 0, theme.SPACE, 2)
        below.setSpacing(2 * theme.SPACE)
        below.addWidget(self.kind)
        below.addWidget(self.message, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE + 4, 3, 3, 3)
        column.setSpacing(2)
        column.addLayout(line)
        column.addLayout(below)

    def _build_names(self) -> None:
        """What the node is called, its note, and what it is."""
        self.name = Field()
        self.name.setFont(theme.font("body", bold=True))
        self.name.setMaximumWidth(_WIDEST)
        self.name.entered.connect(self._rename)
        self.name.setToolTip("Name of the node")
        self.note = Field()
        self.note.setPlaceholderText("label")
        self.note.setToolTip("Text under the node's name in the graph")
        self.note.entered.connect(self._set_note)
        self.kind = label_of("dim")
        self.kind.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _build_buttons(self) -> None:
        shared = self._shared
        self.fold = shared.button("chevron-down", "Fold")
        self.undo = shared.button("undo", "Undo the last change of this node's parameters")
        self.redo = shared.button("redo", "Do it again")
        self.enable = shared.button("eye", "", checkable=True)
        shared.tip_with_key(self.enable, "graph.disable", "Disable the node")
        self.more = shared.button("gear", "Presets, colour, reset")
        self.help = shared.button("help", "What this node does")
        self.pin = shared.button("lock", "Keep open when others are opened", checkable=True)
        self.close_button = shared.button("close", "")
        shared.tip_with_key(self.close_button, "properties.close", "Close")
        self.fold.clicked.connect(self._fold)
        self.enable.clicked.connect(self._toggle_disable)
        self.more.clicked.connect(self._open_menu)
        self.help.clicked.connect(self._help)

    def refresh(self, state: NodeState, path: str) -> None:
        """Show the node as it is."""
        if state is self._state and path == self.path:
            return
        self.path = path
        self._state = state
        self.name.show_text(path.rpartition("/")[2])
        words = self.name.fontMetrics().horizontalAdvance(self.name.text()) + 4 * theme.SPACE
        self.name.setMinimumWidth(min(words, _NEEDED))
        cls = state.cls
        self.kind.setText(cls.label if cls else state.kind)
        self.kind.setToolTip(state.kind)
        self._fit_note()
        self.note.show_text(str(state.values.get("note", "")))
        disabled = state.values.get("disable", False)
        self.enable.setChecked(disabled is True)
        self.enable.setEnabled(cls is not None and isinstance(disabled, bool))
        self.enable.setIcon(self._shared.icon("eye", "state.disabled" if disabled is True else "text.dim"))
        self.update()

    def _fit_note(self) -> None:
        """Show the label where there is room beside the name."""
        others = [self.fold, *self._buttons]
        taken = sum(button.sizeHint().width() + 1 for button in others) + self.name.minimumWidth() + 4 * theme.SPACE
        installed = self._state is not None and self._state.cls is not None
        self.note.setVisible(installed and self.width() - taken >= _LABEL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_note()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("surface.raised"))
            painter.fillRect(QRectF(0, 0, 4, self.height()), self._color())

    def _color(self) -> QColor:
        state = self._state
        if state is None:
            return theme.category_color("")
        return theme.category_color(state.kind, str(state.ui.get(COLOR, "")), state.cls.menu if state.cls else "")

    # -- moving it ------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = event.position() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and (event.position() - self._press).manhattanLength() > START:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._fold()

    def _fold(self) -> None:
        self.set_folded(not self.folded)

    def set_folded(self, folded: bool) -> None:
        """Hide the rows, or show them."""
        if folded != self.folded:
            self.folded = folded
            self.fold.setIcon(self._shared.icon("chevron-right" if folded else "chevron-down"))
            self.collapsed.emit(folded)

    # -- acting on the node ---------------------------------------------------------------------------------------

    def _rename(self, name: str) -> None:
        try:
            self._shared.workspace.session.rename(self.path, name.strip())
        except RimlightError as error:
            self._shared.workspace.tell_error(error, self.path)
            self.name.revert()

    def _set_note(self, text: str) -> None:
        parameter = find(self._shared.workspace.graph, f"{self.path}.note")
        if parameter is not None:
            self._shared.edits.set(parameter, text)

    def _toggle_disable(self, off: bool) -> None:
        parameter = find(self._shared.workspace.graph, f"{self.path}.disable")
        if parameter is not None:
            self._shared.edits.set(parameter, off)

    def _help(self) -> None:
        if self._state is not None:
            self._shared.workspace.help_requested.emit(self._state.kind)

    def _open_menu(self) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def build_context_menu(self) -> QMenu:
        """What the buttons do, as Tab does not stop at them, and what is in the menu of one of them."""
        menu = self.build_menu()
        first = menu.actions()[0]
        for button, text in (
            (self.fold, "Unfold" if self.folded else "Fold"), (self.undo, "Undo Change"), (self.redo, "Redo Change"),
            (self.enable, "Disable"), (self.pin, "Keep Open"), (self.help, "Help"), (self.close_button, "Close"),
        ):  # fmt: skip
            action = QAction(text, menu, checkable=button.isCheckable(), checked=button.isChecked())
            action.setEnabled(button.isEnabled())
            action.triggered.connect(button.click)
            menu.insertAction(first, action)
        if self.message.text():
            copy = QAction("Copy Message", menu)
            copy.triggered.connect(self.message.copy)
            menu.insertAction(first, copy)
        menu.insertSeparator(first)
        return menu

    def build_menu(self) -> QMenu:
        """Presets, defaults, colour, reset."""
        assert self._state is not None
        menu, presets, state = QMenu(self), self._shared.workspace.presets, self._state
        load = menu.addMenu("Load Preset")
        names = presets.names(state.kind)
        load.setEnabled(bool(names))
        for name in names:
            load.addAction(name, partial(self.load_preset, name))
        menu.addAction("Save Preset…", self._ask_preset)
        remove = menu.addMenu("Delete Preset")
        remove.setEnabled(bool(names))
        for name in names:
            remove.addAction(name, partial(presets.remove, state.kind, name))
        menu.addSeparator()
        menu.addAction("Use as Default for New Nodes", partial(presets.save_defaults, state))
        forget = menu.addAction("Forget My Defaults", partial(presets.remove_defaults, state.kind))
        forget.setEnabled(bool(presets.defaults(state.kind)))
        menu.addSeparator()
        colors = menu.addMenu("Colour")
        colors.addAction("By Kind", partial(self._set_color, ""))
        for color in _COLORS:
            swatch = QPixmap(16, 16)
            swatch.fill(theme.color(color))
            name = color.partition(".")[2].title()
            colors.addAction(QIcon(swatch), name, partial(self._set_color, theme.color(color).name()))
        menu.addAction("Reset All Parameters", self.reset_all).setEnabled(bool(state.values))
        menu.addAction("Show in the Graph", partial(self._shared.workspace.reveal, self.path))
        return menu

    def reset_all(self) -> None:
        """Set every parameter back, as one step."""
        self._shared.edits.reset(parameters_of(self._shared.workspace.graph, self.path), self.path)

    def load_preset(self, name: str) -> None:
        """Give the node the values of a preset, and its other parameters their defaults, as one step."""
        assert self._state is not None
        values = self._shared.workspace.presets.values(self._state.kind, name)
        kept = {n: v for n, v in self._state.values.items() if n in self._state.promoted}
        self._shared.edits.put_node(self.path, f"preset {name}", values=kept | values)

    def _ask_preset(self) -> None:
        ask_name(self, "Save preset", "Name of the preset:", self.save_preset)

    def save_preset(self, name: str) -> None:
        """Remember the node's values under a name."""
        if name.strip() and self._state is not None:
            workspace, told = self._shared.workspace, f"Saved the preset “{name.strip()}” of {self.kind.text()}"
            workspace.presets.save(name.strip(), self._state, lambda: workspace.tell(told))

    def _set_color(self, color: str) -> None:
        assert self._state is not None
        ui = {key: value for key, value in self._state.ui.items() if key != COLOR}
        self._shared.edits.put_node(self.path, f"color {self.path}", ui=ui | ({COLOR: color} if color else {}))
