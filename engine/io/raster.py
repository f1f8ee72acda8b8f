"""Every picture format but EXR, through OpenImageIO: code values as they are, integers scaled to 0..1."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import torch
from torch import Tensor

from ..errors import FileError
from ..region import Region
from .exr_header import MAX_CHANNELS, MAX_PIXELS
from .movie import is_movie

FORMATS = frozenset({
    "bmp", "cineon", "dds", "dpx", "fits", "gif", "hdr", "ico", "iff", "jpeg", "jpeg2000", "jpegxl", "png", "pnm",
    "psd", "rla", "sgi", "targa", "tiff", "webp",
})  # fmt: skip
"""OpenImageIO's names of the formats that are read; the others are no pictures of ours."""

_SCALES = {"uint8": 255.0, "uint16": 65535.0, "uint": 4294967295.0, "int8": 127.0, "int16": 32767.0}
_MAX_EXPANSION = 20_000
"""Bytes of pixels per byte of file above which a file is taken for a bomb; a black PNG or JPEG 2000 stays below."""


@dataclass(frozen=True)
class RasterHeader:
    """What the header says. `kind` is the library's name of the sample type, `bits` the bits in use."""

    format: str
    display: Region
    data: Region
    channels: tuple[str, ...]
    kind: str
    bits: int
    straight: bool
    pixel_aspect: float
    colorspace: str
    spec: Any

    @property
    def depth(self) -> str:
        """The bit depth as `Layer.depth` names it."""
        if self.kind in ("uint8", "int8"):
            return "uint8"
        if self.kind in ("uint16", "int16"):
            return "uint10" if self.bits in (9, 10) else "uint16"
        return {"half": "half", "uint": "uint32"}.get(self.kind, "float")


def read_header(path: str) -> RasterHeader:
    """The header of the first picture in a file. Raises FileError when it is none that can be read."""
    with _opened(path) as file:
        spec = file.spec()
        name = file.format_name()
        if name not in FORMATS:
            raise FileError(f"{path}: files of type {name} are not read")
        if spec.deep:
            raise FileError(f"{path} holds deep data, which is not read; flatten it first")
        data = Region(spec.x, spec.y, spec.x + spec.width, spec.y + spec.height)
        display = Region(
            spec.full_x, spec.full_y, spec.full_x + spec.full_width, spec.full_y + spec.full_height
        )  # fmt: skip
        kind = str(spec.format)
        _check_size(path, data, display, spec)
        aspect = spec.get_float_attribute("PixelAspectRatio", 1.0)
        return RasterHeader(
            format=name,
            display=data if display.is_empty else display,
            data=data,
            channels=tuple(spec.channelnames),
            kind=kind,
            bits=spec.get_int_attribute("oiio:BitsPerSample", 0),
            straight=bool(spec.get_int_attribute("oiio:UnassociatedAlpha", 0)) and "A" in spec.channelnames,
            pixel_aspect=aspect if 1e-6 < aspect < 1e6 and math.isfinite(aspect) else 1.0,
            colorspace=spec.get_string_attribute("oiio:ColorSpace", ""),
            spec=spec,
        )


def _check_size(path: str, data: Region, display: Region, spec: Any) -> None:
    if data.is_empty or spec.depth != 1 or not 0 < spec.nchannels <= MAX_CHANNELS:
        raise FileError(
            f"{path}: a picture of {spec.width} by {spec.height} pixels with {spec.nchannels} channels is not read"
        )
    if max(data.area, display.area) > MAX_PIXELS:
        raise FileError(f"{path}: {data} has {data.area} pixels, more than the {MAX_PIXELS} this program reads")
    size, unpacked = os.path.getsize(path), spec.image_bytes(True)
    if unpacked > max(size, 1024) * _MAX_EXPANSION:
        raise FileError(f"{path} is damaged: its {size} bytes cannot hold {unpacked} bytes of pixels")


def read_samples(path: str, header: RasterHeader, channels: Sequence[int], region: Region) -> tuple[Tensor, Region]:
    """The channels (by index) as float32 `[C, h, w]` over at least the rows of `region`, and the region they cover."""
    want = header.data.intersect(region)
    first, last = min(channels), max(channels) + 1
    with _opened(path) as file:
        if file.spec().tile_width or header.format == "targa":
            x, covered = file.read_image(0, 0, first, last, header.kind), header.data
        else:
            x = file.read_scanlines(0, 0, want.y0, want.y1, 0, first, last, header.kind)
            covered = Region(header.data.x0, want.y0, header.data.x1, want.y1)
        if x is None:
            raise FileError(f"{path}: the pixels cannot be read: {_reason(file.geterror(), path)}")
    pixels = torch.from_numpy(x).permute(2, 0, 1)
    chosen = [c - first for c in channels]
    pixels = pixels if chosen == list(range(pixels.shape[0])) else pixels[chosen]
    return _scaled(pixels, header), covered


def _scaled(x: Tensor, header: RasterHeader) -> Tensor:
    if header.kind == "uint16" and 8 < header.bits < 16:
        # The library spreads 10 and 12 bits over 16; the code value itself is in the upper bits.
        shift = 16 - header.bits
        return (x.to(torch.int32) >> shift).to(torch.float32).div_((1 << header.bits) - 1).contiguous()
    out = torch.empty(x.shape, dtype=torch.float32).copy_(x)
    return out.div_(_SCALES[header.kind]) if header.kind in _SCALES else out


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    import OpenImageIO as oiio

    config = oiio.ImageSpec()
    # Straight alpha stays straight: multiplying integers would lose the colour of transparent pixels.
    config.attribute("oiio:UnassociatedAlpha", 1)
    file = oiio.ImageInput.open(path, config)
    if file is None:
        raise FileError(f"{path} cannot be read as a picture: {_reason(oiio.geterror(), path)}")
    try:
        yield file
    finally:
        file.close()


def _reason(text: str, path: str) -> str:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "the library gives no reason")
    if is_movie(path):
        name = PurePath(path)
        return f"it is a movie; `rimlight movie {name.name} {name.stem}.####.png` makes frames of it"
    unknown = ("could not find a format reader", "is not an OpenEXR file", "Unable to read magic")
    return "its format is not known" if any(u in first for u in unknown) else first.replace(path, "it").rstrip(".")
