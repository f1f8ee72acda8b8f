"""Flags dragged with the mouse in a viewer."""

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from desktops import Make
from rimlight.app.rig.flag_view import MIDDLE, TARGET, FlagView
from rimlight.app.viewer.panel import PANEL, ViewerPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, Expr, Key
from viewers import drag, settled


@pytest.fixture
def flag(workspace: Workspace) -> str:
    """A flag before a light on a wall that faces the camera, viewed; the flag is selected."""
    s = workspace.session
    s.set_project(format="64x48")
    plate = s.add("image.constant")
    for layer, color in (("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0)), ("depth", (200, 0, 0, 0))):
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    light = s.add("light.directional", light_name="sun")
    made = s.add("light.flag", light, position=(10.0, 5.0, -120.0), target=(-10.0, 0.0, -200.0), width=30.0)
    workspace.view(s.add("light.relight", inputs={"image": plate, "rig": made}, name="Lit", field_of_view=50.0), 1)
    workspace.select((made,))
    return made


def opened(make_panel: Make, qtbot: QtBot) -> ViewerPanel:
    viewer = make_panel(PANEL, ViewerPanel)
    settled(viewer, qtbot)
    return viewer


def seen(viewer: ViewerPanel) -> tuple[FlagView, dict[str, QPointF]]:
    (found,) = viewer.tools.flags.flags()
    return found, found.grips(viewer.tools.flags.eye(found.path, viewer.stage.lenses()[0]))


def test_a_drag_of_the_middle_takes_the_card_along_in_one_step(
    workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    viewer = opened(make_panel, qtbot)
    before, steps = workspace.graph[flag].values, workspace.session.history.position
    grips = seen(viewer)[1]
    end = grips[MIDDLE] + QPointF(40, -25)
    drag(viewer, qtbot, grips[MIDDLE], end)
    there = seen(viewer)[1][MIDDLE]
    assert (there - end).manhattanLength() < 2.5 and workspace.session.history.position == steps + 1
    assert workspace.graph[flag].value("position")[2] == pytest.approx(-120, abs=0.01)
    workspace.undo()
    assert workspace.graph[flag].values == before
    fine = grips[TARGET]
    drag(viewer, qtbot, fine, fine + QPointF(0, 50), held=Qt.KeyboardModifier.ControlModifier)
    assert seen(viewer)[1][TARGET].y() == pytest.approx(fine.y() + 5, abs=1.5)
    assert workspace.graph[flag].value("position") == before["position"], "only what it looks at"
    settled(viewer, qtbot)


def test_it_is_drawn_while_selected_or_open_and_not_without_overlays(
    workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    viewer = opened(make_panel, qtbot)
    assert len(list(viewer.tools.flags.flags())) == 1
    with_card = viewer.stage.layer.grab().toImage()
    viewer.change(overlays=False)
    assert not list(viewer.tools.flags.flags()) and viewer.stage.layer.grab().toImage() != with_card
    viewer.change(overlays=True)
    workspace.select(("Lit",))
    assert not list(viewer.tools.flags.flags())
    workspace.set_opened((flag,))
    assert [view.path for view in viewer.tools.flags.flags()] == [flag]
    workspace.session.set(flag, position=(0.0, 0.0, 80.0))  # behind the camera, and beside the frame
    viewer.stage.layer.grab()
    workspace.session.set(flag, position=(500.0, 0.0, -80.0))
    viewer.stage.layer.grab()
    settled(viewer, qtbot)


def test_keys_take_the_drag_and_expressions_refuse_it_with_a_sentence(
    workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    workspace.session.set(flag, target=(Curve((Key(1, -10.0), Key(5, 30.0))), 0.0, -200.0))
    viewer = opened(make_panel, qtbot)
    grips = seen(viewer)[1]
    drag(viewer, qtbot, grips[TARGET], grips[TARGET] + QPointF(30, 0))
    keys = workspace.graph[flag].value("target")[0].keys
    assert [key.frame for key in keys] == [1, 5] and keys[0].value > -8 and keys[1].value == 30
    workspace.session.set(flag, position=(Expr("frame + 9"), 5.0, -120.0))
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    grips = seen(viewer)[1]
    drag(viewer, qtbot, grips[MIDDLE], grips[MIDDLE] + QPointF(30, 0))
    assert told and "driven by the expression" in told[0]
    settled(viewer, qtbot)


def test_a_flag_held_in_the_world_is_drawn_where_the_camera_sees_it(
    workspace: Workspace, flag: str, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    camera = s.add("light.camera", pan=10.0)
    space = s.add("light.rig_space", inputs={"rig": flag, "camera": camera}, given_in="world")
    s.connect("Lit", "rig", space)
    viewer = opened(make_panel, qtbot)
    qtbot.waitUntil(lambda: bool(list(viewer.tools.flags.flags())), timeout=20_000)
    found, grips = seen(viewer)
    assert abs(found.middle[0] - 10.0) > 10, "the camera looks elsewhere"
    drag(viewer, qtbot, grips[MIDDLE], grips[MIDDLE] + QPointF(20, 0))
    qtbot.waitUntil(lambda: bool(list(viewer.tools.flags.flags())), timeout=20_000)
    assert seen(viewer)[1][MIDDLE].x() == pytest.approx(grips[MIDDLE].x() + 20, abs=2)
    settled(viewer, qtbot)
