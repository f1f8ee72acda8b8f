"""Tracking on a plate whose motion is known: how exact it is, what it says when it fails, what it leaves behind."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import moving_plates
import rimlight.resources
from moving_plates import Moving, tracked_shot, truth
from rimlight.engine import (
    Cancelled,
    CancelToken,
    Curve,
    Expr,
    GraphError,
    ParameterError,
    Region,
    Session,
    registry,
    tracks_of,
    with_places,
)
from rimlight.engine.tracking.following import Follower, How, Lost
from rimlight.engine.tracking.pattern import Window

AT = (80.3, 60.7)


@pytest.fixture(autouse=True)
def plates() -> Iterator[None]:
    with moving_plates.use():
        yield


def worst(session: Session, name: str, start: float = 1) -> float:
    """The largest distance of a track from the truth, over its keys, in pixels."""
    state = session.graph["P"]
    plate = Moving(**{spec.name: state.value(spec.name) for spec in Moving.specs})
    x, y = session.graph["T"].value(name)
    assert isinstance(x, Curve) and isinstance(y, Curve)
    place = (x.at(start), y.at(start))
    return max(math.dist((x.at(k.frame), y.at(k.frame)), truth(plate, place, k.frame, start)) for k in x.keys)


@pytest.mark.parametrize(
    ("plate", "most"),
    [
        ({}, 0.03),
        ({"gain": 4.0}, 0.03),
        ({"gain": 0.25}, 0.03),
        ({"noise": 0.02}, 0.1),
        ({"noise": 0.02, "gain": 1.4}, 0.1),
        ({"turn": 2.0}, 0.05),
        ({"turn": -1.5, "growth": 1.02, "noise": 0.01}, 0.1),
        ({"velocity": (-5.3, 2.2), "turn": 1.0}, 0.05),
    ],
    ids=str,
)
def test_points_are_followed_to_a_tenth_of_a_pixel(plate: dict[str, Any], most: float) -> None:
    session = tracked_shot({"track1": AT, "track2": (100.0, 45.25)}, **plate)
    report = session.track("T")
    assert not report.lost
    for name in ("track1", "track2"):
        x, _ = session.graph["T"].value(name)
        assert [key.frame for key in x.keys] == list(range(1, 13))
        assert worst(session, name) < most
    assert all(error < 0.1 for trail in report.trails for error in trail.errors.values())


def test_from_a_frame_in_the_middle_it_goes_both_ways() -> None:
    session = tracked_shot({"track1": AT}, turn=1.0)
    session.track("T", "1-12", start=6)
    x, y = session.graph["T"].value("track1")
    assert (x.at(6), y.at(6)) == AT
    assert worst(session, "track1", start=6) < 0.05


def test_the_first_key_is_where_it_starts_unless_told() -> None:
    session = tracked_shot({"track1": (Curve.of((4, 80.3)), Curve.of((4, 60.7)))})  # type: ignore[dict-item]
    report = session.track("T", "1-8")
    assert report.start == 4
    assert worst(session, "track1", start=4) < 0.03


def test_every_frame_is_told_and_all_keys_are_one_step_that_undoes() -> None:
    session = tracked_shot({"track1": AT}, last=4)
    before, steps = session.graph["T"], len(session.history.labels)
    told: list[float] = []
    session.track("T", tell=lambda frame, places: told.append(frame))
    assert told == [1, 2, 3, 4]
    assert len(session.history.labels) == steps + 1
    session.undo()
    assert session.graph["T"] == before


def test_a_point_that_leaves_the_picture_is_lost_with_a_sentence_and_keeps_its_keys() -> None:
    session = tracked_shot({"track1": (130.0, 60.0)}, velocity=(6.0, 0.0))
    report = session.track("T")
    assert len(report.lost) == 1
    assert report.lost[0].startswith("T.track1 was lost at frame ")
    assert report.lost[0].endswith(": it has left the picture")
    x, _ = session.graph["T"].value("track1")
    assert 3 <= len(x.keys) <= 6
    assert worst(session, "track1") < 0.1


def test_a_cut_is_lost_with_the_error_found_and_expected() -> None:
    session = tracked_shot({"track1": AT})
    session.set("P", velocity=(Curve.of((4, 0.0), (5, 300.0), interp="constant"), 0.0))
    report = session.track("T")
    assert report.lost[0].startswith("T.track1 was lost at frame 5: the pattern is found with an error of 0.")
    assert report.lost[0].endswith("expected 0.25 at most")
    assert max(report.trails[0].places) == 4


def test_a_flat_pattern_is_refused() -> None:
    session = tracked_shot({"track1": AT}, flat=True)
    before = session.graph
    assert session.track("T").lost == [
        "T.track1 at frame 1: there is nothing in the pattern to follow, it is flat; choose a place with some texture"
    ]
    assert session.graph is before


def test_a_straight_edge_is_warned_of() -> None:
    session = tracked_shot({"track1": AT}, edge=True, last=3)
    report = session.track("T")
    assert report.warnings == ["T.track1: its pattern is a straight edge, along which it may slide"]
    assert not tracked_shot({"track1": AT}, last=3).track("T").warnings


def test_a_pattern_as_large_as_the_picture_is_followed_as_exactly() -> None:
    session = tracked_shot({"track1": AT}, velocity=(2.3, -1.1), turn=1.0, last=6)
    session.set("T", track1_pattern=(101.0, 91.0), track1_search=(151.0, 131.0))
    assert not session.track("T").lost
    assert worst(session, "track1") < 0.05


def test_a_search_box_no_larger_than_the_pattern_is_refused() -> None:
    session = tracked_shot({"track1": AT})
    session.set("T", track1_search=(31.0, 31.0))
    assert "the search box, 31 x 31, is not larger than the pattern, 31 x 31" in session.track("T").lost[0]


def test_a_pattern_that_may_only_move_drifts_when_things_turn_and_one_that_is_renewed_does_not_get_lost() -> None:
    session = tracked_shot({"track1": AT}, turn=6.0)
    session.set("T", pattern_motion="translate", pattern_update="never")
    assert session.track("T").lost
    session.set("T", track1=AT, pattern_update="changes")
    assert not session.track("T").lost
    session.set("T", track1=AT, pattern_motion="affine")
    assert not session.track("T").lost
    assert worst(session, "track1") < 0.1


def test_what_cannot_be_tracked_is_a_sentence() -> None:
    session = tracked_shot({"track1": AT})
    with pytest.raises(ParameterError, match="T has no track 'nose', it has track1, track2"):
        session.track("T", tracks=["nose"])
    with pytest.raises(GraphError, match="P has no tracks; a Tracker has"):
        session.track("P")
    session.set("T", track2=(Expr("self.track1.x + 20"), 50.0))
    with pytest.raises(ParameterError, match=r"T\.track2 follows an expression, so it cannot have keys"):
        session.track("T", tracks=["track2"])
    session.set("T", track1_weight=0.0)
    with pytest.raises(GraphError, match="no track of T counts at frame 1; give one a weight above 0, or name it"):
        session.track("T")
    session.connect("T", "image", None)
    with pytest.raises(GraphError, match="T has no picture at its input 'image' to follow"):
        session.track("T", tracks=["track1"])


def test_a_cancelled_one_changes_nothing() -> None:
    session, token = tracked_shot({"track1": AT}), CancelToken()
    before = session.graph
    with pytest.raises(Cancelled):
        session.track("T", token=token, tell=lambda frame, places: token.cancel() if frame == 3 else None)
    assert session.graph is before


def test_keys_survive_saving_and_other_keys_stay(tmp_path: Path) -> None:
    session = tracked_shot({"track1": AT})
    session.track("T", "1-4")
    session.track("T", "4-6", start=4)
    with moving_plates.use():
        again = Session.open(session.save(tmp_path / "shot.rim"))
    assert again.graph["T"] == session.graph["T"]
    assert [key.frame for key in again.graph["T"].value("track1")[0].keys] == [1, 2, 3, 4, 5, 6]


def test_places_become_keys_over_constants_and_between_other_keys() -> None:
    x, y = with_places((1.0, 2.0), {3.0: (5.0, 6.0)})
    assert x == Curve.of((3, 5.0), interp="linear") and y == Curve.of((3, 6.0), interp="linear")
    x, y = with_places((Curve.of((1, 1.0), (3, 3.0)), 2.0), {3.0: (5.0, 6.0), 4.0: (7.0, 8.0)})
    assert [(key.frame, key.value) for key in x.keys] == [(1, 1), (3, 5), (4, 7)]
    assert [(key.frame, key.value) for key in y.keys] == [(3, 6), (4, 8)]


def test_tracks_are_told_by_their_declaration() -> None:
    tracks = tracks_of(registry.find("Tracker"))
    assert [track.name for track in tracks] == [f"track{i}" for i in range(1, 9)]
    assert tracks[0].parameters == ("track1", "track1_weight", "track1_pattern", "track1_search")
    assert tracks_of(registry.find("Grade")) == ()


@pytest.mark.parametrize(
    ("place", "end"), [((384.5, 62.5), (258.3, 47.5)), ((364.5, 54.5), (240.8, 40.9)), ((410.5, 44.5), (284.8, 29.5))]
)
def test_tracks_of_a_quick_move_do_not_slide_onto_the_next_thing_alike(
    place: tuple[float, float], end: tuple[float, float]
) -> None:
    session = Session()
    session.set_project(format="640x360", frames=(1, 6))
    session.add("Read", name="Tea", file=str(Path(rimlight.resources.__path__[0]) / "plates/tea.####.exr"))
    session.add("Tracker", "Tea", name="T", track1=place, track1_weight=1.0)
    assert not session.track("T").lost
    assert session.value("T", "track1", 6) == pytest.approx(end, abs=1.5)


FRAME = Region(0, 0, 160, 90)


def rivets(places: dict[float, float]) -> Window:
    """Rivets in a row at `x: height`, each of its own height, on a wall with a little grain of its own."""
    generator = torch.Generator().manual_seed(5)
    y, x = torch.meshgrid(torch.arange(90) + 0.5, torch.arange(160) + 0.5, indexing="ij")
    light = 0.2 + 0.01 * torch.rand(90, 160, generator=generator)
    for at, height in places.items():
        away = (x - at) ** 2 + (y - 45.5) ** 2
        light = light + 0.5 * torch.exp(-away / 40) - 0.1 * torch.exp(-((away.sqrt() - height) ** 2) / 8)
    return Window.of(light.expand(3, -1, -1), FRAME)


@pytest.mark.parametrize("update", ["never", "changes", "always"])
def test_a_point_that_is_covered_does_not_go_to_the_next_thing_alike(update: str) -> None:
    follower = Follower(How((31.0, 31.0), (91.0, 91.0), update=update), (70.5, 45.5))  # type: ignore[arg-type]
    follower.begin(rivets({70.5: 10, 95.5: 12}), FRAME)
    assert follower.go_on(rivets({74.5: 10, 99.5: 12}), FRAME) < 0.05
    assert follower.place == pytest.approx((74.5, 45.5), abs=0.1)
    with pytest.raises(Lost, match="what is found is something alike, which was 25 pixels from the point"):
        follower.go_on(rivets({103.5: 12}), FRAME)
    assert follower.place == pytest.approx((74.5, 45.5), abs=0.1)


def test_a_straight_edge_is_followed_across_itself() -> None:
    def edge(height: float) -> Window:
        y = torch.arange(90)[:, None] + 0.5
        return Window.of((0.2 + 0.6 * torch.sigmoid((y - height) / 1.5)).expand(3, 90, 160), FRAME)

    follower = Follower(How((31.0, 31.0), (61.0, 61.0)), (70.5, 40.0))
    follower.begin(edge(40.0), FRAME)
    assert follower.slides
    for height in (41.5, 43.0, 44.5):
        assert follower.go_on(edge(height), FRAME) < 0.01
        assert follower.place[1] == pytest.approx(height, abs=0.1)
