"""A face fitted to points in a picture: regularised least squares over pose, identity, expression and lens.

The mode weights have unit normal priors, expressions small ones that keep them above zero and both sides alike; the
points count with a Huber loss. Gauss-Newton steps, damped as Levenberg and Marquardt have it, begin at the pose that a
weak-perspective camera gives in closed form (scaled orthography, as in POSIT, DeMenthon and Davis 1995).
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from rimlight.engine import Camera, RimlightError

from .model import Array, Face, FaceModel, face_model, rotation, rotation_vector

LEAST = 4
"""Points that a fit takes."""
_ROUNDS, _ENOUGH, _STIFF = 40, 1e-6, 1e6
"""Steps at most, the share of the cost below which a gain is the last, and the damping at which there is none."""
_NOISE = 0.006
"""Deviation of points that people place, as a share of the face's height in the picture."""
_HUBER = 2.5
TALL = 22.0
"""Centimetres of a face from chin to hairline."""
_FROM_ZERO, _BELOW_ZERO, _SIDES = 0.18, 0.04, 0.08
"""Deviations of expression weights: from zero, of what is below it, and of left from right."""
_LENS = 0.35
"""Deviation of the logarithm of the focal length from the one that was given, where it is fitted."""
_TURNS = tuple(threading.Lock() for _ in range(64))
_UNSEEN = ("eyeLook", "mouthClose", "cheekPuff", "jawForward", "mouthRoll", "mouthPress")
"""Expressions that points on the skin do not tell."""


@dataclass(frozen=True)
class Points:
    """What a face is fitted to, and how.

    at : name, x, y and weight of each landmark, in pixels from the frame's top left, y down. size : the frame's width
    and height. fov : its width in degrees. fit_lens : whether the focal length is found, near that. identity,
    expression : strengths of the priors, 1 as the model says.
    """

    at: tuple[tuple[str, float, float, float], ...]
    size: tuple[int, int]
    pixel_aspect: float = 1.0
    fov: float = 30.0
    fit_lens: bool = False
    identity: float = 1.0
    expression: float = 1.0


@dataclass(frozen=True)
class Fit:
    """A fitted face. error : root mean square distance of the points from the face's landmarks, in pixels."""

    face: Face
    error: float
    worst: str


def pixels_tall(face: Face, camera: Camera) -> float:
    """Pixels of the frame from chin to hairline of a face that looks at the camera."""
    return TALL * camera.width / (2 * camera.tan_x * max(1e-3, -face.place[2]))


def fitted(points: Points) -> Fit:
    """The face that fits points best. Raises RimlightError where there are too few."""
    with _TURNS[hash(points) % len(_TURNS)]:  # nodes that ask for one face at once wait for the first
        return _fitted(points)


@lru_cache(64)
def _fitted(points: Points) -> Fit:
    used = tuple(p for p in points.at if p[3] > 0)
    if len(used) < LEAST:
        raise RimlightError(f"a face needs {LEAST} landmarks at least, {len(used)} are in use")
    return Problem(face_model(), replace(points, at=used)).solved()


Linear = Callable[[Array], tuple[Array, Array]]
"""Residuals `[R]`, in deviations, and their derivatives `[R, S]` by the unknowns, at a state `[S]`."""


def _step(residual: Array, jacobian: Array, damping: float) -> Array:
    """The damped step of Gauss and Newton.

    By torch, whose threads sleep while they wait. Those of NumPy's library spin, which on a busy machine takes many
    times the processor time of the work.
    """
    slopes = torch.from_numpy(np.ascontiguousarray(jacobian))
    square = slopes.T @ slopes
    square.diagonal().add_(damping * (square.diagonal() + 1e-9))
    step: Array = torch.linalg.solve(square, -(slopes.T @ torch.from_numpy(residual))).numpy()
    return step


class Problem:
    """The least squares problem. Its unknowns: turn, place, log of the focal length, identity, expression."""

    def __init__(self, model: FaceModel, points: Points) -> None:
        self.model, self.points = model, points
        width, height = points.size
        x, y = (np.array([p[k] for p in points.at], np.float64) for k in (1, 2))
        self.target = np.stack((x - width / 2, (height / 2 - y) / points.pixel_aspect), 1)
        self.shown = np.sqrt(np.array([p[3] for p in points.at]))
        self.focal = width / 2 / math.tan(math.radians(points.fov) / 2)
        self.sliding = [p[0].startswith("jaw") for p in points.at]
        self.moving = _moving(model)
        self.pairs = _pairs([model.expression_names[i] for i in self.moving])
        self.modes, self.moves = len(model.identity), len(self.moving)
        known = _landmark_parts()
        self.parts = [known[p[0]] for p in points.at]

    def solved(self) -> Fit:
        turn, place = self._start()
        state = np.zeros(7 + self.modes + self.moves)
        state[:3], state[3:6] = rotation_vector(turn), place
        self.noise = max(_NOISE * self._height(place[2]), 1e-9)
        return self.told(self.descended(state, self.linear, _ROUNDS))

    def descended(self, state: Array, linear: Linear, rounds: int) -> Array:
        """The state to which so many damped steps lead at most."""
        damping = 1e-3
        residual, jacobian = linear(state)
        for _ in range(rounds):
            cost = float(residual @ residual)
            tried = self._moved(state, _step(residual, jacobian, damping))
            after, slopes = linear(tried)
            gain = cost - float(after @ after)
            if gain > 0:
                state, residual, jacobian, damping = tried, after, slopes, max(damping / 4, 1e-9)
            else:
                damping *= 8
            if 0 < gain < _ENOUGH * cost or damping > _STIFF:
                break
        return state

    def state(self, face: Face) -> Array:
        """The state `[S]` that a face is, from which steps begin."""
        known = dict(face.expression)
        look = [known.get(self.model.expression_names[i], 0.0) for i in self.moving]
        own = np.zeros(self.modes)
        own[: len(face.identity)] = face.identity
        lens = math.log(self.points.size[0] / 2 / face.tan_x / self.focal)
        self.noise = max(_NOISE * self._height(face.place[2]), 1e-9)
        return np.concatenate((face.turn, face.place, [lens], own, look))

    def _start(self) -> tuple[Array, Array]:
        """Rotation matrix and place of the mean face under a weak-perspective camera."""
        shape = np.stack([mean.mean(0) for mean, _ in self.parts])
        weight = self.shown[:, None]
        middle, off = (np.average(x, 0, self.shown**2) for x in (shape, self.target))
        a, b = (shape - middle) * weight, (self.target - off) * weight
        scale = math.sqrt((b**2).sum() / max((a[:, :2] ** 2).sum(), 1e-12))
        # A little pull to a face that looks into the camera, as four points hardly tell the depth of a face.
        pull = 1e-3 * (a**2).sum() * np.eye(3)
        frontal = np.array([[scale, 0, 0], [0, scale, 0.0]])
        found = np.linalg.solve(a.T @ a + pull, a.T @ b + pull @ frontal.T).T
        left, size, right = np.linalg.svd(found, full_matrices=False)
        two = left @ right
        turn = np.concatenate((two, np.cross(two[0], two[1])[None]))
        depth = self.focal / max(float(size.mean()), 1e-12)
        at = turn @ middle
        place = np.array([off[0] * depth / self.focal - at[0], off[1] * depth / self.focal - at[1], -depth - at[2]])
        return turn, place

    def _height(self, z: float) -> float:
        """Pixels of the face's height at a depth."""
        return TALL * self.focal / max(-z, 1e-6)

    def _moved(self, state: Array, step: Array) -> Array:
        out: Array = state + step
        out[:3] = rotation_vector(rotation(step[:3]) @ rotation(state[:3]))
        if not self.points.fit_lens:
            out[6] = 0.0
        return out

    def linear(self, state: Array) -> tuple[Array, Array]:
        """Residuals in deviations, and their derivatives by the unknowns."""
        turn, place, lens = rotation(state[:3]), state[3:6], math.exp(state[6])
        own, look = state[7 : 7 + self.modes], state[7 + self.modes :]
        focal = self.focal * lens
        shape, modes = self._shape(turn, place, focal, state[7:])
        turned = shape @ turn.T
        p = turned + place
        away = np.maximum(-p[:, 2], 1e-3)
        seen = focal * p[:, :2] / away[:, None]
        # How a point of the picture moves with a point in space.
        push = np.zeros((len(p), 2, 3))
        push[:, 0, 0] = push[:, 1, 1] = focal / away
        push[:, :, 2] = seen / away[:, None]
        jacobian = np.zeros((len(p), 2, 7 + self.modes + self.moves))
        jacobian[:, :, :3] = np.einsum("nij,njk->nik", push, cross(turned))
        jacobian[:, :, 3:6] = push
        jacobian[:, :, 6] = seen if self.points.fit_lens else 0.0
        jacobian[:, :, 7:] = (push @ turn) @ modes.transpose(1, 2, 0)
        residual = (seen - self.target) / self.noise
        length = np.linalg.norm(residual, axis=1)
        # Huber: beyond its threshold the loss grows with the distance, not with its square.
        kept = self.shown * np.sqrt(np.minimum(1.0, _HUBER / np.maximum(length, 1e-12)))
        parts = [
            (
                (residual * kept[:, None]).ravel(),
                (jacobian * (kept / self.noise)[:, None, None]).reshape(-1, len(state)),
            )
        ]
        parts += self._priors(own, look, state[6], len(state))
        return np.concatenate([r for r, _ in parts]), np.concatenate([j for _, j in parts])

    def _priors(self, own: Array, look: Array, lens: float, count: int) -> list[tuple[Array, Array]]:
        first, second = 7, 7 + self.modes
        strength, pull = math.sqrt(self.points.identity), math.sqrt(self.points.expression)
        by_own = np.zeros((self.modes, count))
        by_own[:, first:second] = strength * np.eye(self.modes)
        hold = pull / np.where(look < 0, _BELOW_ZERO, _FROM_ZERO)
        by_look = np.zeros((self.moves, count))
        by_look[:, second:] = np.diag(hold)
        by_sides = np.zeros((len(self.pairs), count))
        for row, (left, right) in enumerate(self.pairs):
            by_sides[row, second + left], by_sides[row, second + right] = pull / _SIDES, -pull / _SIDES
        by_lens = np.zeros((1, count))
        by_lens[0, 6] = 1 / _LENS
        sides = np.array([look[a] - look[b] for a, b in self.pairs]) * (pull / _SIDES)
        return [
            (own * strength, by_own), (look * hold, by_look), (sides, by_sides), (np.array([lens / _LENS]), by_lens)
        ]  # fmt: skip

    def _shape(self, turn: Array, place: Array, focal: float, weights: Array) -> tuple[Array, Array]:
        """Landmarks `[N, 3]` of a face, and how they move with each mode and expression, `[M, N, 3]`."""
        shapes, modes = [], []
        for number, (mean, moves) in enumerate(self.parts):
            v = mean + np.tensordot(weights, moves, 1)
            share = np.full(len(v), 1 / len(v))
            if self.sliding[number]:
                p = v @ turn.T + place
                share = _nearest(focal * p[:, :2] / np.maximum(-p[:, 2:], 1e-3), self.target[number])
            shapes.append(share @ v)
            modes.append(share @ moves)
        return np.stack(shapes), np.stack(modes, 1)

    def told(self, state: Array) -> Fit:
        look = state[7 + self.modes :]
        focal = self.focal * math.exp(state[6])
        own = state[7 : 7 + self.modes]
        turn, place = rotation(state[:3]), state[3:6]
        p = self._shape(turn, place, focal, state[7:])[0] @ turn.T + place
        off = np.linalg.norm(focal * p[:, :2] / np.maximum(-p[:, 2:], 1e-3) - self.target, axis=1)
        error = math.sqrt(float(np.average(off**2, weights=self.shown**2)))
        names = self.model.expression_names
        face = Face(
            tuple(map(float, state[:3])), tuple(map(float, place)), self.points.size[0] / 2 / focal,
            tuple(map(float, own)),
            tuple((names[i], float(x)) for i, x in zip(self.moving, look, strict=True) if abs(x) > 5e-4),
        )  # fmt: skip
        return Fit(face, error, self.points.at[int((off * self.shown).argmax())][0])


@lru_cache(1)
def _landmark_parts() -> dict[str, tuple[Array, Array]]:
    """What the landmarks are made of: their mean vertices, and how modes and expressions move these."""
    model = face_model()
    moves = model.expression[_moving(model)]
    return {
        name: (model.mean[line], np.concatenate((model.identity[:, line], moves[:, line])))
        for name, line in model.landmarks.items()
    }


def _moving(model: FaceModel) -> NDArray[np.int64]:
    """Numbers of the expressions that are fitted."""
    return np.array([i for i, n in enumerate(model.expression_names) if not n.startswith(_UNSEEN)])


def cross(v: Array) -> Array:
    """Matrices `[N, 3, 3]` of how points `[N, 3]` move with a small turn in camera space."""
    out = np.zeros((len(v), 3, 3))
    out[:, 0, 1], out[:, 0, 2], out[:, 1, 2] = v[:, 2], -v[:, 1], v[:, 0]
    return out - out.transpose(0, 2, 1)


def _nearest(line: Array, point: Array) -> Array:
    """Shares of the vertices `[K, 2]` of a line whose mean is its point nearest to another."""
    a, along = line[:-1], line[1:] - line[:-1]
    t = np.clip(((point - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12), 0, 1)
    best = int(((a + t[:, None] * along - point) ** 2).sum(1).argmin())
    shares = np.zeros(len(line))
    shares[best], shares[best + 1] = 1 - t[best], t[best]
    return shares


def _pairs(names: list[str]) -> NDArray[np.int64]:
    """Numbers of the expressions of the left and right side that belong together, `[P, 2]`."""
    found = [(i, names.index(n[:-1] + "R")) for i, n in enumerate(names) if n.endswith("_L")]
    return np.array(found, np.int64).reshape(-1, 2)


def average(size: tuple[int, int], pixel_aspect: float, fov: float) -> Mapping[str, tuple[float, float]]:
    """Where the landmarks of the average face are that looks out of the middle of a frame, in pixels, y down."""
    width, height = size
    focal = width / 2 / math.tan(math.radians(fov) / 2)
    tall = min(0.62 * height / pixel_aspect, 0.8 * width)  # of the face from chin to hairline, in square pixels
    away = TALL * focal / tall
    model, out = face_model(), {}
    for name, line in model.landmarks.items():
        x, y, z = model.mean[line[len(line) // 2]] if name.startswith("jaw") else model.mean[line].mean(0)
        scale = focal / max(away - z, 1e-3)
        out[name] = (width / 2 + x * scale, height / 2 - y * scale * pixel_aspect)
    return out
