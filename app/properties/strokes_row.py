"""The strokes of a node in the panel: shown or not, their order, and what they keep of their brush."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from .. import theme
from ..shapedata import is_keyed, with_number
from ..strokedata import key_frames, with_key, without_key
from ..strokes import ChosenStrokes
from ..widgets import label_of, to_edge
from .field import Field
from .list_row import Grip, ListRow
from .marks import Marks
from .parameter import State
from .stroke_numbers import StrokeNumbers, life_text, members_of, time_text

_MORE = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class StrokeLine(QWidget):
    """One stroke on a line, and below it, once they are asked for, its numbers. A click beside fields chooses it."""

    def __init__(self, row: "StrokesRow", number: int) -> None:
        super().__init__()
        self._row = row
        self._number = number
        self._stroke: Mapping[str, Any] = {}
        self._still: Any = None
        self._shown: tuple[Any, float] = (None, 0.0)
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
        self.about = label_of("dim")
        self.about.setMinimumWidth(1)  # else a long one would push the rest out of the panel
        self.more = row.shared.button("chevron-down", "Size, opacity, frames and what else the brush takes", True)
        self.more.toggled.connect(self._open)
        self.marks = Marks(animatable=True)
        self.marks.setFixedWidth(theme.ROW - 2)
        self.marks.setToolTip("A key of the place, the turn and the size of the stroke at this frame")
        self.marks.key_clicked.connect(partial(row.key_stroke, number))
        remove = row.shared.button("close", "Delete the stroke")
        remove.clicked.connect(partial(row.remove, number))
        line = to_edge(QHBoxLayout(), theme.SPACE)
        for widget in (self.grip, self.box, self.name, self.about, self.more, self.marks, remove):
            line.addWidget(widget, 1 if widget is self.about else 0)
        self._column = to_edge(QVBoxLayout(self), 1)
        self._column.addLayout(line)

    def _open(self, on: bool) -> None:
        if self.numbers is None:
            self.numbers = StrokeNumbers()
            self.numbers.setContentsMargins(theme.ROW + 10, 0, 0, 4)  # under the name, beside the box
            self.numbers.changed.connect(lambda members, token: self._row.change(self._number, token, **members))
            self.numbers.refused.connect(self._row.refuse)
            self._column.addWidget(self.numbers)
            self.numbers.show_stroke(self._stroke, self._still)
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
            with QPainter(self) as painter:
                painter.fillRect(0, 0, self.width(), theme.ROW - 2, theme.color("accent", 0.22))

    def show_stroke(self, made: Any, frame: float) -> None:
        """Show a stroke as the script holds it, and as it is at a frame."""
        # Of hundreds one is changed at each move of the mouse.
        if made is self._shown[0] and (frame == self._shown[1] or made.is_still):
            return
        self._shown = made, frame
        stroke, still = made.to_data(), made.resolved(frame)
        self._stroke, self._still = stroke, still
        keys = key_frames(stroke)
        at_key: State = "keyframe" if frame in keys else "animated"
        self.marks.show_state(at_key if keys else "default", resettable=False)
        self.name.setPlaceholderText(f"stroke {self._number + 1}")
        self.name.show_text(str(stroke.get("name", "")))
        self.box.setChecked(bool(stroke.get("visible", True)))
        kind = still.brush
        if kind == "dodge":
            kind = f"{'dodge' if still.stops >= 0 else 'burn'} {still.stops:+g}"
        count = f"{len(keys)} key{'s' if len(keys) > 1 else ''}" if keys else ""
        about = (kind, time_text(stroke), life_text(stroke.get("frames", (None, None))), count)
        self.about.setText(", ".join(filter(None, about)))
        if self.numbers is not None:
            self.numbers.show_stroke(stroke, still)


class StrokesRow(ListRow):
    """The strokes of a node, the lowest first. They are painted in the viewer, and chosen there or here."""

    nothing, action, tip = "no strokes yet", "Paint in Viewer", "Paint strokes in the viewer"

    def build(self) -> None:
        super().build()
        self._choice = self.shared.workspace.the(ChosenStrokes)
        self._choice.changed.connect(self._show_chosen)

    def make_line(self, number: int) -> StrokeLine:
        return StrokeLine(self, number)

    def show_value(self) -> None:
        frame, strokes = self.shared.workspace.frame, tuple(self.value)
        self.fit(len(strokes))
        for line, stroke in zip(self.lines, strokes, strict=True):
            line.show_stroke(stroke, frame)
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
        """Change members of a stroke, and of all that are chosen where it is one of them, but for its name; those that
        are animated, at the frame.
        """
        frame = self.shared.workspace.frame

        def changed(stroke: Any) -> Mapping[str, Any]:
            data: dict[str, Any] = stroke.to_data()
            for name, value in members_of(stroke.brush, members).items():
                data = with_number(data, name, value, frame) if is_keyed(data.get(name)) else {**data, name: value}
            return data

        self._remake(self._together(number) if "name" not in members else {number}, changed, token)

    def key_stroke(self, number: int) -> None:
        """Set the key of the place of a stroke at the frame, and of all that are chosen where it is one of them, or
        take it away.
        """
        frame, strokes = self.shared.workspace.frame, tuple(self.value)
        change = without_key if frame in key_frames(strokes[number].to_data()) else with_key
        self._remake(self._together(number), lambda s: change(s.to_data(), s.resolved(frame), frame))

    def _together(self, number: int) -> Collection[int]:
        """The strokes that are changed with one: the chosen ones where it is one of them."""
        chosen = self._choice.of((self.parameter.path, self.parameter.name))
        return chosen if number in chosen else {number}

    def _remake(self, numbers: Collection[int], made: Callable[[Any], Mapping[str, Any]], token: object = None) -> None:
        strokes = [made(stroke) if i in numbers else stroke for i, stroke in enumerate(self.value)]
        self.shared.edits.set(self.parameter, strokes, token)
