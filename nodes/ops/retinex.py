"""Shading without learning: the smooth part of the light, by four classical rules.

Pictures are scene-linear `[C, H, W]`. Every function scales with its input, `f(k x) = k f(x)`, and takes negative
values as no light. Shading is relative: only its product with the albedo is known.
"""

import math

import torch
from torch import Tensor

from .edge_aware import guided_filter, guided_margin
from .fir import spline_blur, spline_margin
from .gaussian import gaussian_blur, gaussian_margin
from .morphology import dilate, dilate_margin
from .poisson import differences, from_differences
from .progress import Progress, silent
from .smoothing import smoothed

SCALES = (1.0, 2.0, 4.0)
"""Sizes of `multi_scale`, as multiples of the smallest."""
_LEAST = 0.05  # share of the mean light around that shading never falls below, where a fit undershoots
_TINY = 1e-30


def brightness(x: Tensor) -> Tensor:
    """The largest channel, at least 0, `[1, H, W]`: with it as white, no albedo exceeds one by much."""
    return x.amax(0, keepdim=True).clamp_min(0)


def guided_shading_margin(size: float) -> int:
    """Pixels of margin that `guided_shading` needs on each side."""
    return guided_margin(size / 2)


def guided_shading(x: Tensor, size: float, edge: float, progress: Progress = silent) -> Tensor:
    """Light smoothed by a guided filter that follows the picture's own brightness.

    Parameters
    ----------
    x : `[C, H, W]` with `guided_shading_margin(size)` extra pixels on each side.
    size : width of the window in pixels; finer detail counts as albedo.
    edge : contrast in stops from which an edge stays in the shading, above 0.

    Returns `[C, H, W]` without the margin.
    """
    guide, x = brightness(x), x.clamp_min(0)
    fitted = guided_filter(x, guide, size / 2, (edge * math.log(2)) ** 2, _TINY, progress)
    inner = guided_margin(size / 2) - spline_margin(size + 1)
    mean = spline_blur(cut(x, inner), size + 1, size + 1)
    return torch.maximum(fitted, _LEAST * mean)


def multi_scale_margin(size: float) -> int:
    """Pixels of margin that `multi_scale` needs on each side."""
    return gaussian_margin(SCALES[-1] * size / 2.4)


def multi_scale(x: Tensor, size: float, origin: tuple[int, int], progress: Progress = silent) -> Tensor:
    """The geometric mean of light blurred to three sizes: multi-scale Retinex (Jobson, Rahman and Woodell, 1997).

    x : `[C, H, W]` with `multi_scale_margin(size)` extra pixels. size : width of the smallest blur in pixels.
    origin : absolute (x, y) of the first pixel. Returns `[C, H, W]` without the margin.
    """
    x, margin = x.clamp_min(0), multi_scale_margin(size)
    logs = []
    for i, scale in enumerate(SCALES):
        progress(i / len(SCALES))
        sigma = scale * size / 2.4
        less = margin - gaussian_margin(sigma)
        blurred = gaussian_blur(cut(x, less), sigma, sigma, (origin[0] + less, origin[1] + less))
        logs.append(blurred.clamp_min(_TINY).log())
    return torch.stack(logs).mean(0).exp()


def smoothed_shading(x: Tensor, size: float, edge: float, floor: float, progress: Progress = silent) -> Tensor:
    """Light smoothed in stops by weighted least squares, the weights falling with the local contrast.

    Solved by alternating exact passes along rows and columns (fast global smoothing, Min et al. 2014).

    Parameters
    ----------
    x : the whole picture `[C, H, W]`.
    size : distance in pixels over which light is evened out.
    edge : contrast in stops between neighbours at which the smoothing falls to a third, above 0.
    floor : light that counts as the darkest, above 0; give a share of the picture's white, so that all scales with it.
    """
    target = x.clamp_min(floor).log()
    guide = brightness(x).clamp_min(floor).log()[0]
    scale = edge * math.log(2)
    across, along = (torch.exp(guide.diff(dim=d).abs() / -scale).double() for d in (1, 0))
    out = smoothed(target.double(), across, along, size, progress)
    return out.exp().float()


def color_retinex(x: Tensor, chroma: float, step: float, floor: float, grey: bool) -> Tensor:
    """Shading whose changes are those of the picture, but where its colour changes too, or by much (Grosse, 2009).

    Parameters
    ----------
    x : the whole picture `[3, H, W]`.
    chroma : change of colour between neighbours, in stops, from which the change is the albedo's.
    step : change of brightness between neighbours, in stops, from which it is the albedo's whatever its colour.
    floor : light that counts as the darkest, above 0; give a share of the picture's white.
    grey : one shading for all channels, `[1, H, W]`, else one for each.

    Returns shading with the picture's geometric mean.
    """
    logs = x.double().clamp_min(floor).log2()
    kept = []
    for change in differences(logs):
        even = change.mean(0, keepdim=True)
        color = (change - even).square().sum(0, keepdim=True).sqrt()
        light = (color < chroma) & (even.abs() < step)
        kept.append(torch.where(light, even if grey else change, 0.0))
    mean = logs.mean(2).mean(1)
    level = mean.mean(0, keepdim=True) if grey else mean
    return (from_differences(*kept) + level[:, None, None]).exp2().float()


def highlights_margin(size: float) -> int:
    """Pixels of margin that `highlights` needs on each side."""
    return 2 * dilate_margin(size / 2)


def highlights(x: Tensor, size: float) -> Tensor:
    """White light `[1, H, W]` that stands out in spots narrower than `size` pixels: a top hat of the least channel.

    x : `[3, H, W]` with `highlights_margin(size)` extra pixels. Bright grey texture finer than `size` is caught too.
    """
    least = x.amin(0, keepdim=True).clamp_min(0)
    margin = dilate_margin(size / 2)
    ground = dilate(dilate(least, -size / 2, -size / 2, True), size / 2, size / 2, True)
    return (cut(least, 2 * margin) - ground).clamp_min(0)


def divide(x: Tensor, shading: Tensor) -> Tensor:
    """`x / shading`, at least 0, and 0 where there is no shading."""
    return torch.where(shading > 0, x.clamp_min(0) / shading, 0.0)


def cut(x: Tensor, margin: int) -> Tensor:
    """`x [C, H, W]` without `margin` pixels on each side."""
    return x[:, margin : x.shape[1] - margin, margin : x.shape[2] - margin]
