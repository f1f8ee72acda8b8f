"""A face that was fitted to landmarks, fitted on to what a picture shows of it: normals, a matte, and paint.

Vertices of the face, spread evenly over it, ought to have the normals that the picture has where they are seen, and
the marks of brows, eyes and lips; outlines ought not to leave the matte. All join the landmarks and the priors in one
least squares problem.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rimlight.engine import Camera

from .fitting import Fit, Points, Problem
from .model import Array, Face, face_model
from .residuals import Residuals
from .surface import Surface

_STAGES, _ROUNDS = 3, 5
"""Times that it is looked which vertices are seen, and steps of each."""


@dataclass(frozen=True)
class Refined:
    """A refined fit. before, after : degrees by which its normals are off in the median, where it is seen. likeness :
    -1 to 1, how much the paint of the picture there is that of a face.
    """

    fit: Fit
    before: float
    after: float
    likeness: float


def refined(
    points: Points,
    start: Face,
    surface: Surface,
    by_normals: float = 1.0,
    by_matte: float = 1.0,
    by_paint: float = 0.0,
    check: Callable[[], None] = lambda: None,
) -> Refined:
    """The face that fits landmarks and a surface best, from `start` on. by_normals, by_matte, by_paint : how much these
    count.
    """
    fov = math.degrees(2 * math.atan(start.tan_x))
    used = tuple(p for p in points.at if p[3] > 0)
    problem = Problem(face_model(), replace(points, at=used, fov=fov, fit_lens=False))
    looks = Residuals(problem, surface, by_normals, by_matte, by_paint)
    state = problem.state(start)

    def linear(tried: Array) -> tuple[Array, Array]:
        check()
        parts = [problem.linear(tried), looks.outline(tried)]
        parts += [looks.normals(tried)] if by_normals > 0 else []
        parts += [looks.paint(tried)] if by_paint > 0 else []
        return np.concatenate([r for r, _ in parts]), np.concatenate([j for _, j in parts])

    looks.see(problem.told(state).face, check)
    before = looks.off(state)
    for stage in range(_STAGES):
        looks.fine = float(stage > 0)  # the coarse marks lead to where the fine ones begin to tell
        state = problem.descended(state, linear, _ROUNDS)
        looks.see(problem.told(state).face, check)
    return Refined(problem.told(state), before, looks.off(state), looks.likeness(state) if by_paint > 0 else 0.0)


def off_by(face: Face, surface: Surface, camera: Camera, check: Callable[[], None] = lambda: None) -> float:
    """Degrees by which the normals of a face are off those of a surface in the median, where it is seen."""
    fov = math.degrees(2 * math.atan(face.tan_x))
    problem = Problem(face_model(), Points((), (camera.width, camera.height), camera.pixel_aspect, fov))
    looks = Residuals(problem, surface, 1.0, 1.0, 0.0)
    looks.see(face, check)
    return looks.off(problem.state(face))
