"""A plate's pixels as mixtures of the sky's light and of what stands before it.

Between leaves and hairs a pixel shows both: `plate = share * sky + (1 - share) * ground` in scene-linear light. The
sky's light is smooth, so what it is behind a tree is known from around the tree; the ground's is taken from nearby. The
share follows by projection on the line between the two, as additive keyers have it.

Where the sky surely is has to be found before, see `find_sky`; from there it grows along gradients that are as smooth
as air, haze and a sun's glow are.
"""

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from .edge_extend import extend
from .morphology import largest_around
from .resize import grown, reduced, within

_SMALL, _MIDDLE = 256, 960  # pixels of the long side at which the sky grows, and at which sky and ground are spread
_SURE = 0.8  # of the sky that was found, from which on it may grow
_FLOOR = 1e-3  # of the sky's level
_STEP = (-0.2, 0.35)  # nepers between neighbours over which it grows: darker, brighter
_DARKER, _HUE, _GLOW = -0.35, 0.25, 0.5  # nepers off the sky around: no sky below, of another hue, but where it glows
_MOST, _SUN = 0.9, 1.5  # nepers over this share of the sky: what touches it is the sun
_FAR = 0.35  # of the way from the rest's depth to the sky's, in logarithms
_HOLE = 0.03  # of the long side: brighter holes of this size are the sun too
_GLARE = 0.05  # of the long side, as far as which light about the sun is glare over whatever stands there
_OTHER = (-0.5, 0.35)  # nepers off the sky from which ground is ground: darker, of another hue
_BESIDE = 12  # pixels, of those at which sky and ground are spread, as far as which the sky's edge is
_PURE = (4, 32)  # pixels about ground, there, that show little else, and how strictly: soft edges are wide
_TELLS = (0.3, 0.2)  # difference of ground and sky, of the sky's light, from which shares are told, over how much
_UNEVEN = 0.06  # shares so near to none and all are unevenness of the ground and of the sky
_BRIGHTER = 1.5  # than the ground nearby is what stays of a mixture at most
_LEAST, _LITTLE = 1e-12, 1e-6


@dataclass(frozen=True)
class Sky:
    """The sky of a plate. share : `[1, H, W]`, how much of each pixel shows it. light : `[3, H, W]`, what it is there,
    or would be behind what stands before it. ground : `[3, H, W]`, the light of that nearby.
    """

    share: Tensor
    light: Tensor
    ground: Tensor

    def gone(self, plate: Tensor) -> Tensor:
        """The sky's part `[3, H, W]` of a plate's light: all of it where nothing but sky is seen, clouds and noise
        included, and its share of the smooth sky elsewhere. A mixture keeps no more than ground nearby would give:
        glare and sharpening draw lines along edges.
        """
        smooth = self.share * self.light + (plate - self.light) * self.share**6
        most = torch.maximum(smooth, plate - _BRIGHTER * (1 - self.share) * self.ground)
        return torch.lerp(smooth, most, ((self.share - _UNEVEN) / _UNEVEN).clamp(0, 1))


def sky_of(
    plate: Tensor,
    found: Tensor,
    depth: Tensor,
    reach: float = 0.1,
    tolerance: float = 0.3,
    sky: Tensor | None = None,
    ground: Tensor | None = None,
) -> Sky | None:
    """The sky of a plate `[3, H, W]`; None where there is none.

    found : `[1, H, W]` from `find_sky`. depth : `[1, h, w]` of any size and unit, above 0. reach : how far from the sky
    gaps may be that show it, as a share of the long side. tolerance : how far light may be off a mixture, as a share of
    the sky's. sky, ground : `[1, H, W]`, what is all sky, or none, whatever it looks like.
    """
    height, width = plate.shape[1:]
    light = plate.nan_to_num(0.0, 0.0, 0.0).clamp_min(0)
    given = _Given(sky, ground)
    small = within(height, width, _SMALL)
    seeds = given.put(reduced(found, small))
    seeds = seeds / seeds.amax().clamp_min(1e-6)
    core, sun = _grown(reduced(light, small), seeds, depth, given)
    if not bool((core > 0).any()):
        return None
    steps = max(1, round(reach * max(small)))
    near = _mean(largest_around(core, steps), max(1, steps // 4))
    inner = (_mean(core, 1) > 0.99).to(core.dtype)
    wide = max(1, round(_GLARE * max(small)))
    glare = _mean(largest_around(sun, wide), wide)
    inner = inner if bool((inner > 0).any()) else core
    around = _Around(inner, core, near, reduced(found, small), sun, glare, given, tolerance)
    middle = within(height, width, _MIDDLE)
    sky_light, ground_light = _spread(reduced(light, middle), around)
    sky_light, ground_light = grown(sky_light, (height, width)), grown(ground_light, (height, width))
    return Sky(_share(light, sky_light, ground_light, around), sky_light, ground_light)


@dataclass(frozen=True)
class _Given:
    """What users say of a plate, at any size."""

    sky: Tensor | None
    ground: Tensor | None

    def put(self, x: Tensor) -> Tensor:
        """`x [1, h, w]` with 1 where all is sky and 0 where nothing is."""
        size = (x.shape[1], x.shape[2])
        if self.sky is not None:
            x = torch.maximum(x, _at(self.sky, size))
        return x if self.ground is None else x * (1 - _at(self.ground, size))


@dataclass(frozen=True)
class _Around:
    """Maps of the small picture `[1, h, w]`: where all is sky, what belongs to it, what is within reach of it, what
    was found at first, and where the sun is, and its glare.
    """

    inner: Tensor
    core: Tensor
    near: Tensor
    found: Tensor
    sun: Tensor
    glare: Tensor
    given: _Given
    tolerance: float

    def at(self, size: tuple[int, int]) -> Self:
        """The same enlarged."""
        inner, core, near, found, sun, glare = (
            grown(x, size) for x in (self.inner, self.core, self.near, self.found, self.sun, self.glare)
        )
        inner = (inner > 0.5).to(inner.dtype)
        return type(self)(inner, core, near.clamp(0, 1), found, sun, glare, self.given, self.tolerance)


def _grown(light: Tensor, seeds: Tensor, depth: Tensor, given: _Given) -> tuple[Tensor, Tensor]:
    """What belongs to the sky, and what of it is the sun, `[1, h, w]`, 0 or 1, of a small plate `[3, h, w]`, from where
    it was found.
    """
    core = (seeds > _SURE).to(light.dtype)
    inside = core[0] > 0
    if not bool(inside.any()):
        return core, core
    bright = light.mean(0)[inside]
    logs = (light + _FLOOR * bright.mean()).log()
    apart = logs - extend(logs, core)
    lifted = apart.mean(0, keepdim=True)
    hue = (apart - lifted).abs().amax(0, keepdim=True)
    possible = (apart.amin(0, keepdim=True) > _DARKER) & ((hue < _HUE) | (lifted > _GLOW)) & _far(depth, inside)
    peak = bright.kthvalue(1 + round(_MOST * (bright.numel() - 1))).values
    sun = light.mean(0, keepdim=True) > peak * torch.e**_SUN
    blocked = given.put(torch.ones_like(core)) < 0.5
    for _ in range(sum(light.shape[1:])):
        cover = _mean(core, 1)
        off = logs - _mean(logs * core, 1) / cover.clamp_min(_LEAST)
        smooth = (off.amin(0, keepdim=True) > _STEP[0]) & (off.amax(0, keepdim=True) < _STEP[1])
        more = (cover > 0.3) & ((smooth & possible) | sun) & ~blocked
        wider = torch.maximum(core, more.to(core.dtype))
        if torch.equal(wider, core):
            break
        core = wider
    radius = max(1, round(_HOLE * max(light.shape[1:])))
    closed = -largest_around(-largest_around(core, radius), radius)
    brighter = ((logs - extend(logs, core)).amin(0, keepdim=True) > 0) & ~blocked
    core = torch.maximum(core, closed * brighter)
    return core, core * sun


def _far(depth: Tensor, inside: Tensor) -> Tensor:
    """Where `[1, h, w]` a depth is nearer to that inside than to that of the rest."""
    logs = reduced(depth.log(), (inside.shape[0], inside.shape[1]))
    if bool(inside.all()):
        return torch.ones_like(logs, dtype=torch.bool)
    there, rest = logs[0][inside].median(), logs[0][~inside].median()
    return logs >= rest + _FAR * (there - rest)


def _spread(light: Tensor, around: _Around) -> tuple[Tensor, Tensor]:
    """The light `[3, h, w]` of the sky and of the ground everywhere, each from where it alone is seen."""
    here = around.at((light.shape[1], light.shape[2]))
    sure = here.given.put(here.inner)
    sky = ground = light
    for _ in range(2):  # gaps between leaves, once found, tell more of the sky behind them
        sky = extend(light, torch.where(here.sun > 0, _LITTLE, 1.0) * sure)
        floor = _FLOOR * sky.mean()
        apart = (light + floor).log() - (sky + floor).log()
        hue = (apart - apart.mean(0, keepdim=True)).abs().amax(0, keepdim=True)
        other = (apart.amin(0, keepdim=True) < _OTHER[0]) | (hue > _OTHER[1]) | (here.near < 0.02)
        other = other.to(light.dtype) * (1 - sure)
        # Pixels at its edge are mixtures, of which many are darker than the sky where the edge is soft.
        edge = _mean(largest_around(sure, _BESIDE), _BESIDE // 2)
        other = other * torch.lerp(_mean(other, 1) ** 2, _mean(other, _PURE[0]) ** _PURE[1], edge)
        ground = extend(light, here.given.put(1 - other).neg() + 1)
        share = _share(light, sky, ground, around)
        sure = torch.maximum(sure, (_mean((share > 0.95).to(light.dtype), 2) > 0.96).to(light.dtype))
    return sky, ground


def _share(light: Tensor, sky: Tensor, ground: Tensor, around: _Around) -> Tensor:
    """How much of each pixel `[1, h, w]` of a plate `[3, h, w]` is sky."""
    here = around.at((light.shape[1], light.shape[2]))
    line = sky - ground
    length = line.square().sum(0, keepdim=True)
    share = ((light - ground) * line).sum(0, keepdim=True) / length.clamp_min(_LEAST)
    share = ((share - _UNEVEN) / (1 - 2 * _UNEVEN)).clamp(0, 1)
    level = sky.mean(0, keepdim=True).clamp_min(_LEAST)
    missed = (light - torch.lerp(ground, sky, share)).abs().amax(0, keepdim=True) / level
    missed = missed * torch.where((light > sky).all(0, keepdim=True), 1 - here.glare, 1.0)
    share = share * torch.exp(-((missed / max(around.tolerance, 1e-3)) ** 4))
    # Where ground and sky look alike light tells nothing.
    tells = ((length.sqrt() / level - _TELLS[0]) / _TELLS[1] + 0.5).clamp(0, 1)
    share = torch.lerp(torch.maximum(here.found, here.core), share, tells)
    return here.given.put(torch.maximum(share * here.near, here.inner))


def _at(x: Tensor, size: tuple[int, int]) -> Tensor:
    """A map reduced to a size, 0 to 1."""
    x = x.nan_to_num(0.0).clamp(0, 1)
    return x if tuple(x.shape[1:]) == size else reduced(x, size)


def _mean(x: Tensor, radius: int) -> Tensor:
    """The mean over a square window, as far as it is inside."""
    return F.avg_pool2d(x, 2 * radius + 1, 1, radius, count_include_pad=False)
