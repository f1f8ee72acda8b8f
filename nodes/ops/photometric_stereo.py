"""Normals and albedo of pictures of one still thing, each under one light from a known direction.

Lambert's law, inverted (Woodham 1980). Shadows and highlights contradict it, so pictures that do not fit the others
count less from round to round (iteratively reweighted least squares with the weights of Geman and McClure).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_ROUNDS = 6
_WIDE, _NARROW, _STEP = 0.3, 0.05, 0.6
"""Of a surface's brightness, by how much pictures may err in the first round and in the end, and the way between."""
_DARKEST = 0.3
"""Of the pictures, the share that counts as shadow to begin with where there are more than four."""
_TURNED = 0.02
"""The cosine below which a surface has turned away from a light."""
_STEADY = 1e-4
"""Keeps what no picture tells where it is."""
_BALANCING, _FURTHER = 60, 1.8
"""How often gains are found anew, and how much further each step goes than it says: alone it halves the error in ten.
"""
_DOUBT = 1.0
"""By how much pictures may err before their lights are balanced, as `_WIDE`."""
_SURE = 0.2
"""The cosine to a light from which a surface tells how bright it is."""


@dataclass(frozen=True)
class Fitted:
    """What pictures tell of `p` surfaces.

    normal : unit `[3, p]`. bright : albedo times the mean strength of the lights `[p]`. weight : how much each picture
    counts `[n, p]`. error : expected angle of the normal, in radians `[p]`; infinite where too few pictures tell.
    """

    normal: Tensor
    bright: Tensor
    weight: Tensor
    error: Tensor


def fit_surfaces(
    seen: Tensor, lights: Tensor, before: Tensor | None = None, trust: float = 0.0, narrow: float = _NARROW
) -> Fitted:
    """Normals and brightness that explain pictures best.

    seen : the pictures `[n, p]`, n of at least 3, in any unit. lights : towards each light, as long as a surface that
    faces it is bright, `[n, 3, p]` or `[n, 3, 1]`. before : unit normals `[3, p]` that were known before. trust : how
    many pictures these weigh as much as. narrow : of a surface's brightness, by how much pictures may err in the end.
    """
    count = len(seen)
    strength = _length(lights, 1).mean().clamp_min(1e-30)
    lights = lights / strength
    top = seen.amax(0).clamp_min(1e-30)
    seen = seen / top
    held = trust / count if before is not None else _STEADY
    rank = seen.argsort(0).argsort(0)
    dark, brightest = (int(_DARKEST * count) if count > 4 else 0), (count - 1 if count > 5 else count)
    weight = ((rank >= dark) & (rank < brightest)) * seen.clamp_min(0)
    pull = torch.zeros_like(lights[0]).expand(3, seen.shape[1])
    if before is not None:
        facing = _dot(lights, before).clamp_min(0)
        share = (weight * seen * facing).sum(0) / (weight * facing.square()).sum(0).clamp_min(1e-6)
        pull = before * share
    found = _least_squares(seen, lights, weight, pull, held)
    off = torch.zeros_like(seen)
    for i in range(_ROUNDS):
        size = _length(found, 0).clamp_min(1e-6)
        expected = _dot(lights, found)
        off = (seen - expected) / size
        width = max(narrow, _WIDE * _STEP**i)
        weight = (1 + (off / width).square()).square().reciprocal()
        weight = torch.where(expected <= _TURNED * size, 0.0, weight)
        found = _least_squares(seen, lights, weight, found if before is None else before * size, held)
    size = _length(found, 0)
    scatter = (weight * off.square()).sum(0) / weight.sum(0).clamp_min(1e-6)
    spread = _trace_of_inverse(_matrix(lights, _weighted(lights, weight), 0.0))
    error = ((_NARROW**2 + scatter) * spread).sqrt()
    return Fitted(found / size.clamp_min(1e-30), size * top / strength, weight, error)


def balance(seen: Tensor, lights: Tensor, before: Tensor | None = None, trust: float = 0.0) -> Tensor:
    """By how much each picture is brighter than its light says, in each channel `[n, c]`, as the pictures agree.

    seen : pictures `[n, c, p]` of surfaces picked evenly; the others as `fit_surfaces` takes them. The geometric mean
    over the pictures is 1 in each channel.
    """
    gains = torch.ones_like(seen[:, :, 0])
    for i in range(_BALANCING):
        even = seen / gains[:, :, None]
        # Wide at first: half of the pictures may agree with each other and not with the rest.
        fitted = fit_surfaces(even.mean(1), lights, before, trust, max(_NARROW, _DOUBT * _STEP ** (i / 2)))
        facing = _dot(lights, fitted.normal)
        paint = albedo(even, facing, fitted.weight)
        lit = paint * facing[:, None]
        sure = facing > _SURE * _length(lights, 1)
        ratio = torch.where(sure[:, None] & (lit > 0) & (even > 0), even / lit.clamp_min(1e-30), torch.nan)
        found = ratio.nanmedian(dim=2).values.nan_to_num(1.0).clamp_min(1e-6).log()
        gains = gains * (_FURTHER * (found - found.mean(0))).exp()
    return gains


def albedo(seen: Tensor, facing: Tensor, weight: Tensor) -> Tensor:
    """The albedo `[c, p]` under which pictures `[n, c, p]` are as bright as they are.

    facing : what reaches a white surface there, `[n, p]`. weight : how much each picture counts `[n, p]`.
    """
    reaches = facing.clamp_min(0)
    power = (weight * reaches.square()).sum(0)
    return ((weight * reaches)[:, None] * seen).sum(0) / power.clamp_min(1e-12)


def _dot(lights: Tensor, normal: Tensor) -> Tensor:
    """`[n, p]` of `[n, 3, p]` and `[3, p]`."""
    x, y, z = lights.unbind(1)
    return torch.addcmul(torch.addcmul(x * normal[0], y, normal[1]), z, normal[2])


def _length(x: Tensor, dim: int) -> Tensor:
    """That of vectors along a short dimension, for which `Tensor.norm` takes thirty times as long."""
    return x.square().sum(dim).sqrt()


def _matrix(lights: Tensor, weighted: tuple[Tensor, ...], held: float) -> tuple[Tensor, ...]:
    """The upper half of the symmetric matrix of the normal equations, row by row. weighted : as of `_weighted`."""
    x, y, z = lights.unbind(1)
    wx, wy, wz = weighted
    return (
        (wx * x).sum(0) + held, (wx * y).sum(0), (wx * z).sum(0),
        (wy * y).sum(0) + held, (wy * z).sum(0),
        (wz * z).sum(0) + held,
    )  # fmt: skip


def _weighted(lights: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    """The three components of the lights `[n, p]`, each picture by its weight."""
    return tuple(weight * component for component in lights.unbind(1))


def _cofactors(m: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], Tensor]:
    """Those of a symmetric matrix, its upper half row by row, and its determinant, which is not below 0 here."""
    a, b, c, d, e, f = m
    of = (d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b)
    return of, (a * of[0] + b * of[1] + c * of[2]).clamp_min(1e-20)


def _least_squares(seen: Tensor, lights: Tensor, weight: Tensor, pull: Tensor, held: float) -> Tensor:
    """The vectors `[3, p]` whose products with the lights are what is seen; held : the weight of being `pull`."""
    weighted = _weighted(lights, weight)
    (a, b, c, d, e, f), determinant = _cofactors(_matrix(lights, weighted, held))
    x, y, z = ((component * seen).sum(0) + held * pull[i] for i, component in enumerate(weighted))
    return torch.stack((a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z)) / determinant


def _trace_of_inverse(m: tuple[Tensor, ...]) -> Tensor:
    (a, _, _, d, _, f), determinant = _cofactors(m)
    return (a + d + f).clamp_min(0) / determinant
