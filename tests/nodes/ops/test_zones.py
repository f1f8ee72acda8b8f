"""Zones: what most pixels of a zone agree on, and who takes part in it."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.zones import Zones

SIZE = (60, 80)
FLICKER = 0.3


def gathered(change: Tensor, valid: Tensor | None = None, rows: bool = False) -> Tensor:
    """What a frame is moved by whose two neighbours show the same change."""
    zones = Zones(change, 10.0, rows, 2.0)
    for step in (-1.0, 1.0):
        zones.add(step, change, torch.ones(1, *SIZE) if valid is None else valid)
    return zones.here()


def even() -> Tensor:
    return torch.full((3, *SIZE), FLICKER)


def closed_form() -> float:
    """The mean of the frame, with weight 1, and of two that show the flicker, seen whole and within the tolerance."""
    weight = 1 / 1.1 * math.exp(-((FLICKER / 2.0) ** 2))
    return FLICKER * 2 * weight / (1 + 2 * weight)


@pytest.mark.parametrize("rows", [False, True])
def test_an_even_change_is_the_line_through_the_frames(rows: bool) -> None:
    found = gathered(even(), rows=rows)
    assert found.shape == (3, *SIZE)
    assert torch.allclose(found, torch.full_like(found, closed_form()), rtol=0.02)


def test_what_has_a_change_of_its_own_is_not_heard() -> None:
    random = torch.rand(1, *SIZE, generator=torch.Generator().manual_seed(2))
    change = torch.where(random < 0.25, 1.5, even())
    found = gathered(change)
    assert float((found.median() / closed_form() - 1).abs()) < 0.25
    unseen = gathered(torch.where(random < 0.25, 1.5, even()), (random >= 0.25).float())
    assert float((unseen.median() / closed_form() - 1).abs()) < 0.05


def test_who_takes_no_part_is_left_alone() -> None:
    change = even()
    change[:, 20:34, 30:44] = 0
    found = gathered(change)
    assert float(found[:, 24:30, 34:40].abs().max()) < 0.35 * float(found[:, :10].mean())
    assert float(found[:, :10].mean()) > 0.8 * closed_form()


def test_nothing_seen_moves_nothing() -> None:
    assert float(gathered(even(), torch.zeros(1, *SIZE)).abs().max()) < 1e-4
