"""Light layers put right by strokes: one paint, in shadow, lit. The ledger stays closed."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..ops.progress import Progress, part, silent
from ..ops.smoothing import spread

_ALBEDO_FLOOR = 1e-3
_CORRECTION = 3.0  # nepers, the most that strokes change the light by
_DARK, _BRIGHT = 0.3, 0.7  # visibility of what counts as in shadow and as lit
_AMBIENT = 0.35  # share of the light that shadows leave, where nothing in the picture tells
_SHARES = (0.05, 0.8)


@dataclass(frozen=True)
class Strokes:
    """Masks `[1, H, W]`, 0 to 1, or None; the guide `[3, H, W]` whose edges stop them, see `spread`."""

    same_albedo: Tensor | None
    in_shadow: Tensor | None
    lit: Tensor | None
    guide: Tensor
    size: float
    edge: float

    def spread(self, values: Tensor, where: Tensor, progress: Progress) -> tuple[Tensor, Tensor]:
        return spread(values, where, self.guide, self.size, self.edge, progress)


def constrained(
    plate: Tensor, layers: Mapping[str, Tensor], strokes: Strokes, progress: Progress = silent
) -> dict[str, Tensor]:
    """Albedo, shading, residual and shadow `[C, H, W]` as strokes want them; layers has these and `specular`."""
    shading, shadow = layers["shading"], layers["shadow"]
    if strokes.in_shadow is not None or strokes.lit is not None:
        shading, shadow = _pinned(shading, shadow, strokes, part(progress, 0, 2))
    explained = (layers["albedo"] * layers["shading"]).clamp_min(0)
    if strokes.same_albedo is not None:
        albedo = explained / shading.clamp_min(1e-30)
        shading = shading * _evened(albedo, explained, strokes, part(progress, 1, 2)).exp()
    # Where a given albedo is black the light cannot tell it, and stays.
    albedo = torch.where(shading > 0, explained / shading.clamp_min(1e-30), layers["albedo"])
    residual = plate - (albedo * shading + layers["specular"])
    return {"albedo": albedo, "shading": shading, "residual": residual, "shadow": shadow}


def _pinned(shading: Tensor, shadow: Tensor, strokes: Strokes, progress: Progress) -> tuple[Tensor, Tensor]:
    """Shading and shadow with the key light taken away in shadow and given where it is lit."""
    none = torch.zeros_like(shadow)
    dark = none if strokes.in_shadow is None else strokes.in_shadow
    bright = none if strokes.lit is None else strokes.lit
    cover = torch.maximum(dark, bright)
    wanted = bright / (dark + bright).clamp_min(1e-6)
    values, counts = strokes.spread(wanted, cover, progress)
    after = torch.lerp(shadow, values.clamp(0, 1), counts)
    share = _ambient(shading, shadow)
    return shading * (share + (1 - share) * after) / (share + (1 - share) * shadow), after


def _ambient(shading: Tensor, shadow: Tensor) -> float:
    """The share of the light that is left where the key does not arrive."""
    light = shading.mean(0, keepdim=True)
    dark, bright = light[shadow < _DARK], light[shadow > _BRIGHT]
    if not dark.numel() or not bright.numel() or not float(bright.median()) > 0:
        return _AMBIENT
    return min(max(float(dark.median() / bright.median()), _SHARES[0]), _SHARES[1])


def _evened(albedo: Tensor, light: Tensor, strokes: Strokes, progress: Progress) -> Tensor:
    """How much more light there is `[3, H, W]`, in nepers, so that there is one albedo under every stroke.

    Under a stroke it is the mean, weighted by light: what is well lit is seen best.
    """
    mask = strokes.same_albedo
    assert mask is not None
    logs = (albedo.clamp_min(0) + _ALBEDO_FLOOR).log()
    count, labels = cv2.connectedComponents((mask[0] > 0).cpu().numpy().astype(np.uint8))
    number = torch.from_numpy(labels.astype(np.int64)).to(mask.device).flatten()
    weight = (mask[0] * light.mean(0).clamp_min(0).sqrt()).flatten().double()
    total = torch.zeros(count, dtype=torch.float64, device=mask.device).index_add_(0, number, weight)
    means = [
        torch.zeros_like(total).index_add_(0, number, weight * plane.flatten().double()) / total.clamp_min(1e-300)
        for plane in logs
    ]
    wanted = torch.stack([mean[number].reshape(mask.shape[1:]) for mean in means]).to(logs.dtype)
    off = (logs - wanted).clamp(-_CORRECTION, _CORRECTION)
    values, counts = strokes.spread(off, mask, progress)
    return values * counts
