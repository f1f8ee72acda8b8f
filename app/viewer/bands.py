"""Bands of false colour: light in stops about middle grey.

The steps are those of Ed Lachman's EL Zone System. The colours are ours: lighter from band to band, cool below grey and
warm above it, so that they differ for every kind of colour blindness and in greys too.
"""

from dataclasses import dataclass
from itertools import pairwise

from ..scopes.counting import GREY

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Band:
    """name : for the legend. color : as display values. low : the least light of the band, as luminance."""

    name: str
    color: RGB
    low: float


_STEPS = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Middles of the bands between the darkest and the brightest."""
_CODES = (
    (0, 0, 0), (48, 6, 49), (32, 35, 99), (87, 2, 146), (85, 11, 202), (75, 80, 114), (136, 60, 202), (79, 108, 168),
    (121, 121, 121), (203, 108, 8), (172, 142, 79), (234, 151, 145), (186, 196, 57), (235, 192, 115), (174, 236, 4),
    (252, 227, 172), (255, 255, 255),
)  # fmt: skip


def _name(stops: float) -> str:
    if abs(stops) == 0.5:
        return f"{stops:+.0f}"[0] + "\N{VULGAR FRACTION ONE HALF}"
    return f"{stops:+.0f}" if stops else "0"


def _made() -> tuple[Band, ...]:
    first, last = _STEPS[0] - 0.5, _STEPS[-1] + 0.5
    edges = (first, *((p + q) / 2 for p, q in pairwise(_STEPS)), last)
    lows = (float("-inf"), *(GREY * 2**edge for edge in edges))
    names = ("below", *map(_name, _STEPS), "above")
    colors = tuple((r / 255, g / 255, b / 255) for r, g, b in _CODES)
    return tuple(Band(name, color, low) for name, color, low in zip(names, colors, lows, strict=True))


BANDS = _made()
"""From the darkest, which has what is no light too, to the brightest."""
EDGES = tuple(band.low for band in BANDS[1:])
