"""Where nodes stand: sizes of tiles, places of nodes that have none yet, room between them.

A node's `position` in its `ui` is the centre of its tile, x to the right and y down, so that a straight wire stays
straight whatever the tiles' sizes are.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rimlight.engine import POSITION, Graph, NodeState

from .layout import layered

Point = tuple[float, float]

WIDTH, HEIGHT = 120.0, 30.0
DOT = 12.0
"""Diameter of a dot."""
STEP_X, STEP_Y = 160.0, 80.0
"""Between the centres of neighbours."""
BESIDE = 240.0
"""Between the centres of a branch and what it stands beside: room for wires and the names of side inputs."""
GRID = 10.0
BACKDROP = (360.0, 240.0)
NOTE = (180.0, 80.0)
HEADER = 26.0
"""Height of a backdrop's heading, by which it is moved."""


def position(state: NodeState) -> Point | None:
    """Where a node stands, None when the script does not say, or says nonsense."""
    return _pair(state.ui.get(POSITION))


def area(state: NodeState) -> Point:
    """Width and height of a backdrop or note."""
    return _pair(state.ui.get("size")) or (BACKDROP if state.kind == "structure.backdrop" else NOTE)


def _pair(value: Any) -> Point | None:
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value):
        return float(value[0]), float(value[1])
    return None


def places(graph: Graph, known: Mapping[str, Point] | None = None) -> dict[str, Point]:
    """Where every node of a level stands. Those without a place are laid out beside the others, the same every time.

    known : places that were found before, for nodes without one.
    """
    found = {name: at for name, state in graph.items() if (at := position(state)) is not None}
    homeless = [name for name in graph if name not in found]
    if not homeless:
        return found
    known = known or {}
    found |= {name: known[name] for name in homeless if name in known}
    homeless = [name for name in homeless if name not in found]
    made = layered(graph, homeless, (STEP_X, STEP_Y))
    right = max((x for x, _ in found.values()), default=-2 * STEP_X) + 2 * STEP_X
    left = min((x for x, _ in made.values()), default=0.0)
    top = min((y for _, y in found.values()), default=0.0)
    return found | {name: (x - left + right, y + top) for name, (x, y) in made.items()}


def moved(graph: Graph, to: Mapping[str, Point]) -> Graph:
    """With nodes at other places, whole units, all in one new graph."""
    nodes = dict(graph)
    for name, (x, y) in to.items():
        state = nodes[name]
        nodes[name] = state.with_(ui={**state.ui, POSITION: [_short(x), _short(y)]})
    return Graph(nodes)


def homed(graph: Graph, known: Mapping[str, Point] | None = None) -> Graph:
    """With a place for every node, that at which it is shown. Who gives places to nodes does so to all, else the others
    would be laid out anew beside them.

    known : where nodes without a place are shown.
    """
    shown = places(graph, known)
    homeless = {name: shown[name] for name, state in graph.items() if position(state) is None}
    return moved(graph, homeless) if homeless else graph


def _short(value: float) -> float:
    """A coordinate as it is saved: whole, where that is exact enough to keep wires straight."""
    return int(value) if value == int(value) else round(value, 1)


def room_below(graph: Graph, at: Mapping[str, Point], name: str, place: Point) -> dict[str, Point]:
    """Places for what is fed by `name`, directly or not, once `name` stands at `place`: far enough below it."""
    below = downstream(graph, [name]) - {name}
    near = {n: at[n] for n in below if n in at and at[n][1] >= place[1] - STEP_Y}
    push = place[1] + STEP_Y - min((y for _, y in near.values()), default=place[1] + STEP_Y)
    return {n: (x, y + push) for n, (x, y) in near.items()} if push > 0 else {}


def downstream(graph: Graph, names: Iterable[str]) -> set[str]:
    """The named nodes and all that depend on them by wires."""
    fed: dict[str, list[str]] = {}
    for name, state in graph.items():
        for source in state.inputs.values():
            fed.setdefault(source, []).append(name)
    found: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(fed.get(name, ()))
    return found


def free_place(at: Mapping[str, Point], wanted: Point) -> Point:
    """A place at `wanted` or beside it, to the right, with room around it."""
    x, y = wanted
    step = STEP_X - 1.0  # what stands a step away is not near, though its place was rounded as it was saved
    while near := [px for px, py in at.values() if abs(px - x) < step and abs(py - y) < 2 * HEIGHT]:
        x = max(near) + BESIDE
    return x, y


def snapped(at: Point) -> Point:
    """The nearest point of the grid."""
    return round(at[0] / GRID) * GRID, round(at[1] / GRID) * GRID
