"""Small scenes whose light is known, and how far a result is from it."""

import math

import torch
from torch import Tensor

from pictures import coordinates
from rimlight.engine import Region

SCENE = Region(0, 0, 160, 120)


def patches(region: Region = SCENE, count: int = 40, seed: int = 5) -> Tensor:
    """Albedo `[3, h, w]` of flat patches with random colours and straight edges."""
    random = torch.Generator().manual_seed(seed)
    x, y = coordinates(region)
    places = torch.rand(count, 2, generator=random) * torch.tensor([region.width, region.height])
    nearest = torch.stack([(x - px) ** 2 + (y - py) ** 2 for px, py in places.tolist()]).argmin(0)
    colors = 0.1 + 0.7 * torch.rand(3, count, generator=random)
    return colors[:, nearest]


def grain(region: Region = SCENE, seed: int = 6) -> Tensor:
    """Albedo `[3, h, w]` of one sort of ground with fine texture, like gravel or cloth."""
    random = torch.Generator().manual_seed(seed)
    fine = torch.rand(1, region.height, region.width, generator=random)
    wide = torch.nn.functional.avg_pool2d(fine, 3, 1, 1, count_include_pad=False)
    return torch.tensor([0.45, 0.35, 0.25])[:, None, None] * (0.5 + 0.4 * fine + 0.6 * wide)


def soft_light(region: Region = SCENE) -> Tensor:
    """Shading `[1, h, w]` that changes slowly, by two stops in all."""
    x, y = coordinates(region)
    return (0.5 + 0.6 * (1 + torch.sin(x / 37 + 0.4) * torch.cos(y / 31)))[None]


def discs(
    region: Region = SCENE, penumbra: float = 6.0, places: tuple[tuple[float, float, float], ...] = ((50, 55, 28),)
) -> Tensor:
    """Visibility `[1, h, w]` under round blockers `(x, y, radius)` whose edges are `penumbra` pixels wide."""
    x, y = coordinates(region)
    lit = torch.ones_like(x)
    for px, py, radius in places:
        distance = torch.hypot(x - px, y - py) - radius
        t = (distance / penumbra + 0.5).clamp(0, 1)
        lit = lit * t * t * (3 - 2 * t)
    return lit[None]


def in_shadow(light: Tensor, visibility: Tensor, share: tuple[float, float, float] = (0.2, 0.25, 0.32)) -> Tensor:
    """`light` with a cast shadow; the sky still gives a share of it, more of the blue."""
    ambient = torch.tensor(share)[:, None, None]
    return light * (visibility + (1 - visibility) * ambient)


def psnr(found: Tensor, expected: Tensor, where: Tensor | None = None) -> float:
    """Peak signal to noise ratio in decibels, the peak being 1; `where` chooses pixels."""
    error = (found - expected).square()
    error = error if where is None else error[:, where]
    return -10 * math.log10(float(error.mean()))


def scale_error(found: Tensor, expected: Tensor) -> float:
    """What is left of `expected` after the best scale of `found`, as a share of it (root mean square)."""
    scale = (found * expected).sum() / found.square().sum()
    return float(((found * scale - expected).square().mean() / expected.square().mean()).sqrt())
