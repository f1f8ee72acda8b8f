"""Edges of shadows that are known roughly, as the picture shows them."""

import torch
from torch import Tensor

from rimlight.engine import mean_of_all

from .edge_aware import guided_whole
from .fir import finite
from .gaussian import blurred
from .progress import Progress, part, silent
from .shadow_light import log_gains, logs_of, share_of_light
from .shadow_profile import edged

_BLACK = 2.0**-9  # of the mean, under which light tells nothing
_EDGE = 0.25  # stops that make an edge
_HARD, _SOFT = 0.1, 0.25  # of the softness, blurs of a matte
_NARROW = 1 / 3  # of the softness, the width of harder edges that are followed
_AROUND, _EVEN = 1 / 6, 1 / 12  # of the softness, over which roughness and then the choice are averaged
_DECIDED = 6.0
_LOOKED = 4.0  # of the softness, how far from the matte's edge the edge of the shadow is looked for
_HALF = 0.5


def snapped(shadow: Tensor, x: Tensor, softness: float, ring: float, progress: Progress = silent) -> Tensor:
    """Visibility `[1, H, W]` from a rough matte of shadow `[1, H, W]`, its edges where they leave least to be seen.

    Where the edge lies beside the matte's, and how wide its penumbra is, is told by the picture `[3, H, W]` first. Then
    the matte, moved there, is tried as it is, softened, and brought to the edges of the picture in two ways: with each
    the picture is lifted, and where one leaves it smoother, with fewer lines and steps of light, it counts more. A
    penumbra wider than `softness` is taken as it was told.

    softness : width in pixels of the soft edges that are tried. ring : see `log_gains`.
    progress : called with the share done.
    """
    if softness <= 0:
        return 1 - shadow
    told = edged(shadow, x, _LOOKED * softness)
    if told is not None:
        shadow = (told.visibility < _HALF).to(shadow.dtype)
    progress(0.1)
    tries = [1 - shadow]
    tries += [1 - blurred(shadow, softness * share) for share in (_HARD, _SOFT)]
    for i, share in enumerate((_NARROW, 1.0)):
        tries.append(follow_plate(shadow, x, softness * share, part(progress, 1 + i, 6)))
    gains = log_gains(x, tries[1] if told is None else told.visibility, ring, progress=part(progress, 1, 2))
    logs = logs_of(x)
    left = [logs - share_of_light(v, gains).log() for v in tries]
    rough = torch.cat([blurred(_roughness(one), max(1.0, softness * _AROUND)) for one in left])
    least = rough.amin(0, keepdim=True)
    weights = torch.exp(-_DECIDED * (rough - least) / least.clamp_min(1e-6))
    weights = blurred(weights, max(1.0, softness * _EVEN))
    best = ((torch.cat(tries) * weights).sum(0, keepdim=True) / weights.sum(0, keepdim=True)).clamp(0, 1)
    return best if told is None else torch.where(told.width > softness * _SOFT, told.visibility, best)


def _roughness(x: Tensor) -> Tensor:
    """How much `x [C, H, W]` changes from pixel to pixel, `[1, H, W]`."""
    across, down = x.diff(dim=2).abs().mean(0, keepdim=True), x.diff(dim=1).abs().mean(0, keepdim=True)
    pad = torch.nn.functional.pad
    return pad(across, (1, 0)) + pad(across, (0, 1)) + pad(down, (0, 0, 1, 0)) + pad(down, (0, 0, 0, 1))


def follow_plate(shadow: Tensor, x: Tensor, size: float, progress: Progress = silent) -> Tensor:
    """Visibility `[1, H, W]` whose edges are those of the picture `[3, H, W]`, from where shadow `[1, H, W]` is 1.

    size : width in pixels of soft edges that are followed. progress : called with the share done.
    """
    light = finite(x).clamp_min(0)
    floor = (_BLACK * mean_of_all(light)).clamp_min(1e-30)
    guide = light.clamp_min(floor).log2()
    drawn = guided_whole(shadow, guide, size, _EDGE, progress=progress)
    # What is nearly all shadow or light is so: the rest is texture that shines through.
    return 1 - ((drawn - 0.15) / 0.7).clamp(0, 1)
