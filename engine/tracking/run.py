"""Tracking in a script: the tracks of a node follow the picture at its main input, and what they find becomes keys.

Nothing here changes a script but `with_places`, whose value the caller sets. Places are as artists count them: y up
from the bottom left of the frame.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..cancel import CancelToken
from ..curve import Curve
from ..errors import GraphError, ParameterError, listing
from ..image import ImageInfo
from ..layers import MAIN, LayerKind
from ..nodebase import Node
from ..region import EMPTY, Region
from ..values import is_constant
from .declared import Track, how, tracks_of
from .following import Follower, Lost
from .pattern import Place, Window

if TYPE_CHECKING:
    from ..session import Session

_SLIDES = "its pattern is a straight edge, along which it may slide"

Tell = Callable[[float, Mapping[str, Place]], None]
"""Is called with every frame and where the tracks are there, by name; with the first one for each direction."""


@dataclass
class Trail:
    """What became of a track.

    places, errors : by frame; an error is 1 minus the correlation with the pattern. ended : why it stopped before the
    last frame, one sentence for each direction; empty where it went all the way. warning : a sentence on a pattern that
    cannot be trusted.
    """

    track: str
    places: dict[float, Place] = field(default_factory=dict)
    errors: dict[float, float] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    warning: str = ""


@dataclass
class TrackingReport:
    """What became of the tracks of a node."""

    node: str
    start: float
    trails: list[Trail] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        """A sentence for every track that was lost."""
        return [sentence for trail in self.trails for sentence in trail.ended]

    @property
    def warnings(self) -> list[str]:
        """A sentence for every track whose pattern cannot be trusted."""
        return [trail.warning for trail in self.trails if trail.warning]

    def to_data(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        tracks = {
            trail.track: {
                "keys": [[f, round(x, 4), round(y, 4), round(trail.errors.get(f, 0.0), 4)]
                         for f, (x, y) in sorted(trail.places.items())],
                "ended": trail.ended,
                "warning": trail.warning,
            }
            for trail in self.trails
        }  # fmt: skip
        return {"node": self.node, "start": self.start, "tracks": tracks}


def follow_tracks(
    session: "Session",
    node: str,
    names: Sequence[str],
    start: float,
    frames: Sequence[float],
    token: CancelToken | None = None,
    tell: Tell | None = None,
) -> TrackingReport:
    """Let tracks follow the picture from where they are at `start`.

    names : parameters of the node that are tracks; none: those that count at `start`. frames : in which they are to be
    found, in any order; those after `start` are gone through forwards and those before it backwards, so that every
    frame is looked for from its neighbour. A track that is lost in one direction stays lost in it. Changes nothing.
    Raises GraphError, ParameterError and NodeError with a sentence, and Cancelled.
    """
    target = resolve_tracks(session, node, names, start)
    chosen = target.tracks
    report = TrackingReport(node, float(start), [Trail(track.name) for track in chosen])
    later = sorted(frame for frame in frames if frame > start)
    earlier = sorted((frame for frame in frames if frame < start), reverse=True)
    for trail in report.trails:
        trail.places[float(start)] = session.value(node, trail.track, start)
    for way in (later, earlier):
        if way:
            _follow(_Shot(session, target.source, token), report, target, float(start), way, tell)
    return report


def _follow(
    shot: "_Shot", report: TrackingReport, target: "Target", start: float, way: Sequence[float], tell: Tell | None
) -> None:
    """One direction."""
    trails = {trail.track: trail for trail in report.trails}
    frame_box = shot.info(start).display
    points: dict[str, Follower] = {}
    for track in target.tracks:
        told = how(target.cls, track, lambda name: shot.session.value(report.node, name, start))
        points[track.name] = Follower(told, frame_box.from_artist(*trails[track.name].places[start]))

    def step(frame: float, begins: bool) -> dict[str, Place]:
        found = {}
        picture, windows = shot.windows(frame, {name: point.box for name, point in points.items()})
        for name, point in list(points.items()):
            try:
                if begins:
                    point.begin(windows[name], picture)
                    found[name] = trails[name].places[frame]
                    if point.slides:
                        trails[name].warning = f"{report.node}.{name}: {_SLIDES}"
                else:
                    trails[name].errors[frame] = point.go_on(windows[name], picture)
                    x, y = frame_box.to_artist(*point.place)
                    found[name] = trails[name].places[frame] = (round(x, 4), round(y, 4))
            except Lost as lost:
                del points[name]
                where = f"at frame {frame:.12g}" if begins else f"was lost at frame {frame:.12g}"
                trails[name].ended.append(f"{report.node}.{name} {where}: {lost}")
        return found

    for frame in (start, *way):
        if not points:
            return
        found = step(frame, frame == start)
        if tell is not None and found:
            tell(frame, found)


@dataclass(frozen=True)
class _Shot:
    """The picture that tracks follow."""

    session: "Session"
    source: str
    token: CancelToken | None

    def info(self, frame: float) -> ImageInfo:
        found = self.session.info(self.source, frame)
        if not isinstance(found, ImageInfo):
            raise GraphError(f"{self.source} puts out no picture, so nothing can be followed in it")
        return found

    def windows(self, frame: float, boxes: Mapping[str, Region]) -> tuple[Region, dict[str, Window]]:
        """Where the picture of a frame has pixels, and what it shows in boxes. Raises Cancelled."""
        if self.token is not None:
            self.token.check()
        info = self.info(frame)
        layer = _layer(info)
        area = EMPTY
        for box in boxes.values():
            area = area.union(box.intersect(info.data))
        if area.is_empty:
            return EMPTY, {name: Window.nothing(box) for name, box in boxes.items()}
        image = self.session.evaluate(self.source, frame, region=area, layers=(layer,), token=self.token)
        windows = {}
        for name, box in boxes.items():
            seen = box.intersect(info.data)
            windows[name] = Window.nothing(box) if seen.is_empty else Window.of(image.tensor(layer, seen), seen)
        return info.data, windows


def _layer(info: ImageInfo) -> str:
    """The layer that is followed: the main one, else the first of light, else the first."""
    if info.has(MAIN):
        return MAIN
    return next((layer.name for layer in info.layers if layer.kind is LayerKind.COLOR), info.names[0])


@dataclass(frozen=True)
class Target:
    """What is to be followed. source : path of what is wired to the node's main input."""

    cls: type[Node]
    tracks: Sequence[Track]
    source: str


def resolve_tracks(session: "Session", node: str, names: Sequence[str], start: float) -> Target:
    """The tracks of a node that are meant: those named, else those that count at a frame.

    Raises GraphError and ParameterError with a sentence where there is nothing to follow or to put keys on.
    """
    flat = session.flat().node(node)
    cls = flat.state.cls
    known = {track.name: track for track in tracks_of(cls)}
    if cls is None or not known:
        raise GraphError(f"{node} has no tracks; a Tracker has")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ParameterError(f"{node} has no track '{unknown[0]}', it has {listing(tuple(known))}")
    chosen = [known[name] for name in names]
    if not names:
        chosen = [t for t in known.values() if not t.weight or session.value(node, t.weight, start) > 0]
    if not chosen:
        raise GraphError(f"no track of {node} counts at frame {start:.12g}; give one a weight above 0, or name it")
    for track in chosen:
        value = flat.values.get(track.name, cls.spec(track.name).default)
        if any(not is_constant(part) and not isinstance(part, Curve) for part in value):
            raise ParameterError(f"{node}.{track.name} follows an expression, so it cannot have keys")
    source = flat.inputs.get(cls().through)
    if source is None:
        raise GraphError(f"{node} has no picture at its input '{cls().through}' to follow")
    return Target(cls, chosen, source)


def with_places(value: Any, places: Mapping[float, Place]) -> tuple[Curve, Curve]:
    """The value of a track with keys at places, by frame, which replace keys at the same frames."""
    parts = value if isinstance(value, tuple) else (value, value)
    x, y = (Curve.keyed(part, {f: place[i] for f, place in places.items()}) for i, part in enumerate(parts))
    return x, y


def begin_of(value: Any, frames: Sequence[float]) -> float:
    """Where tracking over frames begins unless something else is said: at the first key of a track among them, else at
    the first of them. value : of the track.
    """
    first, last = min(frames), max(frames)
    curves = [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Curve)]
    keyed = sorted(key.frame for curve in curves for key in curve.keys)
    return float(next((frame for frame in keyed if first <= frame <= last), first))
