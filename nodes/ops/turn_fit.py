"""The rotation that takes directions to others, where some of them do not agree.

In closed form (Kabsch 1976), by least squares in which outliers count less and less (Tukey's biweight), from a start
that most agree on (RANSAC, Fischler and Bolles 1981).

Directions are unit vectors, rotations 3x3 for columns; they take those of the first picture to those of the second.
"""

import math
from dataclasses import dataclass

import numpy as np

from .turn_view import Floats

FEWEST = 60  # directions that it takes
_TRIALS = 128  # pairs of directions that a start is sought from
_JURY = 800  # directions that say which is the best
_AGREE = 1.5  # pixels within which a direction agrees with a rotation


@dataclass(frozen=True)
class Link:
    """A rotation from one picture to another. share : of the texture in both that agrees with it. error : pixels of the
    working size by which what agrees is off, in the median.
    """

    rotation: Floats
    share: float
    error: float


def rotation_between(source: Floats, target: Floats, weight: Floats, pixel: float) -> Link | None:
    """The rotation that takes unit vectors `[n, 3]` to others. pixel : the angle of one, in radians."""
    if weight.sum() <= 0 or (weight > 0).sum() < FEWEST:
        return None
    rotation = _start(source, target, weight, pixel)
    for _ in range(12):
        off = np.linalg.norm(target - source @ rotation.T, axis=1) / pixel
        near = off[off < 4 * _AGREE]
        spread = 1.4826 * float(np.median(near)) if len(near) else _AGREE
        limit = max(4.685 * spread, 0.25)
        w = weight * np.clip(1 - (off / limit) ** 2, 0, None) ** 2
        if w.sum() <= 0:
            break
        better = rotation_by_squares(source, target, w)
        done = angle_of(better @ rotation.T) < 1e-4 * pixel
        rotation = better
        if done:
            break
    off = np.linalg.norm(target - source @ rotation.T, axis=1) / pixel
    agree = off < _AGREE
    share = float(weight[agree].sum() / weight.sum())
    return Link(rotation, share, float(np.median(off[agree])) if agree.any() else math.inf)


def _start(source: Floats, target: Floats, weight: Floats, pixel: float) -> Floats:
    """The rotation of two directions that most others agree with; which two are tried is always the same."""
    draw = np.random.default_rng(1)
    pairs = draw.choice(len(source), (_TRIALS, 2), p=weight / weight.sum())
    pairs = pairs[np.linalg.norm(source[pairs[:, 0]] - source[pairs[:, 1]], axis=1) > 40 * pixel]
    some = draw.choice(len(source), min(len(source), _JURY), p=weight / weight.sum())
    rotations = np.concatenate((np.eye(3)[None], _nearest(target[pairs].transpose(0, 2, 1) @ source[pairs])))
    off = np.linalg.norm(target[some][None] - source[some] @ rotations.transpose(0, 2, 1), axis=2) / pixel
    agreeing = (1 / (1 + (off / _AGREE) ** 2)).sum(1)
    best: Floats = rotations[int(agreeing.argmax())]
    return best


def rotation_by_squares(source: Floats, target: Floats, weight: Floats) -> Floats:
    """The rotation that takes directions `[n, 3]` to others by weighted squares."""
    return _nearest((target * weight[:, None]).T @ source)


def _nearest(moments: Floats) -> Floats:
    """The rotations nearest to matrices `[..., 3, 3]`."""
    u, _, v = np.linalg.svd(moments)
    signs = np.ones((*moments.shape[:-2], 1, 3))
    signs[..., 0, 2] = np.sign(np.linalg.det(u @ v))
    rotations: Floats = (u * signs) @ v
    return rotations


def angle_of(rotation: Floats) -> float:
    """Radians of a rotation, exact for small ones."""
    axis = np.array([
        rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]
    ])  # fmt: skip
    return float(math.atan2(np.linalg.norm(axis) / 2, (np.trace(rotation) - 1) / 2))
