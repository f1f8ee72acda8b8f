"""Metadata values of picture files, with the types that files distinguish and Python does not.

`ImageInfo.metadata` holds int, float and str as they are, and

    (1, 2), (1, 2, 3)        integer vectors
    (1.0, 2.0) .. 3 numbers  vectors; 9 numbers a 3x3 matrix, 16 a 4x4 matrix, row by row; any other count a list of
    floats ("a", "b")               a list of texts
    Double, Rational, TimeCode, KeyCode, Box, Chromaticities, Opaque

All are immutable, hashable and survive pickling. `decode` reads the bytes of an OpenEXR attribute, `to_exr` makes what
the OpenEXR module writes, so that every attribute leaves as it came.
"""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class Double(float):
    """A 64-bit number; a plain float is stored in 32 bits."""

    __slots__ = ()


class Rational(NamedTuple):
    """A ratio as stored, not reduced."""

    numerator: int
    denominator: int

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


class TimeCode(NamedTuple):
    """SMPTE time code: time and flags as binary coded decimals, and user data."""

    time: int
    user: int

    def __str__(self) -> str:
        def part(shift: int, mask: int) -> str:
            return f"{self.time >> shift + 4 & mask >> 4:x}{self.time >> shift & 15:x}"

        return f"{part(24, 0x3F)}:{part(16, 0x7F)}:{part(8, 0x7F)}:{part(0, 0x3F)}"


class KeyCode(NamedTuple):
    """Film edge code."""

    manufacturer: int
    film: int
    prefix: int
    frame_count: int
    offset: int
    perfs_per_frame: int
    perfs_per_count: int


class Box(NamedTuple):
    """A rectangle with inclusive corners, of integers or of floats."""

    x0: float
    y0: float
    x1: float
    y1: float


class Chromaticities(NamedTuple):
    """CIE x, y of the primaries and of white."""

    red_x: float
    red_y: float
    green_x: float
    green_y: float
    blue_x: float
    blue_y: float
    white_x: float
    white_y: float

    def luminance(self) -> tuple[float, float, float]:
        """The weights of linear red, green and blue in luminance: the row of Y of the RGB to XYZ matrix."""
        xy = np.array(self, np.float64).reshape(4, 2)
        xyz = np.column_stack((xy, 1 - xy.sum(1))) / xy[:, 1:]
        weights = np.linalg.solve(xyz[:3].T, xyz[3])
        return float(weights[0]), float(weights[1]), float(weights[2])


REC709 = Chromaticities(0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
"""What OpenEXR assumes of a file that names no chromaticities."""


class Opaque(NamedTuple):
    """An attribute whose type this program has no use for, kept byte for byte."""

    type: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.type}, {len(self.data)} bytes"


CONTAINER = frozenset({
    "channels", "chunkCount", "compression", "dataWindow", "displayWindow", "dwaCompressionLevel", "lineOrder",
    "multiView", "name", "pixelAspectRatio", "preview", "tiles", "type", "version", "view",
})  # fmt: skip
"""Attributes that describe how a file is stored; the writer makes its own, and metadata never holds them."""

_NUMBERS = {"v2i": "2i", "v3i": "3i", "v2f": "2f", "v3f": "3f", "m33f": "9f", "m44f": "16f"}
_TUPLES: dict[str, tuple[str, type[Any]]] = {
    "rational": ("iI", Rational), "timecode": ("2I", TimeCode), "keycode": ("7i", KeyCode), "box2i": ("4i", Box),
    "box2f": ("4f", Box), "chromaticities": ("8f", Chromaticities),
}  # fmt: skip
_DOUBLES: dict[str, tuple[int, ...]] = {"v2d": (2,), "v3d": (3,), "m33d": (3, 3), "m44d": (4, 4)}
_ENVMAPS = ("latlong", "cube")


def decode(kind: str, data: bytes) -> Any:
    """The value of an OpenEXR attribute from its type name and bytes; `Opaque` when the type is unknown or does not
    fit.
    """
    try:
        return _decode(kind, data)
    except (struct.error, IndexError, ValueError):
        return Opaque(kind, data)


def _decode(kind: str, data: bytes) -> Any:
    if kind == "string":
        return _text(data)
    if kind in ("int", "float"):
        return struct.unpack("<" + kind[0], data)[0]
    if kind == "double":
        return Double(struct.unpack("<d", data)[0])
    if kind in _NUMBERS:
        return struct.unpack("<" + _NUMBERS[kind], data)
    if kind in _TUPLES:
        layout, make = _TUPLES[kind]
        return make(*struct.unpack("<" + layout, data))
    if kind == "floatvector":
        values = struct.unpack(f"<{len(data) // 4}f", data)
        # A list as long as a vector or a matrix would be taken for one when written.
        return Opaque(kind, data) if len(values) in (0, 2, 3, 9, 16) else values
    if kind == "stringvector":
        return _strings(data) or Opaque(kind, data)
    if kind == "envmap":
        return _ENVMAPS[data[0]]
    return Opaque(kind, data)


def _text(data: bytes) -> str:
    """UTF-8, or where it is none a character for each byte, so that nothing is lost."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _strings(data: bytes) -> tuple[str, ...]:
    found, position = [], 0
    while position < len(data):
        (size,) = struct.unpack_from("<i", data, position)
        if size < 0 or position + 4 + size > len(data):
            raise ValueError("a text is longer than its list")
        found.append(_text(data[position + 4 : position + 4 + size]))
        position += 4 + size
    return tuple(found)


def to_exr(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as the values that the OpenEXR module stores with the same types. Values no file can hold become
    text.
    """
    import OpenEXR

    header: dict[str, Any] = {}
    for name, value in metadata.items():
        if name in CONTAINER or not 0 < len(name.encode()) < 256 or "\0" in name:
            continue
        if name == "envmap":
            if value in _ENVMAPS:
                header[name] = OpenEXR.ENVMAP_CUBE if value == "cube" else OpenEXR.ENVMAP_LATLONG
        elif _fits(name, value):
            header[name] = _exr_value(value)
    return header


# Attributes that OpenEXR gives a type of its own; another type would make the file unwritable.
_TYPES: dict[str, type[Any]] = {
    "chromaticities": Chromaticities, "timeCode": TimeCode, "keyCode": KeyCode, "framesPerSecond": Rational,
    "originalDataWindow": Box, "idManifest": Opaque, "deepImageState": Opaque, "screenWindowWidth": float,
    "whiteLuminance": float,
}  # fmt: skip
_VECTORS = {"screenWindowCenter": 2, "adoptedNeutral": 2, "worldToCamera": 16, "worldToNDC": 16}


def _fits(name: str, value: Any) -> bool:
    """Whether a value has the type that the standard gives an attribute of this name, if it gives one."""
    if name in _VECTORS:
        floats = isinstance(value, tuple) and all(isinstance(v, float) for v in value)
        return floats and len(value) == _VECTORS[name]
    return isinstance(value, _TYPES.get(name, object))


def _exr_value(value: Any) -> Any:
    import OpenEXR

    def opaque(kind: str, data: bytes) -> Any:
        return OpenEXR.OpaqueAttribute(data, kind)

    if isinstance(value, bool | int):
        return int(value) if -(2**31) <= value < 2**31 else str(value)
    if isinstance(value, Double):
        return np.array([float(value)], np.float64)
    if isinstance(value, float | str):
        return value
    if isinstance(value, Rational):
        return opaque("rational", struct.pack("<iI", *value))
    if isinstance(value, TimeCode):
        return opaque("timecode", struct.pack("<2I", *value))
    if isinstance(value, KeyCode):
        return opaque("keycode", struct.pack("<7i", *value))
    if isinstance(value, Chromaticities):
        return tuple(float(v) for v in value)
    if isinstance(value, Box):
        kind = np.int32 if all(isinstance(v, int) for v in value) else np.float32
        corners = np.array(value, kind)
        return corners[:2], corners[2:]
    if isinstance(value, Opaque):
        if value.type in _DOUBLES:
            return np.frombuffer(value.data, np.float64).reshape(_DOUBLES[value.type])
        return opaque(value.type, value.data)
    if isinstance(value, tuple | list) and value:
        return _exr_sequence(tuple(value), opaque)
    return str(value)


def _exr_sequence(value: tuple[Any, ...], opaque: Any) -> Any:
    if all(isinstance(v, str) for v in value):
        texts = [v.encode() for v in value]
        return opaque("stringvector", b"".join(struct.pack("<i", len(t)) + t for t in texts))
    if not all(isinstance(v, int | float) for v in value):
        return str(value)
    count = len(value)
    if count in (2, 3):
        return np.array(value, np.int32 if all(isinstance(v, int) for v in value) else np.float32)
    if count in (9, 16):
        return np.array(value, np.float32).reshape((3, 3) if count == 9 else (4, 4))
    return opaque("floatvector", struct.pack(f"<{count}f", *value))


def from_oiio(spec: Any) -> dict[str, Any]:
    """The attributes of an OpenImageIO spec as metadata, without what only describes the container."""
    found: dict[str, Any] = {}
    for attribute in spec.extra_attribs:
        name, kind, value = attribute.name, str(attribute.type), attribute.value
        if name in CONTAINER or name.startswith(("oiio:subimage", "tiff:", "png:")) or value is None:
            continue
        if kind == "timecode":
            found[name] = TimeCode(*(int(v) & 0xFFFFFFFF for v in value))
        elif kind == "rational":
            found[name] = Rational(*(int(v) for v in value))
        elif kind == "keycode":
            found[name] = KeyCode(*(int(v) for v in value))
        elif isinstance(value, int | float | str):
            found[name] = Double(value) if kind == "double" else value
        elif isinstance(value, tuple | list):
            found[name] = tuple(value)
        elif isinstance(value, np.ndarray):
            data = value.tobytes()
            found[name] = Opaque(kind, data) if value.dtype == np.uint8 else tuple(value.ravel().tolist())
    return found
