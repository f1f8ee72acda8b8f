"""General 2-D convolution, with or without a transform, and sharpening.

All filters keep the valid part: the input carries the margin, the output does not.
"""

import math

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from .fir import finite, separable
from .gaussian import gaussian_blur, gaussian_margin
from .progress import Progress, silent

_DIRECT_SIZE = 11  # beyond it OpenCV turns to a float32 transform, which rings around highlights
_BAND = 256  # rows per transform: larger ones leave the processor's cache


def convolve(x: Tensor, kernel: Tensor, progress: Progress = silent) -> Tensor:
    """Weigh each neighbourhood of `x [C, H, W]` with `kernel [kh, kw]` as drawn (not flipped), odd sizes.

    out[y, x] = sum over i, j of kernel[i, j] * in[y + i, x + j]. Small kernels are summed directly, large ones
    in a float64 transform whose own rounding is cut to zero. NaN counts as 0. Returns `[C, H - kh + 1, W - kw + 1]`.
    """
    kh, kw = kernel.shape
    if kh % 2 == 0 or kw % 2 == 0:
        raise ValueError(f"convolve: the kernel is {kw} x {kh}, odd sizes are expected")
    if kh > x.shape[1] or kw > x.shape[2]:
        raise ValueError(f"convolve: a {kw} x {kh} kernel needs as many pixels, found {x.shape[2]} x {x.shape[1]}")
    kernel = kernel.to("cpu", torch.float64)
    if kh == 1:
        return separable(x, kernel[0], [1.0])
    if kw == 1:
        return separable(x, [1.0], kernel[:, 0])
    x = finite(x)
    if max(kh, kw) > _DIRECT_SIZE:
        return _convolve_transform(x, kernel.to(x.device), progress)
    return _convolve_cv(x, kernel) if x.device.type == "cpu" else _convolve_direct(x, kernel)


def splat(x: Tensor, kernel: Tensor, progress: Progress = silent) -> Tensor:
    """Spread every pixel of `x [C, H, W]` over an image `kernel [kh, kw]`, odd sizes: light takes its shape as drawn.

    Energy is kept where the kernel sums to 1. Returns `x` without half the kernel on each side.
    """
    alone = kernel.numel() == 1 and float(kernel) == 1
    return x if alone else convolve(x, kernel.flip(0, 1), progress)


def add_dots(kernel: Tensor, x: Tensor, y: Tensor, light: Tensor) -> None:
    """Add points of light `[N]` to a kernel in place, bilinear. x, y : `[N]`, in pixels from the first one's centre."""
    column, row = x.floor(), y.floor()
    fx, fy = x - column, y - row
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            # A point on the last pixel's centre has no weight on the pixel after it.
            index = (row + dy).long().clamp(0, kernel.shape[0] - 1), (column + dx).long().clamp(0, kernel.shape[1] - 1)
            kernel.index_put_(index, wx * wy * light, accumulate=True)


def _convolve_cv(x: Tensor, kernel: Tensor) -> Tensor:
    kh, kw = kernel.shape
    top, left = kh // 2, kw // 2
    out = x.new_empty(x.shape[0], x.shape[1] - kh + 1, x.shape[2] - kw + 1)
    weights = kernel.to(x.dtype).numpy()
    for plane, target in zip(x, out, strict=True):
        full = torch.from_numpy(cv2.filter2D(plane.contiguous().numpy(), -1, weights))
        target.copy_(full[top : top + out.shape[1], left : left + out.shape[2]])
    return out


def _convolve_direct(x: Tensor, kernel: Tensor) -> Tensor:
    channels = x.shape[0]
    weights = kernel.to(x).expand(channels, 1, *kernel.shape)
    return F.conv2d(x[None], weights, groups=channels)[0]


def _convolve_transform(x: Tensor, kernel: Tensor, progress: Progress) -> Tensor:
    kh, kw = kernel.shape
    height, width = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    rows = min(height, max(_BAND, 2 * kh) if x.device.type == "cpu" else height)
    size = (_smooth_size(rows + kh - 1), _smooth_size(x.shape[2]))
    spectrum = torch.fft.rfft2(kernel.flip(0, 1), s=size)
    out = x.new_empty(x.shape[0], height, width)
    bands = [(channel, top) for channel in range(x.shape[0]) for top in range(0, height, rows)]
    for i, (channel, top) in enumerate(bands):
        progress(i / len(bands))
        target = out[channel, top : top + rows]
        band = x[channel, top : top + target.shape[0] + kh - 1].double()
        full = torch.fft.irfft2(torch.fft.rfft2(band, s=size).mul_(spectrum), s=size)
        valid = full[kh - 1 : band.shape[0], kw - 1 : x.shape[2]]
        # The classical bound on a transform's rounding: what lies below it is no light.
        rounding = 2.0**-52 * math.log2(size[0] * size[1]) * band.norm() * kernel.norm()
        target.copy_(torch.where(valid.abs() > rounding, valid, 0.0))
    return out


def _smooth_size(n: int) -> int:
    """The least even number from `n` on with no prime factor above 5: transforms of such sizes are fast."""
    size = n + n % 2
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 2


def unsharp_mask(
    x: Tensor,
    sigma_x: float,
    sigma_y: float,
    amount: float,
    threshold: float = 0.0,
    origin: tuple[int, int] = (0, 0),
) -> Tensor:
    """Add `amount` times the detail, `x` minus its Gaussian blur, to `x [C, H, W]`.

    Detail smaller than `threshold` (linear units) is left out, and the rest shrinks by it, so that no step appears.
    Nothing is clamped: sharpening may go below zero. `origin` as in `gaussian_blur`. Returns `x` without the margins.
    """
    my, mx = gaussian_margin(sigma_y), gaussian_margin(sigma_x)
    center = x[:, my : x.shape[1] - my, mx : x.shape[2] - mx]
    detail = center - gaussian_blur(x, sigma_x, sigma_y, origin)
    if threshold > 0:
        detail = F.softshrink(detail, threshold)
    return torch.add(center, detail, alpha=amount)
