"""The GGX microfacet distribution with height-correlated Smith visibility, and the energy it keeps."""

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .sampling import mirrored, visible_normal
from .values import plainly

MIN_ALPHA = 1e-3
"""The least width of a highlight (roughness 0.032): single precision can shade no sharper one."""

_SIZE = 32
_RINGS, _SPOKES = 32, 16


def alpha_of(roughness: Tensor) -> Tensor:
    """Width of the distribution: the square of the perceptual roughness, 0..1, that artists and renderers' AOVs have.

    Of any shape, never below `MIN_ALPHA`. The other functions take the width as it is returned here, and any shapes
    that broadcast.
    """
    return (roughness * roughness).clamp_min(MIN_ALPHA)


def distribution(sin2: Tensor, alpha: Tensor) -> Tensor:
    """D of a microfacet normal, per steradian, at the angle whose squared sine is `sin2`, 0..1, from the normal.

    The sine, not the cosine, keeps its digits in single precision near the peak.
    """
    a2 = alpha * alpha
    d = sin2 + (1 - sin2) * a2
    return a2 / (torch.pi * d * d)


def disc_mean(sin2: Tensor, radius2: Tensor, alpha: Tensor) -> Tensor:
    """The mean of D over a disc of normals: `radius2` is the square of its radius, `sin2`, 0..1, that of its centre's
    distance from the surface's normal, both as sines of angles.

    In slopes GGX is `alpha^2 / (pi (alpha^2 + m^2)^2)`, just what a disc at the height alpha sends to a parallel
    surface, so its mean over a disc is that known form factor.
    """
    a2 = alpha * alpha
    height2 = (1 - sin2).clamp_min(1e-6) * a2
    x = height2 + sin2 - radius2
    y = (x * x + 4 * height2 * radius2).clamp_min(1e-20).sqrt()
    # Two forms of the same: each keeps its digits on its side.
    outside = 2 * a2 / (torch.pi * y * (y + x.clamp_min(0)))
    inside = (y - x.clamp_max(0)) * a2 / (2 * torch.pi * height2 * radius2.clamp_min(1e-12) * y)
    return torch.where(x >= 0, outside, inside)


def visibility(nl: Tensor, nv: Tensor, alpha: Tensor) -> Tensor:
    """G2 / (4 nl nv) with height-correlated masking and shadowing (Heitz 2014).

    nl, nv : cosines, 0..1, of the light and the view to the normal.
    """
    a2 = alpha * alpha
    to_light = nv * (nl * nl * (1 - a2) + a2).sqrt()
    to_view = nl * (nv * nv * (1 - a2) + a2).sqrt()
    return 0.5 / (to_light + to_view).clamp_min(1e-7)


def masking(nv: Tensor, alpha: Tensor) -> Tensor:
    """G1, 0..1, of one direction whose cosine to the normal is `nv`, above 0."""
    a2 = alpha * alpha
    return 2 * nv / (nv + (a2 + (1 - a2) * nv * nv).sqrt())


class Energy(NamedTuple):
    """What GGX reflects of constant white surroundings, `[1, h, w]` each: `f0 * scale + f90 * bias`, at an angle and on
    average.
    """

    scale: Tensor
    bias: Tensor
    mean_scale: Tensor
    mean_bias: Tensor


def energy(cosine: Tensor, roughness: Tensor) -> Energy:
    """The energy kept by one bounce at a cosine to the normal, both `[1, h, w]`; within 0.002 of the integral.

    The averages are weighted with the cosine over the hemisphere, as those of Kulla and Conty (2017).
    """
    found = _lookup(_table(cosine.device), cosine, roughness)
    return Energy(found[0:1], found[1:2], found[2:3], found[3:4])


def kept(cosine: Tensor, roughness: Tensor) -> tuple[Tensor, Tensor]:
    """`scale` and `bias` of `energy` alone, each `[1, h, w]`."""
    found = _lookup(_table(cosine.device)[:, :2], cosine, roughness)
    return found[0:1], found[1:2]


def _lookup(table: Tensor, cosine: Tensor, roughness: Tensor) -> Tensor:
    # Half of the entries are where the cosine is below a quarter: energy is lost at grazing angles.
    x = 2 * cosine.clamp(1e-6, 1).sqrt() - 1
    y = 2 * roughness.clamp(0, 1).expand_as(x) - 1
    grid = torch.stack((x[0], y[0]), -1)[None]
    return F.grid_sample(table.to(cosine.dtype), grid, padding_mode="border", align_corners=True)[0]


@cache  # for good: a GPU may have recorded where it is
def _table(device: torch.device) -> Tensor:
    """`[1, 4, roughness, sqrt(cosine)]`, integrated with samples of the visible normals."""
    with plainly():
        steps = torch.linspace(0, 1, _SIZE, dtype=torch.float64)
        alpha = alpha_of(steps)[:, None]
        cosine = (steps**2).clamp_min(1e-4)[None]
        sine = (1 - cosine * cosine).sqrt()
        view = torch.stack((sine, torch.zeros_like(sine), cosine))
        scale, bias = torch.zeros(_SIZE, _SIZE, dtype=torch.float64), torch.zeros(_SIZE, _SIZE, dtype=torch.float64)
        rings = (torch.arange(_RINGS, dtype=torch.float64) + 0.5) / _RINGS
        spokes = (torch.arange(_SPOKES, dtype=torch.float64) + 0.5) / (2 * _SPOKES) - 0.25  # the other half mirrors it
        across = (_SPOKES, _SIZE, _SIZE)
        seen, width = view[:, None].expand(3, *across), alpha.expand(across)
        for ring in rings:
            # Denser where normals are seen at a grazing angle, and weighted for it.
            u, weight = (1 - (1 - ring) ** 2).expand(_SPOKES, 1, 1), 2 * (1 - ring)
            half = visible_normal(seen, width, torch.stack((u, spokes[:, None, None])))
            light = mirrored(seen, half)
            nl = light[2].clamp_min(1e-9)
            share = 4 * visibility(nl, cosine, alpha) * nl * cosine / masking(cosine, alpha)
            share = torch.where(light[2] > 0, weight * share, 0.0)
            fresnel = (1 - (seen * half).sum(0)).clamp(0, 1) ** 5
            scale += (share * (1 - fresnel)).sum(0)
            bias += (share * fresnel).sum(0)
        both = torch.stack((scale, bias)) / (_RINGS * _SPOKES)
        # The weights of the cosine over u = sqrt(cosine): 2 mu dmu = 4 u^3 du.
        weights = 4 * steps**3
        weights[-1] *= 0.5
        means = (both * weights).sum(-1, keepdim=True) / weights.sum()
        return torch.cat((both, means.expand_as(both)))[None].to(device)
