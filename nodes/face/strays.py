"""What lies on a face in its uv and is none of it: a wall that shows behind the fitted outline, a light collar."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..baseline.base import percentile
from .regions import within_mask

_BELOW = 0.53
"""Height in the uv, about that of the ears' openings, below which all that is seen ought to be skin and no hair."""
_NECK, _SQUARE = 0.27, 0.45
"""Height in the uv below which lies the neck with its collars; above, what was seen more squarely than this is skin."""
_DARK = 2.5
"""Stops below the skin from which on the colour tells nothing, and up to there the less: shade, beards, black cloth."""
_HUE = 0.5
"""Of the stops by which something is too bright for skin, those by which its colour is too far off."""
_GROWN, _ALONG, _SLANT = 0.02, 0.07, 0.3
"""Of the uv, by which what is none of the face is widened, as its edges are mixed with skin; by which along the
outline, where skin was seen less squarely than this."""
_RIM = 0.12
"""Of the radius of the face itself, within which it may end."""
_ODD = 0.97
"""Of the skin of the face, that something has to differ from more than."""
_FEWEST = 30


def strays(light: Tensor, seen: Tensor, skin: Tensor, uv: Tensor, tolerance: float) -> Tensor:
    """Which texels `[1, h, w]` on neck, ears and jaw show something else than skin, bool.

    light : `[3, h, w]`, finite, a face in its uv without its light. seen : `[1, h, w]`, how squarely texels were seen.
    skin : `[1, h, w]`, of `regions`. uv : `[2, h, w]`. tolerance : stops by which skin there may be
    brighter than that of the face.
    """
    face, core = within_mask(uv) > 0, within_mask(uv, _RIM) == 1
    known = (face & (seen > 0) & (skin > 0.5))[0]
    stops = light.clamp_min(1e-30).log2()
    if int(known.sum()) < _FEWEST:
        return torch.zeros_like(seen, dtype=torch.bool)
    off = stops - stops[:, known].median(1).values[:, None, None]
    bright = off.mean(0, keepdim=True)
    hue = (off - bright).abs().amax(0, keepdim=True)
    hue = hue / (1 - bright.clamp_max(0))
    # A face in lights of several colours differs as much from itself.
    least = ((bright, tolerance), (hue, _HUE * tolerance))
    brighter, tinted = (max(few, percentile(x[0, known], _ODD)) for x, few in least)
    far = (bright.clamp_min(0) / brighter).square() + (hue / tinted).square() > 1
    edge = (seen > 0) & (uv[1:] < _BELOW) & ((seen < _SQUARE) | (uv[1:] < _NECK))
    found = far & (bright > -_DARK) & edge & ~core
    beside = _widened(found, _GROWN) | (_widened(found, _ALONG) & (seen < _SLANT))
    return beside & ~core & (uv[1:] < _BELOW)


def _widened(found: Tensor, share: float) -> Tensor:
    """What is true `[1, h, w]`, wider by a share of the uv."""
    around = 2 * round(share * found.shape[2] / 2) + 1
    return F.max_pool2d(found.float()[None], around, 1, around // 2)[0] > 0
