"""What Unwrap and Wrap share."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from rimlight.engine import Image, Layer, LayerKind, unit

from ..ops.warp import warp_field
from ..transform.base import layer_filter

UV = Layer("uv", ("U", "V"), LayerKind.DATA, "float")
"""Where on a surface's picture a pixel is: 0 to 1 from its bottom left, in units of one tile."""

_SMOOTH = {"roughness", "f0", "metallic", "displacement"}
"""Layers of numbers that may be mixed."""


def mixing(layer: Layer, chosen: str) -> str:
    """The filter for a layer: as chosen for light, linear for vectors and materials, none for other numbers."""
    if layer.name in _SMOOTH:
        return "triangle"
    return layer_filter(layer.kind, chosen)


def chart_uv(uv: Tensor, udim: int) -> tuple[Tensor, Tensor]:
    """The uv `[2, h, w]` of a layer from the corner of a UDIM tile, and where it shows that tile, `[h, w]`.

    Outside of every surface renderers leave uv at exactly 0.
    """
    column, row = (udim - 1001) % 10, (udim - 1001) // 10
    inside = uv[:2] - uv.new_tensor([column, row])[:, None, None]
    there = (uv[:2] != 0).any(0) & (inside >= 0).all(0) & (inside <= 1).all(0)
    return inside, there


def fetched(
    image: Image,
    layers: Iterable[Layer],
    place: Tensor,
    chosen: str,
    margin: int = 0,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Tensor]:
    """Layers of a picture seen through places `[2, h + 2 margin, w + 2 margin]`, absolute pixel coordinates, y down.

    Those with the same filter go at once: the weights of the pixels are worked out once for all of them. What has no
    place is 0, vectors are of length one.
    """
    out: dict[str, Tensor] = {}
    wanted = list(layers)
    for kernel in sorted({mixing(layer, chosen) for layer in wanted}):
        alike = [layer for layer in wanted if mixing(layer, chosen) == kernel]
        x = torch.cat([image[layer.name] for layer in alike])
        x = warp_field(x, place, image.region.box, kernel, "repeat", margin=margin, progress=lambda _: check())
        parts = torch.split(x, [image[layer.name].shape[0] for layer in alike])
        for layer, part in zip(alike, parts, strict=True):
            out[layer.name] = unit(part) if layer.kind is LayerKind.NORMAL else part
    return out
