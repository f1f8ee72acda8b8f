"""Agreement with Mitsuba 3, where it is installed, on an open ball: direct light only, so both know the truth.

Recorded with Mitsuba 3.9.1 (`scalar_rgb`, 256 samples per pixel, 40 x 30 pixels), mean difference over mean:

| light       | diffuse | highlights, alpha 0.25 |
|-------------|---------|------------------------|
| directional | 0.14 %  | 0.6 %                  |
| point       | 0.19 %  | 0.7 %                  |
| sphere      | 0.5 %   | 1.7 %                  |
| environment | 1.2 %   | 2.1 %                  |

The last two rows hold the path tracer's noise. Mitsuba's `roughconductor` masks and shadows separately, ours by
correlated heights: highlights differ by what that makes.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch
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
CENTRE, RADIUS = (0.0, 0.0, -100.0), 25.0

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
    "environment": (
        EnvironmentLight(pixels=torch.ones(3, 16, 32)),
        {"type": "constant", "radiance": {"type": "rgb", "value": 1.0}},
    ),
}  # fmt: skip


def traced(emitter: dict[str, Any], bsdf: dict[str, Any]) -> Tensor:
    mi.set_variant("scalar_rgb")
    scene = mi.load_dict({
        "type": "scene",
        "integrator": {"type": "direct", "hide_emitters": True},
        "sensor": {
            "type": "perspective", "fov": FOV, "fov_axis": "x",
            "to_world": mi.ScalarTransform4f().look_at(origin=[0, 0, 0], target=[0, 0, -1], up=[0, 1, 0]),
            "film": {
                "type": "hdrfilm", "width": WIDTH, "height": HEIGHT, "pixel_format": "rgb", "rfilter": {"type": "box"}
            },
        },
        "ball": {"type": "sphere", "center": list(CENTRE), "radius": RADIUS, "bsdf": bsdf},
        "light": emitter,
    })  # fmt: skip
    return torch.from_numpy(np.array(mi.render(scene, spp=256, seed=1))).permute(2, 0, 1)


def ours(light: Light, roughness: float) -> tuple[Tensor, Tensor, Tensor]:
    """Shading and specular picture `[3, h, w]`, of 2 x 2 points per pixel, and the ball's inner pixels `[h, w]`."""
    camera = Camera.from_fov(2 * WIDTH, 2 * HEIGHT, FOV)
    rays = camera.rays(Region(0, 0, 2 * WIDTH, 2 * HEIGHT), torch.zeros(1))
    centre = torch.tensor(CENTRE).reshape(3, 1, 1)
    a, b = (rays * rays).sum(0), (rays * centre).sum(0)
    root = b * b - a * (float((centre * centre).sum()) - RADIUS**2)
    position = rays * ((b - root.clamp_min(0).sqrt()) / a)
    normal = (position - centre) / RADIUS
    inside = (root > 0) & ((normal * position).sum(0) / position.norm(dim=0) < -0.25)
    model = Model(compensate=False)
    surface = Surface.of(normal, position=position, roughness=roughness, f0=1.0, model=model)
    (group,) = shade(surface, Rig((light,)), samples=128)
    pooled = [torch.nn.functional.avg_pool2d(x[None], 2)[0] for x in (group.shading, group.specular)]
    return pooled[0], pooled[1], torch.nn.functional.avg_pool2d(inside.float()[None], 2)[0] == 1


def difference(found: Tensor, expected: Tensor, inside: Tensor) -> float:
    return float((found - expected).abs()[:, inside].mean() / expected[:, inside].mean())


@pytest.mark.parametrize("name", CASES)
def test_diffuse_pictures_agree(name: str) -> None:
    light, emitter = CASES[name]
    expected = traced(emitter, {"type": "diffuse", "reflectance": {"type": "rgb", "value": 1.0}})
    shading, _, inside = ours(light, 0.5)
    assert difference(shading, expected, inside) < 0.02


@pytest.mark.parametrize("name", CASES)
def test_highlights_agree(name: str) -> None:
    light, emitter = CASES[name]
    bsdf = {"type": "roughconductor", "material": "none", "distribution": "ggx", "alpha": 0.25}
    _, specular, inside = ours(light, 0.5)
    assert difference(specular, traced(emitter, bsdf), inside) < 0.03
