"""A first guess of where a face is, from the normals of a picture: the average face is looked for in all of it.

The normals of the average face, turned to several sides and in several sizes, are correlated with those of the picture,
all places at once by Fourier transforms (normalised cross correlation, Lewis 1995). The best places are fitted on to
the normals, and that which then fits best is the guess. It knows what faces are formed like and nothing of eyes or
mouths, so a ball or a shoulder may be taken for one where there is no face.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Camera, Region, unit

from .fitting import TALL, Points
from .model import Array, Face, face_model, geometry, rotation, rotation_vector
from .refining import Refined, around, refined, surface_of
from .regions import within_mask
from .seen import drawn

_WORK = 192
"""Pixels of the longer side of the picture in which faces are looked for."""
_TURNS = ((0, 0), (-25, 0), (25, 0), (-45, 0), (45, 0), (0, 15), (0, -15))
"""Degrees to the side and up that the average face is turned by."""
_SIZES = tuple(0.16 * 1.18**k for k in range(11))
"""Heights of a face, of the longer side of the picture."""
_DRAWN = 96
"""Pixels of the height at which the average face is drawn."""
_LARGE = 0.03
"""Likeness that twice the size is worth."""
_TRIED = 2
"""Places that are fitted on."""
_LOOSE = 0.02
"""How much the average face's landmarks count there."""


@dataclass(frozen=True)
class Guess:
    """A face that was looked for. likeness : -1 to 1, how much the normals there are those of a face."""

    face: Face
    likeness: float


@dataclass(frozen=True)
class _Spot:
    """A place that looks like a face: its middle in pixels of the frame, y down, and its height.

    worth : likeness, and a little for size: small things are more easily alike by chance.
    """

    likeness: float
    worth: float
    x: float
    y: float
    tall: float
    turn: Array


def guessed(
    normal: Tensor, matte: Tensor | None, pixel_aspect: float, fov: float, check: Callable[[], None] = lambda: None
) -> Guess | None:
    """The face that is most like one in normals `[3, h, w]` of a whole frame `fov` degrees wide; None without normals.

    matte : `[1, h, w]`, 0 to 1, what of the picture may be a face.
    """
    height, width = normal.shape[1:]
    camera = Camera.from_fov(width, height, fov, pixel_aspect)
    best: tuple[float, Refined, float] | None = None
    for spot in _spots(normal, matte, pixel_aspect, check):
        start = _placed(spot, camera)
        region = around(start, camera)
        if region.width < 8 or region.height < 8:
            continue
        rows, columns = slice(region.y0, region.y1), slice(region.x0, region.x1)
        surface = surface_of(
            normal[:, rows, columns], None if matte is None else matte[:, rows, columns], region, start, camera
        )
        at = tuple((n, x, y, _LOOSE) for n, (x, y) in landmarks_of(start, camera).items())
        fit = refined(Points(at, (width, height), pixel_aspect, fov), start, surface, check=check)
        badness = fit.after - 20 * spot.worth
        if best is None or badness < best[0]:
            best = badness, fit, spot.likeness
    return None if best is None else Guess(best[1].fit.face, best[2])


def landmarks_of(face: Face, camera: Camera) -> dict[str, tuple[float, float]]:
    """Where the landmarks of a face are in the frame, y down."""
    vertices, out = geometry(face)[0], {}
    for name, line in face_model().landmarks.items():
        spot = vertices[line[len(line) // 2]] if name.startswith("jaw") else vertices[line].mean(0)
        x, y = camera.project(torch.from_numpy(spot))
        out[name] = (float(x), float(y))
    return out


def _placed(spot: _Spot, camera: Camera) -> Face:
    """The average face at a place."""
    focal = camera.width / 2 / camera.tan_x
    away = TALL * focal / max(spot.tall, 1e-6)
    x = (spot.x - camera.width / 2) * away / focal
    y = (camera.height / 2 - spot.y) / camera.pixel_aspect * away / focal
    middle = rotation(spot.turn) @ _middle()
    return Face(tuple(spot.turn.tolist()), (x - middle[0], y - middle[1], -away - middle[2]), camera.tan_x)


def _spots(normal: Tensor, matte: Tensor | None, pixel_aspect: float, check: Callable[[], None]) -> list[_Spot]:
    """The places that look most like faces, the best first."""
    height, width = normal.shape[1:]
    ratio = min(1.0, _WORK / max(width, height / pixel_aspect))
    size = max(8, round(height / pixel_aspect * ratio)), max(8, round(width * ratio))
    there = (normal.square().sum(0, keepdim=True) > 0.25).float()
    there = there if matte is None else there * matte
    small = F.interpolate(torch.cat((normal * there, there))[None].double(), size, mode="area")[0]
    seen, weight = unit(small[:3]) * (small[3:] > 0.3), (small[3] > 0.3).double()
    found: list[_Spot] = []
    scale = width / size[1], height / size[0]
    for turn, template in _templates():
        for share in _SIZES:
            check()
            tall = share * max(size)
            shrunk = _sized(template, tall / _DRAWN)
            if shrunk.shape[1] > size[0] * 1.3 or shrunk.shape[2] > size[1] * 1.3:
                continue
            score = _correlated(seen, weight, shrunk)
            best = int(score.argmax())
            y, x = divmod(best, score.shape[1])
            likeness = float(score.flatten()[best])
            worth = likeness + _LARGE * math.log2(share)
            at = (x + 0.5) * scale[0], (y + 0.5) * scale[1]
            found.append(_Spot(likeness, worth, *at, tall * scale[0], turn))
    found.sort(key=lambda spot: -spot.worth)
    kept: list[_Spot] = []
    for spot in found:
        apart = (abs(spot.x - k.x) + abs(spot.y - k.y) > 0.35 * k.tall or spot.turn is not k.turn for k in kept)
        if len(kept) < _TRIED and all(apart):
            kept.append(spot)
    return kept


def _correlated(seen: Tensor, weight: Tensor, template: Tensor) -> Tensor:
    """Likeness `[h, w]` of a template `[4, a, b]`, normals and where they are, about every pixel of normals
    `[3, h, w]`; pixels that are not seen take from it.
    """
    mask, form = template[3], template[:3]
    total = mask.sum().clamp_min(1e-9)
    mean = (form * mask).sum((1, 2), keepdim=True) / total
    off = (form - mean) * mask
    height, width = weight.shape
    a, b = mask.shape
    shape = (height + a, width + b)

    def correlated(x: Tensor, by: Tensor) -> Tensor:
        both = torch.fft.rfft2(x, shape) * torch.fft.rfft2(by, shape).conj()
        whole: Tensor = torch.fft.irfft2(both, shape).roll((a // 2, b // 2), (-2, -1))
        return whole[..., :height, :width]

    shown = correlated(seen, off).sum(0)
    count = correlated(weight, mask)  # normals have length one, so this is the sum of their squares as well
    spread = (count - correlated(seen, mask).square().sum(0) / total).clamp_min(1e-2 * total)
    whole = (off * (form - mean)).sum()
    return shown / (spread * whole).sqrt() * (count / total).clamp(0, 1) ** 2


def _sized(template: Tensor, ratio: float) -> Tensor:
    size = [max(4, round(x * ratio)) for x in template.shape[1:]]
    out = F.interpolate(template[None], size, mode="area")[0]
    return torch.cat((unit(out[:3]) * (out[3:] > 0.5), (out[3:] > 0.5).double()))


@lru_cache(1)
def _templates() -> list[tuple[Array, Tensor]]:
    """Turns as vectors, and the normals of the average face and where they are, `[4, h, w]`, about its middle."""
    out = []
    side = round(1.5 * _DRAWN)
    camera = Camera(side, side, side / 2 / (_DRAWN / TALL * 600))
    focal = side / 2 / camera.tan_x
    for yaw, pitch in _TURNS:
        turn = rotation(np.radians([0.0, yaw, 0.0])) @ rotation(np.radians([-float(pitch), 0.0, 0.0]))
        middle = turn @ _middle()
        place = (-middle[0], -middle[1], -TALL * focal / _DRAWN - middle[2])
        face = Face(tuple(rotation_vector(turn).tolist()), place, camera.tan_x)
        layers = drawn(face_model(), *geometry(face), camera, Region(0, 0, side, side), torch.device("cpu"),
                       coverage=False)  # fmt: skip
        inner = (within_mask(layers["uv"])[0] > 0.5) & (layers["depth"][0] > 0)
        form = torch.cat((layers["normal"], torch.ones_like(layers["depth"]))) * inner
        out.append((rotation_vector(turn), form.double()))
    return out


def _middle() -> Array:
    """The middle of the average face: between brows and chin, at the depth of the eyes."""
    model = face_model()
    chin, nose = (model.mean[model.landmarks[name]].mean(0) for name in ("chin", "nose_bridge"))
    return np.array([0.0, (chin[1] + nose[1]) / 2 + 0.1 * TALL, nose[2] - 2.0])
