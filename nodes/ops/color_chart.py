"""The 24 patches of a classic colour chart: what they are, what a picture shows of them, and the matrix between.

Colours are RGB `[24, 3]`, float64, scene-linear, in the order of the chart: from dark skin at the top left, row by row,
to black at the bottom right.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import WorkingSpace

from .flicker import lab
from .illuminant import CONES
from .matrices import Point, corner_pin_matrix
from .resample import Box
from .warp import warp_matrix

ROWS, COLUMNS = 4, 6
_GREYS = slice(19, 23)  # neutral 8 to 3.5: what is neither near clipping nor near black
GAP = 0.15  # between patches, of their width
_PATCH = 40  # pixels of a patch in the chart seen from the front
_SEEN = 0.5  # of its width, the middle, that is looked at
_KEPT = 0.5  # of the values in it, the middle ones: dust and glints are the others
_D50, _D65 = (0.9642, 1.0, 0.8249), (0.95047, 1.0, 1.08883)
_LEAST = 0.03  # luminance below which patches weigh no more for being dark
_NEAR = 0.985  # of the level at which a camera clips, from which on a patch may be clipped
_LOST = 0.3  # of the noise of other patches, that a clipped one has at most
_TINY = 1e-9

LAB: Mapping[str, Sequence[tuple[float, float, float]]] = {
    "since_2014": (
        (37.54, 14.37, 14.92), (64.66, 19.27, 17.50), (49.32, -3.82, -22.54), (43.46, -12.74, 22.72),
        (54.94, 9.61, -24.79), (70.48, -32.26, -0.37), (62.73, 35.83, 56.50), (39.43, 10.75, -45.17),
        (50.57, 48.64, 16.67), (30.10, 22.54, -20.87), (71.77, -24.13, 58.19), (71.51, 18.24, 67.37),
        (28.37, 15.42, -49.80), (54.38, -39.72, 32.27), (42.43, 51.05, 28.62), (81.80, 2.67, 80.41),
        (50.63, 51.28, -14.12), (49.57, -29.71, -28.32), (95.19, -1.03, 2.93), (81.29, -0.57, 0.44),
        (66.89, -0.75, -0.06), (50.76, -0.13, 0.14), (35.63, -0.46, -0.48), (20.64, 0.07, -0.46),
    ),
    "before_2014": (
        (37.986, 13.555, 14.059), (65.711, 18.130, 17.810), (49.927, -4.880, -21.925), (43.139, -13.095, 21.905),
        (55.112, 8.844, -25.399), (70.719, -33.397, -0.199), (62.661, 36.067, 57.096), (40.020, 10.410, -45.964),
        (51.124, 48.239, 16.248), (30.325, 22.976, -21.587), (72.532, -23.709, 57.255), (71.941, 19.363, 67.857),
        (28.778, 14.179, -50.297), (55.261, -38.342, 31.370), (42.101, 53.378, 28.190), (81.733, 4.039, 79.819),
        (51.935, 49.986, -14.574), (51.038, -28.631, -28.638), (96.539, -0.425, 1.186), (81.257, -0.638, -0.335),
        (66.766, -0.734, -0.504), (50.867, -0.153, -0.270), (35.656, -0.421, -1.231), (20.461, -0.079, -0.973),
    ),
}  # fmt: skip
"""CIE L*a*b* under D50 for two degrees, as its maker publishes them; the pigments were changed in November 2014."""


@dataclass(frozen=True)
class Patches:
    """color : `[24, 3]`. noise : `[24, 3]`, the standard deviation within each patch."""

    color: Tensor
    noise: Tensor

    def rough(self) -> Tensor:
        """How far `[24]` each is from flat: its noise over its brightest channel."""
        return self.noise.amax(1) / self.color.amax(1).clamp_min(_TINY)

    def clipped(self, levels: Sequence[float], sure: bool) -> Tensor:
        """Which patches, bool `[24]`, are clipped at the levels of the channels. sure : these were given; if not, what
        is at a level has to have lost its noise as well, as the white patch may be the brightest thing that there is.
        """
        near = self.color >= _NEAR * self.color.new_tensor(list(levels))
        return (near if sure else near & (self.noise < _LOST * self.noise.median(0).values)).any(1)


def reference(made: str, space: WorkingSpace) -> Tensor:
    """The colours `[24, 3]` in a working space, under its white: a perfect white reads 1. made : a key of `LAB`."""
    values = torch.tensor(LAB[made], dtype=torch.float64)
    y = (values[:, 0] + 16) / 116
    root = torch.stack((y + values[:, 1] / 500, y, y - values[:, 2] / 200), 1)
    delta = 6 / 29
    xyz = torch.where(root > delta, root**3, 3 * delta**2 * (root - 4 / 29)) * root.new_tensor(_D50)
    cones = torch.from_numpy(CONES["bradford"])
    gains = (cones @ root.new_tensor(_D65)) / (cones @ root.new_tensor(_D50))
    adapt = torch.linalg.solve(cones, gains[:, None] * cones)
    to_rgb = root.new_tensor(space.from_xyz).reshape(3, 3)
    rgb: Tensor = xyz @ (to_rgb @ adapt).T
    return rgb


def read(x: Tensor, box: Box, corners: Sequence[Point]) -> Patches:
    """What a picture `x [3, H, W]` over `box` shows of a chart.

    corners : the outer corners of the outer patches, in pixels, y down: of black's neighbour row the left one first,
    that is bottom left, bottom right, top right, top left. Raises ValueError for corners that span no quad.
    """
    width, height = (_PATCH * (n + (n - 1) * GAP) for n in (COLUMNS, ROWS))
    front = ((0.0, height), (width, height), (width, 0.0), (0.0, 0.0))
    matrix = corner_pin_matrix(front, corners)
    seen = warp_matrix(torch.nan_to_num(x, 0.0, 0.0, 0.0), matrix, box, (0, 0, round(width), round(height)), "box")
    colors, noises = [], []
    inset, step, side = round(_PATCH * (1 - _SEEN) / 2), _PATCH * (1 + GAP), round(_PATCH * _SEEN)
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = round(row * step) + inset, round(column * step) + inset
            values = seen[:, top : top + side, left : left + side].flatten(1).double().sort(1).values
            cut = round(values.shape[1] * (1 - _KEPT) / 2)
            colors.append(values[:, cut : values.shape[1] - cut].mean(1))
            noises.append(values.std(1))
    return Patches(torch.stack(colors), torch.stack(noises))


def patch_size(corners: Sequence[Point]) -> float:
    """The width in pixels of a patch of a chart with these corners, where it is least."""
    sides = [math.dist(a, b) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)]
    return min(min(sides[::2]) / COLUMNS, min(sides[1::2]) / ROWS)


def upside_down(patches: Patches) -> Patches:
    """The patches of a chart that was held the other way up."""
    return Patches(patches.color.flip(0), patches.noise.flip(0))


def grey_level(color: Tensor, like: Tensor, luminance: Tensor) -> float:
    """By how much the greys of a chart are brighter than those of another, both `[24, 3]`; 0 where there is no light.

    luminance : weights `[3]`.
    """
    own, other = color[_GREYS] @ luminance, like[_GREYS] @ luminance
    return max(0.0, float((own * other).sum() / (other * other).sum().clamp_min(_TINY)))


def grey_color(color: Tensor, like: Tensor) -> Tensor:
    """The light `[3]` on a chart over that on another: of their greys, channel by channel."""
    return (color[_GREYS] * like[_GREYS]).sum(0) / (like[_GREYS] ** 2).sum(0).clamp_min(_TINY)


def fit(color: Tensor, target: Tensor, use: Tensor, how: str, luminance: Tensor) -> Tensor | None:
    """The matrix `[3, 3]` that takes the colours of a chart to those of a target, both `[24, 3]`; None for none.

    use : bool `[24]`, patches that count. how : `matrix`, least squares over all of them, dark ones weighed as the eye
    sees them; `balance`, gains of the channels by the greys; `exposure`, one gain by the greys.
    """
    if how == "exposure":
        level = grey_level(target, color, luminance)
        return level * torch.eye(3, dtype=torch.float64) if level > 0 else None
    if how == "balance":
        gains = grey_color(target, color)
        return torch.diag(gains) if bool((gains > 0).all()) else None
    if int(use.sum()) < 6:
        return None
    # The slope of lightness: an error of light counts as large as it looks.
    weight = (target @ luminance).clamp_min(_LEAST).pow(-2 / 3)[use, None]
    a, b = color[use] * weight, target[use] * weight
    square = a.T @ a
    if float(torch.linalg.cond(square)) > 1e10:
        return None
    matrix: Tensor = torch.linalg.solve(square, a.T @ b).T
    return matrix


def differences(color: Tensor, target: Tensor, white: float, from_xyz: Sequence[float]) -> Tensor:
    """Colour differences `[24]` in CIE 1976 L*a*b*, where `white` is L* 100."""
    both = [lab(x.T[:, None] / max(white, _TINY), tuple(from_xyz))[:, 0] for x in (color, target)]
    apart: Tensor = (both[0] - both[1]).norm(dim=0)
    return apart
