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


def test_tile_equals_crop_and_devices_agree(device: torch.device) -> None:
    points = line((5, 5), (30, 33), (55, 8))
    whole = draw_stroke(points, 9.0, REGION, 0.5)
    tile = draw_stroke(points, 9.0, (20, 10, 45, 38), 0.5, device=device).cpu()
    torch.testing.assert_close(tile, whole[:, 10:38, 20:45], rtol=0, atol=1e-6)


def test_nothing_to_draw() -> None:
    assert float(draw_stroke(torch.zeros(0, 2), 5.0, REGION).sum()) == 0
    assert float(draw_stroke(line((5, 5), (math.nan, 8)), 5.0, REGION).sum()) == 0
    assert float(draw_stroke(line((5, 5), (8, 8)), 0.0, REGION).sum()) == 0
