"""Where in a picture something looks like a face: the average face is looked for in all of it.

The average face, turned to several sides and in several sizes, is correlated with the picture, all places at once by
Fourier transforms (normalised cross correlation, Lewis 1995): its paint with the marks of the picture, each weighted by
how alike people are there, and its form with the normals.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Camera, Region, unit

from .fitting import TALL
from .model import Array, Face, face_model, geometry, rotation, rotation_vector
from .paint import MARKS, face_paint, marks
from .painted import within
from .regions import within_mask
from .seen import drawn

_TURNS = (
    (0, 0, 0), (-25, 0, 0), (25, 0, 0), (-45, 0, 0), (45, 0, 0), (0, 15, 0), (0, -15, 0), (0, 0, -15), (0, 0, 15),
    (-20, 0, -15), (-20, 0, 15), (20, 0, -15), (20, 0, 15),
)  # fmt: skip
"""Degrees to the side, up, and clockwise that the average face is turned by."""
_SIZES = tuple(0.1 * 1.18**k for k in range(14))
"""Heights of a face, of the longer side of the picture."""
_DRAWN = 48
"""Pixels of the height at which faces are looked for."""
_SIDE = 72
"""Pixels of the side of a template."""
LARGE, _LARGE_FORM = 0.07, 0.03
"""Likeness that twice the size is worth, of paint and of form: small things are more easily alike by chance."""
_FORM = 0.5
"""How much likeness of form counts beside that of paint."""


@dataclass(frozen=True)
class Spot:
    """A place that looks like a face: its middle in pixels of the frame, y down, its height, and the rotation vector of
    the face. likeness : -1 to 1, how much it is like one. worth : likeness, and a little for size.
    """

    likeness: float
    worth: float
    x: float
    y: float
    tall: float
    turn: Array


@dataclass(frozen=True, eq=False)
class _Template:
    """The average face turned by a rotation vector. form : `[3, a, b]`, normals. marks, worth : `[4, a, b]`. inner,
    whole : `[a, b]`, 1 where paint is compared, and up to the hairline, where form alone is.
    """

    turn: Array
    form: Tensor
    marks: Tensor
    worth: Tensor
    inner: Tensor
    whole: Tensor


def placed(spot: Spot, camera: Camera) -> Face:
    """The average face at a place."""
    focal = camera.width / 2 / camera.tan_x
    away = TALL * focal / max(spot.tall, 1e-6)
    x = (spot.x - camera.width / 2) * away / focal
    y = (camera.height / 2 - spot.y) / camera.pixel_aspect * away / focal
    middle = rotation(spot.turn) @ _middle()
    return Face(tuple(spot.turn.tolist()), (x - middle[0], y - middle[1], -away - middle[2]), camera.tan_x)


def spots_of(
    light: Tensor | None,
    normal: Tensor | None,
    matte: Tensor | None,
    pixel_aspect: float,
    most: int,
    check: Callable[[], None],
) -> list[Spot]:
    """The places that look most like faces, the best first, `most` of them at most.

    light, normal : `[3, h, w]`, the picture, scene-linear, and its normals; one of them may lack. matte : `[1, h, w]`,
    0 to 1, what of the picture may be a face.
    """
    found: list[Spot] = []
    for share, small, scale in _pyramid(light, normal, matte, pixel_aspect):
        views = _Views(*small)
        tall = share * max(small[2].shape[0] * scale[1] / pixel_aspect, small[2].shape[1] * scale[0])
        for template in _templates():
            check()
            score, likeness = views.alike(template)
            best = int(score.argmax())
            y, x = divmod(best, score.shape[1])
            worth = float(score.flatten()[best]) + (_LARGE_FORM if light is None else LARGE) * math.log2(share)
            at = (x + 0.5) * scale[0], (y + 0.5) * scale[1]
            found.append(Spot(float(likeness.flatten()[best]), worth, *at, tall, template.turn))
    found.sort(key=lambda spot: -spot.worth)
    kept: list[Spot] = []
    for spot in found:
        apart = (_distance(spot, k) > 0.2 for k in kept)
        if len(kept) < most and all(apart):
            kept.append(spot)
    return kept


def _distance(a: Spot, b: Spot) -> float:
    """How far places are from each other, in heights of a face, sizes and turns counted in."""
    apart = math.hypot(a.x - b.x, a.y - b.y) / b.tall
    return apart + 0.5 * abs(math.log(a.tall / b.tall)) + 0.4 * float(np.linalg.norm(a.turn - b.turn))


def _pyramid(
    light: Tensor | None, normal: Tensor | None, matte: Tensor | None, pixel_aspect: float
) -> Iterator[tuple[float, tuple[Tensor | None, Tensor | None, Tensor], tuple[float, float]]]:
    """The picture in the sizes in which a face of each of `_SIZES` is `_DRAWN` pixels high: the size, light, normals,
    what may be a face, and pixels of the frame, across and down, from one pixel to the next.
    """
    known = light if light is not None else normal
    assert known is not None
    height, width = known.shape[1:]
    there = torch.ones_like(known[:1]) if normal is None else (normal.square().sum(0, keepdim=True) > 0.25).float()
    there = there if matte is None else there * matte
    parts = [x for x in (light, normal, there) if x is not None]
    x = torch.cat(parts)[None].float()
    longer = max(width, height / pixel_aspect)
    for share in _SIZES:
        ratio = _DRAWN / (share * longer)
        size = round(height / pixel_aspect * ratio), round(width * ratio)
        if min(size) < 0.7 * _DRAWN:
            break
        if ratio > 1:
            shown = F.interpolate(x, size, mode="bilinear")
        else:
            shown = x = F.interpolate(x, size, mode="area")
        first = 0 if light is None else 3
        seen = shown[0, -1:] > 0.3
        form = None if normal is None else unit(shown[0, first : first + 3]) * seen
        yield (
            share,
            (None if light is None else shown[0, :3], form, seen[0].float()),
            (width / size[1], height / size[0]),
        )


class _Views:
    """A picture of one size, transformed, as templates are compared with it. light, normal : `[3, h, w]`. seen :
    `[h, w]`.
    """

    def __init__(self, light: Tensor | None, normal: Tensor | None, seen: Tensor) -> None:
        self.size = seen.shape
        self.shape = tuple(_smooth(n + _SIDE) for n in seen.shape)
        self.seen = self._turned(seen[None])
        self.normal = None if normal is None else self._turned(normal)
        self.marks = self.power = None
        if light is not None:
            shown = marks(light, _DRAWN)
            self.marks, self.power = self._turned(shown), self._turned(shown.square())

    def alike(self, template: _Template) -> tuple[Tensor, Tensor]:
        """What each place is worth as a face, and how like one it is, `[h, w]`."""
        mask = template.inner if self.marks is not None else template.whole
        total, where = mask.sum(), self._turned(mask[None])
        count = self._correlated(self.seen, where)
        share = (count / total).clamp(0, 1) ** 2
        score, likeness = torch.zeros(self.size), torch.zeros(self.size)
        if self.marks is not None and self.power is not None:
            own = (template.worth * template.marks.square()).sum()
            power = self._correlated(self.power, self._turned(template.worth))
            both = self._correlated(self.marks, self._turned(template.worth * template.marks))
            # A place with hardly any marks is not like a face by those.
            likeness = both / (power.clamp_min(0.15 * own) * own).sqrt()
            score = likeness * share
        if self.normal is not None:
            mean = (template.form * mask).sum((1, 2), keepdim=True) / total
            off = (template.form - mean) * mask
            found = torch.stack([self._correlated(self.normal[c : c + 1], where) for c in range(3)])
            # Normals have length one, so their squares add up to how many are seen.
            spread = (count - found.square().sum(0) / total).clamp_min(1e-2 * total)
            form = share * self._correlated(self.normal, self._turned(off)) / (spread * off.square().sum()).sqrt()
            score = score + (_FORM if self.marks is not None else 1.0) * form
            likeness = likeness if self.marks is not None else form
        return score, likeness

    def _turned(self, x: Tensor) -> Tensor:
        out: Tensor = torch.fft.rfft2(x, self.shape)
        return out

    def _correlated(self, seen: Tensor, by: Tensor) -> Tensor:
        """Correlation of a picture with a template about every pixel, summed over channels, both transformed."""
        both = (seen * by.conj()).sum(0)
        whole: Tensor = torch.fft.irfft2(both, self.shape).roll((_SIDE // 2, _SIDE // 2), (0, 1))
        return whole[: self.size[0], : self.size[1]]


def _smooth(n: int) -> int:
    """The next number that has no factor above five: such transforms are quick."""
    while True:
        left = n
        for p in (2, 3, 5):
            while left % p == 0:
                left //= p
        if left == 1:
            return n
        n += 1


@lru_cache(1)
def _templates() -> list[_Template]:
    """The average face, turned to each side."""
    model, paint, out = face_model(), face_paint(), []
    camera = Camera(_SIDE, _SIDE, _SIDE / 2 / (_DRAWN / TALL * 300))
    focal = camera.width / 2 / camera.tan_x
    more: Array = np.concatenate((paint.mean, paint.worth, within(model.mean)[:, None].astype(np.float64)), 1)
    for side, up, tilt in _TURNS:
        turn = rotation(np.radians([0.0, 0.0, -float(tilt)])) @ rotation(np.radians([0.0, side, 0.0]))
        turn = turn @ rotation(np.radians([-float(up), 0.0, 0.0]))
        middle = turn @ _middle()
        place = (-middle[0], -middle[1], -TALL * focal / _DRAWN - middle[2])
        face = Face(tuple(rotation_vector(turn).tolist()), place, camera.tan_x)
        layers = drawn(
            model, *geometry(face), camera, Region(0, 0, _SIDE, _SIDE), torch.device("cpu"), coverage=False, more=more
        )
        shown, there = layers["more"], layers["depth"][0] > 0
        inner, whole = (x.float() for x in ((shown[-1] > 0.5) & there, (within_mask(layers["uv"])[0] > 0.5) & there))
        worth = shown[MARKS : 2 * MARKS] * inner * layers["normal"][2].clamp(0, 1)
        out.append(_Template(rotation_vector(turn), layers["normal"], shown[:MARKS], worth, inner, whole))
    return out


def _middle() -> Array:
    """The middle of the average face: between brows and chin, at the depth of the eyes."""
    model = face_model()
    chin, nose = (model.mean[model.landmarks[name]].mean(0) for name in ("chin", "nose_bridge"))
    return np.array([0.0, (chin[1] + nose[1]) / 2 + 0.1 * TALL, nose[2] - 2.0])
