"""What tracks tell, as a node that moves other pictures: linked to the tracks, so that it follows edits, or with keys.

The picture stays as it is at the frame at which the node is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rimlight.engine import POSITION, CancelToken, Curve, Expr, GraphError, Session, add, write_link

from ..graph.placing import STEP_X
from ..paths import has_node, path_at
from ..workspace import Workspace
from .control import Tracking
from .tracks import Place, key_frames, pair_at

_CORNERS = 4


def _corner_pin(links: Sequence[str], places: Sequence[Place]) -> dict[str, Any]:
    if len(links) < _CORNERS:
        raise GraphError(f"a CornerPin takes {_CORNERS} tracks, in order around its corners; {len(links)} are ticked")
    values: dict[str, Any] = {}
    for i, (link, place) in enumerate(zip(links[:_CORNERS], places, strict=False), 1):
        values[f"to{i}"] = (Expr(f"{link}.x"), Expr(f"{link}.y"))
        values[f"from{i}"] = place
    return values


def matched(links: Sequence[str], places: Sequence[Place]) -> dict[str, Any]:
    """The first track moves it; with a second one it also turns and scales about the first."""
    (x, y), one = places[0], links[0]
    values: dict[str, Any] = {
        "translate": (Expr(f"{one}.x - {x:.4f}"), Expr(f"{one}.y - {y:.4f}")),
        "center": (x, y),
        "center_from": "corner",
    }
    if len(links) > 1:
        (dx, dy), other = (places[1][0] - x, places[1][1] - y), links[1]
        across, up = f"({other}.x - {one}.x)", f"({other}.y - {one}.y)"
        length = (dx * dx + dy * dy) ** 0.5
        if not length:
            raise GraphError("the first two tracks are in one place, which says nothing of a rotation")
        values["rotate"] = Expr(f"degrees(atan2({up}, {across}) - atan2({dy:.4f}, {dx:.4f}))")
        values["scale"] = (Expr(f"hypot({across}, {up}) / {length:.4f}"),) * 2
    return values


Make = Callable[[Sequence[str], Sequence[Place]], dict[str, Any]]
_KINDS: Mapping[str, tuple[str, str, Make]] = {
    "corner_pin": ("transform.corner_pin", "invert", _corner_pin),
    "transform": ("transform.transform", "invert_matrix", matched),
}
EXPORTS: Mapping[str, tuple[str, bool]] = {
    "corner_pin": ("CornerPin, Match-Move", False),
    "corner_pin_stabilize": ("CornerPin, Stabilize", True),
    "transform": ("Transform, Match-Move", False),
    "transform_stabilize": ("Transform, Stabilize", True),
}
"""What there is to export: the text of the menu, and whether the motion is undone."""


@dataclass(frozen=True)
class _Made:
    """A node to be added. inside : path of the group that it goes into. ui : where it stands."""

    kind: str
    inside: str
    values: Mapping[str, Any]
    ui: Mapping[str, Any]

    def add(self, session: Session) -> str:
        """Add it, as one step; returns its path."""
        level, name = add(session.graph.inside(self.inside), self.kind, values=self.values, ui=self.ui)
        path = path_at(self.inside, name)
        session.commit(session.graph.replace_inside(self.inside, level), f"add {path}")
        return path


def export(workspace: Workspace, node: str, name: str, keys: bool = False) -> None:
    """Add a node beside one with tracks that does what those that are ticked tell, and show it.

    name : one of `EXPORTS`. keys : it gets keys of its own, where the tracks have theirs; else it is linked to them.
    """
    if not has_node(workspace.graph, node):
        return
    made = workspace.edit(lambda session: _planned(workspace, node, name))
    if made is None:
        return
    if not keys:
        _show(workspace, made)
        return
    tracking, state = workspace.the(Tracking), workspace.graph.at(node)
    frames = sorted({f for track in tracking.chosen(node) for f in key_frames(state.value(track))} or {workspace.frame})
    session, still_here = workspace.session.fork(), workspace.same_script()
    workspace.evaluations.run(
        tracking,
        lambda token: _keyed(session.fork(token), made, frames, token),
        lambda keyed: _show(workspace, keyed) if still_here() else None,
        partial(workspace.tell_error, node=node),
        channel="export",
    )


def _planned(workspace: Workspace, node: str, name: str) -> _Made:
    """The linked node. Raises GraphError with a sentence where the tracks do not suffice."""
    inverted = EXPORTS[name][1]
    kind, inverse, make = _KINDS[name.removesuffix("_stabilize")]
    state, inside = workspace.graph.at(node), node.rpartition("/")[0]
    front = write_link(inside, node)
    known = ((track, pair_at(state.value(track), workspace.frame)) for track in workspace.the(Tracking).chosen(node))
    found = [(f"{front}.{track}", place) for track, place in known if place is not None]
    if not found:
        raise GraphError(f"no track of {node} is ticked")
    values = make([link for link, _ in found], [place for _, place in found])
    values["note"] = f"{'stabilize' if inverted else 'match-move'} from frame {workspace.frame:.12g}"
    values |= {inverse: True} if inverted else {}
    at = state.ui.get(POSITION)
    ui = {POSITION: [at[0] + STEP_X, at[1]]} if isinstance(at, (list, tuple)) and len(at) == 2 else {}
    return _Made(kind, inside, values, ui)


def _keyed(session: Session, made: _Made, frames: Sequence[float], token: CancelToken) -> _Made:
    """The node with keys in the place of its links. In a worker, in a session of its own."""
    path = made.add(session)
    values = dict(made.values)
    for name, value in made.values.items():
        parts = value if isinstance(value, tuple) else (value,)
        if not any(isinstance(part, Expr) for part in parts):
            continue
        rows = []
        for frame in frames:
            token.check()
            found = session.value(path, name, frame)
            rows.append(found if isinstance(found, tuple) else (found,))
        columns = [unturned(column) if name == "rotate" else column for column in zip(*rows, strict=True)]
        curves = tuple(Curve.of(*zip(frames, column, strict=True), interp="linear") for column in columns)
        values[name] = curves if isinstance(value, tuple) else curves[0]
    return replace(made, values=values)


def unturned(degrees: Sequence[float]) -> list[float]:
    """Angles that follow each other without jumps of whole turns."""
    found = list(degrees[:1])
    for angle in degrees[1:]:
        found.append(angle - 360 * round((angle - found[-1]) / 360))
    return found


def _show(workspace: Workspace, made: _Made) -> None:
    path = workspace.edit(made.add)
    if path is not None:
        workspace.reveal(path)
