"""What a stroke keeps of its brush, to be changed after it was painted."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from rimlight.engine import Spec

from ..shapedata import is_keyed
from ..widgets import label_of
from .choices import ChoiceField
from .field import Field, NumberField
from .numbers import exact

_COPYING = "clone reveal"
_MOVED = "moved"
"""Instead of a brush: what only strokes have that are moved as a whole."""
_SPECS = (
    (Spec("size", float, 1, 40.0, "diameter at full pressure", hard=(0, 1e5), soft=(1, 400), unit="px"), ""),
    (Spec("hardness", float, 1, 0.2, "1 is an edge of one pixel, 0 fades from the middle", (0, 1), (0, 1)), ""),
    (Spec("opacity", float, 1, 1.0, "of the stroke", (0, 1), (0, 1)), ""),
    (Spec("stops", float, 1, 0.5, "light of dodge; negative burns", (-64, 64), (-3, 3), "stops"), "dodge"),
    (
        Spec("blur_size", float, 1, 8.0, "width of the detail it takes away or brings out", (0, 2000), (0, 100), "px"),
        "blur sharpen",
    ),
    (Spec("color", float, 3, (1.0, 1.0, 1.0), "scene-linear colour of paint", components=("r", "g", "b")), "paint"),
    (
        Spec("offset", float, 2, (0.0, 0.0), "to where it copies from, y up", unit="px", components=("x", "y")),
        _COPYING,
    ),
    (Spec("time", float, 1, 0.0, "how many frames on it copies from, or which one", unit="frames"), _COPYING),
    (Spec("translate", float, 2, (0.0, 0.0), "how far it is moved", unit="px", components=("x", "y")), _MOVED),
    (Spec("rotate", float, 1, 0.0, "how far it is turned about its centre, counter-clockwise", unit="deg"), _MOVED),
    (Spec("scale", float, 2, (1.0, 1.0), "its size, with that of its brush", components=("x", "y")), _MOVED),
)
"""The members that are numbers, and the brushes that they are of; all have those of none."""
_MODES = ("relative", "absolute")
_PRESSURES = ("size", "opacity", "both", "none")
_PEN = "pen"
"""Instead of a brush: what only strokes of a pen have."""


def members_of(brush: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some members that a stroke with a brush has a use for."""
    brushes = {spec.name: brushes for spec, brushes in _SPECS if brushes and brushes != _MOVED}
    brushes["time_mode"] = _COPYING
    return {name: value for name, value in members.items() if brush in brushes.get(name, brush).split()}


Life = tuple[float | None, float | None]


def life_text(life: Sequence[float | None]) -> str:
    """First and last frame as they are typed: `7`, `7..9`, `7..`, `..9`, and nothing for all."""
    first, last = life
    if first == last:
        return "" if first is None else exact(first)
    return "..".join("" if frame is None else exact(frame) for frame in life)


def time_text(stroke: Mapping[str, Any]) -> str:
    """From when a stroke copies, `from +2` or `from frame 1001`; nothing where it does not or from the frame shown."""
    time, absolute = stroke.get("time", 0.0), stroke.get("time_mode") == "absolute"
    if stroke.get("brush") not in _COPYING.split() or not (time or absolute):
        return ""
    return f"from frame {exact(time)}" if absolute else f"from {'+' if time > 0 else ''}{exact(time)}"


def life_of(text: str) -> Life:
    """The inverse of `life_text`. Raises ValueError with a sentence."""
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)?\s*(\.\.)?\s*(-?\d+(?:\.\d+)?)?\s*", text)
    if found is None or (found[1] and found[3] and not found[2]):
        raise ValueError(f"frames are “{text.strip()}”, expected such as 7, 7..9, 7.., ..9, or nothing for all")
    first, last = (None if part is None else float(part) for part in (found[1], found[3]))
    return (first, last) if found[2] else (first, first)


class StrokeNumbers(QWidget):
    """Fields for size, hardness, opacity, frames and what its brush takes beside them.

    changed : members of the stroke with their new values, and the token of the gesture. refused : a sentence.
    """

    changed = Signal(object, object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._stroke: Mapping[str, Any] = {}
        self._still: Any = None
        self.fields: dict[str, list[NumberField]] = {}
        self._boxes: list[tuple[str, QWidget]] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        for spec, brushes in _SPECS:
            box = QWidget()
            line = QHBoxLayout(box)
            line.setContentsMargins(0, 0, 0, 0)
            self.fields[spec.name] = [self._field(spec, i) for i in range(spec.size)]
            for field in self.fields[spec.name]:
                line.addWidget(field)
            line.addStretch(1)
            self._add(grid, spec.title, box, brushes)
        self.mode = ChoiceField(_MODES)
        self.mode.setFixedWidth(96)
        self.mode.setToolTip("Whether time counts from the frame that is shown")
        self.mode.chosen.connect(lambda mode: self.changed.emit({"time_mode": mode}, None))
        self._add(grid, "time mode", self.mode, _COPYING)
        self.pressure = ChoiceField(_PRESSURES)
        self.pressure.setFixedWidth(96)
        self.pressure.setToolTip("What the pressure of the pen changes")
        self.pressure.chosen.connect(lambda changes: self.changed.emit({"pressure": changes}, None))
        self._add(grid, "pressure", self.pressure, _PEN)
        self.life = Field()
        self.life.setMaximumWidth(150)
        self.life.setPlaceholderText("all")
        self.life.setToolTip("The frames at which the stroke is there: 7, 7..9, 7.. or ..9; nothing for all")
        self.life.entered.connect(self._live)
        self._add(grid, "frames", self.life, "")

    def _add(self, grid: QGridLayout, title: str, editor: QWidget, brushes: str) -> None:
        name = label_of("dim", title)
        grid.addWidget(name, grid.rowCount(), 0)
        grid.addWidget(editor, grid.rowCount() - 1, 1)
        self._boxes += [(brushes, name), (brushes, editor)]

    def _field(self, spec: Spec, component: int) -> NumberField:
        made = NumberField(spec)
        made.setFixedWidth(72 if spec.size < 3 else 48)
        made.setToolTip(f"{'.'.join((spec.name, *spec.components[component : component + 1]))}: {spec.doc}")
        made.set_to.connect(partial(self._set, spec, component))
        made.refused.connect(self.refused)
        made.asks_expression.connect(lambda _: self.refused.emit("the numbers of a stroke take no expression"))
        return made

    def show_stroke(self, stroke: Mapping[str, Any], still: Any) -> None:
        """Show what a stroke holds, with the numbers that it has at the frame."""
        self._stroke, self._still = stroke, still
        for spec, _ in _SPECS:
            if not hasattr(still, spec.name):
                continue  # strokes of other nodes have fewer
            values, defaults = _parts(getattr(still, spec.name)), _parts(spec.default)
            keyed = is_keyed(stroke.get(spec.name))
            for field, value, default in zip(self.fields[spec.name], values, defaults, strict=True):
                field.show_value(value, "animated" if keyed else "default" if value == default else "modified")
        self.life.show_text(life_text(stroke.get("frames", (None, None))))
        mode = str(stroke.get("time_mode", _MODES[0]))
        self.mode.show_text(mode, mode != _MODES[0])
        pressure = str(stroke.get("pressure", _PRESSURES[0]))
        self.pressure.show_text(pressure, pressure != _PRESSURES[0])
        own = [
            still.brush,
            *([_PEN] if any(len(p) > 2 for p in stroke.get("points", ())) else []),
            *([_MOVED] if any(name in stroke for name in ("translate", "rotate", "scale")) else []),
        ]
        for brushes, widget in self._boxes:
            widget.setVisible(not brushes or any(brush in brushes.split() for brush in own))

    def _set(self, spec: Spec, component: int, value: float, token: object) -> None:
        parts = list(_parts(getattr(self._still, spec.name)))
        parts[component] = value
        self.changed.emit({spec.name: parts if spec.size > 1 else value}, token)

    def _live(self, text: str) -> None:
        try:
            self.changed.emit({"frames": list(life_of(text))}, None)
        except ValueError as error:
            self.life.revert()
            self.refused.emit(str(error))


def _parts(value: Any) -> tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, (list, tuple)) else (float(value),)
