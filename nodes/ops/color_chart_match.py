"""The correction that takes the patches of one chart to those of another, and what it leaves.

Colours are RGB `[24, 3]`, float64, scene-linear, in the order of the chart.
"""

from dataclasses import dataclass

from torch import Tensor

from rimlight.engine import WorkingSpace

from .color_chart import Patches, differences, fit, grey_level, upside_down

_STRANGE = 25.0
"""Mean colour difference after the best fit from which on what is inside the corners is no chart."""
_WHITE = 0.88
"""Luminance of the white patch."""


@dataclass(frozen=True)
class Correction:
    """numbers : the matrix, row by row. left, before : colour differences `[24]`. use : bool `[24]`, what counts.
    strange : whether no matrix would make a chart of it.
    """

    numbers: tuple[float, ...]
    left: Tensor
    before: Tensor
    use: Tensor
    strange: bool

    @property
    def error(self) -> float:
        return float(self.left[self.use].mean())


def correction(
    own: Tensor, goal: Tensor, use: Tensor, how: str, exposure: bool, space: WorkingSpace
) -> Correction | None:
    """The correction of colours `own` to `goal`; None where there is no light to correct.

    use : bool `[24]`, patches that count. how : as `fit` takes it. exposure : whether the greys change their level.
    """
    luminance = own.new_tensor(space.luminance)
    level = grey_level(goal, own, luminance)
    if level <= 0 or grey_level(own, goal, luminance) <= 0:
        return None
    best = fit(own, goal, use, "matrix", luminance)
    matrix = fit(own, goal, use, how, luminance)
    if best is None or matrix is None:
        return None
    white = float(goal[18] @ luminance) / _WHITE
    best_left, left, before = (
        differences(x, goal, white, space.from_xyz) for x in (own @ best.T, own @ matrix.T, own * level)
    )
    strange = float(best_left[use].mean()) > _STRANGE
    if not exposure and how != "exposure":
        matrix = matrix / level
    return Correction(tuple(matrix.flatten().tolist()), left, before, use, strange)


def upright(patches: Patches, true: Tensor) -> Patches:
    """The patches, from the bottom up where that is nearer to a chart of colours `true`."""
    turned = upside_down(patches)
    return turned if _unlike(turned.color, true) < _unlike(patches.color, true) else patches


def _unlike(color: Tensor, true: Tensor) -> float:
    """How far colours `[24, 3]` are from those of a chart in any light: of their lightness, 0 to 1."""
    a, b = (x.mean(1).clamp_min(0).sqrt() for x in (color, true))
    a, b = a - a.mean(), b - b.mean()
    return 1 - float((a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-9))
