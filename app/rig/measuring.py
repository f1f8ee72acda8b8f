"""What each light of a rig does, in numbers: its mean level, and how key and fill stand to each other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import Image, Vec3

GREY = 0.18
"""What levels count from: the picture of a grey card."""
DARK = -12.0
"""Stops at and below which a light counts as showing nothing."""
_LIT = 0.5
"""Share of the key's brightest light from which on a pixel counts as lit by it."""


@dataclass(frozen=True)
class Ratio:
    """The lighting ratio, (key + fill) : fill where the key shines. key : the name of that light.

    value : 1 upwards, infinite without any fill. source : what it was measured on, `picture` or `grey ball`.
    """

    key: str
    value: float
    source: str

    @property
    def stops(self) -> float:
        return math.log2(self.value) if self.value > 0 else 0.0

    def text(self) -> str:
        """`4.0 : 1`, or `no fill`."""
        return "no fill" if math.isinf(self.value) else f"{self.value:.3g} : 1"


def stops_of(level: float) -> float:
    """A level in stops from a grey card, `DARK` at least."""
    return max(math.log2(level / GREY), DARK) if level > 0 else DARK


def luminance(rgb: Tensor, weights: Vec3) -> Tensor:
    """Luminance `[h, w]` of `[3, h, w]`."""
    return torch.einsum("chw,c->hw", rgb, rgb.new_tensor(weights))


def levels_of(groups: Mapping[str, Tensor], there: Tensor) -> dict[str, float]:
    """The mean over a surface of what each light shows of it. groups : luminance `[h, w]`; there : bool `[h, w]`."""
    if not bool(there.any()):
        return {}
    return {name: float(torch.nan_to_num(y[there]).mean()) for name, y in groups.items()}


def ratio_of(groups: Mapping[str, Tensor], there: Tensor, source: str) -> Ratio | None:
    """The lighting ratio of light groups; None without light. The key is the light called `key`, else the strongest."""
    levels = {name: level for name, level in levels_of(groups, there).items() if level > 0}
    if not levels:
        return None
    named = [name for name in levels if name.lower().startswith("key")]
    key = max(named or levels, key=levels.__getitem__)
    strong = torch.where(there, torch.nan_to_num(groups[key]), 0)
    lit = strong >= _LIT * float(torch.quantile(strong[there], 0.98))
    lit &= there & (strong > 0)
    mine = float(strong[lit].mean())
    others = sum((torch.nan_to_num(groups[name]) for name in levels if name != key), torch.zeros_like(strong))
    fill = float(others[lit].mean())
    if fill <= mine * 2**DARK:
        return Ratio(key, math.inf, source)
    return Ratio(key, (mine + fill) / fill, source)


def groups_of_picture(image: Image, weights: Vec3) -> tuple[dict[str, Tensor], Tensor]:
    """The light groups of a lit picture by the light's name, luminance `[h, w]`, and where there is light at all."""
    found: dict[str, Tensor] = {}
    for layer, pixels in image.layers.items():
        name = _light_of(layer)
        if name and pixels.shape[0] >= 3:
            y = luminance(pixels[:3].float().cpu(), weights)
            found[name] = found[name] + y if name in found else y
    if not found:
        return {}, torch.zeros(1, 1, dtype=torch.bool)
    total = sum(found.values(), torch.zeros_like(next(iter(found.values()))))
    return found, torch.isfinite(total) & (total > 0)


def group_layers(names: tuple[str, ...]) -> list[str]:
    """The layers of a picture that are light groups."""
    return [name for name in names if _light_of(name)]


def _light_of(layer: str) -> str:
    """The light whose diffuse or specular part a layer is."""
    head, _, part = layer.rpartition("_")
    return head.removeprefix("light_") if part in ("diffuse", "specular") and head.startswith("light_") else ""
