"""A cut-out that stands on a ground: cards of its silhouette, as flags in the light."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import DirectionalLight, Flag, Light, Region, StandingLight, triple, unit

from .ground import Ground

_FINEST = 1024
"""Pixels of the longer side of a card's picture."""
_GRAZING = 0.02
"""Cosine with the card below which the camera looks along it, so that nothing is read from it."""


@dataclass(frozen=True)
class Standing:
    """What stands on a ground, as the camera sees it.

    ground : what it stands on. foot : where, camera space `[3]`, float64. alpha : `[1, h, w]`, over a region that is
    counted from the frame's top left and may reach beyond the frame.
    """

    ground: Ground
    foot: Tensor
    alpha: Tensor
    region: Region

    def cards(self, light: Light, turn: float, density: float, cm_per_unit: float) -> tuple[Flag, ...]:
        """The flags that stand in a light; none where nothing is there that could throw a shadow.

        They stand straight up through the foot. Before a light with a direction or a place it is one, that faces the
        camera or is turned about the upright from there towards the light by a share, 0 to 1, as a silhouette seen from
        the side of the light is as wide as it is from here. Light from behind turns it as much the other way: a card
        has no back. Lights from all around see two that cross, of what is as deep as it is wide, each of which takes so
        much less that from all sides together they are seen as one.
        """
        up, front = torch.tensor(self.ground.up, dtype=torch.float64), self.ground.front(self.foot)
        right = self.ground.right(front)
        found = self._outline(front, right, up)
        if found is None:
            return ()
        left, last, low, top = found
        picture = (1 - self._read(found, right, up)).expand(3, -1, -1)
        angle = self._angle(light, front, right)
        angles, taken = ((turn * angle,), density) if angle is not None else ((0.0, math.pi / 2), density * math.pi / 4)
        made = []
        for angle in angles:
            facing, across = (math.cos(angle) * a + math.sin(angle) * b for a, b in ((front, right), (right, -front)))
            middle = self.foot + (left + last) / 2 * across + (low + top) / 2 * up
            made.append(
                Flag(
                    name="", position=triple(middle), aim=triple(-facing), roll=_roll(-facing, up),
                    width=float(last - left) * cm_per_unit, height=float(top - low) * cm_per_unit,
                    transmission=(1 - taken,) * 3, picture=picture,
                )
            )  # fmt: skip
        return tuple(made)

    def _angle(self, light: Light, front: Tensor, right: Tensor) -> float | None:
        """How far about the upright the light is from the front of the card, or from its back, radians; None for one
        that is all around.
        """
        if isinstance(light, DirectionalLight):
            towards = torch.tensor(light.direction, dtype=torch.float64)
        elif isinstance(light, StandingLight):
            towards = torch.tensor(light.position, dtype=torch.float64) - self.foot
        else:
            return None
        aside, before = float(towards @ right), float(towards @ front)
        if math.hypot(aside, before) < 1e-9:
            return 0.0
        return math.atan2(aside, before) if before >= 0 else math.atan2(-aside, -before)

    def _outline(self, front: Tensor, right: Tensor, up: Tensor) -> tuple[float, float, float, float] | None:
        """Left, right, lower and upper edge of what is not clear, on the card that faces the camera, from the foot."""
        rows, columns = ((self.alpha[0] > 0).any(dim).nonzero()[:, 0] for dim in (1, 0))
        if len(rows) == 0:
            return None
        x, y = (
            (int(places[0]) + start, int(places[-1]) + 1 + start)
            for places, start in ((columns, self.region.x0), (rows, self.region.y0))
        )
        places = []
        for corner in ((a, b) for a in x for b in y):
            ray = torch.tensor(self.ground.camera.ray(*corner), dtype=torch.float64)
            steep = float(ray @ front)
            if steep > -_GRAZING:
                return None
            place = ray * (float(self.foot @ front) / steep) - self.foot
            places.append((float(place @ right), float(place @ up)))
        across, high = zip(*places, strict=True)
        return min(across), max(across), min(high), max(high)

    def _read(self, edges: tuple[float, float, float, float], right: Tensor, up: Tensor) -> Tensor:
        """The alpha as it lies on the card that faces the camera, `[1, h, w]`, its top first."""
        left, last, low, top = edges
        columns, rows = self._pixels(last - left, top - low)
        u = left + (torch.arange(columns, dtype=torch.float64) + 0.5) * ((last - left) / columns)
        v = top - (torch.arange(rows, dtype=torch.float64) + 0.5) * ((top - low) / rows)
        points = self.foot[:, None, None] + right[:, None, None] * u + up[:, None, None] * v[:, None]
        x, y = self.ground.camera.project(points)
        x, y = 2 * (x - self.region.x0) / self.region.width - 1, 2 * (y - self.region.y0) / self.region.height - 1
        grid = torch.stack((x, y), -1)[None].to(self.alpha)
        return F.grid_sample(self.alpha[None], grid, padding_mode="zeros", align_corners=False)[0]

    def _pixels(self, wide: float, high: float) -> tuple[int, int]:
        """Columns and rows of a card's picture: about as fine as the frame shows it."""
        camera = self.ground.camera
        away = max(1e-6, -float(self.foot[2]))
        fine = min(camera.height / (2 * camera.tan_y * away), _FINEST / max(wide, high))
        return max(1, math.ceil(wide * fine)), max(1, math.ceil(high * fine))


def _roll(aim: Tensor, up: Tensor) -> float:
    """Degrees by which a card that looks along `aim` is rolled for its top to be up."""
    level = torch.tensor([0.0, 0.0, 1.0] if abs(float(aim[1])) > 0.999 else [0.0, 1.0, 0.0], dtype=torch.float64)
    right = unit(torch.linalg.cross(aim, level))
    return math.degrees(math.atan2(-float(up @ right), float(up @ torch.linalg.cross(right, aim))))


def beside(card: Flag, places: Tensor, grain: Tensor) -> Tensor:
    """Places `[3, ...]`, those that are nearer to the plane of a card than half of what a pixel shows, `grain`
    `[1, ...]`, at that distance from it: within the plane no side of the card is seen.
    """
    aim, at = (torch.tensor(v).to(places).reshape(3, *[1] * (places.ndim - 1)) for v in (card.aim, card.position))
    aim = aim / aim.norm()
    off = (aim * (places - at)).sum(0, keepdim=True)
    moved: Tensor = places + aim * torch.where(off < 0, -1.0, 1.0) * (grain / 2 - off.abs()).clamp_min(0)
    return moved
