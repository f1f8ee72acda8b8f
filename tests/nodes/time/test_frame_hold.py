import pytest

from pictures import at
from stage import staged


@pytest.mark.parametrize(
    ("first", "increment", "frame", "shown"),
    [(5, 0, 1, 5), (5, 0, 99, 5), (1, 4, 1, 1), (1, 4, 4, 1), (1, 4, 5, 5), (3, 4, 2, -1), (1, 1, 7, 7)],
)
def test_the_frame_that_is_shown(first: int, increment: int, frame: float, shown: float) -> None:
    stage = staged("FrameHold", at, first=first, increment=increment)
    assert float(stage.evaluate("node", frame)["rgba"].mean()) == shown


def test_a_held_frame_is_one_cache_entry_at_all_times() -> None:
    stage = staged("FrameHold", at, first=5)
    assert stage.vertex("node", 1).alias == stage.vertex("node", 80).alias == ("given_image", 5)
    assert stage.vertex("node", 1).key == stage.vertex("node", 80).key


def test_disabled_it_holds_nothing() -> None:
    stage = staged("FrameHold", at, first=5, disable=True)
    assert float(stage.evaluate("node", 8)["rgba"].mean()) == 8
