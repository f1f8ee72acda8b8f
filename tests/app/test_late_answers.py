"""An answer that comes late changes nothing that is newer: another script, another node, nothing looked at any more."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktops import Held, dispose, hold_files, let_go_late
from rimlight.app import doubts, workers
from rimlight.app.curves import samples
from rimlight.app.properties import solve_bar
from rimlight.app.properties.parameter import find
from rimlight.app.rig.projection import Side as DomeSide
from rimlight.app.rig.scene import find_scene
from rimlight.app.rig.watching import Wanted, Watch
from rimlight.app.timeline import cached
from rimlight.app.timeline.ahead import Shown
from rimlight.app.tracking import control
from rimlight.app.viewer import pictures
from rimlight.app.viewer.pictures import Pictures
from rimlight.app.viewer.side import Side, Wish
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Document, Loaded


def another(workspace: Workspace) -> None:
    """Open another script that has nodes of the same names."""
    graph = workspace.graph
    workspace.session.adopt(Loaded(Document(graph)))
    workspace.follow_session()


def test_files_that_are_read_after_the_window_is_gone_are_nobodys(
    workspace: Workspace, config: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = MainWindow(workspace, config, config / "autosave")
    gate = hold_files(workspace)
    window.show_start_page()
    workspace.setParent(None)
    with monkeypatch.context() as patch:
        patch.setattr(workers.Workers.close, "__defaults__", (False, 0.01))  # else it waits half a minute for the gate
        window.close()
    dispose(window)
    gate.set()
    qtbot.waitUntil(lambda: not workspace.background.busy, timeout=20_000)


def test_a_script_is_known_again_until_another_is_opened(workspace: Workspace) -> None:
    still_here = workspace.same_script()
    workspace.session.add("Constant", name="A")
    workspace.undo()
    assert still_here()
    another(workspace)
    assert not still_here() and workspace.same_script()()


def test_what_a_node_solves_stays_out_of_another_script(
    workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held({"nose_tip": (1.0, 2.0)})
    monkeypatch.setattr(solve_bar, "solved_at", held)
    fit = workspace.session.add("face.fit", workspace.session.add("image.checkerboard", format="160x90"))
    bar: Any = SimpleNamespace(_shared=SimpleNamespace(workspace=workspace), _path=lambda: fit)
    solve_bar.SolveBar.solve(bar, "middle")
    qtbot.waitUntil(held.begun.is_set)
    another(workspace)
    let_go_late(held, workspace, qtbot)
    assert "nose_tip" not in workspace.graph[fit].values and not workspace.dirty


def test_tracking_ends_with_its_script(workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(None)
    monkeypatch.setattr(control, "follow_tracks", held)
    s = workspace.session
    s.set_project(format="160x120", frames=[1, 8])
    s.add("Tracker", s.add("image.checkerboard", format="160x120"), name="T", track1=(40.0, 30.0), track1_weight=1.0)
    tracking = workspace.the(control.Tracking)
    tracking.track("T", 1, whole=True)
    qtbot.waitUntil(held.begun.is_set)
    tracking._heard(tracking._token, 2.0, {"track1": (41.0, 30.0)})
    another(workspace)
    assert not tracking.running
    let_go_late(held, workspace, qtbot)
    assert workspace.graph["T"].values["track1"] == (40.0, 30.0) and not workspace.dirty


def test_frames_in_the_cache_are_those_of_what_is_shown(
    workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held({1: "host"})
    monkeypatch.setattr(cached, "cached_frames", held)
    frames = cached.CachedFrames(workspace, workspace)
    frames.follow(Shown(("A",)), (1, 2))
    qtbot.waitUntil(held.begun.is_set)
    frames.follow(Shown(), (1, 2))
    qtbot.waitUntil(lambda: frames.settled)
    let_go_late(held, workspace, qtbot)
    assert frames.frames == {}


def test_nothing_is_doubted_in_another_script(
    workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held({"A": ("it is odd",)})
    monkeypatch.setattr(doubts, "doubts_by_node", held)
    workspace.session.add("Constant", name="A")
    workspace.view("A", 1)
    qtbot.waitUntil(held.begun.is_set, timeout=20_000)
    another(workspace)
    let_go_late(held, workspace, qtbot)
    assert workspace.facts.node("A").warnings == ()


def test_a_curve_that_is_not_wanted_any_more_gets_no_points(workspace: Workspace, qtbot: QtBot) -> None:
    held = Held({})
    workspace.evaluations.run(workspace, held, lambda _: None, urgency=samples.HOUSEKEEPING)  # what it waits behind
    qtbot.waitUntil(held.begun.is_set)
    found = samples.Samples(workspace, workspace)
    workspace.session.add("toy.gain", name="G")
    parameter = find(workspace.graph, "G.gain")
    track: Any = SimpleNamespace(id=("G", "gain", 0), curve=None, parameter=parameter, component=0)
    found.want([track], 1, 5)
    qtbot.waitUntil(lambda: not found._timer.isActive())
    found.want([], 1, 5)
    let_go_late(held, workspace, qtbot)
    assert found.points == {}


def test_the_dome_shows_no_rig_that_is_gone(workspace: Workspace, qtbot: QtBot) -> None:
    workspace.session.add("light.directional", name="Key")
    scene = find_scene(workspace.session, "Key", None)
    wanted: list[Wanted | None] = [Wanted(scene, DomeSide.FRONT, 64)]
    watch = Watch(workspace, lambda: wanted[0], lambda: False, workspace)
    held = Held(SimpleNamespace(levels={}, ratio=None))
    watch._looker = SimpleNamespace(look=held, measure=held)  # type: ignore[assignment]
    watch.changed()
    qtbot.waitUntil(held.begun.is_set)
    wanted[0] = None
    watch.changed()
    assert watch.look is None
    let_go_late(held, workspace, qtbot)
    assert watch.look is None


def test_lights_are_told_only_of_a_rig_that_is_viewed(workspace: Workspace, qtbot: QtBot) -> None:
    side = Side(workspace, 0.1, workspace)
    s = workspace.session
    s.set_project(format="32x32")
    s.add("light.directional", name="Key")
    s.add("toy.coordinates", name="C")
    side.ask(Wish("Key", 1.0), 1.0)
    asked = side.wish
    qtbot.waitUntil(lambda: bool(side.rig_lines), timeout=20_000)
    side._start(Wish("C", 1.0))
    assert asked is not None and side.rig_lines == ()
    side._got_rig(s_result(workspace, "Key"))
    assert side.rig_lines == ()
    qtbot.waitUntil(lambda: side.fresh, timeout=20_000)


def s_result(workspace: Workspace, node: str) -> Any:
    """What a request for a node delivers."""
    return SimpleNamespace(node=node, value=workspace.session.evaluate(node))


def test_esc_does_not_leave_a_viewer_without_its_display(
    workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    display = object()
    held = Held(display)
    monkeypatch.setattr(pictures, "open_display", held)
    shown = Pictures(workspace, 0.1, workspace)
    shown._open_display()
    qtbot.waitUntil(held.begun.is_set)
    workspace.evaluations.cancel_all()
    held.gate.set()
    qtbot.waitUntil(lambda: shown.display is display, timeout=20_000)
