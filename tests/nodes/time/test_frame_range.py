import pytest

from compare import assert_same
from pictures import at
from rimlight.engine import NodeError
from stage import run, staged


def test_the_range_is_stated_and_the_pixels_pass() -> None:
    stage = staged("FrameRange", at, first=1001, last=1050)
    assert stage.info("node", 3).frames == (1001, 1050)
    assert_same(stage.evaluate("node", 3).layers, at(3).layers)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(NodeError, match="first is 5 and last is 2"):
        run("FrameRange", at, first=5, last=2)
