"""Animation curves: keys over frames, piecewise cubic between them.

The same value serves as a lookup over any other axis, such as a hue or a tone (`Curve.sample`, `Curve.pieces`).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise, takewhile
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from .reals import as_float, shown

Interp = Literal["constant", "linear", "smooth", "free"]
Extend = Literal["hold", "linear", "loop", "bounce"]
Floats = npt.NDArray[np.float64]

_INTERPS: tuple[str, ...] = get_args(Interp)
_EXTENDS: tuple[str, ...] = get_args(Extend)
_LARGEST = 1e100  # far from where a product of slopes would overflow

MIN_STEP = 1e-6
"""The least distance of two keys: any closer and slopes overflow."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value at a frame. Raises ValueError for numbers that are not finite.

    interp : `constant` holds the value up to the next key; `linear` leaves and arrives in a straight line; `smooth`
        chooses a slope that never leaves the range of the neighbours; `free` uses `left` and `right`.
    left, right : slopes of a free key in value per frame, arriving and leaving. Ignored by the others.
    """

    frame: float
    value: float
    interp: Interp = "smooth"
    left: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        for name in ("frame", "value", "left", "right"):
            given = getattr(self, name)
            number = as_float(given)
            if number is None or not abs(number) <= _LARGEST:
                raise ValueError(f"the {name} of a key is {shown(given)}, expected a finite number")
            object.__setattr__(self, name, number)
        if self.interp not in _INTERPS:
            raise ValueError(f"the interpolation of a key is {self.interp!r}, expected one of {', '.join(_INTERPS)}")

    @property
    def broken(self) -> bool:
        """True when a free key arrives and leaves at different slopes."""
        return self.interp == "free" and self.left != self.right


@dataclass(frozen=True)
class Curve:
    """At least one key, in order of their frames, no two at the same place. Immutable; raises ValueError otherwise.

    before, after : the value before the first and after the last key: `hold` it, continue in a straight line
        (`linear`), repeat (`loop`) or repeat back and forth (`bounce`).
    """

    keys: tuple[Key, ...]
    before: Extend = field(default="hold", kw_only=True)
    after: Extend = field(default="hold", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(self.keys))
        if not self.keys:
            raise ValueError("a curve has no keys, expected at least one")
        for one, two in pairwise(self.keys):
            if one.frame == two.frame:
                raise ValueError(f"a curve has two keys at frame {two.frame:.12g}, expected one")
            if two.frame - one.frame < MIN_STEP:
                raise ValueError(
                    f"the keys of a curve go from frame {one.frame:.12g} to {two.frame:.12g}, "
                    f"expected rising frames at least {MIN_STEP:g} apart"
                )
        for extend in (self.before, self.after):
            if extend not in _EXTENDS:
                raise ValueError(f"the extension of a curve is {extend!r}, expected one of {', '.join(_EXTENDS)}")

    @staticmethod
    def of(*points: tuple[float, float], interp: Interp = "smooth", extend: Extend = "hold") -> "Curve":
        """A curve through (frame, value) points in any order, all with the same interpolation.

        extend : before the first and after the last.
        """
        keys = tuple(Key(frame, value, interp) for frame, value in sorted(points))
        return Curve(keys, before=extend, after=extend)

    def at(self, frame: float) -> float:
        """The value at a frame, fractional or not."""
        knots, origins, rows = self._table
        x = self._fold(frame)
        i = bisect_right(knots, x)
        c0, c1, c2, c3 = rows[i]
        u = x - origins[i]
        return c0 + u * (c1 + u * (c2 + u * c3))

    def sample(self, xs: npt.ArrayLike) -> Floats:
        """The values at an array of positions of any shape, as `at` gives them one by one."""
        x = np.asarray(xs, dtype=np.float64)
        first, last = self.range()
        span = last - first
        for extend, outside in ((self.before, x < first), (self.after, x > last)):
            if extend == "loop" and span > 0:
                x = np.where(outside, first + np.mod(x - first, span), x)
            elif extend == "bounce" and span > 0:
                x = np.where(outside, first + span - np.abs(np.mod(x - first, 2 * span) - span), x)
        knots, origins, coefficients = self.pieces()
        i = np.searchsorted(knots, x, side="right")
        u = x - origins[i]
        c = coefficients[i]
        result: Floats = c[..., 0] + u * (c[..., 1] + u * (c[..., 2] + u * c[..., 3]))
        return result

    def pieces(self) -> tuple[Floats, Floats, Floats]:
        """The curve as cubics, for evaluation elsewhere: `(knots [n], origins [n + 1], coefficients [n + 1, 4])`.

        Piece i holds where i knots are at or below x; its value is the sum over k of
        `coefficients[i, k] * (x - origins[i]) ** k`. The first and the last piece are the extension; for `loop` and
        `bounce` x is to be folded into the range before. The arrays are made once and are read-only.
        """
        return self._arrays

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        knots, origins, rows = (np.array(part) for part in self._table)
        for array in (knots, origins, rows):
            array.setflags(write=False)
        return knots, origins, rows

    @property
    def is_constant(self) -> bool:
        """True when the value is the same at every frame."""
        rows = self._table[2]
        return all(row == (rows[0][0], 0.0, 0.0, 0.0) for row in rows)

    def range(self) -> tuple[float, float]:
        """The frames of the first and the last key."""
        return self.keys[0].frame, self.keys[-1].frame

    def with_key(self, key: Key) -> "Curve":
        """With a key added; it replaces one at the same frame."""
        return self._of([k for k in self.keys if k.frame != key.frame] + [key])

    @classmethod
    def keyed(cls, before: Any, values: Mapping[float, float]) -> "Curve":
        """`before` where it is a curve, else a new one, with linear keys at the values by frame; they replace keys at
        the same frames.
        """
        keys = {key.frame: key for key in before.keys} if isinstance(before, Curve) else {}
        keys |= {float(frame): Key(float(frame), float(value), "linear") for frame, value in values.items()}
        rising = tuple(keys[frame] for frame in sorted(keys))
        return replace(before, keys=rising) if isinstance(before, Curve) else cls(rising)

    def without_key(self, frame: float) -> "Curve":
        """Without the key at `frame`. Raises ValueError when there is none, or no other."""
        self._index(frame)
        return self._of(k for k in self.keys if k.frame != frame)

    def moved(self, frame: float, to: float, value: float | None = None) -> "Curve":
        """With the key at `frame` moved, its value set if given. ValueError if none is there or one at `to`."""
        i = self._index(frame)
        key = replace(self.keys[i], frame=to, value=self.keys[i].value if value is None else value)
        return self._of([*self.keys[:i], *self.keys[i + 1 :], key])

    def shifted(self, offset: float) -> "Curve":
        """Later by `offset` frames."""
        return self._of(replace(k, frame=k.frame + offset) for k in self.keys)

    def scaled(self, frames: float = 1.0, values: float = 1.0, pivot: float = 0.0) -> "Curve":
        """Stretched in time about the frame `pivot` and multiplied in value. Raises ValueError unless `frames` > 0."""
        if not frames > 0:
            raise ValueError(f"a curve was stretched by {frames:g}, expected more than 0")
        slope = values / frames
        return self._of(
            Key(pivot + (k.frame - pivot) * frames, k.value * values, k.interp, k.left * slope, k.right * slope)
            for k in self.keys
        )

    def to_data(self) -> list[Any]:
        """Plain data: `[[1, 0, "smooth"], [10, 2.5, "free", 0.1, -0.2]]`.

        In front of the keys stands the extension unless it holds, or both where they differ: `["hold", "loop", ...]`.
        """
        rows: list[Any] = [self.before] if self.before == self.after else [self.before, self.after]
        rows = [] if rows == ["hold"] else rows
        for key in self.keys:
            slopes = [_short(key.left), _short(key.right)] if key.interp == "free" else []
            rows.append([_short(key.frame), _short(key.value), key.interp, *slopes])
        return rows

    @staticmethod
    def from_data(data: Any) -> "Curve":
        """The curve of `to_data`. Raises ValueError with a sentence for anything else."""
        if not isinstance(data, (list, tuple)) or not data:
            raise ValueError(f"a curve is {data!r:.60}, expected a list of keys")
        extends: list[Any] = list(takewhile(lambda row: isinstance(row, str), data[:2])) or ["hold"]
        rows = data[len(extends) :] if isinstance(data[0], str) else data
        return Curve(tuple(_key(row) for row in rows), before=extends[0], after=extends[-1])

    def _of(self, keys: Iterable[Key]) -> "Curve":
        return replace(self, keys=tuple(sorted(keys, key=lambda k: k.frame)))

    def _index(self, frame: float) -> int:
        for i, key in enumerate(self.keys):
            if key.frame == frame:
                return i
        raise ValueError(f"the curve has no key at frame {frame:.12g}")

    def _fold(self, x: float) -> float:
        first, last = self.range()
        span = last - first
        extend = self.before if x < first else self.after
        if first <= x <= last or span == 0 or extend not in ("loop", "bounce"):
            return x
        if extend == "loop":
            return first + (x - first) % span
        return first + span - abs((x - first) % (2 * span) - span)

    @cached_property
    def _table(self) -> tuple[list[float], list[float], list[tuple[float, float, float, float]]]:
        """Knots, origins and cubics of `pieces`, as lists for the scalar path."""
        keys, last = self.keys, len(self.keys) - 1
        chords = [(b.value - a.value) / (b.frame - a.frame) for a, b in pairwise(keys)]
        rows = []
        for i, chord in enumerate(chords):
            a, b = keys[i], keys[i + 1]
            if a.interp == "constant":
                rows.append((a.value, 0.0, 0.0, 0.0))
                continue
            h = b.frame - a.frame
            # Hermite form, written so that equal slopes give an exact straight line.
            s0, s1 = self._slope(i, chords, leaving=True), self._slope(i + 1, chords, leaving=False)
            rows.append((a.value, s0, (3 * chord - 2 * s0 - s1) / h, (s0 + s1 - 2 * chord) / (h * h)))
        before = after = 0.0
        if self.before == "linear" and keys[0].interp != "constant":
            before = keys[0].left if keys[0].interp == "free" else self._slope(0, chords, leaving=True)
        if self.after == "linear" and keys[-1].interp != "constant":
            after = keys[-1].right if keys[-1].interp == "free" else self._slope(last, chords, leaving=False)
        rows.insert(0, (keys[0].value, before, 0.0, 0.0))
        rows.append((keys[-1].value, after, 0.0, 0.0))
        frames = [k.frame for k in keys]
        return frames, [frames[0], *frames], rows

    def _slope(self, i: int, chords: list[float], leaving: bool) -> float:
        """The slope at key i on the side towards its segment (the one after it when leaving)."""
        key = self.keys[i]
        if key.interp == "free":
            return key.right if leaving else key.left
        if not chords:
            return 0.0
        if key.interp == "smooth":
            return self._smooth(i, chords)
        # A straight line, also into a constant key, whose own slope only counts after it.
        return chords[min(i, len(chords) - 1) if leaving else max(i - 1, 0)]

    def _smooth(self, i: int, chords: list[float]) -> float:
        """Catmull-Rom slope through the neighbours, limited (Fritsch and Carlson 1980) so that no segment overshoots.

        At an end the curve goes on as its extension does: flat where it holds or turns, round where it closes.
        """
        last = len(self.keys) - 1
        if 0 < i < last:
            before, after = chords[i - 1], chords[i]
            rise = self.keys[i + 1].value - self.keys[i - 1].value
            run = self.keys[i + 1].frame - self.keys[i - 1].frame
        elif (self.before if i == 0 else self.after) == "linear":
            return chords[0] if i == 0 else chords[-1]
        elif "loop" in (self.before, self.after) and self.keys[0].value == self.keys[-1].value:
            before, after = chords[-1], chords[0]
            rise = self.keys[1].value - self.keys[-2].value
            run = (self.keys[1].frame - self.keys[0].frame) + (self.keys[-1].frame - self.keys[-2].frame)
        else:
            return 0.0
        if before * after <= 0:
            return 0.0
        limit = 3 * min(abs(before), abs(after))
        return math.copysign(min(abs(rise / run), limit), before)


def _short(number: float) -> float:
    """The same number in its shortest JSON form."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _key(row: Any) -> Key:
    if not isinstance(row, (list, tuple)) or len(row) not in (3, 5):
        raise ValueError(f"a key is {row!r:.60}, expected [frame, value, interpolation] and two slopes if free")
    if (len(row) == 5) != (row[2] == "free"):
        raise ValueError(f"a key is {row!r:.60}, expected two slopes after 'free' and none after the others")
    return Key(*row)
