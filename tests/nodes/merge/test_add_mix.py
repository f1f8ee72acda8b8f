import pytest
import torch

from compare import assert_close
from pictures import FRAME, matte, noise, picture, ramp
from rimlight.engine import Curve, NodeError, Region
from stage import run


def straight(x: torch.Tensor) -> torch.Tensor:
    """Premultiplied where there is coverage."""
    return torch.cat((x[:3] * x[3:], x[3:]))


def element(seed: int = 3) -> torch.Tensor:
    return straight(torch.cat((noise(3, FRAME, seed), matte(FRAME, seed + 1))))


def curve(*points: tuple[float, float]) -> Curve:
    return Curve.of(*points, interp="linear")


def test_straight_curves_are_over() -> None:
    a = picture(element())
    assert_close(run("AddMix", ramp(), a)["rgba"], run("Merge", ramp(), a)["rgba"], threshold=1e-5)


def test_curves_say_how_a_comes_and_b_goes() -> None:
    a, b = element(), ramp()["rgba"]
    curves = {"a_curve": curve((0, 0), (1, 0.5)), "b_curve": curve((0, 0), (0.5, 1), (1, 1))}
    y = run("AddMix", ramp(), picture(a), **curves)["rgba"]
    alpha = a[3]
    hidden = (2 * alpha).clamp(max=1)
    assert_close(y[3], alpha / 2 + b[3] * (1 - hidden), threshold=1e-5)
    assert_close(y[0], a[0] / 2 + b[0] * (1 - hidden), threshold=1e-4)


def test_a_glow_without_alpha_is_added() -> None:
    a = torch.zeros(4, 12, 16)
    a[:3, 5, 5] = 7.0
    y = run("AddMix", ramp(), picture(a), a_curve=curve((0, 0), (1, 0.2)))["rgba"]
    assert_close(y[:3, 5, 5], ramp()["rgba"][:3, 5, 5] + 7, threshold=1e-5)


def test_colour_that_is_not_premultiplied() -> None:
    x = torch.cat((noise(3, FRAME, 3), matte(FRAME, 4)))
    y = run("AddMix", ramp(), picture(x), premultiplied=False)["rgba"]
    assert_close(y, run("AddMix", ramp(), picture(straight(x)))["rgba"], threshold=1e-4)


def test_a_picture_b_without_alpha_is_opaque_inside_its_window() -> None:
    data = Region(2, 2, 10, 9)
    b = picture(torch.ones(3, 7, 8), data=data)
    y = run("AddMix", b, picture(torch.full((4, 12, 16), 0.5)))["rgba"]
    assert float(y[3, 5, 5]) == 1 and float(y[3, 11, 15]) == 0.5


def test_a_picture_a_without_alpha_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="A has no alpha"):
        run("AddMix", ramp(), picture(torch.ones(3, 12, 16)))
