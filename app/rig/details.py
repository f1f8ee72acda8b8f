"""The parameters of the selected light as sliders, those that matter for its kind."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from rimlight.engine import NodeState, Session, Spec

from .. import theme
from ..properties.numbers import UNITS, Linear, Log, Scale, scale_of
from .kinds import FLAG_KIND, STANDING
from .lights import Handle, at_distance
from .slider import Slider
from .swatch import kelvin_color, tint_color
from .values import spec_of, standing, value_at

DISTANCE = "distance"
"""Of no node: how far a light is from what it looks at; an edit moves it."""
_FIRST = {
    "light.directional": ("azimuth", "elevation", "angle"),
    "light.point": ("size",),
    "light.spot": ("cone", "penumbra", "size"),
    "light.area": ("width", "height", "roll"),
    FLAG_KIND: ("width", "height", "roll", "softness"),
    "light.environment": ("rotation",),
    "light.gaussians": ("rotation",),
    "light.harmonics": ("rotation",),
}
_SECOND = ("kelvin", "tint", "diffuse", "specular", "shadow")
_TITLES = {"angle": "softness", "penumbra": "softness"}
_ORIGINS = {"azimuth": 0.0, "elevation": 0.0, "rotation": 0.0, "tint": 0.0, "roll": 0.0}
_COLUMNS = 2
_LEAST = 48
"""Height in pixels."""


class Details(QScrollArea):
    """Sliders of one light, scrolled where there is no room. edited : parameters by name, and the token of the gesture.

    menu_wanted : the parameter that a slider is about, and a point of the screen. height_wanted : another one may be.
    """

    edited = Signal(object, object)
    menu_wanted = Signal(str, object)
    height_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sliders: dict[str, Slider] = {}
        self._kind = ""
        self._handle: Handle | None = None
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes to the sliders
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(*(2 * theme.SPACE,) * 4)
        self._grid.setSpacing(theme.SPACE)
        self.setWidget(self._inside)

    def sizeHint(self) -> QSize:
        """High enough for all sliders."""
        return self._inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """For a line of them and a part of the next."""
        return QSize(self._inside.minimumSizeHint().width(), min(_LEAST, self.sizeHint().height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Other sliders may want another height."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self.height_wanted.emit()
        return super().eventFilter(watched, event)

    def show_light(self, session: Session, handle: Handle | None, frame: float) -> None:
        """Show the parameters of a light at a frame; none without one."""
        self._handle = handle
        self.setVisible(handle is not None)
        if handle is None:
            return
        state = session.graph.at(handle.path)
        if state.kind != self._kind:
            self._build(state)
        for name, slider in self.sliders.items():
            if name == DISTANCE:
                slider.show_value(handle.distance or 0.0, standing(state, "position", frame), frame)
            else:
                value = value_at(session, handle.path, state, name, frame)
                slider.show_value(float(value), standing(state, name, frame), frame)

    def _build(self, state: NodeState) -> None:
        for slider in self.sliders.values():
            self._grid.removeWidget(slider)
            slider.hide()
            slider.deleteLater()
        self._kind, self.sliders = state.kind, {}
        names = [*_FIRST.get(state.kind, ()), *((DISTANCE,) if state.kind in (*STANDING, FLAG_KIND) else ()), *_SECOND]
        for name in names:
            if name == DISTANCE:
                slider = Slider("distance", Log(10.0, 2000.0), "cm", digits=0)
            elif (spec := spec_of(state, name)) is not None:
                slider = self._slider(spec)
            else:
                continue
            slider.edited.connect(partial(self._send, name))
            slider.menu_wanted.connect(partial(self.menu_wanted.emit, "position" if name == DISTANCE else name))
            place = len(self.sliders)
            self._grid.addWidget(slider, place // _COLUMNS, place % _COLUMNS)
            self.sliders[name] = slider

    def _slider(self, spec: Spec) -> Slider:
        name = spec.name
        scale: Scale = scale_of(spec) or Linear(0.0, 1.0)
        gradient: Any = {"kelvin": kelvin_color, "tint": tint_color}.get(name)
        digits = {"K": 0, "deg": 1, "cm": 1}.get(spec.unit, 2)
        slider = Slider(
            _TITLES.get(name, spec.title), scale, UNITS.get(spec.unit, ""), origin=_ORIGINS.get(name), digits=digits,
            gradient=gradient,
        )  # fmt: skip
        slider.setToolTip(spec.doc)
        return slider

    def _send(self, name: str, value: float, token: object) -> None:
        if self._handle is None:
            return
        values: Mapping[str, Any] = {name: value} if name != DISTANCE else at_distance(self._handle, value)
        self.edited.emit(values, token)
