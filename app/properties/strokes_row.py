"""The strokes of a paint in the panel: shown or not, their order, and how strong they are."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from rimlight.engine import Spec, to_data

from .. import theme
from .field import Field, NumberField
from .list_row import Grip, ListRow

OPACITY = Spec("opacity", float, 1, 1.0, "of the stroke", hard=(0, 1), soft=(0, 1))


class StrokeLine(QWidget):
    """One stroke on a line."""

    def __init__(self, row: "StrokesRow", number: int) -> None:
        super().__init__()
        self._row = row
        self._number = number
        self.grip = Grip("Drag: the stroke lies lower or higher")
        self.grip.pulled.connect(partial(row.pull, number))
        self.box = QCheckBox()
        self.box.setToolTip("Whether the stroke counts")
        self.box.clicked.connect(lambda on: row.change(number, visible=on))
        self.name = Field()
        self.name.setMaximumWidth(110)
        self.name.setToolTip("Name of the stroke")
        self.name.entered.connect(lambda name: row.change(number, name=name.strip()))
        self.about = QLabel()
        self.about.setProperty("role", "dim")
        self.opacity = NumberField(OPACITY)
        self.opacity.setFixedWidth(56)
        self.opacity.setToolTip("Opacity of the stroke")
        self.opacity.set_to.connect(lambda value, token: row.change(number, token, opacity=value))
        self.opacity.refused.connect(row.refuse)
        self.opacity.asks_expression.connect(lambda _: row.refuse("the numbers of a stroke take no expression"))
        remove = row.shared.button("close", "Delete the stroke")
        remove.clicked.connect(partial(row.remove, number))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.SPACE)
        for widget in (self.grip, self.box, self.name, self.about, self.opacity, remove):
            line.addWidget(widget, 1 if widget is self.about else 0)

    def show_stroke(self, stroke: Mapping[str, Any]) -> None:
        self.name.setPlaceholderText(f"stroke {self._number + 1}")
        self.name.show_text(str(stroke.get("name", "")))
        self.box.setChecked(bool(stroke.get("visible", True)))
        brush, stops = str(stroke.get("brush", "paint")), stroke.get("stops", 0.5)
        kind = f"{'dodge' if stops >= 0 else 'burn'} {stops:+g}" if brush == "dodge" else brush
        self.about.setText(kind + _life(*stroke.get("frames", (None, None))))
        value = float(stroke.get("opacity", 1.0))
        self.opacity.show_value(value, "default" if value == 1 else "modified")


def _life(first: float | None, last: float | None) -> str:
    if first is None and last is None:
        return ""
    if first == last:
        return f", frame {first:g}"
    return f", {'' if first is None else f'{first:g}'}..{'' if last is None else f'{last:g}'}"


class StrokesRow(ListRow):
    """The strokes of a paint, the lowest first. They are painted in the viewer."""

    nothing, action, tip = "no strokes yet", "Paint in Viewer", "Paint strokes in the viewer, as V does there"

    def make_line(self, number: int) -> StrokeLine:
        return StrokeLine(self, number)

    def show_value(self) -> None:
        data = to_data(self.value)
        self.fit(len(data))
        for line, stroke in zip(self.lines, data, strict=True):
            line.show_stroke(stroke)

    def change(self, number: int, token: object = None, **members: Any) -> None:
        """Change members of one stroke."""
        data = list(to_data(self.value))
        data[number] = {**data[number], **members}
        self.shared.edits.set(self.parameter, data, token)
