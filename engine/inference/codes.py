"""The light of a picture squeezed into one code: from the picture, its layers or a light, and as a light again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..light.sh import fit_irradiance
from ..light.values import unit
from .blocks import CONTRAST, STEEPEST, bounded, normalised, quieten

ENVIRONMENT_ROWS = 8
"""Rows of the estimated surroundings; twice as many columns, laid out as every lat-long picture is."""


@dataclass(frozen=True, eq=False)
class LightGuess:
    """The light of a picture, batched.

    direction : `[b, 3]`, unit, towards the key light. key : `[b, 3]`, its level. angle : `[b]`, its diameter in
    degrees. environment : `[b, 3, 8, 16]`, radiance of the surroundings without the key, lat-long.
    """

    direction: Tensor
    key: Tensor
    angle: Tensor
    environment: Tensor

    def tinted(self, gain: Tensor) -> "LightGuess":
        """The same in another colour: levels times `[b, 3]`."""
        return replace(self, key=self.key * gain, environment=self.environment * gain[..., None, None])


class Gather(nn.Module):
    """One code for a whole picture: queries that each look at some places, and what they find there, put together."""

    def __init__(self, width: int, queries: int, code: int) -> None:
        super().__init__()
        self.size = code
        self.scores = nn.Conv2d(width, queries, 1)
        self.values = nn.Conv2d(width, width, 1)
        self.mix = nn.Sequential(nn.Linear(queries * width, 2 * code), nn.SiLU(), nn.Linear(2 * code, code + 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The code `[b, code]`, of root mean square 1, and the log of the light's strength `[b]`."""
        weights = self.scores(x).flatten(2).float().softmax(-1)
        values = F.silu(self.values(x)).flatten(2).float()
        found = torch.einsum("bqn,bcn->bqc", weights, values).flatten(1)
        code, strength = torch.split(self.mix(found).float(), [self.size, 1], 1)
        return normalised(code), bounded(strength[:, 0], STEEPEST)


class Listen(nn.Module):
    """What the layers tell of the light goes into the code: light that falls on surfaces of all directions is known by
    nine numbers a channel (Ramamoorthi and Hanrahan 2001), and these are solved for, not learned. The network says
    which places to trust: open ones, where there is a surface.
    """

    def __init__(self, code: int) -> None:
        super().__init__()
        self.size = code
        last = nn.Linear(2 * code, code + 1)
        self.layers = nn.Sequential(nn.Linear(code + 28, 2 * code), nn.SiLU(), last)
        quieten(last, 0.3)

    def forward(
        self, code: Tensor, strength: Tensor, normal: Tensor, shading: Tensor, trust: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Code and log strength as `Gather` gives them, corrected.

        normal, shading : `[b, 3, h, w]` at half the picture's size, the shading relative to its level. trust :
        `[b, 1, h, w]`, 0 to 1.
        """
        small = [F.avg_pool2d(x, 4, ceil_mode=True).flatten(2) for x in (normal.detach(), shading.detach(), trust)]
        with torch.autocast(shading.device.type, enabled=False):  # equations are solved in full precision
            toward, fell, open_places = F.normalize(small[0], dim=1), small[1].clamp_max(1e4), small[2][:, 0]
            fit = fit_irradiance(toward, fell, open_places).flatten(1)
        size = fit.norm(dim=1, keepdim=True).clamp_min(1e-6)
        heard = torch.cat((code, 3 * fit / size, size.log()), 1)
        change, louder = torch.split(self.layers(heard).float(), [self.size, 1], 1)
        return normalised(code + change), bounded(strength + louder[:, 0], STEEPEST)


class LightHead(nn.Module):
    """A light from a code."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.size = 3 * ENVIRONMENT_ROWS * 2 * ENVIRONMENT_ROWS
        last = nn.Linear(2 * code, 3 + 3 + 1 + self.size)
        self.layers = nn.Sequential(nn.Linear(code, 2 * code), nn.SiLU(), last)
        quieten(last, 0.3)

    def forward(self, code: Tensor, strength: Tensor, level: Tensor) -> LightGuess:
        """The light that codes `[b, code]` of log strengths `[b]` stand for. level : of pictures, `[b, 1, 1, 1]`."""
        direction, key, angle, around = torch.split(self.layers(code).float(), [3, 3, 1, self.size], 1)
        scale = strength[:, None] + level.flatten(1).log()
        environment = (around.clamp(-STEEPEST, STEEPEST) + scale).exp()
        return LightGuess(
            direction=F.normalize(direction, dim=1),
            key=(key.clamp(-STEEPEST, STEEPEST) + scale).exp(),
            angle=(angle[:, 0] + 2).clamp(-4, 4.5).exp(),
            environment=environment.reshape(-1, 3, ENVIRONMENT_ROWS, 2 * ENVIRONMENT_ROWS),
        )


class LightCode(nn.Module):
    """A code from a light, whatever its strength."""

    def __init__(self, code: int) -> None:
        super().__init__()
        size = 3 * ENVIRONMENT_ROWS * 2 * ENVIRONMENT_ROWS
        self.layers = nn.Sequential(nn.Linear(size + 7, 2 * code), nn.SiLU(), nn.Linear(2 * code, code))

    def forward(self, light: LightGuess) -> Tensor:
        """Codes `[b, code]`, of root mean square 1."""
        total = light_strength(light)[:, None]
        around = (light.environment / total[..., None, None]).clamp_min(0).flatten(1)
        key = (light.key / total).clamp_min(0)
        angle = light.angle.clamp_min(0.05).log()[:, None] / 3
        seen = torch.cat((light.direction, torch.log1p(CONTRAST * key), angle, torch.log1p(CONTRAST * around)), 1)
        return normalised(self.layers(seen).float())


def light_strength(light: LightGuess) -> Tensor:
    """How bright a light is overall `[b]`: what a white surface reads that faces the key, roughly."""
    rows = torch.linspace(0.5, -0.5, ENVIRONMENT_ROWS + 1, device=light.environment.device) * torch.pi
    weights = (rows.sin()[:-1] - rows.sin()[1:]) / 2
    around = (light.environment.mean((1, 3)) * weights).sum(1)
    return (light.key.mean(1) + around).clamp_min(1e-20)


def mixed_codes(parts: Sequence[tuple[float, Tensor]]) -> Tensor:
    """Codes `[b, n]` added up by weights of any sign, at least one of them, and of root mean square 1 again."""
    return normalised(torch.stack([weight * code.float() for weight, code in parts]).sum(0))


def mixed_lights(parts: Sequence[tuple[float, LightGuess]]) -> LightGuess:
    """The mean of lights by weights that add up to 1, of their levels by logarithms."""

    def mean(name: str, how: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.stack([weight * how(getattr(light, name)) for weight, light in parts]).sum(0)

    levels = [f.name for f in fields(LightGuess) if f.name != "direction"]
    mixed = {name: mean(name, lambda x: x.clamp_min(torch.finfo(x.dtype).tiny).log()).exp() for name in levels}
    return LightGuess(direction=unit(mean("direction", lambda x: x), 1), **mixed)
