"""Strokes and shapes that follow a Tracker."""

import pytest

from rimlight.app.drawnmoves import carried, moves_of
from rimlight.app.tracking.control import Tracking
from rimlight.app.tracking.follow import LINKED, follow, hold, trackers
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr

ONE = (Curve.of((1, 20), (11, 40)), Curve.of((1, 30), (11, 30)))
TWO = (Curve.of((1, 30), (11, 40)), Curve.of((1, 30), (11, 50)))
"""From ten pixels to the right of the first to twenty above it."""


@pytest.fixture
def shot(workspace: Workspace) -> Workspace:
    session = workspace.session
    session.add("Tracker", name="T", track1=ONE, track1_weight=1.0, track2=TWO, track2_weight=1.0)
    session.add("draw.paint", name="P", strokes=[{"points": [[20, 30], [25, 30]]}])
    session.add("draw.roto", name="R", shapes=[])
    workspace.set_frame(1)
    return workspace


def where(workspace: Workspace, frame: float, x: float, y: float, path: str = "P") -> tuple[float, float]:
    workspace.set_frame(frame)
    return carried(moves_of(workspace, path), (x, y))


@pytest.mark.parametrize("path", ["P", "R"])
def test_what_is_drawn_follows_one_track_or_turns_and_grows_with_two(shot: Workspace, path: str) -> None:
    assert list(trackers(shot, path)) == [("T", ("track1", "track2"))]
    follow(shot, path, "T", ("track1", "track2"))
    assert where(shot, 1, 25, 32, path) == pytest.approx((25, 32))
    assert where(shot, 11, 25, 32, path) == pytest.approx((36, 40), abs=1e-3)
    shot.undo()
    shot.set_frame(1)
    follow(shot, path, "T", ("track1",))
    assert where(shot, 11, 25, 32, path) == pytest.approx((45, 32), abs=1e-3)


def test_ticked_tracks_are_followed_and_later_edits_of_them_too(shot: Workspace) -> None:
    shot.the(Tracking).choose("T", "track1", False)
    shot.the(Tracking).choose("T", "track2", True)
    ((tracker, tracks),) = trackers(shot, "P")
    assert tracks == ("track2",)
    follow(shot, "P", tracker, tracks)
    assert where(shot, 11, 0, 0) == pytest.approx((10, 20), abs=1e-3)
    shot.session.set("T", track2=(30.0, 30.0))
    assert where(shot, 11, 0, 0) == pytest.approx((0, 0), abs=1e-3)


def test_to_follow_another_track_at_another_frame_moves_nothing_there(shot: Workspace) -> None:
    follow(shot, "P", "T", ("track1", "track2"))
    for frame, tracks in ((6, ("track2",)), (8, ("track2", "track1"))):
        before = [where(shot, frame, x, y) for x, y in ((0, 0), (10, 50))]
        follow(shot, "P", "T", tracks)
        assert [where(shot, frame, x, y) for x, y in ((0, 0), (10, 50))] == [pytest.approx(p, abs=2e-3) for p in before]
    before = [where(shot, 8, 10, 50)]
    hold(shot, "P")
    assert [where(shot, 2, 10, 50)] == [pytest.approx(p, abs=2e-3) for p in before]
    assert not any(isinstance(shot.graph["P"].value(name), Expr) for name in LINKED)
