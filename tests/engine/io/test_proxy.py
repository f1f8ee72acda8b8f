import pytest
import torch

from rimlight.engine import LayerKind, Region
from rimlight.engine.io.proxy import downscale, source_region

REGION = Region(-7, 3, 30, 32)


def picture(region: Region = REGION) -> torch.Tensor:
    rows = torch.arange(region.y0, region.y1)[:, None] * 0.01
    return (rows + torch.arange(region.x0, region.x1)[None] * 1.0)[None]


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125])
def test_aligned_pixels_are_the_mean_of_their_square(scale: float) -> None:
    step, region = round(1 / scale), Region(-8, 0, 24, 16)
    x = torch.rand(2, region.height, region.width)
    small, covered = downscale(x, region, scale)
    assert covered == Region(-8 // step, 0, 24 // step, 16 // step)
    expected = x.reshape(2, region.height // step, step, region.width // step, step).mean((2, 4))
    torch.testing.assert_close(small, expected)


@pytest.mark.parametrize("scale", [0.5, 0.25, 1 / 3, 0.3, 0.77])
@pytest.mark.parametrize("kind", [LayerKind.COLOR, LayerKind.DATA])
def test_a_part_equals_the_crop_of_the_whole(scale: float, kind: LayerKind) -> None:
    x = torch.rand(1, REGION.height, REGION.width)
    whole, covered = downscale(x, REGION, scale, kind)
    for wanted in (Region(0, 4, 5, 7), Region(covered.x0, covered.y0, covered.x0 + 2, covered.y0 + 3)):
        source = source_region(wanted, scale).intersect(REGION)
        rows, columns = REGION.slices_of(source)
        part, around = downscale(x[:, rows, columns], source, scale, kind)
        rows, columns = around.slices_of(wanted)
        expected_rows, expected_columns = covered.slices_of(wanted)
        torch.testing.assert_close(part[:, rows, columns], whole[:, expected_rows, expected_columns])


@pytest.mark.parametrize("scale", [0.5, 1 / 3, 0.3])
def test_a_ramp_stays_in_place(scale: float) -> None:
    region = Region(0, 0, 60, 60)
    small, covered = downscale(picture(region), region, scale)
    columns = (torch.arange(covered.x0, covered.x1) + 0.5) / scale - 0.5
    rows = ((torch.arange(covered.y0, covered.y1) + 0.5) / scale - 0.5) * 0.01
    torch.testing.assert_close(
        small[0, 1:-1, 1:-1], (rows[:, None] + columns[None])[1:-1, 1:-1], rtol=0, atol=1e-4 if scale != 0.3 else 0.05
    )


def test_light_at_the_edge_is_not_darkened() -> None:
    small, covered = downscale(torch.ones(1, 29, 37), REGION, 0.25)
    assert covered == Region(-2, 0, 8, 8)
    torch.testing.assert_close(small, torch.ones(1, 8, 10))


@pytest.mark.parametrize("kind", [LayerKind.DATA, LayerKind.NORMAL, LayerKind.DEPTH, LayerKind.POSITION])
def test_numbers_that_have_no_mean_are_picked(kind: LayerKind) -> None:
    x = torch.arange(REGION.area).reshape(1, REGION.height, REGION.width).float()
    small, covered = downscale(x, REGION, 0.5, kind)
    assert covered == Region(-4, 1, 15, 16)
    assert set(small.flatten().tolist()) <= set(x.flatten().tolist())
    assert small[0, 1, 1] == x[0, 5 - 3, -5 + 7]


def test_full_size_is_untouched() -> None:
    x = picture()
    assert downscale(x, REGION, 1.0)[0] is x
    assert source_region(REGION, 1.0) == REGION
