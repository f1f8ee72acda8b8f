"""A first guess of where a face is, from a picture and its normals: the average face is looked for in all of it.

The average face, turned to several sides and in several sizes, is correlated with the picture, all places at once by
Fourier transforms (normalised cross correlation, Lewis 1995): its paint with the marks of the picture, each weighted by
how alike people are there, and its form with the normals. The best places are fitted on to both, and that which then is
most alike is the guess.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import Camera, Region, unit

from .fitting import TALL, Points
from .model import Array, Face, face_model, geometry, rotation, rotation_vector
from .paint import MARKS, face_paint, marks
from .painted import within
from .refining import refined
from .regions import within_mask
from .seen import drawn
from .surface import around, surface_of

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
_LARGE, _LARGE_FORM = 0.07, 0.03
"""Likeness that twice the size is worth, of paint and of form: small things are more easily alike by chance."""
_FORM = 0.5
"""How much likeness of form counts beside that of paint."""
_TRIED, _TRIED_BY_FORM = 12, 2
"""Places that are fitted on, by paint and by normals alone."""
_FACING = 0.5
"""Cosine of the angle from which on a face is turned too far for its paint to be known."""
_HARDLY = 0.2
"""Likeness of the average face's paint to a place below which there is no face to be fitted on."""
_NONE = -10.0
"""Worth of a place that is no place for a face."""
_PRIOR = 4.0
"""Strength of the priors of form and expression beside paint."""
_LOOSE, _LOOSER = 0.02, 0.0003
"""How much the landmarks of where it begins count there: beside normals alone, and beside paint."""
_BY_NORMALS = 0.3
"""How much estimated normals count beside paint."""


@dataclass(frozen=True)
class Guess:
    """A face that was looked for. likeness : -1 to 1, how much the paint there is that of a face; without a picture,
    the normals. worth : likeness, and a little for size.
    """

    face: Face
    likeness: float
    worth: float


@dataclass(frozen=True)
class _Spot:
    """A place that looks like a face: its middle in pixels of the frame, y down, and its height."""

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


def guessed(
    light: Tensor | None,
    normal: Tensor | None,
    matte: Tensor | None,
    pixel_aspect: float,
    fov: float,
    check: Callable[[], None] = lambda: None,
) -> Guess | None:
    """The face that is most like one in a whole frame `fov` degrees wide; None where there is nothing to be seen.

    light, normal : `[3, h, w]`, the picture, scene-linear, and its normals; one of them may lack. matte : `[1, h, w]`,
    0 to 1, what of the picture may be a face.
    """
    light, normal, matte = (None if x is None else x.cpu() for x in (light, normal, matte))
    known = light if light is not None else normal
    if known is None:
        return None
    height, width = known.shape[1:]
    camera = Camera.from_fov(width, height, fov, pixel_aspect)
    form = torch.zeros_like(known) if normal is None else normal
    by_normals = 0.0 if light is not None else 1.0
    tried = []
    for spot in _spots(light, normal, matte, pixel_aspect, check)[: _TRIED if light is not None else _TRIED_BY_FORM]:
        if light is not None and spot.likeness < _HARDLY:
            continue
        trial = _tried(_placed(spot, camera), light, form, matte, camera, by_normals, check)
        # By normals alone it is how well they fit that tells, and how like the place was.
        tried.append(
            trial if light is not None else replace(trial, likeness=spot.likeness, worth=trial.worth + spot.worth)
        )
    best = max(tried, key=lambda trial: trial.worth, default=None)
    if best is None or best.worth <= _NONE:
        return None
    if light is None:
        return best
    # Once more, seen in its own size now.
    by_normals = _BY_NORMALS if normal is not None else 0.0
    return _tried(best.face, light, form, matte, camera, by_normals, check)


def _tried(
    start: Face, light: Tensor | None, normal: Tensor, matte: Tensor | None, camera: Camera, by_normals: float,
    check: Callable[[], None],
) -> Guess:  # fmt: skip
    """A face fitted on from a place to the picture."""
    region = around(start, camera)
    if min(region.width, region.height) < 8:
        return Guess(start, -1.0, _NONE)
    cut = (slice(None), slice(region.y0, region.y1), slice(region.x0, region.x1))
    own, shown = None if matte is None else matte[cut], None if light is None else light[cut]
    surface = surface_of(normal[cut], own, region, start, camera, shown)
    hold, by_paint, prior = (_LOOSE, 0.0, 1.0) if light is None else (_LOOSER, 1.0, _PRIOR)
    at = tuple((name, x, y, hold) for name, (x, y) in landmarks_of(start, camera).items())
    fov = math.degrees(2 * math.atan(camera.tan_x))
    points = Points(at, (camera.width, camera.height), camera.pixel_aspect, fov, False, prior, prior)
    fit = refined(points, start, surface, by_normals, by_paint=by_paint, check=check)
    if light is None:
        return Guess(fit.fit.face, 0.0, -fit.after / 20)
    if rotation(np.asarray(fit.fit.face.turn))[2, 2] < _FACING:
        return Guess(fit.fit.face, fit.likeness, _NONE)
    tall = TALL * camera.width / 2 / camera.tan_x / max(1e-3, -fit.fit.face.place[2])
    large = math.log2(max(tall, 1e-3) / max(camera.width, camera.height))
    return Guess(fit.fit.face, fit.likeness, fit.likeness + _LARGE * large)


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


def _spots(
    light: Tensor | None, normal: Tensor | None, matte: Tensor | None, pixel_aspect: float, check: Callable[[], None]
) -> list[_Spot]:
    """The places that look most like faces, the best first."""
    found: list[_Spot] = []
    for share, small, scale in _pyramid(light, normal, matte, pixel_aspect):
        views = _Views(*small)
        tall = share * max(small[2].shape[0] * scale[1] / pixel_aspect, small[2].shape[1] * scale[0])
        for template in _templates():
            check()
            score, likeness = views.alike(template)
            best = int(score.argmax())
            y, x = divmod(best, score.shape[1])
            worth = float(score.flatten()[best]) + (_LARGE_FORM if light is None else _LARGE) * math.log2(share)
            at = (x + 0.5) * scale[0], (y + 0.5) * scale[1]
            found.append(_Spot(float(likeness.flatten()[best]), worth, *at, tall, template.turn))
    found.sort(key=lambda spot: -spot.worth)
    kept: list[_Spot] = []
    for spot in found:
        apart = (_distance(spot, k) > 0.2 for k in kept)
        if len(kept) < _TRIED and all(apart):
            kept.append(spot)
    return kept


def _distance(a: _Spot, b: _Spot) -> float:
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
