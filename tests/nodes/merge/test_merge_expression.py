import pytest
import torch

from compare import assert_close
from pictures import FRAME, coordinates, hdr, layered, picture, plate, ramp
from rimlight.engine import NodeError, Region
from stage import run, staged


def test_channels_of_both_pictures() -> None:
    b, a = ramp()["rgba"], hdr()["rgba"]
    over = {c: f"A{n} + B{n} * (1 - Aa)" for c, n in (("red", "r"), ("green", "g"), ("blue", "b"), ("alpha", "a"))}
    y = run("MergeExpression", ramp(), hdr(), **over)["rgba"]
    assert_close(y, a + b * (1 - a[3:]), threshold=1e-5)
    assert_close(y, run("Merge", ramp(), hdr())["rgba"], threshold=1e-5)


def test_layers_place_and_variables() -> None:
    b, a = layered(), layered(seed=5)
    y = run("MergeExpression", b, a, variables="near = A.depth.Z < B.depth.Z\nhalf = near * 0.5", red="half", green="x",
            blue="A.diffuse.R")["rgba"]  # fmt: skip
    x, _ = coordinates(FRAME)
    assert torch.equal(y[0], (a["depth"][0] < b["depth"][0]) * 0.5)
    assert torch.equal(y[1], x) and torch.equal(y[2], a["diffuse"][0]) and torch.equal(y[3], b["rgba"][3])


def test_layers_of_a_are_taken_over_where_they_are_chosen() -> None:
    b, a = picture(plate(FRAME)), layered()
    plain = run("MergeExpression", b, a, red="Ar")
    assert plain.info.names == ("rgba",)
    wide = run("MergeExpression", b, a, red="Ar", green="Ag", blue="Ab", channels="rgba depth")
    assert set(wide.info.names) == {"rgba", "depth"} and torch.equal(wide["depth"], a["depth"])


def test_outside_its_window_a_picture_is_nothing() -> None:
    small = Region(4, 4, 8, 8)
    a = picture(torch.ones(4, 4, 4), data=small)
    y = run("MergeExpression", ramp(), a, red="Ar * 5")["rgba"][0]
    assert float(y.sum()) == 5 * 16 and float(y[4:8, 4:8].min()) == 5


def test_nothing_written_is_no_node_and_mistakes_are_sentences() -> None:
    assert staged("MergeExpression", ramp(), hdr()).vertex("node").alias == ("given_B", 1)
    with pytest.raises(NodeError, match="red: there is no 'r'"):
        run("MergeExpression", ramp(), hdr(), red="r + 1")


def test_only_expressions_of_the_frame_vary_over_frames() -> None:
    moving, still = (staged("MergeExpression", ramp(), hdr(), red=text) for text in ("Ar * frame", "Ar"))
    assert moving.vertex("node", 1).key != moving.vertex("node", 2).key
    assert still.vertex("node", 1).key == still.vertex("node", 2).key
