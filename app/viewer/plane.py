"""A picture packed for showing: interleaved, of one layer, reduced where the screen shows fewer pixels. In a worker."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from rimlight.engine import Image, Layer, Region

from ..scopes.counting import PLAUSIBLE
from .geometry import Box
from .showing import Extent, Showing, extent_of, needs_extent, showing

Pixels = npt.NDArray[np.float32]
LARGEST = 1e6
"""Infinities are shown as this, in either direction, NaN as 0."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Pixels of one side of a viewer.

    pixels : float32 [H, W, 4] as read from the layer, alpha 1 where it has none, finite. extra : [H, W, 2], the
    confidence, 1 where it is not known, or whether the albedo is too dark (0), plausible (1) or too bright (2); and 1
    where a pixel holds NaN or infinity; None where that says nothing.
    box : what they cover, in picture coordinates at scale 1. display, data : the windows, at scale 1 too.
    image : the true values, on the CPU; `scale` is theirs. level : pixels of the image per pixel here, a power of two.
    """

    pixels: Pixels
    box: Box
    display: Region
    data: Box
    aspect: float
    showing: Showing
    layer: Layer
    image: Image
    scale: float
    level: int
    extent: Extent
    extra: Pixels | None = None

    @property
    def step(self) -> float:
        """Size of a pixel of `pixels` in those of scale 1."""
        return self.level / self.scale


def level_for(zoom: float, scale: float) -> int:
    """How far to reduce a picture of a proxy scale at a zoom: to between one and two pixels per pixel of the screen."""
    across = scale / zoom
    return 2 ** max(0, math.floor(math.log2(across) + 1e-9)) if across > 1 else 1


def pack(
    image: Image,
    name: str,
    scale: float,
    level: int,
    *,
    aside: str = "",
    extent: Extent | None = None,
    check: Callable[[], None] = lambda: None,
) -> Plane:
    """A layer of a picture of a proxy scale, reduced by `level`.

    extent : the range of values to show, for layers that have one; by default it is found. check : raises when the
    plane is not wanted any more. aside : `confidence` or `albedo`, for the zebra.
    """
    layer = image.info.layer(name)
    x = image[name].detach().to("cpu", torch.float32)
    check()
    if extent is None:
        extent = extent_of(x, layer.kind) if needs_extent(layer.kind) else (0.0, 1.0)
    shown = showing(layer, extent)
    pixels, bad = _interleaved(x, shown.indices, level, check)
    guess = image.layers.get(aside) if aside else None
    check()
    region, info = image.region, image.info
    return Plane(
        pixels,
        _box(region, scale),
        _unscaled(info.display, scale),
        _box(info.data, scale),
        info.pixel_aspect,
        shown,
        layer,
        image.to("cpu"),
        scale,
        level,
        extent,
        _extra(guess, aside, bad, level),
    )


def _interleaved(
    x: Tensor, indices: tuple[int, int, int, int], level: int, check: Callable[[], None]
) -> tuple[Pixels, Tensor | None]:
    used = sorted({i for i in indices if i >= 0})
    x = x if len(used) == x.shape[0] else x[used]
    bad = None
    if not bool(torch.isfinite(x.sum())):  # one pass: a sum is finite only where all is, or where it overflows
        wrong = ~torch.isfinite(x).all(0, keepdim=True)
        if bool(wrong.any()):
            bad = _reduced(wrong.float(), level).ceil()
        x = torch.nan_to_num(x, nan=0.0, posinf=LARGEST, neginf=-LARGEST)
    check()
    x = _reduced(x, level)
    check()
    out = torch.empty((x.shape[1], x.shape[2], 4))
    for target, index in enumerate(indices):
        if index >= 0:
            out[..., target] = x[used.index(index)]
        else:
            out[..., target] = 1.0 if target == 3 else 0.0
    return out.numpy(), bad


def _extra(guess: Tensor | None, aside: str, bad: Tensor | None, level: int) -> Pixels | None:
    if guess is None and bad is None:
        return None
    sure = None if guess is None else _reduced(guess.detach().to("cpu", torch.float32)[:3], level)
    if sure is not None:
        sure = _plausible(sure) if aside == "albedo" else sure[:1]
    known = sure if sure is not None else bad
    assert known is not None
    planes = [torch.ones_like(known) if sure is None else sure, torch.zeros_like(known) if bad is None else bad]
    return torch.cat(planes).permute(1, 2, 0).contiguous().numpy()


def _plausible(albedo: Tensor) -> Tensor:
    """0 where an albedo `[C, H, W]` is darker than surfaces are, 2 where it is brighter, else, and where none is, 1."""
    low, high = PLAUSIBLE
    brightest = albedo.amax(0, keepdim=True)
    dark = (brightest < low) & (albedo != 0).any(0, keepdim=True)
    return torch.ones_like(brightest) - dark.float() + (brightest > high).float()


def _reduced(x: Tensor, level: int) -> Tensor:
    """Means of squares of `level` pixels; those at the right and bottom edge may be of fewer."""
    if level == 1 or not x.numel():
        return x
    return avg_pool2d(x[None], level, ceil_mode=True, count_include_pad=False)[0]


def _box(region: Region, scale: float) -> Box:
    return Box(region.x0 / scale, region.y0 / scale, region.x1 / scale, region.y1 / scale)


def _unscaled(region: Region, scale: float) -> Region:
    return region if scale == 1 else Region(*(round(v / scale) for v in region.box))
