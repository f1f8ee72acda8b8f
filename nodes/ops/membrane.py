"""Filling holes smoothly: the Poisson equation inside regions of any shape, with the values around them kept.

Solved coarse to fine, on each scale by over-relaxation of the unknown pixels alone, in two colours like a chessboard,
so that results do not depend on the thread count.
"""

from collections.abc import Callable

import torch
from torch import Tensor

_OVER = 1.7
_FINEST, _MOST = 16, 80  # sweeps on the finest scale and on coarse ones
_SMALLEST = 2


def membrane(values: Tensor, known: Tensor, load: float = 0.0, check: Callable[[], None] = lambda: None) -> Tensor:
    """`values [C, H, W]` with what is not known filled in, a skin stretched between the known values.

    Parameters
    ----------
    values : finite where known; what is elsewhere does not matter.
    known : `[H, W]`, bool.
    load : what minus the Laplacian is in the filled regions: 0 keeps within the values around, above 0 bulges upwards.
    check : called now and then; it stops the work by raising.

    Edges of the picture are free. Regions without any known pixel become 0.
    """
    values = torch.where(known, values, 0.0)
    return _solve(values, known, load, 0, check)


def _solve(values: Tensor, known: Tensor, load: float, level: int, check: Callable[[], None]) -> Tensor:
    unknown = ~known
    if not bool(unknown.any()):
        return values
    height, width = known.shape
    if min(height, width) > _SMALLEST and bool(known.any()):
        coarse = _solve(*_halved(values, known), load, level + 1, check)
        values = torch.where(known, values, doubled(coarse)[:, :height, :width])
    return _relaxed(values, unknown, load * 4.0**level, min(_MOST, _FINEST << level), check)


def _halved(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Half the size: the mean of the known values, known where any of the four is."""
    height, width = known.shape
    stacked = torch.cat((values, known[None].to(values)))
    padded = torch.nn.functional.pad(stacked[None], (0, width % 2, 0, height % 2), mode="replicate")
    mean = torch.nn.functional.avg_pool2d(padded, 2)[0]
    share = mean[-1:]
    return mean[:-1] / share.clamp_min(0.25), share[0] > 0


def _relaxed(values: Tensor, unknown: Tensor, load: float, sweeps: int, check: Callable[[], None]) -> Tensor:
    height, width = unknown.shape
    y, x = torch.nonzero(unknown, as_tuple=True)
    flat = values.flatten(1).clone()
    colors = []
    for color in (0, 1):
        chosen = (x + y) % 2 == color
        cx, cy = x[chosen], y[chosen]
        place = cy * width + cx
        around = torch.stack(
            (
                cy * width + (cx - 1).clamp_min(0),
                cy * width + (cx + 1).clamp_max(width - 1),
                (cy - 1).clamp_min(0) * width + cx,
                (cy + 1).clamp_max(height - 1) * width + cx,
            )
        )
        colors.append((place, around))
    for _ in range(sweeps):
        for place, around in colors:
            check()
            if place.numel():
                # Term by term: a reduction adds in another order where threads part the work.
                left, right, above, below = (flat[:, side] for side in around)
                mean = left.add_(right).add_(above.add_(below)).div_(4).add_(load / 4)
                old = flat[:, place]
                flat[:, place] = old + _OVER * (mean - old)
    return flat.reshape(values.shape)


def doubled(x: Tensor) -> Tensor:
    """`x [C, H, W]` at twice the size, by straight lines between the middles of pixels.

    That of torch rounds by the thread count.
    """
    for dim in (1, 2):
        size = x.shape[dim]
        padded = torch.cat((x.narrow(dim, 0, 1), x, x.narrow(dim, size - 1, 1)), dim)
        near = x * 0.75
        first, second = (near + padded.narrow(dim, start, size) * 0.25 for start in (0, 2))
        x = torch.stack((first, second), dim + 1).flatten(dim, dim + 1)
    return x
