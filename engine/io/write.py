"""Writing a picture file: which layers, how deep, how packed; always whole or not at all."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from ..errors import FileError, listing
from ..image import Image, ImageInfo
from ..layers import MAIN, Layer, LayerKind
from . import exr_write, raster_write
from .atomic import check_place, check_room, replacing
from .exr_parts import LayerSettings
from .read import check_name, read_info

Depth = Literal["auto", "half", "float", "uint8", "uint10", "uint12", "uint16", "uint32"]
"""Bit depth of a channel in the file; `auto` is as it came, or the nearest that the format has."""


@dataclass(frozen=True)
class WriteOptions:
    """How a file is written.

    layers : names, in order; empty means all of the image, or the main layer where a format holds only one.
    depth, compression : for every layer; `depths` and `compressions` override them by layer name.
    dwa_level : 45 is the usual loss of DWAA and DWAB, higher is smaller. jpeg_quality : 1 to 100.
    parts : `auto` keeps parts, names of channels and windows as layers came with them in an EXR, as far as they are
    found by these names; `single` writes one part with the names of the standard; `layers` a part for every layer.
    Layers with another compression are parts of their own.
    tile : side of the tiles in pixels, 0 for scanlines. view : name of the view, written into the file.
    metadata : attributes to write; None writes those of the image.
    """

    layers: tuple[str, ...] = ()
    depth: Depth = "auto"
    compression: str = ""
    depths: Mapping[str, Depth] = field(default_factory=dict)
    compressions: Mapping[str, str] = field(default_factory=dict)
    dwa_level: float = 45.0
    jpeg_quality: int = 95
    parts: Literal["auto", "single", "layers"] = "auto"
    tile: int = 0
    view: str = ""
    metadata: Mapping[str, Any] | None = None


def write_image(image: Image, path: str | os.PathLike[str], options: WriteOptions | None = None) -> list[str]:
    """Write layers of an image to a file whose format is given by the extension; returns warnings, one sentence each.

    EXR holds the pixels of `image.region` as its data window; all other formats hold the display window, black where
    the image has no pixels, with values clamped to 0..1 where the file holds integers. Values are written as they are:
    the caller has converted them to the file's colour space.

    Raises FileError when a layer or option does not fit the format or the file cannot be written; an old file is kept.
    """
    path, options = os.fspath(path), options or WriteOptions()
    there = [layer for layer in image.info.layers if layer.name in image]
    kind, settings = _planned(there, path, options)
    metadata = image.info.metadata if options.metadata is None else options.metadata
    with replacing(path, lambda temporary: _verify(path, temporary)) as temporary:
        if kind is None:
            return exr_write.write(image, temporary, path, settings, options, metadata)
        return raster_write.write(image, temporary, path, settings[0], kind, options, metadata)


def check_write(info: ImageInfo, path: str | os.PathLike[str], options: WriteOptions | None = None) -> None:
    """Raise FileError where `write_image` would refuse an image described by `info`, whatever its pixels are."""
    path = os.fspath(path)
    _planned(info.layers, path, options or WriteOptions())
    check_place(path)


def _planned(
    there: Sequence[Layer], path: str, options: WriteOptions
) -> tuple[raster_write.RasterFormat | None, list[LayerSettings]]:
    """The format, None for EXR, and how each layer is stored. Raises FileError for what does not fit."""
    check_name(path)
    extension = PurePath(path).suffix.lower()
    known = write_formats()
    if extension not in known:
        raise FileError(f"{path}: pictures of type '{extension}' are not written, expected {listing(known, 20)}")
    layers = _layers(there, path, options, many=extension == ".exr")
    if extension != ".exr":
        kind = raster_write.FORMATS[extension]
        return kind, [raster_write.settings(path, layers[0], kind, options)]
    settings = [_exr_settings(path, layer, options) for layer in layers]
    exr_write.check_names(path, settings, options)
    return None, settings


def _layers(layers: Sequence[Layer], path: str, options: WriteOptions, *, many: bool) -> list[Layer]:
    there = {layer.name: layer for layer in layers}
    missing = [name for name in options.layers if name not in there]
    if missing:
        raise FileError(f"{path}: the image has no layer '{missing[0]}' to write, it has {listing(list(there))}")
    if options.layers:
        chosen = [there[name] for name in dict.fromkeys(options.layers)]
    elif many:
        chosen = list(there.values())
    else:
        colors = [layer for layer in there.values() if layer.kind is LayerKind.COLOR]
        chosen = [layer for layer in colors if layer.name == MAIN] or colors[:1] or list(there.values())[:1]
    if not chosen:
        raise FileError(f"{path}: the image has no layers to write")
    if len(chosen) > 1 and not many:
        names = listing([layer.name for layer in chosen])
        raise FileError(f"{path}: this format holds one layer, but {names} were asked for; write an EXR or choose one")
    return chosen


def _exr_settings(path: str, layer: Layer, options: WriteOptions) -> LayerSettings:
    depth = options.depths.get(layer.name, options.depth)
    if depth == "auto":
        depth = "half" if layer.depth.startswith("uint") and layer.depth != "uint32" else layer.depth  # type: ignore[assignment]
    if depth not in ("half", "float", "uint32"):
        raise FileError(
            f"{path}: layer '{layer.name}' cannot have the depth {depth} in an EXR, expected half, float or uint32"
        )
    compression = options.compressions.get(layer.name, options.compression) or "zip"
    if compression not in exr_write.COMPRESSIONS:
        expected = listing(list(exr_write.COMPRESSIONS), 20)
        raise FileError(f"{path}: an EXR has no compression '{compression}', expected {expected}")
    return LayerSettings(layer, depth, compression)


def _verify(path: str, temporary: str) -> None:
    """Read the header back; an EXR's is complete only when all of its pixels arrived. Raises OSError where the disk
    itself gives a reason.
    """
    try:
        read_info(temporary)
    except FileError as error:
        check_room(temporary)
        reason = str(error).replace(temporary, "what was written")
        raise FileError(f"{path} could not be written, the disk may be full: {reason}") from None


def write_formats() -> tuple[str, ...]:
    """The extensions of the formats that are written."""
    return (".exr", *raster_write.FORMATS)


class Writer:
    """The session's writer."""

    def write(self, image: Image, path: str | os.PathLike[str], options: WriteOptions | None = None) -> list[str]:
        """Write layers of an image; the extension gives the format. Returns warnings, a sentence each.

        EXR holds the pixels of `image.region`, other formats the display window, clamped to 0..1 where they hold
        integers. Values are written as they are. Raises FileError, and then an old file is kept.
        """
        return write_image(image, path, options)

    def check(self, info: ImageInfo, path: str | os.PathLike[str], options: WriteOptions | None = None) -> None:
        """Raise FileError where `write` would refuse an image described by `info`, whatever its pixels are."""
        check_write(info, path, options)
