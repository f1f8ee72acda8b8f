"""Corrections by hue on single colours."""

from dataclasses import replace

import pytest
import torch

from rimlight.engine import Curve
from rimlight.nodes.ops.hue import FLAT, HueCurves, hue_correct


def picture(*colors: tuple[float, ...], device: torch.device | str = "cpu") -> torch.Tensor:
    return torch.tensor(colors, dtype=torch.float32, device=device).t()[:, None, :].contiguous()


def bump(at: float, value: float) -> Curve:
    """1 around the circle but for one hue."""
    return Curve.of((0, 1), (at - 0.5, 1), (at, value), (at + 0.5, 1), (6, 1), extend="loop")


RED, GREEN, TEAL = (4.0, 1.0, 1.0), (0.5, 2.0, 0.5), (0.0, 1.0, 1.0)


def test_gains_apply_to_their_hue_alone() -> None:
    x = picture(RED, GREEN, TEAL)
    assert HueCurves().is_identity
    assert torch.equal(hue_correct(x, HueCurves()), x)
    got = hue_correct(x, HueCurves(lum=bump(2, 3)))
    assert torch.allclose(got, picture(RED, (1.5, 6, 1.5), TEAL))
    got = hue_correct(x, HueCurves(blue=bump(3, 0.5)))
    assert torch.allclose(got, picture(RED, GREEN, (0, 1, 0.5)))


def test_suppression_works_above_the_smaller_of_the_others() -> None:
    x = picture(RED, (0.25, 2.0, 0.5), (-1.0, -3.0, -2.0))
    got = hue_correct(x, HueCurves(g_sup=replace(FLAT, keys=tuple(replace(k, value=0.5) for k in FLAT.keys))))
    assert torch.allclose(got, picture(RED, (0.25, 1.125, 0.5), (-1, -3, -2)))


def test_saturation_is_applied_by_hue() -> None:
    x = picture(RED, GREEN)
    grey = 0.5 * 0.2126 + 2 * 0.7152 + 0.5 * 0.0722
    got = hue_correct(x, HueCurves(sat=bump(2, 0)))
    assert torch.allclose(got, picture(RED, (grey, grey, grey)), atol=1e-6)


def test_pale_colours_are_spared_by_the_threshold() -> None:
    half = replace(FLAT, keys=tuple(replace(k, value=0.5) for k in FLAT.keys))
    x = picture((1.0, 1.0, 1.0), (1.0, 0.75, 0.75), (1.0, 0.25, 0.25), (1.0, 0.0, 0.0))
    gains = (hue_correct(x, HueCurves(lum=half), threshold=0.5) / x)[0, 0].tolist()
    assert gains == pytest.approx([1, 0.75, 0.5, 0.5])
    plain = (hue_correct(x, HueCurves(lum=half)) / x)[0, 0].tolist()
    assert plain == pytest.approx([0.5, 0.5, 0.5, 0.5])
