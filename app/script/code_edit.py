"""A field for Python: line numbers, indentation, comments."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QRect, QSize, QStringListModel, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit, QTextEdit, QWidget

from .. import theme
from .completing import Completion
from .highlighter import Highlighter

INDENT = 4
_OF_POPUP = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab)


class CodeEdit(QPlainTextEdit):
    """Tab indents by four spaces, Shift+Tab takes them back, Enter keeps the indentation, Ctrl+/ comments out.

    Ctrl+Space, and a dot after a name, offer what may stand there. complete : finds that, see `completing`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabStopDistance(INDENT * QFontMetrics(self.font()).horizontalAdvance(" "))
        self.setPlaceholderText('s.add("Grade", selection[0])\n\nThere are: session or s, frame, selection')
        self.complete: Callable[[str, str], Completion] = lambda before, text: Completion("", ())
        self.offers = QCompleter(QStringListModel(self), self)
        self.offers.setWidget(self)
        self.offers.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.popup = QListView()
        self.offers.setPopup(self.popup)
        self.popup.clicked.connect(self._clicked)
        self._highlighter = Highlighter(self.document())
        self._numbers = _Numbers(self)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._mark_line)
        self._make_room()
        self._mark_line()

    @property
    def chosen(self) -> str:
        """The selected text, empty when none is."""
        return self.textCursor().selectedText().replace("\u2029", "\n")

    def replace_all(self, text: str) -> None:
        """Put another text in the place of this one, which can be undone."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    # -- keys -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self.popup
        if popup.isVisible() and event.key() in _OF_POPUP:
            if event.key() != Qt.Key.Key_Escape and popup.currentIndex().isValid():
                self._take(popup.currentIndex().data())
            popup.hide()
            return
        if event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.offer()
            return
        self._type(event)
        typed = event.text()
        if popup.isVisible() or typed == ".":
            if typed and (typed.isalnum() or typed in "_./" or event.key() == Qt.Key.Key_Backspace):
                self.offer()
            else:
                popup.hide()

    def offer(self) -> None:
        """Show what may stand at the cursor, unless nothing may."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        found = self.complete(before, self.toPlainText())
        popup, model = self.popup, self.offers.model()
        if not found.offers:
            popup.hide()
            return
        assert isinstance(model, QStringListModel)
        model.setStringList(list(found.offers))
        box = self.cursorRect().translated(self.viewport().pos())
        box.setWidth(popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint().width() + 2 * theme.SPACE)
        self.offers.complete(box)
        popup.setCurrentIndex(model.index(0, 0))

    def _clicked(self, index: QModelIndex) -> None:
        self._take(index.data())
        self.popup.hide()

    def _take(self, chosen: str) -> None:
        """Put what was chosen in the place of the word that was begun."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        word = self.complete(before, self.toPlainText()).word
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(word))
        cursor.insertText(chosen)
        self.setTextCursor(cursor)

    def _type(self, event: QKeyEvent) -> None:
        key, cursor = event.key(), self.textCursor()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_Tab and plain:
            if cursor.hasSelection():
                self._each_line(lambda line: " " * INDENT + line if line else line)
            else:
                cursor.insertText(" " * (INDENT - cursor.positionInBlock() % INDENT))
        elif key == Qt.Key.Key_Backtab:
            self._each_line(lambda line: line[min(INDENT, len(line) - len(line.lstrip(" "))) :])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            line = cursor.block().text()[: cursor.positionInBlock()]
            deeper = INDENT if line.rstrip().endswith(":") else 0
            cursor.insertText("\n" + " " * (len(line) - len(line.lstrip(" ")) + deeper))
            self.ensureCursorVisible()
        elif key == Qt.Key.Key_Backspace and plain and self._at_indent(cursor):
            for _ in range((cursor.positionInBlock() - 1) % INDENT + 1):
                cursor.deletePreviousChar()
        elif key == Qt.Key.Key_Slash and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._toggle_comments()
        else:
            super().keyPressEvent(event)

    @staticmethod
    def _at_indent(cursor: QTextCursor) -> bool:
        before = cursor.block().text()[: cursor.positionInBlock()]
        return not cursor.hasSelection() and bool(before) and not before.strip(" ")

    def _lines(self) -> list[str]:
        cursor = self.textCursor()
        first = self.document().findBlock(cursor.selectionStart()).blockNumber()
        last = self.document().findBlock(cursor.selectionEnd()).blockNumber()
        return [self.document().findBlockByNumber(n).text() for n in range(first, last + 1)]

    def _toggle_comments(self) -> None:
        lines = [line for line in self._lines() if line.strip()]
        if all(line.lstrip().startswith("#") for line in lines):
            self._each_line(lambda line: line.replace("# ", "", 1) if "# " in line else line.replace("#", "", 1))
        else:
            self._each_line(lambda line: f"# {line}" if line.strip() else line)

    def _each_line(self, change: Callable[[str], str]) -> None:
        """Change every selected line, or the cursor's, in one step of undo; they stay selected."""
        cursor, several = self.textCursor(), self.textCursor().hasSelection()
        lines = [change(line) for line in self._lines()]
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        cursor.setPosition(self.document().findBlock(start).position())
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        first = cursor.selectionStart()
        cursor.insertText("\n".join(lines))
        if several:
            last = cursor.position()
            cursor.setPosition(first)
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # -- line numbers and the line of the cursor ------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Width of the line numbers."""
        digits = max(2, len(str(self.blockCount())))
        return 4 * theme.SPACE + digits * QFontMetrics(self.font()).horizontalAdvance("0")

    def _make_room(self) -> None:
        self.setViewportMargins(self.room, 0, 0, 0)
        self._place_numbers()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_numbers()

    def _place_numbers(self) -> None:
        inside = self.contentsRect()
        self._numbers.setGeometry(QRect(inside.left(), inside.top(), self.room, inside.height()))

    def _scrolled(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def _mark_line(self) -> None:
        if self.document().isEmpty():
            self.setExtraSelections([])  # it would lie over what stands there until something is written
            return
        line = QTextEdit.ExtraSelection()
        line.format.setBackground(theme.color("surface.base"))
        line.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        cursor = self.textCursor()
        cursor.clearSelection()
        line.cursor = cursor
        self.setExtraSelections([line])
        self._numbers.update()

    def paint_numbers(self, painter: QPainter, clip: QRect) -> None:
        """Draw the line numbers that are in sight."""
        painter.fillRect(clip, theme.color("surface.base"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        here = self.textCursor().blockNumber()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= clip.bottom():
            height = self.blockBoundingRect(block).height()
            painter.setPen(theme.color("text" if block.blockNumber() == here else "text.disabled"))
            box = QRect(0, round(top), self._numbers.width() - 2 * theme.SPACE, round(height))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
            top += height
            block = block.next()


class _Numbers(QWidget):
    """The strip at the left of the field."""

    def __init__(self, edit: CodeEdit) -> None:
        super().__init__(edit)
        self._edit = edit

    def sizeHint(self) -> QSize:
        return QSize(self._edit.room, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._edit.paint_numbers(painter, event.rect())
