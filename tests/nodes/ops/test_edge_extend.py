import torch

from compare import assert_close
from pictures import FRAME, matte, noise
from rimlight.nodes.ops.edge_extend import extend


def test_one_colour_goes_everywhere() -> None:
    color = torch.tensor([3.0, -1.0, 900.0])[:, None, None].expand(3, 37, 51).contiguous()
    weight = torch.zeros(1, 37, 51)
    weight[:, 20:23, 9:12] = 1
    weight[:, 20, 12] = 0.25
    assert_close(extend(torch.where(weight > 0, color, 77.0), weight), color, threshold=1e-5, relative=1e-5)


def test_what_is_trusted_stays() -> None:
    color, weight = noise(3, FRAME), matte(FRAME)
    y = extend(color, weight)
    whole = (weight == 1).expand(3, -1, -1)
    assert torch.equal(y[whole], color[whole])


def test_a_place_takes_the_colour_that_is_near() -> None:
    color = torch.zeros(1, 32, 128)
    weight = torch.zeros(1, 32, 128)
    color[:, :, :8], color[:, :, 120:] = 1.0, 5.0
    weight[:, :, :8], weight[:, :, 120:] = 1, 1
    y = extend(color, weight)[0, 16]
    assert abs(float(y[12]) - 1) < 0.1 and abs(float(y[115]) - 5) < 0.1
    assert 1 < float(y[64]) < 5
    assert float(y.diff().min()) > -0.15  # on the way, hardly ever back


def test_nothing_trusted_is_nothing() -> None:
    assert float(extend(noise(3, FRAME), torch.zeros(1, 12, 16)).abs().max()) == 0
