"""Real spherical harmonics of order 2 (9) and 3 (16), orthonormal over the sphere, in camera space.

The index is `l * l + l + m`; the polynomials are the usual ones in x, y, z without the Condon-Shortley sign, so that
the coefficients 1, 2, 3 go with y, z, x.
"""

import math
from functools import cache

import torch
from torch import Tensor

from .equirect import latlong_directions, latlong_solid_angles
from .values import plainly

_COSINE = (1.0, 2 / 3, 1 / 4, 0.0)
"""What a cosine lobe makes of each order, over pi."""


def basis_at(direction: Tensor, order: int = 2) -> Tensor:
    """The harmonics `[(order + 1)^2, ...]` at unit vectors `[3, ...]`, order 0 to 3."""
    x, y, z = direction.unbind(0)
    pi = math.pi
    c1, c2 = math.sqrt(3 / (4 * pi)), math.sqrt(15 / (4 * pi))
    out = [torch.full_like(x, 0.5 / math.sqrt(pi)), c1 * y, c1 * z, c1 * x]
    out += [
        c2 * x * y,
        c2 * y * z,
        math.sqrt(5 / (16 * pi)) * (3 * z * z - 1),
        c2 * x * z,
        0.5 * c2 * (x * x - y * y),
    ]
    if order >= 3:
        c3, c4, c5 = math.sqrt(35 / (32 * pi)), math.sqrt(105 / (4 * pi)), math.sqrt(21 / (32 * pi))
        out += [
            c3 * y * (3 * x * x - y * y),
            c4 * x * y * z,
            c5 * y * (5 * z * z - 1),
            math.sqrt(7 / (16 * pi)) * z * (5 * z * z - 3),
            c5 * x * (5 * z * z - 1),
            0.5 * c4 * z * (x * x - y * y),
            c3 * x * (x * x - 3 * y * y),
        ]
    return torch.stack(out[: (order + 1) ** 2])


def project_harmonics(picture: Tensor, order: int = 2) -> Tensor:
    """Coefficients `[(order + 1)^2, C]` of an equirectangular picture `[C, h, w]`."""
    _, h, w = picture.shape
    weighted = basis_at(latlong_directions(h, w, picture), order) * latlong_solid_angles(h, w, picture)
    return torch.einsum("khw,chw->kc", weighted, picture)


def radiance(coefficients: Tensor, direction: Tensor) -> Tensor:
    """The picture `[C, ...]` that coefficients `[K, C]` stand for, in directions `[3, ...]`; it may go below zero."""
    return torch.einsum("k...,kc->c...", basis_at(direction, _order(coefficients)), coefficients)


def irradiance(coefficients: Tensor, normal: Tensor) -> Tensor:
    """Irradiance / pi `[C, ...]` on surfaces with unit normals `[3, ...]` (Ramamoorthi and Hanrahan 2001).

    Off by 9 % of the highest value at worst, for a light as small as a point; below 2 % for smooth surroundings.
    """
    shares = [_COSINE[n] for n in range(_order(coefficients) + 1) for _ in range(2 * n + 1)]
    return radiance(coefficients * coefficients.new_tensor(shares)[:, None], normal)


def fit_irradiance(normal: Tensor, shading: Tensor, weight: Tensor, smoothness: float = 0.02) -> Tensor:
    """The surroundings `[..., 9, C]`, harmonics of order 2, whose irradiance / pi comes nearest to a shading.

    normal : `[..., 3, n]` unit vectors. shading : `[..., C, n]`, of any strength. weight : `[..., n]`, 0 or more.
    smoothness : of the weight's mean, by how much high orders are held back where normals leave them open, such as on a
    flat wall. Errors count relative to the shading, so that bright places do not decide alone.
    """
    shares, held = _orders(normal.dtype, normal.device)
    basis = torch.movedim(basis_at(normal.movedim(-2, 0)), 0, -1) * shares  # [..., n, 9]
    values = shading.transpose(-1, -2)
    bright = values.clamp_min(0).mean(-1, keepdim=True)
    level = (bright * weight[..., None]).sum(-2, keepdim=True) / weight[..., None].sum(-2, keepdim=True).clamp_min(1e-6)
    level = level.clamp_min(1e-12)
    relative = weight[..., None] / (bright / level + 0.25).square()
    relative = relative / relative.sum(-2, keepdim=True).clamp_min(1e-12)
    left = basis.transpose(-1, -2) @ (relative * basis) + torch.diag(held * smoothness * shares.square())
    right = basis.transpose(-1, -2) @ (relative * values / level)
    # What is held back makes the equations regular, so that a GPU need not be waited for to hear whether they are.
    solved: Tensor = torch.linalg.solve_ex(left, right).result
    return solved * level


@cache  # for good: a GPU may have recorded where they are
def _orders(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Of each of the nine harmonics what a cosine lobe makes of its order, and how far it is to be held back."""
    with plainly():
        orders = [n for n in range(3) for _ in range(2 * n + 1)]
        shares = torch.tensor([_COSINE[n] for n in orders], dtype=dtype, device=device)
        held = torch.tensor([max(1e-4, float(n * n)) for n in orders], dtype=dtype, device=device)
        return shares, held


def rotated(coefficients: Tensor, rotation: Tensor) -> Tensor:
    """Coefficients `[n, C]` of the surroundings turned by a rotation `[3, 3]`: what was towards d is towards
    `rotation @ d`.
    """
    order = _order(coefficients)
    # As many directions as it takes to determine a polynomial of this order; least squares makes the rest exact.
    points = latlong_directions(8, 16, coefficients).reshape(3, -1)
    before = basis_at(rotation.T.to(points) @ points, order)
    after = basis_at(points, order)
    turned_back: Tensor = torch.linalg.lstsq(after.T, before.T @ coefficients).solution
    return turned_back


def _order(coefficients: Tensor) -> int:
    return math.isqrt(coefficients.shape[0]) - 1
