"""What viewers show, as saved in a script, and what they show of one that says nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rimlight.engine import Graph

from .paths import has_node

DEFAULT_VIEWER = "Viewer1"
SLOTS = range(1, 11)
"""Inputs of a viewer, by the keys 1 to 9 and 0."""

_VIEWER, _WRITE = "structure.viewer", "image.write"
_PASSIVE = ("structure.backdrop", "structure.sticky_note")


@dataclass(frozen=True)
class Views:
    """What a viewer shows: nodes by its inputs 1 to 10, the input on its A side, and the one on its B side if any."""

    inputs: Mapping[int, str] = field(default_factory=dict)
    a: int = 1
    b: int | None = None

    @property
    def node_a(self) -> str | None:
        return self.inputs.get(self.a)

    @property
    def node_b(self) -> str | None:
        return self.inputs.get(self.b) if self.b is not None else None


def views_to_data(
    views: Mapping[str, Views], looks: Mapping[str, Mapping[str, Any]] | None = None, opened: Iterable[str] = ()
) -> dict[str, Any]:
    """Plain data, by the name of the viewer. looks : see `looks_from_data`. opened : see `opened_from_data`."""
    looks = looks or {}
    found: dict[str, Any] = {}
    for viewer in dict.fromkeys((*views, *looks)):
        v = views.get(viewer, Views())
        inputs = {str(slot): path for slot, path in sorted(v.inputs.items())}
        found[viewer] = {"inputs": inputs, "a": v.a, "b": v.b}
        if looks.get(viewer):
            found[viewer]["look"] = dict(looks[viewer])
    for viewer in opened:
        if viewer != DEFAULT_VIEWER and viewer in found:
            found[viewer]["open"] = True
    return found


def opened_from_data(data: Any) -> list[str]:
    """The viewers besides the first that were open when the script was saved."""
    items = data.items() if isinstance(data, Mapping) else ()
    return [viewer for viewer, given in items if isinstance(given, Mapping) and given.get("open") is True]


def looks_from_data(data: Any) -> dict[str, Mapping[str, Any]]:
    """How viewers show it, plain data that they alone read, by the name of the viewer."""
    items = data.items() if isinstance(data, Mapping) else ()
    looks = {viewer: given.get("look") for viewer, given in items if isinstance(given, Mapping)}
    return {viewer: look for viewer, look in looks.items() if isinstance(look, Mapping)}


def views_from_data(data: Any, graph: Graph) -> dict[str, Views]:
    """Read plain data; whatever is not as it should be, or names no node, is left out."""
    found: dict[str, Views] = {}
    for viewer, given in data.items() if isinstance(data, Mapping) else ():
        if not isinstance(given, Mapping) or not isinstance(given.get("inputs"), Mapping):
            continue
        wired = given["inputs"]
        inputs = {s: path for s in SLOTS if isinstance(path := wired.get(str(s)), str) and has_node(graph, path)}
        a, b = (given.get(side) if given.get(side) in SLOTS else None for side in ("a", "b"))
        found[viewer] = Views(inputs, a or 1, b)
    return found


def default_views(graph: Graph) -> dict[str, Views]:
    """What a script shows at first: what its Viewer node looks at, else what it writes, else what its first end is."""
    for state in graph.values():
        if state.kind == _VIEWER and state.inputs:
            numbers = {socket: int(socket.removeprefix("image") or 1) for socket in state.inputs}
            inputs = {numbers[socket]: source for socket, source in state.inputs.items()}
            return {DEFAULT_VIEWER: Views(inputs, int(state.value("shown")))}
    used = {source for state in graph.values() for source in state.inputs.values()}
    ends = [name for name, state in graph.items() if name not in used and state.kind not in _PASSIVE]
    if not ends:
        return {}
    written = (name for name in ends if graph[name].kind == _WRITE)
    return {DEFAULT_VIEWER: Views({1: next(written, ends[0])})}
