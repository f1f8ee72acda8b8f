import pytest
import torch

from compare import assert_close
from pictures import FRAME, hdr, layered, matte, picture
from rimlight.engine import Curve, NodeError
from stage import run, staged


def test_fractions_are_between_two_inputs() -> None:
    one, two, three = (layered(seed=s) for s in (1, 20, 40))
    out = run("Dissolve", one, image2=two, image3=three, which=1.25)
    for name in ("rgba", "depth"):
        assert_close(out[name], torch.lerp(two[name], three[name], 0.25), 1e-6)


def test_a_whole_number_passes_an_input_through() -> None:
    stage = staged("Dissolve", hdr(), image2=layered(), which=1)
    assert stage.vertex("node").alias == ("given_image2", 1)


def test_it_is_animated() -> None:
    which = Curve.of((1, 0), (11, 1), interp="linear")
    stage = staged("Dissolve", hdr(), image2=layered(), which=which)
    assert_close(stage.evaluate("node", 6)["rgba"], torch.lerp(hdr()["rgba"], layered()["rgba"], 0.5), 1e-6)
    assert stage.vertex("node", 11).alias == ("given_image2", 11)


def test_a_mask_lets_the_first_through() -> None:
    mask = matte(FRAME).expand(4, -1, -1).clone()
    out = run("Dissolve", hdr(), image2=layered(seed=9), which=1, mask=picture(mask))
    assert_close(out["rgba"], torch.lerp(hdr()["rgba"], layered(seed=9)["rgba"], mask[:1]), 1e-5)


def test_inputs_that_are_not_seen_are_not_looked_at() -> None:
    stage = staged("Dissolve", hdr(), image2=hdr(), image3=hdr(), which=0.5)
    assert not stage.vertex("node").inputs["image3"]


def test_an_input_that_is_not_wired_is_named() -> None:
    with pytest.raises(NodeError, match="nothing is wired to input 1"):
        run("Dissolve", hdr(), which=0.5)
