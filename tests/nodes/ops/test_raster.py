import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.raster import Shape, draw_shape, flatten, outward, shape_bounds

REGION = (0, 0, 60, 50)


def circle(cx: float, cy: float, r: float) -> Shape:
    k = 0.5522847498 * r
    points = torch.tensor([[cx + r, cy], [cx, cy + r], [cx - r, cy], [cx, cy - r]], dtype=torch.float64)
    out = torch.tensor([[0, k], [-k, 0], [0, -k], [k, 0]], dtype=torch.float64)
    return Shape(points, -out, out)


def corners(*points: tuple[float, float]) -> Tensor:
    return torch.tensor(points, dtype=torch.float64)


def draw_polygon(points: Tensor, region: tuple[int, int, int, int]) -> Tensor:
    return draw_shape(Shape(points.double()), region)


def test_a_rectangle_covers_exactly_its_area() -> None:
    found = draw_polygon(corners((3.25, 4.5), (10.75, 4.5), (10.75, 8.125), (3.25, 8.125)), REGION)[0]
    x = torch.zeros(60)
    x[3], x[4:10], x[10] = 0.75, 1, 0.75
    y = torch.zeros(50)
    y[4], y[5:8], y[8] = 0.5, 1, 0.125
    torch.testing.assert_close(found, y[:, None] * x, rtol=0, atol=1e-6)
    assert int((found != 0).sum()) == 8 * 5


@pytest.mark.parametrize("reverse", [False, True])
def test_coverage_equals_dense_sampling(reverse: bool) -> None:
    points = corners((3.3, 2.1), (25.7, 6.9), (14.2, 21.4), (8.1, 12.3))
    found = draw_polygon(points.flip(0) if reverse else points, (0, 0, 30, 25))[0]
    n = 40
    grid = (torch.arange(30 * n, dtype=torch.float64) + 0.5) / n
    x, y = grid[None, :], grid[: 25 * n, None]
    inside = torch.zeros(25 * n, 30 * n, dtype=torch.bool)
    for (ax, ay), (bx, by) in zip(points.tolist(), points.roll(-1, 0).tolist(), strict=True):
        inside ^= ((y > ay) != (y > by)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    expected = torch.nn.functional.avg_pool2d(inside[None].float(), n)[0]
    assert float((found - expected).abs().max()) < 1 / 255


def test_a_curve_has_its_area() -> None:
    shape = circle(29.6, 24.3, 18.0)
    # The four-curve circle is known to be up to 0.027 % too wide.
    assert float(draw_shape(shape, REGION).double().sum()) == pytest.approx(math.pi * 18**2, rel=4e-4)
    outline, _ = flatten(shape)
    assert float(((outline - corners((29.6, 24.3))).norm(dim=1) - 18).abs().max()) < 0.01


@pytest.mark.parametrize("feather", [False, True])
def test_a_tile_equals_the_crop(feather: bool) -> None:
    shape = circle(29.6, 24.3, 18.0)
    if feather:
        shape = replace(shape, feather=outward(shape, 6.0), falloff=2.0)
    whole = draw_shape(shape, (-20, -20, 80, 80))
    for tile in ((-5, 3, 20, 17), (20, 10, 41, 30), (40, 20, 75, 60), (60, 60, 70, 70)):
        found = draw_shape(shape, tile)
        expected = whole[:, tile[1] + 20 : tile[3] + 20, tile[0] + 20 : tile[2] + 20]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_whole_pixel_moves_are_stable() -> None:
    a = draw_shape(circle(20.25, 20.5, 9.0), REGION)
    b = draw_shape(circle(1020.25, 520.5, 9.0), (1000, 500, 1060, 550))
    torch.testing.assert_close(a, b, rtol=0, atol=2e-7)


def test_subpixel_moves_keep_the_area() -> None:
    areas = [float(draw_shape(circle(20 + k / 7, 20 - k / 11, 9.0), REGION).double().sum()) for k in range(8)]
    assert max(areas) - min(areas) < 0.02


def test_crossing_lobes_fill_both_sides() -> None:
    found = draw_polygon(corners((10, 10), (30, 30), (30, 10), (10, 30)), REGION)[0]
    assert float(found[20, 12]) == 1
    assert float(found[20, 27]) == 1
    assert float(found[11, 20]) == 0


def test_feather_fades_linearly_between_the_outlines() -> None:
    points = corners((20, 10), (40, 10), (40, 40), (20, 40))
    shape = Shape(points, feather=corners((-10, 0), (10, 0), (10, 0), (-10, 0)))
    row = draw_shape(shape, REGION)[0, 25]
    expected = torch.zeros(60)
    expected[20:40] = 1
    expected[10:20] = (torch.arange(10) + 0.5) / 10
    expected[40:50] = expected[10:20].flip(0)
    torch.testing.assert_close(row, expected, rtol=0, atol=1e-6)
    bent = draw_shape(replace(shape, falloff=2.0), REGION)[0, 25]
    torch.testing.assert_close(bent[10:20], expected[10:20] ** 2, rtol=0, atol=0.01)


def test_feather_inwards() -> None:
    shape = circle(30, 25, 20.0)
    inward = draw_shape(replace(shape, feather=outward(shape, -10.0)), REGION)[0]
    assert float(inward[25, 30]) == 1
    assert float(inward[25, 44]) == pytest.approx(0.5, abs=0.06)
    assert float(inward[25, 50:].max()) < 0.01


def test_feather_of_one_width_follows_the_curve() -> None:
    shape = circle(30, 25, 12.0)
    outline, offset = flatten(replace(shape, feather=outward(shape, 8.0)))
    assert offset is not None
    outer = (outline + offset - corners((30, 25))).norm(dim=1)
    torch.testing.assert_close(outer, torch.full_like(outer, 20.0), rtol=0, atol=0.02)


@pytest.mark.parametrize("turn", [1, -1])
def test_outward_points_out(turn: int) -> None:
    shape = circle(30, 25, 20.0)
    if turn < 0:
        assert shape.tangent_in is not None
        assert shape.tangent_out is not None
        shape = Shape(shape.points.flip(0), shape.tangent_out.flip(0), shape.tangent_in.flip(0))
    moved = shape.points + outward(shape, 3.0)
    torch.testing.assert_close((moved - corners((30, 25))).norm(dim=1), torch.full((4,), 23.0, dtype=torch.float64))


def test_odd_shapes_draw_nothing() -> None:
    assert float(draw_polygon(corners((3, 3)), REGION).sum()) == 0
    assert float(draw_polygon(corners((3, 3), (40, 40)), REGION).sum()) == 0
    assert float(draw_polygon(corners((3, 3), (math.nan, 40), (9, 4)), REGION).sum()) == 0
    assert draw_polygon(corners((3, 3), (40, 40), (9, 4)), (5, 5, 5, 9)).shape == (1, 4, 0)
    assert shape_bounds(circle(30, 25, 10.0), REGION) == (20, 15, 40, 35)
    huge = draw_polygon(corners((-1e7, -1e7), (1e7, -1e7), (1e7, 1e7), (-1e7, 1e7)), REGION)
    assert torch.equal(huge, torch.ones_like(huge))


def test_devices_agree(device: torch.device) -> None:
    shape = circle(20, 25, 10.0)
    found = draw_shape(shape, REGION, device)
    assert found.device.type == device.type
    assert torch.equal(found.cpu(), draw_shape(shape, REGION))
