"""Separable finite filters as batched matrix products: the machinery under every blur.

A row of outputs is a banded (Toeplitz) matrix times a row of inputs. Cut into short blocks, all blocks share one small
dense matrix, so a pass is one strided batched product without copies: fast on both CPU and GPU, and free of recursion,
so that a bright spot leaves nothing behind it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

HALF_MAX = 65504.0
BLOCK = 16


@dataclass(frozen=True)
class Stage:
    """One pass along one axis: every block of `matrix.shape[0]` outputs reads `matrix.shape[1]` inputs.

    `start` is the first input sample of the first block, `step` the input samples from block to block, `count` the
    number of outputs.
    """

    matrix: Tensor
    start: int
    step: int
    count: int


def finite(x: Tensor) -> Tensor:
    """`x` itself if all is finite, else a copy with NaN as 0 and infinities as the largest half float.

    In a matrix product one NaN would reach its whole block, so linear filters never see one.
    """
    if bool(torch.isfinite(x.sum())):
        return x
    return torch.nan_to_num(x, nan=0.0, posinf=HALF_MAX, neginf=-HALF_MAX)


def toeplitz(taps: Tensor, outputs: int, stride: int = 1) -> Tensor:
    """Matrix `[outputs, (outputs - 1) * stride + taps]` whose row i holds the taps from column `i * stride` on."""
    size = taps.numel()
    matrix = taps.new_zeros(outputs, (outputs - 1) * stride + size)
    for i in range(outputs):
        matrix[i, i * stride : i * stride + size] = taps
    return matrix


def fir_stage(taps: Tensor, length: int) -> Stage:
    """The stage that correlates an axis of `length` samples with odd `taps`, keeping the valid part."""
    # Longer blocks waste products on the zeros of the band, shorter ones starve the matrix kernels.
    block = max(BLOCK, taps.numel() // 64 * 16)
    return Stage(toeplitz(taps, block), 0, block, length - taps.numel() + 1)


def run_stage(stage: Stage, x: Tensor, out: Tensor | None = None) -> Tensor:
    """Apply `stage`, its matrix like `x`, along dimension 0 of `x [R, N]` (any strides): `[count, N]`."""
    matrix = stage.matrix
    block, reach = matrix.shape
    x = x[stage.start :]
    rows, n = x.shape
    result = x.new_empty(stage.count, n) if out is None else out
    full = min(stage.count // block, (rows - reach) // stage.step + 1) if rows >= reach else 0
    full = 0 if full == 1 else full
    if full:
        blocks = x.as_strided((full, reach, n), (stage.step * x.stride(0), x.stride(0), x.stride(1)))
        torch.bmm(matrix.expand(full, block, reach), blocks, out=result[: full * block].view(full, block, n))
    # A lone product is split over the threads in a way that changes its rounding; a batch of two is not.
    for first in range(full, math.ceil(stage.count / block)):
        outputs = min(block, stage.count - first * block)
        tail = x[first * stage.step :][:reach]
        pair = torch.bmm(matrix[:outputs, : tail.shape[0]].expand(2, -1, -1), tail.expand(2, -1, -1))
        result[first * block : first * block + outputs] = pair[0]
    return result


def run_separable(
    x: Tensor, down_y: Stage | None, down_x: Stage | None, up_x: Stage | None, up_y: Stage | None
) -> Tensor:
    """Run up to two stages per axis over `x [C, H, W]`, decimating ones outermost; a new contiguous tensor."""
    x = x if x.stride(-1) == 1 else x.contiguous()
    down_y, down_x, up_x, up_y = (
        stage and replace(stage, matrix=stage.matrix.to(x)) for stage in (down_y, down_x, up_x, up_y)
    )
    height = up_y.count if up_y else x.shape[1]
    width = up_x.count if up_x else x.shape[2]
    out = x.new_empty(x.shape[0], height, width)
    for plane, target in zip(x, out, strict=True):
        if down_y:
            plane = run_stage(down_y, plane)
        columns = plane.t()
        for stage in (down_x, up_x):
            if stage:
                columns = run_stage(stage, columns)
        if up_y:
            run_stage(up_y, columns.t(), target)
        else:
            target.copy_(columns.t())
    return out


def separable(x: Tensor, taps_x: Sequence[float] | Tensor, taps_y: Sequence[float] | Tensor) -> Tensor:
    """Correlate `x [C, H, W]` with `taps_x` along rows and `taps_y` along columns (odd counts), valid part only.

    Returns `[C, H - len(taps_y) + 1, W - len(taps_x) + 1]`. NaN counts as 0.
    """
    stages = []
    for taps, length, axis in ((taps_x, x.shape[2], "x"), (taps_y, x.shape[1], "y")):
        values = torch.as_tensor(taps, dtype=torch.float64, device="cpu")
        if values.numel() % 2 == 0:
            raise ValueError(f"separable filter: taps_{axis} has {values.numel()} values, an odd number is expected")
        if values.numel() > length:
            raise ValueError(
                f"separable filter: {values.numel()} taps along {axis} need as many pixels, found {length}"
            )
        identity = values.numel() == 1 and float(values[0]) == 1.0
        stages.append(None if identity else fir_stage(values, length))
    if stages == [None, None]:
        return x
    return run_separable(finite(x), None, None, stages[0], stages[1])


def spline_taps(width: float, degree: int) -> Tensor:
    """Taps of a B-spline of total support `width` pixels, integrated over each pixel; they sum to 1.

    Degree 0 is a box with fractional edge weights, 1 a triangle, 2 a quadratic bump.
    """
    if degree not in (0, 1, 2):
        raise ValueError(f"spline blur: degree is {degree}, expected 0 (box), 1 (triangle) or 2 (quadratic)")
    radius = spline_margin(width)
    if radius == 0:
        return torch.ones(1, dtype=torch.float64)
    n = degree + 1
    edges = torch.arange(-radius, radius + 2, dtype=torch.float64) - 0.5
    u = ((edges / width + 0.5) * n).clamp(0, n)
    # Irwin-Hall distribution function: the integral of the B-spline up to u.
    integral = sum(((-1) ** k * math.comb(n, k) * (u - k).clamp_min(0) ** n for k in range(n + 1)), torch.zeros(()))
    taps = (integral / math.factorial(n)).diff()
    taps = 0.5 * (taps + taps.flip(0))
    return taps / taps.sum()


def spline_margin(width: float) -> int:
    """Pixels of margin that a spline of total support `width` needs on each side."""
    return max(0, math.ceil(width / 2 - 0.5))


def spline_blur(x: Tensor, width_x: float, width_y: float, degree: int = 0) -> Tensor:
    """Box (degree 0), triangle (1) or quadratic (2) blur of `x [C, H, W]`, total support in pixels, fractional allowed.

    Returns `x` without `spline_margin(width)` pixels on each side of each axis. Width 0 (to 1) is the identity.
    """
    return separable(x, spline_taps(width_x, degree), spline_taps(width_y, degree))
