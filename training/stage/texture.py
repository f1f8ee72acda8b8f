"""Pictures on surfaces: read into the working space, looked up at the size a pixel has."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import ACESCG, LINEAR_REC709, FileError


def _matrix() -> Tensor:
    to, of = (torch.tensor(s.from_xyz, dtype=torch.float64).reshape(3, 3) for s in (ACESCG, LINEAR_REC709))
    matrix: Tensor = to @ torch.linalg.inv(of)
    return matrix.float()


REC709_TO_ACESCG = _matrix()
"""`[3, 3]`: linear Rec.709 to ACEScg, both on their own white."""


def decoded_srgb(encoded: Tensor) -> Tensor:
    """Linear values of sRGB-encoded ones in 0..1 (IEC 61966-2-1)."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def to_acescg(linear: Tensor) -> Tensor:
    """Linear Rec.709 `[3, ...]` in ACEScg."""
    return torch.einsum("ij,j...->i...", REC709_TO_ACESCG.to(linear), linear)


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture that repeats, at its size and halved again and again: levels `[C, h, w]`, half floats."""

    levels: tuple[Tensor, ...]

    @classmethod
    def of(cls, picture: Tensor) -> Self:
        """A texture of a picture `[C, h, w]`."""
        levels = [picture.float()]
        while min(levels[-1].shape[1:]) > 4:
            levels.append(F.avg_pool2d(levels[-1][None], 2)[0])
        return cls(tuple(level.half() for level in levels))

    def at(self, uv: Tensor, footprint: Tensor) -> Tensor:
        """Values `[C, n]` at uv `[2, n]` (v up), averaged over a square of `footprint` `[n]`, a share of the picture.

        Bilinear in the level whose pixels are next smaller than the footprint.
        """
        size = max(self.levels[0].shape[1:])
        level = (footprint * size).clamp_min(1).log2().floor().long().clamp(0, len(self.levels) - 1)
        out = uv.new_empty(self.levels[0].shape[0], uv.shape[1])
        for number in torch.unique(level).tolist():
            where = (level == number).nonzero()[:, 0]
            out[:, where] = _bilinear(self.levels[number].to(uv.device), uv[:, where])
        return out


def _bilinear(picture: Tensor, uv: Tensor) -> Tensor:
    c, h, w = picture.shape
    x, y = uv[0] * w - 0.5, (1 - uv[1]) * h - 0.5
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    x0, y0 = left.long() % w, top.long() % h
    x1, y1 = (x0 + 1) % w, (y0 + 1) % h
    flat = picture.reshape(c, -1)
    upper = flat[:, y0 * w + x0] * (1 - fx) + flat[:, y0 * w + x1] * fx
    lower = flat[:, y1 * w + x0] * (1 - fx) + flat[:, y1 * w + x1] * fx
    return upper * (1 - fy) + lower * fy


def read_picture(path: Path) -> Tensor:
    """An 8-bit picture as it is stored, `[3 or 4, h, w]` in 0..1. Raises FileError."""
    data = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if data is None:
        raise FileError(f"{path} cannot be read as a picture")
    return _planes(data)


def read_linear(path: Path) -> Tensor:
    """The colours `[3, h, w]` in ACEScg of a picture file in linear Rec.709, as environment maps mostly are. Raises
    FileError.
    """
    import OpenImageIO as oiio

    file = oiio.ImageBuf(str(path))
    pixels = None if file.has_error or file.nchannels < 3 else file.get_pixels(oiio.FLOAT)
    if pixels is None:
        raise FileError(f"{path} cannot be read as a picture: {file.geterror() or 'it has no colours'}")
    return to_acescg(torch.from_numpy(np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1))))


def _planes(data: NDArray[np.generic]) -> Tensor:
    """OpenCV's picture as RGB or RGBA planes."""
    if data.ndim == 2:
        data = data[..., None].repeat(3, -1)
    order = [2, 1, 0, 3][: data.shape[2]]
    scale = 65535 if data.dtype == np.uint16 else 255
    return torch.from_numpy(np.ascontiguousarray(data[..., order].transpose(2, 0, 1)).astype(np.float32) / scale)


@lru_cache(48)
def color_texture(path: Path) -> Texture:
    """An sRGB picture as a texture in ACEScg."""
    return Texture.of(to_acescg(decoded_srgb(read_picture(path)[:3])).clamp_min(0))


@lru_cache(96)
def data_texture(path: Path) -> Texture:
    """A picture of plain numbers as a texture, `[3, h, w]` in 0..1."""
    return Texture.of(read_picture(path)[:3])


@lru_cache(32)
def alpha_texture(path: Path) -> Texture:
    """The alpha of a picture as a texture `[1, h, w]`; opaque where it has none."""
    picture = read_picture(path)
    return Texture.of(picture[3:4] if picture.shape[0] == 4 else torch.ones_like(picture[:1]))
