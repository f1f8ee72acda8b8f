"""EXR files made for tests with the OpenEXR module itself, so that the reader is not tested against the writer
alone.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

Channels = Mapping[str, "np.ndarray[Any, Any]"]


def box(x0: int, y0: int, x1: int, y1: int) -> tuple[Any, Any]:
    """A window attribute from half-open corners."""
    return np.array([x0, y0], np.int32), np.array([x1 - 1, y1 - 1], np.int32)


def write(path: Path, parts: Sequence[tuple[Mapping[str, Any], Channels]]) -> Path:
    """A file of these parts: header attributes and channels by name."""
    made = []
    for i, (header, channels) in enumerate(parts):
        full = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
        made.append(OpenEXR.Part(full, dict(channels), str(full.get("name", f"part{i}"))))
    OpenEXR.File(made).write(str(path))
    return path


def ramp(value: float, height: int = 4, width: int = 6, dtype: Any = np.float16) -> "np.ndarray[Any, Any]":
    """A plane that starts at `value` and grows by 1/64 from pixel to pixel."""
    return (value + np.arange(height * width).reshape(height, width) / 64).astype(dtype)


def write_subsampled(
    path: Path, luminance: Any, chroma: Mapping[str, Any], chromaticities: Sequence[float] = ()
) -> Path:
    """An uncompressed file with Y at every pixel and RY, BY at every second of every second row, which the module
    cannot write.

    luminance : `[h, w]` with even sides. chroma : `[h / 2, w / 2]` by name. All are stored as float.
    """
    height, width = luminance.shape
    planes = dict(sorted({**chroma, "Y": luminance}.items()))

    def attribute(name: str, kind: str, data: bytes) -> bytes:
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(data)) + data

    channels = b"".join(
        name.encode() + b"\0" + struct.pack("<iIii", 2, 0, *((1, 1) if name == "Y" else (2, 2))) for name in planes
    )
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    header = b"\x76\x2f\x31\x01" + struct.pack("<i", 2)
    header += attribute("channels", "chlist", channels + b"\0") + attribute("compression", "compression", b"\0")
    header += attribute("dataWindow", "box2i", window) + attribute("displayWindow", "box2i", window)
    header += attribute("lineOrder", "lineOrder", b"\0")
    header += attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    header += attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
    header += attribute("screenWindowWidth", "float", struct.pack("<f", 1))
    if chromaticities:
        header += attribute("chromaticities", "chromaticities", struct.pack("<8f", *chromaticities))
    header += b"\0"
    rows = []
    for y in range(height):
        used = [
            plane[y] if name == "Y" else plane[y // 2] for name, plane in planes.items() if name == "Y" or y % 2 == 0
        ]
        data = b"".join(np.asarray(row, np.float32).tobytes() for row in used)
        rows.append(struct.pack("<ii", y, len(data)) + data)
    offset = len(header) + 8 * height
    table = b""
    for row in rows:
        table += struct.pack("<Q", offset)
        offset += len(row)
    path.write_bytes(header + table + b"".join(rows))
    return path
