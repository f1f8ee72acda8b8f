"""Nodes by their paths, `Group1/Blur1`, in a graph that may have changed since those were taken down."""

from collections.abc import Iterable, Mapping
from typing import Any

from rimlight.engine import Graph


def inside(graph: Graph, path: str) -> Graph:
    """The graph inside the group at `path`, empty where there is no such group."""
    for name in path.split("/") if path else ():
        state = graph.get(name)
        if state is None or state.graph is None:
            return Graph()
        graph = state.graph
    return graph


def has_node(graph: Graph, path: str) -> bool:
    """Whether there is a node at `path`."""
    group, _, name = path.rpartition("/")
    return name in inside(graph, group)


def path_at(level: str, name: str) -> str:
    """The path of a node inside the group at `level`, which is empty for the top."""
    return f"{level}/{name}" if level else name


def set_at(graph: Graph, path: str, values: Mapping[str, Any]) -> Graph:
    """With parameters of the node at `path` set, all or none. Raises GraphError, ParameterError."""
    group, _, node = path.rpartition("/")
    level = inside(graph, group)
    for name, value in values.items():
        level = level.set_value(node, name, value)
    return graph.replace_inside(group, level)


def reset_at(graph: Graph, path: str, names: Iterable[str]) -> Graph:
    """With parameters of the node at `path` as they are declared; the same graph where all are. Raises GraphError."""
    group, _, node = path.rpartition("/")
    before = level = inside(graph, group)
    for name in names:
        if name in level.node(node).values:
            level = level.reset_value(node, name)
    return graph if level is before else graph.replace_inside(group, level)
