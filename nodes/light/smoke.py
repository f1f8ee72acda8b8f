"""How dense the air of a picture is: even, thinner above the ground, or smoke that drifts.

Places are in centimetres in the space of the picture's camera. Where the camera of the shot is known, smoke and ground
stand in the world, and only the place from which they are seen moves.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Cells, Pose

from ..ops.noise import fractal_noise_at, fractal_noise_through

if TYPE_CHECKING:
    from .atmosphere import Atmosphere

_OCTAVES = 3
_CONTRAST = 5.0
"""Nepers of density over the noise, where smoke is as uneven as it may be."""
_SPREAD = 0.176
"""Standard deviation of the noise."""
_COARSER = 2
"""Times fewer rows and columns in which smoke is looked up that the camera sees at a slant."""
_WAYS = 6, 4
"""Times fewer rows and columns, and slices, in which smoke on the way from a lamp is told."""
_STEPS = 12
"""Of the way from a lamp, in smoke."""


class Smoke:
    """The density of a node's air, relative to what it says of it. pose : the camera of the shot, where it is known."""

    def __init__(self, node: "Atmosphere", pose: Pose | None, frame: float, check: Callable[[], None]) -> None:
        self.node = node
        self.pose = pose
        self.check = check
        self.even = node.height == 0 and node.uneven == 0
        self._turn = torch.eye(3, dtype=torch.float64) if pose is None else torch.from_numpy(pose.rotation.copy())
        self._at = torch.zeros(3, dtype=torch.float64) if pose is None else torch.tensor(pose.position).double()
        self._drift = torch.tensor(node.drift, dtype=torch.float64) * frame
        self._contrast = _CONTRAST * node.uneven

    def over(self, cells: Cells) -> Tensor:
        """The densities of cells, `[slices, rows, columns]`."""
        n = self.node
        ways, middles = cells.rays(cells.rows, cells.columns), cells.middles()
        found = torch.ones(cells.slices, cells.rows, cells.columns, device=middles.device)
        if n.height > 0:
            found = found * torch.exp(-self._up(ways[:, None] * middles[:, None, None]).clamp_min(0) / n.height)
        if n.uneven > 0:
            found = found * (self._straight(ways, middles) if self.pose is None else self._slanted(cells))
        return found

    def way(self, lamp: Tensor, places: Tensor) -> Tensor:
        """The mean density `[...]` between a lamp `[3]` and places `[3, ...]`, of air that is thinner above the ground
        by a closed form; smoke counts as even, see `unevenness`.
        """
        high = self.node.height
        if high == 0:
            return torch.ones_like(places[0])
        one, two = self._up(lamp.reshape(3, 1, 1)), self._up(places)
        low, top = torch.minimum(one, two), torch.maximum(one, two).clamp_min(0)
        above = ((top - low.clamp_min(0)) / high).clamp_min(1e-6)
        # Of the way above the ground, and what of the whole way that is; below it all is as dense as it may be.
        mean = torch.exp(-low.clamp_min(0) / high) * -torch.expm1(-above) / above
        share = (top - low.clamp_min(0)) / (two - one).abs().clamp_min(1e-6)
        return torch.where(low >= 0, mean, 1 - share * (1 - mean))

    def unevenness(self, lamp: Tensor, cells: Cells) -> Tensor:
        """By how much smoke makes the air between a lamp `[3]` and the edges of cells denser than `way` says,
        `[m + 1, r, c]` at every fourth edge, in fewer rows and columns.
        """
        fewer, steps = _WAYS
        rows, columns = (max(2, size // fewer) for size in (cells.rows, cells.columns))
        edges = self._thinned(cells, max(2, cells.slices // steps)).edges
        ends = cells.rays(rows, columns)[:, None] * edges[:, None, None]
        start = lamp.reshape(3, 1, 1, 1)
        total = torch.zeros_like(ends[0])
        for step in range(_STEPS):
            self.check()
            at = start + (ends - start) * ((step + 0.5) / _STEPS)
            here = self._puffs(at)
            if self.node.height > 0:
                here = here * torch.exp(-self._up(at).clamp_min(0) / self.node.height)
            total += here / _STEPS
        return total / self.way(lamp, ends).clamp_min(1e-6)

    def _thinned(self, cells: Cells, slices: int) -> Cells:
        """The cells in as few slices, spaced alike."""
        size = (cells.edges[None, None], slices + 1)
        edges = F.interpolate(*size, mode="linear", align_corners=True)[0, 0]
        return Cells(cells.camera, cells.region, cells.rows, cells.columns, edges)

    def _up(self, places: Tensor) -> Tensor:
        """How far above the ground places `[3, ...]` are."""
        x, y, z = (float(share) for share in self._turn[1])
        above: Tensor = x * places[0] + y * places[1] + z * places[2]
        return above + (float(self._at[1]) - self.node.ground)

    def _puffs(self, places: Tensor) -> Tensor:
        """The density of smoke at places `[3, ...]`; its mean is 1."""
        flat = places.flatten(1).double()
        turn, at, drift = (x.to(flat) for x in (self._turn, self._at, self._drift))
        world = (turn @ flat + (at - drift)[:, None]) / self.node.grain
        return self._dense(fractal_noise_through(world, self.node.seed, _OCTAVES)).reshape(places.shape[1:])

    def _dense(self, noise: Tensor) -> Tensor:
        return torch.exp(self._contrast * noise - (self._contrast * _SPREAD) ** 2 / 2)

    def _straight(self, ways: Tensor, middles: Tensor) -> Tensor:
        """Smoke in the camera's own space, where slices lie along the noise."""
        n, (x, y, z) = self.node, self._drift.tolist()
        columns, rows = ways[0, 0].double(), ways[1, :, 0].double()
        found = []
        for depth in middles.tolist():
            self.check()
            at = (columns * depth - x) / n.grain, (rows * depth - y) / n.grain, (-depth - z) / n.grain
            found.append(self._dense(fractal_noise_at(*at, n.seed, _OCTAVES)))
        return torch.stack(found)

    def _slanted(self, cells: Cells) -> Tensor:
        """Smoke in the world, looked up in fewer cells."""
        rows, columns = (max(2, -(-size // _COARSER)) for size in (cells.rows, cells.columns))
        ways, found = cells.rays(rows, columns), []
        for depth in cells.middles():
            self.check()
            found.append(self._puffs(ways * depth))
        size = (cells.rows, cells.columns)
        return F.interpolate(torch.stack(found)[None], size, mode="bilinear", align_corners=False)[0]
