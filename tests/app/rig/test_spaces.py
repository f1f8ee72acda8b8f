"""Lights that RigSpace holds in the world are edited as they are seen, at any frame, and stay in the world."""

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import rigpanels
from rigpanels import LEFT, NONE, Make, named, towards
from rimlight.app.rig.lights import Handle, in_space
from rimlight.app.rig.panel import LightRigPanel
from rimlight.app.rig.placement import Placer
from rimlight.app.rig.space import HERE, Space
from rimlight.app.workspace import Workspace
from rimlight.engine import Curve, DirectionalLight, PointLight, Rig, SpotLight, angles_of, save_rig

PAN, LATER = 40.0, 11
"""The camera pans to the left by that between frames 1 and 11, and stands elsewhere there."""


def camera(workspace: Workspace, tilt: float = 0.0) -> None:
    workspace.session.add(
        "light.camera", name="Shot", pan=Curve.of((1, 0.0), (LATER, PAN), interp="linear"),
        tilt=Curve.of((1, 0.0), (LATER, tilt), interp="linear"),
        position=(Curve.of((1, 0.0), (LATER, 50.0), interp="linear"), 0.0, 0.0),
    )  # fmt: skip


def opened(workspace: Workspace, make_panel: Make, qtbot: QtBot, frame: float = LATER) -> LightRigPanel:
    workspace.select(("Held",))
    workspace.set_frame(frame)
    return rigpanels.opened(make_panel, qtbot)


def drag(panel: LightRigPanel, name: str, azimuth: float, elevation: float, qtbot: QtBot) -> None:
    start = panel.dome.place_of(named(panel, name)).toPoint()
    end = panel.dome.point(towards(azimuth, elevation)).toPoint()
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    for step in range(1, 5):
        QTest.mouseMove(panel.dome, start + (end - start) * step / 4)
    looks = []
    panel.watch.looked.connect(looks.append)
    qtbot.waitUntil(lambda: bool(looks), timeout=20_000)
    QTest.mouseMove(panel.dome, end)
    QTest.mouseRelease(panel.dome, LEFT, NONE, end)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)


def shining(workspace: Workspace, frame: float, name: str) -> tuple[float, float]:
    """Where what lights the picture of a frame comes from."""
    rig: Rig = workspace.session.evaluate("Held", frame=frame)
    (light,) = [light for light in rig if light.name == name]
    assert isinstance(light, DirectionalLight)
    return angles_of(light.direction)


@pytest.mark.parametrize("tilt", [0.0, 15.0])
def test_a_lights_own_node_is_edited_as_it_is_seen(
    tilt: float, workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    camera(workspace, tilt)
    s.add("light.directional", name="Sun", light_name="sun", azimuth=30.0, elevation=10.0)
    s.add("light.rig_space", "Sun", name="Held", reference_frame=1)
    s.connect("Held", "camera", "Shot")
    panel = opened(workspace, make_panel, qtbot)
    handle = named(panel, "sun")
    assert not handle.foreign and handle.path == "Sun"
    assert (handle.azimuth, handle.elevation) == pytest.approx(shining(workspace, LATER, "sun"), abs=0.01)
    before, nodes = s.history.position, set(workspace.graph)
    drag(panel, "sun", -60, 25, qtbot)
    assert s.history.position == before + 1 and set(workspace.graph) == nodes
    assert shining(workspace, LATER, "sun") == pytest.approx((-60, 25), abs=1.5)
    if not tilt:
        assert shining(workspace, 1, "sun") == pytest.approx((-60 + PAN, 25), abs=1.5), "the world turned with no one"
    workspace.set_frame(1)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    handle = named(panel, "sun")
    assert (handle.azimuth, handle.elevation) == pytest.approx(shining(workspace, 1, "sun"), abs=0.01)


def test_a_light_of_a_file_gets_a_node_that_stays_in_the_world(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    s = workspace.session
    camera(workspace)
    key = DirectionalLight(name="key", direction=towards(30, 20), kelvin=4000.0)
    lamp = PointLight(name="lamp", position=(1.0, 0.0, -2.0), size=5.0)
    save_rig(Rig((key, lamp), 100.0), tmp_path / "a.rig")
    s.add("ReadRig", name="File", file=str(tmp_path / "a.rig"))
    s.add("light.rig_space", "File", name="Held", reference_frame=1)
    s.connect("Held", "camera", "Shot")
    panel = opened(workspace, make_panel, qtbot)
    assert named(panel, "key").foreign and named(panel, "key").azimuth == pytest.approx(30 - PAN)
    before = s.history.position
    drag(panel, "key", 50, 0, qtbot)
    assert s.history.position == before + 1
    made = named(panel, "key")
    assert not made.foreign and workspace.graph[made.path].value("kelvin") == 4000
    assert shining(workspace, LATER, "key") == pytest.approx((50, 0), abs=1.5)
    assert shining(workspace, 1, "key") == pytest.approx((50 + PAN, 0), abs=1.5)
    away = panel.dome.place_of(named(panel, "lamp")).toPoint()
    panel.acting.scroll("#lamp", 1, "distance", object())
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    lamp_handle = named(panel, "lamp")
    assert not lamp_handle.foreign and (panel.dome.place_of(lamp_handle).toPoint() - away).manhattanLength() <= 2
    rig: Rig = s.evaluate("Held", frame=1)
    assert sorted(light.name for light in rig) == ["key", "lamp"]


def test_a_new_light_is_put_where_the_camera_does_not_take_it_along(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    camera(workspace)
    s.add("light.directional", name="Sun", light_name="sun")
    s.add("light.rig_space", "Sun", name="Held", reference_frame=1)
    s.connect("Held", "camera", "Shot")
    panel = opened(workspace, make_panel, qtbot)
    panel.acting.add("light.directional")
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert workspace.graph["Held"].inputs["rig"] == panel.current != "Sun"
    new = named(panel, "directional")
    assert not new.foreign
    first = workspace.graph[panel.current].cls.spec("azimuth").default  # type: ignore[union-attr]
    assert new.azimuth == pytest.approx(first) and shining(workspace, 1, "directional")[0] == pytest.approx(first + PAN)
    panel.acting.duplicate()
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert workspace.graph["Held"].inputs["rig"] == panel.current


@pytest.mark.parametrize("mode", ["highlight", "shadow"])
def test_lights_are_placed_where_the_mouse_is_at_any_frame(mode: str, workspace: Workspace, qtbot: QtBot) -> None:
    s = workspace.session
    camera(workspace, 10.0)
    s.set_project(format="320x180")
    plate = s.add("image.constant")
    for layer, color in (("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0)), ("depth", (200, 0, 0, 0))):
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    s.add("light.directional", name="Sun", light_name="sun", azimuth=30.0, elevation=10.0)
    s.add("light.spot", "Sun", name="Spot", light_name="spot", position=(0.0, 0.0, 0.0), target=(0.0, 0.0, -150.0))
    s.add("light.rig_space", "Spot", name="Held", reference_frame=1)
    s.connect("Held", "camera", "Shot")
    s.add("light.relight", name="Lit", inputs={"image": plate, "rig": "Held"})
    workspace.view("Lit", 1)
    placer = workspace.the(Placer)
    placer.begin(mode)
    found = {}
    for frame in (1, LATER):
        workspace.set_frame(frame)
        for path in ("Sun", "Spot") if mode == "highlight" else ("Sun",):
            workspace.select((path,))
            placer.pressed((200.0, 60.0))
            qtbot.waitUntil(lambda: not placer._busy, timeout=10_000)
            placer.dragged((250.0, 120.0))
            qtbot.waitUntil(lambda: not placer._busy, timeout=10_000)
            placer.released()
        rig: Rig = s.evaluate("Held", frame=frame)
        sun, spot = rig.lights
        assert isinstance(sun, DirectionalLight) and isinstance(spot, SpotLight)
        placed = [*map(float, (*sun.direction, *spot.position, *spot.aim))]
        found[frame] = placed if mode == "highlight" else placed[:3]
    assert found[1] == pytest.approx(found[LATER], abs=0.05), "each time it is put where the mouse is"


def test_spaces_go_there_and_back() -> None:
    turn = Space(((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)), (10.0, 20.0, -5.0))
    assert turn.upright and turn.turn == pytest.approx(90)
    place = (3.0, -4.0, 7.0)
    assert turn.given(turn.seen(place)) == pytest.approx(place)
    both = turn.after(turn)
    assert both.seen(place) == pytest.approx(turn.seen(turn.seen(place)))
    lamp = Handle("L", "light.point", "l", 20.0, 10.0, 150.0, (0.0, 0.0, -200.0), 3.0, 0, 6500, 0, (1, 1, 1),
                  True, False, False, False)  # fmt: skip
    back = in_space(in_space(lamp, turn), HERE)
    assert (back.azimuth, back.elevation, back.distance, back.size) == pytest.approx((20, 10, 150, 3))
