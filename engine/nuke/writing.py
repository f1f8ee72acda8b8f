"""Nodes of ours as text that Nuke pastes, for the kinds that say how they are written."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..curve import Curve
from ..errors import GraphError, RimlightError
from ..graph.edits import POSITION
from ..graph.graph import Graph, NodeState
from ..kinds import registry
from ..values import Expr
from .declare import NukeClass

Value = Callable[[str, str, float], Any]
"""Gives a parameter of a node at a frame, as `Session.value` does. Raises RimlightError."""


def nuke_text(
    graph: Graph, names: Iterable[str], value: Value | None = None, frames: tuple[int, int] = (1, 1)
) -> tuple[str, list[str]]:
    """Some nodes of a level as Nuke's clipboard has them, unwired, and what could not be written, as sentences.

    value, frames : numbers that are linked or expressions get a key at each of these frames, first and last; without a
    `value` they are left out. Raises GraphError when a node is of a kind that has no way back to Nuke.
    """
    texts, notes = ["set cut_paste_input [stack 0]\nversion 13.0 v1\n"], []
    for name in names:
        state = graph[name]
        found = _declared(state.cls.nuke if state.cls is not None else ())
        if found is None or found.write is None:
            label = state.cls.label if state.cls is not None else state.kind
            raise GraphError(f"{name}: a {label} cannot be written for Nuke, only {_possible()} can")
        if value is not None:
            state = _baked(name, state, value, range(frames[0], frames[1] + 1))
        knobs, left = found.write(state)
        notes += [f"{name}: {note}" for note in left]
        place = state.ui.get(POSITION) or (0, 0)
        lines = [f" {knob} {text}" for knob, text in knobs.items()]
        lines += [f" name {name}", " selected true", f" xpos {round(place[0])}", f" ypos {round(place[1])}"]
        texts.append(f"{found.names.split()[0]} {{\n inputs 0\n" + "\n".join(lines) + "\n}\n")
    return "".join(texts), notes


def _baked(name: str, state: NodeState, value: Value, frames: Sequence[int]) -> NodeState:
    """A node with keys where it had expressions; those that cannot be computed are left to the writer."""
    values, cls = dict(state.values), state.cls
    for parameter, stored in state.values.items():
        spec = cls.spec(parameter) if cls is not None and not cls.is_member(parameter) else None
        if spec is None or spec.type not in (float, int):
            continue
        parts = stored if isinstance(stored, tuple) else (stored,) * spec.size
        if not any(isinstance(part, Expr) for part in parts):
            continue
        try:
            found = [value(name, parameter, frame) for frame in frames]
        except RimlightError:
            continue
        rows = [row if isinstance(row, tuple) else (row,) for row in found]
        made = tuple(
            _keyed(frames, [row[i] for row in rows], spec.unit == "deg") if isinstance(part, Expr) else part
            for i, part in enumerate(parts)
        )
        values[parameter] = made if spec.size > 1 else made[0]
    return state.with_(values=values)


def _keyed(frames: Sequence[int], numbers: Sequence[float], turns: bool) -> float | Curve:
    """A number at each frame, or the one that it always is. turns : degrees, which go on beyond whole turns."""
    found = [float(numbers[0])]
    for number in numbers[1:]:
        found.append(number - 360 * round((number - found[-1]) / 360) if turns else float(number))
    if all(number == found[0] for number in found):
        return found[0]
    return Curve.of(*zip(frames, found, strict=True), interp="linear")


def _declared(classes: Iterable[NukeClass]) -> NukeClass | None:
    return next((declared for declared in classes if declared.write is not None), None)


def _possible() -> str:
    """The kinds that can be written, as text."""
    return ", ".join(sorted(cls.label for cls in registry if _declared(cls.nuke) is not None)) or "none"
