"""Lit views, and pairs of their pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from rimlight.engine import EnvironmentCache, LightGuess, guess_of_rig

from .augment import Recording, record, recorded_gains
from .batch import Batch
from .corruptions import sent
from .stage.lighting import Lighting
from .stage.relit import LightStage
from .stage.sphere import unit
from .stage.view import View


@dataclass(frozen=True, eq=False)
class LitView:
    """A view's layers `[11, h, w]` (`_LAYERS`), and per lighting its pictures `[L, 10, h, w]` (`_LIGHT`) and light.

    What is only known of surfaces is multiplied with the share of the pixel that is surface.
    """

    layers: Tensor
    pictures: Tensor
    lights: LightGuess
    one_light: tuple[bool, ...]
    fov: float

    def to(self, device: torch.device) -> Self:
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Self:
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        light = {name: change(getattr(self.lights, name)) for name in _LIGHT_GUESS}
        return replace(self, layers=change(self.layers), pictures=change(self.pictures), lights=LightGuess(**light))


@dataclass(frozen=True, eq=False)
class Pair:
    """A pair of a batch: a view under two of its lightings, mirrored or not."""

    lit: LitView
    chosen: tuple[int, int]
    flip: bool = False


_LAYERS = {"surface": 1, "albedo": 3, "normal": 3, "depth": 1, "roughness": 1, "f0": 1, "matte": 1}
_LIGHT = {"clean": 3, "shading": 3, "specular": 3, "shadow": 1}
_LIGHT_GUESS = ("direction", "key", "angle", "environment")


def light_view(view: View, lightings: Sequence[Lighting], environments: EnvironmentCache | None = None) -> LitView:
    """A view under some lightings, on its device."""
    stage = LightStage(view, environments)
    f0 = view.f0.mean(0, keepdim=True)
    known = torch.cat((view.albedo, view.normal, view.depth, view.roughness, f0)) * view.surface
    there = view.surface > 0.5
    distance = float(view.depth[there].median()) if bool(there.any()) else 100.0
    middle = torch.tensor([0.0, 0.0, -distance])  # what is told of lights is little work with many branches: the CPU's
    pictures, lights = [], []
    for lit in stage.light_all(lightings):
        shown = torch.cat((lit.shading, lit.specular, lit.shadow)) * view.surface
        pictures.append(torch.cat((lit.beauty, shown)))
        lights.append(guess_of_rig(lit.rig, middle, middle))
    single = tuple(lighting.environment is None and len(lighting.keys) == 1 for lighting in lightings)
    layers = torch.cat((view.surface, known, view.matte))
    return LitView(layers, torch.stack(pictures), _joined(lights, layers.device), single, view.fov)


def _joined(lights: Sequence[LightGuess], device: torch.device) -> LightGuess:
    return LightGuess(*(torch.cat([getattr(light, name) for light in lights]).to(device) for name in _LIGHT_GUESS))


def joined_pairs(pairs: Sequence[Pair]) -> Batch:
    """Pairs of views of one size as a batch, not yet seen by a camera."""
    shown = [(pair.lit, number) for pair in pairs for number in pair.chosen]
    layers = torch.stack([pair.lit.layers for pair in pairs]).repeat_interleave(2, 0)
    pictures = torch.stack([lit.pictures[number] for lit, number in shown])
    device = layers.device
    mirror = sent([(-1.0 if pair.flip else 1.0, 1.0, 1.0) for pair in pairs for _ in pair.chosen], device)
    mirrored = mirror[:, :1, None, None] < 0
    images = torch.cat((layers, pictures), 1)
    layers, pictures = torch.split(
        torch.where(mirrored, images.flip(-1), images), [sum(_LAYERS.values()), sum(_LIGHT.values())], 1
    )
    share = layers[:, :1]
    some = share.clamp_min(1e-4)
    layers = torch.cat((share, layers[:, 1:-1] / some, layers[:, -1:]), 1)
    pictures = torch.cat((pictures[:, :3], pictures[:, 3:] / some), 1)
    named = dict(zip(_LAYERS, torch.split(layers, list(_LAYERS.values()), 1), strict=True))
    named |= zip(_LIGHT, torch.split(pictures, list(_LIGHT.values()), 1), strict=True)
    named["normal"] = unit(named["normal"], 1) * mirror[:, :, None, None]
    light = LightGuess(*(torch.stack([getattr(lit.lights, name)[n] for lit, n in shown]) for name in _LIGHT_GUESS))
    around = torch.where(mirrored, light.environment.flip(-1), light.environment)
    numbers = sent([(lit.fov, lit.one_light[number]) for lit, number in shown], device)
    return Batch(
        **named, picture=named["clean"], gain=named["clean"].new_ones(len(shown), 3),
        direction=light.direction * mirror, key=light.key, angle=light.angle, environment=around, fov=numbers[:, 0],
        one_light=numbers[:, 1] > 0, known=torch.ones(len(shown), dtype=torch.bool, device=device),
        ratio=torch.zeros_like(share),
    )  # fmt: skip


def seen_by(batch: Batch, cameras: Sequence[Recording | None]) -> Batch:
    """The batch with its input as cameras record it, one for each picture."""
    seen = record(batch.clean, cameras)
    where = torch.maximum(batch.surface, batch.ratio)  # of photographs all
    return replace(batch, picture=seen, gain=recorded_gains(batch.clean, seen, where))
