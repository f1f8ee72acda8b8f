"""Rows of text: lines, paragraphs, files, and names that are offered."""

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QWidget

from rimlight.engine import Document, Expression, ExpressionError, NodeState, Rig

from .. import theme
from ..widgets import label_of
from .choices import ChoiceField
from .field import Field
from .files import FileChooser
from .known import Known, prompt
from .rows import Row


class ChoiceRow(Row):
    """One of the choices that the declaration lists."""

    def build(self) -> None:
        self.choice = ChoiceField(self.spec.choices)
        self.choice.chosen.connect(self._chosen)
        self.body.addWidget(self.choice, 1)
        self.body.addStretch(0)

    def show_value(self) -> None:
        self.choice.show_text(str(self.value), self.states[0] == "modified")

    def _chosen(self, text: str) -> None:
        self.shared.edits.set(self.parameter, text)


class TextRow(Row):
    """A line of text."""

    def build(self) -> None:
        self.line = Field()
        self.line.setPlaceholderText(prompt(self.spec.default, self.spec.role))
        self.line.entered.connect(self._entered)
        self.body.addWidget(self.line, 1)
        self.more()

    def more(self) -> None:
        """Put something behind the line."""

    def show_value(self) -> None:
        self.line.show_text(str(self.value), self.states[0])

    def _entered(self, text: str) -> None:
        if not self.shared.edits.set(self.parameter, text):
            self.line.revert()


class PixelExpressionRow(TextRow):
    """An expression over pixels, checked while it is written."""

    def more(self) -> None:
        self.line.setFont(theme.fixed_font())
        self.line.textChanged.connect(self._check)
        self._wrong = label_of("error")
        self._wrong.setWordWrap(True)
        self._wrong.setContentsMargins(24, 0, 36, 0)
        self._wrong.hide()
        self.below(self._wrong)

    def _check(self, text: str) -> None:
        sentence = ""
        if text.strip():
            try:
                Expression.parse(text)
            except ExpressionError as error:
                sentence = str(error)
        self._wrong.setText(sentence)
        self._wrong.setVisible(bool(sentence))


class OfferRow(TextRow):
    """A line of text with what may stand there behind a button: layers, channels, lights, colour spaces, formats,
    models.
    """

    def more(self) -> None:
        self.arrow = self.shared.button("chevron-down", "What is there to choose")
        self.arrow.clicked.connect(self.offer)
        self.body.addWidget(self.arrow)

    @property
    def known(self) -> Known:
        return self.shared.known

    def offer(self) -> None:
        """Show what may stand here."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        under: dict[str, QMenu] = {}
        offers = self.known.offers(self.parameter)
        for text, family in offers:
            if family and family not in under:
                under[family] = menu.addMenu(family.replace("/", " / "))
            action = (under[family] if family else menu).addAction(text or f"({self.line.placeholderText() or 'none'})")
            action.setData(text)
            action.setCheckable(True)
            action.setChecked(text == self.value)
        if not offers:
            menu.addAction("nothing is known yet").setEnabled(False)
        menu.triggered.connect(self._triggered)
        menu.popup(self.line.mapToGlobal(QPoint(0, self.line.height())))

    def _triggered(self, action: Any) -> None:
        self._entered(action.data())


class FileRow(TextRow):
    """A file or a folder, with a dialog that blocks nothing and what is on disk under that name."""

    def more(self) -> None:
        self.chooser = FileChooser(self.shared.workspace, self)
        self.chooser.chosen.connect(self._chosen)
        self._since: Document | None = None
        self.chooser.described.connect(self._described)
        browse = self.shared.button("folder", "Choose a file")
        browse.clicked.connect(self.browse)
        self.body.addWidget(browse)
        self.found = label_of("dim")
        self.found.setFont(theme.font("small"))
        self.found.setFixedHeight(self.found.fontMetrics().height())  # known or not yet: no row below is to move
        self.below(self.found)
        self.set_label(self.shared.label)
        self._asked: str | None = None
        self.shared.workspace.files_written.connect(self._look_again)

    def browse_in(self, since: Document) -> None:
        """Show the dialog; the choice will be a part of the step that made `since`."""
        self.browse()
        self._since = since

    def browse(self) -> None:
        """Show the dialog."""
        self._since = None
        state = self.shared.workspace.graph.at(self.parameter.path)
        saves = bool(state.cls is not None and state.cls.sink)
        title = f"{self.parameter.path}: {self.parameter.title}"
        start = str(self.value) or (self._proposed(state) if saves else "")
        near = "" if self.value else self._last_of(state.kind)
        self.chooser.open(self.window(), start, title, saves, self.spec.role == "folder", near)

    def _last_of(self, kind: str) -> str:
        """The file of the last node of a kind, empty where none has one: what is looked for is often beside it."""
        graph, name = self.shared.workspace.graph, self.parameter.name
        found = [state.values.get(name) for path, state in graph.walk() if state.kind == kind]
        return next((file for file in reversed(found) if isinstance(file, str) and file), "")

    def _proposed(self, state: NodeState) -> str:
        """A name for what is written and has none yet: the script's, a number for the frame, and the kind of file."""
        ending = "rig" if state.cls is not None and state.cls.result is Rig else "exr"
        return f"{self.shared.workspace.name}.####.{ending}"

    def _chosen(self, name: str) -> None:
        since, self._since = self._since, None
        if since is None:
            self._entered(name)
        else:
            self.shared.edits.set_in(since, self.parameter, name)

    def show_value(self) -> None:
        super().show_value()
        self.found.setVisible(bool(self.value) and self.spec.role == "file")
        if self.value != self._asked and self.spec.role == "file":
            self._asked = str(self.value)
            self.chooser.describe(self._asked)

    def _look_again(self) -> None:
        """A render has ended: other frames may be on disk."""
        if self._asked is not None:
            self.chooser.describe(self._asked)

    def set_label(self, width: int) -> None:
        super().set_label(width)
        self.found.setContentsMargins(width + 2 * theme.SPACE, 0, 0, 0)  # under the text in the field

    def _described(self, text: str) -> None:
        self.found.setText(text)


class _Paragraph(QPlainTextEdit):
    """Several lines. entered : the focus left a changed text, or Ctrl+Enter."""

    entered = Signal(str)
    component: int | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._leave()

    def _leave(self) -> None:
        if self.document().isModified():
            self.document().setModified(False)
            self.entered.emit(self.toPlainText())


class ParagraphRow(Row):
    """Several lines of text; Ctrl+Enter or leaving it sets the value."""

    def build(self) -> None:
        self.edit = _Paragraph()
        self.edit.setFixedHeight(3 * theme.ROW)
        self.edit.entered.connect(self._entered)
        self.body.addWidget(self.edit, 1)
        state = self.shared.workspace.graph.at(self.parameter.path)
        presets = getattr(state.cls, "presets", None)
        self._presets: dict[str, str] = dict(presets) if self.spec.parse is not None and presets else {}
        if self._presets:
            arrow = self.shared.button("chevron-down", "Usual texts")
            arrow.clicked.connect(self.offer)
            self.body.addWidget(arrow, 0, Qt.AlignmentFlag.AlignTop)

    def offer(self) -> None:
        """Show the texts that the node offers."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, text in self._presets.items():
            action = menu.addAction(name)
            action.setData(text)
            action.setToolTip(text)
        menu.triggered.connect(self._triggered)
        menu.popup(self.edit.mapToGlobal(QPoint(0, self.edit.height())))

    def _triggered(self, action: Any) -> None:
        self._entered(action.data())

    def show_value(self) -> None:
        text = str(self.value)
        if text != self.edit.toPlainText() and not (self.edit.hasFocus() and self.edit.document().isModified()):
            self.edit.setPlainText(text)
            self.edit.document().setModified(False)

    def _entered(self, text: str) -> None:
        if not self.shared.edits.set(self.parameter, text):
            self.refresh()
