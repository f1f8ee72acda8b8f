"""The shapes of a roto in the panel: shown or not, how they act on one another, how soft they are, and their keys."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from rimlight.engine import Spec, to_data

from .. import theme
from ..shapedata import is_keyed, key_frames, with_key, with_number, without_key
from ..widgets import label_of, to_edge
from .choices import ChoiceField
from .field import Field, NumberField
from .list_row import Grip, ListRow
from .marks import Marks
from .parameter import State

MODES = ("union", "subtract", "intersect", "difference")
NUMBERS = (
    Spec("feather", float, 1, 0.0, "softness of the edge, outwards; negative: inwards", soft=(-100, 100), unit="px"),
    Spec("opacity", float, 1, 1.0, "of the shape", hard=(0, 1), soft=(0, 1)),
)
"""What of a shape is edited here."""
_NAME = 64
"""Pixels that a name has before more is told of its shape."""


class ShapeLine(QWidget):
    """One shape: its switches on a line, its numbers below."""

    def __init__(self, row: "ShapesRow", number: int) -> None:
        super().__init__()
        self._row = row
        self._number = number
        self.box = QCheckBox()
        self.box.setToolTip("Whether the shape counts")
        self.box.clicked.connect(lambda on: self._set("visible", on))  # a partial would not be told whether it is on
        self.name = Field()
        self.name.setMaximumWidth(150)
        self.name.setMinimumWidth(42)
        self.name.setToolTip("Name of the shape")
        self.name.entered.connect(lambda name: self._set("name", name.strip()))
        self.about = label_of("dim")
        self.about.setMinimumWidth(1)  # so that the panel can become narrow, when it is hidden
        self.grip = Grip("Drag: the shape acts earlier or later")
        self.grip.pulled.connect(partial(row.pull, number))
        self.mode = ChoiceField(MODES)
        self.mode.setFixedWidth(88)
        self.mode.setToolTip("How the shape acts on what those before it drew")
        self.mode.chosen.connect(partial(self._set, "mode"))
        self.marks = Marks(animatable=True)
        self.marks.setFixedWidth(theme.ROW - 2)
        self.marks.key_clicked.connect(self._toggle_key)
        remove = row.shared.button("close", "Delete the shape")
        remove.clicked.connect(partial(row.remove, number))
        top = to_edge(QHBoxLayout(), theme.SPACE)
        self._beside = (self.grip, self.box, self.mode, self.marks, remove)
        for widget in (self.grip, self.box, self.name, self.about, self.mode, self.marks, remove):
            top.addWidget(widget, 1 if widget is self.name else 0)
        below = QHBoxLayout()
        below.setContentsMargins(theme.ROW + 10, 0, 0, 0)  # under the name, beside the box
        below.setSpacing(theme.SPACE)
        self.numbers: dict[str, NumberField] = {}
        for spec in NUMBERS:
            name = label_of("dim", spec.title)
            field = NumberField(spec)
            field.setToolTip(f"{spec.title} {spec.doc}")
            field.setMinimumWidth(48)
            field.setMaximumWidth(72)
            field.set_to.connect(partial(self._set_number, spec.name))
            field.refused.connect(row.refuse)
            field.asks_expression.connect(self._refuse_expression)
            below.addWidget(name)
            below.addWidget(field)
            self.numbers[spec.name] = field
        below.addStretch(1)
        column = to_edge(QVBoxLayout(self), 1)
        column.addLayout(top)
        column.addLayout(below)

    def show_shape(self, shape: Mapping[str, Any], still: Mapping[str, Any], frame: float) -> None:
        """Show a shape as the script holds it, and as it is at a frame."""
        self.name.setPlaceholderText(f"shape {self._number + 1}")
        self.name.show_text(str(shape.get("name", "")))
        self.box.setChecked(bool(shape.get("visible", True)))
        points, keys = len(still.get("points", ())), len(key_frames(shape))
        told = f"{points} points" + (f", {keys} key{'s' if keys > 1 else ''}" if keys else "")
        self.about.setText(told)
        self.name.setToolTip(f"Name of the shape, which has {told}")
        self._fit()
        mode = str(shape.get("mode", MODES[0]))
        self.mode.show_text(mode, mode != MODES[0])
        at_key: State = "keyframe" if frame in key_frames(shape) else "animated"
        self.marks.show_state(at_key if keys else "default", resettable=False)
        for spec in NUMBERS:
            value = float(still.get(spec.name, spec.default))
            other: State = "default" if value == spec.default else "modified"
            self.numbers[spec.name].show_value(value, "animated" if is_keyed(shape.get(spec.name)) else other)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a narrow panel the name is worth more than how many points there are, which is shown whole or not."""
        beside = (min(widget.sizeHint().width(), widget.maximumWidth()) + theme.SPACE for widget in self._beside)
        needed = _NAME + theme.SPACE + self.about.sizeHint().width() + sum(beside)
        self.about.setVisible(self.width() >= needed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction("&Rename", self._ask_name)
        earlier = menu.addAction("Act &Earlier", partial(self._row.reorder, self._number, -1))
        earlier.setEnabled(self._number > 0)
        later = menu.addAction("Act &Later", partial(self._row.reorder, self._number, 1))
        later.setEnabled(self._number + 1 < len(self._row.lines))
        menu.addAction("&Duplicate", partial(self._row.duplicate, self._number))
        menu.addAction("D&elete", partial(self._row.remove, self._number))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
        event.accept()

    def _refuse_expression(self, _: str) -> None:
        self._row.refuse("the numbers of a shape take no expression; link or animate those of the node")

    def _ask_name(self) -> None:
        self.name.setFocus()
        self.name.selectAll()

    def _set(self, member: str, value: object) -> None:
        self._row.change(self._number, lambda shape, _: {**shape, member: value})

    def _set_number(self, name: str, value: float, token: object) -> None:
        frame = self._row.shared.workspace.frame
        self._row.change(self._number, lambda shape, _: with_number(shape, name, value, frame), token)

    def _toggle_key(self) -> None:
        frame = self._row.shared.workspace.frame

        def toggled(shape: Mapping[str, Any], still: Mapping[str, Any]) -> dict[str, Any]:
            change = without_key if frame in key_frames(shape) else with_key
            return change(shape, still["points"], frame)

        self._row.change(self._number, toggled)


class ShapesRow(ListRow):
    """The shapes of a roto, in the order in which they act. They are drawn in the viewer.

    The diamond of a shape keys all of its points: from then on those that are dragged at another frame get a key there.
    """

    nothing, action, tip = "no shapes yet", "Draw Shape", "Draw a shape in the viewer"

    def make_line(self, number: int) -> ShapeLine:
        return ShapeLine(self, number)

    def show_value(self) -> None:
        frame = self.shared.workspace.frame
        data, still = to_data(self.value), to_data(self.value.resolved(frame))
        self.fit(len(data))
        for line, shape, now in zip(self.lines, data, still, strict=True):
            line.show_shape(shape, now, frame)

    def change(
        self, number: int, made: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]], token: object = None
    ) -> None:
        """Change one shape. made : gives its data, from what the script holds and what it is at this frame."""
        data, still = to_data(self.value), to_data(self.value.resolved(self.shared.workspace.frame))
        data[number] = made(data[number], still[number])
        self.shared.edits.set(self.parameter, data, token)

    def duplicate(self, number: int) -> None:
        """A copy of a shape behind it, under a name of its own."""
        data = list(to_data(self.value))
        name = str(data[number].get("name", "shape")).rstrip("0123456789") or "shape"
        taken = {shape.get("name") for shape in data}
        free = next(f"{name}{i}" for i in range(1, len(data) + 2) if f"{name}{i}" not in taken)
        data.insert(number + 1, {**data[number], "name": free})
        self.shared.edits.set(self.parameter, data)
