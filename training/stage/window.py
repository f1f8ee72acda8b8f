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
"""Top, left and side of a square of pixels, which may reach beyond the view: nothing is there."""
_NOTHING = 1e-3
"""Share of a pixel below which there is no surface."""


def windowed(view: View, window: Window, size: int) -> View:
    """A square of a view, brought to `size` pixels across, on its device. The camera may look past its middle."""
    top, left, side = window
    scale = size / side
    rows, columns = _within(top, side, view.height), _within(left, side, view.width)
    small = _Small(_weights(side, size)[:, _shifted(rows, top)], _weights(side, size)[:, _shifted(columns, left)], view)

    def cut(layer: Tensor) -> Tensor:
        return layer[..., rows, columns]

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
        bits=mean(_seen(view, rows, columns)),
        key_visibility=mean(cut(view.key_visibility).to(view.albedo)).round().to(torch.uint8),
        indirect=None if view.indirect is None else mean(cut(view.indirect)),
        fov=2 * math.degrees(math.atan(math.tan(math.radians(view.fov) / 2) * side / view.width)),
        frame=(whole, Region(x, y, x + size, y + size)),
        grain=max(2, round(view.grain * scale)),
    )


def alone(view: View) -> View:
    """The view's subject without what it stands on or before; the light that arrives stays as it was."""
    return replace(view, surface=torch.minimum(view.surface, view.matte))


def _within(start: int, side: int, length: int) -> slice:
    """The pixels of a window that a view of a length has."""
    return slice(min(max(0, start), length), min(max(0, start + side), length))


def _shifted(inside: slice, start: int) -> slice:
    return slice(inside.start - start, inside.stop - start)


class _Small:
    """Brings images to a size by two small matrix products. rows, columns : what each pixel takes of each of theirs."""

    def __init__(self, rows: Tensor, columns: Tensor, view: View) -> None:
        kinds = (torch.float32, torch.bfloat16)
        self.weights = {
            kind: (rows.to(view.albedo.device, kind), columns.T.to(view.albedo.device, kind)) for kind in kinds
        }

    def __call__(self, image: Tensor) -> Tensor:
        rows, columns = self.weights[image.dtype]
        return rows @ image @ columns


def _weights(side: int, size: int) -> Tensor:
    """What each of `size` pixels takes of each of `side` `[size, side]`: a triangle as wide as two of the larger."""
    scale = side / size
    middles = (torch.arange(size) + 0.5) * scale
    gaps = (torch.arange(side) + 0.5 - middles[:, None]).abs()
    near = (1 - gaps / max(1.0, scale)).clamp_min(0)
    return near / near.sum(1, keepdim=True)


def _seen(view: View, rows: slice, columns: slice) -> Tensor:
    """The visibility `[D, h, w]` in some rows and columns, as bfloat16: zeros and ones, and shares of few pixels, are
    exact enough in it.
    """
    return unpack_bits(view.bits[:, rows], view.width)[..., columns].to(torch.bfloat16)
