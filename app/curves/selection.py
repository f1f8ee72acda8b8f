"""Selected keys, by track, and what can be done with all of them at once."""

from collections.abc import Callable, Mapping

from rimlight.engine import Curve, Key

from .keys import Tangent, moved, scaled, slopes, with_tangents, without
from .tracks import Track, TrackId

Selection = Mapping[TrackId, frozenset[int]]
"""Places of the selected keys in their curves."""
Curves = dict[TrackId, Curve]
Bounds = tuple[float, float, float, float]
"""First and last frame, lowest and highest value."""


def pruned(selection: Selection, tracks: Mapping[TrackId, Track]) -> dict[TrackId, frozenset[int]]:
    """Without keys that are not there any more."""
    kept: dict[TrackId, frozenset[int]] = {}
    for name, chosen in selection.items():
        curve = tracks[name].curve if name in tracks else None
        left = frozenset(i for i in chosen if curve is not None and i < len(curve.keys))
        if left:
            kept[name] = left
    return kept


def followed(selection: Selection, before: Mapping[TrackId, Curve], now: Mapping[TrackId, Curve]) -> Selection:
    """The same keys in curves that were changed elsewhere, as by undo. Keys that were moved back are as many as are
    missed; where others are new, only those that stayed as they are.
    """
    return {
        name: chosen if now[name] is before[name] else _followed(before[name], chosen, now[name])
        for name, chosen in selection.items()
        if name in before and name in now
    }


def _followed(before: Curve, chosen: frozenset[int], now: Curve) -> frozenset[int]:
    held = {before.keys[i] for i in chosen}
    known = set(before.keys)
    there = frozenset(i for i, key in enumerate(now.keys) if key in held)
    new = frozenset(i for i, key in enumerate(now.keys) if key not in known)
    return there | new if len(there) + len(new) == len(chosen) else there


def selected_keys(selection: Selection, curves: Mapping[TrackId, Curve]) -> list[Key]:
    """The selected keys themselves."""
    return [curves[name].keys[i] for name, chosen in selection.items() for i in sorted(chosen)]


def onwards(selection: Selection, curves: Mapping[TrackId, Curve]) -> Selection:
    """From the first selected key of each track to its last one."""
    return {name: frozenset(range(min(chosen), len(curves[name].keys))) for name, chosen in selection.items() if chosen}


def bounds(selection: Selection, curves: Mapping[TrackId, Curve]) -> Bounds | None:
    """Around the selected keys; None when nothing is selected."""
    keys = selected_keys(selection, curves)
    if not keys:
        return None
    frames, values = [k.frame for k in keys], [k.value for k in keys]
    return min(frames), max(frames), min(values), max(values)


def shared(selection: Selection, curves: Mapping[TrackId, Curve]) -> dict[str, float | None]:
    """The frame, the value and the slopes, `left` and `right`, that all selected keys have; None where they differ."""
    found: dict[str, set[float]] = {"frame": set(), "value": set(), "left": set(), "right": set()}
    for name, i in ((name, i) for name, chosen in selection.items() for i in chosen):
        key = curves[name].keys[i]
        for numbers, number in zip(found.values(), (key.frame, key.value, *slopes(curves[name], i)), strict=True):
            numbers.add(round(number, 9))
        if all(len(numbers) > 1 for numbers in found.values()):
            break  # of thousands of keys the first few tell
    return {name: next(iter(numbers)) if len(numbers) == 1 else None for name, numbers in found.items()}


def move(
    selection: Selection, curves: Mapping[TrackId, Curve], frames: float, value: float, snap: bool
) -> tuple[Curves, Selection]:
    """All selected keys moved."""
    return _each(selection, curves, lambda curve, chosen: moved(curve, chosen, frames, value, snap))


def scale(
    selection: Selection,
    curves: Mapping[TrackId, Curve],
    pivot: tuple[float, float],
    by: tuple[float, float],
    snap: bool,
) -> tuple[Curves, Selection]:
    """All selected keys scaled about a point. A factor of 0 in time would lay keys upon each other and is left out."""
    safe = (by[0] if abs(by[0]) > 1e-3 else 1e-3, by[1])
    return _each(selection, curves, lambda curve, chosen: scaled(curve, chosen, pivot, safe, snap))


def tangents(selection: Selection, curves: Mapping[TrackId, Curve], kind: Tangent) -> Curves:
    """Another interpolation of all selected keys."""
    return {name: with_tangents(curves[name], chosen, kind) for name, chosen in selection.items()}


def delete(selection: Selection, curves: Mapping[TrackId, Curve]) -> dict[TrackId, Curve | None]:
    """Without the selected keys; None for a curve of which none is left."""
    return {name: without(curves[name], chosen) for name, chosen in selection.items()}


def _each(
    selection: Selection,
    curves: Mapping[TrackId, Curve],
    change: Callable[[Curve, frozenset[int]], tuple[Curve, frozenset[int]]],
) -> tuple[Curves, Selection]:
    changed: Curves = {}
    there: dict[TrackId, frozenset[int]] = {}
    for name, chosen in selection.items():
        changed[name], there[name] = change(curves[name], chosen)
    return changed, there
