"""Which frames lie in the cache, and how little is looked at again to tell."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

import exrfiles
from rimlight.app.timeline.ahead import Shown
from rimlight.app.timeline.cached import CachedFrames, cached_frames
from rimlight.app.workspace import Workspace
from rimlight.engine import Cancelled, CancelToken, Curve


@pytest.fixture
def surveyed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The frames that are surveyed from now on."""
    seen: list[float] = []
    survey = workspace.session.evaluator.survey

    def count(graph: Any, project: Any, paths: Sequence[str], frame: float, *rest: Any) -> Any:
        seen.append(frame)
        return survey(graph, project, paths, frame, *rest)

    monkeypatch.setattr(workspace.session.evaluator, "survey", count)
    return seen


@pytest.fixture
def gain(workspace: Workspace) -> str:
    """A picture that differs from frame to frame, of which frames 3 and 4 are in the cache; and a node beside it."""
    s = workspace.session
    s.set_project(format="32x32", frames=[1, 6])
    node = s.add("toy.gain", s.add("toy.coordinates"), gain=Curve.of((1, 1.5), (6, 2.0)))
    s.add("toy.coordinates", name="Beside")
    for frame in (3, 4):
        s.evaluate(node, frame, layers=["rgba"])
    return node


class Looking:
    """Frames that are looked at whenever `again` is called."""

    def __init__(self, workspace: Workspace, surveyed: list[float], qtbot: QtBot) -> None:
        self.cached = CachedFrames(workspace, workspace)
        self.cached._timer.setInterval(0)
        self._workspace, self._surveyed, self._qtbot = workspace, surveyed, qtbot

    def again(self, shown: Shown | None = None) -> list[float]:
        """Look, and return what was surveyed for it. Each look surveys the current frame, and what else comes to rest
        meanwhile lets it look once more: that frame counts once.
        """
        self._surveyed.clear()
        if shown is not None:
            self.cached.follow(shown, (1, 6))
        else:
            self._workspace.evaluations.rested.emit()
        self._qtbot.waitUntil(lambda: self.cached.settled, timeout=20_000)
        now = self._workspace.frame
        return sorted([*(frame for frame in self._surveyed if frame != now), *{now}.intersection(self._surveyed)])


def test_only_frames_that_may_be_others_are_surveyed_again(
    workspace: Workspace, gain: str, surveyed: list[float], qtbot: QtBot
) -> None:
    looking, shown, everything = Looking(workspace, surveyed, qtbot), Shown((gain,), key="once"), [1, 2, 3, 4, 5, 6]
    s = workspace.session
    assert looking.again(shown) == everything
    assert looking.cached.frames == {3: "host", 4: "host"}
    s.evaluate(gain, 6, layers=["rgba"])
    assert looking.again() == [1]
    assert looking.cached.frames == {3: "host", 4: "host", 6: "host"}
    s.set("Beside", gain=7.0)
    workspace.set_frame(4)
    assert looking.again(shown) == [4]
    assert looking.cached.frames == {3: "host", 4: "host", 6: "host"}
    s.set(gain, gain=Curve.of((1, 9.0), (6, 2.0)))
    assert looking.again(shown) == everything
    assert looking.cached.frames == {6: "host"}
    workspace.undo()
    assert looking.again(shown) == everything
    assert set(looking.cached.frames) == {3, 4, 6}
    assert looking.again(Shown(("Beside",), key="other")) == everything
    assert looking.cached.frames == {}


def test_what_a_cancelled_look_found_is_kept(workspace: Workspace, gain: str, surveyed: list[float]) -> None:
    token, s = CancelToken(), workspace.session
    places: dict[int, Any] = {}

    class Stop(list[float]):
        """Cancels while the third is surveyed."""

        def append(self, frame: float) -> None:
            super().append(frame)
            if len(self) == 3:
                token.cancel()

    count = Stop()
    survey = s.evaluator.survey
    s.evaluator.survey = lambda *a: (count.append(a[3]), survey(*a))[1]  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        cached_frames(s, s.graph, s.project, Shown((gain,)), [1, 2, 3, 4], places, token)
    assert set(places) == {1, 2, 3}


def test_files_that_are_others_are_found_at_the_current_frame(
    workspace: Workspace, surveyed: list[float], tmp_path: Path
) -> None:
    s = workspace.session
    s.set_project(frames=[1, 3])
    read = s.add("Read", file=str(tmp_path / "a.#.exr"))
    picture = [({}, {name: exrfiles.ramp(0.5) for name in "RGB"})]
    for frame in (1, 2, 3):
        exrfiles.write(tmp_path / f"a.{frame}.exr", picture)
    for frame in (1, 2, 3):
        s.evaluate(read, frame, layers=["rgba"])
    places: dict[int, Any] = {}

    def look(*frames: int) -> set[int]:
        surveyed.clear()
        found = cached_frames(s, s.graph, s.project, Shown((read,)), frames, places, CancelToken())
        return set(found)

    assert look(1, 2, 3) == {1, 2, 3} and surveyed == [1, 2, 3]
    assert look(2, 1, 3) == {1, 2, 3} and surveyed == [2]
    for frame in (1, 2):
        os.utime(tmp_path / f"a.{frame}.exr", ns=(1, 10**18))
    assert look(2, 1, 3) == {3} and surveyed == [2, 1, 3]
    assert look(2, 1, 3) == {3} and surveyed == [2]
