"""Lights as handles around what they light."""

import pytest

from rimlight.app.rig.lights import Handle, at_distance, handle_of, handles_of, moved
from rimlight.app.rig.scene import find_scene
from rimlight.app.workspace import Workspace

SUBJECT = (0.0, 0.0, -200.0)


def test_a_handle_stands_around_its_target(workspace: Workspace, names: dict[str, str]) -> None:
    key, lamp, rim = handles_of(workspace.session, find_scene(workspace.session, None, names["lit"]), 1, SUBJECT)
    assert (key.azimuth, key.elevation, key.distance, key.size) == (30.0, 20.0, None, 4.0)
    assert (lamp.azimuth, lamp.elevation, lamp.distance) == (0.0, 90.0, 100.0)
    assert lamp.size == pytest.approx(5.725, abs=1e-3)  # 2 atan(5 / 100)
    assert rim.aim == (0.0, 0.0, -250.0)
    assert (rim.azimuth, rim.distance, rim.behind) == (180.0, 150.0, True)


def test_solo_mute_and_enabled_say_which_lights_shine(workspace: Workspace, names: dict[str, str]) -> None:
    s = workspace.session

    def shining() -> list[str]:
        return [h.name for h in handles_of(s, find_scene(s, None, names["lit"]), 1, SUBJECT) if h.shines]

    s.set(names["rim"], enabled=False)
    assert shining() == ["key", "lamp"]
    s.set(names["lamp"], solo=True)
    assert shining() == ["lamp"]
    s.set(names["lamp"], disable=True)
    assert shining() == ["key"]


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 0.0), (120.0, -35.0), (-90.0, 60.0)])
def test_a_moved_lamp_keeps_its_distance(
    workspace: Workspace, names: dict[str, str], azimuth: float, elevation: float
) -> None:
    s = workspace.session
    lamp = handle_of(s, names["lamp"], 1, SUBJECT)
    s.set(names["lamp"], **moved(lamp, azimuth, elevation))
    there = handle_of(s, names["lamp"], 1, SUBJECT)
    assert (there.azimuth, there.elevation, there.distance) == pytest.approx((azimuth, elevation, 100.0), abs=1e-4)
    s.set(names["lamp"], **at_distance(there, 40.0))
    nearer = handle_of(s, names["lamp"], 1, SUBJECT)
    assert (nearer.azimuth, nearer.elevation, nearer.distance) == pytest.approx((azimuth, elevation, 40.0), abs=1e-4)


def test_handles_are_values(workspace: Workspace) -> None:
    key = workspace.session.add("light.directional")
    assert handle_of(workspace.session, key, 1, SUBJECT) == handle_of(workspace.session, key, 1, SUBJECT)
    assert isinstance(handle_of(workspace.session, key, 1, SUBJECT), Handle)
