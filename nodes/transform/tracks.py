"""The tracks of a node: places over time that the engine makes follow the picture, see `engine/tracking`."""
# ruff: noqa: RUF009  these functions declare parameters, once for all tracks

from dataclasses import dataclass
from typing import Any

from rimlight.engine import Context, Node, Vec2, param

from ..ops.matrices import Point

COUNT = 8


def _place() -> Any:
    return param(default=(0.0, 0.0), unit="px", role="track", doc="where the point is, y up from the bottom left")


def _weight() -> Any:
    return param(
        default=0.0, hard=(0, 1), soft=(0, 1),
        doc="how much the track counts; 0 leaves it out. Key it to fade a lost track out",
    )  # fmt: skip


def _pattern() -> Any:
    return param(
        default=(31.0, 31.0), hard=(3, 1000), soft=(5, 100), unit="px", role="size", cosmetic=True,
        doc="size of the pattern that is followed",
    )  # fmt: skip


def _search() -> Any:
    return param(
        default=(91.0, 91.0), hard=(5, 4000), soft=(20, 300), unit="px", role="size", cosmetic=True,
        doc="size of the box in which the pattern is looked for in the next frame",
    )  # fmt: skip


@dataclass(frozen=True)
class Tracked(Node):
    """A node with tracks. The parameters that begin with the name of a track belong to it."""

    track1: Vec2 = _place()
    track1_weight: float = _weight()
    track1_pattern: Vec2 = _pattern()
    track1_search: Vec2 = _search()
    track2: Vec2 = _place()
    track2_weight: float = _weight()
    track2_pattern: Vec2 = _pattern()
    track2_search: Vec2 = _search()
    track3: Vec2 = _place()
    track3_weight: float = _weight()
    track3_pattern: Vec2 = _pattern()
    track3_search: Vec2 = _search()
    track4: Vec2 = _place()
    track4_weight: float = _weight()
    track4_pattern: Vec2 = _pattern()
    track4_search: Vec2 = _search()
    track5: Vec2 = _place()
    track5_weight: float = _weight()
    track5_pattern: Vec2 = _pattern()
    track5_search: Vec2 = _search()
    track6: Vec2 = _place()
    track6_weight: float = _weight()
    track6_pattern: Vec2 = _pattern()
    track6_search: Vec2 = _search()
    track7: Vec2 = _place()
    track7_weight: float = _weight()
    track7_pattern: Vec2 = _pattern()
    track7_search: Vec2 = _search()
    track8: Vec2 = _place()
    track8_weight: float = _weight()
    track8_pattern: Vec2 = _pattern()
    track8_search: Vec2 = _search()
    pattern_motion: str = param(
        default="similarity", choices=("translate", "similarity", "affine"), place="bottom", cosmetic=True,
        doc="how a pattern may change while it is followed: only move, also turn and scale, also skew",
    )  # fmt: skip
    pattern_update: str = param(
        default="changes", choices=("never", "changes", "always"), place="bottom", cosmetic=True,
        doc="when the pattern is taken anew from the frame that was tracked last: what is never renewed does not drift",
    )  # fmt: skip
    max_error: float = param(
        default=0.25, hard=(0, 1), soft=(0, 1), place="bottom", cosmetic=True,
        doc="tracking stops where the pattern differs more than this: 0 is the same, 1 has nothing in common with it",
    )  # fmt: skip

    def used(self) -> tuple[str, ...]:
        """The names of the tracks that count at this frame."""
        return tuple(name for name in _NAMES if getattr(self, f"{name}_weight") > 0)

    def weights(self) -> tuple[float, ...]:
        """Of the tracks that count."""
        return tuple(getattr(self, f"{name}_weight") for name in self.used())

    def places(self) -> tuple[Point, ...]:
        """Where the tracks that count are."""
        return tuple(getattr(self, name) for name in self.used())

    def places_at(self, ctx: Context, frame: float) -> tuple[Point, ...]:
        """Where the tracks that count at this frame are at another one."""
        return tuple(ctx.at(name, frame) for name in self.used())


_NAMES = tuple(f"track{i}" for i in range(1, COUNT + 1))


def smaller_boxes(values: dict[str, Any]) -> dict[str, Any]:
    """An upgrade step: the sizes that patterns and searches of a script had by default, for the tracks that it has."""
    sizes = {"pattern": [21.0, 21.0], "search": [61.0, 61.0]}
    own = (name for name in _NAMES if {name, f"{name}_weight"} & values.keys())
    return {f"{name}_{part}": size for name in own for part, size in sizes.items()} | values
