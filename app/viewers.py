"""What the viewers of a script show and how, by their names. Saved in the script, but no part of its history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from rimlight.engine import Graph, Region

from .paths import has_node
from .viewing import (
    DEFAULT_VIEWER,
    Views,
    default_views,
    looks_from_data,
    opened_from_data,
    views_from_data,
    views_to_data,
)


class Viewers(QObject):
    """The viewers of the script under work.

    views_changed : the name of the viewer that shows other nodes. viewer_activated : of the one that is used now.
    looks_changed : of one whose `look` or `area` is another.
    """

    views_changed = Signal(str)
    viewer_activated = Signal(str)
    looks_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.active_viewer = DEFAULT_VIEWER
        """The open viewer that was used last, which keys in other panels act on and scopes look at. See `activate`."""
        self._views: dict[str, Views] = {}
        self._looks: dict[str, Mapping[str, Any]] = {}
        self._areas: dict[str, Region | None] = {}
        self._open_viewers: dict[str, None] = {}
        self._instead: dict[tuple[str, int], tuple[str, str]] = {}
        """By viewer and input: a node that is gone, and the one that is shown in its place."""

    @property
    def viewers(self) -> tuple[str, ...]:
        """The names of the viewers that show something or did."""
        return tuple(self._views)

    def views(self, viewer: str = DEFAULT_VIEWER) -> Views:
        """What a viewer shows."""
        return self._views.get(viewer, Views())

    def set_views(self, views: Views, viewer: str = DEFAULT_VIEWER) -> None:
        """Let a viewer show something else. Saved in the script, but no step of its history."""
        if views != self.views(viewer):
            self._views[viewer] = views
            self.views_changed.emit(viewer)

    def view(self, node: str | None, slot: int, side: Literal["a", "b"] = "a", viewer: str = "") -> None:
        """What the keys 1 to 0 do: wire `node`, a path, to an input 1 to 10 and show that input on a side.

        Without a node, or where it is wired already, only the input is shown; on side B a second time hides B.
        viewer : default the one that was used last.
        """
        viewer = viewer or self.active_viewer
        views = self.views(viewer)
        wired = node is None or views.inputs.get(slot) == node
        inputs: Mapping[int, str] = views.inputs if wired or node is None else {**views.inputs, slot: node}
        if side == "a":
            self.set_views(replace(views, inputs=inputs, a=slot), viewer)
        else:
            shown = None if wired and views.b == slot else slot
            self.set_views(replace(views, inputs=inputs, b=shown), viewer)

    @property
    def open_viewers(self) -> tuple[str, ...]:
        """The viewers whose panels are open, or are to be since a script was opened. Saved in the script."""
        return tuple(self._open_viewers)

    def set_viewer_open(self, viewer: str, opened: bool) -> None:
        """A viewer's panel is opened or closed."""
        if opened:
            self._open_viewers[viewer] = None
        else:
            self._open_viewers.pop(viewer, None)
            if viewer == self.active_viewer:
                self.activate(next(iter(self._open_viewers), DEFAULT_VIEWER))

    def activate(self, viewer: str) -> None:
        """A viewer is used now."""
        if viewer != self.active_viewer:
            self.active_viewer = viewer
            self.viewer_activated.emit(viewer)

    def look(self, viewer: str = DEFAULT_VIEWER) -> Mapping[str, Any]:
        """How a viewer shows it, plain data of its own, saved in the script."""
        return self._looks.get(viewer, {})

    def set_look(self, look: Mapping[str, Any], viewer: str = DEFAULT_VIEWER) -> None:
        """Remember how a viewer shows it. No step of the history."""
        if dict(look) != self._looks.get(viewer):
            self._looks[viewer] = dict(look)
            self.looks_changed.emit(viewer)

    def area(self, viewer: str = DEFAULT_VIEWER) -> Region | None:
        """The part of the picture, at scale 1, that was marked in a viewer to be measured."""
        return self._areas.get(viewer)

    def set_area(self, area: Region | None, viewer: str = DEFAULT_VIEWER) -> None:
        """A viewer says which part is marked."""
        if area != self._areas.get(viewer):
            self._areas[viewer] = area
            self.looks_changed.emit(viewer)

    # -- with the script ------------------------------------------------------------------------------------------

    def viewers_to_data(self) -> dict[str, Any]:
        """What the script keeps of all viewers, plain data."""
        return views_to_data(self._views, self._looks, self._open_viewers)

    def viewers_from_data(self, data: Any, graph: Graph) -> tuple[str, ...]:
        """Take over what a script keeps, or what it shows at first where it keeps nothing. Emits nothing.

        Returns the viewers that show something or did, to be told of.
        """
        before = self._views
        self._instead = {}
        self._looks = looks_from_data(data)
        self._views = views_from_data(data, graph) or default_views(graph)
        self._open_viewers = dict.fromkeys(opened_from_data(data))
        return tuple(before | self._views)

    def follow_nodes(self, old: Graph, new: Graph, renamed: Mapping[str, str]) -> list[str]:
        """Nodes have other paths now, or are gone: then what came into them is shown in their place, until an undo
        brings them back. Emits nothing; returns the viewers that show something else, to be told of.
        """
        told: list[str] = []
        for viewer, views in self._views.items():
            inputs = {
                slot: self._follow((viewer, slot), path, old, new, renamed) for slot, path in views.inputs.items()
            }
            if inputs != views.inputs:
                self._views[viewer] = replace(views, inputs=inputs)
                told.append(viewer)
        return told

    def _follow(self, place: tuple[str, int], path: str, old: Graph, new: Graph, renamed: Mapping[str, str]) -> str:
        """What an input shows that showed the node at `path` of `old`."""
        gone, instead = self._instead.pop(place, ("", ""))
        if gone and instead == path:
            if has_node(new, gone):
                return gone
            self._instead[place] = gone, renamed.get(path, path)
        now = renamed.get(path, path)
        if has_node(new, now):
            return now
        above: str | None = path
        while above is not None and not has_node(new, renamed.get(above, above)):
            above = _into(old, above)
        if above is None:
            return now
        shown = renamed.get(above, above)
        self._instead[place] = gone if gone and instead == path else path, shown
        return shown


def _into(graph: Graph, path: str) -> str | None:
    """The node whose result comes into a node: by its main input, else by the first that is wired."""
    level = path.rpartition("/")[0]
    if not has_node(graph, path):
        return None
    state = graph.at(path)
    wired = [
        s for port in (state.cls.ports if state.cls is not None else ()) for s in port.sockets(tuple(state.inputs))
    ]
    source = next((state.inputs[s] for s in (*wired, *state.inputs)), None)
    return source if source is None or not level else f"{level}/{source}"
