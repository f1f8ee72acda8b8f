"""A window of a view at another size: what a camera with fewer pixels would have kept of it.

Lighting costs in proportion to pixels, so what is learned from small pictures is made small before it is lit: then
every lighting can be a new one. Layers become means over the surface in a pixel, visibility the share of it that a
direction reaches. Pictures come out as if they had been lit large and made small, but for edges and fine relief.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera, Region

from .sphere import unit
from .view import View

Window = tuple[int, int, int]
"""Top, left and side of a square of pixels."""
_NOTHING = 1e-3
"""Share of a pixel below which there is no surface."""


def windowed(view: View, window: Window, size: int) -> View:
    """A square of a view, brought to `size` pixels across, on its device. The camera may look past its middle."""
    top, left, side = window
    scale = size / side
    small = _Small(view, window, size)
    surface = small(view.surface)
    surface = torch.where(surface > _NOTHING, surface, 0.0)

    def mean(layer: Tensor) -> Tensor:
        """The mean over the surface in each pixel; 0 where there is none."""
        total = small(layer * view.surface.to(layer))
        return torch.where(surface > 0, total / surface.clamp_min(_NOTHING).to(layer), 0.0)

    whole = Camera.from_fov(round(view.width * scale), round(view.height * scale), view.fov)
    x, y = round(left * scale), round(top * scale)
    return replace(
        view,
        albedo=mean(view.albedo),
        normal=unit(mean(view.normal)),
        depth=mean(view.depth),
        roughness=mean(view.roughness),
        f0=mean(view.f0),
        matte=small(view.matte),
        surface=surface,
        bits=mean(_seen(view)),
        key_visibility=mean(view.key_visibility.to(view.albedo)).round().to(torch.uint8),
        indirect=None if view.indirect is None else mean(view.indirect),
        fov=2 * math.degrees(math.atan(math.tan(math.radians(view.fov) / 2) * side / view.width)),
        frame=(whole, Region(x, y, x + size, y + size)),
        grain=max(2, round(view.grain * scale)),
    )


class _Small:
    """Brings images of a view to a window's size by two small matrix products."""

    def __init__(self, view: View, window: Window, size: int) -> None:
        self.top, self.left, self.side = window
        weights = _weights(self.side, size).to(view.albedo)
        self.weights = {kind: weights.to(kind) for kind in (torch.float32, torch.bfloat16)}

    def __call__(self, image: Tensor) -> Tensor:
        part = image[..., self.top : self.top + self.side, self.left : self.left + self.side]
        weights = self.weights[part.dtype]
        return weights @ part @ weights.T


def _weights(side: int, size: int) -> Tensor:
    """What each of `size` pixels takes of each of `side` `[size, side]`: a triangle as wide as two of the larger."""
    scale = side / size
    middles = (torch.arange(size) + 0.5) * scale
    gaps = (torch.arange(side) + 0.5 - middles[:, None]).abs()
    near = (1 - gaps / max(1.0, scale)).clamp_min(0)
    return near / near.sum(1, keepdim=True)


def _seen(view: View) -> Tensor:
    """The view's visibility `[D, h, w]` as bfloat16, in which zeros, ones and shares of few pixels are exact enough."""
    if view.bits.device.type == "cpu":  # NumPy unpacks three times as fast
        return torch.from_numpy(np.unpackbits(view.bits.numpy(), axis=-1, count=view.width)).to(torch.bfloat16)
    return view.visibility().to(torch.bfloat16)
