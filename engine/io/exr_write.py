"""EXR files out: parts, channel names, depths and compressions."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FileError, listing
from ..image import Image
from ..region import Region
from .exr_parts import LayerSettings, parts_of, windows_of
from .exr_pixels import exr_threads
from .metadata import to_exr

if TYPE_CHECKING:
    from .write import WriteOptions

COMPRESSIONS: Mapping[str, str] = {
    "none": "NO", "rle": "RLE", "zips": "ZIPS", "zip": "ZIP", "piz": "PIZ", "pxr24": "PXR24", "b44": "B44",
    "b44a": "B44A", "dwaa": "DWAA", "dwab": "DWAB",
}  # fmt: skip
MAX_HALF = 65504.0
EXACT = 1 << 24
"""Up to here float32, in which all pixels are held, has every whole number."""


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

    region = image.region
    if region.is_empty:
        # The format has no empty window: one black pixel in the corner of the frame stands for it.
        corner = image.info.display
        region = Region(corner.x0, corner.y0, corner.x0 + 1, corner.y0 + 1)
    warnings: list[str] = []
    header = to_exr(metadata) | _common(image, options)
    planned, parts = parts_of(settings, options), []
    for part, window in zip(planned, windows_of(planned, image, region), strict=True):
        channels: dict[str, Any] = {}
        for s, names in part.layers:
            planes = _encoded(image.tensor(s.layer.name, window), s, warnings)
            channels |= {name: np.ascontiguousarray(plane) for name, plane in zip(names, planes, strict=True)}
        compression = part.layers[0][0].compression
        own: dict[str, Any] = {
            "dataWindow": _box(window),
            "compression": getattr(OpenEXR, f"{COMPRESSIONS[compression]}_COMPRESSION"),
        }
        if compression in ("dwaa", "dwab"):
            own["dwaCompressionLevel"] = float(options.dwa_level)
        if part.view:
            own["view"] = part.view
        parts.append(OpenEXR.Part(header | own, channels, part.name))
    try:
        OpenEXR.File(parts, num_threads=exr_threads()).write(temporary)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = _reason(str(error), temporary).replace(temporary, path)
        raise FileError(f"{path} could not be written: {reason}") from None
    return warnings


def _reason(text: str, temporary: str) -> str:
    """What the library says, without its words that the file cannot be written, which our sentence begins with."""
    first = (text.splitlines() or ["the disk may be full"])[0].rstrip(".")
    return re.sub(rf'^.* image file "{re.escape(temporary)}"\. (?=.)', "", first)


def check_names(path: str, settings: Sequence[LayerSettings], options: "WriteOptions") -> None:
    """Raise FileError where the layers have names that no EXR can hold together."""
    parts = parts_of(settings, options)
    names = [name for part in parts for name in part.channels]
    twice = sorted({name for part in parts for name in part.channels if part.channels.count(name) > 1})
    if twice:
        raise FileError(f"{path}: two layers would have the same channel {listing(twice)}; rename one of them")
    bad = [name for name in names if not 0 < len(name.encode()) < 256 or "\0" in name]
    if bad:
        raise FileError(f"{path}: '{bad[0][:60]}' is no name for an EXR channel, expected 1 to 255 bytes")


def _box(r: Region) -> tuple[Any, Any]:
    return np.array([r.x0, r.y0], np.int32), np.array([r.x1 - 1, r.y1 - 1], np.int32)


def _common(image: Image, options: "WriteOptions") -> dict[str, Any]:
    """What the headers of all parts have in common."""
    import OpenEXR

    header: dict[str, Any] = {
        "displayWindow": _box(image.info.display),
        "pixelAspectRatio": float(image.info.pixel_aspect),
        "type": OpenEXR.tiledimage if options.tile else OpenEXR.scanlineimage,
    }
    if options.tile:
        tiles = OpenEXR.TileDescription()
        tiles.xSize = tiles.ySize = options.tile
        header["tiles"] = tiles
    return header


def _encoded(x: Tensor, settings: LayerSettings, warnings: list[str]) -> list[Any]:
    """The planes of a layer as numpy arrays of the stored type."""
    if settings.depth == "float":
        return list(x.cpu().numpy())
    if settings.depth == "uint32":
        if count := int((x.abs() > EXACT).sum()):
            name = settings.layer.name
            warnings.append(f"layer '{name}' has {count} values beyond {EXACT}, up to which whole numbers are exact")
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
