import pytest

from compare import assert_same
from pictures import hdr, layered
from rimlight.engine import NodeError
from stage import run, staged


def test_it_shows_the_chosen_input() -> None:
    assert_same(run("Viewer", hdr(), image2=layered(), shown=2), layered())


def test_it_adds_nothing_to_the_key_of_what_it_shows() -> None:
    stage = staged("Viewer", hdr(), image2=layered(), shown=2)
    assert stage.vertex("node").key == stage.vertex("given_image2").key


def test_an_input_that_is_not_wired_is_named() -> None:
    with pytest.raises(NodeError, match="nothing is wired to input 3 of the viewer"):
        run("Viewer", hdr(), shown=3)
