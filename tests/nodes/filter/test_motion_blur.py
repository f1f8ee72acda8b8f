import pytest
import torch

from compare import assert_close
from pictures import FRAME, coordinates, hdr, impulse, inside, ramp
from rimlight.engine import RGBA, Image, ImageInfo, Layer, LayerKind, NodeError, Region
from stage import run, staged


def moving(u: float, v: float, name: str = "forward") -> Image:
    x, y = coordinates(FRAME)
    layers = (RGBA, Layer(name, ("u", "v"), LayerKind.MOTION))
    pixels = torch.stack((x, 12 - y, x * 0 + 60, torch.ones_like(x)))
    vectors = torch.tensor([u, v])[:, None, None].expand(2, 12, 16)
    return Image(ImageInfo(FRAME, FRAME, layers), FRAME, {"rgba": pixels, name: vectors})


def test_a_streak_is_as_long_as_it_says_and_keeps_the_light() -> None:
    y = run("MotionBlur", impulse(), distance=6, edges="black")["rgba"][0]
    assert float(y.sum()) == pytest.approx(100, rel=1e-4)
    assert_close(y[6, 6:11], torch.full((5,), 100 / 6), threshold=0.3)
    assert float(y[5].max()) == float(y[7].max()) == 0


def test_ninety_degrees_is_up_and_the_offset_moves_along() -> None:
    y = run("MotionBlur", impulse(), distance=4, angle=90, offset=0.5)["rgba"][0]
    assert y[:, 8].nonzero().flatten().tolist() == [2, 3, 4, 5, 6]
    assert float(y[:, 7].max()) == 0


def test_the_data_window_grows_along_the_streak() -> None:
    assert run("MotionBlur", inside(), distance=4).region == inside().region.expand(2, 0)


@pytest.mark.parametrize(("offset", "shift"), [(0.0, 0.0), (0.5, -0.5), (-1.0, 1.0)])
def test_a_ramp_that_moves_shows_where_it_was(offset: float, shift: float) -> None:
    # Red is x and green is y up, so at time t the pixel at x shows what is now at x - t u.
    y = run("MotionBlur", moving(3.0, 2.0), method="layer", offset=offset)["rgba"][:, 4:8, 4:12]
    x = moving(0, 0)["rgba"][:, 4:8, 4:12]
    expected = x + shift * torch.tensor([3.0, 2.0, 0.0, 0.0])[:, None, None]
    assert_close(y, expected, threshold=0.02)


def test_vectors_of_a_proxy_are_as_much_shorter() -> None:
    y = run("MotionBlur", moving(4.0, 0.0), method="layer", offset=0.5, scale=0.5)["rgba"]
    assert_close(y[0, 2, 3:6], torch.tensor([7.0, 9.0, 11.0]) - 2.0, threshold=0.05)


def test_vectors_may_come_from_another_picture_and_be_turned() -> None:
    one = run("MotionBlur", moving(3.0, 2.0), method="layer", offset=0.5)["rgba"]
    two = run(
        "MotionBlur", moving(9.0, 9.0, "other"), vectors=moving(-3.0, -2.0), method="layer", offset=0.5, multiply=-1,
        layer="forward",
    )["rgba"]  # fmt: skip
    assert torch.equal(one, two)


def test_a_path_is_not_longer_than_the_maximum() -> None:
    long = run("MotionBlur", moving(1000.0, 0.0), method="layer", offset=0.5, shutter=1, maximum=3)["rgba"]
    assert float(long[0, 6, 10]) == pytest.approx(10.5 - 1.5, abs=0.05)


def test_what_is_missing_is_a_sentence() -> None:
    with pytest.raises(NodeError, match="there is no motion layer with two channels, there are rgba"):
        run("MotionBlur", ramp(), method="layer")
    with pytest.raises(NodeError, match="there is no layer 'back', there are rgba, forward"):
        run("MotionBlur", moving(1, 1), method="layer", layer="back")


@pytest.mark.parametrize("values", [{}, {"method": "layer", "shutter": 0}, {"method": "layer", "maximum": 0}])
def test_no_motion_is_no_node(values: dict[str, object]) -> None:
    assert staged("MotionBlur", ramp(), **values).vertex("node").alias is not None


@pytest.mark.parametrize("edges", ["repeat", "mirror"])
def test_a_tile_equals_the_crop_under_vectors_that_end_inside(edges: str) -> None:
    there = Region(1, 2, 7, 7)
    pixels = 6 * torch.rand(2, there.height, there.width, generator=torch.Generator().manual_seed(1))
    info = ImageInfo(FRAME, there, (Layer("forward", ("u", "v"), LayerKind.MOTION),))
    given = {"vectors": Image(info, there, {"forward": pixels}), "method": "layer", "edges": edges}
    whole = staged("MotionBlur", hdr(), **given).evaluate("node")
    for region in (Region(9, 8, 13, 11), Region(5, 5, 9, 8)):
        tile = staged("MotionBlur", hdr(), **given).evaluate("node", region=region)
        assert_close(tile["rgba"], whole.tensor("rgba", region), threshold=1e-4)
