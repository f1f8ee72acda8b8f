"""Rows of numbers: scalars with a slider, vectors, colours, sizes, kelvin, matrices, tick boxes."""

from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QMenu, QSizePolicy, QToolButton

from .. import theme
from .color_wheel import ColorWheel
from .field import NumberField
from .numbers import scale_of
from .openers import Swatch
from .parameter import component_names
from .rows import Row
from .slider import KelvinSlider, Slider

FIELD = 72
"""Width of a field with a slider beside it."""
_CHANNELS = {"r": "channel.red", "g": "channel.green", "b": "channel.blue", "a": "channel.alpha",
             "x": "axis.x", "y": "axis.y", "z": "axis.z"}  # fmt: skip


class NumbersRow(Row):
    """Shared by all rows with number fields."""

    def field(self, component: int | None) -> NumberField:
        """A field for a component, or for all together."""
        made = NumberField(self.spec, component)
        made.set_to.connect(partial(self.set_component, component))
        made.several_set.connect(partial(self._set_several, component))
        made.asks_expression.connect(partial(self.edit_expression, component))
        made.link_dragged.connect(partial(self.drag_link, component))
        made.refused.connect(self.refuse)
        if component is not None:
            made.setToolTip(f"{self.parameter.address}.{component_names(self.spec)[component]}")
        return made

    def slider(self, kind: type[Slider] = Slider) -> Slider:
        """A slider for all components together."""
        made = kind(self.spec)
        made.moved.connect(self._slid)
        made.reset.connect(self.reset)
        return made

    def show_field(self, field: NumberField, component: int) -> None:
        field.frame = self.shared.workspace.frame
        number = None if self.unmeasured else self.numbers[component]
        field.show_value(None if number is None else float(number), self.states[component], self.error)

    def _slid(self, value: float, merge: object) -> None:
        self.set_component(None, value, merge)

    def _set_several(self, component: int | None, values: tuple[float, ...]) -> None:
        first = component or 0
        numbers = {first + i: v for i, v in enumerate(values) if first + i < self.spec.size}
        self.shared.edits.set_numbers(self.parameter, numbers)


class NumberRow(NumbersRow):
    """A float or an int."""

    slider_kind: ClassVar[type[Slider]] = Slider

    def build(self) -> None:
        self.number = self.field(0)
        self.number.setToolTip("")
        self.body.addWidget(self.number)
        self.track: Slider | None = None
        if scale_of(self.spec) is not None:
            self.number.setFixedWidth(FIELD)
            self.track = self.slider(self.slider_kind)
            self.body.addWidget(self.track, 1)
        else:
            self.number.setMaximumWidth(2 * FIELD)
            self.body.addStretch(1)

    def show_value(self) -> None:
        self.show_field(self.number, 0)
        if self.track is not None:
            self.track.show_value(self.number.value, self.states[0] not in ("expression", "linked"))


class KelvinRow(NumberRow):
    """A colour temperature, over the white-point strip."""

    slider_kind = KelvinSlider


class FrameRow(NumberRow):
    """Which frame: over those of the project."""

    def show_value(self) -> None:
        if self.track is not None:
            self.track.set_range(*self.shared.workspace.document.project.frames)
        super().show_value()


class BoolRow(Row):
    """A tick box."""

    def build(self) -> None:
        self.box = QCheckBox()
        self.box.setFixedHeight(theme.ROW - 2)
        self.box.clicked.connect(self._clicked)
        self.body.addWidget(self.box)
        self.body.addStretch(1)

    def show_value(self) -> None:
        self.box.setChecked(bool(self.numbers[0]))
        self.box.setEnabled(self.states[0] not in ("expression", "linked"))

    def _clicked(self, on: bool) -> None:
        self.set_component(0, on, None)
        self.refresh()


class VectorRow(NumbersRow):
    """Two to four numbers, each in its own field."""

    ganged_first: ClassVar[bool] = False

    def build(self) -> None:
        self.fields: list[NumberField] = []
        self._gang: NumberField | None = None
        self._track: Slider | None = None
        self._toggle: QToolButton | None = None
        self._split: bool | None = None
        self.lead()
        if self.ganged_first:
            self._gang = self.field(None)
            self._gang.setMinimumWidth(FIELD)
            self._gang.setMaximumWidth(FIELD if scale_of(self.spec) else 2 * FIELD)
            self.body.addWidget(self._gang, 100)  # before what is empty behind it
            if scale_of(self.spec) is not None:
                self._track = self.slider()
                self.body.addWidget(self._track, 1)
            else:
                self.body.addStretch(1)
            self._toggle = self.shared.button("link", "Edit the components together or one by one")
            self._toggle.clicked.connect(self._toggled)
        else:
            self._add_fields()

    def lead(self) -> None:
        """Put something in front of the fields."""

    def _add_fields(self) -> None:
        names = component_names(self.spec)
        at = self.body.count() if self._gang is None else self.body.indexOf(self._gang)
        for i in range(self.spec.size):
            made = self.field(i)
            if self.spec.role == "box":
                made.unit = names[i]
            else:
                made.accent = _CHANNELS.get(names[i], "")
            self.fields.append(made)
            self.body.insertWidget(at + i, made, 1)

    def add_actions(self, menu: QMenu) -> None:
        if self._gang is not None:
            split = menu.addAction("Edit Components One by One", self._toggled)
            split.setCheckable(True)
            split.setChecked(self.split)

    def _toggled(self) -> None:
        """Where the chain is closed one field is for all, which makes them alike with the next edit."""
        self._split = not self.split
        self.show_value()

    @property
    def split(self) -> bool:
        """Whether the components have fields of their own: when they differ, or when that was asked for."""
        if self._gang is None:
            return True
        alike = len(set(self.numbers)) == 1 and len(set(self.states)) == 1
        return self._split if self._split is not None else not alike

    def show_value(self) -> None:
        split = self.split
        if self._gang is not None and self._toggle is not None:
            if self.body.indexOf(self._toggle) < 0:
                self.body.addWidget(self._toggle)
            self._toggle.setIcon(self.shared.icon("link", "text.disabled" if split else "text.dim"))
            self._gang.setVisible(not split)
            self.show_field(self._gang, 0)
            if self._track is not None:
                free = not any(state in ("expression", "linked") for state in self.states)
                self._track.setVisible(not split)
                self._track.show_value(self._gang.value, free)
        if split and not self.fields:
            self._add_fields()
        for i, made in enumerate(self.fields):
            made.setVisible(split)
            self.show_field(made, i)


class SizeRow(VectorRow):
    """A width and a height, or a scale of both, alike until they are made to differ."""

    ganged_first = True


class ColorRow(VectorRow):
    """Red, green, blue and perhaps alpha: alike in one field until they differ; the swatch opens a wheel."""

    ganged_first = True

    def lead(self) -> None:
        self.swatch = Swatch(self.shared.workspace.swatches)
        self.swatch.clicked.connect(self.toggle_wheel)
        self.body.addWidget(self.swatch)
        self.wheel: ColorWheel | None = None

    def add_actions(self, menu: QMenu) -> None:
        wheel = menu.addAction("Colour Wheel", self._toggle_wheel_and_go)
        wheel.setCheckable(True)
        wheel.setChecked(self.wheel is not None)
        super().add_actions(menu)

    def _toggle_wheel_and_go(self) -> None:
        """From the menu, which may have been opened by a key: the keys go to the wheel."""
        self.toggle_wheel()
        if self.wheel is not None:
            self.wheel.bars[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def toggle_wheel(self) -> None:
        """Open the wheel under the row, or close it."""
        if self.wheel is not None:
            self.wheel.deleteLater()
            self.wheel = None
            return
        self.wheel = ColorWheel(self.shared.workspace.swatches)
        self.wheel.changed.connect(self._picked)
        self.below(self.wheel)
        self.show_value()

    def _picked(self, rgb: tuple[float, float, float], merge: object) -> None:
        self.shared.edits.set_numbers(self.parameter, dict(enumerate(rgb)), merge)

    def show_value(self) -> None:
        super().show_value()
        rgb = tuple(float(n or 0.0) for n in self.numbers[:3])
        self.swatch.show_color(rgb)
        if self.wheel is not None:
            self.wheel.show_color(rgb)


class MatrixRow(NumbersRow):
    """Nine numbers, row by row."""

    def build(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(2)
        self.fields = [self.field(i) for i in range(self.spec.size)]
        for i, made in enumerate(self.fields):
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(made, i // 3, i % 3)
        self.body.addLayout(grid, 1)

    def show_value(self) -> None:
        for i, made in enumerate(self.fields):
            self.show_field(made, i)
