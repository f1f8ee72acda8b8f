import pytest
import torch

from compare import assert_close
from pictures import coordinates, picture
from rimlight.engine import Region
from stage import run, staged

WIDE = Region(0, 0, 96, 64)


def smooth() -> torch.Tensor:
    x, y = coordinates(WIDE)
    return torch.stack((torch.sin(x / 9), torch.cos(y / 7), x / 50 + y, torch.ones_like(x)))


@pytest.mark.parametrize(("k1", "k2"), [(0.15, 0.0), (-0.1, 0.02)])
def test_one_undoes_the_other(k1: float, k2: float) -> None:
    x = smooth()
    stage = staged("LensDistortion", picture(x, WIDE), k1=k1, k2=k2, output="redistort", filter="keys")
    back = stage.add("back", "LensDistortion", {"image": "node"}, k1=k1, k2=k2, filter="keys").evaluate("back")
    inner = WIDE.expand(-4)
    assert back.region.contains(inner)
    rows, columns = WIDE.slices_of(inner)
    assert_close(back.tensor("rgba", inner), x[:, rows, columns], threshold=0.03)


def test_a_pixel_goes_where_the_polynomial_says() -> None:
    # A smooth spot at radius r of the straight picture is found at r (1 + k1 r^2) in the distorted one.
    x, y = coordinates(WIDE)
    spot = torch.exp(-((x - 72) ** 2 + (y - 32) ** 2) / 8)
    out = run("LensDistortion", picture(spot.expand(4, -1, -1).contiguous(), WIDE), k1=0.2, output="redistort")
    u, _ = coordinates(out.region)
    light = out["rgba"][0].double()
    unit = (96**2 + 64**2) ** 0.5 / 2
    expected = 48 + 24 * (1 + 0.2 * (24 / unit) ** 2)
    assert float((light * u).sum() / light.sum()) == pytest.approx(expected, abs=0.25)


def test_the_window_follows_the_picture() -> None:
    wider = staged("LensDistortion", picture(smooth(), WIDE), k1=0.2, output="redistort").info("node").data
    assert wider.contains(WIDE) and wider.x0 == pytest.approx(48 - 48 * 1.2, abs=2.5)
    # The middle of the left edge, at radius 48 / 57.7, is nearer than the corner.
    narrow = staged("LensDistortion", picture(smooth(), WIDE), k1=-0.1, output="redistort").info("node").data
    assert WIDE.expand(1).contains(narrow)
    assert narrow.x0 == pytest.approx(48 - 48 * (1 - 0.1 * (48 / 57.69) ** 2), abs=2)


def test_beyond_the_fold_it_is_black_and_said() -> None:
    stage = staged("LensDistortion", picture(torch.ones(4, 64, 96), WIDE), k1=-0.6)
    vertex = stage.vertex("node")
    assert "folds the picture over beyond 0.75" in vertex.node.warnings(vertex.ctx)[0]
    out = stage.evaluate("node")["rgba"]
    assert bool(torch.isfinite(out).all())


def test_no_distortion_is_no_node_and_the_centre_stays() -> None:
    assert staged("LensDistortion", picture(smooth(), WIDE)).vertex("node").alias is not None
    odd = Region(0, 0, 97, 65)
    x = torch.zeros(4, 65, 97)
    x[:, 32, 48] = 9.0
    out = run("LensDistortion", picture(x, odd), k1=0.3).tensor("rgba", odd)
    assert_close(out[:, 32, 48], x[:, 32, 48], threshold=0.02)
