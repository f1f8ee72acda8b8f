"""Parameters of lights as handles read and set them: at a frame, and animated ones by a key at that frame."""

from collections.abc import Mapping, Sequence
from typing import Any

from rimlight.engine import Expr, NodeState, ParameterError, RimlightError, Session, Spec

from ..curves.keys import keyed
from ..properties.parameter import State, is_curve, joined, number_at, parts, state_of

_ORDER: Sequence[State] = ("linked", "expression", "keyframe", "animated", "modified", "default")


def spec_of(state: NodeState, name: str) -> Spec | None:
    """The declaration of a parameter, None where the node has none of that name."""
    if state.cls is None:
        return None
    return next((spec for spec in state.cls.specs if spec.name == name), None)


def value_at(session: Session, path: str, state: NodeState, name: str, frame: float) -> Any:
    """A parameter at a frame, its default where an expression fails. Without expressions nothing of the graph is
    walked.
    """
    spec = spec_of(state, name)
    if spec is None:
        raise KeyError(name)
    found = [number_at(spec, part, frame) for part in parts(spec, state.value(name))]
    if None not in found:
        return joined(spec, found)
    try:
        return session.value(path, name, frame)
    except RimlightError:
        return spec.default


def standing(state: NodeState, name: str, frame: float) -> State:
    """How a parameter is to be marked: as the component that says most."""
    spec = spec_of(state, name)
    if spec is None or name not in state.values:
        return "default"
    pairs = zip(parts(spec, state.values[name]), parts(spec, spec.default), strict=True)
    return min((state_of(spec, part, default, frame) for part, default in pairs), key=_ORDER.index)


def with_keys(state: NodeState, values: Mapping[str, Any], frame: float) -> dict[str, Any]:
    """What to set so that parameters have these values at a frame: a key on what is animated, else the value.

    Raises ParameterError for a parameter that an expression drives: a drag must not silently take it out.
    """
    found = {}
    for name, value in values.items():
        spec = spec_of(state, name)
        if spec is None:
            raise ParameterError(f"{state.kind} has no parameter '{name}'")
        held = parts(spec, state.value(name))
        new = parts(spec, value)
        found[name] = joined(spec, [_keyed(spec, a, b, frame) for a, b in zip(held, new, strict=True)])
    return found


def _keyed(spec: Spec, held: Any, value: Any, frame: float) -> Any:
    if isinstance(held, Expr):
        raise ParameterError(f"{spec.name} is driven by the expression '{held.text}': remove it to drag the light")
    return keyed(held, frame, float(value)) if is_curve(spec, held) else value
