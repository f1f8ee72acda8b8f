"""Links in expressions, `Blur1.size`: where they lead, and keeping them when nodes move or change their names.
 A link is read from the place where its node stands: `Node.parameter`, `Group.Node.parameter` into a group,
`self.parameter`, and `parent.` once for every group to leave; `parent.parameter` alone is a parameter of the enclosing
group itself.
"""

import re
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

from ..expression import Expression
from ..values import Expr

if TYPE_CHECKING:
    from .graph import Graph, NodeState

_CHAIN = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)+")


def find_link(nodes: Container[str], scope: str, node: str, link: str) -> tuple[str, list[str]] | None:
    """The path of the node that a link leads to, and what follows it; None when it leads to no node.

    nodes : paths of all nodes. scope : path of the group in which the link is read. node : name of the node that holds
    it.
    """
    parts = link.split(".")
    if parts[0] == "self":
        parts = [node, *parts[1:]]
    group = ""
    while len(parts) > 1 and parts[0] == "parent" and scope:
        group, scope, parts = scope, scope.rpartition("/")[0], parts[1:]
    for count in range(len(parts) - 1, 0, -1):
        target = "/".join([*([scope] if scope else []), *parts[:count]])
        if target in nodes:
            return target, parts[count:]
    return (group, parts) if group else None


def write_link(scope: str, target: str) -> str:
    """The front of a link from a group's inside to the node at path `target`, without the parameter."""
    here = scope.split("/") if scope else []
    there = target.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return ".".join([*["parent"] * (len(here) - common), *there[common:]])


def map_links(value: Any, change: Callable[[str], str]) -> Any:
    """A value with every link in its expressions passed through `change`; the very same value where nothing changes."""
    if isinstance(value, tuple):
        changed = tuple(map_links(v, change) for v in value)
        return value if all(a is b for a, b in zip(changed, value, strict=True)) else changed
    if not isinstance(value, Expr):
        return value
    names = Expression.parse(value.text).names

    def replaced(found: re.Match[str]) -> str:
        link = re.sub(r"\s", "", found[0])
        if not any(name == link or name.startswith(f"{link}.") for name in names):
            return found[0]
        new = change(link)
        return found[0] if new == link else new

    text = _CHAIN.sub(replaced, value.text)
    return value if text == value.text else Expr(text)


Parameter = tuple[str, str]
"""Path of a node, name of a parameter."""


def follow(
    before: "Graph", after: "Graph", moved: Mapping[str, str], parameters: Mapping[Parameter, Parameter] | None = None
) -> "Graph":
    """`after` with its links leading to the same parameters as they did in `before`.

    moved : old path to new path of each node that moved; what is inside a moved group moves with it. parameters : those
    that are found elsewhere now, by old paths. Links that nothing happened to keep their text.
    """
    parameters = parameters or {}
    old_paths = dict(before.walk())
    forward = {path: _moved(path, moved) for path in old_paths}
    backward = {new: old for old, new in forward.items()}

    def placed(path: str) -> str:
        return forward[path]

    def inside(graph: "Graph", prefix: str) -> "Graph":
        for name, state in graph.items():
            old, new = backward.get(prefix + name), prefix + name
            changed = state
            if old is not None and state.values:
                changed = _relinked(state, old, new, old_paths, placed, parameters)
            if changed.graph is not None:
                inner = inside(changed.graph, f"{new}/")
                changed = changed if inner is changed.graph else changed.with_(graph=inner)
            if changed is not state:
                graph = graph.put(name, changed)
        return graph

    return inside(after, "")


def as_at(nodes: Container[str], state: "NodeState", path: str, new: str) -> "NodeState":
    """The node at `path` as it is to be written at `new`: links in it lead to the same parameters outside, and to those
    of its own inside there. nodes : paths of all nodes.
    """

    def placed(target: str) -> str:
        return _moved(target, {path: new})

    def written(state: "NodeState", old: str) -> "NodeState":
        changed = _relinked(state, old, placed(old), nodes, placed, {})
        if changed.graph is None:
            return changed
        inner = changed.graph
        for name, node in changed.graph.items():
            made = written(node, f"{old}/{name}")
            inner = inner if made is node else inner.put(name, made)
        return changed if inner is changed.graph else changed.with_(graph=inner)

    return written(state, path)


def _relinked(
    state: "NodeState",
    old: str,
    new: str,
    nodes: Container[str],
    placed: Callable[[str], str],
    parameters: Mapping[Parameter, Parameter],
) -> "NodeState":
    """A node that stood at `old` and stands at `new`, with its links leading where they did. placed : new paths."""
    old_scope, new_scope = old.rpartition("/")[0], new.rpartition("/")[0]

    def change(link: str) -> str:
        found = find_link(nodes, old_scope, old.rpartition("/")[2], link)
        if found is None or (link.startswith("self.") and (found[0], found[1][0]) not in parameters):
            return link
        target, rest = found
        if (target, rest[0]) in parameters:
            target, rest[0] = parameters[target, rest[0]]
        elif placed(target) == target and new_scope == old_scope:
            return link
        return ".".join([write_link(new_scope, placed(target)), *rest])

    values = {name: map_links(value, change) for name, value in state.values.items()}
    same = all(values[name] is state.values[name] for name in values)
    return state if same else state.with_(values=values)


def _moved(path: str, moved: Mapping[str, str]) -> str:
    head, rest = path, ""
    while head:
        if head in moved:
            return moved[head] + rest
        head, _, last = head.rpartition("/")
        rest = f"/{last}{rest}"
    return path
