"""How the numbers of a layer are told to a network."""

import pytest
import torch

from compare import assert_close
from rimlight.engine.inference.values import CURVES, Values

LIGHT = torch.tensor([-3.0, -0.25, 0.0, 0.001, 0.18, 0.9, 1.0, 7.5, 4000.0]).repeat(3, 1)[:, None]


@pytest.mark.parametrize("curve", [c for c in CURVES if c not in ("srgb-clipped", "reciprocal")])
@pytest.mark.parametrize(
    "more", [{}, {"low": -1.0}, {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.1)}, {"scale": 40.0}]
)
def test_light_of_any_size_survives_the_way_there_and_back(curve: str, more: dict[str, object]) -> None:
    values = Values(curve, **more)  # type: ignore[arg-type]
    assert_close(values.decode(values.encode(LIGHT)), LIGHT, threshold=1e-5, relative=1e-4)


def test_the_curves_are_the_published_ones() -> None:
    x = torch.tensor([0.0, 0.002, 0.18, 1.0]).reshape(1, 1, 4)
    expected = torch.tensor([0.0, 12.92 * 0.002, 1.055 * 0.18 ** (1 / 2.4) - 0.055, 1.0])
    assert_close(Values("srgb").encode(x)[0, 0], expected, threshold=1e-6)
    assert_close(Values("srgb-clipped").encode(x * 5)[0, 0, -1:], torch.ones(1))
    assert_close(Values("log", scale=3.0).encode(x)[0, 0], torch.log2(1 + 3 * x)[0, 0], threshold=1e-6)
    assert_close(Values("reciprocal").encode(torch.tensor([[[4.0, -0.5]]]))[0, 0], torch.tensor([0.25, -2.0]))
    assert float(Values(low=-1.0).encode(torch.zeros(1, 1, 1))) == -1
    assert float(Values(mean=(0.5,), std=(0.25,)).encode(torch.ones(1, 1, 1))) == 2


def test_what_is_clipped_is_known() -> None:
    values = Values("srgb-clipped")
    carried = values.decode(values.encode(LIGHT)) + values.lost(LIGHT)
    assert_close(carried, LIGHT, threshold=1e-5, relative=1e-5)
    assert not Values("log").lost(LIGHT).any()


def test_a_depth_of_nothing_stays_finite() -> None:
    assert bool(torch.isfinite(Values("reciprocal").encode(torch.zeros(1, 2, 2))).all())
