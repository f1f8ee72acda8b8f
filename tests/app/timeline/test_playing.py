"""What is played when, with a clock that the tests turn: no time passes in here."""

from collections.abc import Iterable

import pytest
from pytestqt.qtbot import QtBot

from rimlight.app.timeline.ahead import LookAhead, Shown
from rimlight.app.timeline.cached import MOST, nearest
from rimlight.app.timeline.player import AHEAD, Player, State
from rimlight.app.timeline.ranges import Loop, frame_at, in_out, key_frames, neighbor, upcoming
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve


class Ready(LookAhead):
    """Says what it is told is ready, and evaluates nothing."""

    def __init__(self, workspace: Workspace, frames: Iterable[float]) -> None:
        super().__init__(workspace, 1 << 20)
        self.there = set(frames)
        self.asked: list[float] = []
        self.all = False

    def ready(self, frame: float) -> bool:
        return frame in self.there

    def want(self, frames: Iterable[float]) -> None:
        self.asked = list(frames)

    @property
    def full(self) -> bool:
        return self.all


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


class Stage:
    """A player over frames 1 to 10 at 10 frames per second."""

    def __init__(self, workspace: Workspace, ready: Iterable[float]) -> None:
        self.workspace = workspace
        self.clock = Clock()
        self.ahead = Ready(workspace, ready)
        self.player = Player(workspace, self.ahead, self.clock)
        self.player.span, self.player.fps = (1, 10), 10.0
        self.shown: list[float] = []
        workspace.frame_changed.connect(self.shown.append)

    def run(self, seconds: float, step: float = 0.1) -> list[float]:
        """Let time pass in steps, and return the frames that were shown."""
        self.shown.clear()
        for _ in range(round(seconds / step)):
            self.clock.time += step
            self.player.tick()
        return list(self.shown)


@pytest.fixture
def stage(workspace: Workspace) -> Stage:
    return Stage(workspace, range(1, 11))


def begin(stage: Stage, direction: int = 1) -> None:
    stage.player.play(direction)
    stage.player._timer.stop()
    stage.player.tick()


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (Loop.LOOP, [4, 5, 1, 2, 3, 4]),
        (Loop.BOUNCE, [4, 5, 4, 3, 2, 1]),
        (Loop.ONCE, [4, 5, None, None, None, None]),
    ],
)
def test_the_order_of_frames(loop: Loop, expected: list[float | None]) -> None:
    assert [frame_at(3, n, (1, 5), loop) for n in range(1, 7)] == expected


def test_backward_and_one_frame() -> None:
    assert [frame_at(2, -n, (1, 5), Loop.LOOP) for n in range(1, 4)] == [1, 5, 4]
    assert [frame_at(2, -n, (1, 5), Loop.BOUNCE) for n in range(1, 4)] == [1, 2, 3]
    assert frame_at(7, 1, (7, 7), Loop.BOUNCE) is None
    assert frame_at(50, 1, (1, 5), Loop.LOOP) == 1


def test_upcoming_frames_come_once() -> None:
    assert list(upcoming(3, 1, (1, 5), Loop.LOOP)) == [4, 5, 1, 2, 3]
    assert list(upcoming(3, -1, (1, 5), Loop.BOUNCE)) == [2, 1, 3, 4, 5]
    assert list(upcoming(3, 1, (1, 5), Loop.ONCE)) == [4, 5]


def test_keys_of_a_node_and_the_next_one(workspace: Workspace) -> None:
    s = workspace.session
    grade = s.add("color.grade", multiply=Curve.of((3, 1.0), (8, 2.0)))
    point = s.add("light.point", position=(0.0, Curve.of((5, 1.0)), Curve.of((8, 1.0), (2.5, 0.0))))
    assert key_frames(s.graph, grade) == (3, 8)
    assert key_frames(s.graph, point) == (2.5, 5, 8)
    assert key_frames(s.graph, None) == key_frames(s.graph, "gone") == ()
    assert neighbor((2.5, 5, 8), 5, 1) == 8
    assert neighbor((2.5, 5, 8), 5, -1) == 2.5
    assert neighbor((2.5, 5, 8), 8, 1) is None


def test_in_and_out_are_read_from_the_script() -> None:
    assert in_out({"in_out": [3, 9]}) == (3, 9)
    assert in_out({"in_out": [9, 3]}) is None
    assert in_out({"in_out": "x"}) is None
    assert in_out({}) is None


def test_real_time_shows_a_frame_each_tenth_of_a_second(stage: Stage) -> None:
    begin(stage)
    assert stage.run(0.5) == [2, 3, 4, 5, 6]
    assert stage.player.dropped == 0
    assert stage.player.rate == pytest.approx(10)
    assert stage.run(0.5) == [7, 8, 9, 10, 1]


def test_real_time_drops_what_is_late_and_counts_it(stage: Stage) -> None:
    begin(stage)
    assert stage.run(0.9, step=0.3) == [4, 7, 10]
    assert stage.player.dropped == 6
    assert stage.player.rate == pytest.approx(10 / 3)


def test_every_frame_mode_drops_nothing(stage: Stage) -> None:
    stage.player.every = True
    begin(stage)
    assert stage.run(0.9, step=0.3) == [2, 3, 4]
    assert stage.player.dropped == 0


def test_a_late_frame_is_followed_by_the_next_on_the_beat(stage: Stage) -> None:
    stage.player.every = True
    stage.ahead.there -= {3}
    begin(stage)
    assert stage.run(0.43, step=0.01) == [2]
    stage.ahead.there |= {3}
    assert stage.run(0.01, step=0.01) == [3]
    shown = [stage.run(0.01, step=0.01) for _ in range(30)]
    assert [number for number, frames in enumerate(shown) if frames] == [5, 15, 25]
    assert stage.player.dropped == 0


def test_every_frame_mode_is_no_faster_than_the_project(stage: Stage) -> None:
    stage.player.every = True
    begin(stage)
    assert stage.run(0.5, step=0.01) == [2, 3, 4, 5, 6]


def test_playback_waits_until_frames_are_there(workspace: Workspace) -> None:
    stage = Stage(workspace, [1, 2])
    begin(stage)
    assert stage.player.state is State.REFILLING
    assert stage.run(2.0) == []
    assert stage.ahead.asked[:3] == [2, 3, 4]
    stage.ahead.there |= {3, 4, 5, 6}
    stage.run(0.1)
    assert stage.player.state is State.PLAYING
    assert stage.run(0.5) == [2, 3, 4, 5, 6]
    stage.run(0.1)
    assert stage.player.state is State.REFILLING
    assert workspace.frame == 6


def test_with_a_full_budget_playback_goes_on(workspace: Workspace) -> None:
    stage = Stage(workspace, [1, 2])
    stage.ahead.all = True
    begin(stage)
    stage.run(0.1)
    assert workspace.frame == 2


def test_playing_once_ends_at_the_end_and_begins_anew(stage: Stage) -> None:
    stage.player.loop = Loop.ONCE
    stage.workspace.set_frame(9)
    begin(stage)
    assert stage.run(0.5) == [10]
    assert stage.player.state is State.STOPPED
    begin(stage)
    assert stage.workspace.frame == 1


def test_the_same_key_again_pauses_and_the_other_turns_around(stage: Stage) -> None:
    stage.workspace.set_frame(5)
    begin(stage)
    stage.run(0.2)
    begin(stage, -1)
    assert stage.player.direction == -1
    assert stage.run(0.3) == [6, 5, 4]
    stage.player.play(-1)
    assert not stage.player.playing


def test_a_viewer_that_is_behind_is_waited_for(stage: Stage) -> None:
    workspace = stage.workspace
    workspace.picture_shown.emit("Viewer1", 1.0)
    stage.player.every = True
    begin(stage)
    assert stage.run(0.5) == [2]
    workspace.picture_shown.emit("Viewer1", 2.0)
    assert stage.run(0.1) == [3]
    assert stage.run(1.9) == []
    assert stage.run(0.4) == [4, 5, 6], "after two seconds it goes on"


def test_of_a_long_shot_only_the_next_frames_are_asked_for(stage: Stage) -> None:
    stage.player.span = (1001, 90_000)
    stage.workspace.set_frame(2000)
    begin(stage)
    assert stage.ahead.asked == list(range(2001, 2001 + AHEAD))


@pytest.mark.parametrize(
    ("frame", "some"),
    [(50_000, [50_000, 49_999, 50_001]), (-5, [1, 2, 3]), (2e6, [100_000, 99_999, 99_998]), (7.4, [7, 8, 6])],
)
def test_cached_frames_are_looked_for_around_the_current_one(frame: float, some: list[int]) -> None:
    found = nearest(frame, 1, 100_000)
    assert found[:3] == some and len(set(found)) == len(found) == MOST
    assert nearest(frame, 1, 3) == sorted((1, 2, 3), key=lambda other: abs(other - frame))


def test_frames_are_evaluated_ahead_within_a_budget(workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(format="64x64", frames=[1, 20])
    node = s.add("toy.coordinates")
    moving = s.add("toy.gain", node, gain=Curve.of((1, 1.0), (20, 2.0)))
    size = 64 * 64 * 4 * 4
    ahead = LookAhead(workspace, 5 * size)
    ahead.forget(Shown((moving,), 1.0, lambda info: ("rgba",)))
    ahead.want(range(1, 21))
    qtbot.waitUntil(lambda: ahead.full, timeout=10_000)
    assert ahead.frames == {1, 2, 3, 4, 5}
    ahead.want(range(4, 21))
    qtbot.waitUntil(lambda: ahead.full, timeout=10_000)
    assert {4, 5, 6, 7, 8} <= ahead.frames
    assert 9 not in ahead.frames
    ahead.forget(Shown())
    assert not ahead.frames


def test_frames_that_fail_count_as_ready(workspace: Workspace, qtbot: QtBot) -> None:
    node = workspace.session.add("image.read", file="/nowhere/a.####.exr")
    ahead = LookAhead(workspace, 1 << 20)
    ahead.forget(Shown((node,)))
    with qtbot.waitSignal(ahead.failed, timeout=10_000) as told:
        ahead.want([1.0])
    assert "/nowhere" in told.args[0]
    assert ahead.ready(1.0)


def test_esc_stops_playing(workspace: Workspace) -> None:
    stage = Stage(workspace, range(1, 11))
    stage.player.play(1)
    stage.run(0.3)
    assert stage.player.playing
    workspace.evaluations.cancel_all()
    assert not stage.player.playing and stage.run(0.5) == []
