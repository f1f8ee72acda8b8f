import pytest
import torch

from compare import assert_close
from pictures import FRAME, picture, ramp
from rimlight.engine import NodeError
from stage import run


def step() -> torch.Tensor:
    x = torch.zeros(4, 12, 16)
    x[1, :, 8:] = 3
    x[3] = 1
    return x


@pytest.mark.parametrize("operator", ["sobel", "prewitt"])
def test_a_ramp_has_its_slope(operator: str) -> None:
    y = run("EdgeDetect", ramp(), operator=operator)["rgba"][:, 1:-1, 1:-1]
    slopes = torch.tensor([1 / 16, 1 / 12, (1 / 16**2 + 1 / 12**2) ** 0.5, 1.0])
    assert_close(y, slopes[:, None, None].expand_as(y), threshold=1e-6)


def test_a_ramp_has_no_second_derivative() -> None:
    y = run("EdgeDetect", ramp(), operator="laplacian")["rgba"][:3, 1:-1, 1:-1]
    assert float(y.max()) < 1e-5


def test_edges_go_into_alpha() -> None:
    y = run("EdgeDetect", picture(step()), output="alpha")["rgba"]
    assert torch.equal(y[:3], step()[:3])
    assert y[3, 5].tolist() == [0] * 7 + [1.5, 1.5] + [0] * 7


def test_a_picture_without_alpha_gets_one() -> None:
    y = run("EdgeDetect", picture(step()[:3]), output="alpha")
    assert y.info.layer("rgba").channels == ("R", "G", "B", "A")
    assert y["rgba"][3, 5].tolist() == [0] * 7 + [1.5, 1.5] + [0] * 7


def test_thickness_and_threshold() -> None:
    wide = run("EdgeDetect", picture(step()), size=1)["rgba"][1, 5]
    assert wide.tolist() == [0] * 6 + [1.5] * 4 + [0] * 6
    thin = run("EdgeDetect", picture(step()), size=-1)["rgba"][1, 5]
    assert float(thin.max()) == 0
    assert float(run("EdgeDetect", picture(step()), threshold=1.6)["rgba"][1].max()) == 0
    assert float(run("EdgeDetect", picture(step()), threshold=1.4)["rgba"][1].max()) == 1.5


def test_alpha_needs_the_main_layer() -> None:
    depth = picture({"depth": torch.ones(1, 12, 16)}, FRAME)
    with pytest.raises(NodeError, match="there is no layer 'rgba'"):
        run("EdgeDetect", depth, channels="depth", output="alpha")


def test_several_layers_give_one_alpha() -> None:
    both = picture({"rgba": torch.ones(4, 12, 16), "depth": step()[1:2]})
    y = run("EdgeDetect", both, channels="rgb depth", output="alpha")
    assert float(y["rgba"][3].max()) == 1.5
    assert torch.equal(y["depth"], both["depth"])
