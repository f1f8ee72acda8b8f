import pytest
import torch

from compare import assert_close
from pictures import above_one, hdr, picture
from rimlight.engine import NodeError
from rimlight.nodes.ops.tone import log_compress, toe
from stage import run, staged


def test_without_conversion_it_is_no_node() -> None:
    assert staged("SoftClip", hdr()).vertex("node").alias is not None


def test_the_logarithm_works_on_every_channel_and_leaves_alpha() -> None:
    x = above_one()["rgba"]
    y = run("SoftClip", above_one(), conversion="logarithmic compress", softclip_min=0.5, softclip_max=60.0)["rgba"]
    assert_close(y[:3], log_compress(x[:3], 0.5, 60.0), threshold=1e-6)
    assert torch.equal(y[3], x[3])


@pytest.mark.parametrize("conversion", ["preserve hue and brightness", "preserve hue and saturation"])
def test_the_others_end_below_softclip_max(conversion: str) -> None:
    y = run("SoftClip", above_one(), conversion=conversion, softclip_min=0.5, softclip_max=2.0)["rgba"]
    assert float(y[:3].max()) <= 2.0
    x = above_one()["rgba"][:3]
    dark = x.amax(0) <= 0.5
    assert torch.equal(y[:3, dark], x[:, dark])


def test_limits_that_cannot_be_are_sentences() -> None:
    with pytest.raises(NodeError, match="softclip min is 2 and softclip max 1: min must be the lower one"):
        run("SoftClip", hdr(), conversion="preserve hue and saturation", softclip_min=2.0)
    with pytest.raises(NodeError, match="the logarithm ends at 1"):
        run("SoftClip", hdr(), conversion="logarithmic compress", softclip_min=1.0, softclip_max=4.0)


def test_toe_has_a_lift_for_each_channel() -> None:
    x = hdr()["rgba"]
    y = run("Toe", picture(x), lift=(0.1, 0.2, 0.3, 0.0))["rgba"]
    assert_close(y[:3], toe(x[:3], (0.1, 0.2, 0.3)), threshold=1e-6)
    assert torch.equal(y[3], x[3])
    assert_close(y[1] - x[1], 0.2 / (1 + (x[1].clamp(min=0) / 0.2) ** 2), threshold=2e-6)
