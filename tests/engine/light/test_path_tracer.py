"""Agreement with Mitsuba 3, where it is installed, on an open ball and an open plane: direct light only, so both know
the truth.

Recorded with Mitsuba 3.9.1 (`scalar_rgb`, 256 samples per pixel, 40 x 30 pixels), mean difference over mean:

| light       | ball, diffuse | ball, highlights | plane, diffuse | plane, highlights |
|-------------|---------------|------------------|----------------|-------------------|
| directional | 0.14 %        | 0.6 %            | 0.00 %         | 0.04 %            |
| point       | 0.19 %        | 0.7 %            | 0.05 %         | 0.2 %             |
| sphere      | 0.5 %         | 1.7 %            | 0.2 %          | 1.3 %             |
| rectangle   | 1.0 %         | 1.8 %            | 0.8 %          | 1.2 %             |
| environment | 1.2 %         | 2.1 %            | 1.3 %          | 2.2 %             |

Highlights are of alpha 0.25.

The rows of lights with size hold the path tracer's noise. Mitsuba's `roughconductor` masks and shadows separately, ours
by correlated heights: highlights differ by what that makes.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    AreaLight,
    Camera,
    DirectionalLight,
    EnvironmentLight,
    Light,
    Model,
    PointLight,
    Region,
    Rig,
    Surface,
    shade,
)

mi = pytest.importorskip("mitsuba")

WIDTH, HEIGHT, FOV = 40, 30, 40.0
MIDDLE = (0.0, 0.0, -100.0)
RADIUS = 25.0
TILT = F.normalize(torch.tensor([0.15, 0.8, 0.6]), dim=0)

# Name: our light, Mitsuba's emitter.
CASES: dict[str, tuple[Light, dict[str, Any]]] = {
    "directional": (
        DirectionalLight(direction=(0.5, 0.6, 0.7)),
        {"type": "directional", "direction": [-0.5, -0.6, -0.7], "irradiance": {"type": "rgb", "value": math.pi}},
    ),
    "point": (
        PointLight(position=(40, 50, -20)),
        {"type": "point", "position": [40, 50, -20], "intensity": {"type": "rgb", "value": math.pi * 1e4}},
    ),
    "sphere": (
        AreaLight(position=(40, 50, -20), width=30, shape="sphere"),
        {
            "type": "sphere", "center": [40, 50, -20], "radius": 15.0,
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": (100 / 15) ** 2}},
        },
    ),
    "rectangle": (
        AreaLight(position=(40, 50, -20), aim=(-4, -5, -8), width=40, height=20),
        {
            "type": "rectangle",
            "to_world": mi.scalar_rgb.ScalarTransform4f()
            .look_at(origin=[40, 50, -20], target=[36, 45, -28], up=[0, 1, 0])
            .scale([20, 10, 1]),
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": math.pi * 1e4 / 800}},
        },
    ),
    "environment": (
        EnvironmentLight(pixels=torch.ones(3, 16, 32)),
        {"type": "constant", "radiance": {"type": "rgb", "value": 1.0}},
    ),
}  # fmt: skip

SHAPES = ("ball", "plane")


class Seen(NamedTuple):
    """Positions and normals `[3, h, w]` of what the camera sees, and where it is seen `[h, w]`."""

    position: Tensor
    normal: Tensor
    inside: Tensor


def traced(shape: str, emitter: dict[str, Any], bsdf: dict[str, Any]) -> Tensor:
    mi.set_variant("scalar_rgb")
    transform = mi.ScalarTransform4f()
    target = (torch.tensor(MIDDLE) + TILT).tolist()
    plane = transform.look_at(origin=list(MIDDLE), target=target, up=[0, 0, 1]).scale([1000, 1000, 1])
    shapes = {
        "ball": {"type": "sphere", "center": list(MIDDLE), "radius": RADIUS, "bsdf": bsdf},
        "plane": {"type": "rectangle", "to_world": plane, "bsdf": bsdf},
    }
    scene = mi.load_dict({
        "type": "scene",
        "integrator": {"type": "direct", "hide_emitters": True},
        "sensor": {
            "type": "perspective", "fov": FOV, "fov_axis": "x",
            "to_world": transform.look_at(origin=[0, 0, 0], target=[0, 0, -1], up=[0, 1, 0]),
            "film": {
                "type": "hdrfilm", "width": WIDTH, "height": HEIGHT, "pixel_format": "rgb", "rfilter": {"type": "box"}
            },
        },
        "shape": shapes[shape],
        "light": emitter,
    })  # fmt: skip
    return torch.from_numpy(np.array(mi.render(scene, spp=256, seed=1))).permute(2, 0, 1)


def seen(shape: str, rays: Tensor) -> Seen:
    middle = torch.tensor(MIDDLE).reshape(3, 1, 1)
    if shape == "plane":
        normal = TILT.reshape(3, 1, 1).expand_as(rays)
        position = rays * ((normal * middle).sum(0) / (normal * rays).sum(0))
        return Seen(position, normal, torch.ones_like(rays[0], dtype=torch.bool))
    a, b = (rays * rays).sum(0), (rays * middle).sum(0)
    root = b * b - a * (float((middle * middle).sum()) - RADIUS**2)
    position = rays * ((b - root.clamp_min(0).sqrt()) / a)
    normal = (position - middle) / RADIUS
    return Seen(position, normal, (root > 0) & ((normal * position).sum(0) / position.norm(dim=0) < -0.25))


def ours(shape: str, light: Light, roughness: float) -> tuple[Tensor, Tensor, Tensor]:
    """Shading and specular picture `[3, h, w]`, of 2 x 2 points per pixel, and the inner pixels `[h, w]`."""
    camera = Camera.from_fov(2 * WIDTH, 2 * HEIGHT, FOV)
    position, normal, inside = seen(shape, camera.rays(Region(0, 0, 2 * WIDTH, 2 * HEIGHT), torch.zeros(1)))
    model = Model(compensate=False)
    surface = Surface.of(normal, position=position, roughness=roughness, f0=1.0, model=model)
    (group,) = shade(surface, Rig((light,)), samples=128)
    pooled = [F.avg_pool2d(x[None], 2)[0] for x in (group.shading, group.specular)]
    return pooled[0], pooled[1], F.avg_pool2d(inside.float()[None], 2)[0] == 1


def difference(found: Tensor, expected: Tensor, inside: Tensor) -> float:
    return float((found - expected).abs()[:, inside].mean() / expected[:, inside].mean())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CASES)
def test_diffuse_pictures_agree(shape: str, name: str) -> None:
    light, emitter = CASES[name]
    expected = traced(shape, emitter, {"type": "diffuse", "reflectance": {"type": "rgb", "value": 1.0}})
    shading, _, inside = ours(shape, light, 0.5)
    assert difference(shading, expected, inside) < 0.02


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CASES)
def test_highlights_agree(shape: str, name: str) -> None:
    light, emitter = CASES[name]
    bsdf = {"type": "roughconductor", "material": "none", "distribution": "ggx", "alpha": 0.25}
    _, specular, inside = ours(shape, light, 0.5)
    assert difference(specular, traced(shape, emitter, bsdf), inside) < 0.03
