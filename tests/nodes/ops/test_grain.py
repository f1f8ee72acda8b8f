import math

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.grain import grain

BOX = (0, 0, 512, 384)


def correlation(x: torch.Tensor, lag: int) -> float:
    x = x.double()
    return float((x[..., lag:] * x[..., : x.shape[-1] - lag]).mean() / (x * x).mean())


@pytest.mark.parametrize("size", [0.0, 1.5, 3.3, 8.0])
@pytest.mark.parametrize("irregularity", [0.0, 0.6])
def test_mean_zero_and_deviation_one(size: float, irregularity: float) -> None:
    x = grain(BOX, size, irregularity, 3, 1)
    # Grains of this size: fewer independent ones, so wider bounds.
    count = 512 * 384 / max(1.0, (4 * size) ** 2)
    assert abs(float(x.mean())) < 4 / math.sqrt(count)
    assert float(x.std()) == pytest.approx(1, abs=4 / math.sqrt(2 * count) + 0.01)


def test_the_width_of_a_grain_is_its_size() -> None:
    # White noise filtered by a Gaussian of deviation s correlates as exp(-d^2 / (4 s^2)).
    size = 5.0
    sigma = size / (2 * math.sqrt(2 * math.log(2)))
    x = grain((0, 0, 1024, 1024), size, 0.0, 1, 1)
    for lag in (1, 2, 3, 5):
        assert correlation(x, lag) == pytest.approx(math.exp(-(lag**2) / (4 * sigma**2)), abs=0.02)
    assert abs(correlation(grain(BOX, 0.0, 0.0, 1, 1), 1)) < 0.02


def test_irregularity_makes_larger_grains() -> None:
    regular, clumped = (correlation(grain((0, 0, 1024, 512), 3.0, i, 1, 1), 4) for i in (0.0, 1.0))
    assert clumped > regular + 0.2


def test_it_depends_on_place_seed_and_frame_alone() -> None:
    whole = grain(BOX, 3.0, 0.6, 5, 7)
    part = grain((100, 50, 160, 90), 3.0, 0.6, 5, 7)
    assert_close(part, whole[:, 50:90, 100:160], threshold=2e-6)
    for other in (grain(BOX, 3.0, 0.6, 5, 8), grain(BOX, 3.0, 0.6, 6, 7)):
        assert abs(float((whole * other).mean())) < 0.05


@pytest.mark.parametrize("size", [0.0, 3.0])
def test_a_proxy_has_the_deviation_of_the_full_grain_made_smaller(size: float) -> None:
    full = grain((0, 0, 1024, 1024), size, 0.0, 1, 1)
    small = torch.nn.functional.avg_pool2d(full[None], 2)[0]
    proxy = grain((0, 0, 512, 512), size / 2, 0.0, 1, 1, 0.5)
    assert float(proxy.std()) == pytest.approx(float(small.std()), rel=0.1)
