"""Edits of curves by their keys: what the curve editor, the dope sheet and number fields do. Pure functions on values.

Keys are told apart by their place in the curve's order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from rimlight.engine import Curve, Interp, Key

NEAR = 1e-4
"""Keys closer than this to a frame are at it."""
Tangent = Literal["smooth", "linear", "constant", "horizontal", "cubic", "catmull-rom", "break"]
HAIR = 1e-9
"""Of its slope, by which the sides of a key that was broken differ before one is moved."""


def key_at(curve: Curve, frame: float) -> int | None:
    """The key at a frame."""
    return next(iter(keys_within(curve, frame - NEAR, frame + NEAR)), None)


def keys_within(curve: Curve, first: float, last: float) -> range:
    """The keys from one frame to another. They are looked up, as the mouse passes over thousands."""
    start = bisect_left(curve.keys, first, key=_frame)
    return range(start, bisect_right(curve.keys, last, lo=start, key=_frame))


def _frame(key: Key) -> float:
    return key.frame


def keyed(curve: Curve, frame: float, value: float) -> Curve:
    """With the value set at a frame: of the key that is there, or of a new one that goes on as the key before it."""
    i = key_at(curve, frame)
    if i is not None:
        return _with(curve, {i: replace(curve.keys[i], value=value)})
    before = [key for key in curve.keys if key.frame < frame]
    interp: Interp = (before[-1] if before else curve.keys[0]).interp
    if interp == "free":
        interp = "smooth"
    return curve.with_key(Key(frame, value, interp))


def first_key(frame: float, value: float, stepped: bool) -> Curve:
    """A curve of one key. stepped : for values that switch, such as a tick box."""
    return Curve((Key(frame, float(value), "constant" if stepped else "smooth"),))


def without(curve: Curve, chosen: Collection[int]) -> Curve | None:
    """Without some keys; None when none is left."""
    kept = tuple(key for i, key in enumerate(curve.keys) if i not in chosen)
    return replace(curve, keys=kept) if kept else None


def transformed(curve: Curve, chosen: Collection[int], change: Callable[[Key], Key]) -> tuple[Curve, frozenset[int]]:
    """With some keys changed, in time too; keys that they land on give way. Returns where the chosen are then."""
    moved = [change(curve.keys[i]) for i in sorted(chosen)]
    kept: dict[float, Key] = {round(k.frame / NEAR): k for i, k in enumerate(curve.keys) if i not in chosen}
    kept |= {round(k.frame / NEAR): k for k in moved}
    keys = sorted(kept.values(), key=lambda k: k.frame)
    found = {id(k) for k in moved}
    return replace(curve, keys=tuple(keys)), frozenset(i for i, k in enumerate(keys) if id(k) in found)


def moved(
    curve: Curve, chosen: Collection[int], frames: float, value: float, snap: bool
) -> tuple[Curve, frozenset[int]]:
    """With some keys moved; snap : onto whole frames."""

    def change(key: Key) -> Key:
        frame = key.frame + frames
        return replace(key, frame=float(round(frame)) if snap and frames else frame, value=key.value + value)

    return transformed(curve, chosen, change)


def scaled(
    curve: Curve, chosen: Collection[int], pivot: tuple[float, float], by: tuple[float, float], snap: bool
) -> tuple[Curve, frozenset[int]]:
    """With some keys scaled about a point (frame, value), their slopes too. Factors of 0 in time are refused by the
    caller.
    """

    def change(key: Key) -> Key:
        frame = pivot[0] + (key.frame - pivot[0]) * by[0]
        slope = by[1] / by[0]
        left, right = (key.left, key.right) if by[0] > 0 else (key.right, key.left)
        return replace(
            key, frame=float(round(frame)) if snap else frame, value=pivot[1] + (key.value - pivot[1]) * by[1],
            left=left * slope, right=right * slope,
        )  # fmt: skip

    return transformed(curve, chosen, change)


def with_tangents(curve: Curve, chosen: Collection[int], kind: Tangent) -> Curve:
    """With another interpolation of some keys.

    smooth : never beyond the neighbours. linear, constant : as they say. horizontal : flat. catmull-rom : the slope of
    the line through both neighbours. cubic : the slope of the parabola through the key and its neighbours, which takes
    their distances into account. break : as it is, but the two sides may be moved apart.
    """
    changed = {i: _tangent(curve, i, kind) for i in chosen}
    return _with(curve, changed)


def _tangent(curve: Curve, i: int, kind: Tangent) -> Key:
    key = curve.keys[i]
    if kind in ("smooth", "linear", "constant"):
        return replace(key, interp=kind, left=0.0, right=0.0)
    if kind == "horizontal":
        return Key(key.frame, key.value, "free", 0.0, 0.0)
    if kind == "break":
        left, right = slopes(curve, i)
        if left == right:  # a key is broken while its slopes differ
            left -= HAIR * max(1.0, abs(left))
        return Key(key.frame, key.value, "free", left, right)
    slope = _through(curve, i, weighted=kind == "cubic")
    return Key(key.frame, key.value, "free", slope, slope)


def _through(curve: Curve, i: int, weighted: bool) -> float:
    """The slope at a key from its neighbours: of the chord between them, or of the parabola through all three."""
    keys = curve.keys
    key = keys[i]
    before = keys[i - 1] if i > 0 else None
    after = keys[i + 1] if i + 1 < len(keys) else None
    if before is None or after is None:
        other = after or before
        return 0.0 if other is None else (other.value - key.value) / (other.frame - key.frame)
    left = (key.value - before.value) / (key.frame - before.frame)
    right = (after.value - key.value) / (after.frame - key.frame)
    if not weighted:
        return (after.value - before.value) / (after.frame - before.frame)
    a, b = key.frame - before.frame, after.frame - key.frame
    return (left * b + right * a) / (a + b)


def slopes(curve: Curve, i: int) -> tuple[float, float]:
    """The slopes, arriving and leaving, with which the curve runs through a key now."""
    key = curve.keys[i]
    if key.interp == "free":
        return key.left, key.right
    _, origins, rows = curve.pieces()
    leaving = float(rows[i + 1][1])
    # Piece i ends at key i; it starts at key i - 1, or is the extension in front.
    span = key.frame - float(origins[i])
    c = rows[i]
    arriving = float(c[1] + span * (2 * c[2] + span * 3 * c[3]))
    if i == 0:
        arriving = leaving
    if i == len(curve.keys) - 1:
        leaving = arriving
    return arriving, leaving


def with_slope(curve: Curve, i: int, slope: float, side: Literal["left", "right"], broken: bool) -> Curve:
    """With a handle of a key moved; the other one follows unless they are broken."""
    left, right = slopes(curve, i)
    if not broken:
        left = right = slope
    elif side == "left":
        left = slope
    else:
        right = slope
    key = curve.keys[i]
    return _with(curve, {i: Key(key.frame, key.value, "free", left, right)})


def pasted(curve: Curve, keys: Iterable[Key], at: float) -> Curve:
    """With copied keys put in, the first of them at a frame."""
    copied = list(keys)
    if not copied:
        return curve
    offset = at - min(key.frame for key in copied)
    for key in copied:
        curve = curve.with_key(replace(key, frame=round((key.frame + offset) / NEAR) * NEAR))
    return curve


def _with(curve: Curve, changed: Mapping[int, Key]) -> Curve:
    return replace(curve, keys=tuple(changed.get(i, key) for i, key in enumerate(curve.keys)))
