"""Parameters and ports as a node class declares them.

A declaration holds all that the engine, the panel, the command line and the manual need to know. Nothing about a
parameter is written a second time anywhere.
"""

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .curve import Curve
from .errors import ParameterError, listing
from .reals import as_float, shown
from .region import parse_format

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]
Color = tuple[float, float, float]
"""Red, green, blue."""
ColorA = tuple[float, float, float, float]
"""Red, green, blue, alpha."""
Matrix3 = tuple[float, float, float, float, float, float, float, float, float]
"""Row by row."""

Bound = float | None
Place = Literal["top", "main", "bottom"]
Role = Literal[
    "", "color", "point", "size", "file", "folder", "channels", "channel", "layer", "colorspace", "display", "view",
    "look", "format", "frames", "text", "shapes", "strokes", "expression", "matrix", "model", "font", "config",
    "lights", "link", "track", "box", "corner", "move", "turn", "stretch", "skew", "skew_order", "pivot", "pivot_from",
]  # fmt: skip
"""How a value is meant, beyond its type: what widget edits it and how it is checked. `track`: a point that can be made
to follow the picture, see `engine/tracking`. `link`: a channel of the pictures that the node's lights light. `box`:
left, bottom, right, top in pixels of the frame, y up. `corner`: a point, joined to the others whose names differ in
their number.

The parts of a transform T(pivot) T(move) R(turn) Skew S(stretch) T(-pivot) have one handle together: `move` by how many
pixels, `turn` in degrees counter-clockwise, `stretch` two factors, `skew` twice, of x and of y, `skew_order` XY or YX
as in Nuke, `pivot` a point that is counted from the corner of the frame, or from its middle where `pivot_from` is
`middle`. A node has of these what it needs; without a pivot the handle is in the middle of the frame.
"""


@dataclass(frozen=True)
class Port:
    """An input of a node. `many` ports take any number of wires: sockets `A`, `A2`, `A3` and so on."""

    name: str
    doc: str
    optional: bool = False
    many: bool = False
    type: type = object

    def sockets(self, connected: Sequence[str]) -> tuple[str, ...]:
        """The connected sockets of this port in order."""
        if not self.many:
            return (self.name,) if self.name in connected else ()
        mine = [s for s in connected if s == self.name or (s.startswith(self.name) and s[len(self.name) :].isdigit())]
        return tuple(sorted(mine, key=lambda s: int(s[len(self.name) :] or 1)))


@dataclass(frozen=True)
class Spec:
    """A parameter of a node.

    type : float, int, bool, str, Curve or object (a value with its own `parse`); for vectors the type of a component.
    size : number of components, 1 for a scalar.
    hard : legal range, refused outside. soft : range of the slider.
    unit : `px` values are scaled with the proxy; `stops`, `deg`, `K`, `cm`, `%` are shown, and `frames` for how many.
        `frame` is which one: its slider runs over the frames of the project.
    cosmetic : has no influence on the pixels and is not part of cache keys.
    unless : another parameter and the value of it at which this one says nothing, so that nothing is to be dragged; or
        an input and None, for while nothing is wired to that.
    """

    name: str
    type: type
    size: int
    default: Any
    doc: str
    hard: tuple[Bound, Bound] = (None, None)
    soft: tuple[float, float] | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    role: Role = ""
    animatable: bool = True
    cosmetic: bool = False
    place: Place = "main"
    label: str = ""
    components: tuple[str, ...] = ()
    parse: Callable[[Any], Any] | None = None
    unless: tuple[str, Any] | None = None
    owner: str = ""

    @property
    def title(self) -> str:
        """What people see: the label, or the name with blanks."""
        return self.label or self.name.replace("_", " ")

    def fail(self, value: object, expected: str) -> ParameterError:
        """The error for a value, to be raised: `color.grade.gamma = 0: ` and what was expected."""
        return ParameterError(f"{self.owner}.{self.name} = {shown(value)}: {expected}")

    def check(self, value: Any) -> Any:
        """The canonical form of a constant. Raises ParameterError with a sentence when it is not legal.

        Numbers and arrays of NumPy are taken as numbers and tuples, paths as text where a file or folder is named.
        """
        if isinstance(value, (np.ndarray, np.generic)):
            value = value.tolist()
        if self.parse is not None:
            try:
                return self.parse(value)
            except (ValueError, TypeError, KeyError) as error:
                raise self.fail(value, str(error)) from None
        if self.size == 1:
            return self.check_component(value)
        if as_float(value) is not None:
            value = (value,) * self.size
        if not isinstance(value, (tuple, list)) or len(value) != self.size:
            raise self.fail(value, f"expected {self.size} numbers")
        return tuple(self.check_component(v) for v in value)

    def check_component(self, value: Any) -> Any:
        """As `check`, for one component of a vector or a scalar."""
        if self.type is bool:
            return self._bool(value)
        if self.type is str:
            return self._text(value)
        if self.type is Curve:
            if not isinstance(value, Curve):
                raise self.fail(value, "expected a curve")
            return value
        number = as_float(value)
        if number is None:
            raise self.fail(value, "expected a number")
        if not math.isfinite(number):
            raise self.fail(value, "expected a finite number")
        if self.type is int:
            number = math.floor(number + 0.5)
        low, high = self.hard
        if (low is not None and number < low) or (high is not None and number > high):
            raise self.fail(value, f"must be within {_range(low, high)}")
        return number

    def _bool(self, value: Any) -> bool:
        if not isinstance(value, (bool, int, float)) or value not in (0, 1):
            raise self.fail(value, "expected true or false")
        return bool(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, os.PathLike) and self.role in ("file", "folder"):
            value = os.fspath(value)
        if not isinstance(value, str):
            raise self.fail(value, "expected text")
        if self.choices and value not in self.choices:
            raise self.fail(value, f"expected one of {listing(self.choices, 40)}")
        if self.role == "format" and value:
            try:
                parse_format(value)
            except ValueError as error:
                raise self.fail(value, str(error)) from None
        return value


class Interpolated(float):
    """A number between two keys, which may lie a little outside the range that the keys are in."""


Numbers = tuple[tuple[str, float], ...]
"""What a node is given of a `Family`: the numbers that the script sets, by member, in the order of the names."""


@dataclass(frozen=True)
class Family:
    """Numbers that a node does not name itself, such as those of the model it runs: any number of parameters.

    A member `strength` of the family `model` is the parameter `model_strength`, animated, linked and saved as all
    others are. Which there are, and their defaults and ranges, is found out with the node's inputs: `Node.members`.
    """

    name: str
    doc: str
    owner: str = ""

    def member(self, parameter: str) -> str:
        """The member that a parameter is, empty for one that is none."""
        found = re.fullmatch(rf"{self.name}_({MEMBER})", parameter)
        return found[1] if found else ""

    def spec(self, member: str, **known: Any) -> Spec:
        """The declaration of a member. known : what is known of it; without, its `default` is None."""
        options = {"default": None, "doc": self.doc, "label": member.replace("_", " ")} | known
        return Spec(f"{self.name}_{member}", float, 1, owner=self.owner, **options)


MEMBER = r"[A-Za-z0-9_]+"
"""How the name of a member is written."""


def numbers(doc: str) -> Any:
    """Declare a family of numbers of a node class, annotated as `Numbers`. See `Family`."""
    return field(default=(), metadata={"family": doc}, kw_only=True)


def _range(low: Bound, high: Bound) -> str:
    if low is None:
        return f"-inf to {high:g}"
    return f"{low:g} upwards" if high is None else f"{low:g} to {high:g}"


def param(
    *,
    default: Any,
    doc: str,
    hard: tuple[Bound, Bound] = (None, None),
    soft: tuple[float, float] | None = None,
    unit: str = "",
    choices: Sequence[str] = (),
    role: Role = "",
    animatable: bool = True,
    cosmetic: bool = False,
    place: Place = "main",
    label: str = "",
    parse: Callable[[Any], Any] | None = None,
    unless: tuple[str, Any] | None = None,
) -> Any:
    """Declare a parameter of a node class; the annotation gives its type. See `Spec` for the arguments."""
    if isinstance(choices, str):
        raise TypeError(f"the choices of a parameter are {choices!r:.60}, expected a tuple of names")
    options = {
        "doc": doc, "hard": hard, "soft": soft, "unit": unit, "choices": tuple(choices), "role": role,
        "animatable": animatable, "cosmetic": cosmetic, "place": place, "label": label, "parse": parse,
        "unless": unless,
    }  # fmt: skip
    return field(default=default, metadata={"param": options}, kw_only=True)


def port(doc: str, *, optional: bool = False, many: bool = False, init: Literal[False] = False) -> Any:
    """Declare an input of a node class; the annotation gives the type of the wire."""
    return field(
        init=init,
        default=None,
        repr=False,
        compare=False,
        metadata={"port": {"doc": doc, "optional": optional, "many": many}},
    )
