"""Lights placed on the picture: a wall 200 cm away that faces the camera, so that everything has a closed form."""

import math
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from models import tiny_student
from rimlight.app.rig.placement import Placer
from rimlight.app.rig.placing import Mode
from rimlight.app.rig.placing_tool import PlaceLights
from rimlight.app.rig.scene import find_scene
from rimlight.app.viewer.geometry import View
from rimlight.app.viewer.lens import Lens
from rimlight.app.viewer.tools import Press
from rimlight.app.workspace import Workspace
from rimlight.engine import Region, direction_of

WIDTH, HEIGHT = 320, 180
HALF = math.tan(math.radians(20))
"""Half the frame's width at distance 1, of a field of view of 40 degrees."""


def place_of(x: float, y: float, depth: float = 200.0) -> tuple[float, float, float]:
    """The place of a pixel on the wall; x, y from the bottom left, at the pixel's centre."""
    return (2 * x / WIDTH - 1) * HALF * depth, (2 * y / HEIGHT - 1) * HALF * HEIGHT / WIDTH * depth, -depth


@pytest.fixture
def wall(workspace: Workspace) -> dict[str, str]:
    """A wall lit by a directional and a spot light, viewed."""
    s = workspace.session
    s.set_project(format=f"{WIDTH}x{HEIGHT}")
    plate = s.add("image.constant")
    for layer, color in (
        ("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0)), ("depth", (200, 0, 0, 0)),
    ):  # fmt: skip
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    sun = s.add("light.directional", light_name="sun")
    spot = s.add("light.spot", sun, light_name="spot", position=(0.0, 0.0, 0.0), target=(0.0, 0.0, -150.0))
    lit = s.add("light.relight", inputs={"image": plate, "rig": spot})
    workspace.view(lit, 1)
    return {"sun": sun, "spot": spot, "lit": lit}


def place(workspace: Workspace, qtbot: QtBot, *points: tuple[float, float]) -> Placer:
    """A press, drags and a release, each waited for."""
    placer = workspace.the(Placer)
    placer.pressed(points[0])
    for point in points[1:]:
        qtbot.waitUntil(lambda: not placer._busy, timeout=10_000)
        placer.dragged(point)
    qtbot.waitUntil(lambda: not placer._busy, timeout=10_000)
    placer.released()
    return placer


def test_there_is_one_placer(workspace: Workspace) -> None:
    assert workspace.the(Placer) is workspace.the(Placer)


def test_the_brightest_point_of_a_wall_is_lit_from_the_front(
    workspace: Workspace, wall: dict[str, str], qtbot: QtBot
) -> None:
    workspace.select((wall["sun"],))
    workspace.the(Placer).begin(Mode.BRIGHTEST)
    before = workspace.session.history.position
    place(workspace, qtbot, (200.5, 40.5))
    sun = workspace.graph[wall["sun"]]
    assert (sun.value("azimuth"), sun.value("elevation")) == (0.0, 0.0)
    assert workspace.session.history.position == before + 1


def test_the_highlight_follows_a_drag_in_one_step(workspace: Workspace, wall: dict[str, str], qtbot: QtBot) -> None:
    workspace.select((wall["sun"],))
    workspace.the(Placer).begin("highlight")
    before = workspace.session.history.position
    place(workspace, qtbot, (160.5, 90.5), (200.5, 90.5), (240.5, 90.5))
    x, _, z = place_of(240.5, 90.5)
    sun = workspace.graph[wall["sun"]]
    # Seen from the left of the point, the light is mirrored in the wall to its right.
    assert sun.value("azimuth") == pytest.approx(math.degrees(math.atan2(x, -z)), abs=0.02)
    assert workspace.session.history.position == before + 1
    workspace.undo()
    assert "azimuth" not in workspace.graph[wall["sun"]].values


def test_what_is_given_up_before_its_answer_comes_places_nothing(
    workspace: Workspace, wall: dict[str, str], qtbot: QtBot
) -> None:
    workspace.select((wall["sun"],))
    frame, pane = Region(0, 0, WIDTH, HEIGHT), QRectF(0, 0, WIDTH, HEIGHT)
    tool, lens = (
        PlaceLights(workspace),
        Lens(View().resized(WIDTH, HEIGHT).fitted(frame, WIDTH, HEIGHT), 1.0, pane, frame),
    )
    workspace.the(Placer).begin("highlight")
    before = workspace.session.history.position
    drag = tool.grab(Press(QPointF(200, 90), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, lens))
    assert drag is not None
    drag.move(QPointF(240, 90), Qt.KeyboardModifier.NoModifier)
    drag.cancel()
    qtbot.waitUntil(lambda: not workspace.the(Placer)._busy and not workspace.evaluations.busy, timeout=10_000)
    assert workspace.session.history.position == before
    assert "azimuth" not in workspace.graph[wall["sun"]].values


def test_a_spot_keeps_its_distance_and_looks_at_the_point(
    workspace: Workspace, wall: dict[str, str], qtbot: QtBot
) -> None:
    workspace.select((wall["spot"],))
    workspace.the(Placer).begin(Mode.BRIGHTEST)
    place(workspace, qtbot, (100.5, 60.5))
    x, y, z = place_of(100.5, 60.5)
    spot = workspace.graph[wall["spot"]]
    assert spot.value("position") == pytest.approx((x, y, z + 150), abs=0.01)
    assert spot.value("target") == pytest.approx((x, y, z), abs=0.01)


def test_a_shadow_falls_on_the_line_from_the_light(workspace: Workspace, wall: dict[str, str], qtbot: QtBot) -> None:
    workspace.select((wall["sun"],))
    workspace.the(Placer).begin(Mode.SHADOW)
    place(workspace, qtbot, (200.5, 90.5), (120.5, 50.5))
    (cx, cy, _), (sx, sy, _) = place_of(200.5, 90.5), place_of(120.5, 50.5)
    sun = workspace.graph[wall["sun"]]
    assert sun.value("azimuth") == pytest.approx(90.0, abs=0.02)  # both are on the wall, so it grazes
    assert sun.value("elevation") == pytest.approx(math.degrees(math.atan2(cy - sy, cx - sx)), abs=0.02)


def test_the_shadow_of_a_cut_out_is_dragged_over_the_plates_ground(workspace: Workspace, qtbot: QtBot) -> None:
    """No layers are needed; the light is that which puts the card's shadow there."""
    s = workspace.session
    s.set_project(format=f"{WIDTH}x{HEIGHT}")
    plate, actor = s.add("image.constant", color=(0.5, 0.5, 0.5, 1)), s.add("image.constant", color=(0, 0, 0, 1))
    sun = s.add("light.directional")
    level = {"horizon": (160.0, 150.0), "foot": (160.5, 60.5), "camera_height": 150.0}
    lit = s.add("light.cast_shadow", inputs={"image": plate, "element": actor, "rig": sun}, **level)
    workspace.view(lit, 1)
    workspace.select((sun,))
    placer = workspace.the(Placer)
    placer.begin(Mode.SHADOW)
    before = s.history.position
    place(workspace, qtbot, (160.5, 120.5), (160.5, 120.7), (100.5, 40.5), (60.5, 30.5))
    found = workspace.graph[sun]
    assert s.history.position == before + 1
    wanted = {"how": "shadow", "surfaces": "ground", "caster": (160.5, 120.5), "pixel": (60.5, 30.5), **level}
    check = s.add("light.place", inputs={"rig": s.add("light.directional"), "image": plate}, **wanted)
    (light,) = s.evaluate(check).lights
    assert direction_of(found.value("azimuth"), found.value("elevation")).tolist() == pytest.approx(
        light.direction, abs=1e-3
    )
    with qtbot.waitSignal(placer.failed, timeout=10_000) as told:
        place(workspace, qtbot, (160.5, 120.5), (60.5, 170.5))
    assert "no ground at pixel 60.5, 170.5" in told.args[0]


@pytest.mark.parametrize("name", ["sun", "spot"])
def test_the_shadow_of_a_flag_falls_where_the_mouse_is_and_the_card_stays_in_its_plane(
    workspace: Workspace, wall: dict[str, str], qtbot: QtBot, name: str
) -> None:
    s = workspace.session
    s.set(wall["sun"], azimuth=30, elevation=10)
    flag = s.add("light.flag", wall["spot"], lights=name, position=(9.0, 9.0, -100.0), target=(9.0, 9.0, -200.0))
    s.connect(wall["lit"], "rig", flag)
    workspace.select((flag,))
    placer = workspace.the(Placer)
    placer.begin(Mode.SHADOW)
    assert placer.flag == flag and placer.light_name == "flag"
    before = s.history.position
    place(workspace, qtbot, (200.5, 90.5), (120.5, 50.5))
    x, y, z = place_of(120.5, 50.5)
    # Of the way to the plane half between: to the spot, which is at the camera, or as far towards the sun.
    towards = [100 * v / direction_of(30, 10)[2].item() for v in direction_of(30, 10).tolist()]
    expected = (x / 2, y / 2, -100) if name == "spot" else tuple(a + b for a, b in zip((x, y, z), towards, strict=True))
    made = workspace.graph[flag]
    assert made.value("position") == pytest.approx(expected, abs=0.01)
    assert made.value("target") == pytest.approx((*expected[:2], expected[2] - 100), abs=0.01)
    assert s.history.position == before + 1
    s.set(flag, position=(0.0, 0.0, -300.0), target=(0.0, 0.0, -400.0))
    with qtbot.waitSignal(placer.failed, timeout=10_000) as told:
        placer.pressed((120.5, 50.5))
    assert f"the line from there to '{name}' does not cross the plane of the flag" in told.args[0]


def test_what_cannot_be_placed_is_told(workspace: Workspace, wall: dict[str, str], qtbot: QtBot) -> None:
    workspace.select((wall["sun"],))
    placer = workspace.the(Placer)
    placer.begin(Mode.HIGHLIGHT)
    before = workspace.session.history.position
    with qtbot.waitSignal(placer.failed, timeout=10_000) as told:
        placer.pressed((-50.0, 20.0))
    assert "no pixels at pixel -50, 20" in told.args[0]
    assert workspace.session.history.position == before
    placer.dragged((100.5, 60.5))
    qtbot.waitUntil(lambda: workspace.session.history.position > before, timeout=10_000)


def test_without_a_mode_or_a_light_nothing_happens(workspace: Workspace, wall: dict[str, str], qtbot: QtBot) -> None:
    placer = workspace.the(Placer)
    assert placer.mode is Mode.OFF
    assert placer.light == wall["sun"]
    workspace.session.remove(wall["sun"], wall["spot"])
    assert placer.light == ""
    placer.begin(Mode.FRONT)
    with qtbot.waitSignal(placer.failed):
        placer.pressed((10.5, 10.5))


@pytest.fixture
def plate(workspace: Workspace, tmp_path: Path) -> str:
    """A picture without any light layers, lit by a directional and a point light; viewed."""
    s = workspace.session
    s.set_project(format="64x48")
    noise = s.add("image.noise", size=20.0)
    sun = s.add("light.directional", light_name="sun")
    lamp = s.add("light.point", sun, light_name="lamp", position=(0.0, 0.0, 0.0))
    lit = s.add("light.relight", inputs={"image": noise, "rig": lamp}, student=str(tiny_student(tmp_path)), distance=80)
    workspace.view(lit, 1)
    return lit


def test_lights_are_placed_on_a_plate_by_what_the_student_sees(workspace: Workspace, plate: str, qtbot: QtBot) -> None:
    s, placer = workspace.session, workspace.the(Placer)
    sun, lamp = find_scene(s, None, plate).lights
    seen = s.add("learned.intrinsics", s.graph[plate].inputs["image"], student=s.graph[plate].value("student"))
    normal = s.evaluate(seen, layers=("normal",))["normal"][:, 23, 32].double()
    workspace.select((sun,))
    placer.begin(Mode.BRIGHTEST)
    place(workspace, qtbot, (32.5, 24.5))
    found = workspace.graph[sun]
    placed = direction_of(found.value("azimuth"), found.value("elevation")).double()
    assert torch.allclose(placed, normal / normal.norm(), atol=0.05)  # the median of nine pixels
    workspace.select((lamp,))
    placer.begin(Mode.SHADOW)
    place(workspace, qtbot, (32.5, 24.5), (40.5, 30.5))
    assert "position" in workspace.graph[lamp].values
    assert not any(name.startswith("Rimlight") for name in workspace.graph)


def test_what_no_student_may_estimate_is_told_in_the_users_words(
    workspace: Workspace, plate: str, qtbot: QtBot
) -> None:
    workspace.session.set(plate, layers="input")
    placer = workspace.the(Placer)
    placer.begin(Mode.HIGHLIGHT)
    assert placer.light_name == "sun"
    with qtbot.waitSignal(placer.failed, timeout=10_000) as told:
        placer.pressed((32.5, 24.5))
    assert told.args == ["the image has no layer 'normal', it has rgba"]
