"""Surfaces painted anew at random: the same shapes with other albedo, roughness and reflectance.

Who meets few shapes over and over learns their albedo by heart. Painted anew a shape tells nothing of its albedo, and
few views go a long way. What paint may be is what surfaces are: within the reflectance of real matter, stuck to the
surface in perspective, and without any shading in it. Metals stay metals, and skin stays skin but for a rare mask.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from .coats import BRIGHTEST, DARKEST, Coat, Ground, Part, faded, other_skin, plain, recolored, rows, textured
from .smooth import over_neighbours
from .view import View

SMOOTHEST, ROUGHEST = 20 / 255, 1.0
"""Perceptual roughness that views have."""
DIELECTRIC, METAL = (0.02, 0.08), (0.2, 0.95)
"""Reflectance from the front of what is no metal, and of what is one."""
_PAINT = 0.04
"""Reflectance from the front of most paint."""
_EYES, _SKIN, _CLOTH = 0.25, (0.38, 0.605), 0.645
"""Roughness of what heads are of (see `heads`): eyes and teeth to the first, skin between, clothes from the last."""

_COATS = {"faded": 0.3, "recolored": 0.36, "textured": 0.3, "plain": 0.04}
"""How often a part gets which coat."""
_CLAY, _MASKED = 0.04, 0.1
"""How often a view is as if all of it were models in clay, and a head's skin is painted over."""

TextureSource = Callable[[], Tensor]
"""Gives textures as `evened` makes them, on the view's device."""


def repainted(view: View, rng: np.random.Generator, texture: TextureSource | None = None) -> View:
    """The view with other albedo, roughness and f0, on its device, which is not waited for; all else stays.

    The subject and what is around it are painted each by itself; of heads also skin and clothes, and eyes are left.
    texture : asked only when a surface gets one; without it none does. Albedo of dielectrics comes out within
    0.01..0.9, that of metals stays; f0 of dielectrics within 0.02..0.08. The same for the same state of `rng`.
    """
    there = (view.surface > 0).to(view.albedo)
    strongest = view.f0.amax(0, keepdim=True)
    matter = _matter(view.albedo, strongest)
    # A pixel at the edge of a metal shows some of what is beside it: that is painted, the rest stays.
    base = (view.albedo / matter.clamp_min(0.01)).clamp_max(BRIGHTEST)
    rest = view.albedo - matter * base
    clay = rng.random() < _CLAY
    inside = (view.matte / view.surface.clamp_min(1e-3)).clamp_max(1)
    parts = {"subject": inside, "around": 1 - inside}
    if view.about.get("domain") == "heads" and not clay:
        parts = _parts_of_head(view.roughness, inside)
    albedo, roughness, f0 = (torch.zeros_like(layer) for layer in (view.albedo, view.roughness, view.f0))
    ground = Ground.of(view, base)
    for name, share in parts.items():
        part = ground.part(share * there * matter)
        coat = plain(part, rng) if clay else _coat(name, part, rng, texture)
        albedo += share * coat.color.exp().clamp(DARKEST, BRIGHTEST)
        roughness += share * torch.as_tensor(coat.rough).exp()
        f0 += share * _reflecting(view.f0, matter, rng)
    albedo = (albedo * matter + rest).clamp_max(BRIGHTEST)
    least = torch.where(strongest < METAL[0], 0.0, METAL[0])  # of the strongest channel
    f0 = f0 * (least / f0.amax(0, keepdim=True).clamp_min(1e-3)).clamp_min(1)
    most = torch.where(strongest > DIELECTRIC[1], METAL[1], DIELECTRIC[1])
    return replace(
        view,
        albedo=albedo * there,
        roughness=(roughness * view.roughness).clamp(SMOOTHEST, ROUGHEST) * there,
        f0=f0.clamp_min(DIELECTRIC[0]).minimum(most) * there,
    )


def enamelled(view: View) -> View:
    """The view with its metals painted over, in the colours that they reflect: a scene has few metals, views many."""
    metal = 1 - _matter(view.albedo, view.f0.amax(0, keepdim=True))
    paint = view.f0.clamp(DARKEST, BRIGHTEST).expand_as(view.albedo)
    return replace(
        view,
        albedo=(view.albedo + metal * paint).clamp_max(BRIGHTEST) * (view.surface > 0),
        f0=view.f0 + metal * (_PAINT - view.f0),
    )


def _matter(albedo: Tensor, f0: Tensor) -> Tensor:
    """How much of each pixel is no metal `[1, h, w]`: by its reflectance, and at edges by that of the metal beside it.
    What reflects as metals do and has no albedo is metal, whatever is beside it.
    """
    whole = over_neighbours(torch.maximum, f0).clamp_min(METAL[0])
    some = 1 - _ramp(f0, DIELECTRIC[1], whole)
    white = _ramp(albedo.amax(0, keepdim=True), 0.01, 0.06)
    return torch.where(f0 < METAL[0], some, some * white)


def _parts_of_head(roughness: Tensor, inside: Tensor) -> dict[str, Tensor]:
    """Shares of the pixels, by roughness, which tells parts of a head apart; hair goes with either skin or clothes."""
    skin = _ramp(roughness, _EYES, _SKIN[0])
    clothes = _ramp(roughness, _SKIN[1], _CLOTH)
    shares = {"eyes": 1 - skin, "skin": skin - clothes, "clothes": clothes}
    return {name: share * inside for name, share in shares.items()} | {"around": 1 - inside}


def _coat(name: str, part: Part, rng: np.random.Generator, texture: TextureSource | None) -> Coat:
    if name == "eyes":
        return Coat(part.color)
    if name == "skin":
        skin = other_skin(part, rng)
        if rng.random() >= _MASKED:
            return skin
        mask, opacity = _any_coat(part, rng, texture), float(rng.uniform(0.3, 1))
        return Coat(skin.color + (mask.color - skin.color) * opacity, mask.rough)
    return _any_coat(part, rng, texture)


def _any_coat(part: Part, rng: np.random.Generator, texture: TextureSource | None) -> Coat:
    kind = rng.choice(list(_COATS), p=list(_COATS.values()))
    if kind == "textured" and texture is not None:
        return textured(part, rng, texture())
    if kind == "faded":
        return faded(part, rng)
    return plain(part, rng) if kind == "plain" else recolored(part, rng)


def _reflecting(f0: Tensor, matter: Tensor, rng: np.random.Generator) -> Tensor:
    """f0 by other factors, of metals also in other colours."""
    plain_factor, level, tint = math.exp(rng.normal(0, 0.2)), rng.normal(0, 0.25), rng.normal(0, 0.1, f0.shape[0])
    metal_factor = rows(np.exp(level + tint), f0).reshape(-1, 1, 1)
    return f0 * (metal_factor + (plain_factor - metal_factor) * matter)


def _ramp(values: Tensor, low: float, high: float | Tensor) -> Tensor:
    """0 up to one value, 1 from another on."""
    return ((values - low) / (high - low)).clamp(0, 1)
