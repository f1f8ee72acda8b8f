"""Small scenes with all light layers, lit by rigs that are known: balls in front of a wall, on a floor."""

import math

import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import (
    DirectionalLight,
    Image,
    Light,
    Region,
    Rig,
    SphericalHarmonics,
    Surface,
    direction_of,
    shade,
)  # fmt: skip
from truth import patches

FRAME = Region(0, 0, 96, 64)
DULL = torch.zeros(9, 3)
DULL[0] = torch.tensor([0.5, 0.6, 0.8])
DULL[1] = 0.15


def sun(azimuth: float, elevation: float, stops: float = 0.0, color: tuple[float, float, float] = (1, 1, 1)) -> Light:
    x, y, z = direction_of(azimuth, elevation).tolist()
    return DirectionalLight(name="sun", direction=(x, y, z), exposure=stops, color=color)


def sky(stops: float = 0.0) -> Light:
    return SphericalHarmonics(name="sky", coefficients=DULL * 2**stops)


def normals(frame: Region = FRAME) -> tuple[Tensor, Tensor]:
    """Normals `[3, h, w]` of three balls, a wall and a floor, and where the balls are `[1, h, w]`."""
    y, x = torch.meshgrid(torch.arange(frame.height) + 0.5, torch.arange(frame.width) + 0.5, indexing="ij")
    out = torch.where(y[None] < 0.75 * frame.height, vector(0, 0, 1), vector(0, math.cos(0.2), math.sin(0.2)))
    inside = torch.zeros(1, frame.height, frame.width)
    for cx, cy, r in ((0.5, 0.42, 0.36), (0.17, 0.62, 0.2), (0.85, 0.6, 0.2)):
        u, v = (x - cx * frame.width) / (r * frame.height), (cy * frame.height - y) / (r * frame.height)
        here = u * u + v * v < 0.985
        z = (1 - u * u - v * v).clamp_min(0).sqrt()
        out = torch.where(here, torch.stack((u, v, z)), out)
        inside = torch.where(here, 1.0, inside)
    return torch.nn.functional.normalize(out, dim=0), inside


def vector(x: float, y: float, z: float) -> Tensor:
    return torch.tensor([x, y, z], dtype=torch.float32).reshape(3, 1, 1)


def lit(*lights: Light, frame: Region = FRAME, shadow: Tensor | None = None, seed: int = 5) -> dict[str, Tensor]:
    """The layers of the scene: rgba, albedo, shading, normal, and shadow where one falls on the first light."""
    normal, _ = normals(frame)
    albedo = patches(frame, seed=seed)
    visibility = {} if shadow is None else {lights[0].name: shadow}
    groups = shade(Surface.of(normal, f0=0.0), Rig(lights), visibility=visibility)
    shading = sum((g.shading for g in groups), torch.zeros_like(normal))
    color = torch.cat((albedo * shading, torch.ones_like(normal[:1])))
    layers = {"rgba": color, "albedo": albedo, "shading": shading, "normal": normal}
    return layers if shadow is None else {**layers, "shadow": shadow}


def scene(*lights: Light, frame: Region = FRAME, shadow: Tensor | None = None, seed: int = 5) -> Image:
    return picture(lit(*lights, frame=frame, shadow=shadow, seed=seed), frame)


def plate(*lights: Light, frame: Region = FRAME, exposure: float = 1.0, seed: int = 5) -> Image:
    """Only the picture, as a camera sees it."""
    return brighter(picture(lit(*lights, frame=frame, seed=seed)["rgba"], frame), exposure)


def brighter(image: Image, factor: float) -> Image:
    """The same surfaces in so much more light."""
    gains = {"rgba": torch.tensor([factor] * 3 + [1.0]).reshape(4, 1, 1), "shading": torch.tensor(factor)}
    return picture({name: x * gains.get(name, torch.tensor(1.0)) for name, x in image.layers.items()}, image.region)


def sunny(image: Image) -> tuple[Image, tuple[float, float]]:
    """The layers of a scene with another picture to them: a sun in a blue sky over dark ground; and its pixel."""
    frame = image.info.display
    color = torch.tensor([0.35, 0.5, 0.8])[:, None, None].expand(3, frame.height, frame.width).clone()
    color[:, frame.height // 2 :] *= 0.2
    row, column = frame.height // 5, frame.width // 4
    color[:, row, column] = 20000
    seen = picture({name: image[name] for name in ("normal", "albedo", "shading")} | {"rgba": color}, frame)
    return seen, (column + 0.5, row + 0.5)
