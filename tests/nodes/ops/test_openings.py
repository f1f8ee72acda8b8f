"""Windows of rooms, and what shines but stands in the room."""

import torch
from torch import Tensor

from rimlight.nodes.ops.openings import openings

HEIGHT, WIDTH = 120, 160


def room() -> Tensor:
    """A dim wall with texture `[3, HEIGHT, WIDTH]`."""
    return 0.1 * (0.8 + 0.4 * torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(3)))


def box(top: int, left: int, height: int, width: int) -> Tensor:
    where = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.bool)
    where[:, top : top + height, left : left + width] = True
    return where


WINDOW, INSIDE = box(20, 30, 50, 40), box(24, 34, 42, 32)
FAR = torch.where(WINDOW, 2.5, 1.0)


def shining(where: Tensor, stops: float = 5.0) -> Tensor:
    return torch.where(where, room() * 2**stops, room())


def test_a_window_that_looks_out_is_one_and_nothing_else_is() -> None:
    found = openings(shining(WINDOW), FAR)
    assert found.shape == (1, HEIGHT, WIDTH)
    assert float(found[INSIDE].min()) > 0.95 and float(found[~box(16, 26, 58, 48)].max()) == 0


def test_what_shines_and_stands_in_the_room_is_none() -> None:
    near = torch.where(WINDOW, 0.8, 1.0)
    for depth in (near, torch.ones_like(near)):
        assert float(openings(shining(WINDOW), depth).max()) == 0


def test_a_sunlit_wall_farther_away_is_none() -> None:
    assert float(openings(shining(WINDOW, 2.1), FAR).max()) < 0.1


def test_what_a_window_shines_on_before_it_is_none() -> None:
    floor = box(70, 30, 40, 40)
    found = openings(shining(WINDOW | floor), FAR)
    assert float(found[INSIDE].min()) > 0.95 and float(found[box(76, 30, 34, 40)].max()) < 0.05


def test_exposure_and_unit_change_nothing() -> None:
    one = openings(shining(WINDOW), FAR)
    torch.testing.assert_close(openings(shining(WINDOW) * 37, FAR * 100), one, rtol=1e-3, atol=1e-3)


def test_odd_pictures_have_none() -> None:
    for size in ((1, 1), (1, 9), (3, 3)):
        assert float(openings(torch.zeros(3, *size), torch.ones(1, *size)).max()) == 0
    bad = shining(WINDOW)
    bad[:, 5, 5] = torch.tensor([float("nan"), float("inf"), -1.0])
    assert bool(openings(bad, FAR).isfinite().all())
