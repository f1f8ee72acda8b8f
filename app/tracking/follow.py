"""Strokes and shapes that follow a Tracker: what moves all of them on a node is linked to its tracks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPointF

from rimlight.engine import Expr, GraphError, write_link

from ..drawnmoves import moves_of
from ..paths import has_node, path_at
from ..rig.values import value_at
from ..workspace import Workspace
from .control import Tracking
from .export import matched
from .tracks import Place, pair_at, there

LINKED = ("translate", "rotate", "scale", "center")


def trackers(workspace: Workspace, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The nodes with tracks beside a node, and which would be followed: the ticked ones, else the first two."""
    inside = path.rpartition("/")[0]
    for name, state in workspace.graph.inside(inside).items():
        tracks = tuple(track.name for track in there(state))
        if tracks:
            beside = path_at(inside, name)
            ticked = tuple(track for track in workspace.the(Tracking).chosen(beside) if track in tracks)
            yield beside, (ticked or tracks)[:2]


def follow(workspace: Workspace, path: str, tracker: str, tracks: tuple[str, ...]) -> None:
    """Link what moves all that a node draws to one track, or to two that also turn and scale it, as one step. All stays
    where it is at the present frame.
    """
    if not (has_node(workspace.graph, path) and has_node(workspace.graph, tracker)):
        return
    workspace.edit(lambda session: session.set(path, **_links(workspace, path, tracker, tracks)))


def hold(workspace: Workspace, path: str) -> None:
    """Follow nothing more: all stays where it is at the present frame."""
    if has_node(workspace.graph, path):
        state, session, frame = workspace.graph.at(path), workspace.session, workspace.frame
        values = {name: value_at(session, path, state, name, frame) for name in LINKED}
        workspace.edit(lambda session: session.set(path, **values))


def _links(workspace: Workspace, path: str, tracker: str, tracks: tuple[str, ...]) -> dict[str, Any]:
    """Raises GraphError with a sentence where the tracks do not suffice."""
    state, source = workspace.graph.at(path), workspace.graph.at(tracker)
    front, frame = write_link(path.rpartition("/")[0], tracker), workspace.frame
    places: list[Place] = []
    for track in tracks:
        place = pair_at(source.value(track), frame)
        if place is None:
            raise GraphError(f"{track} of {tracker} is an expression, which cannot be followed")
        places.append(place)
    values = matched([f"{front}.{track}" for track in tracks], places)
    values.pop("center_from")
    back, possible = moves_of(workspace, path).inverted()
    if not possible:
        raise GraphError(f"the scale of {path} leaves nothing to follow with")
    # The point that is at the track now turns and moves with it; what was turned and scaled before stays so.
    at = back.map(QPointF(*places[0]))
    values["center"] = (round(at.x(), 4), round(at.y(), 4))
    one = f"{front}.{tracks[0]}"
    values["translate"] = (Expr(f"{one}.x - {at.x():.4f}"), Expr(f"{one}.y - {at.y():.4f}"))
    for name in ("rotate", "scale"):
        now = value_at(workspace.session, path, state, name, frame)
        values[name] = _with(values[name], now) if name in values else now
    return values


def _with(link: Any, now: Any) -> Any:
    """A link that starts from a number: angles add to it, sizes multiply it."""
    if isinstance(link, tuple):
        return tuple(replace(one, text=f"{part:.6g} * {one.text}") for one, part in zip(link, now, strict=True))
    return replace(link, text=f"{now:.6g} + {link.text}") if now else link
