"""Every format but EXR out, through OpenImageIO: one layer over the display window."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FileError, listing
from ..image import Image
from ..layers import Layer
from .exr_parts import LayerSettings
from .metadata import CONTAINER, TimeCode

if TYPE_CHECKING:
    from .write import WriteOptions


@dataclass(frozen=True, slots=True)
class RasterFormat:
    """What a format holds. The first depth is the default; `grey` and `alpha` say whether it has such files.

    straight : its colour is by definition not multiplied by alpha.
    """

    name: str
    depths: tuple[str, ...]
    grey: bool = True
    alpha: bool = True
    straight: bool = False
    compressions: tuple[str, ...] = ()


_TIFF = RasterFormat("TIFF", ("uint8", "uint16", "half", "float"), compressions=("zip", "lzw", "packbits", "none"))
_JPEG = RasterFormat("JPEG", ("uint8",), alpha=False)

FORMATS: Mapping[str, RasterFormat] = {
    ".png": RasterFormat("PNG", ("uint8", "uint16"), straight=True),
    ".tif": _TIFF, ".tiff": _TIFF, ".jpg": _JPEG, ".jpeg": _JPEG,
    ".hdr": RasterFormat("Radiance HDR", ("float",), grey=False, alpha=False),
    ".dpx": RasterFormat("DPX", ("uint10", "uint12", "uint16", "uint8")),
    ".tga": RasterFormat("Targa", ("uint8",), straight=True),
}  # fmt: skip
"""By extension."""

_OVERHEAD = 1 << 16
"""Bytes that a file may have beyond its pixels as they are in memory."""

_BITS = {"uint8": 8, "uint10": 10, "uint12": 12, "uint16": 16}


def settings(path: str, layer: Layer, kind: RasterFormat, options: "WriteOptions") -> LayerSettings:
    """How a layer is stored; `path` is the name for messages. Raises FileError for what the format does not have."""
    depth: str = options.depths.get(layer.name, options.depth)
    if depth == "auto":
        depth = layer.depth if layer.depth in kind.depths else kind.depths[0]
    if depth not in kind.depths:
        raise FileError(f"{path}: {kind.name} has no depth {depth}, expected {listing(kind.depths)}")
    compression = options.compressions.get(layer.name, options.compression) if kind.compressions else ""
    if compression and compression not in kind.compressions:
        raise FileError(
            f"{path}: {kind.name} has no compression '{compression}', expected {listing(kind.compressions)}"
        )
    return LayerSettings(layer, depth, compression or next(iter(kind.compressions), ""))


def write(
    image: Image,
    temporary: str,
    path: str,
    settings: LayerSettings,
    kind: RasterFormat,
    options: "WriteOptions",
    metadata: Mapping[str, Any],
) -> list[str]:
    """Write `temporary`; `path` is the name for messages. Returns warnings. Raises FileError."""
    import OpenImageIO as oiio

    layer, depth, display = settings.layer, settings.depth, image.info.display
    pixels = _encoded(_chosen(image.tensor(layer.name, display, "black"), layer, kind), depth)
    spec = oiio.ImageSpec(display.width, display.height, pixels.shape[2], _stored(depth))
    if depth in _BITS:
        spec.attribute("oiio:BitsPerSample", _BITS[depth])
    # A third of the time of the libraries' own levels for files a tenth larger.
    spec.attribute("png:compressionLevel", 4)
    spec.attribute("tiff:zipquality", 4)
    spec.attribute("PixelAspectRatio", float(image.info.pixel_aspect))
    _describe(spec, metadata)
    if kind.straight and pixels.shape[2] == 4:
        spec.attribute("oiio:UnassociatedAlpha", 1)
    if kind.compressions:
        spec.attribute("compression", settings.compression)
    if kind is _JPEG:
        spec.attribute("compression", f"jpeg:{options.jpeg_quality}")
    _check_limit(path, pixels.nbytes)
    with _scratch() as scratch:
        file = oiio.ImageOutput.create(temporary)
        if file is None:
            raise FileError(f"{path} could not be written: {_reason(oiio.geterror())}")
        if not file.open(scratch, spec) or not file.write_image(pixels) or not file.close():
            raise FileError(f"{path} could not be written: {_reason(file.geterror())}")
        shutil.copyfile(scratch, temporary)
    return []


def _check_limit(path: str, size: int) -> None:
    """Raise FileError where the process may not write files as large as this can get, which holds in memory too."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and limit < size + _OVERHEAD:
        raise FileError(
            f"{path} could not be written: it may take {size + _OVERHEAD} bytes, and this process may write {limit} "
            "into a file (ulimit -f)"
        )


@contextmanager
def _scratch() -> Iterator[str]:
    """A file in memory where the system has such, else in its temporary folder.

    On a full disk libjpeg ends the process and libpng says nothing; so they write here, and Python's own copy, which
    reports every error, writes to the disk.
    """
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("picture")
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield os.path.join(folder, "picture")


def _stored(depth: str) -> str:
    return {"uint10": "uint16", "uint12": "uint16"}.get(depth, depth)


def _chosen(x: Tensor, layer: Layer, kind: RasterFormat) -> Tensor:
    """One, three or four channels: grey, colour, colour with alpha. Other layers give their first three channels."""
    if layer.rgb is not None:
        order = [*layer.rgb, *([layer.index("A")] if kind.alpha and "A" in layer.channels else [])]
        return x[order]
    if x.shape[0] == 1:
        return x if kind.grey else x.expand(3, -1, -1)
    return torch.cat((x[:3], x.new_zeros((max(0, 3 - x.shape[0]), *x.shape[1:]))))


def _encoded(x: Tensor, depth: str) -> Any:
    """`[h, w, C]` of the stored type; integers clamp to 0..1 and round to the nearest code value, NaN is 0."""
    x = x.permute(1, 2, 0)
    if depth not in _BITS:
        y = x.half() if depth == "half" else x
        return np.ascontiguousarray(y.cpu().numpy())
    bits = _BITS[depth]
    codes = (x.nan_to_num(0.0, 1.0, 0.0).clamp(0, 1) * ((1 << bits) - 1) + 0.5).floor().to(torch.int32)
    if 8 < bits < 16:  # the library takes the upper bits of 16
        codes = (codes << (16 - bits)) | (codes >> (2 * bits - 16))
    return np.ascontiguousarray(codes.cpu().numpy().astype(np.uint8 if bits == 8 else np.uint16))


def _describe(spec: Any, metadata: Mapping[str, Any]) -> None:
    for name, value in metadata.items():
        if name in CONTAINER or name.startswith("oiio:") or name in _OWN:
            continue
        if isinstance(value, TimeCode):
            spec.attribute(name, "timecode", (value.time, value.user))
        elif isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 1 << 31):
            spec.attribute(name, value)


_OWN = frozenset(
    {"ICCProfile", "Orientation", "PixelAspectRatio", "ResolutionUnit", "XResolution", "YResolution", "planarconfig"}
)
"""Attributes that describe the pixels of another file; copied, they would be wrong."""


def _reason(text: str) -> str:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "the disk may be full")
    return first.rstrip(".")
