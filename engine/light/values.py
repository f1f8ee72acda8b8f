"""Numbers of a light: plain, or tensors where something is to be differentiated with respect to them."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ..params import Vec3
from ..reals import as_float

Scalar = float | Tensor
"""A number, or a tensor without dimensions."""
Triple = Vec3 | Tensor
"""Three numbers, or a tensor `[3]`."""


def floats(value: Any) -> Any:
    """Numbers of any kind as floats, lists and NumPy's vectors as tuples of them, so that equal lights have equal keys
    and files; all else as it is.
    """
    if isinstance(value, np.ndarray) and value.ndim < 2:
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        return tuple(map(floats, value))
    number = as_float(value)
    return value if number is None else number


def unfit(kind: object, value: Any) -> str:
    """What is expected of a value, as `floats` gives it, that is declared as a `Scalar`, a `Triple`, text or a tensor
    and is none; empty where it is, and of all that is declared otherwise.
    """
    if isinstance(value, Tensor):
        return ""
    if kind is Scalar:
        return "" if isinstance(value, float) and math.isfinite(value) else "expected a finite number"
    if kind is Triple:
        fits = isinstance(value, tuple) and len(value) == 3 and not any(unfit(Scalar, x) for x in value)
        return "" if fits else "expected three finite numbers"
    if kind is str:
        return "" if isinstance(value, str) else "expected text"
    if kind == Tensor or (kind == Tensor | None and value is not None):
        return "expected a tensor"
    return ""


class Carried:
    """Something made of tensors and settings, which can be had with other tensors: elsewhere, or in other memory."""

    def changed(self, change: Callable[[Tensor], Tensor]) -> Self:
        """A copy with each of its tensors changed."""
        made = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(made, name, change(value))
            elif isinstance(value, Carried):
                setattr(made, name, value.changed(change))
        return made

    def settings(self) -> tuple[object, ...]:
        """All that is no tensor: what two of a class have to have in common for the same work to be done with both."""
        parts = ((name, value) for name, value in vars(self).items() if not isinstance(value, Tensor))
        return type(self), *((name, x.settings() if isinstance(x, Carried) else x) for name, x in parts)


@contextmanager
def plainly() -> Iterator[None]:
    """For tensors that are kept: whoever asks for them first, they can be part of a gradient later."""
    with torch.inference_mode(False), torch.no_grad():
        yield


def tensor_of(value: Any, like: Tensor) -> Tensor:
    """`value` as a tensor of its own shape, `[]` for a number, with the dtype and device of `like`; gradients of a
    tensor are kept.
    """
    if isinstance(value, Tensor):
        return value.to(dtype=like.dtype, device=like.device)
    if isinstance(value, float):
        return torch.full((), value, dtype=like.dtype, device=like.device)  # a GPU need not wait for it
    return torch.tensor(value, dtype=like.dtype, device=like.device)


def unit(vector: Tensor, dim: int = 0) -> Tensor:
    """Vectors along `dim`, of any shape, scaled to length one; those shorter than a millionth stay short, and zero
    stays zero.
    """
    return vector * dot(vector, vector, dim).clamp_min(1e-12).rsqrt()


def triple(vector: Tensor) -> Vec3:
    """The numbers of a vector or a colour `[3]`."""
    x, y, z = vector.tolist()
    return x, y, z


def dot(a: Tensor, b: Tensor, dim: int = 0) -> Tensor:
    """Scalar products along `dim`, which stays with size one: `[3, h, w]` and `[3, h, w]` give `[1, h, w]`."""
    return (a * b).sum(dim, keepdim=True)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """Vector products `[3, ...]` of vectors `[3, ...]`. On processors torch's own takes five times as long along the
    first dimension.
    """
    (ax, ay, az), (bx, by, bz) = a.unbind(0), b.unbind(0)
    return torch.stack((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx))


def direction_of(azimuth: Scalar, elevation: Scalar) -> Tensor:
    """The unit vector `[3]` towards azimuth and elevation in degrees: 0, 0 is at the camera, +90, 0 at the picture's
    right.
    """
    a, e = (torch.deg2rad(torch.as_tensor(x, dtype=torch.get_default_dtype())) for x in (azimuth, elevation))
    return torch.stack((a.sin() * e.cos(), e.sin(), a.cos() * e.cos()))


def angles_of(direction: Triple) -> tuple[float, float]:
    """Azimuth in (-180, 180] and elevation in [-90, 90] of a direction of any length, in degrees."""
    x, y, z = (float(v) for v in direction)
    return math.degrees(math.atan2(x, z)), math.degrees(math.atan2(y, math.hypot(x, z)))


def basis(axis: Tensor) -> tuple[Tensor, Tensor]:
    """Two unit vectors that with the unit vectors `axis` `[3, ...]` make a right-handed frame (Duff et al. 2017)."""
    x, y, z = axis.unbind(0)
    sign = torch.where(z >= 0, 1.0, -1.0).to(axis.dtype)
    a = -1 / (sign + z)
    b = x * y * a
    return (
        torch.stack((1 + sign * x * x * a, sign * b, -sign * x)),
        torch.stack((b, sign + y * y * a, -y)),
    )


def turned(vectors: Tensor, degrees: Scalar) -> Tensor:
    """Vectors `[3, ...]` turned about the vertical axis so that their azimuth grows by `degrees`."""
    if not isinstance(degrees, Tensor) and degrees == 0:
        return vectors
    angle = torch.deg2rad(tensor_of(degrees, vectors))
    s, c = angle.sin(), angle.cos()
    x, y, z = vectors.unbind(0)
    return torch.stack((c * x + s * z, y, c * z - s * x))


def weighed(light: Tensor, weight: Tensor) -> Tensor:
    """Light `[C, ...]` times weights that fit it; where these are 0 there is none, also where it is infinite."""
    return (light * weight).masked_fill_(weight == 0, 0.0)


def indices(mask: Tensor) -> Tensor:
    """Where a mask `[n]` is true. NumPy finds that ten times as fast as torch on processors."""
    if mask.device.type == "cpu":
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.nonzero()[:, 0]
