"""What the strokes of a Paint and the shapes of a Roto have in common: their place over time, and how they are read.

Both are lists of members by name. A number may be animated as those of a node are, `{"keys": [[1, 0, "smooth"], ...]}`,
and `translate`, `rotate` and `scale` move all points about `center`. Coordinates are full-size pixels, y up from the
bottom left of the frame.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

from torch import Tensor

from rimlight.engine import Curve

from .matrices import affine_matrix

Number = float | Curve
Pair = tuple[Number, Number]
Read = Callable[[Any, str], Any]
"""Makes a value of plain data, and says in a sentence what is wrong with it. The text names it there."""
D = TypeVar("D", bound="Drawn")
T = TypeVar("T")

LARGEST = 1e7
"""Pixels, and levels of a colour: beyond any picture, and small enough for exact arithmetic."""


@dataclass(frozen=True, repr=False)
class Drawn:
    """A stroke or a shape. Its fields are the members of its data.

    translate, rotate, scale : moves its points about `center`, in pixels and degrees, counter-clockwise.
    """

    name: str = field(default="", repr=False)  # a new name is not a new picture
    visible: bool = True
    translate: Pair = (0.0, 0.0)
    rotate: Number = 0.0
    scale: Pair = (1.0, 1.0)
    center: Pair = (0.0, 0.0)

    kind: ClassVar[str] = ""
    """What it is called in sentences."""
    contents: ClassVar[str] = ""
    """What it is made of, in sentences."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Of numbers that have others than all have."""
    still: ClassVar[tuple[str, ...]] = ()
    """Numbers that are never animated."""

    def __repr__(self) -> str:
        return self._shown

    @cached_property
    def _shown(self) -> str:
        """Keys of the cache are made of it again and again, and of hundreds of strokes few change."""
        return (
            f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in fields(self) if f.repr)})"
        )

    @classmethod
    def numbers(cls) -> tuple[str, ...]:
        """The members that are numbers or several of them."""
        return tuple(f.name for f in fields(cls) if _is_number(f.default))

    @property
    def is_still(self) -> bool:
        """Whether it is the same at every frame at which it is there."""
        return self._has_still_numbers

    @cached_property
    def _has_still_numbers(self) -> bool:
        return not any(isinstance(n, Curve) for name in self.numbers() for n in parts_of(getattr(self, name)))

    def numbers_at(self, frame: float) -> dict[str, Any]:
        """The numbers that are animated, as they are at a frame, held in their bounds."""
        found: dict[str, Any] = {}
        for name in self.numbers():
            value = getattr(self, name)
            if any(isinstance(n, Curve) for n in parts_of(value)):
                low, high = self.bounds.get(name, (-math.inf, math.inf))
                parts = tuple(min(max(at_frame(n, frame), low), high) for n in parts_of(value))
                found[name] = parts if isinstance(value, tuple) else parts[0]
        return found

    def resolved(self, frame: float) -> Self:
        """What it is at a frame, with plain numbers."""
        return self if self.is_still else replace(self, **self.numbers_at(frame))

    @cached_property
    def matrix(self) -> Tensor:
        """From its points to where they are, 3x3 float64; its numbers are plain."""
        (tx, ty), (sx, sy), (cx, cy) = self.translate, self.scale, self.center
        return affine_matrix(
            (plain(tx), plain(ty)), plain(self.rotate), (plain(sx), plain(sy)), center=(plain(cx), plain(cy))
        )

    def to_data(self) -> dict[str, Any]:
        numbers, out = self.numbers(), {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value == f.default:
                continue
            if f.name in numbers:
                parts = [{"keys": n.to_data()} if isinstance(n, Curve) else short(n) for n in parts_of(value)]
                out[f.name] = parts if isinstance(value, tuple) else parts[0]
            else:
                out[f.name] = self.member_data(f.name, value)
        return out

    def member_data(self, name: str, value: Any) -> Any:
        """Plain data of a member that is no number."""
        return value


def size_of(matrix: Tensor) -> float:
    """How much larger things are after a matrix: the root of what it does to areas."""
    (a, b), (c, d) = matrix[:2, :2].tolist()
    return abs(a) if b == c == 0 and abs(a) == abs(d) else math.sqrt(abs(a * d - b * c))


def read_list(data: Any, kind: type[D], own: Mapping[str, Read]) -> tuple[D, ...]:
    """Strokes or shapes of a list of plain data. own : for members that are no number, choice, text or switch.

    Those that are in the list as they are stay so. Raises ValueError with a sentence that says where it is wrong.
    """
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"expected a list of {kind.kind}s")
    return tuple(
        one if isinstance(one, kind) else _read(one, kind, f"{kind.kind} {i + 1}", own) for i, one in enumerate(data)
    )


def _read(data: Any, kind: type[D], where: str, own: Mapping[str, Read]) -> D:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} is {shown(data)}, expected its {kind.contents}")
    name = data.get("name", "")
    if not isinstance(name, str):
        raise ValueError(f"the name of {where} is {shown(name)}, expected text")
    where = f"{kind.kind} '{name}'" if name else where
    known = {f.name: f.default for f in fields(kind)}
    values: dict[str, Any] = {}
    for member, value in data.items():
        what = f"{member} of {where}"
        if member not in known:
            raise ValueError(f"{where} has '{member}', expected only {', '.join(known)}")
        if member in own:
            values[member] = own[member](value, what)
        elif _is_number(known[member]):
            values[member] = _numbers(value, kind, member, known[member], what)
        elif member in kind.choices:
            values[member] = choice(value, kind.choices[member], what)
        elif isinstance(known[member], bool) and not isinstance(value, bool):
            raise ValueError(f"{what} is {shown(value)}, expected true or false")
        else:
            values[member] = value
    return kind(**values)


def _is_number(default: object) -> bool:
    return isinstance(default, float) or (
        isinstance(default, tuple) and bool(default) and all(isinstance(n, float) for n in default)
    )


def _numbers(value: Any, kind: type[Drawn], member: str, default: Any, what: str) -> Any:
    bounds = kind.bounds.get(member, (-LARGEST, LARGEST))

    def one(part: Any) -> Number:
        if member not in kind.still and isinstance(part, Mapping) and set(part) == {"keys"}:
            try:
                return Curve.from_data(part["keys"])
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from None
        return number(part, what, *bounds)

    if not isinstance(default, tuple):
        return one(value)
    if not isinstance(value, (list, tuple)) or len(value) != len(default):
        raise ValueError(f"{what} is {shown(value)}, expected {len(default)} numbers")
    return tuple(map(one, value))


def number(value: Any, what: str, low: float = -LARGEST, high: float = LARGEST) -> float:
    """A number within bounds. what : names it in the sentence."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what} is {shown(value)}, expected a number")
    if not low <= value <= high:
        expected = f"{low:.12g} upwards" if low > -high == -LARGEST else f"{low:.12g} to {high:.12g}"
        raise ValueError(f"{what} is {value:.12g}, expected {expected}")
    return float(value)


def choice(value: Any, known: Sequence[str], what: str) -> str:
    """One of some texts. what : names it in the sentence."""
    if value not in known:
        raise ValueError(f"{what} is {shown(value)}, expected one of {', '.join(known)}")
    return str(value)


def points(data: Any, what: str, one: Callable[[Any, str], T]) -> tuple[T, ...]:
    """The points of a list. one : reads a point."""
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{what}: found {shown(data)}, expected a list of points")
    return tuple(one(point, f"point {i + 1} of the {what}") for i, point in enumerate(data))


def parts_of(value: Any) -> tuple[Number, ...]:
    """The numbers of a member."""
    return value if isinstance(value, tuple) else (value,)


def at_frame(value: Number, frame: float) -> float:
    """A number at a frame."""
    return value.at(frame) if isinstance(value, Curve) else value


def plain(value: object) -> float:
    """A number of what is resolved."""
    assert isinstance(value, float)
    return value


def short(value: float) -> float:
    """The same number in its shortest JSON form."""
    return int(value) if float(value).is_integer() else value


def shown(value: object) -> str:
    """What was found, for a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
