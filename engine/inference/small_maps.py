"""What `sky` and `looks` work with: maps of about a hundred pixels, on any device, alike however many threads."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def rising(x: Tensor, middle: Tensor | float, width: float) -> Tensor:
    """From 0 to 1 where x goes over a middle, linear over a width."""
    return ((x - middle) / width + 0.5).clamp(0, 1)


def mean(x: Tensor) -> Tensor:
    """Of whole maps, `[..., 1, 1]`."""
    # Rows first, as one number over a whole map is added up in parts of threads.
    return x.mean(3, keepdim=True).mean(2, keepdim=True)


def mean_in(where: Tensor, x: Tensor) -> Tensor:
    """The mean of maps where another one is, which are weights from 0 to 1."""
    return mean(where * x) / mean(where).clamp_min(1e-6)


def quantile(x: Tensor, share: float) -> Tensor:
    """What a share, 0 to 1, of all values is not above, `[]`."""
    values = x.flatten()
    return values.kthvalue(1 + round(share * (values.numel() - 1))).values


def box_means(x: Tensor, radius: int) -> Tensor:
    """The mean over a square window, edges repeated."""
    # As two products of matrices: pooling takes as long as its window is wide.
    rows, columns = (_means(count, radius, x) for count in x.shape[-2:])
    return rows @ x @ columns.T


def _means(count: int, radius: int, like: Tensor) -> Tensor:
    """The matrix `[count, count]` that takes means over windows of a row."""
    steps = torch.arange(-radius, radius + 1, device=like.device)
    places = (torch.arange(count, device=like.device)[:, None] + steps).clamp(0, count - 1)
    share = like.new_full((), 1 / len(steps)).expand(places.shape)
    return like.new_zeros(count, count).scatter_add(1, places, share)


def eroded(x: Tensor) -> Tensor:
    """The least of each pixel and its eight neighbours."""
    return -F.max_pool2d(-x, 3, 1, 1)


def connected(seed: Tensor, within: Tensor) -> Tensor:
    """What of a map `[1, 1, h, w]` is connected with a seed."""
    steps = seed.shape[-2] + seed.shape[-1] // 2
    if seed.is_cuda:  # which would take as long to say whether it is done as to go on
        grown = torch.minimum(seed, within)
        for _ in range(steps):
            grown = torch.minimum(F.max_pool2d(grown, 3, 1, 1), within)
        return grown
    # On a processor pooling takes ten times as long. A step takes hardly longer than Python needs to begin it, so that
    # what it works on is made once: the map within a border, and the largest of three in a row of it.
    wide = F.pad(torch.minimum(seed, within), (1, 1, 1, 1), value=-math.inf)
    across = torch.empty_like(wide[..., 1:-1])
    grown = wide[..., 1:-1, 1:-1]
    left, middle, right = wide[..., :-2], wide[..., 1:-1], wide[..., 2:]
    above, here, below = across[..., :-2, :], across[..., 1:-1, :], across[..., 2:, :]
    for step in range(steps):
        before = grown.clone() if step % 8 == 7 else None
        torch.maximum(left, right, out=across)
        torch.maximum(across, middle, out=across)
        torch.maximum(above, below, out=grown)
        torch.maximum(grown, here, out=grown)
        torch.minimum(grown, within, out=grown)
        if before is not None and torch.equal(before, grown):
            break
    return grown
