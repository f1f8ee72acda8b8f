import pytest
import torch

from moving import Moving
from pictures import at, picture
from rimlight.engine import Curve, Image, NodeError, Region
from stage import run, staged

RANGE = {"input_first": 1, "input_last": 10}


def shown(frame: float, **values: object) -> float:
    return float(staged("Retime", at, **values).evaluate("node", frame)["rgba"].mean())


@pytest.mark.parametrize(
    ("values", "frame", "expected"),
    [
        ({}, 7, 7),
        ({"speed": 2.0}, 4, 7),
        ({"speed": 2.0, "start": 10.0}, 11, 12),
        ({"speed": -1.0, "start": 5.0}, 7, 3),
        ({"speed": 0.5}, 4, 3),
        ({"speed": 0.5, "blend": "frames"}, 4, 2.5),
        ({"method": "range", "output_first": 101, "output_last": 109, **RANGE, "input_last": 5}, 105, 3),
        ({"method": "range", "output_first": 101, "output_last": 109, **RANGE}, 109, 10),
    ],
)
def test_the_frame_that_is_shown(values: dict[str, object], frame: float, expected: float) -> None:
    assert shown(frame, **values) == pytest.approx(expected)


def test_a_curve_says_which_frame() -> None:
    timing = Curve.of((1, 10), (11, 20), interp="linear")
    assert shown(6, method="frame", source_frame=timing) == 15


@pytest.mark.parametrize(
    ("rule", "frame", "expected"),
    [("continue", 12, 12), ("hold", 12, 10), ("loop", 12, 2), ("loop", 31, 1), ("bounce", 12, 8), ("bounce", 19, 1)],
)
def test_after_the_range(rule: str, frame: float, expected: float) -> None:
    assert shown(frame, after=rule, **RANGE) == expected


@pytest.mark.parametrize(
    ("rule", "frame", "expected"), [("continue", -1, -1), ("hold", -1, 1), ("loop", 0, 10), ("bounce", -1, 3)]
)
def test_before_the_range(rule: str, frame: float, expected: float) -> None:
    assert shown(frame, before=rule, **RANGE) == expected


def test_a_loop_blends_into_its_start() -> None:
    assert shown(4.5, speed=1.0, blend="frames", after="loop", input_first=1, input_last=4) == 2.5
    assert shown(4.5, speed=1.0, after="loop", input_first=1, input_last=4) == 1


def test_black_has_no_pixels() -> None:
    out = staged("Retime", at, after="black", **RANGE).evaluate("node", 11)
    assert out.info.data.is_empty
    assert not out.numpy().any()


def test_one_frame_passes_without_a_copy() -> None:
    stage = staged("Retime", at, speed=2.0)
    vertex = stage.vertex("node", 3)
    assert vertex.node.changes(vertex.ctx, ("rgba",)) == frozenset()


def test_the_range_is_retimed() -> None:
    assert staged("Retime", at, speed=0.5).info("node", 1).frames == (1, 19)
    assert staged("Retime", at, method="range", output_first=5, output_last=9).info("node", 6).frames == (5, 9)


def test_ranges_without_length_are_refused() -> None:
    with pytest.raises(NodeError, match="output_first and output_last are both 4"):
        run("Retime", at, method="range", output_first=4, output_last=4)
    with pytest.raises(NodeError, match="input_first is 9 and input_last is 2"):
        run("Retime", at, input_first=9, input_last=2)


def test_frames_on_the_way_are_where_things_are() -> None:
    """Half speed of a shot that moves: the frame in between is nearer to the true one than a mix."""
    move = Moving(height=96, width=128, velocity=(6.0, -4.0), disc=(-4.0, 3.0), radius=24)
    frame = Region(0, 0, 128, 96)

    def shot(number: float) -> Image:
        return picture(move.albedo(number), display=frame, frames=(1, 5))

    true = move.albedo(2.5)
    off = {}
    for blend in ("frames", "motion"):
        found = staged("Retime", shot, speed=0.5, blend=blend).evaluate("node", 4)["rgba"]
        off[blend] = float((found - true)[:, 8:-8, 8:-8].abs().mean())
    assert off["motion"] < 0.3 * off["frames"]
    whole = staged("Retime", shot, speed=0.5, blend="motion").evaluate("node", 3)["rgba"]
    assert torch.equal(whole, shot(2)["rgba"])
