"""What is added to a fitted face: its pose, form and expression, as refining finds it or a user sets it."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .fitting import Fit, Points, Problem, fitted
from .model import Face, face_model, rotation, rotation_vector


@dataclass(frozen=True)
class Change:
    """What is added to a fitted face. turn : degrees, a rotation vector in camera space. move : centimetres.

    form, expression : by mode, from 1, and by name.
    """

    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    move: tuple[float, float, float] = (0.0, 0.0, 0.0)
    form: tuple[tuple[str, float], ...] = ()
    expression: tuple[tuple[str, float], ...] = ()

    @classmethod
    def between(cls, before: Face, after: Face) -> "Change":
        """What makes one face another."""
        turn = rotation(np.asarray(after.turn)) @ rotation(np.asarray(before.turn)).T
        old, new = dict(before.expression), dict(after.expression)
        form = zip(mode_names(), before.identity, after.identity, strict=True)
        looks = ((name, new.get(name, 0.0) - old.get(name, 0.0)) for name in face_model().expression_names)
        x, y, z = np.degrees(rotation_vector(turn)).tolist()
        across, up, near = (b - a for a, b in zip(before.place, after.place, strict=True))
        return cls(
            (x, y, z),
            (across, up, near),
            tuple((name, b - a) for name, a, b in form),
            tuple((name, x) for name, x in looks if x != 0),
        )

    def of(self, face: Face) -> Face:
        """A face with this added."""
        turn = rotation(np.radians(self.turn)) @ rotation(np.asarray(face.turn))
        form, looks = dict(self.form), dict(face.expression)
        for name, x in self.expression:
            looks[name] = looks.get(name, 0.0) + x
        return replace(
            face,
            turn=tuple(rotation_vector(turn).tolist()),
            place=tuple(a + b for a, b in zip(face.place, self.move, strict=True)),
            identity=tuple(x + form.get(name, 0.0) for name, x in zip(mode_names(), face.identity, strict=True)),
            expression=tuple(looks.items()),
        )


NOTHING = Change()


@lru_cache(1)
def mode_names() -> tuple[str, ...]:
    """Names of the modes of form: their numbers, from 01."""
    return tuple(f"{i:02d}" for i in range(1, len(face_model().identity) + 1))


@lru_cache(64)
def changed(points: Points, change: Change) -> Fit:
    """The face that fits points best, with something added to it, and how far it is from the points then."""
    fit = fitted(points)
    if change == NOTHING:
        return fit
    face, used = change.of(fit.face), tuple(p for p in points.at if p[3] > 0)
    problem = Problem(face_model(), replace(points, at=used))
    return replace(problem.told(problem.state(face)), face=face)
