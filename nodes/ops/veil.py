"""The glow that lamps throw over a picture: light that lens and air spread around what shines, and add to the rest.

Each source's light is spread by Gaussians of several widths, which together make any skirt that falls off outwards. How
much of each goes into it, per channel and nothing below zero, is the most that the picture around leaves room for: a
fit by least squares, beside light that changes evenly across the frame, in which a skirt above what the picture shows
counts far more than one below (expectiles, after Newey and Powell, 1987). Glow is even where the scene has texture, so
that what is dark in the texture tells it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .fir import finite
from .gaussian import blurred
from .rank import median, rank_margin
from .resize import resized, within

_SMALL = 192  # pixels of the long side at which skirts are fitted
_WIDTHS = (0.006, 0.0125, 0.025, 0.05, 0.1, 0.2)  # of the long side, standard deviations that a skirt is made of
_UNDER = 0.005  # how much a skirt below what is seen counts, beside one above
_MEAN, _MIDDLE = 0.02, 0.05  # of the mean and the median: what is darker than their sum has no more say
_LOOKS, _STEPS = 12, 60  # times that what lies above is looked at anew, and steps of the fit between
_CLEAR = 0.1  # of a pixel that is beside the sources, from which on it tells what surrounds them
_GRAIN = 5  # pixels over which noise does not count


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
    amounts = _amounts(around.double(), shining.double(), share > _CLEAR, check).to(x)
    out = torch.zeros_like(light)
    for width, amount in zip(_WIDTHS, amounts, strict=True):
        check()
        spread = torch.einsum("sc,shw->chw", amount, covers) * light
        out += blurred(spread, width * long, "black")
    pad = (rank_margin(_GRAIN),) * 4
    return torch.minimum(out, median(torch.nn.functional.pad(light[None], pad, mode="replicate")[0], _GRAIN))


def _amounts(x: Tensor, shining: Tensor, clear: Tensor, check: Callable[[], None]) -> Tensor:
    """How much of each source's light goes into each width, `[widths, sources, 3]`.

    x : `[3, h, w]`. shining : the sources' own light, `[sources, 3, h, w]`. clear : `[1, h, w]`, where none is seen.
    """
    long = max(x.shape[1:])
    skirts = torch.stack([blurred(shining.flatten(0, 1), width * long, "black") for width in _WIDTHS])
    rows, columns = (torch.linspace(0, 1, n, dtype=x.dtype, device=x.device) for n in x.shape[1:])
    rest = torch.stack([torch.outer(a, b) for a in (rows, 1 - rows) for b in (columns, 1 - columns)])
    parts = torch.cat((skirts.reshape(-1, *x.shape), rest[:, None].expand(-1, 3, -1, -1)))
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
    amounts = (found / largest)[:, : len(_WIDTHS) * len(shining), 0].T
    return amounts.reshape(len(_WIDTHS), len(shining), 3)
