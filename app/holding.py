"""Nodes whose results are kept in memory because the artist says so, as Ctrl+B does."""

from collections.abc import Iterable

from rimlight.engine import Graph

from .paths import path_at

HOLD = "cached"
"""In the `ui` of a node: its results are kept while they are of use."""


def held(graph: Graph) -> tuple[str, ...]:
    """The paths of the nodes whose results are kept."""
    return tuple(path for path, state in graph.walk() if state.ui.get(HOLD) is True)


def users(graph: Graph, paths: Iterable[str]) -> frozenset[str]:
    """The paths of what takes the results of some nodes, past dots and others that only pass on.

    Evaluation puts chains of per-pixel nodes into one pass; in front of these it makes a cut.
    """
    found: set[str] = set()
    for path in paths:
        level, _, name = path.rpartition("/")
        inside = graph.inside(level)
        stack = [name]
        while stack:
            for user, _ in inside.consumers(stack.pop()):
                where = path_at(level, user)
                if where not in found:
                    found.add(where)
                    state = inside[user]
                    if state.cls is None or state.cls.result is object or state.value("disable") is True:
                        stack.append(user)
    return frozenset(found)
