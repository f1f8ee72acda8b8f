"""The lines in which the expressions of a parameter are written, with what they give and what is wrong with them."""

from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from rimlight.engine import Expr, Expression, ExpressionError

from .. import theme
from ..widgets import label_of
from .edits import Edits
from .numbers import exact, short
from .parameter import Parameter, component_names, is_curve, number_at, parts
from .resolving import Resolver

DELAY_MS = 120
"""After the last key: what is half written is not worth a sentence."""


class _Line(QLineEdit):
    """An expression. left : Esc."""

    left = Signal()

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ExpressionEntry(QWidget):
    """One line for each component that is edited. Enter sets them all, Esc closes. closed : it is to go."""

    closed = Signal()

    def __init__(self, edits: Edits, resolver: Resolver, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edits = edits
        self._resolver = resolver
        self._parameter = parameter
        self.lines: dict[int, QLineEdit] = {}
        self._last = 0
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(24, 0, 36, theme.SPACE)
        self._grid.setSpacing(2)
        self._grid.addWidget(self.answer, 100, 1)
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self._try)

    def edit(self, component: int | None, text: str = "") -> None:
        """Show the lines of a component, or of all; text : what is written in the first of them already."""
        chosen = range(self._parameter.spec.size) if component is None else (component,)
        for i in chosen:
            if i not in self.lines:
                self._add(i)
        first = self.lines[next(iter(chosen))]
        if text:
            first.setText(text)
        first.setFocus()
        if not text:
            first.selectAll()
        self._changed(next(iter(chosen)))

    def _add(self, i: int) -> None:
        spec = self._parameter.spec
        part = parts(spec, self._edits.value(self._parameter))[i]
        if isinstance(part, Expr):
            text = part.text
        elif is_curve(spec, part):
            text = exact(number_at(spec, part, self._edits.workspace.frame))
        else:
            text = exact(float(part)) if isinstance(part, (int, float)) else ""
        line = _Line(text)
        line.setFont(theme.fixed_font())
        line.setPlaceholderText("an expression, such as frame * 2 or Blur1.size.w")
        name = label_of("dim", f"{component_names(spec)[i]} =".strip())
        self._grid.addWidget(name, i, 0)
        self._grid.addWidget(line, i, 1)
        self.lines[i] = line
        line.textEdited.connect(partial(self._changed, i))
        line.returnPressed.connect(self.commit)
        line.left.connect(self.closed)

    def _changed(self, i: int, *_: object) -> None:
        self._last = i
        self._timer.start()

    def _try(self) -> None:
        text = self.lines[self._last].text()
        try:
            Expression.parse(text)
        except ExpressionError as error:
            self._say(str(error))
        else:
            self._resolver.attempt(self._parameter, self._last, text, self._say)

    def _say(self, answer: float | str) -> None:
        wrong = isinstance(answer, str)
        text = answer if isinstance(answer, str) else f"= {short(answer)}"
        if wrong != (self.answer.property("role") == "error") or not self.answer.text():
            self.answer.setProperty("role", "error" if wrong else "dim")
            self.answer.style().unpolish(self.answer)
            self.answer.style().polish(self.answer)
        self.answer.setText(text)

    def commit(self) -> None:
        """Set what is written, unless it cannot be read; an empty line leaves its component as it is."""
        texts = {i: line.text().strip() for i, line in self.lines.items() if line.text().strip()}
        for i, text in texts.items():
            try:
                Expression.parse(text)
            except ExpressionError as error:
                self._last = i
                self._say(str(error))
                return
        numbers = {i: float(text) for i, text in texts.items() if _plain(text)}
        spec = self._parameter.spec
        now = parts(spec, self._edits.value(self._parameter))
        expressions = {i: text for i, text in texts.items() if i not in numbers}
        changed = {i: v for i, v in numbers.items() if is_curve(spec, now[i]) is False and now[i] != v}
        done = True
        if expressions:
            done = self._edits.express(self._parameter, expressions)
        if changed and done:
            done = self._edits.set_numbers(self._parameter, changed)
        if done:
            self.closed.emit()


def _plain(text: str) -> bool:
    """Whether a text is nothing but a number, which then needs no expression."""
    try:
        float(text)
    except ValueError:
        return False
    return True
