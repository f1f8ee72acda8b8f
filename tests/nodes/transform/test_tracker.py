"""The Tracker: what it does to the picture with its tracks, by closed forms, and that it only looks at their curves."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

import moving_plates
from moving_plates import Moving, tracked_shot, truth
from pictures import picture, ramp
from rimlight.engine import Curve, Expr, NodeError, Project, Region, Session, Vec2, registry
from stage import Stage, staged

FRAME = Region(0, 0, 16, 12)


def spot(x: int, y: int) -> Any:
    """One bright pixel at artist coordinates."""
    t = torch.zeros(4, 12, 16)
    t[:, 11 - y, x] = 5.0
    return picture(t)


def found(image: Any, x: int, y: int) -> float:
    return float(image.tensor("rgba", Region(x, 11 - y, x + 1, 12 - y))[0])


def line(*places: tuple[float, float, float]) -> tuple[Curve, Curve]:
    """Keys of a track: frame, x, y."""
    x, y = (Curve.of(*((p[0], p[i]) for p in places), interp="linear") for i in (1, 2))
    return x, y


MOVING = line((1, 4.0, 4.0), (3, 8.0, 6.0))


def test_frames_at_which_a_track_rests_are_not_taken_for_one_another() -> None:
    track = line((1, 0.0, 0.0), (5, 4.0, 0.0), (7, 4.0, 0.0), (10, 8.0, 0.0))
    stage = staged(
        "Tracker", ramp(), track1=track, track1_weight=1.0, operation="remove jitter", jitter_period=10.0,
        project=Project(format="16x12", frames=(1, 10)),
    )  # fmt: skip
    rest = [stage.vertex("node", frame) for frame in (5, 6)]
    moved = [v.node.pixel_matrix(v.ctx) for v in rest]
    assert not torch.allclose(*moved) and rest[0].key != rest[1].key
    held = [stage.set("node", operation="stabilize").vertex("node", frame).key for frame in (5, 6)]
    assert held[0] == held[1]


def test_one_track_holds_still_or_moves_along() -> None:
    stage = staged("Tracker", spot(8, 6), track1=MOVING, track1_weight=1.0, operation="stabilize")
    assert found(stage.evaluate("node", 3), 4, 4) == 5.0
    assert found(stage.evaluate("node", 2), 6, 5) == 5.0
    stage.set("node", operation="match-move")
    assert found(stage.evaluate("node", 2), 10, 7) == 5.0
    assert stage.vertex("node", 1).alias is not None, "at the reference frame the picture passes"
    stage.set("node", reference_frame=3)
    assert found(stage.evaluate("node", 1), 4, 4) == 5.0


def test_without_an_operation_or_tracks_the_picture_passes() -> None:
    stage = staged("Tracker", ramp(), track1=MOVING, track1_weight=1.0)
    assert stage.vertex("node", 3).alias is not None
    stage.set("node", operation="stabilize", track1_weight=0.0)
    assert stage.vertex("node", 3).alias is not None


def test_two_tracks_turn_and_scale() -> None:
    values = {
        "track1": line((1, 6.0, 6.0), (2, 8.0, 4.0)), "track2": line((1, 10.0, 6.0), (2, 8.0, 8.0)),
        "track1_weight": 1.0, "track2_weight": 1.0,
    }  # fmt: skip
    stage = staged("Tracker", spot(9, 5), operation="match-move", **values)  # 1.5 right of the middle, half below
    assert found(stage.evaluate("node", 2), 8, 7) == pytest.approx(5.0), "a quarter turn to the left about the middle"
    assert float(stage.evaluate("node", 2)["rgba"][0].sum()) == pytest.approx(5.0)


def test_four_tracks_pull_in_perspective_as_a_corner_pin_does() -> None:
    corners = [(0.0, 0.0), (16.0, 0.0), (16.0, 12.0), (0.0, 12.0)]
    to = [(2.0, 1.0), (13.0, 2.0), (15.0, 11.0), (1.0, 10.0)]
    values: dict[str, Any] = {}
    for i, (a, b) in enumerate(zip(corners, to, strict=True), 1):
        values |= {f"track{i}": line((1, *a), (2, *b)), f"track{i}_weight": 1.0}
    tracked = staged("Tracker", ramp(), operation="match-move", motion="perspective", **values)
    pins = {f"to{i}": p for i, p in enumerate(to, 1)} | {f"from{i}": p for i, p in enumerate(corners, 1)}
    pinned = staged("CornerPin", ramp(), **pins).evaluate("node", 2)
    assert torch.allclose(tracked.evaluate("node", 2).tensor("rgba", FRAME), pinned.tensor("rgba", FRAME), atol=1e-4)


def test_stabilizing_and_moving_along_cancel_and_filter_once() -> None:
    values: dict[str, Any] = {
        "track1": line((1, 2.3, 3.1), (2, 4.9, 4.0)), "track2": line((1, 11.0, 4.2), (2, 12.2, 6.4)),
        "track3": line((1, 6.0, 10.0), (2, 7.7, 11.2)), "track1_weight": 1.0, "track2_weight": 0.5,
        "track3_weight": 1.0,
    }  # fmt: skip
    stage = Stage().given("a", ramp()).add("S", "Tracker", {"image": "a"}, operation="stabilize", **values)
    stage.add("M", "Tracker", {"image": "S"}, operation="match-move", **values)
    assert torch.allclose(stage.evaluate("M", 2).tensor("rgba", FRAME), ramp()["rgba"], atol=1e-4)
    assert stage.vertex("M", 2).base == ("a", 2)


def test_jitter_goes_and_the_movement_stays() -> None:
    frames = range(1, 41)
    project = Session().project
    stage = Stage(project).given("a", ramp())
    even = {f: (2.0 + 0.2 * f, 5.0) for f in frames}
    shaken = {f: (x + (0.5 if f % 2 else -0.5), y) for f, (x, y) in even.items()}
    curve = line(*((f, *p) for f, p in shaken.items()))
    stage.add("T", "Tracker", {"image": "a"}, track1=curve, track1_weight=1.0, operation="remove jitter")
    for frame in (15, 20, 21):
        matrix = stage.vertex("T", frame).ctx.chain.matrix
        assert float(matrix[0, 2]) == pytest.approx(-0.5 if frame % 2 else 0.5, abs=0.02)
    still = line(*((f, *p) for f, p in even.items()))
    stage.set("T", track1=still)
    for frame in (1, 2, 20):
        assert torch.allclose(stage.vertex("T", frame).ctx.chain.matrix, torch.eye(3, dtype=torch.float64), atol=1e-9)


def test_keys_elsewhere_change_nothing_here() -> None:
    stage = staged("Tracker", ramp(), track1=MOVING, track1_weight=1.0, operation="stabilize")
    key = stage.vertex("node", 3).key
    stage.set("node", track1=line((1, 4.0, 4.0), (3, 8.0, 6.0), (5, 9.0, 9.0)))
    assert stage.vertex("node", 3).key == key
    stage.set("node", track1=line((1, 4.5, 4.0), (3, 8.0, 6.0)))
    assert stage.vertex("node", 3).key != key, "the reference counts"


def test_the_proxy_moves_by_as_much() -> None:
    big = picture(torch.nn.functional.pad(torch.ones(4, 4, 4), (8, 4, 4, 4)))
    track = line((1, 0.0, 0.0), (2, 4.0, 0.0))
    stage = staged("Tracker", big, track1=track, track1_weight=1.0, operation="stabilize")
    assert stage.evaluate("node", 2, scale=0.5).tensor("rgba", Region(2, 2, 4, 4)).min() == 1.0


def test_a_drawn_shape_follows_a_track_through_a_transform() -> None:
    square = [{"points": [[3, 3], [5, 3], [5, 5], [3, 5]]}]
    stage = Stage(Project(format="16x12")).given("a", ramp())
    stage.add("T", "Tracker", {"image": "a"}, track1=MOVING, track1_weight=1.0)
    stage.add("R", "Roto", {}, shapes=square)
    moved = Expr("T.track1.x - 4"), Expr("T.track1.y - 4")
    stage.add("F", "Transform", {"image": "R"}, translate=moved)
    for frame, (x, y) in ((1, (4, 4)), (3, (8, 6))):
        matte = stage.evaluate("F", frame).tensor("rgba", FRAME)[3]
        assert torch.equal(matte[11 - y : 13 - y, x - 1 : x + 1], torch.ones(2, 2))
        assert float(matte.sum()) == 4


def test_what_the_tracks_cannot_tell_is_a_sentence() -> None:
    stage = staged("Tracker", ramp(), track1=MOVING, track1_weight=1.0, operation="stabilize", motion="affine")
    with pytest.raises(NodeError, match="track1: 'affine' takes 3 points or more, found 1"):
        stage.evaluate("node", 3)


@pytest.fixture
def plates() -> Iterator[None]:
    with moving_plates.use():
        yield


@pytest.mark.usefixtures("plates")
def test_a_turning_plate_is_tracked_and_held_still() -> None:
    places: dict[str, Vec2] = {"track1": (60.3, 50.2), "track2": (105.7, 48.1), "track3": (82.2, 80.6)}
    session = tracked_shot(places, last=8, turn=1.5, growth=1.01)
    assert not session.track("T").lost
    session.set("T", operation="stabilize", filter="cubic")
    middle = Region(50, 40, 110, 80)
    plate = session.evaluate("P", 1)["rgba"][0]
    held = session.evaluate("T", 8).tensor("rgba", middle)[0]
    shaken = session.evaluate("P", 8).tensor("rgba", middle)[0]
    rows, columns = Region(0, 0, 160, 120).slices_of(middle)
    still = plate[rows, columns]
    assert float((held - still).abs().mean()) < 0.05 * float((shaken - still).abs().mean())
    plate_node = Moving(turn=1.5, growth=1.01)
    x, y = session.value("T", "track3", 8)
    assert (x, y) == pytest.approx(truth(plate_node, places["track3"], 8), abs=0.05)


def test_tracks_of_older_scripts_keep_the_sizes_of_their_boxes() -> None:
    upgrade = registry.find("transform.tracker").upgrades[1]
    old = {"track1": [5.0, 5.0], "track2_weight": 1.0, "track2_search": [91.0, 61.0]}
    kept = {name: [21.0, 21.0] for name in ("track1_pattern", "track2_pattern")}
    assert upgrade(old) == {**old, **kept, "track1_search": [61.0, 61.0]}
