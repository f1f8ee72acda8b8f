"""The bars above the viewport: which nodes are seen and compared, and how."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from .. import theme
from ..changes import Views
from ..viewing import SLOTS
from .fields import Chooser, ValueSlider, mark
from .frame import Display
from .settings import DOWNREZ, Background, Channel, Compare, ViewerSettings, Zebra

CHANNEL_TEXTS = {
    Channel.RGBA: "RGB",
    Channel.RED: "Red",
    Channel.GREEN: "Green",
    Channel.BLUE: "Blue",
    Channel.ALPHA: "Alpha",
    Channel.LUMINANCE: "Luminance",
    Channel.MATTE: "Matte overlay",
}
ZOOMS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
FIT = "fit"


class _Bar(QWidget):
    """A row of controls that is cut off at the right where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        self.row.setSpacing(theme.SPACE)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


class _SlotButton(QToolButton):
    """An input of the viewer: a click shows it, with Shift it is compared with."""

    chosen = Signal(int, str)

    def __init__(self, slot: int, name: str) -> None:
        super().__init__()
        self._slot = slot
        self.setText(f"{slot % 10} {name}")
        self.setAutoRaise(True)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolTip(f"{name}\nKey {slot % 10}: show; Shift+{slot % 10} or Shift+click: compare as B")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.chosen.emit(self._slot, "b" if shifted else "a")
        super().mouseReleaseEvent(event)


class InputBar(_Bar):
    """Side A, how it is compared, side B, and the inputs. chosen : an input and `a` or `b`; slot 0 for no B."""

    chosen = Signal(int, str)
    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._views = Views()
        self._shown: tuple[object, ...] = ()
        self.a = Chooser(lambda: self._choices(False), "Side A: keys 1 to 0", 150)
        self.b = Chooser(lambda: self._choices(True), "Side B: keys Shift+1 to Shift+0", 150)
        ways = [(way.value, way.value.capitalize()) for way in Compare]
        self.compare = Chooser(lambda: ways, "Compare A and B (W: wipe)", 124)
        self.mix = ValueSlider("mix", 1.0, 0.0, 1.0, (0.0, 1.0), "How much of B is seen", width=60)
        self.gain = ValueSlider("gain", 1.0, 0.25, 256.0, (0.0, 1e6), "Factor on the difference", True, width=60)
        self.a.picked.connect(lambda key: self.chosen.emit(int(key), "a"))
        self.b.picked.connect(lambda key: self.chosen.emit(int(key), "b"))
        self.compare.picked.connect(lambda key: self.edited.emit({"compare": Compare(key)}))
        self.mix.edited.connect(lambda value: self.edited.emit({"mix": value}))
        self.gain.edited.connect(lambda value: self.edited.emit({"gain": value}))
        for text, widget in (("A", self.a), ("", self.compare), ("B", self.b)):
            if text:
                self.row.addWidget(QLabel(text))
            self.row.addWidget(widget)
        self.row.addWidget(self.mix)
        self.row.addWidget(self.gain)
        self.row.addSpacing(2 * theme.SPACE)
        self.slots = QHBoxLayout()
        self.slots.setSpacing(2)
        self.row.addLayout(self.slots)
        self.row.addStretch(1)

    def _choices(self, nothing: bool) -> list[tuple[str, str]]:
        found = [(str(slot), self._text(slot)) for slot in SLOTS if slot in self._views.inputs]
        return [("0", "none"), *found] if nothing else found

    def _text(self, slot: int | None) -> str:
        path = self._views.inputs.get(slot) if slot is not None else None
        return f"{(slot or 0) % 10} {path.rpartition('/')[2]}" if path else "none"

    def show_state(self, views: Views, settings: ViewerSettings) -> None:
        """Show what the viewer shows."""
        self._views = views
        self.a.show_choice(str(views.a), self._text(views.a))
        comparing = settings.compare is not Compare.OFF
        self.b.show_choice(str(views.b if views.b is not None else 0), self._text(views.b))
        self.compare.show_choice(settings.compare.value, settings.compare.value.capitalize())
        mark(self.compare, "modified", comparing)
        self.mix.show_value(settings.mix)
        self.gain.show_value(settings.gain)
        self.mix.setVisible(settings.compare in (Compare.WIPE, Compare.ONION))
        self.gain.setVisible(settings.compare is Compare.DIFFERENCE)
        shown = (tuple(views.inputs.items()), views.a, views.b if comparing else None)
        if shown != self._shown:
            self._shown = shown
            self._fill(views, comparing)

    def _fill(self, views: Views, comparing: bool) -> None:
        while (item := self.slots.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for slot, path in sorted(views.inputs.items()):
            button = _SlotButton(slot, path.rpartition("/")[2])
            button.setChecked(slot == views.a or (comparing and slot == views.b))
            button.chosen.connect(self.chosen)
            self.slots.addWidget(button)

    def slot_texts(self) -> list[str]:
        """What stands on the buttons of the inputs."""
        widgets = (self.slots.itemAt(i).widget() for i in range(self.slots.count()))
        return [w.text() for w in widgets if isinstance(w, QToolButton)]


class ViewBar(_Bar):
    """Layer, channels, exposure, gamma, display, zoom and the switches. edited : changed settings by name."""

    edited = Signal(object)
    zoom_picked = Signal(str)
    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._layers: Sequence[tuple[str, str]] = ()
        self._display: Display | None = None
        self.layer = Chooser(lambda: self._layers, "Layer (PgUp, PgDn)", 112)
        channels = [(channel.value, text) for channel, text in CHANNEL_TEXTS.items()]
        self.channel = Chooser(lambda: channels, "Channels (R G B A, Y luminance, M matte)", 96)
        self.exposure = ValueSlider(
            "f", 0.0, -6.0, 6.0, (-32.0, 32.0), "Exposure of the view, in stops; the picture itself stays", signed=True
        )
        gamma = "\N{GREEK SMALL LETTER GAMMA}"
        self.gamma = ValueSlider(gamma, 1.0, 0.2, 5.0, (0.01, 20.0), "Gamma of the view, after its transform", True, 70)
        self.view = Chooser(self._views, "Display and view", 168)
        zooms = [(FIT, "Fit (F)"), ("", ""), *((str(z), f"{100 * z:g} %") for z in ZOOMS)]
        self.zoom = Chooser(lambda: zooms, "Zoom", 76)
        sizes = [(str(n), "Full" if n == 1 else f"1/{n}") for n in DOWNREZ]
        self.downrez = Chooser(lambda: sizes, "Down-rez: size of what is computed", 64)
        self.layer.picked.connect(lambda key: self.edited.emit({"layer": "" if key == "." else key}))
        self.channel.picked.connect(lambda key: self.edited.emit({"channel": Channel(key)}))
        self.exposure.edited.connect(lambda value: self.edited.emit({"exposure": value}))
        self.gamma.edited.connect(lambda value: self.edited.emit({"gamma": value}))
        self.view.picked.connect(self._view_picked)
        self.downrez.picked.connect(lambda key: self.edited.emit({"downrez": int(key)}))
        self.zoom.picked.connect(self.zoom_picked)
        self.buttons: dict[str, QToolButton] = {}
        for widget in (self.layer, self.channel, self.exposure, self.gamma, self.view):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        for name, icon, tip in (
            ("overlays", "overlays", "Overlays: windows and handles (Q)"),
            ("zebra", "zebra", "Zebra: clipping, low confidence"),
            ("background", "checker", "Background behind what is transparent"),
            ("roi", "roi", "Region of interest (Shift+W; Alt+W draws it)"),
            ("proxy", "proxy", "Proxy: half size (Ctrl+P)"),
            ("pause", "pause", "Pause (P)"),
            ("refresh", "refresh", "Update (U)"),
        ):
            button = self._button(name, icon, tip)
            self.row.addWidget(button)
        self.row.addWidget(self.downrez)
        self.row.addWidget(self.zoom)

    def _button(self, name: str, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"viewer_{name}")
        button.setAutoRaise(True)
        button.setIcon(_switch_icon(icon))
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setCheckable(name != "refresh")
        button.clicked.connect(lambda _=False, name=name: self.pressed.emit(name))
        self.buttons[name] = button
        return button

    def show_state(self, settings: ViewerSettings, paused: bool) -> None:
        """Show the settings."""
        self.exposure.show_value(settings.exposure)
        self.gamma.show_value(settings.gamma)
        self.channel.show_choice(settings.channel.value, CHANNEL_TEXTS[settings.channel])
        mark(self.channel, "modified", settings.channel is not Channel.RGBA)
        self.downrez.show_choice(str(settings.downrez), "Full" if settings.downrez == 1 else f"1/{settings.downrez}")
        mark(self.downrez, "modified", settings.downrez != 1)
        on = {
            "overlays": settings.overlays, "zebra": settings.zebra is not Zebra.OFF, "proxy": settings.proxy,
            "background": settings.background is not Background.BLACK, "roi": settings.roi_on, "pause": paused,
        }  # fmt: skip
        for name, checked in on.items():
            self.buttons[name].setChecked(checked)
        self.buttons["zebra"].setToolTip(f"Zebra: {settings.zebra.value}")
        self.buttons["background"].setToolTip(f"Background behind what is transparent: {settings.background.value}")

    def show_layers(self, layers: Sequence[tuple[str, str]], key: str) -> None:
        """layers : key and text of all that can be chosen; `.` is the main one."""
        self._layers = layers
        self.layer.show_choice(key, dict(layers).get(key, key))

    def show_display(self, display: Display | None) -> None:
        self._display = display
        if display is not None:
            self.view.show_choice(f"{display.display}\n{display.view}", display.view)
            self.view.setToolTip(f"Display and view: {display.display}, {display.view}")

    def show_zoom(self, zoom: float) -> None:
        self.zoom.show_choice("", f"{100 * zoom:.0f} %")

    def _views(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for display, views in (self._display.views if self._display is not None else {}).items():
            if found:
                found.append(("", ""))
            found += [(f"{display}\n{view}", f"{display}: {view}") for view in views]
        return found

    def _view_picked(self, key: str) -> None:
        display, _, view = key.partition("\n")
        self.edited.emit({"display": display, "view": view})


def _switch_icon(name: str) -> QIcon:
    """Dim while off, in the accent while on."""
    icon = theme.icon(name, "text.dim")
    for side in (16, 24, 32, 64):
        icon.addPixmap(theme.pixmap(name, side, "accent"), QIcon.Mode.Normal, QIcon.State.On)
    return icon
