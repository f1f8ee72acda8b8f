"""Clones: nodes anywhere in a script that share all their parameters, and groups that share their insides too.

Clones carry one token in their `ui`, under `clone`, which is all that a script file says of them: each keeps its values
in full, so that evaluating needs to know nothing of clones. Editing does: `Session.commit` gives what was set at one of
them to the others.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..errors import GraphError
from .graph import Graph, NodeState
from .links import as_at

CLONE = "clone"
"""In `ui`: the token that clones have in common."""
CLONE_OF = "clone_of"
"""In `ui` of copied text: the name of the node that the copy becomes a clone of when it is pasted beside it."""
_SHARED = ("values", "graph", "promoted")


def is_clone(state: NodeState) -> bool:
    """Whether a node of a script shares its parameters with another one."""
    return CLONE in state.ui


def alike(graph: Graph, path: str) -> list[str]:
    """The paths of what shares its insides and parameters with the node at `path`, this one first: its clones, and the
    nodes at the same place of clones of a group around it. Of the script itself, "", there is no other.

    Raises GraphError where there is no such node.
    """
    if not path:
        return [""]
    state, nodes = graph.at(path), dict(graph.walk())
    found = [""]
    for name in path.split("/"):
        found = [each for around in found if (each := f"{around}/{name}".lstrip("/")) in nodes]
        tokens = {nodes[each].ui[CLONE] for each in found if is_clone(nodes[each])}
        found += [each for each, other in nodes.items() if other.ui.get(CLONE) in tokens and each not in found]
    # Clones of a script that was written by hand may differ until one of them is edited.
    return [path, *(each for each in found if each != path and _shaped(nodes[each]) == _shaped(state))]


def _shaped(state: NodeState) -> tuple[Mapping[str, str], frozenset[str] | None]:
    """What a node shows of its insides, and the names there."""
    return state.promoted, None if state.graph is None else frozenset(state.graph)


def with_clones(graph: Graph, pairs: Mapping[str, str]) -> Graph:
    """With nodes made clones, the new name by the original's: they take its parameters and follow them from now on.

    Raises GraphError where two are of different kinds.
    """
    for original, name in pairs.items():
        source, state = graph.node(original), graph.node(name)
        if (source.kind, source.version) != (state.kind, state.version):
            raise GraphError(f"{name} cannot be a clone of {original}: expected two nodes of one kind")
        token = source.ui.get(CLONE) or secrets.token_hex(4)
        graph = graph.put(original, source.with_(ui={**source.ui, CLONE: token}))
        graph = graph.put(name, _like(state, source).with_(ui={**state.ui, CLONE: token}))
    return graph


def declone(graph: Graph, names: Iterable[str]) -> Graph:
    """With clones made independent, their parameters as they are. Raises GraphError where none of them is a clone."""
    chosen = [name for name in names if is_clone(graph.node(name))]
    if not chosen:
        raise GraphError("no selected node is a clone")
    for name in chosen:
        graph = graph.put(name, _independent(graph[name]))
    return graph


def with_own_clones(piece: Graph) -> Graph:
    """A piece to be added to a script, whose clones are clones of each other and of nothing that is there already."""
    members = Counter(state.ui[CLONE] for _, state in piece.walk() if is_clone(state))
    tokens = {token: secrets.token_hex(4) for token, count in members.items() if count > 1}

    def own(_: str, state: NodeState) -> NodeState:
        if not is_clone(state):
            return state
        token = tokens.get(state.ui[CLONE])
        return state.with_(ui={**state.ui, CLONE: token}) if token is not None else _independent(state)

    return _mapped(piece, own) if members else piece


def shared(old: Graph, new: Graph) -> Graph:
    """The graph after an edit with what was set at a clone given to all others, and without tokens that only one has.

    What is told of existing clones counts before what comes with added ones. Links lead to the same parameters from
    each. Costs a comparison of identities where no clone was touched.
    """
    touched = [each for each in _differing(old, new) if any(s is not None and is_clone(s) for s in each[1:])]
    if not touched:
        return new
    models: dict[str, tuple[str, NodeState]] = {}
    for path, before, after in sorted(touched, key=lambda each: each[1] is not None):
        if after is not None and is_clone(after) and (before is None or not _same(before, after)):
            models[after.ui[CLONE]] = path, after
    nodes = dict(new.walk())
    members = Counter(state.ui[CLONE] for state in nodes.values() if is_clone(state))

    def follow(path: str, state: NodeState) -> NodeState:
        if not is_clone(state):
            return state
        if members[state.ui[CLONE]] == 1:
            return _independent(state)
        place, model = models.get(state.ui[CLONE], (path, state))
        return (
            state if model.kind != state.kind or _same(model, state) else _like(state, as_at(nodes, model, place, path))
        )

    return _mapped(new, follow)


def _like(state: NodeState, model: NodeState) -> NodeState:
    return state.with_(**{name: getattr(model, name) for name in _SHARED})


def _same(a: NodeState, b: NodeState) -> bool:
    return all(getattr(a, name) is getattr(b, name) or getattr(a, name) == getattr(b, name) for name in _SHARED)


def _independent(state: NodeState) -> NodeState:
    ui: dict[str, Any] = {key: value for key, value in state.ui.items() if key != CLONE}
    return state.with_(ui=ui)


def _differing(old: Graph, new: Graph, prefix: str = "") -> Iterator[tuple[str, NodeState | None, NodeState | None]]:
    """Nodes that differ at every level, their paths, as they were and as they are; None where there was or is none."""
    if old is new:
        return
    for name, after in new.items():
        before = old.get(name)
        if before is not after:
            yield prefix + name, before, after
            inner = after.graph or Graph()
            yield from _differing((before.graph if before is not None else None) or Graph(), inner, f"{prefix}{name}/")
    for name, before in old.items():
        if name not in new:
            yield prefix + name, before, None
            yield from _differing(before.graph or Graph(), Graph(), f"{prefix}{name}/")


def _mapped(graph: Graph, change: Callable[[str, NodeState], NodeState], prefix: str = "") -> Graph:
    """A graph with `change` done to every node, groups before their insides; the same graph where that does nothing.

    change : gets the path, too.
    """
    nodes = {}
    for name, state in graph.items():
        made = change(prefix + name, state)
        if made.graph is not None:
            inner = _mapped(made.graph, change, f"{prefix}{name}/")
            made = made.with_(graph=inner) if inner is not made.graph else made
        nodes[name] = made
    return Graph(nodes) if any(nodes[name] is not state for name, state in graph.items()) else graph
