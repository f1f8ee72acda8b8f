"""The light on a face, told from its skin."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_ROUNDS = 12
_MOST = 60000
"""Texels that the fit looks at: more tell nothing more of nine numbers."""
_SPREAD = 0.12
"""Nepers that skin of a face differs from its mean by; what is further off counts less and less."""
_SHINE = 0.6
"""Of the light of a texel that shine is at most."""


@dataclass(frozen=True, eq=False)
class SkinLight:
    """light : `[3, 9]`, what skin of the face shows of a normal's harmonics. mean : `[3]`, over the skin that was seen.
    blue : how much blue the light from within skin has for its red, in the mean, of that of the light.
    """

    light: Tensor
    mean: Tensor
    blue: Tensor

    def shine(self, light: Tensor, shading: Tensor) -> Tensor:
        """The shine `[3, h, w]` in light: skin takes blue out of what it scatters, and shine has all of the light's.

        shading : `[3, h, w]`, what even skin would show. Both are in units of it, where the light is white.
        """
        red, blue = light[0] / shading[0].clamp_min(1e-30), light[2] / shading[2].clamp_min(1e-30)
        # Even skin has red = blue = 1 here, for any colour of light; shine adds more to blue, by the skin's own colour.
        tint = (self.mean[0] / self.mean[2].clamp_min(1e-30)).clamp(1.0, 20.0)
        above = ((blue - self.blue * red) / (tint - self.blue).clamp_min(0.2)).clamp_min(0)
        above = torch.minimum((above - 0.02).clamp_min(0), _SHINE * torch.minimum(red, blue / tint))
        return above * shading[0] * torch.ones_like(light)


def harmonics(normal: Tensor) -> Tensor:
    """The nine real spherical harmonics up to degree 2 of normals `[3, h, w]`, `[9, h, w]`, without their factors."""
    x, y, z = normal
    one = torch.ones_like(x)
    return torch.stack((one, x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y))


def light_of_skin(light: Tensor, basis: Tensor, weight: Tensor, check: Callable[[], None] = lambda: None) -> SkinLight:
    """The light that explains skin best.

    light : `[3, h, w]`, not negative. basis : `[9, h, w]`. weight : `[1, h, w]`, how much texels count.

    Reweighted least squares: a texel whose brightness is off by more than skin differs counts as Geman and McClure have
    it, so shine above and beard and cast shadows below it are left out.
    """
    w = weight.flatten().double()
    chosen = (w > 0).nonzero().flatten()
    chosen = chosen[:: max(1, chosen.numel() // _MOST)]
    if chosen.numel() < 30:
        flat = light.new_zeros(3, 9)
        flat[:, 0] = 1.0
        return SkinLight(flat, light.new_ones(3), light.new_ones(()))
    y, b, w = light.flatten(1)[:, chosen].double(), basis.flatten(1)[:, chosen].double(), w[chosen]
    usual = torch.stack(
        [channel[channel > 0].median() if bool((channel > 0).any()) else w.new_ones(()) for channel in y]
    )
    y = y / usual[:, None]
    # Little is known of the light from behind: its harmonics are held near zero.
    hold = torch.diag(w.new_tensor([0, 1, 1, 1, 3, 3, 3, 3, 3])) * 2e-3
    trust = w
    for _ in range(_ROUNDS):
        check()
        square = (b * trust) @ b.T
        fit = torch.linalg.solve(square + hold * trust.sum(), (b * trust) @ y.T).T
        shown = (fit @ b).clamp_min(0.02)
        off = ((y.mean(0) + 0.02) / (shown.mean(0) + 0.02)).log()
        trust = w / (1 + (off / (2 * _SPREAD)) ** 2) ** 2
    shown = fit @ b
    mean = (shown * trust).sum(1) / trust.sum()
    ratio = (y[2] / shown[2].clamp_min(0.02)) / (y[0] / shown[0].clamp_min(0.02)).clamp_min(1e-6)
    order = ratio[trust > 0.5 * w]
    blue = order.median() if order.numel() else ratio.new_ones(())
    scale = usual[:, None]
    return SkinLight((fit * scale).float(), (mean * usual).float(), blue.float())
