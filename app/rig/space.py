"""How lights are seen from the camera of a frame where RigSpace nodes hold their rig in the world. No nodes, no Qt."""

import math
from dataclasses import dataclass
from typing import Any

from rimlight.engine import Vec3, angles_of, direction_of

Rows = tuple[Vec3, Vec3, Vec3]
_UPRIGHT = 1e-9


@dataclass(frozen=True)
class Space:
    """Where what a node says of a light is seen: what it puts at p stands at `rotation @ p + offset`, centimetres."""

    rotation: Rows = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    offset: Vec3 = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, rotation: Any, offset: Any) -> "Space":
        """From arrays, 3x3 and `[3]`."""
        rows = [tuple(map(float, row)) for row in rotation]
        return cls(tuple(rows), tuple(map(float, offset)))  # type: ignore[arg-type]

    @property
    def upright(self) -> bool:
        """Whether it turns about the vertical axis only."""
        return max(abs(v - w) for v, w in zip(self.rotation[1], (0.0, 1.0, 0.0), strict=True)) < _UPRIGHT

    @property
    def turn(self) -> float:
        """By how many degrees it turns about the vertical axis, surroundings for one."""
        r = self.rotation
        return math.degrees(math.atan2(r[0][2] - r[2][0], r[0][0] + r[2][2]))

    def turned(self, way: Vec3) -> Vec3:
        """Where a direction of the node's points as it is seen."""
        return tuple(sum(a * b for a, b in zip(row, way, strict=True)) for row in self.rotation)  # type: ignore[return-value]

    def turned_back(self, way: Vec3) -> Vec3:
        columns = zip(*self.rotation, strict=True)
        return tuple(sum(a * b for a, b in zip(column, way, strict=True)) for column in columns)  # type: ignore[return-value]

    def seen(self, place: Vec3) -> Vec3:
        """Where a place of the node's is seen."""
        x, y, z = (v + o for v, o in zip(self.turned(place), self.offset, strict=True))
        return x, y, z

    def given(self, place: Vec3) -> Vec3:
        """What the node has to say so that something is seen at a place."""
        x, y, z = (v - o for v, o in zip(place, self.offset, strict=True))
        return self.turned_back((x, y, z))

    def after(self, first: "Space") -> "Space":
        """Both in a row: `first`, then this."""
        columns = [self.turned(column) for column in zip(*first.rotation, strict=True)]
        return Space.of(zip(*columns, strict=True), self.seen(first.offset))

    def values_given(self, values: dict[str, Any]) -> dict[str, Any]:
        """Parameters of a light as it is seen, as those of its node: angles, place, target and rotation."""
        if self == HERE:
            return values
        made = dict(values)
        if "azimuth" in made and self.upright:
            made["azimuth"] -= self.turn
        elif "azimuth" in made:
            way = direction_of(made["azimuth"], made["elevation"]).tolist()
            made["azimuth"], made["elevation"] = angles_of(self.turned_back(tuple(way)))
        if "rotation" in made:
            made["rotation"] -= self.turn
        for name in ("position", "target"):
            if name in made:
                made[name] = self.given(made[name])
        return made


HERE = Space()
"""Of lights that no RigSpace moves."""
