"""Maps at a plate's size, made by rows."""

import pytest
import torch
import torch.nn.functional as F

from rimlight.engine.inference.detail import Guide, by_strips, enlarged, enlarging, percentile, sampled


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (90, 4001), (1031, 517)])
def test_strips_are_all_the_rows_once(size: tuple[int, int]) -> None:
    plate = torch.zeros(1, 1, *size)

    def work(rows: slice) -> slice:
        plate[..., rows, :] += 1
        return rows

    found = by_strips(work, plate)
    assert bool((plate == 1).all())
    assert [rows.start for rows in found] == [0, *(rows.stop for rows in found[:-1])]


@pytest.mark.parametrize("size", [(5, 9), (64, 31), (1, 9), (207, 333)])
def test_rows_of_a_map_are_those_of_the_whole(size: tuple[int, int]) -> None:
    x = torch.rand(1, 3, 5, 9, generator=torch.Generator().manual_seed(1))
    found = enlarging(x, *size)
    whole = enlarged(x, *size)
    torch.testing.assert_close(found(slice(0, size[0])), whole, rtol=1e-5, atol=1e-6)
    middle = slice(size[0] // 3, size[0] // 3 + 1)
    assert torch.equal(found(middle), found(slice(0, size[0]))[..., middle, :])


def test_a_map_follows_the_edges_of_its_plate_by_rows_too() -> None:
    plate = torch.full((1, 3, 400, 800), 0.1)
    plate[..., 397:] = 1.0
    light = F.avg_pool2d(plate.log()[:, :1], 10)
    follow = Guide(plate, torch.ones(1, 1, 1, 1), *light.shape[-2:]).follow(light)
    found = follow(slice(100, 110))
    assert found.shape == (1, 1, 10, 800)
    assert torch.equal(found, follow(slice(0, 400))[..., 100:110, :])
    step = found[..., 397] - found[..., 396]
    assert float(step.min()) > 0.8 * float(light.max() - light.min())  # enlarged alone it would be a tenth of it


def test_a_percentile_of_some_pixels_is_that_of_the_map() -> None:
    x = torch.rand(1, 3, 700, 900, generator=torch.Generator().manual_seed(2))
    assert torch.equal(percentile(sampled(x).amax(1), 0.9), percentile(x.amax(1, keepdim=True), 0.9))
    assert abs(float(percentile(x[:, :1], 0.25)) - 0.25) < 0.01
