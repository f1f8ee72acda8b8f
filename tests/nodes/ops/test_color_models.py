"""Hue, saturation and brightness there and back, far beyond 0..1."""

import colorsys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rimlight.nodes.ops.color_models import hsv_to_rgb, rgb_to_hsv

COLORS = st.lists(st.tuples(*[st.floats(-100, 60000, width=32)] * 3), min_size=1, max_size=8)


def picture(*colors: tuple[float, ...], device: torch.device | str = "cpu") -> torch.Tensor:
    return torch.tensor(colors, dtype=torch.float32, device=device).t()[:, None, :].contiguous()


@given(COLORS)
def test_the_model_comes_back(colors: list[tuple[float, ...]]) -> None:
    x = picture(*colors)
    scale = x.abs().amax(0) + 1e-6
    model = rgb_to_hsv(x)
    assert torch.isfinite(model).all()
    assert ((model[0] >= 0) & (model[0] <= 6)).all()
    assert ((hsv_to_rgb(model) - x).abs() / scale).max() < 1e-5


def test_black_red_and_balanced_colours_come_back() -> None:
    x = picture((0, 0, 0), (0, -1, -2), (1, 0, -1), (-1, -2, -3), (-1, -1, -1), (1e5, 0, 0))
    assert torch.allclose(hsv_to_rgb(rgb_to_hsv(x)), x, rtol=1e-6)


def test_within_one_it_is_the_textbook_model(device: torch.device) -> None:
    colors = [(0.8, 0.1, 0.3), (0.2, 0.9, 0.4), (0.1, 0.2, 0.7), (0.5, 0.5, 0.5), (1, 1, 0), (0, 1, 1)]
    got = rgb_to_hsv(picture(*colors, device=device))[:, 0].t().tolist()
    for values, rgb in zip(got, colors, strict=True):
        h, s, v = colorsys.rgb_to_hsv(*rgb)
        assert values == pytest.approx([h * 6, s, v], abs=1e-6)


def test_exposure_changes_brightness_only() -> None:
    x = picture((0.8, 0.1, 0.3), (0.2, 0.9, 0.4))
    assert torch.allclose(rgb_to_hsv(x * 64)[:2], rgb_to_hsv(x)[:2], atol=1e-6)
    assert torch.allclose(rgb_to_hsv(x * 64)[2], rgb_to_hsv(x)[2] * 64)
