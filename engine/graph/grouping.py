"""Making groups, dissolving them, and showing inner parameters outside.

Every function works on the whole graph, by path, so that links in expressions follow at every level.
"""

import keyword
from collections.abc import Iterable
from typing import Any

from ..errors import GraphError, listing
from ..kinds import registry
from .clones import alike
from .edits import POSITION
from .graph import NAME, FreeNames, Graph, NodeState, check_new_name, parameter_spec
from .groups import GROUP, INPUT, OUTPUT, group_output
from .links import find_link, follow, map_links, write_link


def group(graph: Graph, names: Iterable[str], *, inside: str = "", name: str | None = None) -> tuple[Graph, str]:
    """With some nodes of the level `inside` put into a new group there; returns the group's path too. In clones of that
    level they are put into one, too.

    Each outside node that feeds them gets an Input node, the one that feeds the outside an Output node. Raises
    GraphError when more than one of them feeds the outside, or when a wire would leave the group and come back.
    """
    title = name or graph.inside(inside).unused_name("Group")
    wanted = set(names)
    for each in alike(graph, inside):
        graph = _grouped(graph, wanted, each, title)
    return graph, f"{inside}/{title}" if inside else title


def _grouped(graph: Graph, names: set[str], inside: str, title: str) -> Graph:
    level = graph.inside(inside)
    chosen = _chosen(level, names)
    if title in level and title not in chosen:
        raise GraphError(f"the name '{title}' is taken")
    check_new_name(title)
    source = _leaving(level, chosen)
    feeding = list(dict.fromkeys(s for n in chosen for s in level[n].inputs.values() if s not in chosen))
    inner, doors = _inner(level, chosen, feeding, source)
    nodes: dict[str, NodeState] = {}
    for other, state in level.items():
        if other == chosen[-1]:
            nodes[title] = NodeState(GROUP, _version(GROUP), ui=_middle(level, chosen), graph=inner)
        elif other not in chosen:
            inputs = {k: title if v in chosen else v for k, v in state.inputs.items()}
            nodes[other] = state.with_(inputs=inputs) if inputs != state.inputs else state
    outer = Graph(nodes)
    for feeder in feeding:
        if title in outer.upstream([feeder]):
            raise GraphError(f"these nodes cannot be grouped without {feeder}, which lies between them")
        outer = outer.connect(title, doors[feeder], feeder)
    front = f"{inside}/" if inside else ""
    after = graph.replace_inside(inside, outer)
    after = _promote_through(after, inside, title, chosen)
    moved = {front + n: f"{front}{title}/{n}" for n in chosen}
    return follow(graph, after, moved)


def _chosen(level: Graph, wanted: set[str]) -> list[str]:
    for name in wanted:
        if level.node(name).kind in (INPUT, OUTPUT):
            raise GraphError(f"{name} is a door of the group around it, so it cannot be put into another group")
    if not wanted:
        raise GraphError("a group needs at least one node")
    return [name for name in level if name in wanted]


def _leaving(level: Graph, chosen: list[str]) -> str:
    """The one of the chosen nodes that the rest of the graph sees."""
    inside = set(chosen)
    used = {source: False for n in chosen for source in level[n].inputs.values()}
    used |= {source: True for n, state in level.items() if n not in inside for source in state.inputs.values()}
    leaving = [n for n in chosen if used.get(n)]
    if len(leaving) > 1:
        raise GraphError(f"a group has one output, but {listing(leaving)} all feed nodes outside the selection")
    # In a damaged script all of them may feed each other.
    return (leaving or [n for n in chosen if n not in used] or chosen)[-1]


def _inner(level: Graph, chosen: list[str], feeding: list[str], source: str) -> tuple[Graph, dict[str, str]]:
    """The inside of a group, and its Input nodes by the nodes that feed them."""
    inner = Graph({n: level[n] for n in chosen})
    doors: dict[str, str] = {}
    for number, feeder in enumerate(feeding, 1):
        doors[feeder] = inner.unused_name("Input")
        values = {"number": number} if number > 1 else {}
        inner = inner.put(doors[feeder], NodeState(INPUT, _version(INPUT), values, ui=_place(level[feeder])))
    for n in chosen:
        inputs = {socket: doors.get(s, s) for socket, s in level[n].inputs.items()}
        if inputs != level[n].inputs:
            inner = inner.put(n, level[n].with_(inputs=inputs))
    output = NodeState(OUTPUT, _version(OUTPUT), inputs={"image": source}, ui=_place(level[source], 100))
    return inner.put(inner.unused_name("Output"), output), doors


def _promote_through(graph: Graph, inside: str, title: str, chosen: list[str]) -> Graph:
    """Parameters of grouped nodes that the enclosing group shows are shown through the new group."""
    if not inside:
        return graph
    for shown, target in graph.at(inside).promoted.items():
        if target.partition(".")[0] in chosen:
            graph, name = promote(graph, f"{inside}/{title}", target)
            graph = _with_promoted(graph, inside, {shown: f"{title}.{name}"})
    return graph


def _with_promoted(graph: Graph, path: str, changes: dict[str, str]) -> Graph:
    state = graph.at(path)
    return _put(graph, path, state.with_(promoted={**state.promoted, **changes}))


def ungroup(graph: Graph, path: str) -> tuple[Graph, dict[str, str]]:
    """With a group dissolved into the level it stands in; returns the new names of its nodes by old ones. In clones of
    that level it is dissolved, too.

    Promoted values move to the inner parameters. Its Input and Output nodes disappear.
    """
    inside, _, name = path.rpartition("/")
    names: dict[str, str] = {}
    for each in alike(graph, inside):
        graph, names = _dissolved(graph, f"{each}/{name}" if each else name)
    return graph, names


def _dissolved(graph: Graph, path: str) -> tuple[Graph, dict[str, str]]:
    shown = dict(_group(graph, path).promoted)
    before = graph
    for parameter in shown:
        before = _demoted(before, path, parameter)
    inside, _, name = path.rpartition("/")
    front = f"{inside}/" if inside else ""
    level, state = before.inside(inside), _group(before, path)
    inner = state.graph
    assert inner is not None
    names = _spilled(level, name, inner)

    def outside(source: str | None) -> str | None:
        """What an inner wire starts at, seen from outside."""
        return names.get(source, state.inputs.get(source)) if source is not None else None

    output = group_output(state)
    result = outside(inner[output].inputs.get("image")) if output else None
    nodes: dict[str, NodeState] = {}
    for other, node in level.items():
        if other == name:
            for old, new in names.items():
                nodes[new] = inner[old].with_(inputs=_wires((k, outside(v)) for k, v in inner[old].inputs.items()))
        elif name in node.inputs.values():
            nodes[other] = node.with_(inputs=_wires((k, result if v == name else v) for k, v in node.inputs.items()))
        else:
            nodes[other] = node
    after = before.replace_inside(inside, Graph(nodes))
    after = _promote_past(after, inside, name, {shown_as: _renamed(t, names) for shown_as, t in shown.items()})
    return follow(before, after, {f"{path}/{old}": front + new for old, new in names.items()}), names


def _spilled(level: Graph, name: str, inner: Graph) -> dict[str, str]:
    """Free names for the nodes of a group in the level around it."""
    rest = {n: s for n, s in level.items() if n != name}
    members = [n for n, s in inner.items() if s.kind not in (INPUT, OUTPUT)]
    names: dict[str, str] = {}
    free = FreeNames((*inner, *rest))
    for old in members:
        names[old] = free.take(old) if old in rest else old
    return names


def _wires(pairs: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {socket: source for socket, source in pairs if source is not None}


def _renamed(target: str, names: dict[str, str]) -> str:
    head, _, rest = target.partition(".")
    return f"{names.get(head, head)}.{rest}"


def _promote_past(graph: Graph, inside: str, name: str, targets: dict[str, str]) -> Graph:
    """Where the enclosing group shows parameters of a dissolved group, it shows what that showed."""
    for shown, target in dict(graph.at(inside).promoted).items() if inside else ():
        head, _, parameter = target.partition(".")
        if head == name and parameter in targets:
            graph = _with_promoted(graph, inside, {shown: targets[parameter]})
    return graph


def promote(graph: Graph, path: str, target: str, name: str | None = None) -> tuple[Graph, str]:
    """With an inner parameter, `Blur1.size`, shown by the group at `path` as its own; returns its name there.

    Until it is set on the group, the inner value holds. Raises GraphError.
    """
    state = _group(graph, path)
    inner, _, parameter = target.rpartition(".")
    assert state.graph is not None
    parameter_spec(state.graph, inner, parameter)
    if target in state.promoted.values():
        raise GraphError(f"{path} shows {target} already")
    if name is None:
        name = parameter if parameter not in _taken(state) else f"{inner}_{parameter}"
    if not _free(state, name):
        raise GraphError(f"{path} cannot show {target} as '{name}': the name is taken or no parameter name")
    return _with_promoted(graph, path, {name: target}), name


def rename_promoted(graph: Graph, path: str, old: str, new: str) -> Graph:
    """With an inner parameter that the group at `path` shows under another name there; what follows it goes on so.

    Raises GraphError.
    """
    state = _group(graph, path)
    target = _shown(state, path, old)
    if old == new:
        return graph
    if not _free(state, new):
        raise GraphError(f"{path} cannot show {target} as '{new}': the name is taken or no parameter name")
    after, paths = graph, alike(graph, path)
    for each in paths:
        after = _shown_as(after, each, old, new)
    return follow(graph, after, {}, {(each, old): (each, new) for each in paths})


def _shown_as(graph: Graph, path: str, old: str, new: str) -> Graph:
    state = _group(graph, path)
    promoted, values = ({new if k == old else k: v for k, v in m.items()} for m in (state.promoted, state.values))
    graph = _put(graph, path, state.with_(promoted=promoted, values=values))
    around, _, title = path.rpartition("/")
    for name, inner in graph.at(around).promoted.items() if around else ():
        if inner == f"{title}.{old}":
            graph = _with_promoted(graph, around, {name: f"{title}.{new}"})
    return graph


def _taken(state: NodeState) -> set[str]:
    """The names of a group's parameters."""
    return {*state.promoted, *(spec.name for spec in (state.cls.specs if state.cls else ()))}


def _free(state: NodeState, name: str) -> bool:
    """Whether a group can show a parameter under a name, and expressions name it: none can read `Group1.in`."""
    return name not in _taken(state) and bool(NAME.match(name)) and not keyword.iskeyword(name)


def _shown(state: NodeState, path: str, name: str) -> str:
    """The inner parameter that a group shows under a name. Raises GraphError."""
    if name not in state.promoted:
        raise GraphError(f"{path} shows no inner parameter as '{name}', only {listing(list(state.promoted))}")
    return state.promoted[name]


def demote(graph: Graph, path: str, name: str) -> Graph:
    """With a promoted parameter no longer shown by the group at `path`; its value moves to the inner parameter."""
    after = graph
    for each in alike(graph, path):
        around, _, group_name = each.rpartition("/")
        if around and f"{group_name}.{name}" in graph.at(around).promoted.values():
            raise GraphError(f"{around} shows '{name}' of {each}; take it back there first")
        after = _demoted(after, each, name)
    return after


def _demoted(graph: Graph, path: str, name: str) -> Graph:
    state = _group(graph, path)
    inner, _, parameter = _shown(state, path, name).rpartition(".")
    assert state.graph is not None
    node = state.graph.node(inner)
    if name in state.values:
        value = _from_outside(graph, path, state.values[name])
        node = node.with_(values={**node.values, parameter: value})
    changed = state.with_(
        promoted={k: v for k, v in state.promoted.items() if k != name},
        values={k: v for k, v in state.values.items() if k != name},
        graph=state.graph.put(inner, node),
    )
    return follow(graph, _put(graph, path, changed), {}, {(path, name): (f"{path}/{inner}", parameter)})


def _from_outside(graph: Graph, path: str, value: Any) -> Any:
    """A value of the group at `path` with its links written as from the inside."""
    nodes = dict(graph.walk())
    around, _, name = path.rpartition("/")

    def change(link: str) -> str:
        found = find_link(nodes, around, name, link)
        return ".".join([write_link(path, found[0]), *found[1]]) if found else link

    return map_links(value, change)


def _group(graph: Graph, path: str) -> NodeState:
    state = graph.at(path)
    if state.graph is None:
        raise GraphError(f"'{path}' is no group")
    return state


def _put(graph: Graph, path: str, state: NodeState) -> Graph:
    inside, _, name = path.rpartition("/")
    return graph.replace_inside(inside, graph.inside(inside).put(name, state))


def _version(kind: str) -> int:
    cls = registry.get(kind)
    return cls.version if cls is not None else 1


def _place(state: NodeState, below: float = 0) -> dict[str, Any]:
    if POSITION not in state.ui:
        return {}
    x, y = state.ui[POSITION]
    return {POSITION: [x, y + below]}


def _middle(level: Graph, names: list[str]) -> dict[str, Any]:
    placed = [level[n].ui[POSITION] for n in names if POSITION in level[n].ui]
    if not placed:
        return {}
    return {POSITION: [sum(p[axis] for p in placed) / len(placed) for axis in (0, 1)]}
