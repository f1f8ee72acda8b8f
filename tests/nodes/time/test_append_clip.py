import pytest
import torch

from pictures import picture
from rimlight.engine import EMPTY, Image, NodeError
from stage import Stage


def one(frame: float) -> Image:
    return picture(torch.full((3, 12, 16), float(frame)), frames=(1, 10))


def other(frame: float) -> Image:
    return picture(torch.full((3, 12, 16), 100.0 + frame), frames=(1, 20))


def staged(**values: int) -> Stage:
    stage = Stage().given("one", one).given("other", other)
    return stage.add("node", "AppendClip", {"image": "one", "second": "other"}, **values)


@pytest.mark.parametrize(
    ("frame", "shown"), [(1, 1), (10, 10), (11, 105), (12, 106)],
)  # fmt: skip
def test_a_cut(frame: int, shown: float) -> None:
    assert float(staged(cut=11, start=5).evaluate("node", frame)["rgba"].mean()) == shown


def test_a_dissolve_begins_at_the_cut() -> None:
    stage = staged(cut=11, dissolve=3)
    found = [float(stage.evaluate("node", frame)["rgba"].mean()) for frame in range(10, 15)]
    mixed = [(1 - share) * (11 + i) + share * (101 + i) for i, share in enumerate((0.25, 0.5, 0.75))]
    assert found == pytest.approx([10, *mixed, 104])


def test_it_says_how_long_it_is() -> None:
    for frame in (3, 12, 25):
        assert staged(cut=11).vertex("node", frame).info.frames == (1, 30)


def test_what_is_not_seen_is_not_computed() -> None:
    def broken(frame: float) -> Image:
        return picture({"rgba": torch.zeros(3, 0, 0)}, data=EMPTY)

    stage = Stage().given("one", one).given("other", broken)
    stage.add("node", "AppendClip", {"image": "one", "second": "other"}, cut=11)
    assert float(stage.evaluate("node", 5)["rgba"].mean()) == 5


def test_an_error_in_the_clip_that_is_not_seen_does_not_matter() -> None:
    stage = Stage().given("one", one).given("other", other)
    stage.add("broken", "Assert", {"image": "other"}, layers="nowhere")
    stage.add("node", "AppendClip", {"image": "one", "second": "broken"}, cut=11, dissolve=2)
    assert float(stage.evaluate("node", 10)["rgba"].mean()) == 10
    for frame in (11, 13):
        with pytest.raises(NodeError, match="nowhere"):
            stage.evaluate("node", frame)
