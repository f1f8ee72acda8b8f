"""How the numbers of a layer become something to look at: colours through the view, data by a stated mapping."""

from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import Layer, LayerKind

SAMPLED = 250_000
"""Pixels, at most, from which the range of a layer is found."""
FARTHEST = 1e9
"""Depths at and above it stand for nothing being there."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Showing:
    """The mapping of one layer: `value * scale + offset` by channel.

    managed : whether the view transform and exposure as light apply; else what comes out of the mapping is shown as it
    is. indices : channels of the layer that are red, green, blue and alpha; -1 for none. note : the mapping in words,
    empty where there is nothing to say.
    """

    managed: bool
    indices: tuple[int, int, int, int]
    scale: Triple = (1.0, 1.0, 1.0)
    offset: Triple = (0.0, 0.0, 0.0)
    note: str = ""

    @property
    def names(self) -> int:
        """How many channels of the layer are shown."""
        return sum(index >= 0 for index in self.indices)


Extent = tuple[float, float]


def needs_extent(kind: LayerKind) -> bool:
    """Whether a kind of layer is shown relative to the range of its values."""
    return kind in (LayerKind.DEPTH, LayerKind.POSITION, LayerKind.MOTION)


def extent_of(x: Tensor, kind: LayerKind) -> Extent:
    """Where the values of a layer [C, H, W] lie, without the outermost hundredth and without what is not there."""
    step = max(1, int((x.shape[1] * x.shape[2] / SAMPLED) ** 0.5))
    values = x[:, ::step, ::step].reshape(-1)
    values = values[torch.isfinite(values) & (values.abs() < FARTHEST)]
    if kind is LayerKind.DEPTH:
        seen = values[values != 0]
        values = seen if len(seen) else values
    if not len(values):
        return 0.0, 1.0
    ends = torch.quantile(values.float(), torch.tensor([0.01, 0.99], device=values.device))
    low, high = float(ends[0]), float(ends[1])
    if kind is LayerKind.MOTION:
        most = max(abs(low), abs(high), 1e-6)
        return -most, most
    return (low, high) if high > low else (low, low + 1.0)


def showing(layer: Layer, extent: Extent = (0.0, 1.0)) -> Showing:
    """How a layer is shown. extent : the range of its values, for kinds that need it."""
    low, high = extent
    indices = _indices(layer)
    if layer.kind is LayerKind.COLOR:
        return Showing(True, indices)
    if layer.kind is LayerKind.NORMAL:
        return Showing(False, indices, (0.5,) * 3, (0.5,) * 3, "0.5 + 0.5 n")
    span = (high - low) or 1.0
    if layer.kind is LayerKind.DEPTH:
        note = f"white {low:.4g} to black {high:.4g}"
        return Showing(False, indices, (-1 / span,) * 3, (high / span,) * 3, note)
    if layer.kind in (LayerKind.POSITION, LayerKind.MOTION):
        return Showing(False, indices, (1 / span,) * 3, (-low / span,) * 3, f"black {low:.4g} to white {high:.4g}")
    return Showing(False, indices)


def _indices(layer: Layer) -> tuple[int, int, int, int]:
    alpha = layer.alpha
    colors = layer.rgb or tuple(i for i in range(len(layer.channels)) if i != alpha)
    if not colors:
        return (0, 0, 0, 0 if alpha is None else alpha)
    if len(colors) == 1:
        colors = colors * 3
    r, g, b = (*colors, -1)[:3]
    return r, g, b, -1 if alpha is None else alpha
