"""The strokes of a paint in the panel: shown or not, their order, and what they keep of their brush."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rimlight.engine import to_data

from .. import theme
from ..strokes import chosen_strokes_of
from .field import Field
from .list_row import Grip, ListRow
from .stroke_numbers import StrokeNumbers, life_text, members_of, time_text

_MORE = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class StrokeLine(QWidget):
    """One stroke on a line, and below it, once they are asked for, its numbers. A click beside fields chooses it."""

    def __init__(self, row: "StrokesRow", number: int) -> None:
        super().__init__()
        self._row = row
        self._number = number
        self._stroke: Mapping[str, Any] = {}
        self.chosen = False
        self.numbers: StrokeNumbers | None = None
        self.grip = Grip("Drag: the stroke lies lower or higher")
        self.grip.pulled.connect(partial(row.pull, number))
        self.box = QCheckBox()
        self.box.setToolTip("Whether the stroke counts")
        self.box.clicked.connect(lambda on: row.change(number, visible=on))
        self.name = Field()
        self.name.setFixedWidth(96)
        self.name.setToolTip("Name of the stroke")
        self.name.entered.connect(lambda name: row.change(number, name=name.strip()))
        self.about = QLabel()
        self.about.setProperty("role", "dim")
        self.about.setMinimumWidth(1)  # else a long one would push the rest out of the panel
        self.more = row.shared.button("chevron-down", "Size, opacity, frames and what else the brush takes", True)
        self.more.toggled.connect(self._open)
        remove = row.shared.button("close", "Delete the stroke")
        remove.clicked.connect(partial(row.remove, number))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.SPACE)
        for widget in (self.grip, self.box, self.name, self.about, self.more, remove):
            line.addWidget(widget, 1 if widget is self.about else 0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addLayout(line)

    def _open(self, on: bool) -> None:
        if self.numbers is None:
            self.numbers = StrokeNumbers()
            self.numbers.setContentsMargins(theme.ROW + 10, 0, 0, 4)  # under the name, beside the box
            self.numbers.changed.connect(lambda members, token: self._row.change(self._number, token, **members))
            self.numbers.refused.connect(self._row.refuse)
            self._column.addWidget(self.numbers)
            self.numbers.show_stroke(self._stroke)
        self.numbers.setVisible(on)

    def show_chosen(self, on: bool) -> None:
        """Whether it is one of the strokes that are under work."""
        if on != self.chosen:
            self.chosen = on
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._row.choose(self._number, bool(event.modifiers() & _MORE))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.chosen:
            QPainter(self).fillRect(0, 0, self.width(), theme.ROW - 2, theme.color("accent", 0.22))

    def show_stroke(self, stroke: Mapping[str, Any]) -> None:
        self._stroke = stroke
        self.name.setPlaceholderText(f"stroke {self._number + 1}")
        self.name.show_text(str(stroke.get("name", "")))
        self.box.setChecked(bool(stroke.get("visible", True)))
        brush, stops = str(stroke.get("brush", "paint")), stroke.get("stops", 0.5)
        kind = f"{'dodge' if stops >= 0 else 'burn'} {stops:+g}" if brush == "dodge" else brush
        about = (kind, time_text(stroke), life_text(stroke.get("frames", (None, None))))
        self.about.setText(", ".join(filter(None, about)))
        if self.numbers is not None:
            self.numbers.show_stroke(stroke)


class StrokesRow(ListRow):
    """The strokes of a paint, the lowest first. They are painted in the viewer, and chosen there or here."""

    nothing, action, tip = "no strokes yet", "Paint in Viewer", "Paint strokes in the viewer, as V does there"

    def build(self) -> None:
        super().build()
        self._choice = chosen_strokes_of(self.shared.workspace)
        self._choice.changed.connect(self._show_chosen)

    def make_line(self, number: int) -> StrokeLine:
        return StrokeLine(self, number)

    def show_value(self) -> None:
        data = to_data(self.value)
        self.fit(len(data))
        for line, stroke in zip(self.lines, data, strict=True):
            line.show_stroke(stroke)
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self._choice.of((self.parameter.path, self.parameter.name))
        for number, line in enumerate(self.lines):
            line.show_chosen(number in chosen)

    def choose(self, number: int, more: bool) -> None:
        """Choose a stroke. more : beside those that are; a second time, let go of it."""
        target = self.parameter.path, self.parameter.name
        if more:
            self._choice.toggle(target, number)
        else:
            self._choice.choose(target, {number} if self._choice.of(target) != {number} else ())

    def change(self, number: int, token: object = None, **members: Any) -> None:
        """Change members of a stroke, and of all that are chosen where it is one of them, but for its name."""
        chosen = self._choice.of((self.parameter.path, self.parameter.name))
        numbers = chosen if number in chosen and "name" not in members else {number}
        data = [
            {**stroke, **members_of(stroke, members)} if i in numbers else stroke
            for i, stroke in enumerate(to_data(self.value))
        ]
        self.shared.edits.set(self.parameter, data, token)
