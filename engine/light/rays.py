"""Rays through a frame, and what they meet."""

from typing import NamedTuple

from torch import Tensor


class Rays(NamedTuple):
    """Rays `[n]` in the picture: where they start in cells (u, v) and 1 / depth (w), their change per cell, how many
    cells they go, and how far that is in space.
    """

    u: Tensor
    v: Tensor
    w: Tensor
    du: Tensor
    dv: Tensor
    dw: Tensor
    end: Tensor
    far: Tensor

    def some(self, index: Tensor) -> "Rays":
        """Those with the numbers `[m]`."""
        return Rays(*(x.index_select(0, index) for x in self))

    def distance(self, t: Tensor) -> Tensor:
        """How far in space places at `t` cells `[n]` are, in scene units `[n]`: there it does not grow evenly."""
        share, stop = t / self.end.clamp_min(1e-6), self.w + self.dw * self.end
        return self.far * share * stop / (self.w + (stop - self.w) * share)


class Met(NamedTuple):
    """What rays `[n]` met: how much they are blocked, 0 to 1, the place where it is most, in cells along the ray, 1
    where they went through a surface there, and how far away in space that is.
    """

    blocked: Tensor
    at: Tensor
    through: Tensor
    far: Tensor
