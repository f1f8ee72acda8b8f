"""JPEG as a batch of pictures goes through it on any device (ITU T.81, the tables of its annex K, chroma at half size).

What is lost is lost by rounding, so the entropy coding is left out. OpenCV's codec, which rounds in between too, is a
level of 255 off on average, which is a tenth to a third of what either of them does to a picture.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, *(99,) * 32,
)  # fmt: skip
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
_FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))


def compressed(shown: Tensor, quality: Tensor) -> Tensor:
    """Display-referred pictures `[n, 3, h, w]` in 0..1 through JPEG of a quality `[n]`, 1 to 100."""
    _, _, h, w = shown.shape
    levels = (shown * 255).round()
    levels = F.pad(levels, (0, -w % 16, 0, -h % 16), mode="replicate")
    to, back, luma, chroma = _constants(shown.device)
    ycc = (torch.einsum("ij,njhw->nihw", to, levels)).round()  # the chroma is about 0 already
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).floor()[:, None, None, None, None, None]
    bright = _blocks(ycc[:, :1] - 128, _table(luma, scale)) + 128
    color = _blocks(F.avg_pool2d(ycc[:, 1:], 2), _table(chroma, scale))
    color = F.interpolate(color.clamp(-128, 127), scale_factor=2.0, mode="bilinear", align_corners=False)
    rgb = torch.einsum("ij,njhw->nihw", back, torch.cat((bright.clamp(0, 255), color), 1))
    return rgb.round().clamp(0, 255)[..., :h, :w] / 255


def _table(base: Tensor, scale: Tensor) -> Tensor:
    """Steps of quantisation `[n, 1, 1, 1, 8, 8]`."""
    return ((base * scale + 50) / 100).floor().clamp(1, 255)


def _blocks(planes: Tensor, steps: Tensor) -> Tensor:
    """Planes `[n, c, h, w]` of which the cosine transform of blocks of 8 x 8 was rounded to steps."""
    n, c, h, w = planes.shape
    cosine = _cosines(planes.device)
    blocks = planes.reshape(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)
    rounded = (cosine @ blocks @ cosine.T / steps).round() * steps
    again = (cosine.T @ rounded @ cosine).round()
    return again.transpose(3, 4).reshape(n, c, h, w)


@lru_cache(8)
def _cosines(device: torch.device) -> Tensor:
    """The orthonormal cosine transform `[8, 8]`."""
    rows = [[math.cos((2 * x + 1) * u * math.pi / 16) / (2 if u else math.sqrt(8)) for x in range(8)] for u in range(8)]
    return torch.tensor(rows, device=device)


@lru_cache(8)
def _constants(device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The matrices to luma and chroma and back, and the tables of luma and chroma at quality 50."""
    to, back = (torch.tensor(m, device=device) for m in (_TO_YCC, _FROM_YCC))
    luma, chroma = (torch.tensor(t, dtype=torch.float32, device=device).reshape(8, 8) for t in (_LUMA, _CHROMA))
    return to, back, luma, chroma
