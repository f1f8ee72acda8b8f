"""How far a filter widens in the source under a mapping, so that nothing aliases where the picture gets smaller.

With J the derivative of source coordinates by output coordinates, the footprint is P = sqrt(J Jt), symmetric, with its
eigenvalues (the local scales) raised to at least 1. The kernel of a source pixel at distance d is f(x) f(y) with
(x, y) = P^-1 d. Without minification P is the identity and this is plain interpolation, with axis-aligned scaling it is
the usual widened separable kernel, and in between nothing jumps. Local scales further apart than `MAX_ANISOTROPY` are
brought nearer by blurring the smaller one, and those beyond `_LARGEST` show the whole picture anyway.
"""

import torch
from torch import Tensor

MAX_ANISOTROPY = 8.0
_LARGEST = 2.0**20
"""Pixels: wider than a picture is. Fields may jump by as much as a float holds, where nothing was rendered."""

Footprint = tuple[Tensor, Tensor, Tensor]
"""(p00, p01, p11) of the symmetric 2x2 matrix P."""


def footprint(ux: Tensor, uy: Tensor, vx: Tensor, vy: Tensor) -> Footprint:
    """P of the derivatives du/dX, du/dY, dv/dX, dv/dY; tensors of one shape. Values that are no number count as 1."""
    a00, a01, a11 = ux * ux + uy * uy, ux * vx + uy * vy, vx * vx + vy * vy
    det = (ux * vy - uy * vx).abs()
    # The square root of a symmetric 2x2 matrix A is (A + sqrt(det A) I) / sqrt(trace A + 2 sqrt(det A)).
    root = (a00 + a11 + 2 * det).sqrt().clamp(min=1e-12)
    p00, p01, p11 = (a00 + det) / root, a01 / root, (a11 + det) / root
    mean, half = (p00 + p11) / 2, torch.hypot((p00 - p11) / 2, p01)
    large = (mean + half).clamp(min=1.0, max=_LARGEST)
    large = torch.where(large < 1.0 + 1e-6, 1.0, large)
    small = torch.maximum((mean - half).clamp(min=1.0, max=_LARGEST), large / MAX_ANISOTROPY)
    stretch = torch.where(half > 1e-9, (large - small) / (2 * half).clamp(min=1e-9), 0.0)
    shift = large - stretch * (mean + half)
    flat = large == small
    p00 = torch.where(flat, large, shift + stretch * p00)
    p11 = torch.where(flat, large, shift + stretch * p11)
    p01 = torch.where(flat, 0.0, stretch * p01)
    known = torch.isfinite(p00) & torch.isfinite(p01) & torch.isfinite(p11)
    return torch.where(known, p00, 1.0), torch.where(known, p01, 0.0), torch.where(known, p11, 1.0)


def axis_reach(p: Footprint, support: float) -> tuple[Tensor, Tensor]:
    """How far a kernel with this footprint reaches along x and along y, in source pixels."""
    p00, p01, p11 = p
    return support * (p00.abs() + p01.abs()), support * (p11.abs() + p01.abs())


def mip_level(p: Footprint, support: float) -> Tensor:
    """How often the source may be halved first.

    The narrow side of the footprint stays 1.5 pixels or more, 1 or more for kernels that reach beyond the next pixel.
    """
    p00, p01, p11 = p
    small = (p00 + p11) / 2 - torch.hypot((p00 - p11) / 2, p01)
    narrow = 1.5 if support <= 1.0 else 1.0
    return torch.floor(torch.log2((small / narrow).clamp(min=1.0))).clamp_(max=20.0)
