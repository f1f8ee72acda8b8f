"""A window of a view at another size: what a camera with fewer pixels would have kept of it.

Lighting costs in proportion to pixels, so what is learned from small pictures is made small before it is lit: then
every lighting can be a new one. Layers become means over the surface in a pixel, visibility the share of it that a
direction reaches. Pictures come out as if they had been lit large and made small, but for edges and fine relief.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor

from rimlight.engine import Camera, Region

from .sphere import unit
from .view import View, unpack_bits

Window = tuple[int, int, int]
"""Top, left and side of a square of pixels."""
_NOTHING = 1e-3
"""Share of a pixel below which there is no surface."""


def windowed(view: View, window: Window, size: int) -> View:
    """A square of a view, brought to `size` pixels across, on its device. The camera may look past its middle."""
    top, left, side = window
    scale = size / side
    small = _Small(side, size, view.albedo)

    def cut(layer: Tensor) -> Tensor:
        return layer[..., top : top + side, left : left + side]

    large = cut(view.surface)
    surface = small(large)
    surface = torch.where(surface > _NOTHING, surface, 0.0)

    def mean(part: Tensor) -> Tensor:
        """The mean over the surface in each pixel; 0 where there is none."""
        return torch.where(surface > 0, small(part * large.to(part)) / surface.clamp_min(_NOTHING).to(part), 0.0)

    whole = Camera.from_fov(round(view.width * scale), round(view.height * scale), view.fov)
    x, y = round(left * scale), round(top * scale)
    return replace(
        view,
        albedo=mean(cut(view.albedo)),
        normal=unit(mean(cut(view.normal))),
        depth=mean(cut(view.depth)),
        roughness=mean(cut(view.roughness)),
        f0=mean(cut(view.f0)),
        matte=small(cut(view.matte)),
        surface=surface,
        bits=mean(_seen(view, window)),
        key_visibility=mean(cut(view.key_visibility).to(view.albedo)).round().to(torch.uint8),
        indirect=None if view.indirect is None else mean(cut(view.indirect)),
        fov=2 * math.degrees(math.atan(math.tan(math.radians(view.fov) / 2) * side / view.width)),
        frame=(whole, Region(x, y, x + size, y + size)),
        grain=max(2, round(view.grain * scale)),
    )


class _Small:
    """Brings images of `side` pixels across to a size by two small matrix products."""

    def __init__(self, side: int, size: int, like: Tensor) -> None:
        weights = _weights(side, size).to(like)
        self.weights = {kind: weights.to(kind) for kind in (torch.float32, torch.bfloat16)}

    def __call__(self, image: Tensor) -> Tensor:
        weights = self.weights[image.dtype]
        return weights @ image @ weights.T


def _weights(side: int, size: int) -> Tensor:
    """What each of `size` pixels takes of each of `side` `[size, side]`: a triangle as wide as two of the larger."""
    scale = side / size
    middles = (torch.arange(size) + 0.5) * scale
    gaps = (torch.arange(side) + 0.5 - middles[:, None]).abs()
    near = (1 - gaps / max(1.0, scale)).clamp_min(0)
    return near / near.sum(1, keepdim=True)


def _seen(view: View, window: Window) -> Tensor:
    """The visibility `[D, side, side]` in a window, as bfloat16: zeros and ones, and shares of few pixels, are exact
    enough in it.
    """
    top, left, side = window
    rows = unpack_bits(view.bits[:, top : top + side], view.width)
    return rows[..., left : left + side].to(torch.bfloat16)
