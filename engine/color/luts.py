"""Look-up tables as torch operations, matching OpenColorIO's interpolation on the CPU."""

from collections.abc import Callable

import torch
from torch import Tensor

Op = Callable[[Tensor], Tensor]
"""One step of a colour transform: [3, H, W] float32 to the same shape, on the tensor's own device."""

_HALF_MAX = 65504.0
# Half floats as whole numbers in the order of their values: -31743 is the most negative finite one, 0 is zero.
_HALF_LAST = 0x7BFF


def lut1d(table: Tensor) -> Op:
    """Linear interpolation in a table [N, 3] over 0..1; inputs outside are held at the ends, NaN counts as zero."""
    last = table.shape[0] - 1
    columns = table.T.contiguous()

    def apply(x: Tensor) -> Tensor:
        on_device = columns.to(x.device)
        position = torch.nan_to_num(x, nan=0.0).clamp(0.0, 1.0) * last
        low = position.long().clamp_(max=max(last - 1, 0))
        return _mix(on_device, low, (low + 1).clamp_(max=last), position - low)

    return apply


def lut1d_half(table: Tensor) -> Op:
    """Interpolation in a table [65536, 3] indexed by the bits of a half float: covers negatives and values above one.

    An input between two half floats is interpolated between their entries; beyond the largest half it is held.
    """
    columns = table.T.contiguous()
    bits = torch.arange(65536, dtype=torch.int32).to(torch.int16)
    values = bits.view(torch.float16).float()

    def apply(x: Tensor) -> Tensor:
        on_device, halves = columns.to(x.device), values.to(x.device)
        bounded = torch.nan_to_num(x, nan=0.0).clamp(-_HALF_MAX, _HALF_MAX)
        nearest = bounded.to(torch.float16)
        raw = nearest.view(torch.int16).long()
        order = torch.where(raw < 0, -(raw & 0x7FFF), raw)
        order = order - (nearest.float() > bounded).long()
        low = _half_index(order.clamp(-_HALF_LAST, _HALF_LAST))
        high = _half_index((order + 1).clamp(-_HALF_LAST, _HALF_LAST))
        below, above = halves[low], halves[high]
        span = above - below
        weight = torch.where(span > 0, (bounded - below) / span.clamp_min(1e-30), 0.0)
        return _mix(on_device, low, high, weight)

    return apply


def _half_index(order: Tensor) -> Tensor:
    return torch.where(order < 0, 0x8000 - order, order)


def _mix(columns: Tensor, low: Tensor, high: Tensor, weight: Tensor) -> Tensor:
    planes = [
        torch.lerp(columns[c][low[c]], columns[c][high[c]], weight[c])  # one table per channel
        for c in range(3)
    ]
    return torch.stack(planes)


def lut3d(table: Tensor, tetrahedral: bool) -> Op:
    """Interpolation in a cube [R, G, B, 3] over 0..1; inputs outside are held at the faces, NaN counts as zero.

    Tetrahedral: Kasson et al., "Performing color space conversions with three-dimensional linear interpolation",
    1995. Otherwise trilinear.
    """
    size = table.shape[0]
    flat = table.reshape(-1, 3)
    steps = (size * size, size, 1)

    def apply(x: Tensor) -> Tensor:
        entries = flat.to(x.device)
        position = torch.nan_to_num(x, nan=0.0).clamp(0.0, 1.0) * (size - 1)
        low = position.long().clamp_(max=max(size - 2, 0))
        weight = (position - low).reshape(3, -1)
        corner = sum((low[c] * steps[c] for c in range(3)), torch.zeros_like(low[0])).reshape(-1)
        interpolate = _tetrahedral if tetrahedral else _trilinear
        return interpolate(entries, corner, weight, steps).T.reshape(x.shape).contiguous()

    return apply


def _tetrahedral(entries: Tensor, corner: Tensor, weight: Tensor, steps: tuple[int, int, int]) -> Tensor:
    # Walk from the low corner to the high one along the axes in order of falling weight: four corners, four weights.
    ordered, axis = weight.sort(dim=0, descending=True, stable=True)
    strides = torch.tensor(steps, device=corner.device)[axis]
    first = corner + strides[0]
    second = first + strides[1]
    third = second + strides[2]
    a, b, c = (ordered[i].unsqueeze(1) for i in range(3))
    return entries[corner] * (1 - a) + entries[first] * (a - b) + entries[second] * (b - c) + entries[third] * c


def _trilinear(entries: Tensor, corner: Tensor, weight: Tensor, steps: tuple[int, int, int]) -> Tensor:
    red, green, blue = (weight[i].unsqueeze(1) for i in range(3))

    def along_blue(index: Tensor) -> Tensor:
        return torch.lerp(entries[index], entries[index + steps[2]], blue)

    def along_green(index: Tensor) -> Tensor:
        return torch.lerp(along_blue(index), along_blue(index + steps[1]), green)

    return torch.lerp(along_green(corner), along_green(corner + steps[0]), red)
