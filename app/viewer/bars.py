"""The bars above the viewport: which nodes are seen and compared, and how."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QMouseEvent
from PySide6.QtWidgets import QToolButton

from .. import theme
from ..bar import Bar
from ..viewing import SLOTS, Views
from ..widgets import titled
from .fields import Chooser, RangeFields, ValueSlider, mark
from .frame import Display
from .settings import DOWNREZ, Background, Channel, Compare, ViewerSettings, Zebra
from .snapshot import SNAPSHOT

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
FALSE_COLOR_TIP = "False colour: the light of the picture in stops from middle grey, whatever the exposure of the view"


class _SlotButton(QToolButton):
    """An input of the viewer: a click shows it, with Shift it is compared with."""

    chosen = Signal(int, str)

    def __init__(self, slot: int) -> None:
        super().__init__()
        self._slot = slot
        self._name = ""
        self._keys: tuple[QAction, ...] = ()
        self.setAutoRaise(True)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_name(self, name: str) -> None:
        key = self._slot % 10
        self.setText(f"{key} {name}".replace("&", "&&"))
        self._name = name
        self._show_tip()

    def follow_keys(self, show: QAction, compare: QAction) -> None:
        """Tell in the tip which keys do what clicks do."""
        self._keys = (show, compare)
        for action in self._keys:
            action.changed.connect(self._show_tip)

    def _show_tip(self) -> None:
        keys = [action.shortcut().toString() for action in self._keys] or ["", ""]
        show, compare = (f"{key} or " if key else "" for key in keys)
        self.setToolTip(f"{self._name}\n{show}click: show; {compare}Shift+click: compare as B")

    def nextCheckState(self) -> None:
        """A click changes nothing by itself: what the viewer shows is marked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self.rect().contains(event.position().toPoint()):
            shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.chosen.emit(self._slot, "b" if shifted else "a")
        super().mouseReleaseEvent(event)


class InputBar(Bar):
    """Side A, how it is compared, side B, and the inputs. chosen : an input and `a` or `b`; slot 0 for no B."""

    chosen = Signal(int, str)
    edited = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._views = Views()
        self._snapshot = ""
        self.a = Chooser(lambda: self._choices(False), "Side A", 150)
        self.b = Chooser(lambda: self._choices(True), "Side B", 150)
        ways = [(way.value, way.value.capitalize()) for way in Compare]
        self.compare = Chooser(lambda: ways, "Compare A and B", 124)
        self.mix = ValueSlider("mix", 1.0, 0.0, 1.0, (0.0, 1.0), "How much of B is seen", width=60)
        self.gain = ValueSlider("gain", 1.0, 0.25, 256.0, (0.0, 1e6), "Factor on the difference", True, width=60)
        self.a.picked.connect(lambda key: self.chosen.emit(int(key), "a"))
        self.b.picked.connect(lambda key: self.chosen.emit(int(key), "b"))
        self.compare.picked.connect(lambda key: self.edited.emit({"compare": Compare(key)}))
        self.mix.left.connect(self.left)
        self.gain.left.connect(self.left)
        self.mix.edited.connect(lambda value: self.edited.emit({"mix": value}))
        self.gain.edited.connect(lambda value: self.edited.emit({"gain": value}))
        for text, widget, worth in (("A", self.a, 40), ("", self.compare, 30), ("B", self.b, 29)):
            self.put(titled(text, widget, "") if text else widget, worth)
        self.put(self.mix, 25)
        self.put(self.gain, 25)
        self.slots = {slot: _SlotButton(slot) for slot in SLOTS}
        for slot, button in self.slots.items():
            button.chosen.connect(self.chosen)
            self.put(button, 20 - slot)
            self.want(button, False)
        self.row.addStretch(1)

    def _choices(self, nothing: bool) -> list[tuple[str, str]]:
        found = [(str(slot), self._text(slot)) for slot in SLOTS if slot in self._views.inputs]
        held = [(str(SNAPSHOT), self._snapshot)] if self._snapshot else []
        return [("0", "none"), *found, *held] if nothing else found

    def _text(self, slot: int | None) -> str:
        path = self._views.inputs.get(slot) if slot is not None else None
        return f"{(slot or 0) % 10} {path.rpartition('/')[2]}" if path else "none"

    def show_state(self, views: Views, settings: ViewerSettings, snapshot: str = "", held: bool = False) -> None:
        """Show what the viewer shows. snapshot : its title, empty without one; held : whether it is side B."""
        self._views, self._snapshot = views, snapshot
        self.a.show_choice(str(views.a), self._text(views.a))
        comparing = settings.compare is not Compare.OFF
        if held:
            self.b.show_choice(str(SNAPSHOT), snapshot)
        else:
            self.b.show_choice(str(views.b if views.b is not None else 0), self._text(views.b))
        self.compare.show_choice(settings.compare.value, settings.compare.value.capitalize())
        mark(self.compare, "active", comparing)
        self.mix.show_value(settings.mix)
        self.gain.show_value(settings.gain)
        self.want(self.mix, settings.compare in (Compare.WIPE, Compare.ONION))
        self.want(self.gain, settings.compare is Compare.DIFFERENCE)
        for slot, button in self.slots.items():
            path = views.inputs.get(slot)
            button.show_name((path or "").rpartition("/")[2])
            button.setChecked(path is not None and (slot == views.a or (comparing and slot == views.b and not held)))
            self.want(button, path is not None)
        self.arrange()


class ViewBar(Bar):
    """Layer, channels, exposure, gamma, display, zoom and the switches. edited : changed settings by name."""

    edited = Signal(object)
    pressed = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._layers: Sequence[tuple[str, str]] = ()
        self._display: Display | None = None
        self.layer = Chooser(lambda: self._layers, "Layer", 112)
        channels = [(channel.value, text) for channel, text in CHANNEL_TEXTS.items()]
        self.channel = Chooser(lambda: channels, "Channels", 96)
        self.exposure = ValueSlider(
            "f", 0.0, -6.0, 6.0, (-32.0, 32.0), "Exposure of the view, in stops; the picture itself stays", signed=True
        )
        gamma = "\N{GREEK SMALL LETTER GAMMA}"
        self.gamma = ValueSlider(gamma, 1.0, 0.2, 5.0, (0.01, 20.0), "Gamma of the view, after its transform", True, 70)
        self.threshold = ValueSlider(
            "below", 0.5, 0.0, 1.0, (0.0, 1.0), "The zebra stripes where the confidence is lower", width=60
        )
        self.threshold.edited.connect(lambda value: self.edited.emit({"threshold": value}))
        self.range = RangeFields()
        self.range.edited.connect(lambda low, high: self.edited.emit({"low": low, "high": high}))
        self.view = Chooser(self._views, "Display and view", 168)
        zooms = [(FIT, "Fit"), ("", ""), *((str(z), f"{100 * z:g} %") for z in ZOOMS)]
        self.zoom = Chooser(lambda: zooms, "Zoom", 76)
        sizes = [(str(n), "Full" if n == 1 else f"1/{n}") for n in DOWNREZ]
        self.downrez = Chooser(lambda: sizes, "Down-rez: size of what is computed", 64)
        self.layer.picked.connect(lambda key: self.edited.emit({"layer": "" if key == "." else key}))
        self.channel.picked.connect(lambda key: self.edited.emit({"channel": Channel(key)}))
        self.exposure.edited.connect(lambda value: self.edited.emit({"exposure": value}))
        self.gamma.edited.connect(lambda value: self.edited.emit({"gamma": value}))
        self.view.picked.connect(self._view_picked)
        self.downrez.picked.connect(lambda key: self.edited.emit({"downrez": int(key)}))
        for field in (self.exposure, self.gamma, self.threshold, self.range):
            field.left.connect(self.left)
        self.buttons: dict[str, QToolButton] = {}
        for widget, worth in (
            (self.layer, 90), (self.range, 55), (self.channel, 88), (self.exposure, 80), (self.gamma, 78),
            (self.view, 60), (self.threshold, 54),
        ):  # fmt: skip
            self.put(widget, worth)
        self.want(self.threshold, False)
        self.want(self.range, False)
        self.row.addStretch(1)
        for name, icon, tip in (
            ("overlays", "overlays", "Overlays: windows and handles"),
            ("zebra", "zebra", "Zebra: clipping, low confidence, implausible albedo"),
            ("false_color", "false-color", FALSE_COLOR_TIP),
            ("background", "checker", "Background behind what is transparent"),
            ("roi", "roi", "Region of interest"),
            ("proxy", "proxy", "Proxy: half size"),
            ("pause", "pause", "Pause"),
            ("refresh", "refresh", "Update"),
        ):
            button = self._button(name, icon, tip)
            self.put(button, 50)
        self.put(self.downrez, 49)
        self.put(self.zoom, 70)
        self.fold()

    def _button(self, name: str, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"viewer_{name}")
        button.setAutoRaise(True)
        button.setIcon(_switch_icon(icon))
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(":")[0])
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
        mark(self.channel, "active", settings.channel is not Channel.RGBA)
        self.downrez.show_choice(str(settings.downrez), "Full" if settings.downrez == 1 else f"1/{settings.downrez}")
        mark(self.downrez, "active", settings.downrez != 1)
        self.threshold.show_value(settings.threshold)
        self.want(self.threshold, settings.zebra is Zebra.CONFIDENCE)
        on = {
            "overlays": settings.overlays, "zebra": settings.zebra is not Zebra.OFF, "proxy": settings.proxy,
            "background": settings.background is not Background.BLACK, "roi": settings.roi_on, "pause": paused,
            "false_color": settings.false_color,
        }  # fmt: skip
        for name, checked in on.items():
            self.buttons[name].setChecked(checked)
        self.buttons["zebra"].setToolTip(f"Zebra: {settings.zebra.value}")
        self.buttons["background"].setToolTip(f"Background behind what is transparent: {settings.background.value}")

    def show_layers(self, layers: Sequence[tuple[str, str]], key: str) -> None:
        """layers : key and text of all that can be chosen; `.` is the main one."""
        self._layers = layers
        self.layer.show_choice(key, dict(layers).get(key, key))

    def show_range(self, extent: tuple[float, float] | None, fixed: bool) -> None:
        """The range of values that is shown of the layer; None for layers that have none."""
        self.want(self.range, extent is not None)
        if extent is not None:
            self.range.show_range(extent, fixed)

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
