import pytest

from compare import assert_same
from pictures import hdr, layered
from rimlight.engine import NodeError, NodeState
from stage import run, staged


def test_it_passes_the_chosen_input() -> None:
    assert_same(run("Switch", hdr(), image2=layered(), which=1), layered())


def test_an_error_in_another_input_does_not_matter() -> None:
    stage = staged("Switch", hdr(), image2=hdr(), which=0)
    stage.graph = stage.graph.put("given_image2", NodeState("missing.kind"))
    assert_same(stage.evaluate("node"), hdr())
    stage.set("node", which=1)
    with pytest.raises(NodeError, match=r"missing\.kind"):
        stage.evaluate("node")


def test_an_input_that_is_not_wired_is_named() -> None:
    with pytest.raises(NodeError, match="nothing is wired to input 4, which is chosen"):
        run("Switch", hdr(), which=4)


def test_disabled_it_passes_the_first() -> None:
    assert_same(run("Switch", hdr(), image2=layered(), which=1, disable=True), hdr())
