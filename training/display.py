"""Scene-linear pictures made visible, and sheets of them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import FileError

from .stage.texture import REC709_TO_ACESCG

ACESCG_TO_REC709 = torch.linalg.inv(REC709_TO_ACESCG)


def displayed(picture: Tensor, exposure: float = 1.0, shoulder: bool = False) -> Tensor:
    """Scene-linear ACEScg `[3, h, w]` as sRGB-encoded values 0..1, clipped; with a shoulder highlights roll off."""
    rgb = torch.einsum("ij,jhw->ihw", ACESCG_TO_REC709.to(picture), picture.float() * exposure).clamp_min(0)
    if shoulder:
        rgb = rgb * (1 + rgb / 16) / (1 + rgb * 0.6)
    rgb = rgb.clamp_max(1)
    return torch.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb.clamp_min(1e-6) ** (1 / 2.4) - 0.055)


def exposure_of(picture: Tensor, mask: Tensor | None = None, grey: float = 0.2) -> float:
    """The factor that brings the picture's mean of logarithms, where the mask `[1, h, w]` is above half, to `grey`."""
    light = picture.mean(0, keepdim=True)
    chosen = light[mask > 0.5] if mask is not None and bool((mask > 0.5).any()) else light.flatten()
    return grey / float(chosen.clamp_min(1e-4).log().mean().exp())


def sheet(rows: Sequence[Sequence[Tensor]], size: tuple[int, int]) -> Tensor:
    """Tiles `[1 or 3, h, w]` in 0..1 brought to a size (height, width) and put together, `[3, H, W]`; short rows are
    filled with black.
    """
    longest = max(len(row) for row in rows)
    lines = []
    for row in rows:
        tiles = [
            F.interpolate(t[None].float().expand(1, 3, -1, -1), size, mode="bilinear", antialias=True)[0] for t in row
        ]
        tiles += [torch.zeros(3, *size)] * (longest - len(row))
        lines.append(torch.cat(tiles, 2))
    return torch.cat(lines, 1)


def write_png(path: Path, picture: Tensor) -> None:
    """Write a display-referred picture `[3, h, w]` in 0..1. Raises FileError."""
    pixels = (picture.clamp(0, 1) * 255).round().byte().flip(0).permute(1, 2, 0).cpu().numpy()
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes() if done else b"")
    except OSError as error:
        raise FileError(f"{path} could not be written: {error.strerror or error}") from None
