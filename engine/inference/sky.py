"""Where a plate shows the sky, which is no surface: it is a light, and nothing in it is paint.

The sky is found by what is known of it, not by a network: it is even, it reaches the upper edge of the frame, it is
among the bright things there, and it is blue as air scatters (red below green below blue, by about equal steps of
logarithms) or white where the frame is brightest, and it lies behind the rest: a wall or a backdrop behind a subject
may have all of its colours, but is about as far as what stands before it. A frame whose upper part is not like this
throughout has none. What is connected with the upper edge is found by reconstruction (Vincent 1993): haze, clouds and
the glow of a low sun, which is as warm as skin, go on from a blue or white sky without an edge. A sky at dusk may be
neither: it is known by how it brightens and reddens towards the horizon. So is a blue one away from the sun, which may
be darker than snow, sand or a lamp below it, and one that fills the frame by being the paler the brighter it is. What
trees cut off from the upper edge has the colours that the rest of the sky has there.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .detail import by_strips, enlarging, light_of, reduce_picture
from .small_maps import box_means, connected, eroded, mean, mean_in, quantile, rising

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
_BESIDE = (-0.05, 0.1)  # the same of what is cut off from it, or goes on from it far: no more than not before the rest
_SHINES = (2.8, 0.4)  # nepers over the middle of the frame: what shines so through branches need not be even
_NEAR = 0.18  # nepers by which what borders on the sky may differ from it and still be sky
_FARTHER = 5  # times as closely it has to be like it where no sky is near
_THROUGH = (-0.7, 0.6)  # nepers under such a sky nearby that are still mostly sky, behind twigs
_LOWEST = (0.02, 0.02)  # of a row: where no more of it is sky, nor is anything below it
_RIDGE = 1e-4
_REACH = 4  # pixels of the small picture: how far it goes on from where it is sure


def find_sky(plate: Tensor, level: Tensor, depth: Tensor | None = None) -> Tensor:
    """How much of each pixel is sky `[1, 1, H, W]`, 0 to 1, of a plate `[1, 3, H, W]` and its level.

    depth : `[1, 1, h, w]` of any size and unit, above 0; None: even walls that are blue or bright count as sky.
    """
    height, width = plate.shape[-2:]
    scale = min(1.0, _SIZE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    logs = (reduce_picture(light_of(plate), *size) + _FLOOR * level).log()
    sure, maybe, deep = _alike(logs)
    wide = _from_above(torch.maximum(maybe, deep))
    evening, away, alone = _evening(logs, _from_above(maybe)), _away(logs, wide), _alone(logs, wide)
    sure = torch.maximum(sure, torch.maximum(maybe * evening, deep * torch.maximum(away, alone)))
    first = _from_above(sure)
    core = rising(connected(first, torch.maximum(first, maybe)), 0.5, 0.3)
    shines = torch.zeros_like(alone) if depth is None else _outshining(logs, core)
    believed = _believed(logs, first, core, alone, torch.maximum(alone, shines))
    if depth is not None:  # of a sun in the frame it tells little, and of a frame that is all sky nothing
        believed = believed * torch.stack((_behind(core, depth), evening, away, alone)).amax(0)
    found = torch.zeros_like(plate[:, :1])
    if not plate.is_cuda and float(believed) == 0:  # a GPU would have to be waited for
        return found
    usual, lower = _usual(logs, core), _not_below(core)
    if depth is not None:
        lower = lower * rising(_beyond(core, depth), *_BESIDE)
    core = torch.maximum(core, lower * _cut_off(logs, usual, sure, shines))
    # Trees and roofs end it to the pixel: about its border each pixel is compared with the sky nearby.
    cover, amid = box_means(core, _REACH), box_means(core, 2 * _REACH)
    near, far = (4 * cover).clamp_max(1), (16 * amid).clamp_max(1) * lower
    on, off = (box_means(x * core, _REACH) / cover.clamp_min(1e-4) for x in (logs, logs - usual))
    local = torch.lerp(usual + off, on, near)
    maps = enlarging(torch.cat((local, near, far, amid, eroded(core)), 1), height, width)
    shining = plate.is_cuda or float(shines) > 0

    def strip(rows: slice) -> None:
        local, near, far, amid, inside = torch.split(maps(rows), [3, 1, 1, 1, 1], 1)
        off = (light_of(plate[..., rows, :]) + _FLOOR * level).log_().sub_(local)
        alike = torch.exp(off.square().mean(1, keepdim=True) / (-2 * _NEAR**2))
        if shining:
            alike = torch.maximum(alike, shines * rising(off.mean(1, keepdim=True), *_THROUGH))
        # What is brighter than all the sky around it is the sun, or its glow.
        alike = torch.maximum(alike, rising(amid, *_AMID) * rising(off.amin(1, keepdim=True), 0.0, 0.1))
        reached = torch.maximum(near.mul_(alike), far.mul_(alike**_FARTHER))
        found[..., rows, :] = torch.maximum(reached, inside) * believed

    by_strips(strip, plate)
    return found


def _alike(logs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How surely each pixel is like sky, how far it may be where there is sky beside it, and how far it is as blue as
    one away from the sun, however bright; `[1, 1, h, w]`.
    """
    red, green, blue = logs.chunk(3, 1)
    bright = logs.mean(1, keepdim=True)
    middle = quantile(bright, 0.5)
    rough = (box_means(bright.square(), 1) - box_means(bright, 1).square()).clamp_min(0).sqrt()
    smooth = torch.maximum(torch.exp(-((rough / _ROUGH) ** 2)), rising(bright, middle + _SUN, 1.0))
    cold, leaf = blue - red, green - (red + blue) / 2
    blue_enough = rising(cold, *_COLD) * rising(_HALF * cold - leaf, 0.0, 0.1)
    air = blue_enough * rising(_HALF * cold + leaf, 0.0, 0.1) * rising(bright, middle + _DIM[0], _DIM[1])
    falls = rising(bright - _above(bright), *_FALLS)
    deep = blue_enough * rising(_VIOLET * cold + leaf, 0.0, 0.1) * rising(bright, middle + _DEEP[0], _DEEP[1]) * falls
    white = rising(bright, quantile(bright, _WHITE_SHARE) + _WHITE[0], _WHITE[1]) * rising(
        bright, middle + _BRIGHT[0], _BRIGHT[1]
    )
    sure = torch.maximum(air, white * rising(cold, *_CLOUD))
    haze = rising(cold, *_PALE) * rising(bright, middle + _DUSK[0], _DUSK[1])
    glow = rising(cold, *_WARM) * rising(leaf, *_SKIN) * rising(bright, middle + _LOW[0], _LOW[1])
    glow = glow * falls
    haze = haze * rising(bright - _above(bright), *_SEA)
    maybe = torch.maximum(haze, glow) * rising(_HALF * cold.abs() + 0.1 - leaf.abs(), 0.0, 0.1)
    return smooth * sure, smooth * maybe, smooth * deep


def _evening(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what may be sky along the upper edge is one at dusk or dawn, neither blue nor white there:
    it brightens and reddens all the way down to a dark ground, as no wall and no backdrop does.
    """
    bright = logs.mean(1, keepdim=True)
    below = (1 - whole) * whole.cummax(-2).values
    return _all_of((*_falling(logs, whole), mean_in(whole, bright) - mean_in(below, bright)), _EVENING)


def _away(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what is blue or may be sky along the upper edge is one away from the sun: bluer than most
    paint and shade are, and brighter and paler on the way down.
    """
    return _all_of((*_falling(logs, whole), mean_in(_upper(whole), logs[:, 2:] - logs[:, :1])), _AWAY)


def _alone(logs: Tensor, whole: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` a frame is all sky: blue, and the paler the brighter, as air and clouds are."""
    bright, cold = logs.mean(1, keepdim=True), logs[:, 2:] - logs[:, :1]
    light, blue = (x - mean_in(whole, x) for x in (bright, cold))
    spread = (mean_in(whole, light.square()) * mean_in(whole, blue.square())).sqrt()
    alike = -mean_in(whole, light * blue) / spread.clamp_min(1e-6)
    return _all_of((mean(whole), mean_in(whole, cold), alike), _ALONE)


def _falling(logs: Tensor, whole: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How much of the upper edge a sky takes, and by how many nepers it brightens and reddens on the way down."""
    down = torch.linspace(0, 1, logs.shape[-2], device=logs.device).reshape(1, 1, -1, 1)
    off = down - mean_in(whole, down)
    # Times what rises evenly: by how much it does.
    slope = off * (12 / mean_in(whole, off.square()).clamp_min(1e-6)).sqrt()
    brighter, redder = (mean_in(whole, slope * x) for x in (logs.mean(1, keepdim=True), logs[:, :1] - logs[:, 2:]))
    return mean(whole[..., :3, :]), brighter, redder


def _all_of(found: Sequence[Tensor], bounds: Sequence[tuple[float, float]]) -> Tensor:
    """How far all of what was found is over its bounds."""
    return torch.stack([rising(x, *over) for x, over in zip(found, bounds, strict=True)]).prod(0)


def _from_above(within: Tensor) -> Tensor:
    """What of a map is connected with its part along the upper edge, by a step hardly anything but 0 and 1."""
    return rising(connected(_upper(within), within), 0.5, 0.3)


def _upper(x: Tensor) -> Tensor:
    """The part of a map along the upper edge."""
    return F.pad(x[..., :2, :], (0, 0, 0, x.shape[-2] - min(2, x.shape[-2])))


def _above(bright: Tensor) -> Tensor:
    """How bright `[1, 1, h, w]` the brightest place above each is, without what is narrow, as a sun is."""
    wide = -F.max_pool2d(-bright, (1, 2 * _ASIDE + 1), 1, (0, _ASIDE))
    return wide.cummax(-2).values


def _believed(logs: Tensor, core: Tensor, whole: Tensor, alone: Tensor, rough: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what was found is large and even enough to be sky at all, and above the rest.

    core : what is surely like sky. whole : what belongs to that. alone : how far the frame is all sky, which has clouds
    and no ground. rough : how far it need not be even.
    """
    bright = logs.mean(1, keepdim=True)
    radius = max(core.shape[-2:]) // 6
    cover = box_means(core, radius)
    off = (bright - box_means(bright * core, radius) / cover.clamp_min(1e-4)).abs().clamp_max(_GLOW)
    uneven = mean_in(core, off.square()).sqrt()
    area, along = rising(mean(core), *_LEAST), rising(mean(core[..., :3, :]), *_ALONG)
    below = rising(mean(whole[..., -3:, :]), *_BELOW)
    return area * along * (1 - (1 - rough) * rising(uneven, *_UNEVEN)) * (1 - (1 - alone) * below)


def _outshining(logs: Tensor, core: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what was found shines as no paint does in the light of the frame."""
    bright = logs.mean(1, keepdim=True)
    return rising(mean_in(core, bright) - quantile(bright, 0.5), *_SHINES)


def _usual(logs: Tensor, core: Tensor) -> Tensor:
    """The colours `[1, 3, h, w]` that the sky has, or would have, at every place: they change evenly over a frame."""
    down, across = (torch.linspace(-1, 1, n, dtype=logs.dtype, device=logs.device) for n in logs.shape[-2:])
    y, x = torch.meshgrid(down, across, indexing="ij")
    terms = torch.stack((torch.ones_like(x), x, y, x * x, x * y, y * y))
    weighted, level = (terms * core[0])[:, None], mean_in(core, logs)
    products, goals = (mean(weighted * z)[..., 0, 0] for z in (terms, (logs - level)[0]))
    ridge = _RIDGE * mean(core)[0, 0].clamp_min(1e-6) * torch.eye(len(terms), dtype=logs.dtype, device=logs.device)
    return level + torch.einsum("nhw,nc->chw", terms, torch.linalg.solve(products + ridge, goals))


def _cut_off(logs: Tensor, usual: Tensor, sure: Tensor, shines: Tensor) -> Tensor:
    """What is like a sky and has its usual colours, or shines as it does, `[1, 1, h, w]`: trees, masts or arms may cut
    it off from the rest.
    """
    alike = torch.exp((logs - usual).square().mean(1, keepdim=True) / (-2 * _NEAR**2))
    bright = logs.mean(1, keepdim=True)
    alike = torch.maximum(alike, shines * rising(bright - quantile(bright, 0.5), *_SHINES))
    return rising(sure * alike, 0.5, 0.3)


def _not_below(core: Tensor) -> Tensor:
    """The rows `[1, 1, h, 1]` in and over which there is sky: water that mirrors it lies below."""
    return rising(core.mean(3, keepdim=True), *_LOWEST).flip(2).cummax(2).values.flip(2)


def _behind(whole: Tensor, depth: Tensor) -> Tensor:
    """How far `[1, 1, 1, 1]` what was found is farther away than the rest."""
    return rising(mean_in(whole, _beyond(whole, depth)), *_BEHIND)


def _beyond(whole: Tensor, depth: Tensor) -> Tensor:
    """By how many nepers each place `[1, 1, h, w]` is farther away than what was not found is on the mean."""
    far = F.interpolate(depth.clamp_min(1e-6).log(), whole.shape[-2:], mode="bilinear", align_corners=False)
    return far - mean_in(1 - whole, far)
