"""How far a face is from what a picture shows of it, and how that moves with the unknowns of the fit.

Normals and marks that do not fit at all, as those of hair and glasses, count less and less (Geman and McClure).
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from rimlight.engine import Camera

from .fitting import TALL, Problem, cross
from .model import Array, Face, FaceModel, face_model, geometry, rotation
from .painted import spots
from .rings import rings
from .seen import drawn
from .surface import TALL_PIXELS, Surface, around

_NORMAL = 0.16
"""Deviation of a component of the normals; beyond some three times that a normal is of something else."""
_WORTH = 240.0
"""Independent normals that all of the face amounts to: neighbours err alike."""
_OUTSIDE = 0.012
"""Deviation of an outline from that of the matte, as a share of the face's height."""
_OUTLINE = 60.0
"""Independent points that the outline amounts to."""
_PAINT = 640.0
"""Independent marks that the paint of a face amounts to."""
_CONTRAST = 1.6
"""Of a person's marks to those of people's mean, in which they are blurred."""


class Residuals:
    """What a surface says of a face: residuals and their derivatives by the unknowns of a `Problem`."""

    def __init__(self, problem: Problem, surface: Surface, by_normals: float, by_matte: float, by_paint: float) -> None:
        self.problem, self.surface = problem, surface
        self.worth, self.hold, self.told = by_normals * _WORTH, by_matte * _OUTLINE, by_paint * _PAINT
        self.fine = 1.0
        self.rings = rings()
        size, aspect = problem.points.size, problem.points.pixel_aspect
        self.camera = Camera(*size, size[0] / 2 / problem.focal, aspect)
        self.seen: Array = np.zeros(len(self.rings.area))
        self.spots = spots()
        self.seen_paint: Array = np.zeros(len(self.spots.area))
        self.rim: tuple[Array, Array] = np.zeros((0, 3)), np.zeros((0, 3, 0))
        self.tall = 1.0

    def see(self, face: Face, check: Callable[[], None]) -> None:
        """Find which of the vertices are seen, how much of the picture each stands for, and which are at outlines."""
        vertices, normals = geometry(face)
        model = face_model()
        self.tall = TALL * self.problem.focal / max(1e-3, -face.place[2])
        ratio = min(1.0, TALL_PIXELS / self.tall)
        width, height = (max(1, round(x * ratio)) for x in self.problem.points.size)
        small = Camera(width, height, self.camera.tan_x, self.camera.pixel_aspect)
        region = around(face, small)
        depth = drawn(model, vertices, normals, small, region, torch.device("cpu"), check, False)["depth"][0].numpy()

        def shown(chosen: NDArray[np.int64]) -> Array:
            """How squarely vertices are seen, from 0 to 1."""
            p = vertices[chosen]
            facing = -(normals[chosen] * p).sum(1) / np.linalg.norm(p, axis=1)
            x, y = (q.numpy() for q in small.project(torch.from_numpy(np.ascontiguousarray(p.T))))
            open_ = np.ones(len(p), bool)
            if depth.size:
                column = np.clip(np.floor(x).astype(int) - region.x0, 0, region.width - 1)
                row = np.clip(np.floor(y).astype(int) - region.y0, 0, region.height - 1)
                first = depth[row, column]
                open_ = (first == 0) | (-p[:, 2] < first + 0.4)
            # At a slant a normal of the picture is that of what is beside it as well.
            return np.asarray(np.clip((facing - 0.15) / 0.4, 0, 1) * open_)

        self.seen = self.rings.area * shown(self.rings.vertex)
        if self.told > 0:
            self.seen_paint = self.spots.area * shown(self.spots.vertex)
        rim = _outline(model, vertices)
        moves = np.concatenate((model.identity[:, rim], model.expression[self.problem.moving][:, rim]))
        self.rim = model.mean[rim], np.ascontiguousarray(moves.transpose(1, 2, 0))

    def off(self, state: Array) -> float:
        """Degrees by which normals are off in the median over what is seen and trusted."""
        turn = rotation(state[:3])
        maps, _, trust = self.surface.at(self._places(self.rings.shape(state[7:]) @ turn.T + state[3:6]))
        normal = self.rings.normals(state[7:])[0] @ turn.T
        angle = np.degrees(np.arccos(np.clip((normal * _unit(maps[:, :3])).sum(1), -1, 1)))
        order, weight = np.argsort(angle), self.seen * trust
        total = np.cumsum(weight[order])
        return float(angle[order][int(np.searchsorted(total, total[-1] / 2))]) if total[-1] > 0 else 0.0

    def normals(self, state: Array) -> tuple[Array, Array]:
        """How far the normals are off where the face is seen."""
        turn, rings = rotation(state[:3]), self.rings
        normal, by_mode = rings.normals(state[7:])
        normal = normal @ turn.T
        places, push = self._moving(rings.shape(state[7:]), rings.moves, turn, state)
        maps, slopes, trust = self.surface.at(places)
        residual = (normal - maps[:, :3]) / _NORMAL
        jacobian = -slopes[:, :3] @ push
        jacobian[:, :, :3] += cross(normal)
        jacobian[:, :, 7:] += turn @ by_mode
        total = max(float(self.seen.sum()), 1e-12)
        kept = np.sqrt(self.seen * trust * (self.worth / total)) / (1 + (residual**2).sum(1) / 9)
        return (residual * kept[:, None]).ravel(), (jacobian * (kept / _NORMAL)[:, None, None]).reshape(-1, len(state))

    def paint(self, state: Array) -> tuple[Array, Array]:
        """How far the marks of the picture are from those of people, in deviations, where the face is seen."""
        own, worth = self.spots, self.spots.worth * np.array([self.fine, self.fine, 1.0, 1.0])
        places, push = self._moving(own.shape(state[7:]), own.moves, rotation(state[:3]), state)
        maps, slopes, _ = self.surface.at(places)
        inside, scale = self._inside(places), np.sqrt(worth)
        residual = (maps[:, 4:] * inside - _CONTRAST * own.mean_marks) * scale
        jacobian = (slopes[:, 4:] @ push) * (scale * inside)[:, :, None]
        total = max(float(self.seen_paint.sum()), 1e-12)
        kept = np.sqrt(self.seen_paint * (self.told / total)) / (1 + (residual**2).sum(1) / 16)
        return (residual * kept[:, None]).ravel(), (jacobian * kept[:, None, None]).reshape(-1, len(state))

    def likeness(self, state: Array) -> float:
        """How much the marks of the picture are those of people, as a normalised correlation."""
        own = self.spots
        places = self._places(own.shape(state[7:]) @ rotation(state[:3]).T + state[3:6])
        shown = self.surface.at(places)[0][:, 4:] * self._inside(places)
        weight = own.worth * self.seen_paint[:, None]
        power = float((weight * shown**2).sum() * (weight * own.mean_marks**2).sum())
        return float((weight * shown * own.mean_marks).sum()) / math.sqrt(max(power, 1e-12))

    def _inside(self, places: Array) -> Array:
        """Which places `[N, 2]` are in the frame, `[N, 1]`, 1 or 0: beyond it there are no marks."""
        size = np.array([self.camera.width, self.camera.height])
        return np.asarray(((places >= 0) & (places <= size)).all(1, keepdims=True), np.float64)

    def outline(self, state: Array) -> tuple[Array, Array]:
        """How far outlines are outside of the matte."""
        mean, moves = self.rim
        places, push = self._moving(mean + moves @ state[7:], moves, rotation(state[:3]), state)
        maps, slopes, _ = self.surface.at(places)
        share = math.sqrt(self.hold / max(1, len(mean))) / (_OUTSIDE * self.tall)
        residual = maps[:, 3] * share
        # Huber: what hides half of the face is to pull no more than what cuts a little off.
        held = np.sqrt(np.minimum(1.0, 0.05 * self.tall * share / np.maximum(residual, 1e-12)))
        jacobian = (slopes[:, 3:] @ push)[:, 0] * share
        return residual * held, jacobian * held[:, None]

    def _moving(self, shape: Array, moves: Array, turn: Array, state: Array) -> tuple[Array, Array]:
        """Places in the frame `[N, 2]`, y down, of points of the model, and how they move with the unknowns in square
        pixels, y up, `[N, 2, S]`. moves : `[N, 3, M]`.
        """
        turned = shape @ turn.T
        p = turned + state[3:6]
        away, focal = np.maximum(-p[:, 2], 1e-3), self.problem.focal
        push = np.zeros((len(p), 2, 3))
        push[:, 0, 0] = push[:, 1, 1] = focal / away
        push[:, :, 2] = focal * p[:, :2] / (away**2)[:, None]
        jacobian = np.zeros((len(p), 2, len(state)))
        jacobian[:, :, :3] = push @ cross(turned)
        jacobian[:, :, 3:6] = push
        jacobian[:, :, 7:] = (push @ turn) @ moves
        return self._places(p), jacobian

    def _places(self, points: Array) -> Array:
        """Where points `[N, 3]` are in the frame, y down."""
        x, y = self.camera.project(torch.from_numpy(np.ascontiguousarray(points.T)))
        return np.stack((x.numpy(), y.numpy()), 1)


def _outline(model: FaceModel, vertices: Array) -> NDArray[np.int64]:
    """The vertices between triangles that face the camera and others that do not."""
    triangles = model.corners[model.faces]
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    front = (np.cross(b - a, c - a) * a).sum(1) < 0
    seen = np.bincount(triangles[front].ravel(), minlength=len(vertices)) > 0
    hidden = np.bincount(triangles[~front].ravel(), minlength=len(vertices)) > 0
    return np.flatnonzero(seen & hidden)


def _unit(v: Array) -> Array:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12))
