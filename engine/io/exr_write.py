"""EXR files out: parts, channel names, depths and compressions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FileError, listing
from ..image import Image
from ..layers import MAIN, Layer
from ..region import Region
from .exr_pixels import exr_threads
from .metadata import to_exr

if TYPE_CHECKING:
    from .write import WriteOptions

COMPRESSIONS: Mapping[str, str] = {
    "none": "NO", "rle": "RLE", "zips": "ZIPS", "zip": "ZIP", "piz": "PIZ", "pxr24": "PXR24", "b44": "B44",
    "b44a": "B44A", "dwaa": "DWAA", "dwab": "DWAB",
}  # fmt: skip
MAX_HALF = 65504.0


@dataclass(frozen=True, slots=True)
class LayerSettings:
    """A layer as it is to be stored."""

    layer: Layer
    depth: str
    compression: str


def channel_names(layer: Layer, alone: bool) -> tuple[str, ...]:
    """The names of a layer's channels in a file: `R`, `diffuse.R`.

    In a file of one part (`alone`) the channel of a layer with the same name is only called by it: `mask`. In other
    parts a name without a layer would be taken for a channel of the layer that the part is named after.
    """
    if layer.name == MAIN:
        return layer.channels
    last = layer.name.rsplit(".", 1)[-1]
    if alone and layer.channels in ((last,), (layer.name,)):
        return (layer.name,)
    return tuple(f"{layer.name}.{channel}" for channel in layer.channels)


def write(
    image: Image,
    temporary: str,
    path: str,
    settings: Sequence[LayerSettings],
    options: "WriteOptions",
    metadata: Mapping[str, Any],
) -> list[str]:
    """Write `temporary`; `path` is the name for messages. Returns warnings. Raises FileError."""
    import OpenEXR

    groups = _parts(settings, options.parts)
    alone = len(groups) == 1
    region = image.region
    if region.is_empty:
        # The format has no empty window: one black pixel in the corner of the frame stands for it.
        corner = image.info.display
        region = Region(corner.x0, corner.y0, corner.x0 + 1, corner.y0 + 1)
    warnings: list[str] = []
    header = to_exr(metadata) | _windows(image, region, options)
    parts = []
    for name, group in groups:
        channels: dict[str, Any] = {}
        for s in group:
            planes = _encoded(image.tensor(s.layer.name, region), s, warnings)
            channels |= {
                name: np.ascontiguousarray(plane)
                for name, plane in zip(channel_names(s.layer, alone), planes, strict=True)
            }
        own: dict[str, Any] = {"compression": getattr(OpenEXR, f"{COMPRESSIONS[group[0].compression]}_COMPRESSION")}
        if group[0].compression in ("dwaa", "dwab"):
            own["dwaCompressionLevel"] = float(options.dwa_level)
        parts.append(OpenEXR.Part(header | own, channels, f"{name}.{options.view}" if options.view else name))
    try:
        OpenEXR.File(parts, num_threads=exr_threads()).write(temporary)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = _reason(str(error), temporary).replace(temporary, path)
        raise FileError(f"{path} could not be written: {reason}") from None
    return warnings


def _reason(text: str, temporary: str) -> str:
    """What the library says, without that it could not write the file, which is said already."""
    first = (text.splitlines() or ["the disk may be full"])[0].rstrip(".")
    return re.sub(rf'^.* image file "{re.escape(temporary)}"\. (?=.)', "", first)


def check_names(path: str, settings: Sequence[LayerSettings], options: "WriteOptions") -> None:
    """Raise FileError where the layers have names that no EXR can hold together."""
    alone = len(_parts(settings, options.parts)) == 1
    names = [name for s in settings for name in channel_names(s.layer, alone)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileError(f"{path}: two layers would have the same channel {listing(twice)}; rename one of them")
    bad = [name for name in names if not 0 < len(name.encode()) < 256 or "\0" in name]
    if bad:
        raise FileError(f"{path}: '{bad[0][:60]}' is no name for an EXR channel, expected 1 to 255 bytes")


def _windows(image: Image, region: Region, options: "WriteOptions") -> dict[str, Any]:
    import OpenEXR

    def box(r: Region) -> tuple[Any, Any]:
        return np.array([r.x0, r.y0], np.int32), np.array([r.x1 - 1, r.y1 - 1], np.int32)

    header: dict[str, Any] = {
        "displayWindow": box(image.info.display),
        "dataWindow": box(region),
        "pixelAspectRatio": float(image.info.pixel_aspect),
        "type": OpenEXR.tiledimage if options.tile else OpenEXR.scanlineimage,
    }
    if options.tile:
        tiles = OpenEXR.TileDescription()
        tiles.xSize = tiles.ySize = options.tile
        header["tiles"] = tiles
    if options.view:
        header["view"] = options.view
    return header


def _parts(settings: Sequence[LayerSettings], how: str) -> list[tuple[str, list[LayerSettings]]]:
    """Part names with their layers: one for each compression, or for each layer."""
    groups: dict[str, list[LayerSettings]] = {}
    for s in settings:
        groups.setdefault(s.layer.name if how == "layers" else s.compression, []).append(s)
    return [(group[0].layer.name, group) for group in groups.values()]


def _encoded(x: Tensor, settings: LayerSettings, warnings: list[str]) -> list[Any]:
    """The planes of a layer as numpy arrays of the stored type."""
    if settings.depth == "float":
        return list(x.cpu().numpy())
    if settings.depth == "uint32":
        whole = x.double().nan_to_num(0.0).round().clamp(0, 4294967295.0).cpu().to(torch.int64)
        return list(whole.numpy().astype(np.uint32))
    low, high = (float(v) for v in x.aminmax()) if x.numel() else (0.0, 0.0)
    if not (low >= -MAX_HALF and high <= MAX_HALF):  # also true for NaN, which hides the range of the rest
        x = _within_half(x, settings.layer.name, warnings)
    return list(x.half().cpu().numpy())


def _within_half(x: Tensor, name: str, warnings: list[str]) -> Tensor:
    """Finite values that half cannot hold at its largest value; infinity stays infinity, since it was asked for."""
    over = x.isfinite() & (x.abs() > MAX_HALF)
    count = int(over.sum())
    if count:
        warnings.append(
            f"layer '{name}' has {count} values beyond {MAX_HALF:g}, the largest in half; "
            "they were set to it, write float to keep them"
        )
        x = torch.where(over, x.clamp(-MAX_HALF, MAX_HALF), x)
    return x
