import pytest
import torch

from rimlight.nodes.ops.resample import FILTERS, get_filter, resample, resize


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_kernels_end_where_they_say_and_sum_to_one(name: str) -> None:
    kernel = FILTERS[name]
    assert float(kernel.weight(torch.tensor([kernel.support]))) == 0
    assert float(kernel.weight(torch.tensor([kernel.support + 3]))) == 0
    phase = torch.linspace(0, 0.999, 50)
    total = sum(kernel.weight(phase + k - 4) for k in range(9))
    assert isinstance(total, torch.Tensor)
    assert bool(((total - 1).abs() < 1e-6).all()) == kernel.sums_to_one


def test_published_values_of_the_cubics() -> None:
    half = torch.tensor([0.0, 0.5, 1.5])
    expected = {
        "cubic": [1, 0.5, 0],
        "keys": [1, 0.5625, -0.0625],
        "simon": [1, 0.59375, -0.09375],
        "rifman": [1, 0.625, -0.125],
        "mitchell": [8 / 9, 0.534722, -0.034722],
        "parzen": [2 / 3, 0.479167, 0.020833],
    }
    for name, values in expected.items():
        torch.testing.assert_close(FILTERS[name].weight(half), torch.tensor(values), rtol=0, atol=1e-6)


def test_unknown_filter() -> None:
    with pytest.raises(ValueError, match="'bicubic' is no filter: expected one of impulse"):
        get_filter("bicubic")


@pytest.mark.parametrize("name", ["box", "triangle", "cubic", "keys", "mitchell", "parzen", "lanczos4"])
@pytest.mark.parametrize("size", [(10, 7), (45, 40), (90, 14), (31, 80), (1, 1)])
def test_resize_keeps_flat_pictures_and_ramps(name: str, size: tuple[int, int]) -> None:
    flat = resize(torch.full((1, 20, 30), -3e4), (30, 20), size, name)
    torch.testing.assert_close(flat, torch.full((1, size[1], size[0]), -3e4), rtol=1e-6, atol=0)
    if name in {"triangle", "parzen"} and size[0] == 90:
        ramp = (torch.arange(30) + 0.5).expand(1, 20, 30).contiguous()
        expected = (torch.arange(90) + 0.5) / 3
        torch.testing.assert_close(resize(ramp, (30, 20), size, name)[0, 5, 9:-9], expected[9:-9], rtol=1e-5, atol=1e-5)


def test_box_halving_is_the_mean_of_blocks() -> None:
    x = torch.arange(8 * 12, dtype=torch.float32).view(1, 8, 12)
    found = resize(x, (12, 8), (6, 4), "box")
    torch.testing.assert_close(found, torch.nn.functional.avg_pool2d(x, 2))


def test_resize_keeps_the_mean_of_the_light() -> None:
    x = torch.zeros(1, 60, 60)
    x[0, 20:40, 22:37] = torch.arange(20.0)[:, None] * 50
    for size in ((30, 30), (17, 23), (120, 90)):
        assert float(resize(x, (60, 60), size, "triangle").mean()) == pytest.approx(float(x.mean()), rel=5e-3)


def test_resize_of_a_tile_is_the_crop() -> None:
    x = torch.sin(torch.arange(3 * 90 * 160, dtype=torch.float32)).view(3, 90, 160)
    for size in ((71, 133), (300, 95)):
        whole = resize(x, (160, 90), size, "keys")
        tile = resize(x, (160, 90), size, "keys", out_region=(13, 20, 60, 90))
        torch.testing.assert_close(tile, whole[:, 20:90, 13:60], rtol=1e-6, atol=1e-6)


def test_a_bad_pixel_stays_local() -> None:
    x = torch.ones(1, 40, 40)
    x[0, 20, 20] = torch.nan
    found = resize(x, (40, 40), (80, 80), "cubic")
    bad = torch.isnan(found).nonzero()
    assert bad.shape[0] > 0
    assert bad[:, 1:].min() >= 38
    assert bad[:, 1:].max() <= 43
    clean = found.nan_to_num(nan=1.0)
    torch.testing.assert_close(clean, torch.ones_like(clean))


def test_bad_and_good_pictures_go_through_the_same_sum() -> None:
    x = torch.sin(torch.arange(40 * 40, dtype=torch.float32)).view(1, 40, 40)
    y = x.clone()
    y[0, 0, 0] = torch.inf
    for edges in ("black", "repeat"):
        a = resample(x, (1.7, 0.6), (-3.2, 4.0), (0, 0, 40, 40), (-5, -5, 30, 50), "keys", edges)
        b = resample(y, (1.7, 0.6), (-3.2, 4.0), (0, 0, 40, 40), (-5, -5, 30, 50), "keys", edges)
        good = torch.isfinite(b)
        assert bool(good.any())
        torch.testing.assert_close(a[good], b[good], rtol=1e-5, atol=1e-6)


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="cannot resize 40x40 to 0x3"):
        resize(torch.ones(1, 40, 40), (40, 40), (0, 3))
