"""Pictures cut into small even pieces, and what each piece is like."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_ROUNDS = 6


@dataclass(frozen=True)
class Pieces:
    """Pieces of a picture.

    label : `[H, W]`, the number of each pixel's piece. size : `[n]`, pixels of each, at least 1. place : `[n, 2]`, the
    mean x and y of its pixels. touching : `[2, m]`, pieces that share an edge, each pair once.
    """

    label: Tensor
    size: Tensor
    place: Tensor
    touching: Tensor

    def mean(self, x: Tensor) -> Tensor:
        """The mean of `x [C, H, W]` over each piece, `[n, C]`."""
        return _sums(x.flatten(1), self.label.flatten(), len(self.size)) / self.size[:, None]

    def spread(self, values: Tensor) -> Tensor:
        """`values [n, C]` of the pieces at their pixels, `[C, H, W]`."""
        return values.t()[:, self.label]


def superpixels(features: Tensor, width: float, compactness: float, check: Callable[[], None] = lambda: None) -> Pieces:
    """Cut a picture into pieces about `width` pixels wide whose pixels are alike (SLIC, Achanta et al. 2012).

    features : `[C, H, W]`. compactness : difference of features that counts as much as a piece's width of distance.
    check : called now and then; it stops the work by raising.
    """
    x = features.double()
    _, height, span = x.shape
    rows, columns = max(1, round(height / width)), max(1, round(span / width))
    v, u = torch.meshgrid(
        torch.arange(height, dtype=x.dtype, device=x.device),
        torch.arange(span, dtype=x.dtype, device=x.device),
        indexing="ij",
    )
    row = (v * rows / height).long().clamp_max(rows - 1)
    column = (u * columns / span).long().clamp_max(columns - 1)
    label = row * columns + column
    pixels = torch.cat((x, torch.stack((u, v)) * (compactness / width))).flatten(1)
    count = rows * columns
    near = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    for _ in range(_ROUNDS):
        check()
        size = torch.bincount(label.flatten(), minlength=count)
        centers = _sums(pixels, label.flatten(), count) / size.clamp_min(1)[:, None]
        best = torch.full_like(pixels[0], torch.inf)
        chosen = label.flatten().clone()
        for dy, dx in near:
            there = (row + dy).clamp(0, rows - 1) * columns + (column + dx).clamp(0, columns - 1)
            there = there.flatten()
            distance = (pixels - centers[there].t()).square().sum(0)
            distance = torch.where(size[there] > 0, distance, torch.inf)
            closer = distance < best
            best, chosen = torch.where(closer, distance, best), torch.where(closer, there, chosen)
        label = chosen.reshape(height, span)
    _, label = torch.unique(label, return_inverse=True)
    count = int(label.max()) + 1
    size = torch.bincount(label.flatten(), minlength=count).to(x.dtype)
    place = _sums(torch.stack((u, v)).flatten(1), label.flatten(), count) / size[:, None]
    return Pieces(label, size, place, _touching(label, count))


def _touching(label: Tensor, count: int) -> Tensor:
    sides = [(label[:, 1:], label[:, :-1]), (label[1:], label[:-1])]
    a = torch.cat([first.flatten() for first, _ in sides])
    b = torch.cat([second.flatten() for _, second in sides])
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    keys = torch.unique(low[low != high] * count + high[low != high])
    return torch.stack((keys // count, keys % count))


def _sums(x: Tensor, label: Tensor, count: int) -> Tensor:
    """Sums of `x [C, N]` by label, `[count, C]`, in an order that does not depend on threads."""
    return torch.stack([torch.bincount(label, row.double(), count) for row in x], 1)
