"""Where a plate shows the sky, which is no surface: it is a light, and nothing in it is paint.

The sky is found by what is known of it, not by a network: it is even, it reaches the upper edge of the frame, it is
among the bright things there, and it is blue as air scatters (red below green below blue, by about equal steps of
logarithms) or white where the frame is brightest, and it lies behind the rest: a wall or a backdrop behind a subject
may have all of its colours, but is about as far as what stands before it. A frame whose upper part is not like this
throughout has none. What is connected with the upper edge is found by reconstruction (Vincent 1993): haze, clouds and
the glow of a low sun, which is as warm as skin, go on from a blue or white sky without an edge. A sky at dusk may be
neither: it is known by how it brightens and reddens towards the horizon. So is a blue one away from the sun, which may
be darker than snow, sand or a lamp below it, and one that fills the frame by being the paler the brighter it is.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .detail import by_strips, enlarging, reduce_picture

_SIZE = 128  # pixels of the long side at which the sky is looked for
_FLOOR = 1e-3  # of the level
_ROUGH = 0.1  # nepers between neighbours that end the sky
_COLD = (0.25, 0.3)  # nepers of blue over red from which air is blue, and over how much
_HALF = 0.45  # of the way from red to blue where green may be off the middle
_DIM = (-0.1, 0.6)  # nepers about the middle of the frame: a blue sky is brighter
_DEEP, _VIOLET = (-1.4, 0.6), 0.58  # the same away from the sun and at dawn, and how far green may be below there
_BRIGHT = (0.5, 0.4)  # and a white one
_WHITE_SHARE, _WHITE = 0.8, (-0.3, 0.4)  # a white sky is about as bright as what is above this share of the frame
_CLOUD = (-0.03, 0.1)  # nepers of blue over red: white skies are not warmer, as backdrops and walls are
_SUN = 2.0  # nepers above the middle of the frame: brighter than this, the edge of a sun or cloud ends no sky
_PALE, _DUSK = (-0.15, 0.3), (-1.2, 0.6)  # the same of what goes on from a sky without an edge: haze, dusk, clouds
_WARM, _LOW = (-1.4, 0.6), (0.0, 0.3)  # and of the glow of a low sun, which is warm, but brighter than the middle
_SKIN = (-0.05, 0.08)  # nepers of green over the middle of red and blue: as bright and warm, skin has less
_FALLS, _ASIDE = (-0.55, 0.3), 4  # nepers: towards the horizon it hardly darkens; pixels aside that a sun is wide
_SEA = (-0.85, 0.2)  # the same of haze, which the sea that mirrors it looks like, but darker
_EVENING = ((0.7, 0.3), (0.35, 0.2), (0.27, 0.2), (0.55, 0.4))
"""Of the upper edge; nepers by which a sky at dusk brightens and reddens to the horizon, and outshines the ground"""
_AWAY = ((0.7, 0.3), (0.15, 0.2), (0.15, 0.15), (0.5, 0.2))
"""The first three of a blue one away from the sun, and nepers of blue over red at the upper edge"""
_ALONE = ((0.85, 0.1), (0.5, 0.2), (0.35, 0.3))
"""Of a frame that is all sky; its blue over red; and how alike brightness and paleness are, as a correlation"""
_AMID = (0.6, 0.2)  # of what is about a place, that has to be sky for a bright one to be
_LEAST, _ALONG, _UNEVEN = (0.07, 0.06), (0.36, 0.12), (0.2, 0.06)  # area, share of the upper edge, nepers of unevenness
_BELOW = (0.2, 0.2)  # of the lower edge: what takes more of it is a ground or a wall
_GLOW = 0.25  # nepers: more unevenness at one place, as about the sun, counts as this
_BEHIND = (0.05, 0.08)  # nepers of depth by which it lies behind the rest, where that is known
_NEAR = 0.18  # nepers by which what borders on the sky may differ from it and still be sky
_REACH = 4  # pixels of the small picture: how far it goes on from where it is sure


def find_sky(plate: Tensor, level: Tensor, depth: Tensor | None = None) -> Tensor:
    """How much of each pixel is sky `[1, 1, H, W]`, 0 to 1, of a plate `[1, 3, H, W]` and its level.

    depth : `[1, 1, h, w]` of any size and unit, above 0; None: even walls that are blue or bright count as sky.
    """
    height, width = plate.shape[-2:]
    scale = min(1.0, _SIZE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    logs = (reduce_picture(_positive(plate), *size) + _FLOOR * level).log()
    sure, maybe, deep = _alike(logs)
    wide = _from_above(torch.maximum(maybe, deep))
    evening, away, alone = _evening(logs, _from_above(maybe)), _away(logs, wide), _alone(logs, wide)
    sure = torch.maximum(sure, torch.maximum(maybe * evening, deep * torch.maximum(away, alone)))
    first = _from_above(sure)
    core = _step(_connected(first, torch.maximum(first, maybe)), 0.5, 0.3)
    believed = _believed(logs, first, core, alone)
    if depth is not None:  # of a sun in the frame it tells little, and of a frame that is all sky nothing
        believed = believed * torch.stack((_behind(core, depth), evening, away, alone)).amax(0)
    found = torch.zeros_like(plate[:, :1])
    if not plate.is_cuda and float(believed) == 0:  # a GPU would have to be waited for
        return found
    # Trees and roofs end it to the pixel: about its border each pixel is compared with the sky nearby.
    cover = _box(core, _REACH)
    local = _box(logs * core, _REACH) / cover.clamp_min(1e-4)
    maps = enlarging(torch.cat((local, cover, _box(core, 2 * _REACH), _eroded(core)), 1), height, width)

    def strip(rows: slice) -> None:
        local, near, amid, inside = torch.split(maps(rows), [3, 1, 1, 1], 1)
        off = (_positive(plate[..., rows, :]) + _FLOOR * level).log_().sub_(local)
        alike = torch.exp(off.square().mean(1, keepdim=True) / (-2 * _NEAR**2))
        # What is brighter than all the sky around it is the sun, or its glow.
        alike = torch.maximum(alike, _step(amid, *_AMID) * _step(off.amin(1, keepdim=True), 0.0, 0.1))
        found[..., rows, :] = torch.maximum((4 * near).clamp_max(1) * alike, inside) * believed

    by_strips(strip, plate)
    return found


def _positive(plate: Tensor) -> Tensor:
    return torch.nan_to_num(plate, 0.0, 0.0, 0.0).clamp_min_(0)


def _alike(logs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How surely each pixel is like sky, how far it may be where there is sky beside it, and how far it is as blue as
    one away from the sun, however bright; `[1, 1, h, w]`.
    """
    red, green, blue = logs.chunk(3, 1)
    bright = logs.mean(1, keepdim=True)
    middle = _quantile(bright, 0.5)
    rough = (_box(bright.square(), 1) - _box(bright, 1).square()).clamp_min(0).sqrt()
    smooth = torch.maximum(torch.exp(-((rough / _ROUGH) ** 2)), _step(bright, middle + _SUN, 1.0))
    cold, leaf = blue - red, green - (red + blue) / 2
    blue_enough = _step(cold, *_COLD) * _step(_HALF * cold - leaf, 0.0, 0.1)
    air = blue_enough * _step(_HALF * cold + leaf, 0.0, 0.1) * _step(bright, middle + _DIM[0], _DIM[1])
    falls = _step(bright - _above(bright), *_FALLS)
    deep = blue_enough * _step(_VIOLET * cold + leaf, 0.0, 0.1) * _step(bright, middle + _DEEP[0], _DEEP[1]) * falls
    white = _step(bright, _quantile(bright, _WHITE_SHARE) + _WHITE[0], _WHITE[1]) * _step(
        bright, middle + _BRIGHT[0], _BRIGHT[1]
    )
    sure = torch.maximum(air, white * _step(cold, *_CLOUD))
    haze = _step(cold, *_PALE) * _step(bright, middle + _DUSK[0], _DUSK[1])
    glow = _step(cold, *_WARM) * _step(leaf, *_SKIN) * _step(bright, middle + _LOW[0], _LOW[1])
    glow = glow * falls
    haze = haze * _step(bright - _above(bright), *_SEA)
    maybe = torch.maximum(haze, glow) * _step(_HALF * cold.abs() + 0.1 - leaf.abs(), 0.0, 0.1)
    return smooth * sure, smooth * maybe, smooth * deep


def _evening(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what may be sky along the upper edge is one at dusk or dawn, neither blue nor white there:
    it brightens and reddens all the way down to a dark ground, as no wall and no backdrop does.
    """
    bright = logs.mean(1, keepdim=True)
    below = (1 - whole) * whole.cummax(-2).values
    return _all_of((*_falling(logs, whole), _mean_in(whole, bright) - _mean_in(below, bright)), _EVENING)


def _away(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what is blue or may be sky along the upper edge is one away from the sun: bluer than most
    paint and shade are, and brighter and paler on the way down.
    """
    return _all_of((*_falling(logs, whole), _mean_in(_upper(whole), logs[:, 2:] - logs[:, :1])), _AWAY)


def _alone(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` a frame is all sky: blue, and the paler the brighter, as air and clouds are."""
    bright, cold = logs.mean(1, keepdim=True), logs[:, 2:] - logs[:, :1]
    light, blue = (x - _mean_in(whole, x) for x in (bright, cold))
    spread = (_mean_in(whole, light.square()) * _mean_in(whole, blue.square())).sqrt()
    alike = -_mean_in(whole, light * blue) / spread.clamp_min(1e-6)
    return _all_of((_mean(whole), _mean_in(whole, cold), alike), _ALONE)


def _falling(logs: Tensor, whole: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How much of the upper edge a sky takes, and by how many nepers it brightens and reddens on the way down."""
    down = torch.linspace(0, 1, logs.shape[-2], device=logs.device).reshape(1, 1, -1, 1)
    off = down - _mean_in(whole, down)
    # Times what rises evenly: by how much it does.
    slope = off * (12 / _mean_in(whole, off.square()).clamp_min(1e-6)).sqrt()
    brighter, redder = (_mean_in(whole, slope * x) for x in (logs.mean(1, keepdim=True), logs[:, :1] - logs[:, 2:]))
    return _mean(whole[..., :3, :]), brighter, redder


def _all_of(found: Sequence[Tensor], bounds: Sequence[tuple[float, float]]) -> Tensor:
    """How far all of what was found is over its bounds."""
    return torch.stack([_step(x, *over) for x, over in zip(found, bounds, strict=True)]).prod(0)


def _from_above(within: Tensor) -> Tensor:
    """What of a map is connected with its part along the upper edge, by a step hardly anything but 0 and 1."""
    return _step(_connected(_upper(within), within), 0.5, 0.3)


def _upper(x: Tensor) -> Tensor:
    """The part of a map along the upper edge."""
    return F.pad(x[..., :2, :], (0, 0, 0, x.shape[-2] - min(2, x.shape[-2])))


def _above(bright: Tensor) -> Tensor:
    """How bright `[1, 1, h, w]` the brightest place above each is, without what is narrow, as a sun is."""
    wide = -F.max_pool2d(-bright, (1, 2 * _ASIDE + 1), 1, (0, _ASIDE))
    return wide.cummax(-2).values


def _connected(seed: Tensor, within: Tensor) -> Tensor:
    """What of a map `[1, 1, h, w]` is connected with a seed."""
    steps = seed.shape[-2] + seed.shape[-1] // 2
    if seed.is_cuda:  # which would take as long to say whether it is done as to go on
        grown = torch.minimum(seed, within)
        for _ in range(steps):
            grown = torch.minimum(F.max_pool2d(grown, 3, 1, 1), within)
        return grown
    # On a processor pooling takes ten times as long. A step takes hardly longer than Python needs to begin it, so that
    # what it works on is made once: the map within a border, and the largest of three in a row of it.
    wide = F.pad(torch.minimum(seed, within), (1, 1, 1, 1), value=-math.inf)
    across = torch.empty_like(wide[..., 1:-1])
    grown = wide[..., 1:-1, 1:-1]
    left, middle, right = wide[..., :-2], wide[..., 1:-1], wide[..., 2:]
    above, here, below = across[..., :-2, :], across[..., 1:-1, :], across[..., 2:, :]
    for step in range(steps):
        before = grown.clone() if step % 8 == 7 else None
        torch.maximum(left, right, out=across)
        torch.maximum(across, middle, out=across)
        torch.maximum(above, below, out=grown)
        torch.maximum(grown, here, out=grown)
        torch.minimum(grown, within, out=grown)
        if before is not None and torch.equal(before, grown):
            break
    return grown


def _believed(logs: Tensor, core: Tensor, whole: Tensor, alone: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what was found is large and even enough to be sky at all, and above the rest.

    core : what is surely like sky. whole : what belongs to that. alone : how far the frame is all sky, which has clouds
    and no ground.
    """
    bright = logs.mean(1, keepdim=True)
    radius = max(core.shape[-2:]) // 6
    cover = _box(core, radius)
    off = (bright - _box(bright * core, radius) / cover.clamp_min(1e-4)).abs().clamp_max(_GLOW)
    uneven = _mean_in(core, off.square()).sqrt()
    area, along = _step(_mean(core), *_LEAST), _step(_mean(core[..., :3, :]), *_ALONG)
    below = _step(_mean(whole[..., -3:, :]), *_BELOW)
    return area * along * (1 - (1 - alone) * _step(uneven, *_UNEVEN)) * (1 - (1 - alone) * below)


def _behind(whole: Tensor, depth: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what was found is farther away than the rest."""
    far = F.interpolate(depth.clamp_min(1e-6).log(), whole.shape[-2:], mode="bilinear", align_corners=False)
    there, rest = _mean_in(whole, far), _mean_in(1 - whole, far)
    return _step(there - rest, *_BEHIND)


def _eroded(core: Tensor) -> Tensor:
    return -F.max_pool2d(-core, 3, 1, 1)


def _step(x: Tensor, middle: Tensor | float, width: float) -> Tensor:
    """From 0 to 1 where x goes over a middle, linear over a width."""
    return ((x - middle) / width + 0.5).clamp(0, 1)


def _mean(x: Tensor) -> Tensor:
    # Rows first, as one number over a whole map is added up in parts of threads.
    return x.mean(3, keepdim=True).mean(2, keepdim=True)


def _mean_in(where: Tensor, x: Tensor) -> Tensor:
    return _mean(where * x) / _mean(where).clamp_min(1e-6)


def _box(x: Tensor, radius: int) -> Tensor:
    """The mean over a square window, edges repeated."""
    # As two products of matrices: pooling takes as long as its window is wide.
    rows, columns = (_means(count, radius, x) for count in x.shape[-2:])
    return rows @ x @ columns.T


def _means(count: int, radius: int, like: Tensor) -> Tensor:
    """The matrix `[count, count]` that takes means over windows of a row."""
    steps = torch.arange(-radius, radius + 1, device=like.device)
    places = (torch.arange(count, device=like.device)[:, None] + steps).clamp(0, count - 1)
    share = like.new_full((), 1 / len(steps)).expand(places.shape)
    return like.new_zeros(count, count).scatter_add(1, places, share)


def _quantile(x: Tensor, share: float) -> Tensor:
    values = x.flatten()
    return values.kthvalue(1 + round(share * (values.numel() - 1))).values
