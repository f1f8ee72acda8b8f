import math

import pytest
import torch

from compare import assert_close
from pictures import Region, picture, ramp
from rimlight.nodes.ops.glint import star_kernel
from stage import run, staged

WIDE = Region(0, 0, 65, 65)


def dot(value: float = 100.0) -> torch.Tensor:
    x = torch.zeros(3, 65, 65)
    x[:, 32, 32] = value
    return x


@pytest.mark.parametrize("rays", [1, 4, 7])
def test_a_star_holds_all_of_the_light(rays: int) -> None:
    assert float(star_kernel(rays, 20.0, 10.0, 33.0, 2.0).sum()) == pytest.approx(1)
    assert float(star_kernel(rays, 0.0, 0.0, 0.0, 2.0).sum()) == pytest.approx(1)


def test_rays_point_where_they_should() -> None:
    k = star_kernel(1, 20.0, 20.0, 90.0, 1.0)
    y, x = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(41.0) - 20, indexing="ij")
    # The middle of mass of a ray that fades evenly is a third of the way along, here upwards.
    assert float((k * x).sum()) == pytest.approx(0, abs=1e-6) and float((k * y).sum()) == pytest.approx(
        -20 / 3, abs=0.05
    )


def test_light_above_the_tolerance_goes_into_the_rays() -> None:
    values = {"tolerance": 40.0, "ray_length": 12.0, "rays": 4, "effect_only": True, "edges": "black"}
    y = run("Glint", picture(dot(), WIDE), **values)["rgba"]
    assert float(y[0].sum()) == pytest.approx(60, rel=1e-4)
    assert float(y[0, 32, 40]) > 0 and float(y[0, 40, 40]) == pytest.approx(0, abs=1e-6)
    both = run("Glint", picture(dot(), WIDE), **values | {"effect_only": False})["rgba"]
    assert_close(both, dot() + y, threshold=1e-5)


def test_colours_run_from_the_middle_to_the_ends() -> None:
    y = run("Glint", picture(dot(), WIDE), ray_length=20.0, rays=4, falloff=0.0, to_color=(1, 0, 0), effect_only=True)[
        "rgba"
    ]
    share = y[1, 32, 34:50] / y[0, 32, 34:50]
    assert_close(share, 1 - torch.arange(2, 18) / 20, threshold=0.02)


def test_rays_that_shrink_to_nothing_keep_their_colours() -> None:
    values = {"from_color": (1.0, 0.5, 0.0), "to_color": (0.0, 0.5, 0.0), "tolerance": 0.0, "effect_only": True}
    y = run("Glint", picture(dot(), WIDE), ray_length=0.0, **values)["rgba"]
    assert y[:, 32, 32].tolist() == pytest.approx([50.0, 50.0, 0.0]) and float(y.sum()) == pytest.approx(100.0)


def test_odd_rays_may_be_shorter() -> None:
    y = run("Glint", picture(dot(), WIDE), ray_length=20.0, rays=4, odd_ray_length=25.0, effect_only=True)["rgba"][0]
    assert float(y[32, 48]) > 0 and float(y[16, 32]) == pytest.approx(0, abs=1e-6)


def test_what_is_dim_does_not_shine_and_no_gain_is_no_node() -> None:
    assert torch.equal(run("Glint", ramp(), tolerance=2.0)["rgba"], ramp()["rgba"])
    assert staged("Glint", ramp(), gain=0.0).vertex("node").alias is not None
    assert math.isclose(float(run("Glint", picture(-dot(), WIDE))["rgba"].sum()), -300, rel_tol=1e-5)
