"""Giving a picture the colours of another: statistics in a space of opponents that HDR and negative light survive.

Light is put on a scale that is logarithmic where it is bright and linear around zero, then split in brightness, yellow
against blue and red against green, the axes along which natural colours vary independently (Ruderman, Cronin and Chiao,
1998; Reinhard et al., 2001). The scale is a share of each picture's own level, so that exposure does not matter.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from rimlight.engine import mean_of_all

from .progress import Progress, silent

Match = Literal["moments", "covariance", "distribution"]
LINEAR_SHARE = 0.02
"""Share of a picture's level below which its scale goes over from logarithmic to linear."""
_KNOTS = 65
_TURNS = 8
_SEED = 20010901
_MOST = 1 << 14  # samples that describe a distribution
_LEAST_SPREAD = 1e-6
_FARTHEST = 40.0  # of the scale: a factor of e**40, short of the largest float

_AXES = torch.tensor(
    [[1 / math.sqrt(3)] * 3, [1 / math.sqrt(6)] * 2 + [-2 / math.sqrt(6)], [1 / math.sqrt(2), -1 / math.sqrt(2), 0.0]],
    dtype=torch.float64,
)


def encode(x: Tensor, level: float) -> Tensor:
    """`x [3, ...]`, linear, to brightness and two opponents, float64; `level` above 0 is the picture's own."""
    return rotated(torch.asinh(x.double() / (level * LINEAR_SHARE)), _AXES)


def decode(y: Tensor, level: float) -> Tensor:
    """The inverse of `encode`, float32."""
    return (rotated(y, _AXES.T).clamp(-_FARTHEST, _FARTHEST).sinh() * (level * LINEAR_SHARE)).float()


def rotated(x: Tensor, matrix: Tensor) -> Tensor:
    """`matrix [3, 3]` times `x [3, ...]`, by sums of planes, so that the thread count does not matter."""
    rows = matrix.tolist()
    return torch.stack([x[0] * a + x[1] * b + x[2] * c for a, b, c in rows])


def sampled(values: Tensor) -> Tensor:
    """At most about 32000 of `values [C, N]`, evenly spread, without any that are no number."""
    step = max(1, values.shape[1] // _MOST)
    some = values[:, ::step]
    return some[:, torch.isfinite(some).all(0)]


def transfer(x: Tensor, source: Tensor, target: Tensor, match: Match, progress: Progress = silent) -> Tensor:
    """`x [3, H, W]` moved so that samples `source [3, N]` become distributed as `target [3, M]`; all encoded.

    match : `moments` mean and deviation of each axis; `covariance` mean and covariance by the least movement (Pitie
        and Kokaram, 2007); `distribution` everything, by sliced optimal transport over fixed random directions.
    """
    if source.shape[1] == 0 or target.shape[1] == 0:
        return x
    if match == "distribution":
        return _sliced(x, source, target, progress)
    mean_s, mean_t = source.mean(1), target.mean(1)
    if match == "moments":
        spread_s, spread_t = (v.std(1, correction=0) for v in (source, target))
        matrix = torch.diag(torch.where(spread_s > _LEAST_SPREAD, spread_t / spread_s.clamp_min(_LEAST_SPREAD), 1.0))
    else:
        matrix = _least_movement(_covariance(source, mean_s), _covariance(target, mean_t))
    column = (slice(None), *(None,) * (x.dim() - 1))
    return rotated(x - mean_s[column], matrix) + mean_t[column]


def _covariance(values: Tensor, mean: Tensor) -> Tensor:
    centered = values - mean[:, None]
    rows = [[mean_of_all(a * b) for b in centered] for a in centered]
    return torch.stack([torch.stack(row) for row in rows]).cpu()


def _least_movement(a: Tensor, b: Tensor) -> Tensor:
    """The symmetric matrix T with `T a T = b`: the linear optimal transport between two Gaussians."""
    root, back = _root(a, 0.5), _root(a, -0.5)
    return back @ _root(root @ b @ root, 0.5) @ back


def _root(matrix: Tensor, power: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    made: Tensor = (vectors * values.clamp_min(_LEAST_SPREAD**2).pow(power)) @ vectors.T
    return made


def _sliced(x: Tensor, source: Tensor, target: Tensor, progress: Progress) -> Tensor:
    random = torch.Generator().manual_seed(_SEED)
    ranks = torch.linspace(0, 1, _KNOTS, dtype=torch.float64)
    for turn in range(_TURNS):
        normal = torch.randn(3, 3, generator=random, dtype=torch.float64)
        axes = torch.eye(3, dtype=torch.float64) if turn == 0 else torch.linalg.qr(normal).Q.T
        turned_x, turned_s, turned_t = (rotated(v, axes) for v in (x, source, target))
        for axis in range(3):
            progress((3 * turn + axis) / (3 * _TURNS))
            before, after = (_quantiles(v[axis], ranks) for v in (turned_s, turned_t))
            turned_x[axis] = _mapped(turned_x[axis], before, after)
            turned_s[axis] = _mapped(turned_s[axis], before, after)
        x, source = rotated(turned_x, axes.T), rotated(turned_s, axes.T)
    return x


def _quantiles(values: Tensor, ranks: Tensor) -> Tensor:
    order = values.sort().values
    place = ranks.to(values.device) * (len(order) - 1)
    low = place.long().clamp(max=max(0, len(order) - 2))
    return torch.lerp(order[low], order[(low + 1).clamp(max=len(order) - 1)], place - low)


def _mapped(x: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """`x` along the line through the knots (before, after), which goes on at slope 1 beyond them."""
    place = torch.searchsorted(before, x.contiguous(), right=True).clamp(1, len(before) - 1)
    low, high = before[place - 1], before[place]
    share = torch.where(high > low, (x - low) / (high - low).clamp_min(1e-300), 0.5)
    inside = torch.lerp(after[place - 1], after[place], share)
    inside = torch.where(x < before[0], after[0] + (x - before[0]), inside)
    return torch.where(x > before[-1], after[-1] + (x - before[-1]), inside)
