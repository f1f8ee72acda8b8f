"""A form made from declarations: headings, and a row for every setting with its name, editor, reset and sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..widgets import flat_button, label_of

FIELD = 220
"""Width of an editor."""
DOC = 200
"""Least width in which what a setting does is read beside it."""
Editor = QCheckBox | QSpinBox | QDoubleSpinBox | QComboBox | QLineEdit


@dataclass(frozen=True)
class Entry:
    """A setting. kind : `bool`, `int`, `float` or `str`. low, high : the range of a number.

    choices : texts that are offered; any other may be typed. hint : what an empty text means.
    """

    name: str
    label: str
    doc: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    section: str = ""
    choices: tuple[str, ...] | None = None
    hint: str = ""


class _Number(QDoubleSpinBox):
    """With as many digits as its number has: 24, 23.976."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(6)

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "f", 6).rstrip("0").rstrip(self.locale().decimalPoint())


class Form(QScrollArea):
    """changed : name and value of a setting that the user changed."""

    changed = Signal(str, object)

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._entries = {entry.name: entry for entry in entries}
        self.editors: dict[str, Editor] = {}
        self.resets: dict[str, QToolButton] = {}
        self._docs: list[QLabel] = []
        inside = QWidget()
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE)
        grid.setColumnMinimumWidth(1, FIELD)
        grid.setColumnStretch(3, 1)
        for section in dict.fromkeys(entry.section for entry in entries):
            self._add_heading(grid, section)
            for entry in entries:
                if entry.section == section:
                    self._add_row(grid, entry)
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(4 * theme.SPACE, 2 * theme.SPACE, 4 * theme.SPACE, 4 * theme.SPACE)
        outer.addLayout(grid)
        outer.addStretch()
        for doc in self._docs:
            doc.hide()
        self._alone = inside.minimumSizeHint().width()
        self.setWidget(inside)
        first = next(iter(self.editors.values()), None)
        if first is not None:
            self.setFocusProxy(first)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for the sentences, they are in the tips alone."""
        wide = self.viewport().width() >= self._alone + DOC
        for doc in self._docs:
            doc.setVisible(wide)
        super().resizeEvent(event)

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show the settings as they are, without telling anybody."""
        for name, editor in self.editors.items():
            value, entry = values[name], self._entries[name]
            with QSignalBlocker(editor):
                if isinstance(editor, QCheckBox):
                    editor.setChecked(value)
                elif isinstance(editor, QSpinBox | QDoubleSpinBox):
                    editor.setValue(value)
                elif isinstance(editor, QComboBox):
                    editor.setCurrentText(value)
                elif editor.text() != value:
                    editor.setText(value)
            self.resets[name].setVisible(value != entry.default)

    def offer(self, name: str, choices: Sequence[str]) -> None:
        """Offer other texts for a setting; what it has stays."""
        box = self.editors[name]
        assert isinstance(box, QComboBox)
        text = box.currentText()
        with QSignalBlocker(box):
            box.clear()
            box.addItems(list(choices))
            box.setCurrentText(text)

    def _add_heading(self, grid: QGridLayout, section: str) -> None:
        if section:
            heading = label_of("title", section)
            heading.setFont(theme.font("body", bold=True))
            heading.setContentsMargins(0, 3 * theme.SPACE, 0, theme.SPACE)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 4)

    def _add_row(self, grid: QGridLayout, entry: Entry) -> None:
        row = grid.rowCount()
        label = QLabel(entry.label)
        editor = self._editor(entry)
        editor.setObjectName(entry.name)
        editor.setToolTip(entry.doc)
        label.setBuddy(editor)
        back = entry.default if entry.default != "" else entry.hint or "nothing"
        reset = flat_button(f"Back to {back}", "reset", ink="accent")
        reset.setFixedSize(theme.ROW, theme.ROW)
        reset.clicked.connect(partial(self._reset, entry))
        kept = reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        reset.setSizePolicy(kept)
        doc = label_of("dim", entry.doc)
        doc.setWordWrap(True)
        grid.addWidget(label, row, 0)
        if entry.kind is bool:
            grid.addWidget(editor, row, 1, Qt.AlignmentFlag.AlignLeft)
        else:
            grid.addWidget(editor, row, 1)
        grid.addWidget(reset, row, 2)
        grid.addWidget(doc, row, 3)
        grid.setRowMinimumHeight(row, theme.ROW + theme.SPACE)
        self._docs.append(doc)
        self.editors[entry.name] = editor
        self.resets[entry.name] = reset

    def _editor(self, entry: Entry) -> Editor:
        tell = partial(self._tell, entry)
        if entry.kind is bool:
            check = QCheckBox()
            check.toggled.connect(tell)
            return check
        if entry.kind in (int, float):
            low = -(10**9) if entry.low is None else entry.low
            high = 10**9 if entry.high is None else entry.high
            number: QSpinBox | QDoubleSpinBox
            if entry.kind is int:
                number = QSpinBox()
                number.setRange(int(low), int(high))
            else:
                number = _Number()
                number.setRange(low, high)
                small = entry.high is not None and entry.high <= 10
                number.setSingleStep(0.1 if small else 1.0)
            number.setKeyboardTracking(False)
            number.lineEdit().setTextMargins(theme.SPACE, 0, 0, 0)
            number.valueChanged.connect(tell)
            return number
        if entry.choices is not None:
            box = QComboBox()
            box.setEditable(True)
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.addItems(list(entry.choices))
            field = box.lineEdit()
            assert field is not None
            field.setPlaceholderText(entry.hint)
            field.editingFinished.connect(partial(self._tell_text, entry, box))
            box.activated.connect(partial(self._tell_text, entry, box))
            return box
        text = QLineEdit()
        text.setPlaceholderText(entry.hint)
        text.editingFinished.connect(partial(self._tell_text, entry, text))
        return text

    def _tell(self, entry: Entry, value: Any) -> None:
        self.changed.emit(entry.name, entry.kind(value))

    def _tell_text(self, entry: Entry, editor: QComboBox | QLineEdit, *_: object) -> None:
        text = editor.currentText() if isinstance(editor, QComboBox) else editor.text()
        self.changed.emit(entry.name, text.strip())

    def _reset(self, entry: Entry) -> None:
        self.changed.emit(entry.name, entry.default)
