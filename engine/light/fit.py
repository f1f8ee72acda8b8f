"""The light that falls on surfaces, from their normals and their shading: a key light, a fill, and surroundings.

What falls on a matte surface is `key * visibility * max(0, normal . direction)`, the same of the fill without shadows,
and the irradiance of the surroundings. For directions that are given this is linear in the light, so the directions are
searched for, in turn, and the rest is solved for by least squares in which outliers count less (Huber 1964). The
surroundings are then brought to what the two lights leave of the shading by factors (Daube-Witherspoon and Muehllehner
1986), which keep them above zero, and as they were expected where no surface looks.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import torch
from torch import Tensor

from ..cores import Check, unchecked
from . import equirect
from .equirect import latlong_directions, latlong_solid_angles
from .fitted import FittedLight
from .sh import basis_at
from .values import basis, unit

ROWS = 8
"""Rows of the surroundings that are found; twice as many columns."""
_MOST = 2048
"""Places that are looked at."""
_FACES = 100
"""Kinds of surfaces by where they face; those that fill more of the picture than their share count less a place."""
_CANDIDATES = 400
"""Directions that are tried before they are made finer."""
_ROUNDS = 4
_STEPS = 80
_HELD = 0.02
"""How much slopes of the surroundings are held back, so that the key explains what both could: by the share of the
shading that the light does not explain, and at most this.
"""
_EXACT = 1e-4
"""A share of the shading that does not count, explained or not."""
_OUTLIER = 1.345
"""Robust deviations beyond which an error counts linearly."""
_INDEPENDENT = 6.0
"""How many independent errors a shading is taken to have."""
_USUAL = (0.8, 0.1, 0.4)
"""Key, fill and even surroundings that are usual, relative to the shading's mean."""
_SLOPE = 0.5
"""How far light is expected to differ from the usual, relative to the level."""
_LEAST = 1e-3
"""Of the level: the darkest key and the darkest even surroundings."""
_FAR = 30.0
"""Degrees from the key beyond which another direction is another explanation."""
_EXPECTED = 0.003
"""How much the expected surroundings count beside what places tell of a direction, at most."""


def fit_light(
    normal: Tensor,
    shading: Tensor,
    weight: Tensor | None = None,
    visibility: Tensor | None = None,
    around: Tensor | None = None,
    towards: Tensor | None = None,
    trust: float = 8.0,
    known: Tensor | None = None,
    check: Check = unchecked,
) -> FittedLight:
    """The key light, the fill and the surroundings that explain a shading best.

    normal : `[3, n]` unit. shading : `[3, n]`, irradiance / pi, of any strength. weight : `[n]`, 0 or more, how much a
    place counts. visibility : `[n]`, the share of the key that no shadow takes. around : `[3, h, w]`, lat-long, what
    the surroundings are expected to look like, in any strength. towards : `[3]`, where the key is expected, which
    decides where the shading says little: the opposite direction has to explain the shading better by the share
    `trust`. known : `[3]`, where the key is, whatever the shading says. check : called often, it stops the work by
    raising. Scales with the shading. Where nothing counts, the light is none.

    It is found on the processor whatever the device, and stays there: thousands of steps each look at the last one's
    result and work on a few places.
    """
    normal, shading = normal.cpu(), shading.cpu()
    weight, visibility = (None if x is None else x.cpu() for x in (weight, visibility))
    around, towards = (None if x is None else x.cpu() for x in (around, towards))
    places = _Places.of(normal, shading, weight, visibility)
    start = normal.new_ones(3, ROWS, 2 * ROWS) if around is None else around
    start = equirect.resized(start.to(places.normal), ROWS, 2 * ROWS).clamp_min(0)
    expected, surely = (None if x is None else unit(x.to(places.normal)) for x in (towards, known))
    if not places.level > 0:
        ahead = normal.new_tensor([0.0, 0.0, 1.0]) if expected is None else expected.float()
        black = normal.new_zeros(3)
        return FittedLight(ahead, black, ahead, black, torch.zeros_like(start).float(), 0.0)
    key, fill, confidence = places.directions(expected, trust, surely, check)
    levels, found = places.light(key, fill, start, check)
    light = FittedLight(key.float(), levels[0].float(), fill.float(), levels[1].float(), found.float(), confidence)
    return replace(light, gain=places.gain(light))


@dataclass(frozen=True, eq=False)
class _Places:
    """Places that are looked at, in float64, shading relative to its level."""

    normal: Tensor  # [3, n]
    shading: Tensor  # [3, n]
    weight: Tensor  # [n]
    area: Tensor  # [n], the same before kinds of surfaces count alike
    visibility: Tensor  # [n]
    level: float

    @classmethod
    def of(cls, normal: Tensor, shading: Tensor, weight: Tensor | None, visibility: Tensor | None) -> Self:
        n = normal.shape[1]
        one = normal.new_ones(n)
        every = torch.cat((normal, shading, (one if weight is None else weight)[None],
                           (one if visibility is None else visibility)[None]))  # fmt: skip
        known = torch.isfinite(every).all(0)
        every = torch.where(known, every, 0.0).double()
        every[6] *= known & (normal.square().sum(0) > 0.25)
        if n > _MOST:
            every = every[:, torch.linspace(0, n - 1, _MOST, dtype=torch.float64, device=every.device).round().long()]
        weight = area = every[6].clamp_min(0)
        total = weight.sum()
        weight = weight / total if total > 0 else weight
        # A wall tells of one direction however much of the picture it fills.
        faces = (unit(every[:3]).T @ _evenly(_FACES, weight).T).argmax(1)
        share = weight.new_zeros(_FACES).index_add(0, faces, weight)
        weight = weight / (share[faces] + 1 / _FACES)
        total = weight.sum()
        weight = weight / total if total > 0 else weight
        level = float((every[3:6].clamp_min(0).mean(0) * weight).sum())
        shading = every[3:6].clamp_min(0) / max(level, 1e-300)
        return cls(unit(every[:3]), shading, weight, area, every[7].clamp(0, 1), level)

    def lit(self, directions: Tensor, shadowed: bool) -> "_Beams":
        """Lights of level 1 in directions `[m, 3]`, in the shadow of the key or not."""
        cosine = (directions @ self.normal).clamp_min(0)
        light = cosine * self.visibility if shadowed else cosine
        return _Beams(directions, light, light.square())

    def directions(
        self, expected: Tensor | None, trust: float, known: Tensor | None, check: Check
    ) -> tuple[Tensor, Tensor, float]:
        """Where the key is and where the fill is, `[3]` each, and how sure the first is."""
        # Errors count relative to the shading, so that bright places do not decide alone.
        weight = self.weight / self._against.square()
        places = _evenly(_CANDIDATES, weight)
        keys, fills = self.lit(places, True), self.lit(places, False)
        key, fill, robust, held = keys.one(0), fills.none(), weight, _HELD

        def losses(among: _Beams, beside: _Beams, doubt: float = 0.0) -> Tensor:
            found = self._losses(among, beside, robust, held) + _EXACT
            return found if expected is None else found * (1 + doubt * (1 - among.directions @ expected) / 2)

        def best(among: _Beams, beside: _Beams, doubt: float = 0.0, apart: Tensor | None = None) -> _Beams:
            found = losses(among, beside, doubt)
            if apart is not None:
                found = torch.where(_far(among, apart), found, torch.inf)
            return among.one(int(found.argmin()))

        if known is not None:
            keys = self.lit(known[None], True)
        for _ in range(_ROUNDS):
            check()
            key = best(keys, fill, trust)
            fill = best(fills, key, apart=key.directions[0])
            robust = weight * self._inliers(key, fill, robust, held)
            held = min(_HELD, float(self._losses(key, fill, robust, held)))
        for degrees in (6.0, 3.0, 1.5, 0.75, 0.4, 0.2):
            check()
            if known is None:
                key = best(self.lit(_ring(key.directions[0], degrees), True), fill, trust)
            fill = best(self.lit(_ring(fill.directions[0], degrees), False), key)
        if known is not None:
            return known, fill.directions[0], 1.0
        # Without the fill: on one side of the key, with another key on the other side, it would pass for it.
        others = losses(keys, fill.none(), trust)[_far(keys, key.directions[0])]
        ratio = float(losses(key, fill.none(), trust)) / float(others.min())
        return key.directions[0], fill.directions[0], 1 - math.sqrt(min(1.0, ratio))

    def light(self, key: Tensor, fill: Tensor, around: Tensor, check: Check) -> tuple[Tensor, Tensor]:
        """Levels `[2, 3]` of key and fill and radiance `[3, 8, 16]` of the surroundings."""
        bright, first, second = self.shading.mean(0), self.lit(key[None], True), self.lit(fill[None], False)
        weight = self.weight / self._against.square()
        weight = weight * self._inliers(first, second, weight, _HELD)
        lit = torch.cat((first.light, second.light))
        levels, even = self._levels(lit, weight)
        areas = latlong_solid_angles(ROWS, 2 * ROWS, bright).expand(1, ROWS, 2 * ROWS).reshape(1, -1)
        looks = (_directions(bright) @ self.normal).clamp_min(0).T * areas / math.pi  # [n, 128]
        shape = around.reshape(3, -1)
        mean = (shape * areas).sum(1, keepdim=True) / areas.sum()
        shape = torch.where(mean > 0, shape / mean.clamp_min(1e-300), 1.0)
        # A little from everywhere: what is zero stays so.
        start = radiance = even.clamp_min(_LEAST)[:, None] * (0.9 * shape + 0.1)
        wanted, direct = (self.shading * weight) @ looks, levels.T @ lit
        # What is expected counts a little too, and alone where no surface looks.
        known = _EXPECTED * (weight @ looks).amax()
        for _ in range(_STEPS):
            check()
            now = ((radiance @ looks.T + direct) * weight) @ looks
            radiance = radiance * (wanted + known * start) / (now + known * radiance)
        return levels * self.level, (radiance * self.level).reshape(3, ROWS, 2 * ROWS)

    def gain(self, light: FittedLight) -> float:
        """Times which a light is as bright as the shading: the median, in which what is dark counts little."""
        normal, bright = self.normal.float()[:, None], self.shading.mean(0)
        fallen = (light.direct(normal) * self.visibility.float() + light.ambient(normal)).mean(0)[0].double()
        ratio, order = torch.sort(bright * self.level / fallen.clamp_min(_LEAST * self.level))
        share = (self.area * bright**0.25)[order].cumsum(0)
        return float(ratio[int(torch.searchsorted(share, share[-1:] / 2).clamp_max(len(ratio) - 1))])

    def _levels(self, lit: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Levels `[2, 3]` of lights that give `lit [2, n]` and the even part `[3]` of the surroundings, which are taken
        as harmonics of order 2.

        They are drawn to what is usual by how badly they explain the shading: errors of estimates go together over
        whole surfaces, so they count as few.
        """
        weight = weight / weight.sum()
        shares = self.normal.new_tensor([1.0] + [2 / 3] * 3 + [1 / 4] * 5)[:, None]
        basis = torch.cat((lit, basis_at(self.normal) * shares * math.sqrt(4 * math.pi)))
        left, right = (basis * weight) @ basis.T, (basis * weight) @ self.shading.T
        usual = basis.new_tensor([*_USUAL] + [0.0] * 8)[:, None] * (self.shading @ weight)
        eye = torch.eye(len(left), dtype=left.dtype, device=left.device)
        best = torch.linalg.solve(left + 1e-9 * eye, right)
        error = ((best.T @ basis - self.shading).square().mean(0) * weight).sum()
        ridge = error / (_INDEPENDENT * _SLOPE**2) + 1e-9
        solved = torch.linalg.solve(left + ridge * eye, right + ridge * usual)
        return solved[:2].clamp_min(_LEAST), solved[2]

    def _losses(self, among: "_Beams", beside: "_Beams", weight: Tensor, held: float) -> Tensor:
        """The weighted squared error `[m]` of the best light with each of some beams, beside others and surroundings,
        relative to the shading's energy.
        """
        bright = self.shading.mean(0)
        basis, left = self._rest(beside, weight, held)
        energy, ambient = (bright.square() @ weight).clamp_min(1e-300), basis @ (weight * bright)
        # The part of each that the rest cannot explain, by elimination.
        crossed = (basis * weight) @ among.light.T
        solved = torch.linalg.solve(left, torch.cat((crossed, ambient[:, None]), 1))
        gain = among.light @ (weight * bright) - crossed.T @ solved[:, -1]
        own = among.square @ weight - (crossed * solved[:, :-1]).sum(0)
        explained = ambient @ solved[:, -1] + gain.clamp_min(0).square() / own.clamp_min(1e-9 * weight.sum())
        loss: Tensor = ((energy - explained) / energy).clamp_min(0)
        return loss

    def _rest(self, beside: "_Beams", weight: Tensor, held: float) -> tuple[Tensor, Tensor]:
        """What beams `[k]` and surroundings with slopes give the places `[k + 4, n]`, and the matrix of its normal
        equations. held : how much the slopes are held back.
        """
        basis = torch.cat((beside.light, self._slopes))
        ridge = basis.new_tensor([0.0] * (1 + len(beside.light)) + [held] * 3) + 1e-9
        return basis, (basis * weight) @ basis.T + torch.diag(ridge) * weight.sum()

    @cached_property
    def _against(self) -> Tensor:
        """What errors `[n]` count relative to, so that bright places do not decide alone. What is exactly black was
        cut off: it counts as a place of usual brightness does, or a shadow would tell more than all that is lit.
        """
        bright = self.shading.mean(0)
        return torch.where(bright > 0, bright, 1.0) + 0.25

    @cached_property
    def _slopes(self) -> Tensor:
        """What surroundings give the places `[4, n]`: even ones, those with a slope upwards, forward, to the right."""
        return torch.cat((torch.ones_like(self.normal[:1]), 2 / 3 * self.normal[[1, 2, 0]]))

    def _inliers(self, key: "_Beams", fill: "_Beams", weight: Tensor, held: float) -> Tensor:
        """Weights `[n]` by which places count that a key and a fill do not explain."""
        both = _Beams(key.directions, torch.cat((key.light, fill.light)), key.square)
        basis, left = self._rest(both, weight, held)
        bright = self.shading.mean(0)
        solved = torch.linalg.solve(left, basis @ (weight * bright))
        error = ((solved @ basis - bright) / self._against).abs()
        limit = _OUTLIER * 1.4826 * error[self.weight > 0].median() + 1e-6
        inside: Tensor = (limit / error.clamp_min(1e-12)).clamp_max(1)
        return inside


class _Beams(NamedTuple):
    """Lights of level 1: where they are `[m, 3]`, what they give places `[m, n]`, and its square."""

    directions: Tensor
    light: Tensor
    square: Tensor

    def one(self, index: int) -> "_Beams":
        return _Beams(*(x[index : index + 1] for x in self))

    def none(self) -> "_Beams":
        return _Beams(*(x[:0] for x in self))


def _far(beams: _Beams, direction: Tensor) -> Tensor:
    """Which beams `[m]` are so far from a direction that they are another explanation."""
    return beams.directions @ direction < math.cos(math.radians(_FAR))


def _directions(like: Tensor) -> Tensor:
    """Towards the pixels of the surroundings, `[128, 3]`."""
    return latlong_directions(ROWS, 2 * ROWS, like).reshape(3, -1).T


def _evenly(count: int, like: Tensor) -> Tensor:
    """Unit vectors `[count, 3]` spread evenly over the sphere along a spiral."""
    i = torch.arange(count, dtype=like.dtype, device=like.device)
    y = 1 - 2 * (i + 0.5) / count
    r, phi = (1 - y * y).sqrt(), i * (math.pi * (3 - math.sqrt(5)))
    return torch.stack((r * phi.cos(), y, r * phi.sin()), 1)


def _ring(axis: Tensor, degrees: float) -> Tensor:
    """A unit vector and twelve at an angle about it, `[13, 3]`."""
    first, second = basis(axis)
    phi = torch.arange(12, dtype=axis.dtype, device=axis.device)[:, None] * (math.pi / 6)
    angle = math.radians(degrees)
    around = math.cos(angle) * axis + math.sin(angle) * (phi.cos() * first + phi.sin() * second)
    return torch.cat((axis[None], around))
