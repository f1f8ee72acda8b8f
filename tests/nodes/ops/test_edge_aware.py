import math

import pytest
import torch

from rimlight.nodes.ops.edge_aware import bilateral, bilateral_margin, guided_filter, guided_margin


def picture(channels: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(channels, height, width, generator=torch.Generator().manual_seed(14))


def test_bilateral_is_the_definition(device: torch.device) -> None:
    sigma, spread = 1.2, 0.3
    m = bilateral_margin(sigma)
    x = picture(3, 5 + 2 * m, 4 + 2 * m)
    y = bilateral(x.to(device), sigma, spread).cpu()
    for row, column in ((0, 0), (3, 2), (4, 3)):
        center = x[:, row + m, column + m].double()
        total, weights = torch.zeros(3, dtype=torch.float64), 0.0
        for dy in range(-m, m + 1):
            for dx in range(-m, m + 1):
                if math.hypot(dx, dy) > 2.5 * sigma:
                    continue
                there = x[:, row + m + dy, column + m + dx].double()
                distance = (dx * dx + dy * dy) / (2 * sigma**2) + float(((there - center) ** 2).sum()) / (2 * spread**2)
                total += math.exp(-distance) * there
                weights += math.exp(-distance)
        torch.testing.assert_close(y[:, row, column].double(), total / weights, atol=1e-5, rtol=1e-5)


def test_bilateral_keeps_a_strong_edge() -> None:
    m = bilateral_margin(3.0)
    x = torch.zeros(1, 150 + 2 * m, 20 + 2 * m)
    x[..., m + 10 :] = 100.0
    torch.testing.assert_close(bilateral(x, 3.0, 1.0), x[:, m : m + 150, m : m + 20])


def test_bilateral_in_stops_does_not_know_exposure() -> None:
    m = bilateral_margin(2.0)
    x = 0.1 + picture(3, 8 + 2 * m, 9 + 2 * m)
    y = bilateral(x, 2.0, 0.5, stops=True)
    torch.testing.assert_close(bilateral(64 * x, 2.0, 0.5, stops=True), 64 * y, rtol=1e-4, atol=0)


def test_bilateral_follows_the_guide() -> None:
    m = bilateral_margin(2.0)
    x = picture(4, 6 + 2 * m, 20 + 2 * m)
    guide = torch.zeros(1, 6 + 2 * m, 20 + 2 * m)
    guide[..., m + 10 :] = 1
    y = bilateral(x, 2.0, 0.01, guide)
    changed = x.clone()
    changed[..., m + 10 :] = 7.0
    assert torch.equal(bilateral(changed, 2.0, 0.01, guide)[..., :10], y[..., :10])


def test_bilateral_edge_cases() -> None:
    x = picture(2, 4, 4)
    assert torch.equal(bilateral(x, 0.0, 1.0), x)
    with pytest.raises(ValueError, match="sigma_range is 0"):
        bilateral(x, 1.0, 0.0)
    with pytest.raises(ValueError, match="the guide is"):
        bilateral(picture(1, 9, 9), 1.0, 1.0, picture(1, 8, 9))


@pytest.mark.parametrize("channels", [1, 3])
def test_guided_filter_reproduces_what_is_linear_in_the_guide(channels: int, device: torch.device) -> None:
    m = guided_margin(3.5)
    guide = picture(channels, 12 + 2 * m, 15 + 2 * m)
    x = torch.stack([2 * guide.sum(dim=0) - 5, 0.5 * guide[0] + 1])
    y = guided_filter(x.to(device), guide.to(device), 3.5, 1e-9).cpu()
    torch.testing.assert_close(y, x[:, m : m + 12, m : m + 15], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_guided_filter_with_a_flat_guide_is_two_boxes(channels: int) -> None:
    m = guided_margin(2.0)
    x = torch.zeros(1, 9 + 2 * m, 9 + 2 * m)
    x[0, m + 4, m + 4] = 625.0
    y = guided_filter(x, torch.full((channels, *x.shape[1:]), 0.3), 2.0, 1e-4)[0]
    tent = torch.tensor([1.0, 2, 3, 4, 5, 4, 3, 2, 1])
    torch.testing.assert_close(y, torch.outer(tent, tent), atol=1e-3, rtol=1e-5)


def test_guided_filter_keeps_precision_beside_highlights() -> None:
    m = guided_margin(4.0)
    guide = 0.01 * picture(1, 30 + 2 * m, 30 + 2 * m)
    bright = guide + 1e3
    x = picture(1, 30 + 2 * m, 30 + 2 * m)
    torch.testing.assert_close(
        guided_filter(x, bright, 4.0, 1e-4), guided_filter(x, guide, 4.0, 1e-4), atol=2e-3, rtol=0
    )


def test_guided_filter_refuses_bad_guides() -> None:
    x = picture(1, 9, 9)
    with pytest.raises(ValueError, match="expected 1 or 3 channels"):
        guided_filter(x, picture(2, 9, 9), 1.0, 0.1)
    with pytest.raises(ValueError, match="epsilon is 0"):
        guided_filter(x, x, 1.0, 0.0)


def test_a_relative_guided_filter_scales_with_the_light() -> None:
    m = guided_margin(2.0)
    x = picture(3, 9 + 2 * m, 8 + 2 * m)
    y = guided_filter(x, x, 2.0, 0.04, floor=1e-3)
    torch.testing.assert_close(guided_filter(50 * x, 50 * x, 2.0, 0.04, floor=5e-2), 50 * y, atol=1e-3, rtol=1e-5)
