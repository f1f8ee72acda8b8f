import math

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.tone import clip_brightness_kept, clip_saturation_kept, log_compress, shoulder, toe

X = torch.linspace(-2, 30, 3201, dtype=torch.float64).float()[None, None]


def slope(y: torch.Tensor) -> torch.Tensor:
    return y[0, 0].double().diff() / X[0, 0].double().diff()


def test_toe_lifts_black_by_the_lift_and_leaves_light() -> None:
    y = toe(torch.tensor([0.0, 0.1, 0.3, 10.0, -1.0])[:, None, None], 0.1).flatten()
    assert_close(y, torch.tensor([0.1, 0.15, 0.31, 10 + 0.1 / 10001, -0.9]), threshold=1e-6)
    down = toe(torch.tensor([0.0, 0.1])[:, None, None], -0.1).flatten()
    assert_close(down, torch.tensor([-0.1, 0.05]), threshold=1e-6)
    assert float(slope(toe(X, 0.5)).min()) > 0.34  # 1 - 3 sqrt(3) / 8 = 0.3505


def test_toe_has_a_lift_for_each_channel_and_none_is_none() -> None:
    x = torch.zeros(3, 1, 1)
    assert toe(x, (0.1, 0.0, 0.2)).flatten().tolist() == pytest.approx([0.1, 0, 0.2])
    assert torch.equal(toe(X, 0.0), X)


def test_the_shoulder_is_an_exponential_that_never_reaches_its_end() -> None:
    y = shoulder(X, 0.5, 2.0)
    low = X <= 0.5
    assert torch.equal(y[low], X[low])
    expected = 0.5 + 1.5 * (1 - torch.exp(-(X.double() - 0.5) / 1.5))
    assert_close(y[~low], expected[~low].float(), threshold=1e-6)
    assert float(y.max()) <= 2.0 and float(slope(y)[(X[0, 0, 1:] < 10)].min()) > 0


@pytest.mark.parametrize(("low", "high"), [(0.0, 4.0), (0.8, 20.0), (0.5, 1.5)])
def test_the_logarithm_starts_smoothly_and_takes_the_end_to_one(low: float, high: float) -> None:
    y = log_compress(X, low, high)
    below = low >= X
    assert_close(y[below], X[below], threshold=1e-6)
    assert float(log_compress(torch.tensor([[[high]]]), low, high)) == pytest.approx(1, abs=1e-5)
    near = log_compress(torch.tensor([[[low + 1e-3]]]).double(), low, high)
    assert float(near) - low == pytest.approx(1e-3, rel=0.05)
    # A logarithm: equal factors of (x - low) + c are equal steps, found here without knowing its rate.
    places = torch.tensor([low + t * (high - low) for t in (0.5, 1, 2)], dtype=torch.float64)
    a, b, c = log_compress(places[:, None, None], low, high).flatten().tolist()
    k = _rate(low, high)
    assert (b - a) / (c - b) == pytest.approx(
        math.log((1 + k) / (1 + k / 2)) / math.log((1 + 2 * k) / (1 + k)), rel=1e-5
    )


def _rate(low: float, high: float) -> float:
    """k = ln(1 + k) (high - low) / (1 - low), by putting in what comes out until nothing changes."""
    k = 10.0
    for _ in range(3000):
        k = math.log1p(k) * (high - low) / (1 - low)
    return k


def test_the_logarithm_is_nothing_where_the_end_is_one() -> None:
    assert log_compress(X, 0.8, 1.0) is X


def test_hue_and_saturation_stay() -> None:
    x = torch.tensor([8.0, 2.0, -1.0])[:, None, None]
    y = clip_saturation_kept(x, 0.5, 1.0)
    assert_close(y / y[0], x / x[0], threshold=1e-6)
    assert float(y[0]) == pytest.approx(0.5 + 0.5 * (1 - math.exp(-15)))
    dim = torch.tensor([0.4, 0.5, -3.0])[:, None, None]
    assert torch.equal(clip_saturation_kept(dim, 0.5, 1.0), dim)


def test_brightness_stays_and_saturation_goes() -> None:
    weights = (0.25, 0.5, 0.25)
    x = torch.tensor([3.0, 0.1, 0.1])[:, None, None]
    y = clip_brightness_kept(x, 0.5, 1.0, weights)
    assert float((y.flatten() * torch.tensor(weights)).sum()) == pytest.approx(0.825, rel=1e-5)
    assert float(y.max()) == pytest.approx(0.5 + 0.5 * (1 - math.exp(-5)), rel=1e-5)
    white = clip_brightness_kept(torch.full((3, 1, 1), 9.0), 0.5, 1.0, weights)
    assert_close(white, torch.full((3, 1, 1), 1.0), threshold=1e-6)
