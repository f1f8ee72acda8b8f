import pytest
import torch

from compare import assert_close
from pictures import Region, picture
from rimlight.engine import NodeError
from stage import run

WIDE = Region(0, 0, 48, 32)


def subject() -> tuple[torch.Tensor, torch.Tensor]:
    """A red thing with a soft edge that still shows green: colour not premultiplied, and its alpha."""
    alpha = ((24 - (torch.arange(48) + 0.5 - 24).abs() - 6) / 8).clamp(0, 1).expand(1, 32, 48).contiguous()
    red, green = (torch.tensor(c)[:, None, None] for c in ((0.8, 0.1, 0.1), (0.0, 0.9, 0.0)))
    return red * alpha + green * (1 - alpha), alpha


def test_the_fringe_takes_the_colour_of_the_inside() -> None:
    color, alpha = subject()
    x = torch.cat((color * alpha, alpha))
    y = run("EdgeExtend", picture(x, WIDE), erode=4.0)["rgba"]
    assert torch.equal(y[3], alpha[0])
    edge = (alpha[0] > 0.05) & (alpha[0] < 0.95)
    straight = y[:3, edge] / alpha[0][edge]
    before = color[:, edge]
    target = torch.tensor([0.8, 0.1, 0.1])[:, None]
    assert float((straight - target).abs().mean()) < 0.4 * float((before - target).abs().mean())


def test_without_premultiplication_it_goes_on_over_the_frame() -> None:
    color, alpha = subject()
    inside = torch.tensor([0.8, 0.1, 0.1])[:, None, None].expand(3, 32, 48)
    x = torch.cat((torch.where(alpha == 1, inside, color), alpha))
    hard = (alpha == 1).float().expand(4, -1, -1).contiguous()
    y = run("EdgeExtend", picture(x, WIDE), matte=picture(hard, WIDE), erode=0.0, premultiply=False,
            source_is_premultiplied=False)["rgba"]  # fmt: skip
    assert_close(y[:3], inside, threshold=1e-5)


def test_exposure_scales_it_and_a_missing_matte_is_a_sentence() -> None:
    color, alpha = subject()
    one, many = (run("EdgeExtend", picture(torch.cat((k * color * alpha, alpha)), WIDE))["rgba"] for k in (1, 500))
    assert_close(many[:3], one[:3] * 500, threshold=1e-2)
    with pytest.raises(NodeError, match="input 'image' has no channel 'alpha'"):
        run("EdgeExtend", picture(color, WIDE))
