"""Evaluation for the GUI: the newest request wins, cancelling stops, errors are delivered, nothing is left running."""

import threading
import time

import pytest
import torch
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktops import dispose, own_threads
from rimlight.app.evaluating import HOUSEKEEPING, THUMBNAILS, Result
from rimlight.app.sharpening import Quality, Sharpening
from rimlight.app.workspace import Workspace
from rimlight.engine import CancelToken, NodeError, Region, Tier
from rimlight.engine.errors import chain
from toy_nodes import CALLS, Slow


def scene(workspace: Workspace) -> None:
    s = workspace.session
    s.set_project(format="32x24")
    s.add("toy.coordinates", name="Source")
    s.add("toy.gain", "Source", name="Gain", gain=2.0)
    s.add("toy.slow", "Source", name="Slow", seconds=20.0)
    s.add("toy.broken", "Source", name="Broken")


def test_a_result_arrives_in_the_gui_thread(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[tuple[Result, int]] = []
    workspace.evaluations.request(
        workspace, "Gain", 1.0, lambda r: found.append((r, threading.get_ident())), region=Region(2, 3, 6, 5)
    )
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    result, thread = found[0]
    assert thread == threading.get_ident()
    assert result.final and result.value.region == Region(2, 3, 6, 5)
    assert torch.equal(result.value.tensor("rgba", Region(2, 3, 6, 5))[0, 0], torch.tensor([4.0, 6.0, 8.0, 10.0]))
    assert not workspace.evaluations.busy


def test_the_newest_request_of_an_owner_wins(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[str] = []
    workspace.evaluations.request(workspace, "Slow", 1.0, lambda r: found.append(r.node))
    assert Slow.entered.wait(10)
    begin = time.monotonic()
    workspace.evaluations.request(workspace, "Gain", 1.0, lambda r: found.append(r.node))
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    assert time.monotonic() - begin < 10
    qtbot.wait(100)
    assert found == ["Gain"]


def test_channels_and_owners_do_not_disturb_each_other(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    other, found = QObject(), []
    for owner, channel in ((workspace, "a"), (workspace, "b"), (other, "a")):
        workspace.evaluations.request(owner, "Gain", 1.0, found.append, channel=channel)
    qtbot.waitUntil(lambda: len(found) == 3, timeout=10_000)


def test_nothing_is_delivered_after_cancelling(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[object] = []
    workspace.evaluations.request(workspace, "Slow", 1.0, found.append, found.append)
    assert Slow.entered.wait(10)
    workspace.evaluations.cancel(workspace)
    assert not workspace.evaluations.busy
    qtbot.waitUntil(lambda: workspace.evaluations.activity.node("Slow").computing is None, timeout=5000)
    qtbot.wait(100)
    assert found == []


def test_stopping_everything_leaves_the_housekeeping(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[object] = []
    may_go_on = threading.Event()

    def keep_house(token: CancelToken) -> str:
        may_go_on.wait(10)
        token.check()
        return "kept"

    workspace.evaluations.run(QObject(workspace), keep_house, found.append, urgency=HOUSEKEEPING)
    workspace.evaluations.request(workspace, "Slow", 1.0, found.append, found.append)
    assert Slow.entered.wait(10)
    workspace.evaluations.cancel_all()
    may_go_on.set()
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    assert found == ["kept"]


def test_rest_is_told_once_the_last_thread_is_done(workspace: Workspace, qtbot: QtBot) -> None:
    heard: list[str] = []
    begun, may_end = threading.Event(), threading.Event()

    def stubborn(token: CancelToken) -> None:
        begun.set()
        may_end.wait(10)

    workspace.evaluations.rested.connect(lambda: heard.append("rested"))
    workspace.evaluations.busy_changed.connect(lambda busy: heard.append("busy" if busy else "nobody waits"))
    workspace.evaluations.run(workspace, stubborn, heard.append)
    assert begun.wait(10)
    workspace.evaluations.cancel_all()
    qtbot.wait(50)
    assert heard == ["busy", "nobody waits"]
    with qtbot.waitSignal(workspace.evaluations.rested, timeout=10_000):
        may_end.set()
    assert heard == ["busy", "nobody waits", "rested"]


def test_an_owner_that_is_gone_gets_nothing(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    owner, found = QObject(), []
    workspace.evaluations.request(owner, "Slow", 1.0, found.append, found.append)
    assert Slow.entered.wait(10)
    dispose(owner)
    qtbot.waitUntil(lambda: not workspace.evaluations.busy, timeout=5000)
    assert found == []


def test_errors_are_delivered_and_known_until_the_next_request(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    errors: list[Exception] = []
    activity = workspace.evaluations.activity
    workspace.evaluations.request(workspace, "Broken", 1.0, lambda r: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=10_000)
    assert isinstance(errors[0], NodeError) and errors[0].path == "Broken" and "cannot do" in str(errors[0])
    assert [e.path for e in activity.errors] == ["Broken"] and activity.error("Broken") is errors[0]
    assert not any(error.__traceback__ for error in chain(errors[0])), "its frames would hold pictures"
    found: list[Result] = []
    workspace.evaluations.request(workspace, "Gain", 1.0, found.append)
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    assert activity.errors == []


@pytest.mark.parametrize("raised", [ZeroDivisionError("by hand"), SystemExit("by hand")])
def test_a_mistake_of_ours_is_an_error_too(raised: BaseException, workspace: Workspace, qtbot: QtBot) -> None:
    def fail(token: object) -> None:
        raise raised

    errors: list[Exception] = []
    workspace.evaluations.run(workspace, fail, lambda r: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=10_000)
    assert f"{type(raised).__name__} while evaluating: by hand" in str(errors[0])


def test_pictures_sharpen_step_by_step(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[Result] = []
    steps = (Quality(0.25, Tier.DRAFT), Quality(1.0, Tier.STUDENT), Quality())
    workspace.evaluations.request(workspace, "Gain", 1.0, found.append, steps=steps, region=Region(0, 0, 32, 24))
    qtbot.waitUntil(lambda: len(found) == 3, timeout=10_000)
    assert [r.quality for r in found] == list(steps)
    assert [r.final for r in found] == [False, False, True]
    assert [r.value.region.width for r in found] == [8, 32, 32]


def test_thumbnails_leave_threads_to_the_viewer(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[Result] = []
    for number in range(6):
        workspace.evaluations.request(
            workspace, "Slow", float(number), lambda r: None, channel=f"stamp {number}", urgency=THUMBNAILS
        )
    workspace.evaluations.request(workspace, "Gain", 1.0, found.append, channel="viewer")
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)


def test_what_nodes_do_is_told(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    activity = workspace.evaluations.activity
    workspace.session.set("Slow", seconds=0.3)
    workspace.evaluations.request(workspace, "Slow", 1.0, lambda r: None)
    qtbot.waitUntil(lambda: activity.node("Slow").computing is not None, timeout=10_000)
    qtbot.waitUntil(lambda: activity.node("Slow").seconds is not None, timeout=10_000)
    assert activity.node("Slow").computing is None and (activity.node("Slow").seconds or 0) >= 0.3


def test_what_is_shown_stays_in_the_cache(workspace: Workspace, qtbot: QtBot) -> None:
    scene(workspace)
    found: list[Result] = []
    workspace.evaluations.request(workspace, "Gain", 1.0, found.append, pin=True)
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    assert workspace.session.evaluator.cache._pins
    workspace.evaluations.cancel(workspace)
    assert not workspace.session.evaluator.cache._pins


def test_closing_stops_everything(qapp: object, qtbot: QtBot, workspace: Workspace) -> None:
    scene(workspace)
    for channel in "abcdef":
        workspace.evaluations.request(workspace, "Slow", 1.0, lambda r: None, channel=channel)
    assert Slow.entered.wait(10)
    assert workspace.evaluations.close()
    assert [name for name in own_threads() if "evaluate" in name] == []
    CALLS.clear()
    assert workspace.evaluations.request(workspace, "Gain", 1.0, lambda r: None).done
    assert CALLS == []


def test_drafts_are_as_sharp_as_time_allows() -> None:
    sharpening = Sharpening(budget=0.1)
    final = Quality()
    assert [s.scale for s in sharpening.steps(final)] == [0.25, 1.0, 1.0]
    sharpening.took(Quality(0.25, Tier.DRAFT), 0.02)
    assert sharpening.steps(final)[0] == Quality(0.5, Tier.DRAFT)
    sharpening.took(final, 0.05)
    assert sharpening.steps(final) == (final,)
    sharpening.forget()
    sharpening.took(Quality(0.25, Tier.DRAFT), 5.0)
    assert sharpening.steps(final)[0] == Quality(0.125, Tier.DRAFT)
    assert sharpening.steps(Quality(0.5, Tier.DRAFT))[-1] == Quality(0.5, Tier.DRAFT)


def test_drafts_leave_time_to_show_them() -> None:
    sharpening = Sharpening(budget=0.2)
    sharpening.took(Quality(0.25, Tier.DRAFT), 0.06)
    assert sharpening.steps(Quality())[0].scale == 0.5
    sharpening.took(Quality(0.5, Tier.DRAFT), 0.14)
    assert sharpening.steps(Quality())[0].scale == 0.5, "it fits, but leaves no time for a sharper one"
    sharpening.shown(0.1)
    assert sharpening.steps(Quality())[0].scale == 0.25
    sharpening.took(Quality(), 0.15)
    assert len(sharpening.steps(Quality())) > 1, "the final picture would be made in time, but not shown"
    sharpening.shown(0.0)
    sharpening.shown(0.0)
    assert sharpening.steps(Quality()) == (Quality(),)
