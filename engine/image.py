"""Images on the wires: a description that costs nothing to ask for, and pixels as one tensor per layer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from .layers import MAIN, Layer
from .region import EMPTY, Region

Edges = Literal["auto", "repeat", "black", "mirror"]
"""What lies outside the data window.

`auto` repeats the edge pixels on the sides where the data window reaches the display window (a plate goes on beyond its
frame) and is black where it ends inside (a rendered element is surrounded by nothing), as Nuke's Read does by default.
"""

ESTIMATED = "rimlight:estimated"
"""Attribute of a picture: the names of its light layers that were estimated."""


def _frozen(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    return metadata if isinstance(metadata, MappingProxyType) else MappingProxyType(dict(metadata))


@dataclass(frozen=True)
class ImageInfo:
    """Everything about an image but its pixels.

    display : the frame, in pixels at the current proxy scale.
    data : the region that has pixels; everything outside follows the `Edges` rule of whoever asks.
    pixel_aspect : width of a pixel over its height.
    layers : the layers, the main one (`rgba`) first where there is one.
    colorspace : name of the colour space of the colour layers, normally the project's working space.
    metadata : arbitrary attributes, by their name in the file.
    frames : first and last frame of the material, where known.
    """

    display: Region
    data: Region
    layers: tuple[Layer, ...]
    pixel_aspect: float = 1.0
    colorspace: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    frames: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", _frozen(self.metadata))

    def __reduce__(self) -> tuple[Any, ...]:
        fields = (
            self.display,
            self.data,
            self.layers,
            self.pixel_aspect,
            self.colorspace,
            dict(self.metadata),
            self.frames,
        )
        return ImageInfo, fields

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the layers, in order."""
        return tuple(layer.name for layer in self.layers)

    def has(self, name: str) -> bool:
        """Whether there is a layer of this name."""
        return any(layer.name == name for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """A layer by name. Raises KeyError when the image has none of that name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def with_(self, **changes: Any) -> "ImageInfo":
        """A copy with some fields replaced."""
        return replace(self, **changes)

    def with_layer(self, layer: Layer) -> "ImageInfo":
        """A copy with `layer` added, or in the place of the one of that name."""
        if self.has(layer.name):
            return self.with_(layers=tuple(layer if old.name == layer.name else old for old in self.layers))
        return self.with_(layers=(*self.layers, layer))

    def without(self, names: Iterable[str]) -> "ImageInfo":
        """A copy without some layers; names that it does not have do not count."""
        gone = set(names)
        return self.with_(layers=tuple(layer for layer in self.layers if layer.name not in gone))

    def repeats(self, edges: Edges) -> tuple[bool, bool, bool, bool]:
        """Whether the left, top, right and bottom side repeat their edge pixels under the rule `edges`."""
        if edges != "auto":
            return (edges == "repeat",) * 4
        a, d = self.data, self.display
        return a.x0 <= d.x0, a.y0 <= d.y0, a.x1 >= d.x1, a.y1 >= d.y1


class Image:
    """Pixels of some layers over a region of an image. Immutable: nobody writes into the tensors.

    info : the image these are pixels of.
    region : what the tensors cover, inside `info.data`.
    layers : tensors float32 `[C, region.height, region.width]` by layer name.
    """

    __slots__ = ("info", "layers", "region")

    def __init__(self, info: ImageInfo, region: Region, layers: Mapping[str, Tensor]) -> None:
        self.info = info
        self.region = region
        self.layers = layers

    def __getitem__(self, name: str) -> Tensor:
        return self.layers[name]

    def __contains__(self, name: str) -> bool:
        return name in self.layers

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(t.numel() * t.element_size() for t in self.layers.values())

    def tensor(self, name: str, region: Region | None = None, edges: Edges = "black") -> Tensor:
        """A layer `[C, h, w]` over `region` (default: all there is), filled by the rule `edges` where it has no pixels.

        Without padding the result is a view. Raises KeyError when the layer was not asked for.
        """
        x = self.layers[name]
        if region is None or region == self.region:
            return x
        if self.region.contains(region):
            rows, columns = self.region.slices_of(region)
            return x[:, rows, columns]
        return _padded(x, self.region, region, edges, self.info)

    def release(self, layer: str) -> None:
        """Let go of a layer, for the last one who reads this image; without effect when it is not there."""
        self.layers = {name: x for name, x in self.layers.items() if name != layer}

    def crop(self, region: Region) -> "Image":
        """The same image over what it has of `region` (views, no copies)."""
        region = region.intersect(self.region)
        return self if region == self.region else Image(
            self.info, region, {name: self.tensor(name, region) for name in self.layers}
        )  # fmt: skip

    def to(self, device: torch.device | str) -> "Image":
        """The same image on a device; tensors that are there already are shared."""
        return Image(self.info, self.region, {name: x.to(device) for name, x in self.layers.items()})

    def numpy(self, layer: str = MAIN, region: Region | None = None) -> np.ndarray[Any, np.dtype[np.float32]]:
        """A layer as a float32 array `[height, width, channels]`, the top row first, black where there are no pixels.

        region : default the display window. The array is a copy on the host, or shares memory with a tensor there whose
        layout is the same: copy it before writing into it. Raises KeyError when the layer was not asked for.
        """
        x = self.tensor(layer, self.info.display if region is None else region)
        return np.ascontiguousarray(x.detach().permute(1, 2, 0).cpu().numpy())

    def __repr__(self) -> str:
        return f"Image({self.region}, {', '.join(self.layers)})"


def misfit(x: Any, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> str:
    """What `x` is, for a sentence, unless it is a dense tensor of that shape and type; empty where it is."""
    if x is None:
        return "nothing"
    if not isinstance(x, Tensor):
        return type(x).__name__
    if x.layout != torch.strided:
        return f"a tensor of layout {x.layout}"
    return "" if tuple(x.shape) == tuple(shape) and x.dtype == dtype else f"{x.dtype} {tuple(x.shape)}"


def estimated_in(info: ImageInfo) -> frozenset[str]:
    """The light layers of a picture that were estimated, not rendered, by what its metadata says."""
    return frozenset(str(info.metadata.get(ESTIMATED, "")).split()) & frozenset(info.names)


def _padded(x: Tensor, have: Region, want: Region, edges: Edges, info: ImageInfo) -> Tensor:
    """`x`, which covers `have`, over `want`, filled outside by the rule `edges`."""
    if have.is_empty:
        return x.new_zeros((x.shape[0], want.height, want.width))
    repeats = info.repeats(edges)
    if edges != "mirror" and not any(repeats):
        return _placed(x, have, want)
    if edges != "mirror" and not have.intersect(want).is_empty:
        return _extended(x, have, want, repeats)
    columns = torch.arange(want.x0, want.x1, device=x.device) - have.x0
    rows = torch.arange(want.y0, want.y1, device=x.device) - have.y0
    if edges == "mirror":
        return x[:, _mirrored(rows, have.height)][:, :, _mirrored(columns, have.width)]
    left, top, right, bottom = repeats
    out = x.index_select(1, rows.clamp(0, have.height - 1)).index_select(2, columns.clamp(0, have.width - 1))
    lit_rows = ((rows >= 0) | top) & ((rows < have.height) | bottom)
    lit_columns = ((columns >= 0) | left) & ((columns < have.width) | right)
    return out.where(lit_rows[:, None] & lit_columns, 0.0)


def _extended(x: Tensor, have: Region, want: Region, repeats: tuple[bool, bool, bool, bool]) -> Tensor:
    """`x` over `want`, which it overlaps, its edge pixels repeated on the sides that say so, black on the others."""
    left, top, right, bottom = repeats
    both = have.intersect(want)
    rows, columns = want.slices_of(both)
    from_rows, from_columns = have.slices_of(both)
    out = x.new_empty((x.shape[0], want.height, want.width))
    out[:, rows, columns] = x[:, from_rows, from_columns]
    first, last = columns.start, columns.stop
    out[:, rows, :first] = out[:, rows, first : first + 1] if left else 0.0
    out[:, rows, last:] = out[:, rows, last - 1 : last] if right else 0.0
    first, last = rows.start, rows.stop
    out[:, :first] = out[:, first : first + 1] if top else 0.0
    out[:, last:] = out[:, last - 1 : last] if bottom else 0.0
    return out


def _placed(x: Tensor, have: Region, want: Region) -> Tensor:
    out = x.new_zeros((x.shape[0], want.height, want.width))
    both = have.intersect(want)
    if both is not EMPTY:
        to_rows, to_columns = want.slices_of(both)
        from_rows, from_columns = have.slices_of(both)
        out[:, to_rows, to_columns] = x[:, from_rows, from_columns]
    return out


def _mirrored(index: Tensor, size: int) -> Tensor:
    """Indices reflected about the outer edge of the first and last pixel, for any distance."""
    period = index.remainder(2 * size)
    return torch.where(period < size, period, 2 * size - 1 - period)
