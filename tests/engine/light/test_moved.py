"""A rig from elsewhere: surfaces that turn and move with it are lit the same, whatever the kind of the light."""

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    Light,
    PointLight,
    Pose,
    Profile,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    Surface,
    between_poses,
    moved_rig,
    shade,
    unit,
)

DRAW = torch.Generator().manual_seed(4)
SKY = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 8, generator=DRAW), (64, 128), mode="bicubic")[0]
LAMP = Profile("C", torch.linspace(0, 180, 19), torch.linspace(0, 360, 13), torch.rand(13, 19, generator=DRAW))
LIGHTS: dict[str, Light] = {
    "directional": DirectionalLight(direction=(0.3, 0.8, 0.5), angle=6.0),
    "point": PointLight(position=(1.0, 0.4, -0.5), size=8.0),
    "spot": SpotLight(position=(0.5, 0.8, 0.5), aim=(-0.4, -0.7, -1.4), cone=50, roll=25,
                      gobo=torch.rand(3, 8, 12, generator=DRAW)),
    "upright spot": SpotLight(position=(0.0, 1.5, -1.0), aim=(0, -1, 0), cone=80, roll=10,
                              gobo=torch.rand(3, 8, 12, generator=DRAW)),
    "area": AreaLight(position=(-0.8, 0.3, -0.2), aim=(0.7, -0.2, -0.8), width=90, height=20, roll=-35),
    "lamp": PointLight(position=(0.4, 0.8, 0.3), aim=(-0.2, -1.0, -0.6), roll=40, profile=LAMP),
    "environment": EnvironmentLight(pixels=SKY, rotation=40, file="sky.exr"),
    "gaussians": SphericalGaussians(axes=unit(torch.tensor([[0.3, 0.8, 0.2], [-1.0, 0.1, -0.4]]), 1), rotation=20,
                                    sharpness=torch.tensor([6.0, 20.0]), amplitudes=torch.rand(2, 3, generator=DRAW)),
    "harmonics": SphericalHarmonics(coefficients=torch.rand(9, 3, generator=DRAW) + 0.5, rotation=-70),
}  # fmt: skip
ONE, TWO = Pose(30, -10, 5, (40, 20, -30)), Pose(-60, 25, -12, (-50, 0, 10))


def lit(rig: Rig, normal: Tensor, position: Tensor, view: Tensor) -> Tensor:
    surface = Surface.of(normal, position=position, view=view, roughness=0.5, f0=0.04)
    (group,) = shade(surface, rig)
    return group.shading + group.specular


def surface() -> tuple[Tensor, Tensor, Tensor]:
    """Normals, places in metres, and directions to the eye, `[3, 1, 400]`."""
    draw = torch.Generator().manual_seed(2)
    normal, view = (unit(torch.randn(3, 1, 400, generator=draw)) for _ in range(2))
    view = unit(view + 1.5 * normal)
    return normal, normal * 0.3 + torch.tensor([0.0, 0.0, -1.0]).reshape(3, 1, 1), view


@pytest.mark.parametrize("name", LIGHTS)
def test_what_turns_with_the_rig_is_lit_the_same(name: str) -> None:
    rotation, offset = between_poses(ONE, TWO)
    turn, shift = torch.from_numpy(rotation).float(), torch.from_numpy(offset).float().reshape(3, 1, 1) / 100
    normal, position, view = surface()
    rig = Rig((LIGHTS[name],), 100.0)
    before = lit(rig, normal, position, view)
    moved = [torch.einsum("ij,jhw->ihw", turn, x) for x in (normal, position, view)]
    after = lit(moved_rig(rig, rotation, offset), moved[0], moved[1] + shift, moved[2])
    # Surroundings are sampled anew; the rest is exact to float32.
    limit = 0.01 if name == "environment" else 2e-3 if name == "harmonics" else 2e-4
    assert float((after - before).abs().max()) < limit * float(before.max())
    assert float(before.max()) > 0.05
    # And it matters: as it was the rig lights the moved surface in another way.
    assert float((lit(rig, moved[0], moved[1] + shift, moved[2]) - before).abs().max()) > 0.05 * float(before.max())


@pytest.mark.parametrize("name", LIGHTS)
def test_there_and_back_is_where_it_was(name: str) -> None:
    rig = Rig((LIGHTS[name],), 2.5)
    back = moved_rig(moved_rig(rig, *between_poses(ONE, TWO)), *between_poses(TWO, ONE))
    for field in ("direction", "position", "aim", "axes", "coefficients"):
        if hasattr(rig.lights[0], field):
            a, b = (torch.as_tensor(getattr(r.lights[0], field)).double() for r in (rig, back))
            if field == "axes":
                b = b @ torch.from_numpy(turn_about_y(-20.0)).T  # its rotation is in the axes now
                torch.testing.assert_close(b, a, atol=1e-5, rtol=0)
            elif field != "coefficients":
                a, b = (unit(x) if field != "position" else x for x in (a, b))
                torch.testing.assert_close(b, a, atol=1e-6, rtol=0)
    kept = {"exposure", "size", "width", "cone", "kelvin", "name"}
    plain = {f.name for f in dataclasses.fields(rig.lights[0])} & kept
    assert all(getattr(rig.lights[0], f) == getattr(back.lights[0], f) for f in plain)


def turn_about_y(degrees: float) -> npt.NDArray[np.float64]:
    return Pose(pan=degrees).rotation


def test_surroundings_keep_their_picture_while_the_camera_only_pans() -> None:
    rig = Rig((LIGHTS["environment"],))
    (moved,) = moved_rig(rig, *between_poses(Pose(), Pose(pan=25, position=(3, 4, 5))))
    assert isinstance(moved, EnvironmentLight) and moved.pixels is SKY and moved.file == "sky.exr"
    assert moved.rotation == pytest.approx(15)  # a light at azimuth a is at a - pan
    (tilted,) = moved_rig(rig, *between_poses(Pose(), Pose(tilt=25)))
    assert isinstance(tilted, EnvironmentLight) and tilted.file == "" and tilted.rotation == 0


def test_surroundings_without_their_picture_are_described_all_the_same() -> None:
    (moved,) = moved_rig(Rig((EnvironmentLight(file="sky.exr"),)), *between_poses(Pose(), Pose(pan=25, tilt=3)))
    assert isinstance(moved, EnvironmentLight) and moved.file == "sky.exr" and moved.pixels is None


def test_lights_that_are_fitted_keep_their_gradient() -> None:
    direction = torch.tensor([0.0, 0.6, 0.8], requires_grad=True)
    rig = moved_rig(Rig((DirectionalLight(direction=direction),)), *between_poses(None, TWO))
    moved = rig.lights[0]
    assert isinstance(moved, DirectionalLight) and isinstance(moved.direction, Tensor)
    moved.direction.sum().backward()
    assert direction.grad is not None and bool(direction.grad.abs().sum() > 0)
