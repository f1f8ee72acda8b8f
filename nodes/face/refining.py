"""A face that was fitted to landmarks, fitted on to what a picture shows of it: normals, a matte, and paint.

Vertices of the face, spread evenly over it, ought to have the normals that the picture has where they are seen, and
the marks of brows, eyes and lips; outlines ought not to leave the matte. All join the landmarks and the priors in one
least squares problem; normals and marks that do not fit at all, as those of hair and glasses, count less and less
(Geman and McClure). How normals move with form and expression follows from the cross products of the triangles around a
vertex, without differences.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rimlight.engine import Camera, Region, unit

from .fitting import TALL, Fit, Points, Problem, cross
from .model import Array, Face, FaceModel, face_model, geometry, rotation
from .paint import MARKS, marks
from .painted import spots, spread
from .seen import drawn

TALL_PIXELS = 160
"""Pixels of a face's height at which its surface is looked at: pores and the noise of estimates are averaged out."""
_SAMPLES = 700
"""Vertices that are looked at."""
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
_STAGES, _ROUNDS = 3, 5
"""Times that it is looked which vertices are seen, and steps of each."""
_ABOVE, _BELOW = 4.5, 0.5
"""Centimetres above the brows and below the chin to which there is skin to be expected."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a picture shows around a face, about `TALL_PIXELS` a face's height.

    maps : `[h, w, 8]`, the normal, how far outside of the matte a place is, in pixels of the frame, and its marks.
    slopes : `[h, w, 8, 2]`, their derivatives by x and y (y up), per square pixel of the frame. trust : `[h, w]`, 0 to
    1, of the normals. origin, step : the frame's x and y (y down) of the first value, and pixels from one to the next.
    """

    maps: Array
    slopes: Array
    trust: Array
    origin: tuple[float, float]
    step: tuple[float, float]

    def at(self, places: Array) -> tuple[Array, Array, Array]:
        """Maps `[N, 8]`, slopes `[N, 8, 2]` and trust `[N]` at places `[N, 2]` of the frame, y down; bilinear."""
        height, width = self.trust.shape
        x = (places[:, 0] - self.origin[0]) / self.step[0]
        y = (places[:, 1] - self.origin[1]) / self.step[1]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        i, j = np.minimum(x.astype(int), max(0, width - 2)), np.minimum(y.astype(int), max(0, height - 2))
        a, b = x - i, y - j
        right, below = np.minimum(i + 1, width - 1), np.minimum(j + 1, height - 1)
        corners = (
            (j, i, (1 - a) * (1 - b)), (j, right, a * (1 - b)), (below, i, (1 - a) * b), (below, right, a * b),
        )  # fmt: skip
        maps = sum(self.maps[r, c] * w[:, None] for r, c, w in corners)
        slopes = sum(self.slopes[r, c] * w[:, None, None] for r, c, w in corners)
        trust = sum(self.trust[r, c] * w for r, c, w in corners)
        return np.asarray(maps), np.asarray(slopes), np.asarray(trust) * inside


def around(face: Face, camera: Camera) -> Region:
    """The part of the frame in which a face is looked at, counted from its top left."""
    x, y = camera.project(torch.from_numpy(geometry(face)[0].T))
    tall = TALL * camera.width / (2 * camera.tan_x * max(1e-3, -face.place[2]))
    box = Region(math.floor(float(x.min())), math.floor(float(y.min())), math.ceil(float(x.max())),
                 math.ceil(float(y.max())))  # fmt: skip
    return box.expand(max(2, round(0.15 * tall))).intersect(Region(0, 0, camera.width, camera.height))


def surface_of(
    normal: Tensor, matte: Tensor | None, region: Region, face: Face, camera: Camera, light: Tensor | None = None
) -> Surface:
    """What a picture shows. normal `[3, h, w]` and matte `[1, h, w]`, 0 to 1, are over `region`, as `around` gives it;
    without a matte all of it may be the face. Normals of length 0 are none. light : `[3, h, w]`, scene-linear, if paint
    is to be told from it.
    """
    tall = TALL * camera.width / (2 * camera.tan_x * max(1e-3, -face.place[2]))
    height, width = normal.shape[1:]
    ratio = min(1.0, TALL_PIXELS / max(1.0, tall))
    size = (max(2, round(height * ratio / camera.pixel_aspect)), max(2, round(width * ratio)))
    there = (normal.square().sum(0, keepdim=True) > 0.25).float()
    cover = there if matte is None else there * matte
    both = torch.cat((normal * cover, cover, torch.ones_like(cover) if matte is None else matte))
    both = torch.nn.functional.interpolate(both[None].double(), size, mode="area")[0]
    share = both[3:4]
    small = unit(both[:3]).permute(1, 2, 0).cpu().numpy()
    step = (width / size[1], height / size[0])
    within = (both[4] >= 0.5).cpu().numpy().astype(np.uint8)
    away = cv2.distanceTransform(1 - within, cv2.DIST_L2, 5) if within.any() else np.zeros(within.shape, np.float32)
    # Blurred a little, so that its slope is there at the very edge.
    outside = cv2.GaussianBlur(away.astype(np.float64), (0, 0), 1.0) * step[0]
    shown = np.zeros((*size, MARKS))
    if light is not None:
        seen = torch.nn.functional.interpolate(light[None].double(), size, mode="area")[0]
        shown = marks(seen, tall * ratio).permute(1, 2, 0).cpu().numpy()
    maps = np.concatenate((small, outside[..., None], shown), 2)
    across, down = np.gradient(maps, axis=1) / step[0], np.gradient(maps, axis=0) / step[0]
    trust = (share[0].cpu().numpy() ** 2).clip(0, 1)
    origin = (region.x0 + step[0] / 2, region.y0 + step[1] / 2)
    return Surface(maps, np.stack((across, -down), -1), trust, origin, step)


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
    looks = _Looks(problem, surface, by_normals, by_matte, by_paint)
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
    looks = _Looks(problem, surface, 1.0, 1.0, 0.0)
    looks.see(face, check)
    return looks.off(problem.state(face))


class _Looks:
    """What a surface says of a face: residuals and their derivatives by the unknowns of a `Problem`."""

    def __init__(self, problem: Problem, surface: Surface, by_normals: float, by_matte: float, by_paint: float) -> None:
        self.problem, self.surface = problem, surface
        self.worth, self.hold, self.told = by_normals * _WORTH, by_matte * _OUTLINE, by_paint * _PAINT
        self.fine = 1.0
        self.rings = _rings()
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


@dataclass(frozen=True, eq=False)
class _Rings:
    """Vertices that are looked at, and those around them.

    vertex : `[N]`. area : `[N]`, square centimetres that each stands for. mean : `[N, 3]`, moves : `[N, 3, M]`, of
    them. triangle : `[N, K, 3]`, of the triangles around each, counted among `ring_mean` `[V, 3]`, whose moves are
    `ring_moves` `[M, V, 3]`. real : `[N, K]`, 1, and 0 beyond the last triangle. spokes : `[N, 3 R, M]`, how the
    vertices of these triangles move, 0 beyond the last. corner : `[N, K, 3]`, which of those R its corners are.
    """

    vertex: NDArray[np.int64]
    area: Array
    mean: Array
    moves: Array
    ring_mean: Array
    ring_moves: Array
    triangle: NDArray[np.int64]
    real: Array
    corner: NDArray[np.int64]
    spokes: Array

    def shape(self, weights: Array) -> Array:
        """The vertices `[N, 3]` of a face."""
        return np.asarray(self.mean + self.moves @ weights)

    def normals(self, weights: Array) -> tuple[Array, Array]:
        """Unit normals `[N, 3]` of a face, and how they move `[N, 3, M]`.

        The normal of a triangle is a x b + b x c + c x a, so it moves with a as the cross product of a's with b - c.
        """
        v = self.ring_mean + np.tensordot(weights, self.ring_moves, 1)
        corners = v[self.triangle]
        a, b, c = (corners[:, :, k] for k in range(3))
        whole = (np.cross(b - a, c - a) * self.real[..., None]).sum(1)
        edges = np.stack((b - c, c - a, a - b), 2) * self.real[..., None, None]
        count = self.spokes.shape[1] // 3
        across = np.zeros((len(self.vertex), count, 3))
        rows = np.arange(len(self.vertex))[:, None, None]
        np.add.at(across, (rows, self.corner), edges)
        blocks = -cross(across.reshape(-1, 3)).reshape(len(self.vertex), count * 3, 3)
        slopes = blocks.transpose(0, 2, 1) @ self.spokes
        length = np.maximum(np.linalg.norm(whole, axis=1), 1e-12)[:, None]
        normal = whole / length
        along = (normal[:, :, None] * slopes).sum(1, keepdims=True)
        return normal, (slopes - along * normal[:, :, None]) / length[:, :, None]


@lru_cache(1)
def _rings() -> _Rings:
    model = face_model()
    mean, faces = model.mean, model.corners[model.faces][~model.eye[model.faces[:, 0]]]
    size = np.linalg.norm(
        np.cross(mean[faces[:, 1]] - mean[faces[:, 0]], mean[faces[:, 2]] - mean[faces[:, 0]]), axis=1
    )
    area: Array = np.asarray(np.bincount(faces.ravel(), np.repeat(size / 6, 3), len(mean)), np.float64)
    brows = [mean[line][:, 1].max() for name, line in model.landmarks.items() if name.startswith("brow")]
    low, ear = mean[model.landmarks["chin"]][:, 1].min(), mean[model.landmarks["ear_left"]][:, 2].max()
    usable = (area > 0) & (mean[:, 1] < max(brows) + _ABOVE) & (mean[:, 1] > low - _BELOW) & (mean[:, 2] > ear + 1.0)
    chosen, stands = spread(mean, np.flatnonzero(usable), area, _SAMPLES)
    beside: list[list[int]] = [[] for _ in mean]
    for number, triangle in enumerate(faces.tolist()):
        for vertex in triangle:
            beside[vertex].append(number)
    most = max(len(beside[i]) for i in chosen)
    real = np.array([[float(k < len(beside[i])) for k in range(most)] for i in chosen])
    fans = np.array([[faces[beside[i][k if k < len(beside[i]) else 0]] for k in range(most)] for i in chosen])
    used, triangle = np.unique(fans, return_inverse=True)
    triangle = triangle.reshape(fans.shape)
    moving = Problem(model, Points((), (1, 1))).moving
    # One after the other in memory: every step adds all of them up.
    moves = np.ascontiguousarray(np.concatenate((model.identity[:, used], model.expression[moving][:, used])))
    rings = [np.unique(fan) for fan in triangle]
    count = max(map(len, rings))
    spokes = np.zeros((len(chosen), count, 3, len(moves)))
    corner = np.zeros(fans.shape, np.int64)
    for i, ring in enumerate(rings):
        spokes[i, : len(ring)] = moves[:, ring].transpose(1, 2, 0)
        corner[i] = np.searchsorted(ring, triangle[i])
    own = np.searchsorted(used, chosen)
    return _Rings(
        chosen, stands, mean[chosen], np.ascontiguousarray(moves[:, own].transpose(1, 2, 0)), mean[used], moves,
        triangle, real, corner, spokes.reshape(len(chosen), -1, len(moves)),
    )  # fmt: skip


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
