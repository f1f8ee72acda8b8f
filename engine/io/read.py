"""Reading a picture file: what is in it, and the pixels of some layers over some region.

`read_info` looks at the header alone. `read_pixels` reads the wanted layers and rows, as float32, in the file's own
colour space and with its own alpha: turning them into the working space is the business of the Read node.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from ..errors import FileError, file_errors, listing
from ..image import ImageInfo
from ..layers import Layer
from ..region import EMPTY, Region
from . import exr_header, exr_pixels, luminance, naming, raster
from .metadata import REC709, Chromaticities, from_oiio

_HEAD = 64
"""Bytes that are looked at first: no picture begins with so many zeros."""


@dataclass(frozen=True)
class FileInfo:
    """A picture file without its pixels, for one view.

    display, data : windows in EXR coordinates; `data` is the union of the parts that hold the layers.
    sources : the layers and where they are stored. views : names of the views, the default one first.
    depth : bit depth of the main layer. compression : of the first part. straight : the colour is not multiplied by
    alpha. colorspace : what the file says about its colour (`oiio:ColorSpace`), empty when it says nothing.
    metadata : all other attributes with their types. deep : the file holds deep data, whose pixels are not read.
    """

    path: str
    format: str
    display: Region
    data: Region
    sources: tuple[naming.LayerSource, ...]
    pixel_aspect: float = 1.0
    views: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    compression: str = ""
    straight: bool = False
    colorspace: str = ""
    deep: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    header: tuple[exr_header.ExrPart, ...] | raster.RasterHeader = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the main one first where there is one."""
        return tuple(source.layer for source in self.sources)

    @property
    def depth(self) -> str:
        """The bit depth of the main layer, see `Layer`."""
        return self.sources[0].layer.depth

    @property
    def chromaticities(self) -> Chromaticities | None:
        """The primaries and the white that the file says its colours have; None where it says nothing."""
        found = self.metadata.get("chromaticities")
        return found if isinstance(found, Chromaticities) else None

    @property
    def image(self) -> ImageInfo:
        """The description of the image. Raises FileError when the file holds deep data."""
        if self.deep:
            raise FileError(f"{self.path} holds deep data, which is not read; flatten it first")
        return ImageInfo(
            display=self.display, data=self.data, layers=self.layers, pixel_aspect=self.pixel_aspect,
            colorspace=self.colorspace, metadata=self.metadata,
        )  # fmt: skip


def read_info(path: str | os.PathLike[str], view: str = "") -> FileInfo:
    """What a file holds, from its header. `view` chooses among the views of a stereo file, by default the first.

    Raises FileError when there is no such file, it is no picture, it is damaged, or it has views but not this one.
    """
    path = os.fspath(path)
    _check_file(path)
    with file_errors(path):
        with open(path, "rb") as file:
            head = file.read(_HEAD)
        if not any(head):
            raise FileError(f"{path} begins with zeros alone: it was not written whole, expected a picture")
        return _exr_info(path, view) if head.startswith(exr_header.MAGIC) else _raster_info(path)


def check_name(path: str) -> None:
    """Raise FileError for a name that the libraries of picture files do not take."""
    if "\0" in path:
        raise FileError(f"{path}: no file can have this name")
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="backslashreplace").decode()
        raise FileError(
            f"{shown}: the name is no text in UTF-8; rename it, or start Rimlight in a UTF-8 locale"
        ) from None


def _check_file(path: str) -> None:
    check_name(path)
    try:
        found = os.stat(path)
        readable = os.access(path, os.R_OK)
    except OSError as error:
        raise FileError(
            f"{path}: {'there is no such file' if isinstance(error, FileNotFoundError) else error.strerror}"
        ) from None
    if not stat.S_ISREG(found.st_mode):
        raise FileError(
            f"{path} is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no regular file'}, expected a picture"
        )
    if not readable:
        raise FileError(f"{path} may not be read: permission denied")
    if found.st_size == 0:
        raise FileError(f"{path} is empty, expected a picture")


def _exr_info(path: str, view: str) -> FileInfo:
    parts = exr_header.read_parts(path)
    flat = [i for i, part in enumerate(parts) if not part.deep]
    shown = flat or range(len(parts))
    stored = [
        naming.StoredPart(
            part.name, part.view, part.views,
            tuple(naming.StoredChannel(i, c.name, c.depth) for c in part.channels) if i in shown else (), part.data,
        )
        for i, part in enumerate(parts)
    ]  # fmt: skip
    try:
        views, sources = naming.layers_of(stored, view)
    except FileError as error:
        raise FileError(f"{path} {error}") from None
    used = sorted({s.part for source in sources for s in source.stored})
    data = EMPTY
    for i in used:
        data = data.union(parts[i].data)
    if data.area > exr_header.MAX_PIXELS:
        raise FileError(
            f"{path}: its parts together cover {data}, more than the {exr_header.MAX_PIXELS} pixels that are read"
        )
    metadata: dict[str, Any] = {}
    for i in (*used, *range(len(parts))):
        metadata = {**parts[i].metadata, **metadata}
    first = parts[used[0]]
    return FileInfo(
        path=path, format="openexr", display=first.display, data=data, sources=sources, pixel_aspect=first.pixel_aspect,
        views=views, parts=tuple(part.name for part in parts), compression=first.compression, deep=not flat,
        colorspace=str(metadata.get("oiio:ColorSpace", "")), metadata=MappingProxyType(metadata), header=parts,
    )  # fmt: skip


def _raster_info(path: str) -> FileInfo:
    header = raster.read_header(path)
    stored = tuple(naming.StoredChannel(0, name, header.depth) for name in header.channels)
    _, sources = naming.layers_of([naming.StoredPart("", "", (), stored)])
    return FileInfo(
        path=path, format=header.format, display=header.display, data=header.data, sources=sources,
        pixel_aspect=header.pixel_aspect, compression=header.spec.get_string_attribute("compression", ""),
        straight=header.straight, colorspace=header.colorspace, metadata=MappingProxyType(from_oiio(header.spec)),
        header=header,
    )  # fmt: skip


def read_pixels(info: FileInfo, layers: Sequence[str], region: Region | None = None) -> dict[str, Tensor]:
    """Layers over `region` (default: the data window), float32 `[C, region.height, region.width]`, zero outside their
    part.

    Integer files give 0..1; `uint32` channels of EXR, which are ids, keep their value and are exact up to 2**24.

    Raises FileError when a layer is not in the file, the file holds deep data, or its pixels are damaged.
    """
    if info.deep:
        raise FileError(f"{info.path} holds deep data, which is not read; flatten it first")
    by_name = {source.layer.name: source for source in info.sources}
    unknown = [name for name in layers if name not in by_name]
    if unknown:
        raise FileError(f"{info.path} has no layer '{unknown[0]}', it has {listing(list(by_name))}")
    sources = [by_name[name] for name in dict.fromkeys(layers)]
    region = info.data if region is None else region
    if region.is_empty or not sources:
        return {s.layer.name: torch.zeros((len(s.layer.channels), region.height, region.width)) for s in sources}
    if isinstance(info.header, raster.RasterHeader):
        planes = _raster_planes(info, info.header, sources, region)
    else:
        planes = _exr_planes(info, info.header, sources, region)
    weights = info.chromaticities or REC709
    return {s.layer.name: _layer(s, planes, region, weights) for s in sources}


_Planes = Mapping[tuple[int, str], tuple[Tensor, Region]]


def _exr_planes(
    info: FileInfo, parts: tuple[exr_header.ExrPart, ...], sources: Sequence[naming.LayerSource], region: Region
) -> _Planes:
    wanted: dict[int, list[str]] = {}
    for stored in dict.fromkeys(s for source in sources for s in source.stored):
        wanted.setdefault(stored.part, []).append(stored.name)
    return exr_pixels.read_samples(info.path, parts, wanted, region)


def _raster_planes(
    info: FileInfo, header: raster.RasterHeader, sources: Sequence[naming.LayerSource], region: Region
) -> _Planes:
    if header.data.intersect(region).is_empty:
        return {}
    names = list(dict.fromkeys(s.name for source in sources for s in source.stored))
    indices = sorted(header.channels.index(name) for name in names)
    x, covered = raster.read_samples(info.path, header, indices, region)
    return {(0, header.channels[index]): (x[i], covered) for i, index in enumerate(indices)}


def _layer(source: naming.LayerSource, planes: _Planes, region: Region, weights: Chromaticities) -> Tensor:
    if source.luma:
        y, *rest = _stack(source.stored, planes, region)
        alpha = [rest.pop()] if len(source.layer.channels) == 4 else []
        rgb = luminance.to_rgb(y, rest[0], rest[1], weights) if rest else y.expand(3, -1, -1)
        return torch.cat((rgb, alpha[0][None])) if alpha else rgb.contiguous()
    return _stack(source.stored, planes, region)


def _stack(stored: Sequence[naming.StoredChannel], planes: _Planes, region: Region) -> Tensor:
    """The planes cut to `region` in float32, zero where a part has no pixels."""
    found = [planes.get((s.part, s.name)) for s in stored]
    whole = all(plane is not None and plane[1].contains(region) for plane in found)
    shape = (len(stored), region.height, region.width)
    out = torch.empty(shape) if whole else torch.zeros(shape)
    for i, plane in enumerate(found):
        if plane is None:
            continue
        x, covered = plane
        both = covered.intersect(region)
        if not both.is_empty:
            to_rows, to_columns = region.slices_of(both)
            rows, columns = covered.slices_of(both)
            out[i, to_rows, to_columns].copy_(x[rows, columns])
    return out
