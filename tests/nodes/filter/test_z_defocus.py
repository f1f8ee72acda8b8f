import math
from itertools import pairwise

import pytest
import torch

from compare import assert_close
from pictures import Region, picture
from rimlight.engine import NodeError
from rimlight.nodes.ops.depth_defocus import blur_of_depth, slices
from stage import run, staged

WIDE = Region(0, 0, 64, 48)


def scene(rgba: torch.Tensor, depth: torch.Tensor) -> object:
    return picture({"rgba": rgba, "depth": depth}, WIDE)


def flat(value: float) -> torch.Tensor:
    return torch.full((1, 48, 64), value)


def dot() -> torch.Tensor:
    x = torch.zeros(4, 48, 64)
    x[:, 24, 32] = 100.0
    return x


def test_depths_give_blurs_by_hand() -> None:
    z = torch.tensor([2.0, 4.0, 8.0, float("inf"), 0.0])[None]
    lens = blur_of_depth(z, "depth", 4.0, 10.0, 0.0, 50.0)
    assert_close(lens, torch.tensor([[-10.0, 0.0, 5.0, 10.0, 10.0]]))
    assert_close(blur_of_depth(z, "depth", 4.0, 100.0, 0.0, 30.0)[0, :2], torch.tensor([-30.0, 0.0]))
    inverse = blur_of_depth(1 / z[:, :3], "far=0", 0.25, 10.0, 0.0, 50.0)
    assert_close(inverse, lens[:, :3], threshold=1e-5)
    assert_close(blur_of_depth(1 - 1 / z[:, :3], "far=1", 0.75, 10.0, 0.0, 50.0), lens[:, :3], threshold=1e-5)
    assert_close(blur_of_depth(z[:, :3], "direct", 4.0, 3.0, 0.0, 50.0), torch.tensor([[-6.0, 0.0, 12.0]]))


def test_depth_of_field_is_sharp_and_blur_begins_at_its_ends() -> None:
    z = torch.tensor([2.0, 3.0, 3.5, 5.0, 5.5, 8.0])[None]
    assert_close(blur_of_depth(z, "direct", 4.0, 2.0, 2.0, 50.0), torch.tensor([[-2.0, 0, 0, 0, 1.0, 6.0]]))
    thin = blur_of_depth(1 / z, "far=0", 0.25, 10.0, 0.1, 50.0)
    assert (
        float(thin[0, 2]) == 0 and float(thin[0, 0]) == pytest.approx(-10 + 2) and float(thin[0, 5]) == pytest.approx(3)
    )


def test_slices_grow_by_a_pixel_or_a_fifth() -> None:
    found = slices(50.0)
    assert found[:4] == [0, 1, 2, 3] and found[-1] >= 50 > found[-2]
    assert all(b - a >= 1 and (b - a <= 1 or b <= 1.2001 * a) for a, b in pairwise(found))


def test_one_depth_is_the_lens_blur_of_that_size() -> None:
    x = dot()
    y = run("ZDefocus", scene(x, flat(8.0)), center=4.0, size=10.0, edges="black")["rgba"]
    expected = run("Defocus", picture(x, WIDE), size=5.0, edges="black")["rgba"]
    assert_close(y, expected, threshold=1e-3)
    assert float(y[0].sum()) == pytest.approx(100, rel=1e-3)


def test_what_is_in_focus_stays_and_does_not_bleed_into_what_is_behind() -> None:
    x, z = torch.zeros(4, 48, 64), flat(100.0)
    x[:, :, :32], z[:, :, :32] = 9.0, 4.0
    y = run("ZDefocus", scene(x, z), center=4.0, size=12.0)["rgba"]
    assert_close(y[:, :, :32], x[:, :, :32], threshold=1e-5)
    # The far half is black up to the edge: the bright thing before it is sharp.
    assert float(y[:, :, 32:].abs().max()) < 1e-4


def test_what_is_near_spreads_over_what_is_in_focus() -> None:
    x, z = torch.zeros(4, 48, 64), flat(4.0)
    x[:, :, :32], z[:, :, :32] = 9.0, 2.0
    y = run("ZDefocus", scene(x, z), center=4.0, size=12.0)["rgba"]
    # A disc of 12 pixels whose middle is half a pixel before the edge: half of it less a strip of half a pixel.
    covered = 0.5 - 0.5 * 12 / (math.pi * 36)
    assert float(y[0, 24, 32]) == pytest.approx(9 * covered, rel=0.02)
    assert float(y[0, 24, 39]) == pytest.approx(0, abs=1e-3)
    assert float(y[0, 24, 34]) > float(y[0, 24, 36]) > 0


def test_an_even_picture_stays_even_over_all_depths() -> None:
    x = torch.full((4, 48, 64), 3.0)
    z = torch.rand(1, 48, 64, generator=torch.Generator().manual_seed(1)) * 9 + 1
    y = run("ZDefocus", scene(x, z), center=4.0, size=20.0, max_size=20.0)["rgba"]
    assert_close(y, x, threshold=1e-3)


def test_no_size_is_no_node_and_what_is_missing_is_said() -> None:
    assert staged("ZDefocus", scene(dot(), flat(1.0))).vertex("node").alias is not None
    with pytest.raises(NodeError, match=r"no channel 'depth\.Z', it has rgba"):
        run("ZDefocus", picture(dot(), WIDE), size=5.0)
    with pytest.raises(NodeError, match="the focus plane is -1"):
        run("ZDefocus", scene(dot(), flat(1.0)), size=5.0, center=-1.0)
