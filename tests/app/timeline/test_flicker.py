"""The flicker of what is shown, measured in the background once it is asked for."""

import re

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.timeline import flicker
from rimlight.app.timeline.flicker import nearest_left
from rimlight.app.timeline.panel import PANEL, TimelinePanel
from rimlight.app.timeline.ruler import CURVE
from rimlight.app.window import MainWindow
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve


@pytest.fixture
def blinking(workspace: Workspace) -> str:
    """A picture that is twice as bright in frame 3, viewed; frames 1 to 4."""
    s = workspace.session
    s.set_project(format="32x32", frames=[1, 4])
    gain = Curve.of((1, 1.0), (2, 1.0), (3, 2.0), (4, 1.0), interp="linear")
    node = s.add("toy.gain", s.add("toy.coordinates"), gain=gain)
    workspace.view(node, 1)
    return node


def opened(make_panel: Make) -> TimelinePanel:
    made = make_panel(PANEL, TimelinePanel)
    made.resize(900, 120)
    return made


def test_nothing_is_measured_until_it_is_asked_for(
    workspace: Workspace, blinking: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel)
    height = panel.ruler.sizeHint().height()
    qtbot.waitUntil(lambda: panel.settled, timeout=10_000)
    assert not panel.flicker.frames and panel.ruler.curves is None
    panel.bar.flicker_button.click()
    qtbot.waitUntil(lambda: set(panel.flicker.frames) == {1, 2, 3, 4}, timeout=20_000)
    qtbot.waitUntil(lambda: panel.settled, timeout=10_000)
    found = panel.flicker.frames
    assert found[2].own == pytest.approx(0, abs=1e-3)
    assert found[3].own > 20 and found[4].own == pytest.approx(found[3].own, rel=0.05)
    assert found[3].other is None
    assert panel.ruler.curves is not None and panel.ruler.sizeHint().height() > height
    workspace.set_frame(3)
    assert panel.bar.verdict.text() == f"flicker {found[3].own:.1f} ΔE/s"
    assert blinking in workspace.graph and len(list(workspace.graph.walk())) == 2  # the meter is in no script
    panel.bar.flicker_button.click()
    assert not panel.flicker.frames and panel.ruler.curves is None and panel.bar.verdict.text() == ""


def test_an_edit_is_measured_anew_and_side_b_beside(
    workspace: Workspace, blinking: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel)
    panel.bar.flicker_button.click()
    qtbot.waitUntil(lambda: set(panel.flicker.frames) == {1, 2, 3, 4}, timeout=20_000)
    before = panel.flicker.frames[3].own
    workspace.edit(lambda s: s.set(blinking, gain=Curve.of((2, 1.0), (3, 1.2), interp="linear")))
    assert not panel.flicker.frames
    qtbot.waitUntil(lambda: set(panel.flicker.frames) == {1, 2, 3, 4}, timeout=20_000)
    assert panel.flicker.frames[3].own < 0.5 * before
    still = workspace.session.add("toy.coordinates")
    workspace.view(still, 2, side="b")
    qtbot.waitUntil(lambda: set(panel.flicker.frames) == {1, 2, 3, 4}, timeout=20_000)
    other = panel.flicker.frames[3].other
    assert other == pytest.approx(0, abs=1e-3)
    assert "B 0.0" in (workspace.set_frame(3), panel.bar.verdict.text())[1]


def test_what_cannot_be_measured_is_said(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    rig = workspace.session.add("light.directional")
    workspace.view(rig, 1)
    panel = opened(make_panel)
    heard = []
    workspace.message.connect(heard.append)
    panel.bar.flicker_button.click()
    qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
    assert "shows no picture" in heard[0].text
    qtbot.waitUntil(lambda: panel.settled, timeout=10_000)


def test_a_still_has_no_flicker(workspace: Workspace, blinking: str, make_panel: Make, qtbot: QtBot) -> None:
    """Equal frames were measured one by one, and a number stood there as if a shot were steady."""
    still = workspace.session.add("toy.coordinates")
    workspace.view(still, 1)
    panel = opened(make_panel)
    heard = []
    workspace.message.connect(heard.append)
    panel.bar.flicker_button.click()
    qtbot.waitUntil(lambda: bool(heard), timeout=10_000)
    assert heard[0].text == f"{still} is one picture from frame 1 to 4: there is no flicker to measure"
    qtbot.waitUntil(lambda: panel.settled, timeout=10_000)
    assert not panel.flicker.frames
    workspace.view(blinking, 1)  # what does change is measured, without being asked again
    qtbot.waitUntil(lambda: set(panel.flicker.frames) == {1, 2, 3, 4}, timeout=20_000)
    workspace.session.set_project(frames=[2, 2])
    qtbot.waitUntil(lambda: len(heard) > 1, timeout=10_000)
    assert heard[-1].text == f"{blinking} is one picture at frame 2 alone: there is no flicker to measure"


def test_how_far_it_is_is_told_from_the_start_and_it_can_be_stopped(
    workspace: Workspace, blinking: str, make_panel: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long shot was looked through, frame by frame, before anything was said."""
    monkeypatch.setattr(flicker, "LOOK_S", 0.0)  # so that it tells after every frame
    s = workspace.session
    s.set_project(frames=[1, 1_000_000])
    still = s.add("toy.coordinates")
    workspace.view(still, 1)
    workspace.stop_key = "Esc"
    panel = opened(make_panel)
    panel.bar.flicker_button.click()
    assert panel.ruler.progress == "comparing 0 of 1000000; Esc stops"
    qtbot.waitUntil(lambda: re.match(r"comparing [1-9]\d* of 1000000; Esc", panel.ruler.progress), timeout=20_000)
    workspace.evaluations.cancel_all()
    assert panel.flicker.settled and panel.ruler.progress == "flicker stopped at 0 of 1000000"
    workspace.view(blinking, 1)  # which goes on
    qtbot.waitUntil(lambda: re.match(r"measuring [1-9]\d* of 1000000; Esc", panel.ruler.progress), timeout=20_000)
    qtbot.waitUntil(lambda: bool(panel.flicker.frames), timeout=20_000)
    assert not panel.flicker.settled
    panel.bar.flicker_button.click()
    assert panel.flicker.settled and panel.ruler.progress == "" and panel.ruler.curves is None


def test_the_menu_and_a_key_measure_it_too(workspace: Workspace, blinking: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel)
    action = panel.desktop.actions.qaction("timeline.flicker")
    assert not action.shortcut().isEmpty() and not action.isChecked()
    assert panel.desktop.actions.trigger("timeline.flicker")
    assert panel.flicker.on and panel.bar.flicker_button.isChecked() and action.isChecked()
    panel.bar.flicker_button.click()
    assert not panel.flicker.on and not action.isChecked()


def test_the_timeline_is_as_low_again_when_the_curves_go(window: MainWindow, qtbot: QtBot) -> None:
    """It kept the room, empty, above and below its controls."""
    dock, button = window.docks["timeline"], window.panels["timeline"].bar.flicker_button  # type: ignore[attr-defined]
    window.resize(1200, 800)
    window.apply_layout("Compositing")
    qtbot.waitUntil(lambda: dock.height() == dock.minimumSizeHint().height())
    low = dock.height()
    button.click()
    qtbot.waitUntil(lambda: dock.height() > low)
    button.click()
    qtbot.waitUntil(lambda: dock.height() == low)


def test_a_timeline_that_was_made_higher_beside_its_curves_stays_so(window: MainWindow, qtbot: QtBot) -> None:
    dock, button = window.docks["timeline"], window.panels["timeline"].bar.flicker_button  # type: ignore[attr-defined]
    window.resize(1200, 800)
    window.apply_layout("Compositing")
    qtbot.waitUntil(lambda: dock.height() == dock.minimumSizeHint().height())
    low = dock.height()
    button.click()
    qtbot.waitUntil(lambda: dock.height() > low)
    window.resizeDocks([dock], [low + 200], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() > low + 2 * CURVE)
    high = dock.height()
    button.click()
    over: list[bool] = []
    QTimer.singleShot(0, lambda: over.append(True))  # behind what would make it low
    qtbot.waitUntil(lambda: bool(over))
    QApplication.processEvents()
    assert dock.height() == high


def test_the_nearest_frame_that_is_left() -> None:
    assert nearest_left(5.0, (1, 10), {5}) == 4
    assert nearest_left(5.0, (1, 10), {4, 5}) == 6
    assert nearest_left(9.4, (1, 10), {8, 9, 10}) == 7
    assert nearest_left(50.0, (1, 10), set()) == 10
    assert nearest_left(-5.0, (-3, 10), {-3}) == -2
    assert nearest_left(1.0, (1, 3), {1, 2, 3}) is None
    assert nearest_left(7.0, (1, 10**12), {7}) == 6
