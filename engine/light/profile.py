"""Photometric profiles: how bright a lamp is in each direction, as it was measured, in candelas.

Directions are given by the angles that goniometers have, in degrees. The axis is where the lamp points, right and up
are as seen from it along the axis.

- Type C, nearly all files: `vertical` is the angle to the axis, 0 to 180, `horizontal` the turn about it, 0 to the
  right and 90 up, 0 to 360.
- Type B, floodlights: planes that turn about the axis to the right. `vertical` is the plane, above zero upwards,
  `horizontal` the angle out of it, above zero to the right; both are -90 to 90.
- Type A, headlamps: planes that turn about the axis upwards. `horizontal` is the plane, above zero to the right,
  `vertical` the angle out of it, above zero upwards.

Between measured directions candelas change evenly with the angles; outside them the lamp is dark.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import ParameterError
from .values import Carried, Scalar, tensor_of

Goniometer = Literal["A", "B", "C"]

_CLOSE = 1e-3
"""Degrees by which a direction may be outside what was measured."""
_OFF_AXIS = 1e-12
"""The square of the least sine, which keeps the derivative finite on the axis."""


@dataclass(frozen=True, eq=False)
class Profile:
    """A lamp's candelas over the sphere.

    vertical `[v]`, horizontal `[h]` : degrees, rising. Of type C horizontal goes from 0 to 360, or is one angle where
    all turns are the same. candela : `[h, v]`, none below zero, one at least above. Raises ParameterError.
    """

    kind: Goniometer
    vertical: Tensor
    horizontal: Tensor
    candela: Tensor

    def __post_init__(self) -> None:
        v, h, table = self.vertical, self.horizontal, self.candela
        if v.ndim != 1 or h.ndim != 1 or tuple(table.shape) != (len(h), len(v)) or len(v) < 2:
            shapes = ", ".join(str(list(x.shape)) for x in (v, h, table))
            raise ParameterError(f"profile: shapes {shapes}, expected [v], [h], [h, v] with v of 2 at least")
        if self.kind not in ("A", "B", "C"):
            raise ParameterError(f"profile: type {self.kind}, expected A, B or C")
        if not all(bool(x.isfinite().all()) for x in (v, h, table)):
            raise ParameterError("profile: expected finite numbers")
        for name, angles in (("vertical", v), ("horizontal", h)):
            low, high = self.limits(name)
            if bool((angles.diff() <= 0).any()):
                raise ParameterError(f"profile: the {name} angles do not rise")
            if float(angles[0]) < low - _CLOSE or float(angles[-1]) > high + _CLOSE:
                found = f"{float(angles[0]):g} to {float(angles[-1]):g}"
                raise ParameterError(
                    f"profile: the {name} angles go from {found}, those of type {self.kind} lie within {low:g} to"
                    f" {high:g}"
                )
        if bool((table < 0).any()) or not bool((table > 0).any()):
            raise ParameterError("profile: expected candelas from 0 upwards, and some light")

    def limits(self, name: str) -> tuple[float, float]:
        """The least and the largest angle of `vertical` or `horizontal`."""
        if self.kind == "C":
            return (0.0, 180.0) if name == "vertical" else (0.0, 360.0)
        return -90.0, 90.0

    @property
    def peak(self) -> float:
        """Candelas in the brightest direction."""
        return float(self.candela.max())

    @property
    def lumens(self) -> float:
        """The light in all directions together, exact for candelas that change evenly with the angles."""
        table = self.candela.double()
        if self.kind == "B":  # the planes' common axis is to the right, so `horizontal` is the latitude
            table, latitude, around = table.T, self.horizontal, self.vertical
        else:
            latitude, around = self.vertical, self.horizontal
        start = 0.0 if self.kind == "C" else 90.0
        rows = _over_latitude(table, torch.deg2rad(latitude.double() + start))
        if len(around) == 1:
            return float(rows[0]) * 2 * math.pi
        return float(torch.trapezoid(rows, torch.deg2rad(around.double())))

    @property
    def mean(self) -> float:
        """Candelas of a lamp that shines to all sides evenly and has the same lumens."""
        return self.lumens / (4 * math.pi)

    @property
    def nbytes(self) -> int:
        """Bytes of its tensors, for caches."""
        return sum(x.numel() * x.element_size() for x in (self.vertical, self.horizontal, self.candela))


def _over_latitude(table: Tensor, angles: Tensor) -> Tensor:
    """The integrals of rows `[k, n]`, straight between `angles` `[n]` in radians, times the angles' sines."""
    a, b = angles[:-1], angles[1:]
    slope = table.diff(dim=1) / (b - a)
    # Of (f + s (x - a)) sin x the primitive is -(f + s (x - a)) cos x + s sin x.
    parts = table[:, :-1] * a.cos() - table[:, 1:] * b.cos() + slope * (b.sin() - a.sin())
    return parts.sum(1)


class Distribution(Carried):
    """A profile ready to be looked up, in shares of its mean over all directions.

    scale : how many times wider it is spread, from the axis where above zero, from behind it where below.
    """

    def __init__(self, profile: Profile, scale: Scalar, like: Tensor) -> None:
        self.kind = profile.kind
        self.vertical, self.horizontal = profile.vertical.to(like), profile.horizontal.to(like)
        table = (profile.candela.double() / profile.mean).to(like)
        if profile.kind == "C" and len(profile.horizontal) > 1:
            # All turns meet at the poles.
            poles = ((profile.vertical < _CLOSE) | (profile.vertical > 180 - _CLOSE)).to(table.device)
            table = torch.where(poles, table[:-1].mean(0, keepdim=True), table)
        self.table = table.contiguous()
        self.size = tuple(table.shape)  # of the same work two lights have tables of one size
        self.even = _evenly(profile.vertical), _evenly(profile.horizontal)
        self.scale = scale

    def share(self, forward: Tensor, right: Tensor, up: Tensor) -> Tensor:
        """What goes into directions, unit vectors by their components, all of one shape."""
        across = (right * right + up * up + _OFF_AXIS).sqrt()
        turn = torch.rad2deg(torch.atan2(across, forward))
        if isinstance(self.scale, Tensor) or self.scale != 1:
            scale = tensor_of(self.scale, turn)
            turn = torch.where(scale > 0, turn / scale, 180 + (turn - 180) / -scale)
            if self.kind != "C":
                # The direction that is shown here.
                angle = torch.deg2rad(turn.clamp(0, 180))
                forward, longer = angle.cos(), angle.sin() / across
                right, up = right * longer, up * longer
        if self.kind == "C":
            row = None if self.size[0] == 1 else torch.rad2deg(torch.atan2(up, right))
            return self._at(turn, None if row is None else torch.where(row < 0, row + 360, row))
        if self.kind == "B":
            lean = torch.rad2deg(torch.atan2(right, (forward * forward + up * up + _OFF_AXIS).sqrt()))
            return self._at(torch.rad2deg(torch.atan2(up, forward)), lean)
        lean = torch.rad2deg(torch.atan2(up, (forward * forward + right * right + _OFF_AXIS).sqrt()))
        return self._at(lean, torch.rad2deg(torch.atan2(right, forward)))

    def _at(self, vertical: Tensor, horizontal: Tensor | None) -> Tensor:
        column, inside = _placed(self.vertical, vertical, self.even[0])
        row = torch.zeros_like(column)
        if horizontal is not None:
            row, there = _placed(self.horizontal, horizontal, self.even[1])
            inside = inside & there
        grid = torch.stack((column, row), -1)
        found = F.grid_sample(self.table[None, None], grid, padding_mode="border", align_corners=True)
        return found[0] * inside


def _placed(knots: Tensor, x: Tensor, even: bool) -> tuple[Tensor, Tensor]:
    """Where `x` lies among knots, -1 at the first and 1 at the last, and whether it lies between these."""
    inside = (x >= knots[0] - _CLOSE) & (x <= knots[-1] + _CLOSE)
    if even:
        return 2 * (x - knots[0]) / (knots[-1] - knots[0]) - 1, inside
    index = (torch.searchsorted(knots, x.detach().contiguous(), right=True) - 1).clamp(0, len(knots) - 2)
    low, high = knots[index], knots[index + 1]
    at = index + ((x - low) / (high - low)).clamp(0, 1)
    return at * (2 / (len(knots) - 1)) - 1, inside


def _evenly(knots: Tensor) -> bool:
    """Whether steps between knots are the same, as those of most files are."""
    steps = knots.double().diff()
    return len(steps) > 0 and bool((steps - steps.mean()).abs().max() < 1e-4 * steps.mean())
