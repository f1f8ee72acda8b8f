"""Edges and penumbras of shadows beside rough mattes, against those that were made."""

import numpy as np
import pytest
import torch
from torch import Tensor

from rimlight.engine import Region
from rimlight.nodes.ops.gaussian import blurred
from rimlight.nodes.ops.shadow_profile import edge_of, edged
from truth import grain, in_shadow

FRAME = Region(0, 0, 160, 120)


def disc(radius: float, x: float = 80.0, y: float = 60.0) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(120) + 0.5, torch.arange(160) + 0.5, indexing="ij")
    return (radius - torch.hypot(columns - x, rows - y) + 0.5).clamp(0, 1)[None]


def shaded(width: float, radius: float = 30.0) -> tuple[Tensor, Tensor]:
    """A picture with a shadow, and the shadow `[1, H, W]`."""
    shadow = blurred(disc(radius), width)
    return in_shadow(grain(FRAME), 1 - shadow), shadow


@pytest.mark.parametrize(("middle", "width"), [(0.0, 2.0), (-4.0, 3.0), (5.0, 8.0)])
def test_a_penumbra_is_told_from_its_slopes(middle: float, width: float) -> None:
    between = np.arange(-40, 42) - 0.5
    seen = torch.special.ndtr(torch.from_numpy((between - middle) / np.hypot(width, 1.0))).numpy()
    slopes = np.diff(np.log(seen + (1 - seen) * 0.25))
    found = edge_of(slopes, np.ones(81))
    assert found is not None
    assert found.middle == pytest.approx(middle, abs=1) and found.width == pytest.approx(width, rel=0.15)


def test_slopes_of_anything_are_no_penumbra() -> None:
    rng = np.random.default_rng(3)
    assert edge_of(rng.normal(0, 0.05, 81), np.ones(81)) is None
    assert edge_of(np.zeros(81), np.ones(81)) is None
    darker = -np.exp(-((np.arange(81) - 40.0) ** 2) / 50)
    assert edge_of(darker, np.ones(81)) is None


@pytest.mark.parametrize("width", [1.0, 4.0, 9.0])
def test_edges_of_a_matte_that_is_too_wide_are_found(width: float) -> None:
    picture, shadow = shaded(width)
    found = edged(disc(34.0), picture, 48.0)
    assert found is not None
    assert float(found.width.median()) == pytest.approx(width, rel=0.35)
    assert float((found.visibility - (1 - shadow)).abs().mean()) < 0.012
    brighter = edged(disc(34.0), 64 * picture, 48.0)
    assert brighter is not None and torch.equal(brighter.visibility, found.visibility)


def test_every_shadow_has_its_own_width() -> None:
    hard, soft = disc(20.0, 40.0), disc(24.0, 115.0)
    shadow = torch.maximum(blurred(hard, 1.0), blurred(soft, 6.0))
    found = edged(torch.maximum(hard, soft), in_shadow(grain(FRAME), 1 - shadow), 36.0)
    assert found is not None
    assert float(found.width[0, 60, 40]) < 2 and float(found.width[0, 60, 115]) > 4


def test_a_row_and_a_column_are_pictures() -> None:
    matte = (torch.arange(160) < 70).float().reshape(1, 1, 160)
    row = torch.where(matte > 0, 0.2, 1.0).expand(3, -1, -1).contiguous()
    for m, x in ((matte, row), (matte.mT, row.mT.contiguous())):
        found = edged(m, x, 20.0)
        assert found is None or found.visibility.shape == m.shape


@pytest.mark.parametrize("matte", [torch.zeros(1, 120, 160), torch.ones(1, 120, 160), disc(30.0)])
def test_nothing_is_told_without_an_edge(matte: Tensor) -> None:
    assert edged(matte, grain(FRAME), 48.0) is None
