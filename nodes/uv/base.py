"""What Unwrap and Wrap share."""

from torch import Tensor

from rimlight.engine import Layer, LayerKind

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
