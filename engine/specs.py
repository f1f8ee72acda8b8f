"""What a declared parameter becomes: its `Spec`. What its author got wrong is refused here, before anything uses it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import MISSING, replace
from typing import Any, get_args

from .curve import Curve
from .errors import listing
from .params import Place, Role, Spec

_SCALARS = (float, int, bool, str, Curve)
_COMPONENTS = {"color": ("r", "g", "b", "a"), "size": ("w", "h"), "box": ("x", "y", "r", "t"), "": ("x", "y", "z", "w")}

_HANDLES = {"point": 2, "track": 2, "corner": 2, "box": 4}
"""How many numbers a handle on the picture drags."""

_OF_NUMBERS = {*_HANDLES, "color", "size", "matrix", "move", "turn", "stretch", "skew", "pivot"}
"""Roles of numbers; all others are of text, or of values that a parameter parses itself."""


def make_spec(owner: str, name: str, annotation: Any, default: Any, options: dict[str, Any]) -> Spec:
    """The Spec of one declared field.

    options : what `param` was given, by argument. Raises TypeError when the declaration itself is wrong, its author's
    mistake, and ParameterError for a default that is not legal.
    """
    what = f"{owner}.{name}"
    if default is MISSING:
        raise TypeError(f"{what}: a parameter needs a default")
    _check_options(what, options)
    base, size = _type_of(what, annotation, options["parse"])
    _check_type(what, base, size, options)
    if base is int and any(number != int(number) for number in _numbers_of(default)):
        raise TypeError(f"{what} is declared as int, but its default is {default}")
    components = _COMPONENTS.get(options["role"], _COMPONENTS[""])[:size] if 1 < size <= 4 else ()
    if base in (str, Curve, object):
        options = options | {"animatable": False}
    spec = Spec(name=name, type=base, size=size, default=default, components=components, owner=owner, **options)
    return replace(spec, default=spec.check(default))


def _check_options(what: str, options: dict[str, Any]) -> None:
    """Raise TypeError for an option that is wrong whatever the type of the parameter."""
    if not options["doc"]:
        raise TypeError(f"{what}: a parameter needs a doc sentence")
    for option, known in (("role", Role), ("place", Place)):
        if options[option] not in get_args(known):
            words = listing([word for word in get_args(known) if word], 40)
            raise TypeError(f"{what}: its {option} is '{options[option]}', expected one of {words}")
    if not _is_range(options["hard"], open_ended=True):
        raise TypeError(f"{what}: its hard range is {options['hard']!r:.60}, expected (low, high), None for no end")
    if options["soft"] is not None and not _is_range(options["soft"], open_ended=False):
        raise TypeError(f"{what}: its soft range is {options['soft']!r:.60}, expected (low, high)")


def _type_of(what: str, annotation: Any, parse: Callable[[Any], Any] | None) -> tuple[type, int]:
    """The type of a component, and how many there are."""
    if parse is not None:
        return object, 1
    if annotation in _SCALARS:
        return annotation, 1
    arguments = getattr(annotation, "__args__", ())
    if not arguments or any(a is not arguments[0] for a in arguments) or arguments[0] not in (float, int):
        found = getattr(annotation, "__name__", annotation)
        raise TypeError(
            f"{what} is declared as {found}: a parameter is float, int, bool, str, Curve, Color, ColorA, Vec2, Vec3, "
            "Vec4 or Matrix3"
        )
    return arguments[0], len(arguments)


def _check_type(what: str, base: type, size: int, options: dict[str, Any]) -> None:
    """Raise TypeError where a role or choices are not those of a type."""
    role = options["role"]
    if size != _HANDLES.get(role, size) or (role in _HANDLES and base is not float):
        raise TypeError(f"{what}: its role is '{role}', for which it has to be a Vec{_HANDLES[role]}")
    if role and base is not object and (base in (float, int)) != (role in _OF_NUMBERS):
        wanted = "numbers" if role in _OF_NUMBERS else "str"
        raise TypeError(f"{what}: its role is '{role}', for which it has to be {wanted}")
    if options["choices"] and base is not str:
        raise TypeError(f"{what} is declared as {base.__name__}, but only a str has choices")


def _is_range(found: Any, open_ended: bool) -> bool:
    """Whether it is a pair of numbers that rises; None is no bound, where it may be `open_ended`."""
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return False
    ends = [x for x in found if not (open_ended and x is None)]
    return all(isinstance(x, (int, float)) for x in ends) and (len(ends) < 2 or ends[0] < ends[1])


def _numbers_of(default: Any) -> Sequence[float]:
    """Its components, as far as they are numbers; what is none is refused by `check`."""
    parts = default if isinstance(default, (tuple, list)) else (default,)
    return [x for x in parts if isinstance(x, (int, float)) and math.isfinite(x)]
