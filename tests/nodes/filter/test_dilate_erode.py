import pytest
import torch

from compare import assert_close
from pictures import FRAME, hdr, impulse, inside, ramp
from rimlight.engine import NodeError
from stage import run, staged


def test_a_point_grows_into_the_element() -> None:
    square = run("DilateErode", impulse(), size=(3, 2))["rgba"]
    expected = torch.zeros(12, 16)
    expected[4:9, 5:12] = 100
    assert torch.equal(square[3], expected)
    assert torch.equal(square[:3], impulse()["rgba"][:3])
    round_ = run("DilateErode", impulse(), size=3, element="round")["rgba"][3]
    assert float(round_[6, 5]) == 100 and float(round_[3, 5]) == 0


def test_erosion_is_the_dilation_of_the_negative() -> None:
    x = hdr()
    flipped = hdr()
    flipped.layers["rgba"].neg_()  # type: ignore[index]
    grown = run("DilateErode", flipped, size=2, channels="rgba")["rgba"]
    assert torch.equal(run("DilateErode", x, size=-2, channels="rgba")["rgba"], -grown)


def test_a_fraction_of_a_pixel_blends() -> None:
    one, two = (run("DilateErode", hdr(), size=size, channels="rgba")["rgba"] for size in (1, 2))
    between = run("DilateErode", hdr(), size=(1.25, 0), channels="rgba")["rgba"]
    rows = [run("DilateErode", hdr(), size=(size, 0), channels="rgba")["rgba"] for size in (1, 2)]
    assert_close(between, torch.lerp(*rows, 0.25), threshold=1e-5)
    assert bool((two >= one).all())


def test_an_element_grows_over_its_edge_and_shrinks_inside_it() -> None:
    assert run("DilateErode", inside(), size=1).region == inside().region.expand(1)
    shrunk = run("DilateErode", inside(), size=-1, channels="rgba")
    assert shrunk.region == inside().region
    assert float(shrunk["rgba"][3, 0].max()) == 0


def test_a_round_element_has_one_sign() -> None:
    with pytest.raises(NodeError, match="a round element needs one sign"):
        run("DilateErode", ramp(), size=(2, -2), element="round")


def test_no_size_is_no_node() -> None:
    assert staged("DilateErode", ramp()).vertex("node").alias is not None
    assert ramp().region == FRAME
