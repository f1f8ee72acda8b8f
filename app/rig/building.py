"""Lights added, copied and taken out, and rigs to begin with: edits of a graph, each returning a new one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rimlight.engine import MAIN, Graph, ImageInfo, Node, Rig, add, delete, registry

from ..graph.placing import (
    BESIDE,
    HEIGHT,
    STEP_X,
    STEP_Y,
    Point,
    downstream,
    free_place,
    homed,
    moved,
    places,
    room_below,
)
from ..paths import inside, path_at
from .kinds import FLAG_KIND, RIG_SOCKET, is_light, name_parameter
from .lights import Handle

RELIGHT, GATE = "light.relight", "light.rig"
NEEDED = ("normal", "albedo")
"""Layers that a picture without red, green and blue needs to be lit; of others they are estimated."""


@dataclass(frozen=True)
class Preset:
    """Lights to begin with: kinds with their parameters, in the order of the rig. Nodes are named like lights."""

    title: str
    lights: tuple[tuple[str, Mapping[str, Any]], ...]


THREE_POINT = Preset(
    "Key, Fill and Rim",
    (
        ("light.directional", {"light_name": "key", "azimuth": 40.0, "elevation": 35.0, "angle": 4.0}),
        ("light.directional", {"light_name": "fill", "azimuth": -50.0, "elevation": 5.0, "angle": 40.0,
                               "exposure": -2.0, "specular": 0.5}),
        ("light.directional", {"light_name": "rim", "azimuth": -150.0, "elevation": 30.0, "angle": 8.0,
                               "exposure": 0.5}),
    ),
)  # fmt: skip
SKY = Preset("Environment", (("light.environment", {"light_name": "environment"}),))
BOTH = Preset("Key, Fill, Rim and Environment", (
    ("light.environment", {"light_name": "environment", "exposure": -3.0}), *THREE_POINT.lights,
))  # fmt: skip

KINDS = {
    "light.directional": "Directional",
    "light.point": "Point",
    "light.spot": "Spot",
    "light.area": "Area",
    "light.environment": "Environment",
    FLAG_KIND: "Flag",
}
"""What can be added, with its name for menus."""


def with_light(graph: Graph, rig: str, kind: str, values: Mapping[str, Any]) -> tuple[Graph, str]:
    """With a light at the end of a rig, in the place of its wires to all that it fed; alone where `rig` is empty.

    Returns the path of the new node.
    """
    level_path, _, source = rig.rpartition("/")
    level = inside(graph, level_path)
    level, name = _appended(level, source, kind, values)
    return graph.replace_inside(level_path, level), path_at(level_path, name)


def _appended(
    level: Graph, source: str, kind: str, values: Mapping[str, Any], name: str | None = None
) -> tuple[Graph, str]:
    level = homed(level)
    at = places(level)
    fed = level.consumers(source) if source else []
    level, name = add(level, kind, name=name, sources=(source,) if source else (), values=values)
    for consumer, socket in fed:
        level = level.connect(consumer, socket, name)
    if source:
        x, y = at[source]
        pushed = downstream(level, [name])
        place = free_place({other: spot for other, spot in at.items() if other not in pushed}, (x, y + STEP_Y))
        level = moved(level, {name: place, **room_below(level, at, name, place)})
    else:
        right = max((x for x, _ in at.values()), default=0.0)
        top = min((y for _, y in at.values()), default=0.0)
        level = moved(level, {name: free_place(at, (right + 200.0 if at else 0.0, top))})
    return level, name


def without_light(graph: Graph, path: str) -> Graph:
    """Without a light; the rig goes on past it."""
    level_path, _, name = path.rpartition("/")
    return graph.replace_inside(level_path, delete(inside(graph, level_path), [name]))


def with_copy(graph: Graph, handle: Handle, names: Collection[str]) -> tuple[Graph, str]:
    """With a copy of a light or flag right behind it, under another name. Returns its path."""
    level_path, _, name = handle.path.rpartition("/")
    level = inside(graph, level_path)
    state = level[name]
    level, made = _appended(level, name, state.kind, {})
    copied = level[made].with_(values={**state.values, name_parameter(state.kind): unused(handle.name, names)})
    for socket, source in state.inputs.items():
        if socket != RIG_SOCKET:
            copied = copied.with_(inputs={**copied.inputs, socket: source})
    level = level.put(made, copied)
    return graph.replace_inside(level_path, level), path_at(level_path, made)


def with_override(graph: Graph, rig: str, kind: str, values: Mapping[str, Any]) -> tuple[Graph, str]:
    """With a light or flag in the place of the one of its name at the end of a rig. Returns the path of the new node.

    What is there is taken out by a Rig node; where the rig ends in lights that were put there in this way, by the one
    before them.
    """
    level_path, _, end = rig.rpartition("/")
    level, name = inside(graph, level_path), values[name_parameter(kind)]
    gate = end
    while (is_light(level[gate]) or level[gate].kind == FLAG_KIND) and level[gate].inputs.get(RIG_SOCKET) in level:
        gate = level[gate].inputs[RIG_SOCKET]
    dropped = level[gate].values.get("drop") if level[gate].kind == GATE else None
    if isinstance(dropped, str) and dropped and gate != end:
        level = level.set_value(gate, "drop", f"{dropped} {name}")
    else:
        level, end = _appended(level, end, GATE, {"drop": name})
    level, made = _appended(level, end, kind, values)
    return graph.replace_inside(level_path, level), path_at(level_path, made)


def unused(stem: str, names: Collection[str]) -> str:
    """A name for a light that no other has: `key2` after `key`."""
    stem = stem.rstrip("0123456789") or "light"
    number = 2
    while f"{stem}{number}" in names:
        number += 1
    return stem if stem not in names else f"{stem}{number}"


def light_names(graph: Graph) -> set[str]:
    """The names of all lights of a script."""
    found = set()
    for _, state in graph.walk():
        if is_light(state):
            given = state.value("light_name")
            found.add(given if isinstance(given, str) and given else state.kind.rpartition(".")[2])
    return found


def free_name(graph: Graph, cls: type[Node]) -> dict[str, str]:
    """A name for a new node of a kind, as its parameter: of a light whose own one is taken; else none."""
    own, taken = cls.kind.rpartition(".")[2], light_names(graph)
    named = cls.result is Rig and any(spec.name == "light_name" for spec in cls.specs)
    return {"light_name": unused(own, taken)} if named and own in taken else {}


def flag_names(graph: Graph) -> set[str]:
    """The names of all flags of a script, as far as no expression makes them."""
    return {str(state.value("flag_name")) for _, state in graph.walk() if state.kind == FLAG_KIND}


def waiting(graph: Graph) -> str:
    """The path of a node that wants a rig and has none; empty where there is none."""
    for path, state in graph.walk():
        if state.kind == RELIGHT and RIG_SOCKET not in state.inputs:
            return path
    return ""


def can_be_lit(info: ImageInfo | None) -> bool:
    """Whether a picture has what Relight needs."""
    if info is None:
        return False
    seen = info.has(MAIN) and info.layer(MAIN).rgb is not None
    return seen or all(info.has(name) for name in NEEDED)


def with_rig(graph: Graph, preset: Preset, level_path: str, picture: str, info: ImageInfo | None) -> tuple[Graph, str]:
    """With a rig of a preset, wired to the Relight that waits for one, else to a new one on `picture` if it can be lit.

    picture : a path at that level, or empty. Returns the path of what shows the result: the Relight, else the rig.
    """
    relight = waiting(graph)
    level_path = relight.rpartition("/")[0] if relight else level_path
    level = homed(inside(graph, level_path))
    lit = relight.rpartition("/")[2]
    if not lit and can_be_lit(info) and picture.rpartition("/")[0] == level_path:
        level, lit = _relit(level, picture.rpartition("/")[2])
    beside, name, made = places(level), "", []
    for kind, values in preset.lights:
        own = str(values["light_name"]).capitalize()
        level, name = _appended(level, name, kind, values, own if own not in level else level.unused_name(own))
        made.append(name)
    if lit:
        x, y = _foot_of_column(beside, beside[lit], len(made))
        column = {light: (x, y - i * STEP_Y) for i, light in enumerate(reversed(made))}
        level = moved(level.connect(lit, RIG_SOCKET, name), column)
    shown = lit or name
    return graph.replace_inside(level_path, level), path_at(level_path, shown)


def _foot_of_column(at: Mapping[str, Point], beside: Point, count: int) -> Point:
    """Where the last of some nodes below each other goes whose wire leads to the side of one: near it, where nothing
    stands, so that the wire crosses no other branch.
    """
    x, foot = beside[0], beside[1] - STEP_Y
    top = foot - (count - 1) * STEP_Y
    there = [px for px, py in at.values() if top - 2 * HEIGHT < py < foot + STEP_Y + 2 * HEIGHT]
    columns = (x + side * step * BESIDE for step in range(1, len(at) + 2) for side in (1, -1))
    return next(c for c in columns if all(abs(px - c) >= STEP_X - 1 for px in there)), foot


def _relit(level: Graph, picture: str) -> tuple[Graph, str]:
    """With a Relight below a picture."""
    at = places(level)
    level, name = add(level, RELIGHT, sources=(picture,))
    x, y = at[picture]
    return moved(level, {name: free_place(at, (x, y + STEP_Y))}), name


def has_parameter(kind: str, name: str) -> bool:
    """Whether nodes of a kind have a parameter."""
    cls = registry.get(kind)
    return cls is not None and any(spec.name == name for spec in cls.specs)
