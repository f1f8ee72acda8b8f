"""The glow that lamps throw over a picture: light that lens and air spread around what shines, and add to the rest.

Each source's light is spread by Gaussians of several widths, which together make any skirt that falls off outwards. How
much of each goes into it, per channel and nothing below zero, is the most that the picture around leaves room for: a
fit by least squares, beside light that changes evenly across the frame, in which a skirt above what the picture shows
counts far more than one below (expectiles, after Newey and Powell, 1987). Glow is even where the scene has texture, so
that what is dark in the texture tells it. So does how strong the texture is: light that a lamp throws on a wall makes
the wall's texture stronger by as much, glow leaves it as it is.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .fir import finite
from .gaussian import blurred
from .membrane import membrane
from .rank import median, rank_margin
from .resize import resized, within

_SMALL = 192  # pixels of the long side at which skirts are fitted
_WIDTHS = tuple(0.006 * 2 ** (k / 2) for k in range(11))  # of the long side, deviations that a skirt is made of
_UNDER = 0.005  # how much a skirt below what is seen counts, beside one above
_MEAN, _MIDDLE = 0.02, 0.05  # of the mean and the median: what is darker than their sum has no more say
_LOOKS, _STEPS = 12, 60  # times that what lies above is looked at anew, and steps of the fit between
_CLEAR = 0.1  # of a pixel that is beside the sources, from which on it tells what surrounds them
_GRAIN = 5  # pixels over which noise does not count
_TEXTURE, _GROUND = 2.0, 4.0  # small pixels below which light changes as texture, and over which it is what is textured
_APART = 9  # small pixels across around what is beside a source, in which texture is not looked at
_NOISE = 0.9  # of what noise seems to explain of texture, so that texture is not taken for it
_CHANCE = 0.1  # of the texture that a skirt has if all of it is light on surfaces, what one of glow may seem to have
_BESIDE = 5  # small pixels across around a source, in which skirts are too steep to be told


def veil(x: Tensor, covers: Tensor, check: Callable[[], None] = lambda: None) -> Tensor:
    """The glow `[3, H, W]` that sources add to a picture `x [3, H, W]`, 0 to what the picture itself shows.

    covers : mattes `[sources, H, W]` of the sources, 0 to 1. check : called now and then; it stops the work by raising.
    """
    if len(covers) == 0:
        return torch.zeros_like(x)
    light = finite(x).clamp_min(0)
    size, long = within(x.shape[1], x.shape[2], _SMALL), max(x.shape[1:])
    shining = torch.stack([resized(light * cover, size) for cover in covers])
    clear = 1 - covers.amax(0, keepdim=True)
    share = resized(clear, size)
    # Beside a source what surrounds it counts, without the source's own light in the same pixel.
    around = torch.where(share > _CLEAR, resized(light * clear, size) / share.clamp_min(_CLEAR), resized(light, size))
    around, beside = around.double(), share > _CLEAR
    spread = torch.stack([blurred(shining.double().flatten(0, 1), width * max(size), "black") for width in _WIDTHS])
    spread = spread.reshape(-1, *shining.shape)
    amounts = _amounts(around, spread, beside, check)
    skirts = torch.einsum("ksc,kschw->schw", amounts, spread)
    glow = 1 - _on_surfaces(around, skirts, beside)
    out, amounts = torch.zeros_like(light), (amounts * glow[:, None]).to(x)
    for width, amount in zip(_WIDTHS, amounts, strict=True):
        check()
        out += blurred(torch.einsum("sc,shw->chw", amount, covers) * light, width * long, "black")
    near, least = _beside(around - torch.einsum("s,schw->chw", glow, skirts), share, (x.shape[1], x.shape[2]))
    out = torch.lerp(out, torch.minimum(out, (light - least.to(x)).clamp_min(0)), near.to(x))
    pad = (rank_margin(_GRAIN),) * 4
    return torch.minimum(out, median(torch.nn.functional.pad(light[None], pad, mode="replicate")[0], _GRAIN))


def _amounts(x: Tensor, spread: Tensor, clear: Tensor, check: Callable[[], None]) -> Tensor:
    """How much of each source's light goes into each width, `[widths, sources, 3]`.

    x : `[3, h, w]`. spread : the sources' own light in each width, `[widths, sources, 3, h, w]`. clear : `[1, h, w]`,
    where none is seen.
    """
    rows, columns = (torch.linspace(0, 1, n, dtype=x.dtype, device=x.device) for n in x.shape[1:])
    rest = torch.stack([torch.outer(a, b) for a in (rows, 1 - rows) for b in (columns, 1 - columns)])
    parts = torch.cat((spread.flatten(0, 1), rest[:, None].expand(-1, 3, -1, -1)))
    parts = parts.flatten(2).transpose(0, 1)
    largest = parts.amax(2, keepdim=True).clamp_min(1e-30)
    parts = parts / largest
    goal = x.flatten(1)[:, None]
    clear = clear.flatten()
    around = goal[:, :, clear] if bool(clear.any()) else goal
    floor = _MEAN * around.mean(2, keepdim=True) + _MIDDLE * around.median(2, keepdim=True).values
    weight = (goal + floor.clamp_min(1e-30)).square().reciprocal()
    # A source itself only says that there is no more.
    below = _UNDER * clear.to(x)
    found = 0.01 * floor.expand(-1, parts.shape[1], 1)
    counts = weight
    for _ in range(_LOOKS):
        check()
        weighted = parts * counts
        normal, wanted = weighted @ parts.mT, weighted @ goal.mT
        for _ in range(_STEPS):
            # The multiplicative step of Lee and Seung (2001) lets nothing fall below zero.
            found = found * wanted / (normal @ found).clamp_min(1e-30)
        counts = weight * torch.where(found.mT @ parts > goal, 1.0, below)
    return (found / largest)[:, : spread.shape[0] * spread.shape[1], 0].T.reshape(spread.shape[:3])


def _on_surfaces(x: Tensor, skirts: Tensor, clear: Tensor) -> Tensor:
    """How much of each source's skirt is light that it throws on surfaces, `[sources]`, 0 to 1.

    x, clear : as of `_amounts`. skirts : what was found, `[sources, 3, h, w]`.

    How far light changes from pixel to pixel is taken for a sum of what the scene has without skirts, of what each
    skirt adds, and of noise. A skirt that adds as much for its light as the scene has is light on the scene.
    """
    left = x - skirts.sum(0)
    texture = (left - blurred(left, _TEXTURE)).mean(0).abs()
    ground = blurred(left, _GROUND).mean(0).clamp_min(0)
    there = -torch.nn.functional.max_pool2d(-clear.to(x), _APART, 1, _APART // 2)[0] > 0
    if not bool(there.any()):
        return x.new_zeros(len(skirts))
    lit = torch.cat((ground[None], skirts.mean(1)))[:, there]
    goal = texture[there]
    parts = torch.cat((lit, goal.median().expand(1, goal.numel())))
    weight = (lit.sum(0) + 0.1 * lit.sum(0).mean()).clamp_min(1e-30).square().reciprocal()
    largest = parts.amax(1, keepdim=True).clamp_min(1e-30)
    parts = parts / largest
    normal, wanted = (parts * weight) @ parts.T, (parts * weight) @ goal
    wanted[-1] *= _NOISE
    found = torch.full_like(wanted, 1e-3 * float(goal.mean()))
    for _ in range(_LOOKS * _STEPS):
        found = found * wanted / (normal @ found).clamp_min(1e-30)
    found = found / largest[:, 0]
    return ((found[1:-1] / found[0].clamp_min(1e-30) - _CHANCE) / (1 - _CHANCE)).clamp(0, 1)


def _beside(left: Tensor, share: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """How close a pixel is to a source, `[1, H, W]`, 0 to 1, and the light `[3, H, W]` of the scene that goes on there.

    left : `[3, h, w]`, small, without glow. share : `[1, h, w]`, how much of a pixel no source covers. size : H and W.
    """
    covered = torch.nn.functional.max_pool2d(1 - share.double(), _BESIDE, 1, _BESIDE // 2)
    least = membrane(left.clamp_min(0), covered[0] < _CLEAR)
    near = (2 * blurred(covered, 1.0)).clamp(0, 1)
    return resized(near, size), resized(least, size)
