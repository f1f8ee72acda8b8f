"""The colour of white light: temperature and tint, gamuts, and adaptation from one white to another.

Chromaticities are CIE 1931 xy unless they are called uv, which is CIE 1960 UCS. Everything is plain numbers and 3 x 3
matrices in float64; `color.color_matrix` applies them to pictures.
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
XY = tuple[float, float]

D65: XY = (0.3127, 0.3290)
D60: XY = (0.32168, 0.33767)  # the white of ACES
PRIMARIES: Mapping[str, tuple[XY, XY, XY, XY]] = {
    "rec709": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65),
    "rec2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    "p3-d65": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
    "acescg": ((0.713, 0.293), (0.165, 0.830), (0.128, 0.044), D60),
    "aces2065-1": ((0.7347, 0.2653), (0.0, 1.0), (0.0001, -0.0770), D60),
}
"""Red, green, blue and white of the working spaces."""

CONES: Mapping[str, Matrix] = {
    "bradford": np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]),
    "cat02": np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]]),
}
"""Cone responses from XYZ: Lam 1985 (Bradford) and CIECAM02."""

KELVIN_RANGE = (1000.0, 25000.0)
_PLANCK_END, _DAY_START = 4000.0, 5000.0


def to_xyz(xy: XY) -> Matrix:
    """XYZ of a chromaticity at luminance 1."""
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def rgb_to_xyz(space: str) -> Matrix:
    """The matrix from RGB of a working space to XYZ, white at luminance 1 (SMPTE RP 177). ValueError if unknown."""
    if space not in PRIMARIES:
        raise ValueError(f"there is no working space '{space}', known are {', '.join(PRIMARIES)}")
    *primaries, white = PRIMARIES[space]
    columns = np.stack([to_xyz(p) for p in primaries], axis=1)
    return columns * np.linalg.solve(columns, to_xyz(white))


def planckian_uv(kelvin: float) -> XY:
    """A black body: the rational fit of Krystek 1985, 1000 to 15000 K."""
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return u, v


def daylight_xy(kelvin: float) -> XY:
    """A phase of daylight, 4000 to 25000 K (CIE 15). D65 is at 6504 K."""
    t = kelvin
    if t <= 7000:
        x = 0.244063 + 0.09911e3 / t + 2.9678e6 / t**2 - 4.6070e9 / t**3
    else:
        x = 0.237040 + 0.24748e3 / t + 1.9018e6 / t**2 - 2.0064e9 / t**3
    return x, -3.000 * x * x + 2.870 * x - 0.275


def xy_to_uv(xy: XY) -> XY:
    """CIE 1931 xy to CIE 1960 uv."""
    x, y = xy
    d = -2 * x + 12 * y + 3
    return 4 * x / d, 6 * y / d


def uv_to_xy(uv: XY) -> XY:
    """CIE 1960 uv to CIE 1931 xy."""
    u, v = uv
    d = 2 * u - 8 * v + 4
    return 3 * u / d, 2 * v / d


def white_xy(kelvin: float, tint: float = 0.0) -> XY:
    """The chromaticity of light of a colour temperature: black body to 4000 K, daylight from 5000 K, a blend between.

    `tint` moves it at right angles to that line in uv, by 1/3000 a unit: positive to magenta, negative to green. The
    temperature is limited to 1000..25000 K.
    """
    kelvin = min(max(kelvin, KELVIN_RANGE[0]), KELVIN_RANGE[1])
    u, v = _locus(kelvin)
    if tint:
        hotter, colder = _locus(kelvin * 1.001), _locus(kelvin * 0.999)
        du, dv = hotter[0] - colder[0], hotter[1] - colder[1]
        length = math.hypot(du, dv)
        # Hotter goes to smaller u and v, so this normal points down, away from green.
        u, v = u - dv / length * tint / 3000, v + du / length * tint / 3000
    return uv_to_xy((u, v))


def _locus(kelvin: float) -> XY:
    if kelvin <= _PLANCK_END:
        return planckian_uv(kelvin)
    day = xy_to_uv(daylight_xy(kelvin))
    if kelvin >= _DAY_START:
        return day
    t = (kelvin - _PLANCK_END) / (_DAY_START - _PLANCK_END)
    t = t * t * (3 - 2 * t)
    body = planckian_uv(kelvin)
    return body[0] + (day[0] - body[0]) * t, body[1] + (day[1] - body[1]) * t


def white_rgb(kelvin: float, tint: float = 0.0, space: str = "rec709") -> tuple[float, float, float]:
    """RGB of light of a colour temperature at luminance 1 in a working space; out of gamut a channel is negative."""
    red, green, blue = np.linalg.solve(rgb_to_xyz(space), to_xyz(white_xy(kelvin, tint))).tolist()
    return red, green, blue


def adaptation(source: XY, target: XY, method: str = "bradford") -> Matrix:
    """The XYZ matrix that takes a scene lit by the white `source` to one lit by `target` (von Kries in cone space)."""
    if method not in CONES:
        raise ValueError(f"there is no adaptation '{method}', known are {', '.join(CONES)}")
    cones = CONES[method]
    gain = (cones @ to_xyz(target)) / (cones @ to_xyz(source))
    return np.asarray(np.linalg.solve(cones, gain[:, None] * cones), dtype=np.float64)


def white_balance(source: XY, target: XY, space: str = "rec709", method: str = "bradford") -> tuple[float, ...]:
    """`adaptation` for RGB of a working space: nine numbers, row by row."""
    to = rgb_to_xyz(space)
    return tuple(np.linalg.solve(to, adaptation(source, target, method) @ to).flatten().tolist())
