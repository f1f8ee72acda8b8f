"""The manual page of the selected node, or of any that is looked for."""

from PySide6.QtCore import QEvent, QObject, Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
)

from rimlight.engine import anchor, manual_index, manual_page, registry, summary

from . import theme
from .graph.fuzzy import Entry, ranked
from .panels import Desktop, Panel, PanelDeclaration
from .paths import has_node
from .widgets import flat_button, to_edge

INDEX = ""
"""Stands for the page that lists all nodes."""
FOUND = 60
_KIND = Qt.ItemDataRole.UserRole


class HelpPanel(Panel):
    """A page, and above it a field that finds nodes. Follows the selection and what other panels ask help for."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self.kind = INDEX
        """Whose page is shown."""
        self._past: list[str] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a node")
        self.field.setClearButtonEnabled(True)
        self.field.addAction(theme.icon("search", "text.dim"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.back = flat_button("The page before", "undo")
        self.back.clicked.connect(self.go_back)
        self.index = flat_button("All nodes", "help")
        self.index.clicked.connect(self._show_index)
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._choose)
        self.page = QTextBrowser()
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.page.anchorClicked.connect(self._follow)

        top = QHBoxLayout()
        top.setContentsMargins(2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        top.setSpacing(theme.SPACE)
        for widget in (self.field, self.back, self.index):
            top.addWidget(widget)
        layout = to_edge(QVBoxLayout(self))
        layout.addLayout(top)
        layout.addWidget(self.list)
        layout.addWidget(self.page)
        self.list.hide()
        self.setFocusProxy(self.field)
        self.stale = True
        self._shown: QTextDocument | None = None
        first = next(iter(registry))
        self.workspace.background.run(lambda: manual_page(first))  # the first page reads samples and chapters, for all
        self.workspace.help_requested.connect(self._requested)
        self.workspace.selection_changed.connect(self._follow_selection)
        self._show_index()
        self._follow_selection()

    # -- pages ----------------------------------------------------------------------------------------------------

    def show_page(self, kind: str) -> None:
        """Show the page of a kind, or of all nodes."""
        if kind != self.kind:
            self._past = [*self._past[-30:], self.kind]
            self.kind = kind
        self._render()

    def go_back(self) -> None:
        """Show the page that was shown before."""
        if self._past:
            self.kind = self._past.pop()
            self._render()

    def _show_index(self) -> None:
        self.show_page(INDEX)

    def _requested(self, kind: str) -> None:
        self.field.clear()
        self.show_page(kind)
        self.desktop.show("nodehelp")

    def _follow_selection(self) -> None:
        current = self.workspace.current
        if current is not None and has_node(self.workspace.graph, current):
            self.show_page(self.workspace.graph.at(current).kind)

    def _follow(self, url: QUrl) -> None:
        """To the page of another node, or to a chapter, which is in the manual: `../light.md#rigs`."""
        name = url.path().removesuffix(".md")
        if name.startswith("../"):
            self.workspace.manual_requested.emit(anchor(name.removeprefix("../"), url.fragment()))
        else:
            self.show_page(name)

    def _render(self) -> None:
        """Draw the page when somebody sees it: with every selection it would cost for nothing."""
        self.back.setEnabled(bool(self._past))
        if self.unseen():
            return
        cls = registry.get(self.kind)
        if self.kind == INDEX:
            text = manual_index()
        elif cls is None:
            text = f"# {self.kind}\n\nNo plugin that is loaded has this node, so there is no page about it."
        else:
            text = manual_page(cls)
        shown = QTextDocument(self.page)  # without a parent it would never go: what it is made of holds it
        shown.setUndoRedoEnabled(False)
        shown.setDefaultFont(theme.font())
        shown.setDocumentMargin(3 * theme.SPACE)
        shown.setMarkdown(text)
        _dress(shown, bare=self.kind == INDEX)
        self.page.setDocument(shown)
        if self._shown is not None:
            self._shown.deleteLater()
        self._shown = shown

    def catch_up(self) -> None:
        self._render()

    # -- finding --------------------------------------------------------------------------------------------------

    def _search(self, text: str) -> None:
        self.list.clear()
        entries = [Entry(cls.kind, cls.label, cls.menu, more=cls.kind, tip=summary(cls)) for cls in registry]
        for entry in ranked(text, entries)[:FOUND] if text.strip() else ():
            item = QListWidgetItem(f"{entry.text}   {entry.where}")
            item.setData(_KIND, entry.key)
            item.setToolTip(entry.tip)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        searching = bool(text.strip())
        self.list.setVisible(searching)
        self.page.setVisible(not searching)

    def _choose(self, item: QListWidgetItem) -> None:
        kind = item.data(_KIND)
        self.field.clear()
        self.show_page(kind)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not self.field.text():
            return False
        key = event.key()
        if event.type() == QEvent.Type.ShortcutOverride and key == Qt.Key.Key_Escape:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if key in steps:
            self.list.setCurrentRow(min(max(self.list.currentRow() + steps[Qt.Key(key)], 0), self.list.count() - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._choose(item)
        elif key == Qt.Key.Key_Escape:
            self.field.clear()
        else:
            return False
        return True


def _dress(document: QTextDocument, bare: bool) -> None:
    """Give what came out of Markdown the look of the desktop: quiet tables, code and links in its colours.

    bare : the tables' heads say nothing. In one go and before the document is shown: each change of one that is costs
    a layout of all of it.
    """
    whole = QTextCursor(document)
    whole.beginEditBlock()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _dress_table(frame, bare)
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        level = block.blockFormat().headingLevel()
        if level:
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            look = QTextCharFormat()
            look.setFont(theme.font("body", bold=True))
            look.setForeground(theme.color("text.strong"))
            look.setProperty(QTextFormat.Property.FontSizeAdjustment, 2 if level == 1 else 0)
            cursor.mergeCharFormat(look)
            room = QTextBlockFormat()
            room.setTopMargin((0 if level == 1 else 4) * theme.SPACE)
            room.setBottomMargin(theme.SPACE)
            QTextCursor(block).mergeBlockFormat(room)  # what is selected reaches into the paragraph before
        for piece in block.textFormats():
            anchor = piece.format.isAnchor()
            if anchor or piece.format.fontFixedPitch():
                cursor.setPosition(block.position() + piece.start)
                cursor.setPosition(cursor.position() + piece.length, QTextCursor.MoveMode.KeepAnchor)
                look = QTextCharFormat()
                look.setForeground(theme.color("accent" if anchor else "text.strong"))
                look.setFontUnderline(False)
                cursor.mergeCharFormat(look)
        block = block.next()
    whole.endEditBlock()


def _dress_table(table: QTextTable, bare: bool) -> None:
    look = QTextTableFormat()
    look.setBorder(0)
    look.setCellSpacing(0)
    look.setCellPadding(theme.SPACE)
    look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
    look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    shares = (0, 34, 0, 24) if table.columns() == 4 else ()  # what a parameter does has more room than its values
    widths = [QTextLength(QTextLength.Type.PercentageLength, n) if n else QTextLength() for n in shares]
    look.setColumnWidthConstraints(widths)
    table.setFormat(look)
    if bare:
        table.removeRows(0, 1)
    for number in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(number, column)
            format_ = cell.format()
            head = number == 0 and not bare
            shade = "surface.raised" if head else "surface.base" if number % 2 else "surface.panel"
            format_.setBackground(QBrush(theme.color(shade)))
            cell.setFormat(format_)


PANEL = PanelDeclaration("nodehelp", "Help", HelpPanel, area="right", visible=True)
