"""The tracks of a node as the desktop sees them. No widgets: everything is read from what is passed in.

Which parameters are tracks the node's declaration says, `engine/tracking/declared.py`, so a plugin's are tracks too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from rimlight.engine import Curve, NodeState, Track, is_constant, tracks_of

from ..curves.keys import key_at, keyed

Place = tuple[float, float]
Side = Literal["before", "after", "all"]


def is_there(state: NodeState, track: Track) -> bool:
    """Whether a track is in use: the script says where it is, or the node has tracks that are always there."""
    return not track.weight or any(name in state.values for name in (track.name, track.weight))


def there(state: NodeState) -> tuple[Track, ...]:
    """The tracks of a node that are in use."""
    return tuple(track for track in tracks_of(state.cls) if is_there(state, track))


def free(state: NodeState) -> Track | None:
    """The next track that is not in use."""
    return next((track for track in tracks_of(state.cls) if not is_there(state, track)), None)


def pair_at(value: Any, frame: float) -> Place | None:
    """Two numbers at a frame; None where an expression says one of them."""
    parts = value if isinstance(value, tuple) else (value, value)
    found = [part.at(frame) if isinstance(part, Curve) else part for part in parts]
    x, y = found
    return (float(x), float(y)) if isinstance(x, (int, float)) and isinstance(y, (int, float)) else None


@dataclass(frozen=True)
class Shown:
    """A track at a frame. place, pattern, search : where it is and how large its boxes are, in the picture's pixels.

    size_names : the parameters of the boxes, by `pattern` and `search`, where the node has them. value : what the
    script holds for it.
    """

    node: str
    name: str
    place: Place
    pattern: Place
    search: Place
    size_names: Mapping[str, str]
    value: Any

    def path(self) -> list[Place]:
        """Where its keys are, in order."""
        frames = key_frames(self.value)
        xs, ys = (
            part.sample(frames).tolist() if isinstance(part, Curve) else [float(part)] * len(frames)
            for part in self.value
        )
        return list(zip(xs, ys, strict=True))

    def at_key(self, frame: float) -> bool:
        """Whether it has a key at a frame."""
        return any(key_at(part, frame) is not None for part in self.value if isinstance(part, Curve))

    def size(self, box: str) -> Place:
        """Of one of the boxes."""
        return self.pattern if box == "pattern" else self.search


def shown_tracks(path: str, state: NodeState, frame: float) -> Iterator[Shown]:
    """The tracks of the node at a path that are in use and not told by expressions."""
    for track in there(state):
        value = state.value(track.name)
        place = pair_at(value, frame)
        if place is None:
            continue
        names = {box: name for box, name in (("pattern", track.pattern), ("search", track.search)) if name}
        sizes = {box: pair_at(state.value(name), frame) or (21.0, 21.0) for box, name in names.items()}
        yield Shown(
            path, track.name, place, sizes.get("pattern", (0.0, 0.0)), sizes.get("search", (0.0, 0.0)), names,
            value if isinstance(value, tuple) else (value, value),
        )  # fmt: skip


def key_frames(value: Any) -> tuple[float, ...]:
    """The frames at which a track has keys, in order."""
    parts = value if isinstance(value, tuple) else (value,)
    return tuple(sorted({key.frame for part in parts if isinstance(part, Curve) for key in part.keys}))


def placed(value: Any, place: Place, frame: float) -> tuple[Any, Any]:
    """The value of a track that is at a place at a frame: with keys there where it is animated."""
    parts = value if isinstance(value, tuple) else (value, value)
    x, y = (
        keyed(part, frame, number) if isinstance(part, Curve) else number
        for part, number in zip(parts, place, strict=True)
    )
    return x, y


def cleared(value: Any, frame: float, side: Side) -> tuple[Any, Any]:
    """The value of a track without its keys before or after a frame, or without any; where none is left it stays
    where it is at the frame.
    """
    parts = value if isinstance(value, tuple) else (value, value)
    x, y = (_cleared(part, frame, side) for part in parts)
    return x, y


def _cleared(part: Any, frame: float, side: Side) -> Any:
    if not isinstance(part, Curve):
        return part
    kept = tuple(
        key for key in part.keys
        if (side == "before" and key.frame >= frame) or (side == "after" and key.frame <= frame)
    )  # fmt: skip
    return replace(part, keys=kept) if kept else part.at(frame)


def can_be_tracked(state: NodeState, track: Track) -> bool:
    """Whether a track can have keys: no expression says where it is."""
    value = state.value(track.name)
    parts = value if isinstance(value, tuple) else (value,)
    return all(is_constant(part) or isinstance(part, Curve) for part in parts)
