import pytest
import torch

from pictures import FRAME, apart, impulse, inside, picture, ramp
from rimlight.engine import NodeError, Region
from stage import run, staged


def spot(size: int = 61) -> torch.Tensor:
    x = torch.zeros(4, size, size)
    x[:, size // 2, size // 2] = 5000
    return x


VARIANCES = {"gaussian": 1 / 2.4**2, "box": 1 / 12, "triangle": 2 / 12, "quadratic": 3 / 12}


@pytest.mark.parametrize("kind", VARIANCES)
@pytest.mark.parametrize("size", [(8.0, 8.0), (3.3, 11.0)])
def test_a_point_keeps_its_light_and_spreads_as_its_size_says(kind: str, size: tuple[float, float]) -> None:
    frame = Region(0, 0, 61, 61)
    y = run("Blur", picture(spot(), frame), size=size, filter=kind, edges="black")["rgba"][0].double() / 5000
    assert float(y.sum()) == pytest.approx(1, rel=1e-5)
    t = torch.arange(61, dtype=torch.float64) - 30
    for line, wide in zip((y.sum(0), y.sum(1)), size, strict=True):
        # Pixels are not points: boxes are off by up to a sixth.
        slack = 1e-3 if kind == "gaussian" else 0.17
        assert float((line * t**2).sum()) == pytest.approx(wide**2 * VARIANCES[kind], rel=2e-3, abs=slack)


@pytest.mark.parametrize("size", [0.0, 0.2])
def test_no_size_is_no_node(size: float) -> None:
    assert staged("Blur", ramp(), size=size).vertex("node").alias is not None


@pytest.mark.parametrize(
    ("edges", "first"),
    [("black", 1 / 3 * (1 + 4)), ("repeat", 1 / 3 * (1 + 1 + 4)), ("mirror", 1 / 3 * (1 + 1 + 4)), ("auto", 2.0)],
)
def test_what_lies_outside(edges: str, first: float) -> None:
    x = torch.tensor([1.0, 4.0, 9.0]).expand(4, 1, 3)
    y = run("Blur", picture(x, Region(0, 0, 3, 1)), size=(3.0, 0.0), filter="box", edges=edges)["rgba"]
    assert y.shape == (4, 1, 3)
    assert float(y[0, 0, 0]) == pytest.approx(first)


def test_mirror_and_repeat_differ_beyond_one_pixel() -> None:
    x = torch.tensor([1.0, 4.0, 9.0]).expand(4, 1, 3)
    for edges, total in (("repeat", 1 + 1 + 1 + 4 + 9), ("mirror", 4 + 1 + 1 + 4 + 9)):
        y = run("Blur", picture(x, Region(0, 0, 3, 1)), size=(5, 0), filter="box", edges=edges)["rgba"]
        assert float(y[0, 0, 0]) == pytest.approx(total / 5)


def test_the_data_window_grows_where_there_is_black_and_stays_in_the_frame() -> None:
    assert run("Blur", inside(), size=(5, 3), filter="box").region == Region(1, 1, 15, 10)
    assert run("Blur", inside(), size=(15, 5), filter="box").region == Region(0, 0, 16, 11)
    assert run("Blur", inside(), size=(15, 5), filter="box", crop=False).region == Region(-4, 0, 20, 11)
    assert run("Blur", inside(), size=(15, 5), filter="box", edges="repeat").region == Region(3, 2, 13, 9)
    # The plate goes on beyond the frame at its left and top, and ends inside at its right and bottom.
    assert run("Blur", apart(), size=5, filter="box").region == Region(-2, -5, 13, 6)


def test_a_blurred_element_keeps_its_light_when_it_may_leave_the_frame() -> None:
    y = run("Blur", inside(), size=20, crop=False)
    assert float(y["rgba"].sum()) == pytest.approx(float(inside()["rgba"].sum()), rel=1e-4)


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(Exception, match="must be within 0 to 2000"):
        run("Blur", impulse(), size=-1)


def test_nothing_wired_is_a_sentence() -> None:
    stage = staged("Blur", impulse(), size=3)
    stage.graph = stage.graph.connect("node", "image", None)
    with pytest.raises(NodeError, match="input 'image' is not connected"):
        stage.evaluate("node")


def test_alpha_is_blurred_with_colour_unless_told_otherwise() -> None:
    assert float(run("Blur", impulse(), size=3)["rgba"][3, 6, 8]) < 50
    assert float(run("Blur", impulse(), size=3, channels="rgb")["rgba"][3, 6, 8]) == 100
    assert impulse().region == FRAME
