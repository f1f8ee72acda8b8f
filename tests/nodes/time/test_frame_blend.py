import pytest

from pictures import at
from rimlight.engine import NodeError
from rimlight.nodes.time.frame_blend import weights
from stage import run, staged


@pytest.mark.parametrize(
    ("values", "mean"),
    [({"number": 5}, 8), ({"number": 1}, 10), ({"method": "centred", "number": 3}, 10),
     ({"method": "range", "first": 1, "last": 4}, 2.5), ({"number": 3, "weights": "triangle"}, 9)],
)  # fmt: skip
def test_the_mean_of_frames(values: dict[str, object], mean: float) -> None:
    assert float(staged("FrameBlend", at, **values).evaluate("node", 10)["rgba"].mean()) == pytest.approx(mean)


@pytest.mark.parametrize("shape", ["box", "triangle", "gaussian"])
def test_weights_add_up_to_one_and_are_even(shape: str) -> None:
    for count in (1, 2, 5):
        found = weights(shape, count)
        assert sum(found) == pytest.approx(1)
        assert found == pytest.approx(found[::-1])
    assert weights("triangle", 3) == pytest.approx([0.25, 0.5, 0.25])


def test_a_range_is_computed_once() -> None:
    stage = staged("FrameBlend", at, method="range", first=1, last=4)
    assert stage.vertex("node", 1).key == stage.vertex("node", 50).key
    assert stage.vertex("node", 1).key != staged("FrameBlend", at, method="range", last=5).vertex("node").key


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(NodeError, match="first is 5 and last is 2"):
        run("FrameBlend", at, method="range", first=5, last=2)
