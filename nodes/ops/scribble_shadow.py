"""What strokes say of shadows: where one lies, from strokes in it, and how deep it is, from strokes over one paint."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import mean_of_all

from .edge_aware import guided_whole
from .gaussian import blurred
from .morphology import distance_from, without_texture
from .progress import Progress, part, silent
from .resize import grown, reduced
from .shadow import Stack, two_groups
from .shadow_edges import snapped
from .shadow_light import log_gains, logs_of
from .smoothing import smoothed

_SIDE = 256  # pixels of the long side at which a shadow is told from its strokes
_HALF = 0.5
_FEW = 12  # pixels tell nothing below this
_DARK, _BRIGHT = 0.1, 0.9  # visibility of what a stroke over one paint compares
_SIDES = 0.25  # of the step along such a stroke, up to which it is dark and from which on, from above, it is bright
_LEAST = 0.15  # nepers of a step that may be a shadow's
_THIN, _TEXTURE = 4.0, 4.0  # pixels of what is left out, and evened out, before light is compared
_RISE, _OVER = 0.35, 0.15  # nepers brighter than on the stroke, from which on there is light, and over how much
_ALIKE, _AROUND = 0.2, 0.25  # nepers of colour, and share of the picture, within which strokes tell what shadow is like
_BLACK = 4.0  # nepers under the mean of the picture, at which light begins to tell
_SAMPLES = 128
_LOOKS = 0.2  # weight of what looks like shadow or like light against that of strokes
_UNTOLD = 0.05  # the same of what is as far from strokes as they reach and looks like nothing under them
_FAR = 1 / 8  # of the picture, how far strokes go where nothing stops them and nothing is known
_EDGE, _COLOR = 0.08, 0.5  # nepers between neighbours that strokes hardly cross, and what those of colour count
_NEAR = 24.0  # pixels from the edge, over which a place tells less of the step there
_TINY = 1e-12


def stroked_shadow(
    x: Tensor,
    in_shadow: Tensor,
    lit: Tensor,
    one_paint: Tensor,
    reach: float,
    softness: float,
    progress: Progress = silent,
) -> tuple[Tensor, Tensor]:
    """Visibility `[1, H, W]` of shadows that strokes lie in, and what light full shadow lacks `[3, H, W]`, in nepers.

    What has the colour of a place under a stroke and is as dark or darker is in shadow, where it is lighter it is not,
    and between these the strokes go on up to edges. The edge of the shadow is then moved to that of the picture, see
    `snapped`. A stroke of `one_paint` that begins in the shadow and ends in light tells both its sides, and which ratio
    of light is to be expected over the edge where `log_gains` finds several.

    x : `[3, H, W]`, scene-linear. in_shadow, lit, one_paint : strokes `[1, H, W]`, 0 to 1. reach : pixels that strokes
    go on where nothing tells. softness : width in pixels of the soft edges that shadows mostly have.
    """
    if not bool((in_shadow > _HALF).any()):
        return torch.ones_like(in_shadow), torch.zeros_like(x)
    logs, ring = logs_of(x), max(1.0, softness)
    pieces = _pieces(one_paint)
    dark, bright = _sides(logs, in_shadow, pieces)
    dark, bright = torch.maximum(in_shadow, dark) * (1 - lit), torch.maximum(lit, bright) * (1 - in_shadow)
    rough = _told(logs, dark, bright, reach, part(progress, 0, 2))
    visibility = snapped(rough, x, softness, ring)
    progress(0.75)
    return visibility, log_gains(x, visibility, ring, usual=_step(logs, visibility, pieces))


def reduced_strokes(strokes: Tensor, size: tuple[int, int]) -> Tensor:
    """Strokes `[1, H, W]` in a smaller size, as `reduced`; those that are thinner than its pixels stay strokes."""
    small = reduced(strokes, size)
    hit = F.adaptive_max_pool2d(strokes, size) > _HALF
    beside = F.max_pool2d(small, 3, 1, 1) > _HALF
    return torch.where(hit & ~beside, 1.0, small)


def _pieces(strokes: Tensor) -> list[Tensor]:
    """Where each of some strokes `[1, H, W]` lies, `[H, W]`; those that touch are one."""
    count, labels = cv2.connectedComponents((strokes[0] > _HALF).cpu().numpy().astype(np.uint8))
    number = torch.from_numpy(labels).to(strokes.device)
    return [number == i for i in range(1, count)]


def _sides(logs: Tensor, in_shadow: Tensor, pieces: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The dark and the bright part `[1, H, W]` of those strokes over one paint that touch strokes in shadow."""
    dark, bright = torch.zeros_like(in_shadow), torch.zeros_like(in_shadow)
    even = blurred(logs.mean(0, keepdim=True), 1.0)[0]
    for where in pieces:
        if not bool((in_shadow[0][where] > _HALF).any()):
            continue
        low, high = two_groups(even[where])
        step = high - low
        if step < _LEAST:
            dark[0][where] = 1
        else:
            dark[0][where] = (even[where] <= low + _SIDES * step).to(dark.dtype)
            bright[0][where] = (even[where] >= high - _SIDES * step).to(dark.dtype)
    return dark, bright


def _told(logs: Tensor, dark: Tensor, bright: Tensor, reach: float, progress: Progress) -> Tensor:
    """The shadow `[1, H, W]`, 0 or 1, that strokes in it and in light tell."""
    height, width = logs.shape[1:]
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    dark, bright = (reduced_strokes(x, size) for x in (dark, bright))
    bare = without_texture(reduced(logs, size), _THIN)
    bare = guided_whole(bare, bare, _TEXTURE, 0.5)
    even = bare.mean(0, keepdim=True)
    level, known = (grown(x, size) for x in _in_shadow(bare, dark))
    # Black is black in any light.
    known = known * (even - mean_of_all(logs.exp()).log() + _BLACK).clamp(0, 1)
    lighter = torch.sigmoid((even - level - _RISE) / _OVER)
    # Of what no stroke has told anything it takes ever more to be shadow the farther away it is.
    away = distance_from(dark[0] > _HALF)[None] / max(1.0, reach * scale)
    looks_lit = torch.maximum(_LOOKS * known * lighter, _UNTOLD * away.clamp(0, 1).square())
    light = torch.maximum(bright, looks_lit * (1 - dark))
    shade = torch.maximum(dark, _LOOKS * known * (1 - lighter) * (1 - bright))
    guide = torch.cat((even, (bare - even) * _COLOR)).double()
    across, along = (torch.exp(guide.diff(dim=d).abs().sum(0) / -_EDGE) for d in (2, 1))
    spread = smoothed(torch.cat((shade, light)).double(), across, along, _FAR * max(size), progress)
    share = (spread[:1] / spread.sum(0, keepdim=True).clamp_min(_TINY)).to(logs.dtype)
    share = torch.where(dark > _HALF, 1.0, torch.where(bright > _HALF, 0.0, share))
    return _touching(grown(share, (height, width)) > _HALF, grown(dark, (height, width)) > _HALF).to(logs.dtype)


def _touching(found: Tensor, strokes: Tensor) -> Tensor:
    """Those parts of what is found `[1, H, W]` that strokes lie in."""
    _, labels = cv2.connectedComponents(found[0].cpu().numpy().astype(np.uint8))
    kept = np.unique(labels[strokes[0].cpu().numpy() & (labels > 0)])
    return torch.from_numpy(np.isin(labels, kept))[None].to(found.device)


def _in_shadow(bare: Tensor, dark: Tensor) -> tuple[Tensor, Tensor]:
    """How bright in nepers what has the colour of a place is in shadow, and how far strokes tell that, `[1, h, w]`
    each at half the size.
    """
    size = (max(1, bare.shape[1] // 2), max(1, bare.shape[2] // 2))
    bare, dark = reduced(bare, size), reduced(dark, size)
    even = bare.mean(0)
    places = (dark[0] >= min(_HALF, float(dark.max()))).nonzero()
    rows, columns = places[:: max(1, len(places) // _SAMPLES)].T
    color = (bare - even).permute(1, 2, 0)
    grid = torch.cartesian_prod(*(torch.arange(n, device=bare.device) for n in size)).to(bare)
    looks = torch.cat((color.flatten(0, 1) / _ALIKE, grid / (_AROUND * max(size))), 1)
    own = looks[rows * size[1] + columns]
    # A product of matrices would add up in another order on more threads.
    away = torch.cdist(looks, own, compute_mode="donot_use_mm_for_euclid_dist")
    weight = torch.exp(away.square() / -2)
    level = (weight * even[rows, columns]).sum(1) / weight.sum(1).clamp_min(_TINY)
    return level.reshape(1, *size), weight.amax(1).reshape(1, *size)


def _step(logs: Tensor, visibility: Tensor, pieces: list[Tensor]) -> Stack | None:
    """The step of light `[3]` in nepers between shadow and light along strokes over one paint; None where none crosses
    an edge.
    """
    seen = visibility[0]
    inside, outside = (
        cv2.distanceTransform(where.cpu().numpy().astype(np.uint8), cv2.DIST_L2, 5)
        for where in (seen < _HALF, seen >= _HALF)
    )
    away = torch.from_numpy(np.maximum(inside, outside)).to(logs.device)
    steps = []
    for where in pieces:
        sides = [where & (seen < _DARK), where & (seen > _BRIGHT)]
        if min(int(side.sum()) for side in sides) < _FEW:
            continue
        # The nearer to the edge, the less light changes for other reasons.
        dark, bright = (_near_edge(logs[:, side], away[side]) for side in sides)
        steps.append(bright - dark)
    return np.maximum(np.mean(steps, 0), 0) if steps else None


def _near_edge(values: Tensor, away: Tensor) -> Stack:
    """The mean `[3]` of values `[3, n]`, which count the more the nearer they are to an edge: away from it `[n]`."""
    far = away.double().cpu().numpy()
    weights = np.exp(-far / (_NEAR + 2 * far.min()))
    mean: Stack = (values.double().cpu().numpy() * weights).sum(1) / weights.sum()
    return mean
