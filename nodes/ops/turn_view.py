"""Pictures as the turn of a camera is told by them: their texture, their lens, and what in them moves by itself."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from .fir import finite
from .flow import WORK, compressed
from .resize import within

Floats = npt.NDArray[np.float64]

_SMALL = 160  # pixels of the longer side of a reduced view
_WIDE = 8  # pixels by which a matte is made wider: as far as flow mixes
_AROUND = 20.0  # pixels, standard deviation of what a matte is filled from


@dataclass(frozen=True)
class Lens:
    """Half the frame's width and height at distance 1."""

    tan_x: float
    tan_y: float

    def rays(self, x: Floats, y: Floats, width: int, height: int) -> Floats:
        """Unit vectors `[n, 3]` of places in pixels, y down, centres at +0.5."""
        rays = np.stack((
            (2 * x / width - 1) * self.tan_x, (1 - 2 * y / height) * self.tan_y, np.full_like(x, -1.0)
        ), 1)  # fmt: skip
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))


@dataclass(frozen=True)
class View:
    """A picture to be linked. texture : `[1, h, w]`, see `flow.compressed`. moving : `[1, h, w]` of 0 to 1, what moves
    by itself, or None. lens : of the picture.
    """

    texture: Tensor
    lens: Lens
    moving: Tensor | None = None


def view_of(picture: Tensor, lens: Lens, matte: Tensor | None = None) -> View:
    """A view of a picture `[C, h, w]`, scene-linear. matte : `[1, h, w]`, 1 where something moves by itself."""
    scale = min(1.0, WORK / max(picture.shape[1:]))
    size = [max(1, round(side * scale)) for side in picture.shape[1:]]
    small = F.interpolate(finite(picture)[None].cpu().float(), size, mode="area")[0] if scale < 1 else finite(picture)
    if matte is None:
        return View(compressed(small, WORK), lens)
    moving = _widened(F.interpolate(finite(matte)[None].cpu().float(), size, mode="area")[0].clamp(0, 1))
    return View(compressed(_filled(small.cpu().float(), moving), WORK), lens, moving)


def _widened(matte: Tensor) -> Tensor:
    """A matte `[1, h, w]` of 0 to 1 made wider by as far as flow mixes what moves with what is beside it."""
    size = 2 * _WIDE + 1
    return torch.from_numpy(cv2.dilate(matte[0].numpy(), np.ones((size, size), np.uint8)))[None]


def _filled(picture: Tensor, moving: Tensor) -> Tensor:
    """The picture with what moves by itself filled from around it, so that texture beside it does not know of it."""
    kept = (1 - moving[0]).numpy()
    weight = cv2.GaussianBlur(kept, (0, 0), _AROUND, borderType=cv2.BORDER_REFLECT)
    made = []
    for channel in picture.numpy():
        near = cv2.GaussianBlur(channel * kept, (0, 0), _AROUND, borderType=cv2.BORDER_REFLECT)
        far = float((channel * kept).sum() / max(float(kept.sum()), 1e-6))
        made.append(torch.from_numpy((near + 1e-3 * far) / (weight + 1e-3)))
    return torch.lerp(picture, torch.stack(made), moving)


def reduced(view: View) -> View:
    """A view of fewer pixels, to try starts with."""
    height, width = view.texture.shape[1:]
    size = within(height, width, _SMALL)
    moving = None if view.moving is None else F.interpolate(view.moving[None], size, mode="area")[0]
    return View(F.interpolate(view.texture[None], size, mode="area")[0], view.lens, moving)


def still_part(view: View) -> Floats:
    """What of a view does not move by itself, `[h, w]`."""
    if view.moving is None:
        return np.ones(view.texture.shape[1:])
    return 1 - view.moving[0].double().numpy()
