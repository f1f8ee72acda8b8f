import pytest

from pictures import at
from stage import staged


@pytest.mark.parametrize(
    ("values", "frame", "shown"),
    [({"offset": 10}, 11, 1), ({"offset": -3}, 1, 4), ({"reverse": True, "first": 1, "last": 10}, 1, 10),
     ({"reverse": True, "first": 1, "last": 10, "offset": 5}, 6, 10)],
)  # fmt: skip
def test_the_frame_that_is_shown(values: dict[str, int], frame: float, shown: float) -> None:
    assert float(staged("TimeOffset", at, **values).evaluate("node", frame)["rgba"].mean()) == shown


def test_the_range_moves_along() -> None:
    assert staged("TimeOffset", at, offset=10).info("node", 11).frames == (11, 20)
    turned = staged("TimeOffset", at, offset=2, reverse=True, first=1, last=12)
    assert turned.info("node", 5).frames == (5, 14)
