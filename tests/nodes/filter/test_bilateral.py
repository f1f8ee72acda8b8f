import pytest
import torch

from compare import assert_close
from pictures import FRAME, hdr, picture, ramp
from rimlight.engine import NodeError, Region
from stage import run, staged


def step(low: float, high: float) -> torch.Tensor:
    x = torch.full((4, 12, 16), low)
    x[:, :, 8:] = high
    return x


@pytest.mark.parametrize("method", ["bilateral", "guided"])
@pytest.mark.parametrize("light", [0.05, 1.0, 40.0])
def test_an_edge_stays_and_noise_goes_at_any_exposure(method: str, light: float) -> None:
    noise = 1 + 0.05 * torch.randn(4, 12, 16, generator=torch.Generator().manual_seed(4))
    x = step(1.0, 8.0) * noise * light
    y = run("Bilateral", picture(x), size=6, method=method, difference=0.5)["rgba"][:3] / light
    # The exact filter keeps the edge whole, the guided one nearly.
    assert_close(y[:, :, :8], torch.ones(3, 12, 8), threshold=0.12 if method == "bilateral" else 0.5)
    assert_close(y[:, :, 8:], torch.full((3, 12, 8), 8.0), threshold=0.9)
    assert float(y[:, :, :4].std()) < 0.6 * float((x / light)[:3, :, :4].std())


def test_a_guide_says_where_the_edges_are() -> None:
    flat = torch.cat((torch.rand(3, 12, 16, generator=torch.Generator().manual_seed(1)), torch.ones(1, 12, 16)))
    y = run("Bilateral", picture(flat), guide=picture(step(0.1, 9.0)), size=30, difference=0.1)["rgba"]
    left, right = y[:3, :, :8], y[:3, :, 8:]
    assert float(left.std(dim=(1, 2)).max()) < 0.05 and float(right.std(dim=(1, 2)).max()) < 0.05


def test_alpha_follows_the_colour() -> None:
    x = step(0.2, 5.0)
    x[3] = torch.rand(12, 16, generator=torch.Generator().manual_seed(3)) + 4 * (torch.arange(16) >= 8)
    y = run("Bilateral", picture(x), size=12, channels="a")["rgba"]
    assert torch.equal(y[:3], x[:3])
    assert float(y[3, :, :8].max()) < 1 and float(y[3, :, 8:].min()) > 4


def test_a_guide_without_a_picture_is_a_sentence() -> None:
    depth = picture({"depth": torch.ones(1, 12, 16)}, FRAME)
    with pytest.raises(NodeError, match="the guide has no layer 'rgba'"):
        run("Bilateral", hdr(), guide=depth)


def test_no_size_is_no_node() -> None:
    assert staged("Bilateral", ramp(), size=0).vertex("node").alias is not None


@pytest.mark.parametrize("edges", ["auto", "repeat", "black", "mirror"])
def test_a_tile_equals_the_crop_under_a_guide_that_ends_inside(edges: str) -> None:
    guide = picture(torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(1)), FRAME, Region(1, 2, 7, 7))
    blurred = staged("Bilateral", hdr(), guide=guide, size=4, method="guided", edges=edges)
    whole = blurred.evaluate("node")
    for region in (Region(9, 8, 13, 11), Region(0, 0, 2, 3), Region(5, 5, 9, 8)):
        tile = staged("Bilateral", hdr(), guide=guide, size=4, method="guided", edges=edges)
        assert_close(tile.evaluate("node", region=region)["rgba"], whole.tensor("rgba", region), threshold=1e-4)
