import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops import rank
from rimlight.nodes.ops.rank import median, rank_filter, rank_margin


def sorted_windows(x: Tensor, size: int) -> Tensor:
    return x.unfold(1, size, 1).unfold(2, size, 1).flatten(3).sort(dim=3).values


@pytest.mark.parametrize("size", [1, 3, 5, 7, 31])
def test_the_median_is_the_middle_of_the_window(size: int, device: torch.device) -> None:
    m = rank_margin(size)
    x = torch.randn(2, 12 + 2 * m, 9 + 2 * m, generator=torch.Generator().manual_seed(11))
    assert torch.equal(median(x.to(device), size).cpu(), sorted_windows(x, size)[..., size * size // 2])


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.9, 1.0])
def test_any_rank_is_exact(fraction: float) -> None:
    x = torch.randn(1, 14, 15, generator=torch.Generator().manual_seed(12))
    index = round(fraction * 24)
    expected = sorted_windows(x, 5)[..., index]
    assert torch.equal(rank_filter(x, 5, fraction), expected)
    assert torch.equal(rank._rank_device(x, 5, index), expected)


def test_work_in_tiles_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(3, 40, 30, generator=torch.Generator().manual_seed(13))
    whole = median(x, 7)
    monkeypatch.setattr(rank, "_TILE", 17)
    assert torch.equal(median(x, 7), whole)


@pytest.mark.parametrize("size", [3, 7])
def test_nan_sorts_last(size: int) -> None:
    m = rank_margin(size)
    x = torch.ones(1, 20, 20)
    x[0, 10, 10] = torch.nan
    assert torch.equal(median(x, size), torch.ones(1, 20 - 2 * m, 20 - 2 * m))
    assert torch.isnan(median(torch.full((1, 9, 9), torch.nan), size)).all()


def test_bad_windows_are_refused() -> None:
    x = torch.zeros(1, 40, 40)
    with pytest.raises(ValueError, match="size is 4"):
        median(x, 4)
    with pytest.raises(ValueError, match="size is 33"):
        median(x, 33)
    with pytest.raises(ValueError, match=r"rank is 1\.5"):
        rank_filter(x, 3, 1.5)
