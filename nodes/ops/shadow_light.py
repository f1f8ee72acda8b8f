"""What light a shadow took, pixel by pixel, and what a picture is with more or less of it.

Pictures are scene-linear `[3, H, W]`, visibility `[1, H, W]` is 1 in light and 0 in full shadow; log gains `[3, H, W]`
are nepers that full shadow needs to become light. Within a shadow the light that arrives is the share
`visibility + (1 - visibility) / gain` of what would arrive without, per channel, so that half shadow needs no rule of
its own and a soft edge leaves no line. Everything scales with the exposure.
"""

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from rimlight.engine import mean_of_all, sum_of_all

from .denoise import denoise, denoise_margin, estimate_noise
from .fir import finite
from .gaussian import blurred
from .progress import Progress, silent
from .shadow import CORE, Shadows, Stack, find_shadows, nearest_lit, of_each
from .shadow_gradient import depths_by_slopes

_LIT = 0.98  # visibility from which a pixel counts as lit
_DEEP = 0.1  # visibility up to which it counts as full shadow
_AGREE = 0.3  # nepers that the ratio of light may differ along an edge before it is another material's
_VARIES = 0.1  # nepers that it does differ along an edge
_MOST = 6 * math.log(2)  # nepers beyond which no shadow is deep
_KNOWN = 0.02  # weight of neighbours under which the wider ones decide
_DARKEST = 1e-4  # of the picture's mean, below which light says nothing
_TINY = 1e-30
_FEW = 16  # pairs tell nothing below this
_FINE = 1.5  # pixels over which each side of a pair is averaged
_PAIR_SHARE = 1 / 2  # of the ring, the depth of the pixels that are paired
_BLUER = 0.1  # nepers that what is gone may be bluer than what is left
_COLOR, _OVER = 0.25, 0.12  # of the ratio, its change of colour that needs no excuse, and nepers that are excused
_DIFFERS = 0.5  # nepers by which shadows of a picture differ in depth
_USUAL, _DEEPER = 1.5, 0.5  # nepers up to which any depth is as likely, and over how much it becomes less so
_BELIEF = 0.1  # of the pairs, how many more agree on what is usual
_LEAST = 0.2  # nepers, below which a ratio is hardly a shadow's
_SPREAD, _SHIFTS = 0.1, 20  # width of the mode in nepers
_MANY, _STARTS = 4096, 256
_LEVELS = 4


def spread_known(x: Tensor, weight: Tensor, sigma: float) -> Tensor:
    """`x [C, H, W]` smoothed by `sigma` pixels from where `weight [1, H, W]` says that it is known.

    Where nothing near is known wider neighbourhoods decide, up to the whole picture.
    """
    total = sum_of_all(weight).clamp_min(_TINY)
    known = torch.stack([sum_of_all(plane) for plane in x * weight])
    out = (known / total)[:, None, None].expand_as(x)
    sizes = [sigma]
    while sizes[-1] < max(x.shape[1:]) / 4:
        sizes.append(2 * sizes[-1])
    both = torch.cat((x * weight, weight))
    for size in reversed(sizes):
        wide = _widely(both, size)
        seen = wide[-1:].clamp_min(0)
        out = torch.lerp(out, wide[:-1] / seen.clamp_min(_TINY), seen / (seen + _KNOWN))
    return out


def _widely(x: Tensor, sigma: float) -> Tensor:
    """`blurred`, wide ones on a smaller picture."""
    height, width = x.shape[1:]
    step = int(min(sigma / 4, height / 4, width / 4))
    if step < 2:
        return blurred(x, sigma)
    small = (math.ceil(height / step), math.ceil(width / step))
    shrunk = torch.nn.functional.interpolate(x[None], small, mode="area")[0]
    return torch.nn.functional.interpolate(
        blurred(shrunk, sigma / step)[None], (height, width), mode="bilinear", align_corners=False
    )[0]


def logs_of(x: Tensor) -> Tensor:
    """Nepers of light `[3, H, W]`; what is below a small share of the picture's mean counts as that."""
    x = finite(x).clamp_min(0)
    return x.clamp_min((_DARKEST * mean_of_all(x)).clamp_min(_TINY)).log()


def log_gains(
    x: Tensor,
    visibility: Tensor,
    ring: float,
    whole: Tensor | None = None,
    usual: Stack | None = None,
    progress: Progress = silent,
) -> Tensor:
    """How much light a full shadow lacks at every pixel `[3, H, W]`, nepers per channel, at least 0.

    Each connected shadow has the ratio between light and shadow on which most of its edge agrees, put right by the
    slopes of its penumbra, and along its edge as much of its own as differs by little: surfaces that face the light
    otherwise lack another share of it.

    ring : pixels around a shadow that are compared with it. whole : `[1, H, W]`, the visibility that this and others
    leave together, so that none is compared with another. usual : `[3]`, nepers that shadows are likely to lack.
    progress : called with the share done.
    """
    progress(0.0)
    shadows = find_shadows(visibility)
    if shadows is None:
        return torch.zeros_like(x)
    whole = visibility if whole is None else whole
    lit, deep = (whole >= _LIT).to(x.dtype), (visibility <= _DEEP).to(x.dtype)
    logs = logs_of(x)
    progress(0.1)
    ratios = _edge_ratios(logs, visibility, lit, shadows, ring, usual)
    nearest = torch.from_numpy(shadows.nearest).long().to(x.device)
    progress(0.3)
    told = depths_by_slopes(logs, visibility, nearest, torch.from_numpy(ratios).to(x), _MOST)
    most = told.T[:, nearest]
    progress(0.6)
    if shadows.count > 1:  # where two shadows are as near no line is to part them
        most = spread_known(most, (visibility <= CORE).to(x.dtype), ring)
    sigma = max(1.0, ring / 4)
    near_lit, near_deep = (blurred(mask, sigma) for mask in (lit, deep))
    progress(0.65)
    sides = [(spread_known(logs, mask, sigma), mask) for mask in (lit, deep)]
    progress(0.7)
    other = sides[0][0] - sides[1][0] - most
    # How far such means differ along the edge for no other reason than that materials do.
    chance = sum(
        spread_known((mean - spread_known(logs, mask, 4 * sigma)).square().mean(0, keepdim=True), mask, 4 * sigma)
        for mean, mask in sides
    )
    progress(0.8)
    even = other.mean(0, keepdim=True)
    agree = torch.exp(-((even / _AGREE) ** 2) / 2 - (other - even).square().sum(0, keepdim=True) / _AGREE**2)
    weight = agree * (4 * near_lit * near_deep)
    seen = blurred(weight, ring)
    progress(0.9)
    trust = seen / (seen + _KNOWN) * (_VARIES**2 / (_VARIES**2 + chance))
    return (most + spread_known(other, weight, ring) * trust).clamp(0, _MOST)


def _edge_ratios(
    logs: Tensor, visibility: Tensor, light: Tensor, shadows: Shadows, ring: float, usual: Stack | None
) -> Stack:
    """Nepers from full shadow to light `[count, 3]` of each shadow: what most pairs over its edge agree on, of those
    that can be one surface in shadow and in light.

    Shadows with too few pairs take what all agree on together.
    """
    ratios = np.zeros((shadows.count, 3))
    v = visibility[0].cpu().numpy()
    deep = v <= _DEEP
    # A shadow that is nowhere deep is measured where it is deepest.
    least = np.full(shadows.count, np.inf)
    np.minimum.at(least, shadows.nearest[v <= CORE], v[v <= CORE])
    deep |= (v <= CORE) & (v <= least[shadows.nearest] + _DEEP)
    lit = light[0].cpu().numpy() > 0
    near = deep & (cv2.distanceTransform(np.pad(deep.astype(np.uint8), 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
                   <= max(2.0, ring * _PAIR_SHARE))  # fmt: skip
    if not lit.any() or not near.any():
        return ratios
    label, dark_at, bright_at = shadows.nearest[near], np.flatnonzero(near), nearest_lit(lit)[1][near]
    sides = []
    for mask, which in ((lit, bright_at), (deep, dark_at)):
        weight = torch.from_numpy(mask[None]).to(logs)
        mean = blurred(torch.cat((logs * weight, weight)), _FINE)
        sides.append((mean[:3] / mean[3:].clamp_min(_TINY)).flatten(1)[:, torch.from_numpy(which).to(logs.device)])
    pairs = (sides[0] - sides[1]).double().cpu().numpy()
    # What light the visibility leaves there is none of the full shadow's.
    left = v.reshape(-1)[dark_at].astype(np.float64)
    dark = np.maximum((np.exp(-pairs) - left) / (1 - left), np.exp(-_MOST))
    pairs = np.where(left > 0, -np.log(dark), pairs)
    usual = agreed_ratio(pairs, usual)
    ratios[:] = usual
    for i, members in of_each(label, shadows.count):
        if len(members) >= _FEW:
            ratios[i] = agreed_ratio(pairs[:, members], usual)
    return np.maximum(ratios, 0)


def agreed_ratio(pairs: Stack, usual: Stack | None = None, counts: Stack | None = None) -> Stack:
    """The densest place `[3]` among ratios of light `pairs [3, N]`, N above 0, in nepers: the mode by mean shift.

    Ratios count by how well they go with one surface in shadow and in light: brighter, and in colour little different
    for how much brighter. usual : `[3]`, what is more likely, as the same lights lack in all shadows of a picture.
    counts : `[N]`, how much each pair counts besides.
    """
    even = pairs.mean(0)
    color = np.sqrt(np.square(pairs - even).sum(0))
    over = np.maximum(color - _COLOR * np.maximum(even, 0), 0) / _OVER
    # What is left in shadow comes from the sky or from around, and is rarely warmer than what is gone.
    bluer = np.maximum(pairs[2] - pairs[0] - _BLUER, 0) / _OVER
    weights = np.exp(-(over**2 + bluer**2) / 2) * np.clip(even / _LEAST, 0, 1)
    deeper = np.maximum(even - _USUAL, 0) / _DEEPER
    weights = weights / np.square(1 + np.square(deeper)) + 1e-9
    if counts is not None:
        weights = weights * counts
    if usual is not None:
        weights = weights * np.exp(-np.square(pairs - usual[:, None]).sum(0) / (2 * _DIFFERS**2))
        # As if some pairs said so: where all others compare different things, it is what is usual.
        few = max(1, round(_BELIEF * pairs.shape[1]))
        pairs = np.concatenate((pairs, np.repeat(usual[:, None], few, 1)), 1)
        weights = np.concatenate((weights, np.ones(few)))
    some = pairs[:, :: max(1, pairs.shape[1] // _MANY)]
    starts = some[:, :: max(1, some.shape[1] // _STARTS)]
    sampled = weights[:: max(1, pairs.shape[1] // _MANY)]
    near = np.exp(-np.square(some[:, None, :] - starts[:, :, None]).sum(0) / (2 * _SPREAD**2))
    center = starts[:, int((near @ sampled).argmax())]
    for _ in range(_SHIFTS):
        kernel = weights * np.exp(-np.square(pairs - center[:, None]).sum(0) / (2 * _SPREAD**2))
        center = (pairs * kernel).sum(1) / kernel.sum()
    return np.asarray(center)


def lifted(gains: Tensor, stops: float) -> Tensor:
    """Nepers `[3, H, W]` that full shadow lacks once it has so many stops more light: none at most, below 0 more."""
    if stops > 0:
        deep = gains.mean(0, keepdim=True)
        return gains * (1 - stops * math.log(2) / deep.clamp_min(1e-6)).clamp_min(0)
    return gains - stops * math.log(2)


def share_of_light(visibility: Tensor, gains: Tensor) -> Tensor:
    """The share `[3, H, W]` of light that arrives, above 0."""
    return visibility + (1 - visibility) * (-gains).exp()


def cleaned(x: Tensor, weight: Tensor, progress: Progress = silent) -> Tensor:
    """`x [3, H, W]` without its camera noise as far as `weight [1, H, W]`, 0 to 1, says; texture that stands out stays.

    Where no noise is found nothing changes. progress : called with the share done.
    """
    progress(0.0)
    read, shot = estimate_noise(finite(x))
    if read == 0 and shot == 0:
        return x
    padded = torch.nn.functional.pad(x[None], (denoise_margin(_LEVELS),) * 4, mode="replicate")[0]
    return torch.where(
        weight > 0, torch.lerp(x, denoise(padded, read, shot, levels=_LEVELS, progress=progress), weight), x
    )
