"""Colour differences over time."""

import pytest
import torch

from compare import assert_close
from moving import REC709, texture
from rimlight.nodes.ops.flicker import change, lab
from rimlight.nodes.ops.flow import Motion, still


def grey(value: float) -> torch.Tensor:
    return torch.full((3, 8, 8), value)


def test_lab_is_that_of_cie() -> None:
    def of(*rgb: float) -> list[float]:
        return [float(v) for v in lab(torch.tensor(rgb, dtype=torch.float32).view(3, 1, 1), REC709)[:, 0, 0]]

    assert of(1, 1, 1) == pytest.approx([100, 0, 0], abs=1e-3)
    assert of(0, 0, 0) == pytest.approx([0, 0, 0], abs=1e-3)
    assert of(0.18, 0.18, 0.18) == pytest.approx([49.496, 0, 0], abs=1e-2)
    assert of(1, 0, 0) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)  # known of sRGB's red
    assert of(8, 8, 8)[0] == pytest.approx(216, abs=1e-2)  # 116 * 2 - 16
    assert of(-0.001, -0.001, -0.001)[0] == pytest.approx(-0.9033, abs=1e-3)


def test_the_difference_is_that_of_the_colours() -> None:
    now, before = lab(grey(0.18), REC709), lab(grey(0.25), REC709)
    found, seen = change(now, before, still(now), 2.0)
    assert found == pytest.approx(float((before - now)[0, 0, 0]), rel=1e-4)
    assert seen == 1


def test_only_what_is_in_both_counts() -> None:
    now, before = lab(grey(0.18), REC709), lab(grey(0.18), REC709)
    before[:, :, 6:] += 50
    valid = torch.ones(1, 8, 8)
    valid[:, :, 6:] = 0
    found, seen = change(now, before, Motion(torch.zeros(2, 8, 8), valid), 1.0)
    assert found == pytest.approx(0, abs=1e-5)
    assert seen == pytest.approx(0.75)
    assert change(now, before, Motion(torch.zeros(2, 8, 8), torch.zeros(1, 8, 8)), 1.0) == (None, 0)


def test_grain_cancels_out_and_light_does_not() -> None:
    x = texture(64, 64, 3)
    random = torch.Generator().manual_seed(4)
    grain = 1 + 0.1 * torch.randn(3, 64, 64, generator=random)
    same, grainy, brighter = (lab(y, REC709) for y in (x, x * grain, x * 1.1))
    fine, coarse = (change(same, grainy, still(x), size)[0] for size in (0.0, 4.0))
    assert fine is not None and coarse is not None and coarse < 0.2 * fine
    smooth, sharp = (change(same, brighter, still(x), size)[0] for size in (4.0, 0.0))
    assert smooth is not None and sharp is not None and smooth > 0.95 * sharp


def test_light_moves_with_the_picture(device: torch.device) -> None:
    x = lab(texture(64, 64, 3), REC709).to(device)
    moved = torch.roll(x, 3, 2)
    way = torch.zeros(2, 64, 64, device=device)
    way[0] = 3.0
    inside = torch.ones(1, 64, 64, device=device)
    inside[:, :, -4:] = 0
    assert change(x, moved, Motion(way, inside), 0.0)[0] < 1e-2
    assert_close(torch.tensor(change(x, x, still(x), 2.0)[0]), torch.tensor(0.0))
