"""The headers of an OpenEXR file, read without the library, and checked before the library sees the file.

Sizes in a damaged file can be anything. Everything here is bounded by the size of the file, and what passes has
windows of a sane size and a complete table of blocks, so that reading the pixels allocates no more than the picture
needs. Format: the document "OpenEXR File Layout" of the OpenEXR project.
"""

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np

from ..errors import FileError, listing, reason_of
from ..region import Region
from .metadata import CONTAINER, Opaque, decode

MAGIC = b"\x76\x2f\x31\x01"
MAX_PIXELS = 1 << 30
"""Pixels of a window above which a file is refused, whatever it says."""

MAX_CHANNELS = 4096
_MAX_HEADER = 1 << 28
_TILED, _DEEP, _MULTIPART = 0x200, 0x800, 0x1000
_DEPTHS = ("uint32", "half", "float")
_BYTES = {"uint32": 4, "half": 2, "float": 4}

COMPRESSIONS: tuple[tuple[str, int], ...] = (
    ("none", 1), ("rle", 1), ("zips", 1), ("zip", 16), ("piz", 32), ("pxr24", 16), ("b44", 32), ("b44a", 32),
    ("dwaa", 32), ("dwab", 256), ("htj2k256", 256), ("htj2k32", 32), ("lj2k", 0), ("zstd", 0),
)  # fmt: skip
"""Name and rows of a block by the number in the file; 0 where the rows are not known here."""

_EXPANSION = {"none": 1, "rle": 64, "zips": 1100, "zip": 1100, "pxr24": 2200}
"""How many bytes of pixels a byte of the file can hold at most, for the codecs that have a limit."""


@dataclass(frozen=True)
class ExrChannel:
    """A channel as stored. `step` is the distance of its samples in x and y: 2 for subsampled chroma."""

    name: str
    depth: str
    step: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class ExrPart:
    """One picture of a file: its windows, channels, and attributes of any other kind.

    levels : for tiles, as stored: 0 when there is only the full size, else mip or rip maps in the lower four bits.
    """

    name: str
    view: str
    views: tuple[str, ...]
    display: Region
    data: Region
    pixel_aspect: float
    channels: tuple[ExrChannel, ...]
    compression: str
    tile: tuple[int, int] | None
    levels: int
    deep: bool
    metadata: Mapping[str, Any]

    @cached_property
    def row_bytes(self) -> int:
        return sum(_BYTES[c.depth] // (c.step[0] * c.step[1]) for c in self.channels) * self.data.width

    @property
    def subsampled(self) -> bool:
        return any(c.step != (1, 1) for c in self.channels)


class _Short(Exception):
    """More bytes are needed than were read so far."""


class _Cursor:
    """Reads from bytes, and says when they end."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position

    def take(self, count: int) -> bytes:
        end = self.position + count
        if count < 0:
            raise ValueError("a size is negative")
        if end > len(self.data):
            raise _Short
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def text(self) -> str:
        end = self.data.find(b"\0", self.position, self.position + 257)
        if end < 0:
            if self.position + 257 <= len(self.data):
                raise ValueError("a name is longer than 255 bytes")
            raise _Short
        piece = self.data[self.position : end].decode("utf-8", "replace")
        self.position = end + 1
        return piece

    def number(self) -> int:
        value: int = struct.unpack("<i", self.take(4))[0]
        return value


def read_parts(path: str) -> tuple[ExrPart, ...]:
    """The parts of an EXR file.

    Raises FileError when the file is damaged, cut short, or larger than this program reads.
    """
    try:
        with open(path, "rb") as file:
            return _read(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise FileError(f"{path}: {reason_of(error)}") from None
    except (ValueError, struct.error) as error:
        raise FileError(f"{path} is a damaged EXR: {error}") from None


def _read(file: BinaryIO, size: int) -> tuple[ExrPart, ...]:
    want = 1 << 16
    while True:
        file.seek(0)
        data = file.read(min(want, size))
        try:
            cursor, version, found = _parse(data)
            break
        except _Short:
            if len(data) >= size:
                raise ValueError("the file ends inside its header") from None
            if want >= _MAX_HEADER:
                raise ValueError(f"the header is longer than {_MAX_HEADER >> 20} MiB") from None
            want *= 8
    parts = tuple(_part(attributes, version) for attributes in found)
    for part in parts:
        bytes_of_pixels = part.row_bytes * part.data.height
        if not part.deep and bytes_of_pixels > _EXPANSION.get(part.compression, math.inf) * size:
            raise ValueError(f"its {size} bytes cannot hold {bytes_of_pixels} bytes of pixels in {part.compression}")
    multipart = bool(version & _MULTIPART)
    counts = [_blocks(part, attributes, multipart) for part, attributes in zip(parts, found, strict=True)]
    _check_tables(file, size, cursor.position, parts, counts, multipart)
    return parts


_Attributes = dict[str, tuple[str, bytes]]


def _parse(data: bytes) -> tuple[_Cursor, int, list[_Attributes]]:
    cursor = _Cursor(data, 0)
    if cursor.take(4) != MAGIC:
        raise ValueError("it does not begin as one")
    version = cursor.number()
    if version & 0xFF != 2:
        raise ValueError(f"file format version {version & 0xFF} is unknown, expected 2")
    found = []
    while True:
        attributes = _header(cursor)
        if attributes:
            found.append(attributes)
        if not version & _MULTIPART or not attributes:
            break
    if not found:
        raise ValueError("it has no header")
    return cursor, version, found


def _header(cursor: _Cursor) -> _Attributes:
    attributes: _Attributes = {}
    while name := cursor.text():
        kind, size = cursor.text(), cursor.number()
        attributes[name] = (kind, cursor.take(size))
    return attributes


def _part(attributes: _Attributes, version: int) -> ExrPart:
    def get(name: str, kind: str, default: Any = None) -> Any:
        if name not in attributes:
            if default is None:
                raise ValueError(f"the attribute '{name}' is missing")
            return default
        found, data = attributes[name]
        value = decode(found, data) if found == kind else None
        if value is None or (isinstance(value, Opaque) and kind not in _RAW):
            raise ValueError(f"the attribute '{name}' is damaged")
        return value

    storage = get("type", "string", "tiledimage" if version & _TILED else "scanlineimage")
    code = get("compression", "compression").data
    if len(code) != 1 or code[0] >= len(COMPRESSIONS):
        raise ValueError(f"compression {code.hex()} is unknown")
    if len(get("lineOrder", "lineOrder").data) != 1:
        raise ValueError("the attribute 'lineOrder' is damaged")
    aspect = get("pixelAspectRatio", "float")
    if not 1e-6 < aspect < 1e6:
        raise ValueError(f"the pixel aspect ratio is {aspect:g}")
    get("screenWindowCenter", "v2f")
    get("screenWindowWidth", "float")
    data = _window(get("dataWindow", "box2i"), "data window")
    channels = _channels(get("channels", "chlist").data, data)
    tile, levels = None, 0
    if "tiled" in storage or "deeptile" in storage:
        tile, levels = _tiles(get("tiles", "tiledesc").data)
    views = decode(*attributes["multiView"]) if "multiView" in attributes else ()
    return ExrPart(
        name=get("name", "string", ""),
        view=get("view", "string", ""),
        views=views if isinstance(views, tuple) and not isinstance(views, Opaque) else (),
        display=_window(get("displayWindow", "box2i"), "display window"),
        data=data,
        pixel_aspect=aspect,
        channels=channels,
        compression=COMPRESSIONS[code[0]][0],
        tile=tile,
        levels=levels,
        deep=storage.startswith("deep") or (bool(version & _DEEP) and "type" not in attributes),
        metadata={name: decode(*pair) for name, pair in attributes.items() if name not in CONTAINER},
    )


_RAW = frozenset({"compression", "lineOrder", "chlist", "tiledesc"})


def _window(box: Any, name: str) -> Region:
    region = Region(box.x0, box.y0, box.x1 + 1, box.y1 + 1)
    if region.is_empty:
        raise ValueError(f"its {name} {box.x0} {box.y0} {box.x1} {box.y1} is empty")
    if max(abs(v) for v in box) >= 1 << 30 or region.area > MAX_PIXELS:
        raise ValueError(f"its {name} {region} has {region.area} pixels, more than the {MAX_PIXELS} this program reads")
    return region


def _channels(data: bytes, window: Region) -> tuple[ExrChannel, ...]:
    cursor, channels = _Cursor(data, 0), []
    try:
        while name := cursor.text():
            kind, _, x, y = struct.unpack("<iIii", cursor.take(16))
            if not 0 <= kind <= 2:
                raise ValueError(f"channel '{name}' has the unknown pixel type {kind}")
            if x < 1 or y < 1 or window.x0 % x or window.y0 % y or window.width % x or window.height % y:
                raise ValueError(f"channel '{name}' is sampled every {x} by {y} pixels, which does not fit {window}")
            channels.append(ExrChannel(name, _DEPTHS[kind], (x, y)))
            if len(channels) > MAX_CHANNELS:
                raise ValueError(f"it has more than {MAX_CHANNELS} channels")
    except _Short:
        raise ValueError("the list of channels is cut short") from None
    if not channels:
        raise ValueError("it has no channels")
    names = [c.name for c in channels]
    if len(set(names)) < len(names):
        raise ValueError(f"a channel is there twice: {listing(sorted({n for n in names if names.count(n) > 1}))}")
    return tuple(channels)


def _tiles(data: bytes) -> tuple[tuple[int, int], int]:
    if len(data) != 9:
        raise ValueError("the description of its tiles is damaged")
    width, height, mode = struct.unpack("<IIB", data)
    if not (0 < width <= 1 << 20 and 0 < height <= 1 << 20) or mode & 15 > 2:
        raise ValueError(f"its tiles are {width} by {height} pixels in mode {mode}")
    return (width, height), mode


def _levels(size: int, up: bool) -> int:
    """The number of halvings of a side, counting the full size."""
    return 1 + ((size - 1).bit_length() if up else size.bit_length() - 1)


def _blocks(part: ExrPart, attributes: _Attributes, multipart: bool) -> int | None:
    """The entries of a part's table of blocks; None where only the file itself could tell."""
    if multipart:
        kind, data = attributes.get("chunkCount", ("", b""))
        count = decode(kind, data)
        if not isinstance(count, int) or count < 0:
            raise ValueError("the attribute 'chunkCount' is missing or damaged")
        return count
    if part.tile is None:
        rows = COMPRESSIONS[[name for name, _ in COMPRESSIONS].index(part.compression)][1]
        return -(-part.data.height // rows) if rows else None
    mode, up = part.levels & 15, bool(part.levels >> 4)

    def tiles(side: int, tile: int, level: int) -> int:
        size = side + (1 << level) - 1 >> level if up else side >> level
        return -(-max(1, size) // tile)

    w, h, (tw, th) = part.data.width, part.data.height, part.tile
    if mode == 0:
        return tiles(w, tw, 0) * tiles(h, th, 0)
    if mode == 1:
        return sum(tiles(w, tw, i) * tiles(h, th, i) for i in range(_levels(max(w, h), up)))
    across = sum(tiles(w, tw, i) for i in range(_levels(w, up)))
    return across * sum(tiles(h, th, i) for i in range(_levels(h, up)))


def _check_tables(
    file: BinaryIO,
    size: int,
    position: int,
    parts: tuple[ExrPart, ...],
    counts: list[int | None],
    multipart: bool,
) -> None:
    """Raise ValueError unless every block of every part that has pixels lies inside the file."""
    end = position + 8 * sum(count or 0 for count in counts)
    if end > size:
        raise ValueError(f"the file ends inside its table of blocks: {size} bytes, expected more than {end}")
    for part, count in zip(parts, counts, strict=True):
        if count is None:
            return
        file.seek(position)
        offsets = np.frombuffer(file.read(8 * count), "<u8")
        position += 8 * count
        missing = int(((offsets < end) | (offsets > size - 8)).sum())
        if not missing and count and not part.deep:
            missing = int(_block_end(file, int(offsets.max()), part, multipart) > size)
        if missing and not part.deep:
            raise ValueError(
                f"{missing} of its {count} blocks of pixels are missing, so it is incomplete or still being written"
            )


def _block_end(file: BinaryIO, begin: int, part: ExrPart, multipart: bool) -> int:
    """Where the block that begins at `begin` ends, by its own word: its part, its place, its size, its data."""
    place = begin + 4 * multipart + (4 if part.tile is None else 16)
    file.seek(place)
    size = int.from_bytes(file.read(4), "little", signed=True)
    return place + 4 + max(0, size)
