"""Lights that no node stands for: shown, and given a node by the first edit."""

from pathlib import Path

import pytest
import torch
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rigpanels import LEFT, NONE, Make, named, opened, towards
from rimlight.app.rig.foreign import refusal, values_of
from rimlight.app.rig.panel import LightRigPanel
from rimlight.app.workspace import Workspace
from rimlight.engine import (
    DirectionalLight,
    Flag,
    PointLight,
    Profile,
    Rig,
    Session,
    SphericalGaussians,
    light_level,
    save_rig,
)  # fmt: skip


@pytest.fixture
def read(workspace: Workspace, tmp_path: Path) -> str:
    """A rig from a file: a key, and a lamp a metre to the right of what is lit, in metres."""
    key = DirectionalLight(name="key", direction=towards(30, 20), exposure=1.0, kelvin=4000.0)
    lamp = PointLight(name="lamp", position=(1.0, 0.0, -2.0), size=5.0)
    save_rig(Rig((key, lamp, SphericalGaussians(name="sky", exposure=-3.0)), 100.0), tmp_path / "a.rig")
    made = workspace.session.add("ReadRig", file=str(tmp_path / "a.rig"))
    workspace.select((made,))
    return made


def drag(panel: LightRigPanel, name: str, azimuth: float, elevation: float) -> None:
    start = panel.dome.place_of(named(panel, name)).toPoint()
    end = panel.dome.point(towards(azimuth, elevation)).toPoint()
    QTest.mousePress(panel.dome, LEFT, NONE, start)
    for step in range(1, 5):
        QTest.mouseMove(panel.dome, start + (end - start) * step / 4)
    QTest.mouseRelease(panel.dome, LEFT, NONE, end)


def test_lights_of_a_file_are_shown(workspace: Workspace, read: str, make_panel: Make, qtbot: QtBot) -> None:
    panel = opened(make_panel, qtbot)
    assert [(h.name, h.foreign) for h in panel.handles] == [("key", True), ("lamp", True), ("sky", True)]
    key, lamp = named(panel, "key"), named(panel, "lamp")
    assert (key.azimuth, key.elevation) == pytest.approx((30, 20)) and (key.exposure, key.kelvin) == (1, 4000)
    assert lamp.azimuth == pytest.approx(90) and lamp.distance == pytest.approx(100)
    assert read in panel.main.origin.text() and not panel.main.origin.isHidden() and panel.details.isHidden()


def test_dragging_one_puts_a_node_in_its_place_in_one_step(
    workspace: Workspace, read: str, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    panel = opened(make_panel, qtbot)
    before = s.history.position
    drag(panel, "key", -40, 10)
    assert s.history.position == before + 1
    made = workspace.selection[0]
    assert workspace.graph[made].kind == "light.directional" and panel.current == made
    assert workspace.graph[made].value("azimuth") == pytest.approx(-40, abs=1.5)
    assert (workspace.graph[made].value("exposure"), workspace.graph[made].value("kelvin")) == (1, 4000)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert [(h.name, h.foreign) for h in panel.handles] == [("key", False), ("lamp", True), ("sky", True)]
    assert s.evaluate(made).names == ("lamp", "sky", "key")
    drag(panel, "lamp", 45, 45)
    lamp = workspace.selection[0]
    assert s.evaluate(lamp).names == ("sky", "key", "lamp")
    assert [state.values["drop"] for state in workspace.graph.values() if state.kind == "light.rig"] == ["key lamp"]
    assert named(panel, "lamp").distance == pytest.approx(100, abs=0.1)
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    workspace.undo()
    workspace.undo()
    assert list(workspace.graph) == [read]


def test_a_light_of_rgb_gets_its_temperature_and_shines_as_it_did(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    lamp = DirectionalLight(name="lamp", direction=towards(30, 20), exposure=1.0, color=(0.9, 0.7, 0.5))
    save_rig(Rig((lamp,)), tmp_path / "a.rig")
    s = workspace.session
    made = s.add("ReadRig", file=str(tmp_path / "a.rig"))
    workspace.select((made,))
    panel = opened(make_panel, qtbot)
    shown = named(panel, "lamp")
    assert 3000 < shown.kelvin < 5000 and shown.color == (1, 1, 1)
    qtbot.mouseClick(panel.list.rows["#lamp"].solo, LEFT)
    node = workspace.selection[0]
    assert workspace.graph[node].value("kelvin") == pytest.approx(shown.kelvin)
    (light,) = s.evaluate(node).lights
    (before,) = s.evaluate(made).lights
    torch.testing.assert_close(light_level(light), light_level(before), rtol=1e-6, atol=0)


def test_switches_and_exposure_in_the_list_do_so_too(
    workspace: Workspace, read: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    qtbot.mouseClick(panel.list.rows["#key"].solo, LEFT)
    made = workspace.selection[0]
    assert workspace.graph[made].value("solo") is True and workspace.graph[made].value("light_name") == "key"
    assert made in panel.list.rows and "#key" not in panel.list.rows
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert not named(panel, "lamp").shines


def test_light_from_all_around_says_why_it_stays(
    workspace: Workspace, read: str, make_panel: Make, qtbot: QtBot
) -> None:
    panel = opened(make_panel, qtbot)
    told: list[str] = []
    workspace.message.connect(lambda message: told.append(message.text))
    before = workspace.session.history.position
    qtbot.mouseClick(panel.list.rows["#sky"].solo, LEFT)
    assert workspace.session.history.position == before
    assert told == ["'sky' is light from all around that was fitted to a picture, without a place to drag it to"]


def test_a_light_that_is_placed_further_down_is_shown_where_it_stands(
    workspace: Workspace, make_panel: Make, qtbot: QtBot
) -> None:
    s = workspace.session
    s.set_project(format="64x36")
    plate = s.add("image.constant")
    plate = s.add("channel.add_layer", plate, layer="normal", color=(0, 0, 1, 0))
    sun = s.add("light.directional", light_name="sun", azimuth=60.0, elevation=40.0)
    other = s.add("light.directional", sun, light_name="other", azimuth=-60.0)
    placed = s.add("light.place", inputs={"rig": other, "image": plate}, light="sun", pixel=(32.0, 18.0))
    off = s.add("light.rig", placed, mute="other")
    workspace.select((off,))
    panel = opened(make_panel, qtbot)
    shown = named(panel, "sun")
    assert shown.foreign and (shown.azimuth, shown.elevation) == pytest.approx((0, 0), abs=0.1)
    assert named(panel, "other").path == other and not named(panel, "other").shines
    drag(panel, "sun", 20, 20)
    made = workspace.selection[0]
    assert workspace.graph[sun].value("azimuth") == 60.0 and workspace.graph[made].value("azimuth") > 15
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert [h.name for h in panel.handles if h.name == "sun"] == ["sun"] and not named(panel, "sun").foreign


def test_the_subject_is_found_by_depth_too(workspace: Workspace, make_panel: Make, qtbot: QtBot) -> None:
    s = workspace.session
    s.set_project(format="64x36")
    plate = s.add("image.constant")
    for layer, color in (("albedo", (0.5, 0.5, 0.5, 0)), ("normal", (0, 0, 1, 0)), ("depth", (300, 0, 0, 0))):
        plate = s.add("channel.add_layer", plate, layer=layer, color=color)
    lamp = s.add("light.point", position=(0.0, 0.0, -100.0))
    workspace.view(s.add("light.relight", inputs={"image": plate, "rig": lamp}), 1)
    panel = opened(make_panel, qtbot)
    assert panel.watch.subject == pytest.approx((0, 0, -300), abs=3)
    assert named(panel, "point").distance == pytest.approx(200, abs=3)


def test_a_node_for_a_measured_lamp_keeps_its_profile_and_points_where_it_did() -> None:
    lamp = PointLight(
        name="lamp", position=(10.0, 50.0, -200.0), aim=(0.0, -1.0, 0.0), roll=30.0, profile_file="/lamps/a.ies",
        profile_level="power", profile_scale=1.5,
    )  # fmt: skip
    values = values_of(lamp, (0.0, 0.0, -200.0))
    assert values["target"] == pytest.approx((10, 0, -200)) and values["roll"] == 30
    kept = {name: values[name] for name in ("profile_file", "profile_level", "profile_scale")}
    assert kept == {"profile_file": "/lamps/a.ies", "profile_level": "power", "profile_scale": 1.5}
    plain = values_of(PointLight(name="bulb"), (0.0, 0.0, -200.0))
    assert not {"target", "roll", "profile_file"} & set(plain)
    held = PointLight(name="held", profile=Profile("C", torch.tensor([0.0, 90.0]), torch.zeros(1), torch.ones(1, 2)))
    assert "has a profile that is no file" in refusal(Rig((held,)), held)


def test_a_flag_of_a_file_is_listed_and_put_off_by_a_node_in_its_place(
    workspace: Workspace, make_panel: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    cutter = Flag(name="cutter", lights="lamp", position=(0.5, 0.2, -1.0), aim=(-0.5, -0.2, -1.0), width=40.0, roll=5.0)
    lamp = PointLight(name="lamp", position=(1.0, 0.0, -2.0))
    save_rig(Rig((lamp,), 100.0, (cutter,)), tmp_path / "a.rig")
    made = workspace.session.add("ReadRig", file=str(tmp_path / "a.rig"))
    workspace.select((made,))
    panel = opened(make_panel, qtbot)
    assert list(panel.list.rows) == ["#lamp", "#flag cutter"]
    panel.list.rows["#flag cutter"].enabled.toggle()
    node = workspace.selection[0]
    state = workspace.graph[node]
    assert state.kind == "light.flag" and state.value("enabled") is False and state.value("lights") == "lamp"
    assert (state.value("width"), state.value("roll")) == (40.0, 5.0)
    assert state.value("position") == pytest.approx((50, 20, -100))
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert [h.path for h in panel.handles] == ["#lamp", node]
    both = Rig((lamp.with_(name="cutter"),), 1.0, (cutter,))
    assert "several parts of the rig are called 'cutter'" in refusal(both, cutter)
    painted = cutter.with_(picture=torch.ones(3, 2, 2))
    assert "'cutter' has a picture that only the node that made it can change" in refusal(
        Rig((), 1.0, (painted,)), painted
    )


@pytest.mark.parametrize("known", [True, False])
def test_a_measured_light_stays_one_under_a_node_of_its_own(known: bool) -> None:
    light = DirectionalLight(name="key", exposure=-2.0, measured=known)
    s = Session()
    s.add("light.directional", name="Own", **values_of(light, (0.0, 0.0, -200.0)))
    (made,) = s.evaluate("Own").lights
    assert made.measured is known and made.exposure == -2


def test_a_look_that_is_dropped_while_the_panel_is_hidden_shows_no_light_that_went(
    workspace: Workspace, read: str, make_panel: Make, qtbot: QtBot
) -> None:
    mine = workspace.session.add("light.point", read, name="Mine")
    workspace.select((mine,))
    panel = opened(make_panel, qtbot)
    assert panel.current == mine and {h.name for h in panel.handles} >= {"key", "lamp"}
    panel.hide()
    workspace.session.remove(mine)
    panel.watch.resharpen()
    assert panel.watch.look is None
    workspace.select((read,))
    panel.show()
    qtbot.waitUntil(lambda: panel.settled, timeout=20_000)
    assert {h.name for h in panel.handles} >= {"key", "lamp"} and panel.current != mine
