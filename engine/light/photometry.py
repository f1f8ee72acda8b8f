"""What the numbers of a light mean. This is the convention of the whole product.

Let `level` be `2 ** exposure * color * white_rgb(kelvin, tint)`, RGB in the working space. Then

- a directional light gives the irradiance `pi * level` on a surface that faces it, so that a white Lambertian surface
  reads `level`: 1.0 at 0 stops;
- a point, spot or area light has the intensity, on its axis and seen from afar, that gives a surface facing it from
  100 cm the same `pi * level`; it falls with the square of the distance. So a light keeps its exposure far away when
  its size changes, and a nearby large area light gives a little less than a small one, as it does in the studio;
- of a light with a profile this holds in the direction in which it is brightest; or for the mean of all directions,
  which keeps its power; or at an intensity of pi candelas: a nit is a pixel value of 1, so a white Lambertian surface
  that faces a candela from 100 cm reads 1 / pi;
- an environment, spherical gaussians and spherical harmonics have the radiance of their picture times `level`:
  surroundings of 1.0 light a white Lambertian surface to 1.0.

The shading layer is irradiance / pi, so it reads `level` in these cases, and `albedo * shading` is the diffuse picture.

Whites have luminance 1 in the working space, so that a change of kelvin or tint keeps the brightness. They are
Planck's below 4000 K, daylight above 5000 K, and go over from one to the other between, as CIE 15 has it for
reference illuminants. `NEUTRAL_KELVIN` is white in the picture whatever the working space, as plates and renders are
balanced. Low temperatures lie outside a narrow gamut: their blue is then negative, and nothing clamps it.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import torch
from torch import Tensor

from ..params import Matrix3, Vec3
from .lights import NEUTRAL_KELVIN, Light, StandingLight
from .values import Scalar, plainly, tensor_of

REFERENCE_CM = 100.0
"""The distance at which a point light equals a directional light of the same exposure."""

D65 = (0.3127, 0.3290)
ACES_WHITE = (0.32168, 0.33767)

_BRADFORD = torch.tensor(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]], dtype=torch.float64
)


@dataclass(frozen=True)
class WorkingSpace:
    """The linear RGB in which light is added up.

    from_xyz : row-major matrix from CIE XYZ relative to D65, adapted to the space's white, to RGB.
    luminance : weights of red, green and blue in luminance, summing to 1.
    """

    from_xyz: Matrix3
    luminance: Vec3

    @classmethod
    def of(cls, red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float],
           white: tuple[float, float]) -> Self:  # fmt: skip
        """The space of primaries and white given as CIE x, y; D65 is adapted to its white by Bradford."""
        primaries = torch.stack([_xyz(*xy) for xy in (red, green, blue)], 1)
        to_xyz = primaries * torch.linalg.solve(primaries, _xyz(*white))
        gains = (_BRADFORD @ _xyz(*white)) / (_BRADFORD @ _xyz(*D65))
        adapt = torch.linalg.solve(_BRADFORD, torch.diag(gains) @ _BRADFORD)
        return cls._made(torch.linalg.solve(to_xyz, adapt), (to_xyz[1] / to_xyz[1].sum()).tolist())

    @classmethod
    def from_ap0(cls, to_ap0: Matrix3, luminance: Vec3) -> Self:
        """The space of a matrix to ACES2065-1, as a colour config knows it, and its luminance weights."""
        ap0 = cls.of((0.7347, 0.2653), (0.0, 1.0), (0.0001, -0.077), ACES_WHITE)
        rows = torch.tensor(ap0.from_xyz, dtype=torch.float64).reshape(3, 3)
        matrix = torch.tensor(to_ap0, dtype=torch.float64).reshape(3, 3)
        return cls._made(torch.linalg.solve(matrix, rows), luminance)

    def matrix_to(self, other: "WorkingSpace") -> Tensor:
        """From RGB of this space to RGB of another, 3x3 float64; white stays (1, 1, 1)."""
        if self.from_xyz == other.from_xyz:  # on some processors a matrix times its inverse is not quite one
            return torch.eye(3, dtype=torch.float64)
        here, there = (torch.tensor(s.from_xyz, dtype=torch.float64).reshape(3, 3) for s in (self, other))
        matrix: Tensor = there @ torch.linalg.inv(here)
        return matrix

    @classmethod
    def _made(cls, from_xyz: Tensor, luminance: tuple[float, ...] | list[float]) -> Self:
        a, b, c, d, e, f, g, h, i = from_xyz.flatten().tolist()
        red, green, blue = luminance
        return cls((a, b, c, d, e, f, g, h, i), (red, green, blue))


def _xyz(x: float, y: float) -> Tensor:
    return torch.tensor([x / y, 1.0, (1 - x - y) / y], dtype=torch.float64)


ACESCG = WorkingSpace.of((0.713, 0.293), (0.165, 0.830), (0.128, 0.044), ACES_WHITE)
LINEAR_REC709 = WorkingSpace.of((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65)


def white_rgb(kelvin: Scalar, tint: Scalar = 0.0, space: WorkingSpace = ACESCG) -> Tensor:
    """RGB `[3]`, float64, of a white in the working space, with luminance 1; (1, 1, 1) at `NEUTRAL_KELVIN` and no
    tint.

    kelvin : 1000 to 25000; Planck's law below 4000, daylight above 5000, see above. tint : thousandths of Duv, -100 to
    100, above 0 is green. Neither is limited here. Tensors keep their gradients.
    """
    if isinstance(kelvin, Tensor) or isinstance(tint, Tensor):
        return _white(kelvin, tint, space)
    return _plain_white(float(kelvin), float(tint), space)


def nearest_white(rgb: Tensor, space: WorkingSpace = ACESCG) -> tuple[float, float]:
    """The temperature in kelvin, to 2 mired, of the white without tint that is nearest to a colour `[3]`, float64, and
    how far that is away in CIE 1960 u, v (Duv); NaN of what is no colour.
    """
    x, y, z = torch.linalg.solve(rgb.new_tensor(space.from_xyz).reshape(3, 3), rgb * _neutral(space))
    below = x + 15 * y + 3 * z
    kelvin = 1e6 / torch.linspace(1e6 / 25000, 1e6 / 1000, 481, dtype=rgb.dtype)
    u, v = _locus(kelvin)
    off = torch.hypot(u - 4 * x / below, v - 6 * y / below)
    nearest = int(off.argmin())
    return float(kelvin[nearest]), float(off[nearest])


def light_level(light: Light, space: WorkingSpace = ACESCG) -> Tensor:
    """The level `[3]`, float64, of a light as the convention above defines it; with a profile its mean over all
    directions.
    """
    return light_weight(light, space) * _mean_share(light)


def light_weight(light: Light, space: WorkingSpace = ACESCG) -> Tensor:
    """What exposure, colour and temperature multiply a light by, `[3]`, float64: its level, but for its profile."""
    stops = torch.as_tensor(light.exposure, dtype=torch.float64)
    hue = white_rgb(light.kelvin, light.tint, space)
    return torch.exp2(stops) * hue * tensor_of(light.color, hue)


def _mean_share(light: Light) -> float:
    """What a light with a profile has on average over all directions of what its exposure says."""
    profile = light.profile if isinstance(light, StandingLight) else None
    if not isinstance(light, StandingLight) or profile is None or light.profile_level == "power":
        return 1.0
    return profile.mean / (profile.peak if light.profile_level == "brightest" else math.pi)


@lru_cache(256)
def _plain_white(kelvin: float, tint: float, space: WorkingSpace) -> Tensor:
    """See `white_rgb`; a light is asked for its level several times."""
    with plainly():
        return _white(kelvin, tint, space)


def _white(kelvin: Scalar, tint: Scalar, space: WorkingSpace) -> Tensor:
    t, duv = (torch.as_tensor(x, dtype=torch.float64) for x in (kelvin, tint))
    rgb = _rgb(t, duv, space) / _neutral(space)
    return rgb / (rgb @ rgb.new_tensor(space.luminance))


@lru_cache(16)
def _neutral(space: WorkingSpace) -> Tensor:
    with plainly():
        return _rgb(torch.tensor(NEUTRAL_KELVIN, dtype=torch.float64), torch.zeros((), dtype=torch.float64), space)


def _rgb(kelvin: Tensor, tint: Tensor, space: WorkingSpace) -> Tensor:
    """RGB of the white; the tint goes along the normal of the line of whites in CIE 1960 u, v."""
    u_of, v_of = _locus(kelvin[..., None] * kelvin.new_tensor([1.0, 0.999, 1.001]))
    (u, u0, u1), (v, v0, v1) = u_of.unbind(-1), v_of.unbind(-1)
    du, dv = u0 - u1, v0 - v1  # towards red
    scale = 1e-3 * tint / torch.hypot(du, dv)
    u, v = u - dv * scale, v + du * scale
    xyz = torch.stack((3 * u, 2 * v, 4 - u - 10 * v)) / (2 * v)
    return xyz.new_tensor(space.from_xyz).reshape(3, 3) @ xyz


def _locus(kelvin: Tensor) -> tuple[Tensor, Tensor]:
    share = ((kelvin - 4000) / 1000).clamp(0, 1)
    share = share * share * (3 - 2 * share)
    planck, daylight = _planck(kelvin), _daylight(kelvin)
    u, v = (p + (d - p) * share for p, d in zip(planck, daylight, strict=True))
    return u, v


def _planck(t: Tensor) -> tuple[Tensor, Tensor]:
    """CIE 1960 u, v of a black body (Krystek 1985), within 8e-5 from 1000 K to 15000 K."""
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t**2) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t**2)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t**2) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t**2)
    return u, v


def _daylight(kelvin: Tensor) -> tuple[Tensor, Tensor]:
    """CIE 1960 u, v of daylight (CIE 15), from 4000 K to 25000 K."""
    t = kelvin.clamp_min(4000)
    warm = -4.6070e9 / t**3 + 2.9678e6 / t**2 + 0.09911e3 / t + 0.244063
    cool = -2.0064e9 / t**3 + 1.9018e6 / t**2 + 0.24748e3 / t + 0.237040
    x = torch.where(t <= 7000, warm, cool)
    y = -3.0 * x**2 + 2.870 * x - 0.275
    below = -2 * x + 12 * y + 3
    return 4 * x / below, 6 * y / below
