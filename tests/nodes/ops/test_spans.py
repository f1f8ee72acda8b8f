import pytest

from rimlight.engine import NodeError, RimlightError, Session, Settings
from rimlight.nodes.ops.spans import MOST, check_count, span


def test_all_frames_of_a_span() -> None:
    assert span(-1, 2) == (-1.0, 0.0, 1.0, 2.0)
    assert span(3, 2) == ()
    assert len(span(1, MOST)) == MOST
    with pytest.raises(RimlightError, match=r"first is 0 and last is 10000: 10001 frames for one picture, expected at"):
        span(0, MOST)
    check_count(MOST, "")


@pytest.mark.parametrize(
    ("kind", "values", "frame"),
    [
        ("FrameBlend", {"method": "range", "last": 10**9}, 1),
        ("HDRMerge", {"pictures": "frames", "last": 10**9}, 1),
        ("LightPropagate", {}, 10**9),
        ("LightPropagate", {"references": "-200000"}, 1),
    ],
)
def test_no_picture_is_made_of_a_billion_frames(kind: str, values: dict[str, object], frame: float) -> None:
    session = Session(Settings())
    session.add("CheckerBoard", name="Board")
    session.add(kind, *("Board",) * (2 if kind == "LightPropagate" else 1), name="Made", **values)
    with pytest.raises(NodeError, match=r"Made at frame \d+: .* frames for one picture, expected at most 10000"):
        session.evaluate("Made", frame)
