"""Keys of a light from the rig: what a right click on a slider or on a light of the dome offers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QMenu

from rimlight.engine import Curve, NodeState

from ..curves.keys import first_key, key_at, keyed, without
from ..paths import has_node
from ..properties.edits import Edits
from ..properties.parameter import State, find, joined, parts
from ..workspace import Workspace
from .kinds import FLAG_KIND, STANDING
from .values import spec_of, standing, value_at

Change = Callable[[Any, float, float], Any]
"""What becomes of a component: what the script holds, its number at the frame, and the frame."""


def place_names(state: NodeState) -> tuple[str, ...]:
    """The parameters that say where a light or flag is."""
    names: tuple[str, ...] = ("position",) if state.kind in STANDING else ("azimuth", "elevation", "rotation")
    if state.kind == FLAG_KIND:
        names = ("position", "target")
    return tuple(name for name in names if spec_of(state, name) is not None)


def add_keys(menu: QMenu, workspace: Workspace, path: str, names: Sequence[str]) -> None:
    """Add to a menu what can be done with the keys of parameters of a light at the present frame, each one step."""
    if not has_node(workspace.graph, path):
        return
    state, frame = workspace.graph.at(path), workspace.frame
    states: set[State] = {standing(state, name, frame) for name in names}
    driven = bool(states & {"expression", "linked"})
    menu.addAction("Set Key", partial(_change, workspace, path, names, _set)).setEnabled(not driven)
    delete = menu.addAction("Delete Key", partial(_change, workspace, path, names, _delete))
    delete.setEnabled("keyframe" in states and not driven)
    still = menu.addAction("Delete Animation", partial(_change, workspace, path, names, _still))
    still.setEnabled(bool(states & {"keyframe", "animated"}) and not driven)
    curves = menu.addAction("Show in Curve Editor", partial(workspace.curves_requested.emit, f"{path}.{names[0]}"))
    curves.setEnabled(bool(states & {"keyframe", "animated", "expression", "linked"}))
    menu.addSeparator()
    reset = menu.addAction("Reset", partial(_reset, workspace, path, names))
    reset.setEnabled(any(name in state.values for name in names))


def _change(workspace: Workspace, path: str, names: Sequence[str], change: Change) -> None:
    state, frame, values = workspace.graph.at(path), workspace.frame, {}
    for name in names:
        spec = spec_of(state, name)
        if spec is not None:
            held = parts(spec, state.value(name))
            numbers = parts(spec, value_at(workspace.session, path, state, name, frame))
            changed = (change(part, float(n), frame) for part, n in zip(held, numbers, strict=True))
            values[name] = joined(spec, list(changed))
    Edits(workspace).set_many(path, values, f"key {path}.{', '.join(names)}")


def _reset(workspace: Workspace, path: str, names: Sequence[str]) -> None:
    found = (find(workspace.graph, f"{path}.{name}") for name in names)
    Edits(workspace).reset([parameter for parameter in found if parameter is not None])


def _set(part: Any, number: float, frame: float) -> Any:
    return keyed(part, frame, number) if isinstance(part, Curve) else first_key(frame, number, False)


def _delete(part: Any, number: float, frame: float) -> Any:
    at = key_at(part, frame) if isinstance(part, Curve) else None
    if at is None:
        return part
    left = without(part, {at})
    return number if left is None else left


def _still(part: Any, number: float, frame: float) -> Any:
    return number if isinstance(part, Curve) else part
