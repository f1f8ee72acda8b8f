"""A first guess of where a face is, from a picture and its normals: the places that look most like one are fitted on to
both, and that which then is most alike is the guess.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from rimlight.engine import Camera

from .fitting import TALL, Points
from .model import Face, face_model, geometry, rotation
from .places import LARGE, placed, spots_of
from .refining import refined
from .surface import around, surface_of

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
    most = _TRIED if light is not None else _TRIED_BY_FORM
    for spot in spots_of(light, normal, matte, pixel_aspect, most, check):
        if light is not None and spot.likeness < _HARDLY:
            continue
        trial = _tried(placed(spot, camera), light, form, matte, camera, by_normals, check)
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
    return Guess(fit.fit.face, fit.likeness, fit.likeness + LARGE * large)


def landmarks_of(face: Face, camera: Camera) -> dict[str, tuple[float, float]]:
    """Where the landmarks of a face are in the frame, y down."""
    vertices, out = geometry(face)[0], {}
    for name, line in face_model().landmarks.items():
        spot = vertices[line[len(line) // 2]] if name.startswith("jaw") else vertices[line].mean(0)
        x, y = camera.project(torch.from_numpy(spot))
        out[name] = (float(x), float(y))
    return out
