"""Plates that move by a known amount, under light that changes by a known amount."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from rimlight.engine import WorkingSpace
from rimlight.nodes.ops.warp import warp_matrix

REC709 = WorkingSpace.of((0.64, 0.33), (0.3, 0.6), (0.15, 0.06), (0.3127, 0.329)).from_xyz
"""From CIE XYZ to linear Rec.709."""

_AROUND = 60  # pixels of texture around the frame, for what moves into it


@lru_cache(16)
def texture(height: int, width: int, seed: int, stops: float = 1.0) -> Tensor:
    """Scene-linear colour `[3, height, width]` with detail of all sizes from 2 pixels on. Not to be written to."""
    random = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 1, height, width)
    for size in (2, 4, 8, 16, 32):
        noise = torch.randn(1, 1, height // size + 3, width // size + 3, generator=random)
        grown = torch.nn.functional.interpolate(noise, scale_factor=size, mode="bicubic")
        total += grown[:, :, :height, :width] * (size**0.4 / 3)
    return torch.exp2(stops * total[0]) * torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)


@dataclass(frozen=True)
class Moving:
    """A textured ground that turns, grows and wanders, with a textured disc that crosses it.

    velocity, spin, growth : pixels a frame (x right, y down), degrees a frame and growth a frame of the ground, about
        the middle of the frame at time 0. disc : pixels a frame of the disc. radius : of the disc; 0 for none.
    """

    height: int = 144
    width: int = 192
    velocity: tuple[float, float] = (0.0, 0.0)
    spin: float = 0.0
    growth: float = 1.0
    disc: tuple[float, float] = (0.0, 0.0)
    radius: float = 0.0
    seed: int = 1

    def albedo(self, t: float) -> Tensor:
        """The colours `[3, height, width]` at time `t`, in frames."""
        return self._colors(t).clone()

    @lru_cache(256)  # noqa: B019  a shot looks at a frame many times, and there are few shots
    def _colors(self, t: float) -> Tensor:
        ground = self._seen(self.seed, self._ground(t))
        if not self.radius:
            return ground
        return torch.where(self.on_disc(t), self._seen(self.seed + 1, self._shifted(self.disc, t)), ground)

    def on_disc(self, t: float) -> Tensor:
        """Where `[height, width]` the disc is."""
        x, y = self._places()
        dx, dy = self.width / 2 + self.disc[0] * t, self.height / 2 + self.disc[1] * t
        return torch.hypot(x - dx, y - dy) < self.radius

    def motion(self, t0: float, t1: float) -> Tensor:
        """The true way `[2, height, width]` from time `t0` to `t1` of the pixels at `t0`, x right, y down."""
        ground = self._way(self._ground(t1) @ torch.linalg.inv(self._ground(t0)))
        disc = self._way(self._shifted(self.disc, t1) @ torch.linalg.inv(self._shifted(self.disc, t0)))
        return torch.where(self.on_disc(t0), disc, ground)

    def seen(self, t0: float, t1: float) -> Tensor:
        """Where `[height, width]` what is seen at `t0` is seen at `t1` too, and a pixel around it."""
        x, y = self._places()
        way = self.motion(t0, t1)
        x, y = x + way[0], y + way[1]
        inside = (x > 1) & (x < self.width - 1) & (y > 1) & (y < self.height - 1)
        dx, dy = self.width / 2 + self.disc[0] * t1, self.height / 2 + self.disc[1] * t1
        covered = ~self.on_disc(t0) & (torch.hypot(x - dx, y - dy) < self.radius + 1)
        return inside & ~covered

    def lamp(self, x: float, y: float = 0.5, reach: float = 0.35) -> Tensor:
        """Light `[1, height, width]` of a lamp at shares `x`, `y` of the frame, over some light from everywhere."""
        px, py = self._places()
        far = ((px / self.width - x) ** 2 + (py / self.height - y) ** 2) / reach**2
        return (0.3 + torch.exp(-far))[None]

    def _places(self) -> tuple[Tensor, Tensor]:
        return torch.arange(self.width) + 0.5, torch.arange(self.height)[:, None] + 0.5

    def _seen(self, seed: int, matrix: Tensor) -> Tensor:
        x = texture(self.height + 2 * _AROUND, self.width + 2 * _AROUND, seed)
        over = (-_AROUND, -_AROUND, self.width + _AROUND, self.height + _AROUND)
        return warp_matrix(x, torch.linalg.inv(matrix), over, (0, 0, self.width, self.height), edges="repeat")

    def _ground(self, t: float) -> Tensor:
        angle, size = math.radians(self.spin * t), self.growth**t
        c, s, x, y = size * math.cos(angle), size * math.sin(angle), self.width / 2, self.height / 2
        about = torch.tensor([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]], dtype=torch.float64)
        return self._shifted(self.velocity, t) @ about

    def _shifted(self, velocity: tuple[float, float], t: float) -> Tensor:
        return torch.tensor([[1, 0, velocity[0] * t], [0, 1, velocity[1] * t], [0, 0, 1]], dtype=torch.float64)

    def _way(self, matrix: Tensor) -> Tensor:
        x, y = (c.double().expand(self.height, self.width) for c in self._places())
        moved = [row[0] * x + row[1] * y + row[2] for row in matrix.tolist()[:2]]
        return torch.stack((moved[0] - x, moved[1] - y)).float()
