"""The graph with its groups dissolved, as the evaluation sees it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import GraphError, ParameterError
from ..params import Spec
from ..values import is_constant, resolve
from .graph import Graph, NodeState
from .groups import group_inputs, group_output
from .links import find_link

_Promoted = Mapping[str, tuple[Any, str]]
"""Values by parameter, each with the path of the node or group that holds it."""


@dataclass(frozen=True, slots=True)
class FlatNode:
    """A node by path, its wires as paths, its values with those that an enclosing group promotes put in.

    outside : path of the group that holds the value, for each promoted parameter that is set there and not on the node.
    """

    path: str
    state: NodeState
    values: Mapping[str, Any]
    inputs: Mapping[str, str]
    outside: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        return self.path.rpartition("/")[0]


class Flat:
    """All nodes of a graph by path, groups dissolved. Built once per graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: dict[str, FlatNode] = {}
        self._add(graph, "", {}, {})

    def _add(self, graph: Graph, prefix: str, doors: Mapping[str, str], overrides: Mapping[str, _Promoted]) -> None:
        for name, state in graph.items():
            path = prefix + name
            inputs = {socket: prefix + source for socket, source in state.inputs.items() if source in graph}
            if name in doors:
                inputs = {"image": doors[name]}
            given = overrides.get(name, {})
            values = {**state.values, **{k: v for k, (v, _) in given.items()}} if given else state.values
            if state.graph is not None:
                self._add_group(path, state, inputs, {k: (v, path) for k, v in state.values.items()} | dict(given))
                output = group_output(state)
                inputs = {door: inputs[door] for door in group_inputs(state) if door in inputs}
                inputs |= {"output": f"{path}/{output}"} if output else {}
            self.nodes[path] = FlatNode(path, state, values, inputs, {k: owner for k, (_, owner) in given.items()})

    def _add_group(self, path: str, state: NodeState, inputs: Mapping[str, str], values: _Promoted) -> None:
        assert state.graph is not None
        doors = {door: inputs[door] for door in group_inputs(state) if door in inputs}
        overrides: dict[str, dict[str, tuple[Any, str]]] = {}
        for name, target in state.promoted.items():
            if name in values:
                inner, _, parameter = target.rpartition(".")
                overrides.setdefault(inner, {})[parameter] = values[name]
        self._add(state.graph, f"{path}/", doors, overrides)

    def node(self, path: str) -> FlatNode:
        """A node by path. Raises GraphError."""
        if path not in self.nodes:
            raise GraphError(f"there is no node '{path}' in the script")
        return self.nodes[path]

    def __iter__(self) -> Iterator[FlatNode]:
        return iter(self.nodes.values())

    def value(self, path: str, spec: Spec, frame: float) -> Any:
        """A parameter resolved at a frame, links followed. Raises ParameterError, also for links that go in circles."""
        try:
            return self._value(path, spec, frame, (), {})
        except RecursionError:
            raise ParameterError(f"{path}.{spec.name}: its expression leads through too many links in a row") from None

    def _value(self, path: str, spec: Spec, frame: float, stack: tuple[str, ...], known: dict[str, Any]) -> Any:
        """As `value`. stack : the parameters whose links led here. known : those that are resolved already: four
        components that link to those of another node must not each resolve all of it, and so on.
        """
        node = self.node(path)
        here, value = f"{path}.{spec.name}", node.values.get(spec.name, spec.default)
        if value is None:  # a member of a family: only the node knows its default, once it has its inputs
            who = f"{stack[-1]}: " if stack else ""
            raise ParameterError(f"{who}{here} is not set in the script, and only the node knows its default: set it")
        if is_constant(value):
            return value
        if here in known:
            return known[here]
        if here in stack:
            raise ParameterError(f"{here}: its expression depends on itself through {' -> '.join((*stack, here))}")
        owner = node.outside.get(spec.name, path)

        def lookup(name: str) -> float:
            return float(frame) if name == "frame" else self._linked(name, owner, frame, (*stack, here), known)

        known[here] = resolve(spec, value, frame, lookup)
        return known[here]

    def _linked(self, name: str, path: str, frame: float, stack: tuple[str, ...], known: dict[str, Any]) -> float:
        """The number behind a link (`links`); where it is a vector, `.x`, `.r` ... or `[0]` must stand behind."""
        scope, _, owner = path.rpartition("/")
        found = find_link(self.nodes, scope, owner, name)
        if found is not None:
            return self._parameter(*found, frame, stack, name, known)
        raise ParameterError(f"{stack[-1]}: the link '{name}' leads to no node")

    def _parameter(
        self, path: str, rest: list[str], frame: float, stack: tuple[str, ...], name: str, known: dict[str, Any]
    ) -> float:
        state = self.nodes[path].state
        target, parameter = path, rest[0]
        while state.graph is not None and parameter in state.promoted:
            inner, _, parameter = state.promoted[parameter].rpartition(".")
            target = f"{target}/{inner.replace('.', '/')}"
            state = self.node(target).state
        try:
            if state.cls is None:
                raise KeyError(parameter)
            spec = state.cls.spec(parameter)
        except KeyError:
            raise ParameterError(f"{stack[-1]}: the link '{name}' leads to no parameter of {path}") from None
        value = self._value(target, spec, frame, stack, known)
        if spec.size > 1:
            # Scripts before boxes had names of their own call their third and fourth number z and w.
            names = [*spec.components, *map(str, range(spec.size)), *"xyzw"[: spec.size]]
            if len(rest) < 2 or rest[1] not in names:
                there = "".join(f".{c}, " for c in spec.components)
                raise ParameterError(f"{stack[-1]}: the link '{name}' needs {there}[0] to [{spec.size - 1}] behind it")
            value = value[names.index(rest[1]) % spec.size]
        if not isinstance(value, (int, float)):
            raise ParameterError(f"{stack[-1]}: the link '{name}' leads to {spec.type.__name__}, expected a number")
        return float(value)
