import math

import pytest
import torch

from rimlight.nodes.ops.bokeh import bokeh_kernel, bokeh_margin
from rimlight.nodes.ops.filters import splat


@pytest.mark.parametrize("radius", [0.0, 0.3, 0.7, 1.5, 6.25, 30.0])
@pytest.mark.parametrize("blades", [0, 3, 6])
def test_kernels_keep_energy(radius: float, blades: int) -> None:
    kernel = bokeh_kernel(radius, radius / 2, blades, rotation=11.0)
    assert kernel.shape == (2 * bokeh_margin(radius / 2) + 1, 2 * bokeh_margin(radius) + 1)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-12)
    assert kernel.min() >= 0


@pytest.mark.parametrize("radius", [5.0, 12.5, 40.0])
def test_a_disc_has_the_area_of_a_disc(radius: float) -> None:
    kernel = bokeh_kernel(radius, radius)
    assert 1 / float(kernel.max()) == pytest.approx(math.pi * radius**2, rel=5e-3)
    torch.testing.assert_close(kernel, kernel.flip(0))
    torch.testing.assert_close(kernel, kernel.t())


def test_blades_rotation_and_roundness() -> None:
    right = bokeh_kernel(20.0, 20.0, blades=3)
    assert right[20, -1] > 0
    assert right[20, 0] == 0
    up = bokeh_kernel(20.0, 20.0, blades=3, rotation=90.0)
    assert up[0, 20] > 0
    assert up[-1, 20] == 0
    area = 3 * math.sqrt(3) / 4 * 20**2
    assert 1 / float(right.max()) == pytest.approx(area, rel=5e-3)
    torch.testing.assert_close(bokeh_kernel(20.0, 20.0, blades=5, roundness=1.0), bokeh_kernel(20.0, 20.0))


def test_a_small_change_of_radius_changes_little() -> None:
    before, after = bokeh_kernel(5.49, 5.49), bokeh_kernel(5.5, 5.5)
    assert before.shape == after.shape
    assert float((before - after).abs().max()) < 1e-3


def test_defocus_draws_the_aperture_upright(device: torch.device) -> None:
    kernel = bokeh_kernel(9.0, 9.0, blades=3, rotation=90.0)
    m = bokeh_margin(9.0)
    x = torch.zeros(1, 4 * m + 1, 4 * m + 1)
    x[0, 2 * m, 2 * m] = 1e4
    y = splat(x.to(device), kernel)[0].cpu()
    torch.testing.assert_close(y, (1e4 * kernel).float(), rtol=1e-5, atol=1e-6)


def test_no_radius_is_the_identity() -> None:
    x = torch.randn(2, 4, 5)
    assert torch.equal(splat(x, bokeh_kernel(0.0, 0.0, 6)), x)


def test_bad_apertures_are_refused() -> None:
    with pytest.raises(ValueError, match="2 blades"):
        bokeh_kernel(3.0, 3.0, blades=2)
    with pytest.raises(ValueError, match="-1"):
        bokeh_kernel(-1.0, 3.0)
