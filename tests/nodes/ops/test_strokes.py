import itertools
import math

import pytest
import torch

from rimlight.nodes.ops.strokes import draw_stroke

REGION = (0, 0, 60, 40)


def line(*points: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(points)


def test_area_of_a_capsule() -> None:
    found = draw_stroke(line((15, 20), (45, 20)), 12.0, REGION)
    assert float(found.double().sum()) == pytest.approx(30 * 12 + math.pi * 36, rel=2e-3)


def test_a_tap_is_a_disc() -> None:
    assert float(draw_stroke(line((30, 20)), 20.0, REGION).double().sum()) == pytest.approx(math.pi * 100, rel=2e-3)


def test_thin_strokes_get_fainter() -> None:
    found = draw_stroke(line((10, 20.5), (50, 20.5)), 0.25, REGION)
    assert float(found[0, 20, 30]) == pytest.approx(0.25)


def test_soft_edge_and_pressure() -> None:
    soft = draw_stroke(line((10, 20.5), (50, 20.5)), 20.0, REGION, hardness=0.0)[0, :, 30]
    assert float(soft[20]) == 1
    assert float(soft[25]) == pytest.approx(0.5)
    assert bool((soft[20:31].diff() <= 0).all())
    tapered = draw_stroke(line((10, 20), (50, 20)), 10.0, REGION, pressure=torch.tensor([1.0, 0.0]))[0]
    assert float(tapered[:, 20].sum()) > float(tapered[:, 40].sum()) > 0


def segment(a: list[float], b: list[float], hardness: float) -> torch.Tensor:
    """Coverage of one side of a line over all of the region, from x, y, radius and strength to others."""
    y, x = torch.meshgrid(torch.arange(40.0).double() + 0.5, torch.arange(60.0).double() + 0.5, indexing="ij")
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = (((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
    radius = (a[2] + t * (b[2] - a[2])).clamp(min=0.5)
    distance, soft = torch.hypot(x - a[0] - t * dx, y - a[1] - t * dy), radius * (1 - hardness)
    fade = ((radius - distance) / soft.clamp(min=1e-9)).clamp(0, 1)
    edge = (radius + 0.5 - distance).clamp(0, 1)
    return torch.where(soft > 1, fade * fade * (3 - 2 * fade), edge) * (a[3] + t * (b[3] - a[3]))


@pytest.mark.parametrize("pressed", [False, True])
@pytest.mark.parametrize("hardness", [0.0, 0.4, 1.0])
def test_the_largest_coverage_of_all_sides_counts(hardness: float, pressed: bool) -> None:
    torch.manual_seed(3)
    points = (torch.rand(9, 2) * torch.tensor([80, 60]) - 10).double()
    factor = 0.2 + 0.8 * torch.rand(9).double() if pressed else None
    found = draw_stroke(points, 16.0, REGION, hardness, factor, strength=factor)[0]
    sizes = torch.ones(9) if factor is None else factor
    ends = torch.cat((points, 8 * sizes[:, None], sizes[:, None]), 1).tolist()
    sides = torch.stack([segment(a, b, hardness) for a, b in itertools.pairwise(ends)])
    torch.testing.assert_close(found, sides.amax(0).float(), rtol=0, atol=1e-6)


def test_a_point_that_is_there_twice_changes_nothing() -> None:
    once, twice = line((5, 5), (30, 33), (55, 8)), line((5, 5), (30, 33), (30, 33), (55, 8), (55, 8))
    assert torch.equal(draw_stroke(once, 9.0, REGION, 0.5), draw_stroke(twice, 9.0, REGION, 0.5))


def test_tile_equals_crop_and_devices_agree(device: torch.device) -> None:
    points = line((5, 5), (30, 33), (55, 8))
    whole = draw_stroke(points, 9.0, REGION, 0.5)
    tile = draw_stroke(points, 9.0, (20, 10, 45, 38), 0.5, device=device).cpu()
    torch.testing.assert_close(tile, whole[:, 10:38, 20:45], rtol=0, atol=1e-6)


def test_nothing_to_draw() -> None:
    assert float(draw_stroke(torch.zeros(0, 2), 5.0, REGION).sum()) == 0
    assert float(draw_stroke(line((5, 5), (math.nan, 8)), 5.0, REGION).sum()) == 0
    assert float(draw_stroke(line((5, 5), (8, 8)), 0.0, REGION).sum()) == 0
