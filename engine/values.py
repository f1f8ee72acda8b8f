"""What a script holds for a parameter: a constant, an animation curve or an expression, per component.

The same three forms serve scalars and vectors; a vector is a tuple of them. `resolve` turns any of them into the
constant of a frame, `to_data` and `from_data` into the plain data of a script and back.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .curve import Curve
from .errors import ParameterError
from .expression import Expression
from .expression_reading import ExpressionError
from .params import Spec

Lookup = Callable[[str], float]
"""Gives the number behind a name in an expression: `frame` or a link such as `Blur1.size`."""


class Animated(ABC):
    """A value of a parameter with its own `parse` that changes over time, such as the shapes of a roto.

    A node gets what it is at the frame, and only this enters the cache key, by its `repr`, which must show all that the
    pixels depend on. `==` compares the whole; the parameter's `parse` reads what `to_data` gives, and takes the value
    itself.
    """

    @property
    @abstractmethod
    def is_still(self) -> bool:
        """True when the value is the same at every frame."""

    @abstractmethod
    def resolved(self, frame: float) -> "Animated":
        """The still value of a frame."""

    @abstractmethod
    def to_data(self) -> Any:
        """Plain JSON data for the value."""


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression in place of a constant."""

    text: str


def is_constant(value: Any) -> bool:
    """True when the value is the same at every frame, whatever the other parameters are."""
    if isinstance(value, tuple):
        return all(is_constant(v) for v in value)
    if isinstance(value, Animated):
        return value.is_still
    return not isinstance(value, (Curve, Expr))


def check_value(spec: Spec, value: Any) -> Any:
    """The canonical form of a value for a parameter: constants checked, expressions parsed, animation allowed.

    Raises ParameterError with a sentence.
    """
    if isinstance(value, Expr) or (isinstance(value, Curve) and spec.type is not Curve):
        return _check_dynamic(spec, value)
    if isinstance(value, (tuple, list)) and spec.size > 1 and len(value) == spec.size and not is_constant(tuple(value)):
        return tuple(
            _check_dynamic(spec, v) if isinstance(v, (Curve, Expr)) else spec.check_component(v) for v in value
        )
    return spec.check(value)


def _check_dynamic(spec: Spec, value: Curve | Expr) -> Curve | Expr:
    if isinstance(value, Expr):
        if spec.type in (str, object, Curve):
            raise spec.fail(value.text, "this parameter takes no expression")
        if not isinstance(value.text, str):
            raise spec.fail(value.text, "expected the text of an expression")
        try:
            Expression.parse(value.text)
        except ExpressionError as error:
            raise spec.fail(value.text, str(error)) from None
    elif not spec.animatable:
        raise spec.fail("an animation", "this parameter cannot be animated")
    return value


def resolve(spec: Spec, value: Any, frame: float, lookup: Lookup) -> Any:
    """The constant of a value at `frame`. Raises ParameterError when an expression fails or leaves the hard range."""
    if spec.size > 1:
        parts = value if isinstance(value, tuple) else (value,) * spec.size
        return tuple(_component(spec, part, frame, lookup) for part in parts)
    return _component(spec, value, frame, lookup)


def _component(spec: Spec, value: Any, frame: float, lookup: Lookup) -> Any:
    if isinstance(value, Expr):
        try:
            number = Expression.parse(value.text).evaluate(lookup)
        except ExpressionError as error:
            raise spec.fail(value.text, str(error)) from None
    elif isinstance(value, Curve) and spec.type is not Curve:
        number = value.at(frame)
    else:
        return value.resolved(frame) if isinstance(value, Animated) else value
    low, high = spec.hard
    if isinstance(value, Curve):  # interpolation may overshoot a legal range a little: hold the bound
        number = min(max(number, low if low is not None else number), high if high is not None else number)
    return spec.check_component(bool(number) if spec.type is bool else number)


def to_data(value: Any) -> Any:
    """Plain JSON data for a value."""
    if isinstance(value, Curve):
        return {"keys": value.to_data()}
    if isinstance(value, Expr):
        return {"expr": value.text}
    if hasattr(value, "to_data"):
        return value.to_data()
    if isinstance(value, (tuple, list)):
        return [to_data(v) for v in value]
    if isinstance(value, Mapping):
        return {k: to_data(v) for k, v in value.items()}
    return value


def from_data(data: Any, spec: Spec) -> Any:
    """The checked value for plain data. Raises ParameterError with a sentence."""
    return check_value(spec, _plain(data, spec))


def _plain(data: Any, spec: Spec) -> Any:
    if isinstance(data, Mapping) and spec.parse is None:
        if set(data) == {"expr"} and isinstance(data["expr"], str):
            return Expr(data["expr"])
        if set(data) == {"keys"}:
            try:
                return Curve.from_data(data["keys"])
            except ValueError as error:
                raise spec.fail(data["keys"], str(error)) from None
        raise ParameterError(f"{spec.owner}.{spec.name}: expected a value, keys or expr, found {sorted(data)}")
    if isinstance(data, list) and spec.parse is None:
        return tuple(_plain(v, spec) for v in data)
    return data
