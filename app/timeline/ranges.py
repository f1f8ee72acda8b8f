"""Ranges of frames, the order in which they are played, and the frames that have keys."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from rimlight.engine import Curve, Document, Graph

from ..paths import has_node
from ..shapedata import key_frames as shape_keys
from ..shapedata import shape_values
from ..strokedata import key_frames as stroke_keys
from ..strokes import stroke_values

Range = tuple[int, int]
"""First and last frame."""
IN_OUT = "in_out"
"""Where a script's `ui` keeps the in and out point, `[first, last]`."""


class Loop(StrEnum):
    """What comes after the last frame."""

    LOOP = "loop"
    BOUNCE = "bounce"
    ONCE = "once"


def in_out(ui: Mapping[str, Any]) -> Range | None:
    """The in and out point of a script, None where it has none."""
    found = ui.get(IN_OUT)
    whole = isinstance(found, (list, tuple)) and len(found) == 2 and all(isinstance(v, int) for v in found)
    return (found[0], found[1]) if whole and found is not None and found[0] <= found[1] else None


def with_in_out(ui: Mapping[str, Any], marks: Range | None) -> dict[str, Any]:
    """The `ui` of a script with another in and out, or without."""
    others = {name: value for name, value in ui.items() if name != IN_OUT}
    return others if marks is None else {**others, IN_OUT: list(marks)}


def worked_on(document: Document) -> Range:
    """The frames that work over a range of them is about: from in to out where the script has such, else all."""
    return in_out(document.ui) or document.project.frames


def frame_at(start: float, steps: int, span: Range, loop: Loop) -> float | None:
    """The frame that is played `steps` after `start`, backward where negative; None past the end of playing once.

    Starts outside the range begin at its nearer end.
    """
    first, last = span
    count = last - first + 1
    at = round(min(max(start, first), last)) - first
    there = at + steps
    if loop is Loop.ONCE or count == 1:
        return float(first + there) if 0 <= there < count else None
    if loop is Loop.LOOP:
        return float(first + there % count)
    there %= 2 * (count - 1)
    return float(first + min(there, 2 * (count - 1) - there))


def upcoming(start: float, direction: int, span: Range, loop: Loop) -> Iterator[float]:
    """The frames that are played after `start`, each once, in order."""
    seen: set[float] = set()
    count = span[1] - span[0] + 1
    for step in range(1, 2 * count + 1):
        frame = frame_at(start, direction * step, span, loop)
        if frame is None:
            return
        if frame not in seen:
            seen.add(frame)
            yield frame


def key_frames(graph: Graph, path: str | None) -> tuple[float, ...]:
    """The frames at which a node has keys, in order."""
    if path is None or not has_node(graph, path):
        return ()
    state = graph.at(path)
    found = {frame for _, shapes in shape_values(state) for shape in shapes.to_data() for frame in shape_keys(shape)}
    found |= {frame for stroke in stroke_values(state) for frame in stroke_keys(stroke.to_data())}
    for value in state.values.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Curve):
                found |= {key.frame for key in part.keys}
    return tuple(sorted(found))


def neighbor(frames: tuple[float, ...], frame: float, direction: int) -> float | None:
    """The next frame of some in a direction, None where there is none."""
    if direction > 0:
        return next((f for f in frames if f > frame), None)
    return next((f for f in reversed(frames) if f < frame), None)
