"""Lit views, and pairs of their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rimlight.engine import EnvironmentCache, LightGuess, guess_of_rig

from .augment import Recording, record, recorded_gains
from .batch import Batch
from .stage.lighting import Lighting
from .stage.relit import LightStage
from .stage.view import View


@dataclass(frozen=True, eq=False)
class LitView:
    """A view's layers `[11, h, w]` (`_LAYERS`), and per lighting its pictures `[L, 10, h, w]` (`_LIGHT`) and light."""

    layers: Tensor
    pictures: Tensor
    lights: LightGuess
    one_light: tuple[bool, ...]
    fov: float


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
    """A view under some lightings."""
    stage = LightStage(view, environments)
    f0 = view.f0.mean(0, keepdim=True)
    layers = torch.cat((view.surface, view.albedo, view.normal, view.depth, view.roughness, f0, view.matte))
    pictures, lights = [], []
    for lit in stage.light_all(lightings):
        pictures.append(torch.cat((lit.beauty, lit.shading, lit.specular, lit.shadow)))
        lights.append(guess_of_rig(lit.rig, view.middle, view.middle))
    single = tuple(lighting.environment is None and len(lighting.keys) == 1 for lighting in lightings)
    return LitView(layers, torch.stack(pictures), _joined(lights), single, view.fov)


def _joined(lights: Sequence[LightGuess]) -> LightGuess:
    return LightGuess(*(torch.cat([getattr(light, name) for light in lights]) for name in _LIGHT_GUESS))


def joined_pairs(pairs: Sequence[Pair]) -> Batch:
    """Pairs of views of one size as a batch, not yet seen by a camera."""
    shown = [(pair.lit, number) for pair in pairs for number in pair.chosen]
    light = LightGuess(*(torch.stack([getattr(lit.lights, name)[n] for lit, n in shown]) for name in _LIGHT_GUESS))
    return batch_of(
        torch.stack([pair.lit.layers for pair in pairs]).repeat_interleave(2, 0),
        torch.stack([lit.pictures[number] for lit, number in shown]),
        light,
        fov=torch.tensor([lit.fov for lit, _ in shown]),
        one_light=torch.tensor([lit.one_light[number] for lit, number in shown]),
        mirrored=torch.tensor([pair.flip for pair in pairs for _ in pair.chosen]),
    )


def batch_of(
    layers: Tensor, pictures: Tensor, light: LightGuess, *, fov: Tensor, one_light: Tensor, mirrored: Tensor
) -> Batch:
    """Lit windows as a batch, not yet seen by a camera.

    layers : `[n, 11, h, w]` as of `LitView`, pictures : `[n, 10, h, w]`. fov : `[n]`. one_light, mirrored : `[n]` bool.
    """
    flip = mirrored[:, None, None, None]
    images = torch.cat((layers, pictures), 1)
    layers, pictures = torch.split(
        torch.where(flip, images.flip(-1), images), [sum(_LAYERS.values()), sum(_LIGHT.values())], 1
    )
    named = dict(zip(_LAYERS, torch.split(layers, list(_LAYERS.values()), 1), strict=True))
    named |= zip(_LIGHT, torch.split(pictures, list(_LIGHT.values()), 1), strict=True)
    side = torch.where(mirrored, -1.0, 1.0)
    mirror = torch.stack((side, torch.ones_like(side), torch.ones_like(side)), 1)
    surface = named["surface"]
    there = surface > 0  # elsewhere nothing is known of what is not there
    named["normal"] = torch.where(there, named["normal"], 0.0) * mirror[:, :, None, None]
    named["shadow"] = torch.where(there, named["shadow"], 0.0)
    return Batch(
        **named, picture=named["clean"], gain=named["clean"].new_ones(len(fov), 3),
        direction=light.direction * mirror, key=light.key, angle=light.angle,
        environment=torch.where(flip, light.environment.flip(-1), light.environment), fov=fov, one_light=one_light,
        known=torch.ones_like(mirrored), ratio=torch.zeros_like(surface),
    )  # fmt: skip


def seen_by(batch: Batch, cameras: Sequence[Recording | None]) -> Batch:
    """The batch with its input as cameras record it, one for each picture."""
    seen = record(batch.clean, cameras)
    where = torch.maximum(batch.surface, batch.ratio)  # of photographs all
    return replace(batch, picture=seen, gain=recorded_gains(batch.clean, seen, where))
