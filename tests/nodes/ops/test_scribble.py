"""Strokes carried over a surface."""

import torch

from compare import assert_close
from rimlight.nodes.ops.scribble import scribbled

FLAT = torch.zeros(1, 60, 80)


def dot(row: int, column: int, radius: int = 2) -> torch.Tensor:
    out = torch.zeros(1, 60, 80)
    out[:, row - radius : row + radius + 1, column - radius : column + radius + 1] = 1
    return out


def test_on_strokes_it_is_what_was_drawn_and_far_away_nothing() -> None:
    both = torch.cat((dot(30, 20), dot(30, 50)))
    found = scribbled(both, FLAT, 12.0, 0.1)
    assert_close(found[:, both.sum(0) > 0], both[:, both.sum(0) > 0], threshold=1e-5)
    assert float(found[:, :, 76:].abs().max()) == 0
    assert float(found.min()) >= 0 and float(found.sum(0).max()) <= 1 + 1e-5
    row = found[0, 30]
    assert bool((row[22:34].diff() <= 1e-6).all())


def test_edges_of_the_guide_stop_it() -> None:
    guide = FLAT.clone()
    guide[:, :, 40:] = 3
    free, held = (scribbled(dot(30, 34), g, 40.0, 0.1)[0, 30, 44] for g in (FLAT, guide))
    assert float(free) > 0.5 and float(held) < 0.05


def test_thin_strokes_reach_as_far_as_wide_ones_say() -> None:
    thin, wide = (scribbled(dot(30, 40, r), FLAT, 30.0, 0.1)[0, 30] for r in (0, 3))
    assert float(thin[46]) > 0.4 and float(wide[46]) > 0.4


def test_without_strokes_there_is_nothing() -> None:
    assert torch.equal(scribbled(torch.zeros(2, 60, 80), FLAT, 20.0, 0.1), torch.zeros(2, 60, 80))
