"""The colour of light in CIE 1976 u', v': of pixels, of lights, and of the line of whites."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rimlight.engine import WorkingSpace, white_rgb

from .counting import Floats

LOW, HIGH = (0.12, 0.38), (0.34, 0.60)
"""The part of the diagram that is shown: light, not lasers."""
_KELVINS = tuple(round(1e6 / mired) for mired in np.linspace(1e6 / 1500, 1e6 / 25000, 200))


@dataclass(frozen=True)
class White:
    """The white that is nearest to a chromaticity. duv : distance from the line of whites, above zero greener."""

    kelvin: float
    duv: float

    def text(self) -> str:
        """`5603 K +0.0021`: temperature and Duv."""
        return f"{self.kelvin:.0f} K {self.duv:+.4f}"


def uv_of(rgb: Floats, space: WorkingSpace) -> Floats:
    """u', v' `[N, 2]` of linear RGB `[N, 3]` in a working space, whose neutral is D65."""
    matrix = np.linalg.inv(np.asarray(space.from_xyz, np.float64).reshape(3, 3))
    xyz = rgb.astype(np.float64) @ matrix.T
    below = xyz[:, 0] + 15 * xyz[:, 1] + 3 * xyz[:, 2]
    lit = below > 1e-9
    found = np.full((len(rgb), 2), np.nan)
    found[lit] = np.stack((4 * xyz[lit, 0], 9 * xyz[lit, 1]), 1) / below[lit, None]
    return found.astype(np.float32)


@lru_cache(8)
def locus(space: WorkingSpace) -> tuple[tuple[float, ...], Floats]:
    """The line of whites from 1500 K to 25000 K: temperatures, and u', v' `[N, 2]`."""
    whites = np.array([white_rgb(kelvin, 0.0, space).tolist() for kelvin in _KELVINS], np.float32)
    return tuple(map(float, _KELVINS)), uv_of(whites, space)


def nearest_white(uv: tuple[float, float], space: WorkingSpace) -> White:
    """The white nearest to a chromaticity, in CIE 1960 u, v, where correlated temperatures are defined."""
    kelvins, line = locus(space)
    there = np.array([uv[0], uv[1] * 2 / 3])
    points = line.astype(np.float64) * (1.0, 2 / 3)
    # Between two neighbours of the nearest point the line is as good as straight.
    i = int(np.argmin(((points - there) ** 2).sum(1)))
    a, b = max(i - 1, 0), min(i + 1, len(points) - 1)
    way = points[b] - points[a]
    share = float(np.clip(((there - points[a]) @ way) / (way @ way), 0, 1))
    mired = 1e6 / kelvins[a] + share * (1e6 / kelvins[b] - 1e6 / kelvins[a])
    foot = points[a] + share * way
    off = there - foot
    # The way runs from warm to cool, so green lies on its left.
    side = np.sign(way[0] * off[1] - way[1] * off[0])
    return White(1e6 / mired, float(-side * np.hypot(*off)))


def primaries(space: WorkingSpace) -> Floats:
    """u', v' `[3, 2]` of the red, green and blue of a working space."""
    return uv_of(np.eye(3, dtype=np.float32), space)
