"""Depth from normals: the surface whose slopes fit the normals best."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..region import Region
from ..sums import mean_of_all, sum_of_all
from .camera import Camera

_STEEPEST = 0.05
"""Normals are taken to face the camera at least by this cosine: a silhouette has no finite slope."""


def depth_from_normals(
    normal: Tensor, camera: Camera, region: Region, *, mean: float = 1.0, weight: Tensor | None = None, rounds: int = 0
) -> Tensor:
    """Depth `[1, h, w]` along the axis, whose logarithm has the slopes of normals `[3, h, w]`, with a mean logarithm of
    `log(mean)`: normals say nothing of the distance.

    Least squares (Horn 1990) in closed form by cosine transforms, edges free. Where normals are wrong or depth jumps,
    `weight` `[1, h, w]` from 0 to 1 says how much they count; then `rounds` of a preconditioned conjugate gradient
    refine the result, about 30 for sharp edges.
    """
    gx, gy = depth_steps(normal, camera, region)
    log_depth = _poisson(_divergence(gx, gy))
    if weight is not None and rounds:
        wx = torch.minimum(weight[..., 1:], weight[..., :-1])
        wy = torch.minimum(weight[:, 1:], weight[:, :-1])
        log_depth = _refined(log_depth, gx, gy, wx.clamp_min(1e-4), wy.clamp_min(1e-4), rounds)
    return torch.exp(log_depth - mean_of_all(log_depth) + math.log(mean))


def depth_steps(normal: Tensor, camera: Camera, region: Region, steepest: float = _STEEPEST) -> tuple[Tensor, Tensor]:
    """Steps of the logarithm of depth along the axis that normals `[3, h, w]` tell, to the right `[1, h, w - 1]` and
    down `[1, h - 1, w]`.

    steepest : cosine by which a normal is taken to face the camera at least.
    """
    facing = -(normal * camera.rays(region, normal)).sum(0, keepdim=True)
    facing = facing.clamp_min(steepest)
    # A step of one pixel moves the ray by `right` or `down`; staying on the plane changes log depth by this much.
    right, down = 2 * camera.tan_x / camera.width, -2 * camera.tan_y / camera.height
    slope_x = normal[0:1] * right / facing
    slope_y = normal[1:2] * down / facing
    return 0.5 * (slope_x[..., 1:] + slope_x[..., :-1]), 0.5 * (slope_y[:, 1:] + slope_y[:, :-1])


def _refined(x: Tensor, gx: Tensor, gy: Tensor, wx: Tensor, wy: Tensor, rounds: int) -> Tensor:
    """Conjugate gradients on the weighted problem, with the unweighted one's solution as preconditioner."""

    def applied(v: Tensor) -> Tensor:
        return _divergence(wx * v.diff(dim=-1), wy * v.diff(dim=-2))

    residual = _divergence(wx * gx, wy * gy) - applied(x)
    z = _poisson(residual)
    direction = z
    power = sum_of_all(residual * z)
    for _ in range(rounds):
        pushed = applied(direction)
        step = power / _nonzero(sum_of_all(direction * pushed))
        x = x + step * direction
        residual = residual - step * pushed
        z = _poisson(residual)
        after = sum_of_all(residual * z)
        direction = z + after / _nonzero(power) * direction
        power = after
    return x


def _nonzero(x: Tensor) -> Tensor:
    return torch.where(x.abs() > 1e-30, x, 1e-30)


def _divergence(gx: Tensor, gy: Tensor) -> Tensor:
    """The divergence `[1, h, w]` of differences between neighbours `[1, h, w - 1]` and `[1, h - 1, w]`, none at the
    border.
    """
    across = F.pad(gx, (0, 1)) - F.pad(gx, (1, 0))
    return across + F.pad(gy, (0, 0, 0, 1)) - F.pad(gy, (0, 0, 1, 0))


def _poisson(source: Tensor) -> Tensor:
    """The picture with mean 0 whose Laplacian, free at the border, is `source` `[1, h, w]`."""
    _, h, w = source.shape
    # Mirrored at its border a picture is periodic, and its Fourier transform is the cosine transform.
    wide = torch.cat((source, source.flip(-1)), -1)
    wide = torch.cat((wide, wide.flip(-2)), -2)
    fy = torch.arange(2 * h, dtype=source.dtype, device=source.device)[:, None] * (math.pi / h)
    fx = torch.arange(w + 1, dtype=source.dtype, device=source.device)[None] * (math.pi / w)
    factor = 2 * fx.cos() + 2 * fy.cos() - 4
    factor[0, 0] = 1.0
    spectrum = torch.fft.rfft2(wide) / factor
    keep = torch.ones_like(factor)
    keep[0, 0] = 0.0
    solution: Tensor = torch.fft.irfft2(spectrum * keep, s=(2 * h, 2 * w))[:, :h, :w]
    return solution
