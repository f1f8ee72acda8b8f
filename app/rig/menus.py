"""The menus of a rig: of a light, a flag or the empty dome, and of the keys of a number."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from ..paths import has_node
from ..properties.edits import Edits
from ..properties.known import link_offers
from ..properties.parameter import find
from ..properties.wedge import add_wedge
from ..properties.wedge_values import Varied
from .building import KINDS
from .keymenu import add_keys, place_names
from .lights import falls_on

if TYPE_CHECKING:
    from .panel import LightRigPanel


class Menus:
    """Those of one panel."""

    def __init__(self, panel: "LightRigPanel") -> None:
        self.panel = panel

    def of_light(self, path: str, place: QPoint) -> None:
        """That of a light or flag at a place of the screen; of the dome for an empty path."""
        if path:
            self.panel.choose(path)
        handle = self.panel.handle_of(path) if path else None
        menu = QMenu(self.panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if handle is not None:
            switches = [("enabled", "Takes Light" if handle.is_flag else "Shines", handle.enabled)]
            switches += [("solo", "Solo", handle.solo)] if not handle.is_flag else []
            for name, title, on in [*switches, ("disable", "Mute", handle.muted)]:
                action = menu.addAction(title, partial(self.panel.acting.set, path, {name: not on}))
                action.setCheckable(True)
                action.setChecked(on)
            menu.addSeparator()
            if has_node(self.panel.workspace.graph, path):
                keys = menu.addMenu("Keys of Its Place")
                add_keys(keys, self.panel.workspace, path, place_names(self.panel.workspace.graph.at(path)))
            menu.addAction("Properties", partial(self.panel.open_light, path))
            menu.addAction("Show in the Graph", partial(self.panel.workspace.reveal, self.panel.shown_node(path)))
            if not (handle.around or handle.is_flag):
                menu.addAction("Put a Flag before It", partial(self.panel.acting.add_flag, path))
            menu.addAction("Duplicate", self.panel.acting.duplicate)
            menu.addAction("Remove", self.panel.acting.remove)
            menu.addSeparator()
        adding = menu.addMenu("Add")
        for kind, title in KINDS.items():
            adding.addAction(title, partial(self.panel.acting.add, kind))
        menu.popup(place)

    def of_link(self, path: str, place: QPoint) -> None:
        """For what a light falls on."""
        if (handle := self.panel.handle_of(path)) is None:
            return
        menu = QMenu(self.panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        under: dict[str, QMenu] = {"": menu}
        others: QMenu | None = None
        if handle.link_further is not None:
            menu.addAction(f"A node further down says: on {falls_on(*handle.link_further)}").setEnabled(False)
            menu.addSeparator()
        offers = dict(link_offers(self.panel.workspace, self.panel.shown_node(path)))
        for channel, layer in (offers | {handle.link: offers.get(handle.link, "")}).items():
            if layer not in under:
                others = others or menu.addMenu("Other Channels")
                under[layer] = others.addMenu(layer)
            action = under[layer].addAction(channel or "Falls on Everything")
            action.triggered.connect(partial(self._link, path, {"link_channel": channel}))
            action.setCheckable(True)
            action.setChecked(channel == handle.link)
        menu.addSeparator()
        inverted = menu.addAction("On Everything but That")
        inverted.triggered.connect(partial(self._link, path, {"invert_link": not handle.inverted}))
        inverted.setCheckable(True)
        inverted.setChecked(handle.inverted)
        inverted.setEnabled(bool(handle.link))
        menu.popup(place)

    def _link(self, path: str, values: Mapping[str, Any], *_: object) -> None:
        self.panel.acting.set(path, values)

    def of_keys(self, name: str, path: str, place: QPoint) -> None:
        """For a parameter of a light: a wedge of it, and its keys."""
        menu = QMenu(self.panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if (parameter := find(self.panel.workspace.graph, f"{path}.{name}")) is not None:
            add_wedge(menu, Edits(self.panel.workspace), Varied(parameter), self.panel.window())
        add_keys(menu, self.panel.workspace, path, (name,))
        if menu.isEmpty():  # a light that no node makes has no keys
            menu.deleteLater()
        else:
            menu.popup(place)
