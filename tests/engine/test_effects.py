import math

import torch

from pictures import hdr, picture
from rimlight.engine import mix_by
from stage import run

BROKEN = (slice(0, 3), 5, 6)


def spot(value: float = 1.0) -> torch.Tensor:
    """One pixel of a mask."""
    x = torch.zeros(4, 12, 16)
    x[:, 5, 6] = value
    return x


def test_a_mix_is_exact_at_both_ends_whatever_the_other_holds() -> None:
    weight = torch.tensor([[[0.0, 1.0, 0.5, 1.0, 0.0]]])
    before = torch.tensor([[[0.1, math.nan, 1.0, math.inf, -math.inf]]])
    after = torch.tensor([[[math.nan, 0.3, 3.0, -2.0, 7.0]]])
    expected = torch.tensor([[[0.1, 0.3, 2.0, -2.0, -math.inf]]])
    assert torch.equal(mix_by(before, after, weight), expected)
    numbers = torch.tensor([[[0.1, 0.7, 1.0, 1e30, -1e-30]]])
    assert torch.equal(mix_by(numbers, expected.nan_to_num(), weight)[0, 0, [0, 1, 3, 4]], torch.tensor(
        [0.1, 0.3, -2.0, -1e-30]
    ))  # fmt: skip


def test_where_a_mask_is_black_nothing_comes_through_that_is_no_number() -> None:
    out = run("Gamma", hdr(), mask=picture(spot()), value=0.0)["rgba"]  # infinite above 1
    assert torch.equal(out[:, spot()[0] == 0], hdr()["rgba"][:, spot()[0] == 0])


def test_where_a_mask_is_white_what_was_no_number_is_gone() -> None:
    x = hdr()["rgba"].clone()
    x[BROKEN] = math.nan
    out = run("Expression", picture(x), mask=picture(spot()), red="0.5", green="0.25", blue="r")["rgba"]
    assert out[:2, 5, 6].tolist() == [0.5, 0.25]
    assert torch.isfinite(out[:2]).all()
