"""Which parameters of a node are tracks, and which belong to one.

A track is a parameter of two numbers in pixels with the role `track`. Beside a track `nose` a node may declare, all
optional, `nose_weight` (a track that has one counts where it is above 0), and `nose_pattern` and `nose_search`, the
width and height of the boxes; and for all its tracks `pattern_motion`, `pattern_update` and `max_error`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..nodebase import Node
from ..params import Spec
from .following import How

PARTS = ("weight", "pattern", "search")
PATTERN, SEARCH = (31.0, 31.0), (91.0, 91.0)
"""Sizes where a node declares none."""


@dataclass(frozen=True)
class Track:
    """A track of a node class. weight, pattern, search : names of the parameters that say more, empty for none."""

    name: str
    weight: str = ""
    pattern: str = ""
    search: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all its parameters."""
        return tuple(name for name in (self.name, self.weight, self.pattern, self.search) if name)


def is_track(spec: Spec) -> bool:
    """Whether a parameter is a track."""
    return spec.role == "track" and spec.size == 2


def tracks_of(cls: type[Node] | None) -> tuple[Track, ...]:
    """The tracks of a node class in order."""
    if cls is None:
        return ()
    names = {spec.name for spec in cls.specs}
    return tuple(
        Track(spec.name, *(f"{spec.name}_{part}" if f"{spec.name}_{part}" in names else "" for part in PARTS))
        for spec in cls.specs
        if is_track(spec)
    )


def part_of(cls: type[Node] | None, parameter: str) -> Track | None:
    """The track that a parameter is or belongs to."""
    return next((track for track in tracks_of(cls) if parameter in track.parameters), None)


def how(cls: type[Node], track: Track, value: Callable[[str], Any]) -> How:
    """How a track is to be followed. value : gives a parameter of the node by name."""
    names = {spec.name for spec in cls.specs}
    fallback = How(PATTERN, SEARCH)
    return How(
        pattern=value(track.pattern) if track.pattern else fallback.pattern,
        search=value(track.search) if track.search else fallback.search,
        motion=value("pattern_motion") if "pattern_motion" in names else fallback.motion,
        update=value("pattern_update") if "pattern_update" in names else fallback.update,
        max_error=value("max_error") if "max_error" in names else fallback.max_error,
    )
