"""Buttons let a node find parameters of its own, off the thread of the window, as one step."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from rimlight.app.properties.panel import PropertiesPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve


def test_a_button_places_the_landmarks_and_undo_takes_them_back(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot
) -> None:
    s = workspace.session
    source = s.add("image.checkerboard", format="160x90")
    fit = s.add("face.fit", source)
    panel.open(fit)
    bar = panel.nodes[0].solve
    assert bar is not None and set(bar.buttons) == {"guess", "middle", "refine"}
    before = s.value(fit, "nose_tip")
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    workspace.set_frame(1001234)
    bar.buttons["middle"].click()
    qtbot.waitUntil(lambda: s.value(fit, "nose_tip") != before, timeout=60000)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=60000)
    assert told == [f"{fit}: middle at frame 1001234", f"{fit}: middle is done at frame 1001234"]
    assert abs(s.value(fit, "nose_tip")[0] - 80) < 1
    s.undo()
    assert s.value(fit, "nose_tip") == before


def test_what_fails_is_told(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    fit = workspace.session.add("face.fit", workspace.session.add("image.checkerboard", format="160x90"))
    panel.open(fit)
    bar = panel.nodes[0].solve
    assert bar is not None
    bar.buttons["refine"].click()
    qtbot.waitUntil(lambda: any("wire Intrinsics to 'surface'" in text for text in told), timeout=60000)


def test_nodes_that_solve_nothing_have_no_buttons(panel: PropertiesPanel, workspace: Workspace) -> None:
    panel.open(workspace.session.add("color.grade"))
    assert panel.nodes[0].solve is None


def test_a_range_is_solved_as_keys_in_one_step(panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(frames=[1, 2])
    fit = s.add("face.fit", s.add("image.checkerboard", format="160x90"))
    panel.open(fit)
    bar = panel.nodes[0].solve
    assert bar is not None
    steps = s.history.position
    menu = bar.over.menu()
    menu.aboutToShow.emit()
    actions = {action.text(): action for action in menu.actions()}
    assert set(actions) == {"Guess Frames 1–2", "Middle Frames 1–2", "Refine Frames 1–2"}
    actions["Middle Frames 1–2"].trigger()
    qtbot.waitUntil(lambda: s.history.position == steps + 1, timeout=60000)
    tip = s.graph[fit].values["nose_tip"]
    assert [[key.frame for key in part.keys] for part in tip] == [[1, 2], [1, 2]]


def test_what_follows_the_shot_goes_over_the_range_at_once(
    panel: PropertiesPanel, workspace: Workspace, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "shot.chan").write_text("".join(f"{f} 0 0 0 1 {10 * f} 0 30\n" for f in (1, 2, 3)))
    s = workspace.session
    s.set_project(frames=[1, 3])
    camera = s.add("light.camera", file=str(tmp_path / "shot.chan"), focal=35.0, haperture=36.0)
    panel.open(camera)
    bar = panel.nodes[0].solve
    assert bar is not None
    assert [button.text() for button in bar.buttons.values()] == ["Turn", "Metadata", "Chan file", "USD file", "Lens"]
    steps = s.history.position
    bar.buttons["chan_file"].click()
    qtbot.waitUntil(lambda: s.history.position == steps + 1, timeout=60000)
    assert [s.value(camera, "pan", f) for f in (1, 2, 3)] == [10, 20, 30]
    s.undo()
    bar.buttons["lens"].click()
    qtbot.waitUntil(lambda: abs(s.value(camera, "field_of_view") - 54.4322) < 1e-3, timeout=60000)
    assert not isinstance(s.graph.at(camera).value("field_of_view"), Curve)
