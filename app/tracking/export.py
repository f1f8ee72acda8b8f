"""What tracks tell, as a node that moves other pictures: its parameters are linked to the tracks, so it follows edits.

The picture stays as it is at the frame at which the node is made.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rimlight.engine import POSITION, Expr, GraphError, Session, add, write_link

from ..changes import has_node
from ..graph.placing import STEP_X
from ..workspace import Workspace
from .control import tracking_of
from .tracks import Place, pair_at

_CORNERS = 4


def _corner_pin(links: Sequence[str], places: Sequence[Place]) -> dict[str, Any]:
    if len(links) < _CORNERS:
        raise GraphError(f"a CornerPin takes {_CORNERS} tracks, in order around its corners; {len(links)} are ticked")
    values: dict[str, Any] = {}
    for i, (link, place) in enumerate(zip(links[:_CORNERS], places, strict=False), 1):
        values[f"to{i}"] = (Expr(f"{link}.x"), Expr(f"{link}.y"))
        values[f"from{i}"] = place
    return values


def _transform(links: Sequence[str], places: Sequence[Place]) -> dict[str, Any]:
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
    "transform": ("transform.transform", "invert_matrix", _transform),
}
EXPORTS: Mapping[str, tuple[str, bool]] = {
    "corner_pin": ("CornerPin, Match-Move", False),
    "corner_pin_stabilize": ("CornerPin, Stabilize", True),
    "transform": ("Transform, Match-Move", False),
    "transform_stabilize": ("Transform, Stabilize", True),
}
"""What there is to export: the text of the menu, and whether the motion is undone."""


def export(workspace: Workspace, node: str, name: str) -> str | None:
    """Add a node beside one with tracks, linked to those that are ticked; returns its path, None where it is refused.

    name : one of `EXPORTS`.
    """
    if not has_node(workspace.graph, node):
        return None
    inverted = EXPORTS[name][1]
    kind, inverse, make = _KINDS[name.removesuffix("_stabilize")]
    state, inside = workspace.graph.at(node), node.rpartition("/")[0]
    front = write_link(inside, node)
    known = ((track, pair_at(state.value(track), workspace.frame)) for track in tracking_of(workspace).chosen(node))
    found = [(f"{front}.{track}", place) for track, place in known if place is not None]

    def made(session: Session) -> str:
        if not found:
            raise GraphError(f"no track of {node} is ticked")
        values = make([link for link, _ in found], [place for _, place in found])
        values["note"] = f"{'stabilize' if inverted else 'match-move'} from frame {workspace.frame:g}"
        values |= {inverse: True} if inverted else {}
        at = state.ui.get(POSITION)
        ui = {POSITION: [at[0] + STEP_X, at[1]]} if isinstance(at, (list, tuple)) and len(at) == 2 else {}
        level, name = add(session.graph.inside(inside), kind, values=values, ui=ui)
        path = f"{inside}/{name}" if inside else name
        session.commit(session.graph.replace_inside(inside, level), f"add {path}")
        return path

    path = workspace.edit(made)
    if path is not None:
        workspace.reveal(path)
    return path
