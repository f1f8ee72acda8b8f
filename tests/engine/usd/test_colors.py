"""Colours between linear Rec.709 and the working space."""

import pytest
import torch

from rimlight.engine import ACESCG, LINEAR_REC709
from rimlight.engine.usd.colors import from_rec709, to_rec709


def test_white_stays_white_and_the_way_back_is_the_way() -> None:
    white, red = torch.ones(3, dtype=torch.float64), torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    assert from_rec709(white, ACESCG).tolist() == pytest.approx([1, 1, 1], abs=1e-12)
    # The first column of the matrix from Rec.709 to AP1 with Bradford, as ACES documents have it.
    assert from_rec709(red, ACESCG).tolist() == pytest.approx([0.613097, 0.070194, 0.020616], abs=2e-5)
    picture = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(2)) * 1e4
    assert torch.allclose(to_rec709(from_rec709(picture, ACESCG), ACESCG), picture, rtol=1e-5)
    assert torch.equal(to_rec709(white, LINEAR_REC709), white)
