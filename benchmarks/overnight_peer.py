"""`comp_4k` as a program by hand: OpenImageIO reads and writes, OpenCV and NumPy compute, one frame after the other."""

import sys
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
from overnight import DEGREES, LAYERS, RADIUS, SCALE, save
from peers import Array

COLOURS = 10
"""Channels of the first layers, that hold light."""


def read(path: Path) -> tuple[Array, list[str]]:
    file = oiio.ImageInput.open(str(path))
    if file is None:
        raise OSError(oiio.geterror())
    x, names = file.read_image("float"), list(file.spec().channelnames)
    file.close()
    return np.asarray(x), names


def graded(x: Array) -> Array:
    rgb = x[..., :3] * np.float32(1.3)
    below = np.clip(rgb, 0, 1) ** np.float32(1 / 1.2)
    bright = np.where(rgb > 1, (rgb - 1) / np.float32(1.2) + 1, below)
    return np.concatenate((np.where(rgb <= 0, rgb, bright), x[..., 3:]), -1)


def turned(x: Array) -> Array:
    """About the middle, counter-clockwise; light by cubic interpolation, normals and depth by linear; black outside."""
    height, width = x.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), DEGREES, SCALE)
    out = np.empty_like(x)
    for c in range(x.shape[2]):
        how = cv2.INTER_CUBIC if c < COLOURS else cv2.INTER_LINEAR
        out[..., c] = cv2.warpAffine(np.ascontiguousarray(x[..., c]), matrix, (width, height), flags=how)
    return out


def main() -> None:
    folder, frames = Path(sys.argv[1]), int(sys.argv[2])
    wanted = [prefix + c for prefix, channels in LAYERS.items() for c in channels]
    for frame in range(1, frames + 1):
        beauty, names = read(folder / f"beauty.{frame:04d}.exr")
        over, _ = read(folder / f"element.{frame:04d}.exr")
        x = beauty[..., [names.index(name) for name in wanted]]
        a = cv2.GaussianBlur(graded(over), (0, 0), RADIUS, borderType=cv2.BORDER_REPLICATE)
        x[..., :4] = a + x[..., :4] * (1 - a[..., 3:])
        save(folder / f"theirs.{frame:04d}.exr", np.ascontiguousarray(turned(x).astype(np.float16)), wanted, "half")


if __name__ == "__main__":
    main()
