"""Texture filling: a pattern that repeats has to come back, and nothing outside the hole may change."""

import pytest
import torch

from compare import assert_close
from rimlight.nodes.ops.patches import fill_texture


def hole_in(height: int, width: int, rows: slice, columns: slice) -> torch.Tensor:
    hole = torch.zeros(height, width, dtype=torch.bool)
    hole[rows, columns] = True
    return hole


def tiles(height: int = 64, width: int = 72) -> torch.Tensor:
    """Random squares of 8 pixels, the same over and over: every patch of the hole is somewhere else as well."""
    tile = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(4)) * 4 + 0.1
    return tile.repeat(1, height // 8, width // 8)


def test_a_pattern_that_repeats_is_continued() -> None:
    x, hole = tiles(), hole_in(64, 72, slice(24, 40), slice(28, 44))
    broken = torch.where(hole, torch.full_like(x, 9.0), x)
    y = fill_texture(broken, hole)
    assert torch.equal(y[:, ~hole], x[:, ~hole])
    error = (y - x)[:, hole].abs().mean() / x.std()
    assert float(error) < 0.05


def test_what_lies_in_the_hole_does_not_matter() -> None:
    x, hole = tiles(), hole_in(64, 72, slice(20, 34), slice(20, 40))
    one, two = (fill_texture(torch.where(hole, torch.full_like(x, v), x), hole) for v in (0.0, 1e4))
    assert torch.equal(one, two)


def test_exposure_scales_the_fill() -> None:
    x, hole = tiles(), hole_in(64, 72, slice(20, 34), slice(20, 40))
    assert_close(fill_texture(x * 64, hole), fill_texture(x, hole) * 64, threshold=0, relative=1e-3)


def test_bright_and_negative_light_is_continued() -> None:
    x = tiles() * torch.tensor([900.0, -1.0, 1.0])[:, None, None]
    hole = hole_in(64, 72, slice(24, 40), slice(28, 44))
    y = fill_texture(x, hole)
    assert float((y - x)[:, hole].abs().mean() / x[:, hole].abs().mean()) < 0.1


def test_patches_come_from_within_the_search() -> None:
    x = torch.ones(3, 64, 200) + tiles(64, 200) * 0.1
    x[0, :, :60] += 5  # a red area, out of reach
    y = fill_texture(x, hole_in(64, 200, slice(28, 36), slice(140, 150)), search=20)
    assert float(y[0].max(1).values.max()) < 7 and float(y[0, 28:36, 140:150].max()) < 2


def test_two_holes_are_filled_and_frames_alike() -> None:
    x = tiles()
    hole = hole_in(64, 72, slice(8, 14), slice(8, 14)) | hole_in(64, 72, slice(46, 54), slice(50, 58))
    y = fill_texture(x, hole)
    assert float((y - x)[:, hole].abs().mean() / x.std()) < 0.05
    assert torch.equal(y, fill_texture(x, hole))


@pytest.mark.parametrize("size", [(5, 5), (1, 1), (3, 40)])
def test_where_no_patch_fits_it_is_smooth(size: tuple[int, int]) -> None:
    x = torch.full((2, *size), 3.0)
    hole = torch.zeros(size, dtype=torch.bool)
    hole[0, 0] = True
    y = fill_texture(x, hole)
    if size != (1, 1):
        assert_close(y, x, threshold=1e-5)


def test_nothing_to_fill_and_nothing_known() -> None:
    x = tiles()
    assert torch.equal(fill_texture(x, torch.zeros(64, 72, dtype=torch.bool)), x)
    assert float(fill_texture(x, torch.ones(64, 72, dtype=torch.bool)).abs().max()) == 0
