"""The compiled loop makes the pixels that torch makes on other devices."""

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops import sampling
from rimlight.nodes.ops.footprint import footprint
from rimlight.nodes.ops.resample import FILTERS

WHOLE = (0, 0, 40, 30)


def picture() -> Tensor:
    return torch.randn(3, 30, 40, generator=torch.Generator().manual_seed(1)).exp()


def places() -> tuple[Tensor, Tensor, Tensor]:
    """Positions all over the picture and beside it, with footprints from none to beyond what a level holds, most of
    them long and slanted; and which of them count.
    """
    draw = torch.Generator().manual_seed(2)
    count = 1500
    u, v = torch.rand(2, count, generator=draw, dtype=torch.float64) * 60 - 10
    steps = torch.randn(4, count, generator=draw, dtype=torch.float64) * torch.logspace(-1, 1.3, count)
    steps[:, :50] = torch.tensor([1.0, 0, 0, 1])[:, None]
    return torch.stack((u, v)), steps, torch.rand(count, generator=draw) > 0.1


@pytest.mark.parametrize("edges", ["black", "repeat"])
@pytest.mark.parametrize("name", sorted(FILTERS))
def test_it_agrees_with_the_operations_of_torch(name: str, edges: sampling.Edges) -> None:
    x, kernel, ((u, v), steps, valid) = picture(), FILTERS[name], places()
    p = footprint(*steps)
    expected = sampling._sample_by_kind(sampling.Source(x, WHOLE, edges), u, v, p, kernel, valid)
    found = sampling._sample_one_by_one(sampling.Source(x, WHOLE, edges), u, v, p, kernel, valid)
    assert float(found[valid].abs().amax()) > 1
    assert not found[~valid].any()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * float(x.max()))


def test_blocks_of_pixels_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x, kernel, ((u, v), steps, valid) = picture(), FILTERS["keys"], places()
    source = sampling.Source(x, WHOLE, "black")
    whole = sampling._sample_one_by_one(source, u, v, footprint(*steps), kernel, valid)
    monkeypatch.setattr(sampling, "_BLOCK", 101)
    assert torch.equal(sampling._sample_one_by_one(source, u, v, footprint(*steps), kernel, valid), whole)


def test_what_is_no_number_stays_where_a_kernel_reads_it() -> None:
    """Pixels that only the box around a slanted kernel holds do not count."""
    x = torch.ones(1, 30, 40)
    x[0, 8, 27] = torch.nan
    u, v = torch.tensor([20.5, 24.5, 20.5], dtype=torch.float64), torch.tensor([15.5, 11.5, 30.0], dtype=torch.float64)
    # Six pixels long from the upper left to the lower right, one across.
    steps = [torch.full((3,), value, dtype=torch.float64) for value in (3.5, 2.5, 2.5, 3.5)]
    found = sampling._sample_one_by_one(
        sampling.Source(x, WHOLE, "black"), u, v, footprint(*steps), FILTERS["triangle"], None
    )  # fmt: skip
    assert torch.allclose(found[:2], torch.ones(2, 1)) and 0 < float(found[2]) < 1
