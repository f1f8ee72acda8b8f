"""Whose light is it: the shares that the lights seen in a picture have in what they shine on.

The light on a surface is taken for a sum of what each source gives, by its distance, its direction and whether
something stands before it, of the veil that it throws around itself in the lens, and of light from all sides that is
none of theirs. How much of each there is follows from the shading by least squares, nothing below zero.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import mean_of_all, sum_of_all

from .gaussian import blurred
from .membrane import membrane
from .morphology import distance_from
from .sources import Source

_WRAP = 0.15  # of the light goes around the edge of what turns away
_PLACES = (1.0, 0.85, 0.7)  # of the depth that is seen at a source
_STEPS = 24  # on the way from a surface to a source
_BIAS, _THICK = 0.03, 0.35  # of the depth: what stands nearer by more casts a shadow, what stands far nearer does not
_ROUNDS = 200
_VEIL = 1.5  # power by which the veil falls off
_PRIOR = 0.05  # of the largest match: what is nobody's has to explain more than that to count
_ELSEWHERE = 0.2  # of the mean light that is nobody's at least
_EVEN = 3.0  # pixels over which shares are smoothed
_HALF = 0.25  # of the light that is seen comes from sources where they claim half of what they may
_HALO, _WIDEST = 3.2, 0.05  # of a source's radius, of the long side: how far around it its halo is looked for
_BODY = 0.12  # of the light around it, what a source that is out still shows
_LAMP = 0.05  # of the long side, radius from which a source is a window and no lamp, surely at twice that
_CORE = 1.5  # stops above the rest from which on a pixel is the source itself


def parts_of_light(
    position: Tensor, normal: Tensor, found: Sequence[Source], covers: Tensor, project: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """What each source and all else may give: parts `[n, h, w]` of mean 1, and whose they are `[n]`, -1 for none's.

    Parameters
    ----------
    position : `[3, h, w]`, camera space, any unit. normal : `[3, h, w]`, unit. covers : `[sources, h, w]`, 1 where a
        source itself is seen.
    project : half the frame's width and height at distance 1.
    """
    parts, owners = [], []
    for i, source in enumerate(found):
        weight = covers[i] + 1e-6 * (sum_of_all(covers[i]) == 0)
        seen = (position * weight).sum((1, 2)) / sum_of_all(weight)
        # Depth says little of what hangs in the air: some places on the way to it are tried.
        for share in _PLACES:
            middle = seen * share
            radius = (source.radius * 2 * max(project) * middle[2].abs()).clamp_min(1e-6)
            way = middle[:, None, None] - position
            far = way.square().sum(0)
            cosine = (way * normal).sum(0) / far.sqrt().clamp_min(1e-9)
            falls = (_WRAP + (1 - _WRAP) * cosine).clamp_min(0) / (far + radius * radius)
            parts.append(falls * _visible(position, middle, project))
        parts.append(_veil(source, covers[i]))
        owners += [i] * (len(_PLACES) + 1)
    for axis in range(3):
        for sign in (1.0, -1.0):
            parts.append((1 + sign * normal[axis]) / 2)
            owners.append(-1)
    stacked = torch.stack(parts)
    return stacked / stacked.mean((1, 2), keepdim=True).clamp_min(1e-20), torch.tensor(owners, device=position.device)


def _veil(source: Source, like: Tensor) -> Tensor:
    height, width = like.shape
    long = max(height, width)
    y = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) / long - source.y
    x = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) / long - source.x
    away = x[None].square() + y[:, None].square()
    return 1 / (1 + away / (2 * max(source.radius, 0.005)) ** 2) ** _VEIL


def _visible(position: Tensor, middle: Tensor, project: Sequence[float]) -> Tensor:
    """How much of a place sees a source `[h, w]`, marched through what the picture shows."""
    depth = -position[2].clamp_max(-1e-9)
    near = 1 / depth
    across, down = project
    seen = torch.ones_like(depth)
    for step in range(1, _STEPS + 1):
        t = step / (_STEPS + 1)
        point = position + (middle[:, None, None] - position) * t
        z = (-point[2]).clamp_min(1e-9)
        grid = torch.stack((point[0] / (across * z), -point[1] / (down * z)), -1)
        scene = F.grid_sample(near[None, None], grid[None], mode="bilinear", padding_mode="border", align_corners=False)
        nearer = scene[0, 0] * z - 1
        block = ((nearer - _BIAS) / _BIAS).clamp(0, 1) * ((_THICK - nearer) / _BIAS).clamp(0, 1)
        seen = torch.minimum(seen, 1 - block)
    # Edges of estimated depth are no better than this.
    return F.avg_pool2d(F.pad(seen[None], (2, 2, 2, 2), mode="replicate"), 5, 1)[0]


def shares(
    shading: Tensor, weight: Tensor, parts: Tensor, owners: Tensor, found: Sequence[Source], bounce: float
) -> Tensor:
    """The share `[count, 3, h, w]` that each source has in the light of a place, 0 to 1; they add up to at most 1.

    shading : `[3, h, w]`. weight : `[1, h, w]`, how much a place counts. parts, owners : of `parts_of_light`. bounce :
    0 to 1, how much of the light that comes from nowhere in particular the sources claim, by how much of the light in
    the picture is theirs.
    """
    light = shading.double().clamp_min(0)
    level = mean_of_all(light).clamp_min(1e-30)
    # Errors count relative to the light, so that the dark has a say.
    weight = (weight.double() / (light.mean(0, keepdim=True) / level + 0.1).square())[0]
    basis = parts.double()
    normal = torch.einsum("ihw,jhw,hw->ij", basis, basis, weight)
    goal = torch.einsum("ihw,chw,hw->ic", basis, light / level, weight)
    goal = goal - _PRIOR * (owners < 0)[:, None] * goal.amax(0, keepdim=True).clamp_min(0)
    ridge = 1e-4 * normal.diagonal().mean()
    amounts = _not_negative(normal + ridge * torch.eye(len(normal), dtype=normal.dtype, device=normal.device), goal)
    total = torch.einsum("ic,ihw->chw", amounts, basis)
    # Some light comes from elsewhere, wherever one stands.
    total = (total + _ELSEWHERE * total.mean((1, 2), keepdim=True)).clamp_min(1e-12)
    made = [torch.einsum("ic,ihw->chw", amounts * (owners == i)[:, None], basis) / total for i in range(len(found))]
    theirs = sum(source.energy for source in found)
    claim = bounce * theirs / (theirs + _HALF)
    nobodys = 1 - sum(made, torch.zeros_like(total))
    for share, source in zip(made, found, strict=True):
        share += nobodys * (claim * source.energy / max(theirs, 1e-30))
    return blurred(torch.stack(made).flatten(0, 1), _EVEN).reshape(-1, *shading.shape).to(shading)


def put_out(x: Tensor, found: Sequence[Source], covers: Tensor) -> tuple[Tensor, Tensor]:
    """What a picture `x [3, h, w]` shows where its sources are when they are out, and whose halo it is around them.

    covers : `[sources, h, w]`. Returns the picture `[3, h, w]` with the light around each source going on across it,
    dark in its core, and halos `[sources, 3, h, w]`, the share of the light beside a source that is its own.
    """
    long = max(x.shape[1:])
    faded = []
    for source, cover in zip(found, covers, strict=True):
        reach = max(2.0, min(_HALO * source.radius, _WIDEST) * long)
        left = (1 - distance_from(cover > 0.02) / reach).clamp(0, 1)
        faded.append(left * left * (3 - 2 * left))
    near = torch.stack(faded).to(x)
    out = membrane(x, near.amax(0) == 0)
    smooth = blurred(x, 2.0)
    # A halo goes out softly: whoever turns the lamp up would see the edge of where it is looked for.
    halo = (1 - out / smooth.clamp_min(1e-20)).clamp(0, 1) * near.amax(0)
    above = (smooth.mean(0) / out.mean(0).clamp_min(1e-20)).clamp_min(1e-6).log2()
    core = ((above - _CORE) / _CORE).clamp(0, 1)
    # A window is dark as a whole, whatever is seen through it; a lamp is its filament, and glass around it.
    for source, cover in zip(found, covers, strict=True):
        ratio = (x.mean(0) * cover).sum() / (out.mean(0) * cover).sum().clamp_min(1e-20)
        bright = max(0.0, float(ratio.clamp_min(1e-6).log2()) - _CORE) / _CORE
        large = max(0.0, source.radius - _LAMP) / _LAMP
        core = torch.maximum(core, min(1.0, bright * large) * cover)
    core = core * blurred(covers.sum(0, keepdim=True), 1.0)[0].clamp(0, 1)
    whose = near / near.sum(0).clamp_min(1e-6)
    return out * (1 - (1 - _BODY) * core), halo * whose[:, None]


def _not_negative(normal: Tensor, goal: Tensor) -> Tensor:
    """The least squares solution `[n, c]` of `normal @ a = goal` without values below 0, by coordinate descent."""
    n = normal.cpu()
    found = torch.zeros_like(goal).cpu()
    left = goal.cpu().clone()
    for _ in range(_ROUNDS):
        for i in range(len(n)):
            new = (found[i] + left[i] / n[i, i]).clamp_min(0)
            left -= n[:, i, None] * (new - found[i])
            found[i] = new
    return found.to(goal)
