import math
from functools import partial

import pytest
import torch
from torch import Tensor

from rimlight.nodes.ops.matrices import (
    affine_matrix,
    corner_pin_matrix,
    inverse_matrix,
    needed_region,
    transformed_bounds,
    translate_matrix,
)
from rimlight.nodes.ops.resample import FILTERS
from rimlight.nodes.ops.warp import warp_field, warp_matrix

WHOLE = (0, 0, 48, 40)


def picture(width: int = 48, height: int = 40, channels: int = 2) -> Tensor:
    """Values far above one and below zero, from closed forms, so that every run sees the same."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return torch.stack([torch.sin(x * (0.9 + c) + y * y * 0.37) * 10.0 ** (c * 3) - 0.2 for c in range(channels)])


def crop(x: Tensor, box: tuple[int, int, int, int], origin: tuple[int, int] = (0, 0)) -> Tensor:
    return x[:, box[1] - origin[1] : box[3] - origin[1], box[0] - origin[0] : box[2] - origin[0]]


def flip_matrix(height: float) -> Tensor:
    """y to height - y: between artist space and the pixels of a display window of that height."""
    return torch.tensor([[1, 0, 0], [0, -1, height], [0, 0, 1]], dtype=torch.float64)


def pulled(height: int, **knobs: object) -> Tensor:
    """Output pixels to input pixels of an artist's transform."""
    flip = flip_matrix(height)
    return inverse_matrix(flip @ affine_matrix(**knobs) @ flip)  # type: ignore[arg-type]


def perspective() -> Tensor:
    source = [(0.0, 0.0), (48.0, 0.0), (48.0, 40.0), (0.0, 40.0)]
    return inverse_matrix(corner_pin_matrix(source, [(12.0, 3.0), (40.0, 8.0), (46.0, 37.0), (2.0, 39.0)]))


@pytest.mark.parametrize("field", [False, True])
def test_it_tells_how_far_it_is_and_may_be_stopped(field: bool) -> None:
    x = picture()
    coords = torch.stack(torch.meshgrid(torch.linspace(0, 40, 600), torch.linspace(0, 48, 1000), indexing="ij"))
    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise InterruptedError

    by_field = partial(warp_field, x, coords.flip(0), WHOLE)
    by_matrix = partial(warp_matrix, x, pulled(600, rotate=30.0), WHOLE, (0, 0, 1000, 600), edges="repeat")
    with pytest.raises(InterruptedError):
        (by_field if field else by_matrix)(progress=stop)
    assert told == sorted(told) and len(told) > 2 and told[0] == 0


def direct(x: Tensor, matrix: Tensor, name: str, out: tuple[int, int, int, int]) -> Tensor:
    """Interpolation by the definition, one output pixel at a time, in float64."""
    kernel = FILTERS[name]
    result = torch.zeros(x.shape[0], out[3] - out[1], out[2] - out[0], dtype=torch.float64)
    columns = torch.arange(x.shape[2], dtype=torch.float64) + 0.5
    rows = torch.arange(x.shape[1], dtype=torch.float64) + 0.5
    for j in range(result.shape[1]):
        for i in range(result.shape[2]):
            u, v, w = (matrix @ torch.tensor([out[0] + i + 0.5, out[1] + j + 0.5, 1.0], dtype=torch.float64)).tolist()
            wx, wy = kernel.weight(columns - u / w), kernel.weight(rows - v / w)
            if not kernel.sums_to_one:
                reach = torch.arange(-8, 8, dtype=torch.float64) + 0.5
                wx = wx / kernel.weight(reach + math.floor(u / w) - u / w).sum()
                wy = wy / kernel.weight(reach + math.floor(v / w) - v / w).sum()
            result[:, j, i] = torch.einsum("j,i,cji->c", wy, wx, x.double())
    return result


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_rotation_agrees_with_the_definition(name: str) -> None:
    x, matrix, out = picture(), pulled(40, rotate=10.0, center=(20.0, 20.0)), (5, 7, 40, 30)
    expected = direct(x, matrix, name, out)
    found = warp_matrix(x, matrix, WHOLE, out, name).double()
    size = x.abs().amax((1, 2))[:, None, None]
    assert float(((found - expected).abs() / size).max()) < 2e-6


def test_precision_does_not_fade_far_from_the_origin() -> None:
    x = picture()
    near = warp_matrix(x, pulled(40, rotate=10.0), WHOLE, WHOLE, "keys")
    far = translate_matrix(100_000, 50_000) @ pulled(40, rotate=10.0) @ translate_matrix(-100_000, -50_000)
    moved = (100_000, 50_000, 100_048, 50_040)
    torch.testing.assert_close(warp_matrix(x, far, moved, moved, "keys"), near, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("move", [(0, 0), (3, -2), (-50, 7), (100, 100)])
def test_whole_pixels_are_copied(move: tuple[int, int]) -> None:
    x = picture()
    x[0, 5, 5] = torch.nan
    found = warp_matrix(x, translate_matrix(-move[0], -move[1]), WHOLE, WHOLE)
    expected = torch.zeros_like(x)
    for j in range(40):
        for i in range(48):
            if 0 <= i - move[0] < 48 and 0 <= j - move[1] < 40:
                expected[:, j, i] = x[:, j - move[1], i - move[0]]
    assert torch.equal(found.nan_to_num(nan=7.0), expected.nan_to_num(nan=7.0))


def test_quarter_turns_and_mirrors_are_copied() -> None:
    x = picture(32, 32)
    square = (0, 0, 32, 32)
    turned = warp_matrix(x, pulled(32, rotate=90.0, center=(16.0, 16.0)), square, square)
    assert torch.equal(turned, torch.rot90(x, 1, (1, 2)))
    assert torch.equal(warp_matrix(x, flip_matrix(32), square, square), x.flip(1))


@pytest.mark.parametrize("name", ["triangle", "cubic", "keys", "mitchell", "lanczos6"])
@pytest.mark.parametrize(
    "knobs",
    [
        {"rotate": 17.0, "center": (20.0, 20.0)},
        {"rotate": 17.0, "scale": (0.4, 0.4), "center": (20.0, 20.0)},
        {"rotate": 17.0, "scale": (0.12, 0.7), "center": (20.0, 20.0)},
        {"scale": (0.31, 1.7), "translate": (3.3, 1.1)},
        {"rotate": 90.0, "translate": (3.3, 44.2)},
        {"skew_x": 0.4, "skew_y": 0.1, "scale": (0.5, 1.0)},
        {},
    ],
)
def test_a_tile_equals_the_crop_of_the_whole(knobs: dict[str, object], name: str) -> None:
    x = picture()
    matrix = pulled(40, **knobs) if knobs else perspective()
    whole = warp_matrix(x, matrix, WHOLE, WHOLE, name)
    for tile in ((0, 0, 17, 40), (17, 11, 31, 29), (30, 20, 48, 40)):
        need = needed_region(matrix, tile, name, bounds=WHOLE)
        found = warp_matrix(crop(x, need), matrix, need, tile, name)
        torch.testing.assert_close(found, crop(whole, tile), rtol=2e-6, atol=2e-3)


@pytest.mark.parametrize("scale", [(0.4, 0.4), (0.1, 0.05), (0.01, 0.02)])
def test_a_tile_of_repeated_edges_equals_the_crop_of_the_whole(scale: tuple[float, float]) -> None:
    x = picture()
    matrix = pulled(40, rotate=17.0, scale=scale, center=(20.0, 20.0))
    whole = warp_matrix(x, matrix, WHOLE, WHOLE, edges="repeat")
    for tile in ((0, 0, 5, 4), (40, 3, 48, 9), (17, 11, 31, 29), (9, 38, 12, 40)):
        need = needed_region(matrix, tile, bounds=WHOLE, edges="repeat")
        found = warp_matrix(crop(x, need), matrix, need, tile, edges="repeat")
        torch.testing.assert_close(found, crop(whole, tile), rtol=2e-6, atol=2e-3)


@pytest.mark.parametrize("name", sorted(FILTERS))
@pytest.mark.parametrize("scale", [(1.0, 1.0), (0.6, 0.6), (0.2, 0.5), (0.05, 0.05)])
def test_a_flat_picture_stays_flat(name: str, scale: tuple[float, float]) -> None:
    x = torch.full((1, 40, 48), 1e4)
    matrix = pulled(40, rotate=33.0, scale=scale, center=(24.0, 20.0))
    found = warp_matrix(x, matrix, WHOLE, WHOLE, name, "repeat")
    torch.testing.assert_close(found, x, rtol=1e-5, atol=0)


def test_making_smaller_does_not_alias() -> None:
    checker = ((torch.arange(48)[None, :] + torch.arange(40)[:, None]) % 2).float()[None]
    for angle in (0.0, 20.0, 45.0):
        matrix = pulled(40, rotate=angle, scale=(0.2, 0.2), center=(24.0, 20.0))
        middle = warp_matrix(checker, matrix, WHOLE, (22, 18, 26, 22))
        assert float((middle - 0.5).abs().max()) < 0.02


def test_the_light_of_an_element_is_kept() -> None:
    x = torch.zeros(1, 40, 48)
    x[0, 10:30, 14:34] = picture(20, 20, 1)[0].abs() + 0.1
    for scale, angle in ((0.5, 0.0), (0.5, 30.0), (0.25, 30.0), (1.0, 30.0)):
        matrix = pulled(40, rotate=angle, scale=(scale, scale), center=(24.0, 20.0))
        found = warp_matrix(x, matrix, WHOLE, WHOLE, "triangle").sum()
        assert float(found) == pytest.approx(float(x.sum()) * scale**2, rel=0.02)


def test_the_step_from_straight_to_turned_is_smooth() -> None:
    x = picture(channels=1)
    straight = warp_matrix(x, pulled(40, scale=(0.7, 0.45)), WHOLE, WHOLE, "keys")
    turned = warp_matrix(x, pulled(40, scale=(0.7, 0.45), rotate=1e-4), WHOLE, WHOLE, "keys")
    torch.testing.assert_close(straight, turned, rtol=0, atol=1e-3)


def test_edges() -> None:
    x = torch.ones(1, 8, 8)
    matrix = pulled(8, rotate=45.0, center=(4.0, 4.0))
    black = warp_matrix(x, matrix, (0, 0, 8, 8), (-4, -4, 12, 12))
    assert float(black[0, 0, 0]) == 0
    assert float(black[0, 8, 8]) == pytest.approx(1, abs=1e-6)
    assert 0 < float(black[0, 8, 2]) < 1
    repeat = warp_matrix(x, matrix, (0, 0, 8, 8), (-4, -4, 12, 12), edges="repeat")
    torch.testing.assert_close(repeat, torch.ones_like(repeat))


def test_behind_the_horizon_is_black() -> None:
    x = torch.ones(1, 40, 48)
    floor = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0.1, -1.0]], dtype=torch.float64)
    found = warp_matrix(x, floor, WHOLE, WHOLE, edges="repeat")
    assert float(found[:, :10].abs().max()) == 0
    torch.testing.assert_close(found[:, 10:], torch.ones(1, 30, 48))


def test_needed_region() -> None:
    assert needed_region(translate_matrix(0, 0), (10, 10, 20, 20), "triangle") == (8, 8, 22, 22)
    assert needed_region(translate_matrix(0, 0), (5, 5, 5, 9)) == (0, 0, 0, 0)
    floor = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0.1, -1.0]], dtype=torch.float64)
    assert needed_region(floor, WHOLE, bounds=WHOLE) == WHOLE
    assert needed_region(floor, (0, 0, 48, 5), bounds=WHOLE) == (0, 0, 0, 0)


def test_affine_matrix_follows_the_artist() -> None:
    def at(matrix: Tensor, x: float, y: float) -> list[float]:
        found: list[float] = (matrix @ torch.tensor([x, y, 1.0], dtype=torch.float64))[:2].tolist()
        return found

    assert at(affine_matrix(translate=(3, 4)), 1, 1) == [4, 5]
    assert at(affine_matrix(rotate=90), 1, 0) == [0, 1]
    assert at(affine_matrix(scale=(2, 3), center=(1, 1)), 2, 2) == [3, 4]
    assert at(affine_matrix(skew_x=0.5), 0, 2) == [1, 2]
    assert at(affine_matrix(skew_x=0.5, skew_y=0.5, skew_order="XY"), 1, 0) == [1.25, 0.5]
    assert at(affine_matrix(skew_x=0.5, skew_y=0.5, skew_order="YX"), 1, 0) == [1, 0.5]
    assert at(affine_matrix(rotate=90, scale=(2, 1), translate=(10, 0)), 1, 0) == [10, 2]
    assert transformed_bounds(affine_matrix(rotate=90), (0, 0, 4, 2)) == (-2, 0, 0, 4)


def test_corner_pin() -> None:
    source = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    target = [(1.0, 2.0), (8.0, 1.0), (9.0, 9.0), (0.0, 7.0)]
    matrix = corner_pin_matrix(source, target)
    for (x, y), expected in zip(source, target, strict=True):
        u, v, w = (matrix @ torch.tensor([x, y, 1.0], dtype=torch.float64)).tolist()
        assert w > 0
        assert (u / w, v / w) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match=r"target corners .* three of them are in one line"):
        corner_pin_matrix(source, [(0, 0), (1, 1), (2, 2), (0, 5)])
    with pytest.raises(ValueError, match="convex"):
        corner_pin_matrix(source, [(0, 0), (5, 5), (5, 0), (0, 5)])
    with pytest.raises(ValueError, match="expected 4"):
        corner_pin_matrix(source[:3], target)
    with pytest.raises(ValueError, match="flattens"):
        inverse_matrix(affine_matrix(scale=(1, 0)))


def identity_field(width: int = 48, height: int = 40) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x, y])


def test_field_of_the_identity_and_of_a_matrix() -> None:
    x = picture()
    assert torch.equal(warp_field(x, identity_field(), WHOLE), x)
    matrix = pulled(40, rotate=12.0, scale=(0.8, 0.55), center=(20.0, 20.0)).float()
    flat = identity_field().flatten(1)
    coords = (matrix[:2, :2] @ flat + matrix[:2, 2:]).view(2, 40, 48)
    expected = warp_matrix(x, matrix.double(), WHOLE, WHOLE)
    torch.testing.assert_close(warp_field(x, coords, WHOLE), expected, rtol=1e-3, atol=0.5)


def test_field_tile_equals_crop() -> None:
    x, base = picture(), identity_field()
    coords = base + 6 * torch.sin(base.flip(0) / 5)
    whole = warp_field(x, coords, WHOLE)
    tile = warp_field(x, coords[:, 9:31, 4:26], WHOLE, margin=1)
    torch.testing.assert_close(tile, whole[:, 10:30, 5:25], rtol=2e-6, atol=2e-3)


@pytest.mark.parametrize("name", ["impulse", "box"])
def test_half_way_between_two_pixels_is_one_of_them(name: str) -> None:
    x, coords = picture(), identity_field()
    moved = warp_field(x, coords + torch.tensor([0.5, 0.0])[:, None, None], WHOLE, name, "repeat")
    assert torch.equal(moved, x)
    coords[0] = coords[0] * 1.5 - 0.25  # every other one
    smaller = warp_field(torch.ones_like(x), coords, WHOLE, name, "repeat")
    assert torch.equal(smaller, torch.ones_like(x))


def test_field_without_a_number_is_black() -> None:
    coords = identity_field()
    coords[0, 3, 4] = torch.nan
    coords[1, 5, 6] = torch.inf
    found = warp_field(torch.ones(1, 40, 48), coords, WHOLE, edges="repeat")
    assert float(found[0, 3, 4]) == 0
    assert float(found[0, 5, 6]) == 0
    assert int((found != 1).sum()) == 2


def test_jump_of_a_field_does_not_smear() -> None:
    coords = identity_field()
    coords[0, :, 24:] += 500
    x = picture(700, 40, 1)
    found = warp_field(x, coords, (0, 0, 700, 40))
    assert torch.equal(found[:, :, :24], x[:, :, :24])
    assert torch.equal(found[:, :, 24:], x[:, :, 524:548])


def test_devices_agree(device: torch.device) -> None:
    x = picture()
    for matrix in (perspective(), pulled(40, rotate=5.0, scale=(0.3, 0.9)), pulled(40, scale=(0.3, 0.9))):
        for name in ("cubic", "keys"):
            expected = warp_matrix(x, matrix, WHOLE, WHOLE, name)
            found = warp_matrix(x.to(device), matrix, WHOLE, WHOLE, name).cpu()
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=5e-3)


def test_input_is_left_alone() -> None:
    x = picture()
    before = x.clone()
    warp_matrix(x, perspective(), WHOLE, WHOLE)
    warp_field(x, identity_field() * 0.9, WHOLE, edges="repeat")
    assert torch.equal(x, before)
    with pytest.raises(ValueError, match="said to cover is 40x40"):
        warp_matrix(x, perspective(), (0, 0, 40, 40), WHOLE)
