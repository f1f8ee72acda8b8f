"""A parameter of a node as panels see it: its declaration, what the script holds for it, and how that is to be shown.

No widgets and no edits in here: everything is read from a graph that is passed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rimlight.engine import Curve, Expr, Graph, GraphError, NodeState, Spec, is_constant, parameter_spec, write_link

from ..paths import has_node, inside

State = Literal["default", "modified", "keyframe", "animated", "expression", "linked"]
"""What a component is: as declared, another constant, keyed at this frame, keyed elsewhere, computed, following."""


Members = Callable[[str], Sequence[Spec]]
"""What is known of the members of a node's families, by its path: `Facts.members`."""


@dataclass(frozen=True)
class Parameter:
    """A parameter by the path of its node and its name there; `spec` is its declaration, of the inner one where a group
    shows it.
    """

    path: str
    name: str
    spec: Spec

    @property
    def title(self) -> str:
        return self.spec.label or self.name.replace("_", " ")

    @property
    def address(self) -> str:
        """As scripts and the command line name it, `Group1/Blur1.size`."""
        return f"{self.path}.{self.name}"


def _unknown(path: str) -> Sequence[Spec]:
    return ()


def parameters_of(graph: Graph, path: str, members: Members = _unknown) -> list[Parameter]:
    """All parameters of a node, those that a group promotes first; none where the kind is not installed.

    Members of families that are not known are there when the script sets them.
    """
    group, _, name = path.rpartition("/")
    level = inside(graph, group)
    state = level[name]
    shown = [_promoted(graph, path, p, members) for p in state.promoted if _leads(level, name, p)]
    return shown + [Parameter(path, spec.name, spec) for spec in specs_of(state, members(path))]


def _promoted(graph: Graph, path: str, name: str, members: Members) -> Parameter:
    group, _, node = path.rpartition("/")
    parameter = Parameter(path, name, parameter_spec(inside(graph, group), node, name))
    target = inner(graph, parameter)
    return next((Parameter(path, name, spec) for spec in members(target.path) if spec.name == target.name), parameter)


def specs_of(state: NodeState, known: Sequence[Spec]) -> list[Spec]:
    """The declarations of a node, members of its families behind what comes first; none where it is not installed."""
    cls = state.cls
    if cls is None:
        return []
    names = {spec.name for spec in known}
    others = [cls.spec(name) for name in sorted(state.values) if name not in names and cls.is_member(name)]
    first = [spec for spec in cls.specs if spec.place == "top"]
    return [*first, *known, *others, *cls.specs[len(first) :]]


def _leads(level: Graph, name: str, promoted: str) -> bool:
    """Whether what a group promotes is there."""
    try:
        parameter_spec(level, name, promoted)
    except GraphError:  # a damaged script: the inner node or its kind is gone
        return False
    return True


def find(graph: Graph, address: str, members: Members = _unknown) -> Parameter | None:
    """A parameter by its address, `Group1/Blur1.size`; None where there is none."""
    path, _, name = address.rpartition(".")
    if not has_node(graph, path):
        return None
    return next((p for p in parameters_of(graph, path, members) if p.name == name), None)


def inner(graph: Graph, parameter: Parameter) -> Parameter:
    """The parameter that a group's promoted one stands for; any other is itself."""
    state = graph.at(parameter.path)
    while parameter.name in state.promoted:
        node, _, name = state.promoted[parameter.name].rpartition(".")
        parameter = Parameter(f"{parameter.path}/{node.replace('.', '/')}", name, parameter.spec)
        state = graph.at(parameter.path)
    return parameter


def stored(graph: Graph, parameter: Parameter) -> Any:
    """What the script holds: a constant, a curve, an expression, or a tuple of them."""
    state = graph.at(parameter.path)
    while parameter.name not in state.values and parameter.name in state.promoted:
        node, _, name = state.promoted[parameter.name].rpartition(".")
        parameter = Parameter(f"{parameter.path}/{node.replace('.', '/')}", name, parameter.spec)
        state = graph.at(parameter.path)
    return state.values.get(parameter.name, parameter.spec.default)


def is_set(state: NodeState, parameter: Parameter) -> bool:
    """Whether the script says anything about the parameter, so that it could be reset."""
    return parameter.name in state.values


def parts(spec: Spec, value: Any) -> tuple[Any, ...]:
    """A value by components; one curve or expression for a whole vector stands for each of them."""
    if spec.size == 1:
        return (value,)
    return value if isinstance(value, tuple) else (value,) * spec.size


def joined(spec: Spec, components: Sequence[Any]) -> Any:
    """The value of some components."""
    return components[0] if spec.size == 1 else tuple(components)


def is_curve(spec: Spec, part: Any) -> bool:
    """Whether a component is animated. The value of a parameter that is a curve itself, such as a lookup, is not."""
    return isinstance(part, Curve) and spec.type is not Curve


def number_at(spec: Spec, part: Any, frame: float) -> Any:
    """A component at a frame, as the engine takes it; None for an expression, whose value has to be computed."""
    if isinstance(part, Expr):
        return None
    if not is_curve(spec, part):
        return part
    low, high = spec.hard
    number = part.at(frame)
    number = min(max(number, number if low is None else low), number if high is None else high)
    if spec.type is bool:
        return bool(number)
    return spec.check_component(number)


def is_link(part: Any) -> bool:
    """Whether an expression is nothing but the name of another parameter."""
    if not isinstance(part, Expr):
        return False
    words = part.text.replace("[", ".").replace("]", "").strip().split(".")
    return len(words) > 1 and all(word.isidentifier() or word.isdigit() for word in words)


def state_of(spec: Spec, part: Any, default: Any, frame: float) -> State:
    """How a component is to be marked."""
    if isinstance(part, Expr):
        return "linked" if is_link(part) else "expression"
    if is_curve(spec, part):
        return "keyframe" if any(abs(key.frame - frame) < 1e-4 for key in part.keys) else "animated"
    return "default" if part == default else "modified"


def varies(parameter: Parameter, value: Any) -> bool:
    """Whether the value may differ from frame to frame."""
    return any(not is_constant(part) for part in parts(parameter.spec, value) if parameter.spec.type is not Curve)


def component_names(spec: Spec) -> tuple[str, ...]:
    """What stands behind the dot of each component; empty for a scalar's only one."""
    if spec.size == 1:
        return ("",)
    return spec.components or tuple(str(i) for i in range(spec.size))


def link_to(source: Parameter, component: int, target: str) -> str:
    """The expression by which a parameter of the node at path `target` follows a component of `source`."""
    scope = target.rpartition("/")[0]
    link = "self" if source.path == target else write_link(scope, source.path)
    link = f"{link}.{source.name}"
    if source.spec.size == 1:
        return link
    name = component_names(source.spec)[component]
    return f"{link}[{name}]" if name.isdigit() else f"{link}.{name}"
