"""The lights of a rig as a list, its flags below them: switches, colour, exposure and what each shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QScrollArea, QToolButton, QVBoxLayout, QWidget

from rimlight.engine import Vec3

from .. import theme
from ..properties.numbers import Linear
from ..properties.parameter import State
from ..widgets import to_edge
from .lights import Handle, falls_on
from .meter import Meter
from .slider import Slider
from .swatch import light_color, through_color

EXPOSURE = Linear(-8.0, 8.0)
THROUGH = "transmission"
"""The parameter of a flag that stands where lights have their exposure."""
_NAME_TIP = "Name of the light and of its layers; one without is shown by its node"
_FLAG_TIP = "Name of the flag"
_ROW = 30
_NARROW, _NAME, _NAME_LEAST = 335, 84, 44
"""Width of a list below which names have less room; what a name has at least, and what then."""
_SHOWN, _LEAST = 7, 4
"""Rows that the list makes room for, and at least: those of a key, a fill, a rim and surroundings."""


class Swatch(QToolButton):
    """The colour of a light; a click opens the popup."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(18, 18))
        self.setToolTip("Colour, temperature and tint")
        self.setAccessibleName("Colour")
        self._color = QColor(255, 255, 255)

    def show_color(self, color: QColor) -> None:
        if color != self._color:
            self._color = color
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(self._color)
            painter.setPen(theme.color("accent" if self.hasFocus() else "surface.deep"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)


class Row(QWidget):
    """One light or flag of a list, whose signals it emits. Of a flag there is what it lets through in the place of
    exposure, and neither solo nor a meter.
    """

    def __init__(self, handle: Handle, among: "LightList") -> None:
        super().__init__()
        self.handle = handle
        self._list = among
        self.setFixedHeight(_ROW)
        self._current = False
        self.enabled = QCheckBox()
        self.enabled.setToolTip("Whether the flag takes light" if handle.is_flag else "Whether the light shines")
        self.swatch = Swatch()
        self.name = QLineEdit()
        self.name.setFrame(False)
        self.solo = _switch("S", "Solo: only lights that are solo shine")
        self.mute = _switch("M", "Mute: the node is disabled and leaves the light out")
        if handle.is_flag:
            self.level = Slider("through", Linear(0.0, 1.0), step=0.05)
            self.level.setToolTip("What it lets through: 0 is a flag, 0.5 a net that takes a stop, 1 all of it")
        else:
            self.level = Slider("EV", EXPOSURE, step=1 / 160, origin=0.0)
        self.link = _switch("", "Link: what the light falls on")
        self.link.setIcon(theme.icon("link"))
        self.meter = Meter()
        self._line = layout = QHBoxLayout(self)
        for widget in (self.enabled, self.swatch, self.name, self.level, self.solo, self.mute, self.link, self.meter):
            layout.addWidget(widget, 1 if widget in (self.name, self.level) else 0)
            widget.installEventFilter(self)
        self.enabled.toggled.connect(partial(self._switched, "enabled"))
        self.solo.toggled.connect(partial(self._switched, "solo"))
        self.mute.toggled.connect(partial(self._switched, "disable"))
        for widget in (self.solo, self.link, self.meter) if handle.is_flag else ():
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()
        self.level.edited.connect(self._leveled)
        self.level.menu_wanted.connect(self._menu_asked)
        self.swatch.clicked.connect(self._color_asked)
        self.link.clicked.connect(self._link_asked)
        self.name.editingFinished.connect(self._named)
        self._shown = False

    def fit(self, width: int) -> None:
        """Have room in a list of a width: in a narrow one the name and gaps give way, so that no meter is cut."""
        wide = width >= _NARROW
        self.name.setMinimumWidth(_NAME if wide else _NAME_LEAST)
        self._line.setSpacing(theme.SPACE if wide else theme.SPACE // 2)
        self._line.setContentsMargins(*(2 * theme.SPACE if wide else theme.SPACE, 0) * 2)

    def show_handle(self, handle: Handle, states: Mapping[str, State], frame: float, current: bool) -> None:
        """Show a light as it is."""
        if self._shown and handle == self.handle and current == self._current and not states:
            return
        self.handle, self._shown = handle, True
        for button, on in ((self.enabled, handle.enabled), (self.solo, handle.solo), (self.mute, handle.muted)):
            with QSignalBlocker(button):
                button.setChecked(on)
        self.swatch.show_color(
            through_color(handle.color) if handle.is_flag else light_color(handle.kelvin, handle.tint, handle.color)
        )
        self._show_link()
        if not self.name.hasFocus() or (self.name.text() != handle.title and not self.name.isModified()):
            self.name.setText(handle.title)
            self.name.setToolTip(f"{handle.title}\n{_FLAG_TIP if handle.is_flag else _NAME_TIP}")
            # Of a name without room its beginning is seen; of that of a node, as those of a kind begin alike, its end.
            self.name.setCursorPosition(0 if handle.named else len(handle.title))
        self.name.setEnabled(True)
        level = max(handle.color) if handle.is_flag else handle.exposure
        self.level.show_value(level, states.get(self._level_name, "default"), frame)
        if current != self._current:
            self._current = current
            self.update()

    def _show_link(self) -> None:
        own, further = (self.handle.link, self.handle.inverted), self.handle.link_further
        self.link.setChecked(bool((further or own)[0]))
        said = ", as a node further down says" if further is not None else ""
        self.link.setToolTip(f"Link: the light falls on {falls_on(*(further or own))}{said}")

    def _switched(self, name: str, on: bool) -> None:
        self._list.edited.emit(self.handle.path, {name: on}, None)

    @property
    def _level_name(self) -> str:
        return THROUGH if self.handle.is_flag else "exposure"

    def _leveled(self, value: float, token: object) -> None:
        level = _at_level(self.handle.color, value) if self.handle.is_flag else value
        self._list.edited.emit(self.handle.path, {self._level_name: level}, token)

    def _menu_asked(self, at: object) -> None:
        self._list.keys_wanted.emit(self._level_name, self.handle.path, at)

    def _color_asked(self) -> None:
        self._list.color_wanted.emit(self.handle.path)

    def _link_asked(self) -> None:
        self._show_link()  # it is the menu's choice
        self._list.link_wanted.emit(self.handle.path, self.link.mapToGlobal(QPoint(0, self.link.height())))

    def _named(self) -> None:
        self.name.setModified(False)  # what was typed is over: the field goes back where the name was refused
        if self.name.text() != self.handle.title:
            self._list.renamed.emit(self.handle.path, self.name.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn):
            self._list.chosen.emit(self.handle.path)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._list.chosen.emit(self.handle.path)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self._current:
                painter.fillRect(self.rect(), theme.color("selection", 0.55))
                painter.fillRect(QRectF(0, 0, 2, self.height()), theme.color("accent"))
            if not self.handle.shines:
                painter.setPen(theme.color("line"))
                y = self.height() - 1
                painter.drawLine(QPointF(0, y), QPointF(self.width(), y))


class LightList(QScrollArea):
    """All lights of a rig. All signals tell of one by its path.

    edited : parameters by name, and the token of the gesture. renamed : a new name for it. keys_wanted : the name of a
    parameter, before the path, and a point of the screen, as link_wanted.
    """

    edited = Signal(str, object, object)
    renamed = Signal(str, str)
    chosen = Signal(str)
    color_wanted = Signal(str)
    keys_wanted = Signal(str, str, object)
    link_wanted = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes to what is in it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows: dict[str, Row] = {}
        inside = QWidget()
        self._column = to_edge(QVBoxLayout(inside), 1)
        self._column.addStretch()
        self.setWidget(inside)

    def sizeHint(self) -> QSize:
        """High enough for the lights there are, up to a few."""
        return QSize(320, (_ROW + 1) * min(max(len(self.rows), 2), _SHOWN))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, (_ROW + 1) * min(max(len(self.rows), 2), _LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for row in self.rows.values():
            row.fit(self.width())

    def show_handles(
        self, handles: Sequence[Handle], current: str, frame: float, states: Callable[[str], Mapping[str, State]]
    ) -> None:
        """Show these lights in this order; rows of lights that stay are kept."""
        paths = [handle.path for handle in handles]
        if paths != list(self.rows):
            self._arrange(handles)
        for handle in handles:
            self.rows[handle.path].show_handle(handle, states(handle.path), frame, handle.path == current)

    def hand_over(self, old: str, new: str) -> None:
        """A light has another path now: its row goes on with it, also in the middle of a drag."""
        row = self.rows.pop(old, None)
        if row is not None:
            if (made := self.rows.pop(new, None)) is not None:
                self._column.removeWidget(made)
                made.hide()
                made.deleteLater()
            row.handle = replace(row.handle, path=new)
            self.rows[new] = row

    def show_levels(self, levels: Mapping[str, float], where: str) -> None:
        """Show on the meters what was measured, by the names of lights."""
        for row in self.rows.values():
            level = levels.get(row.handle.name, 0.0 if levels and not row.handle.shines else None)
            row.meter.show_level(level, where)

    def _arrange(self, handles: Sequence[Handle]) -> None:
        kept = {handle.path for handle in handles}
        for path in [path for path in self.rows if path not in kept]:
            row = self.rows.pop(path)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        order = {}
        for number, handle in enumerate(handles):
            row = self.rows.get(handle.path) or self._made(handle)
            order[handle.path] = row
            self._column.insertWidget(number, row)
        self.rows = order
        self.updateGeometry()

    def _made(self, handle: Handle) -> Row:
        row = Row(handle, self)
        row.fit(self.width())
        return row


def _at_level(color: Vec3, level: float) -> Vec3:
    """A colour of the same hue whose largest part is `level`; grey where it was black."""
    top = max(color)
    red, green, blue = (round(min(level * (v / top if top > 1e-6 else 1.0), 1.0), 4) for v in color)
    return red, green, blue


def _switch(text: str, tip: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setCheckable(True)
    made.setFixedSize(QSize(22, 20))
    made.setToolTip(tip)
    made.setAccessibleName(tip.partition(":")[0])
    return made
