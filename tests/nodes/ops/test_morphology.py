import math

import cv2
import numpy as np
import pytest
import torch

from rimlight.nodes.ops.morphology import dilate, dilate_margin, largest_around, without_texture


def disc(rx: int, ry: int) -> np.ndarray:
    element = np.zeros((2 * ry + 1, 2 * rx + 1), np.uint8)
    for dy in range(-ry, ry + 1):
        half = int(rx * math.sqrt(1 - (dy / max(ry, 1)) ** 2) + 0.5)
        element[dy + ry, rx - half : rx + half + 1] = 1
    return element


@pytest.mark.parametrize(("rx", "ry"), [(1, 1), (2, 5), (7, 7), (13, 4), (0, 3), (6, 0)])
@pytest.mark.parametrize("round_element", [False, True])
def test_whole_radii_agree_with_opencv(rx: int, ry: int, round_element: bool, device: torch.device) -> None:
    x = torch.randn(2, 150 + 2 * ry, 30 + 2 * rx, generator=torch.Generator().manual_seed(8))
    element = disc(rx, ry) if round_element else np.ones((2 * ry + 1, 2 * rx + 1), np.uint8)
    for sign, function in ((1, cv2.dilate), (-1, cv2.erode)):
        full = torch.stack([torch.from_numpy(function(plane.numpy(), element)) for plane in x])
        expected = full[:, ry : ry + 150, rx : rx + 30]
        assert torch.equal(dilate(x.to(device), sign * rx, sign * ry, round_element).cpu(), expected)


def test_a_disc_of_one_is_a_cross() -> None:
    x = torch.zeros(1, 7, 7)
    x[0, 3, 3] = 1
    cross = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    assert torch.equal(dilate(x, 1, 1, True)[0, 1:4, 1:4], cross)


@pytest.mark.parametrize("round_element", [False, True])
def test_fractions_blend_the_whole_radii(round_element: bool) -> None:
    x = torch.randn(1, 30, 30, generator=torch.Generator().manual_seed(9))
    assert dilate_margin(2.25) == 3
    small, large = dilate(x[:, :, 1:-1], 2, 0, round_element), dilate(x, 3, 0, round_element)
    torch.testing.assert_close(dilate(x, 2.25, 0, round_element), 0.75 * small + 0.25 * large)


def test_erosion_is_dilation_of_the_negative() -> None:
    x = torch.randn(1, 30, 40, generator=torch.Generator().manual_seed(10))
    assert torch.equal(dilate(x, -2.5, -1.5, True), -dilate(-x, 2.5, 1.5, True))


def test_zero_is_the_identity() -> None:
    x = torch.randn(1, 3, 4)
    assert torch.equal(dilate(x, 0, 0), x)
    assert torch.equal(dilate(x, 0, 0, True), x)


def test_nan_never_wins() -> None:
    x = torch.zeros(1, 9, 9)
    x[0, 4, 4] = torch.nan
    for radius in (1, -1):
        assert torch.equal(dilate(x, radius, radius), torch.zeros(1, 7, 7))
    assert torch.isnan(dilate(torch.full((1, 5, 5), torch.nan), 1, 1)).all()


def test_infinities_stay_infinities() -> None:
    x = torch.zeros(1, 9, 9)
    x[0, 4, 4] = torch.inf
    y = dilate(x, 1.5, 1.5)
    assert not torch.isnan(y).any()
    assert y[0, 2, 2] == torch.inf


def test_a_round_element_has_one_sign() -> None:
    with pytest.raises(ValueError, match="one sign"):
        dilate(torch.zeros(1, 9, 9), 1, -1, True)


def test_texture_goes_and_outlines_stay() -> None:
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(60.0), indexing="ij")
    shape = ((x > 20) & (y > 12)).float()[None] * 5 - 3
    assert torch.equal(without_texture(shape, 6.0), shape)
    for fine in (x % 2, x // 2 % 2, (x // 3 + y // 3) % 2):
        inside = without_texture(fine[None], 6.0)[:, 6:-6, 6:-6]  # what the border cuts goes on
        assert torch.equal(inside, torch.full_like(inside, 0.5))
    wide = (x // 10 % 2)[None]
    assert torch.equal(without_texture(wide, 6.0), wide)
    noise = torch.randn(2, 40, 60, generator=torch.Generator().manual_seed(1))
    assert torch.equal(without_texture(-noise, 4.0), -without_texture(noise, 4.0))
    assert without_texture(noise[:, :0], 4.0).shape == (2, 0, 60)


@pytest.mark.parametrize("radius", [1, 4, 30])
def test_the_largest_around_is_a_maximum_pooling(radius: int) -> None:
    x = torch.randn(2, 23, 41, generator=torch.Generator().manual_seed(radius))
    expected = torch.nn.functional.max_pool2d(
        torch.nn.functional.pad(x, (radius,) * 4, value=-torch.inf), 2 * radius + 1, 1
    )
    assert torch.equal(largest_around(x, radius), expected)
