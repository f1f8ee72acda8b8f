"""Run with pytest, with rimlight installed."""

import math
from pathlib import Path

import pytest

from rimlight.engine import GraphError, ParameterError, Session, SpotLight, check_node


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(Path(__file__).parent))
    session = Session()
    session.add("PointLight", name="Key")
    session.add("RingLight", "Key", name="Ring", lamps=4, radius=10.0, exposure=1.0)
    return session


def test_the_lamps_are_added_behind_those_that_come_in(session: Session) -> None:
    key, *ring = session.evaluate("Ring")
    assert key.name == session.evaluate("Key").lights[0].name
    assert [lamp.name for lamp in ring] == ["ring1", "ring2", "ring3", "ring4"]
    assert all(isinstance(lamp, SpotLight) and math.isclose(math.hypot(*lamp.position), 10.0) for lamp in ring)


def test_together_they_are_as_bright_as_one_lamp(session: Session) -> None:
    _, *ring = session.evaluate("Ring")
    assert math.isclose(sum(2**lamp.exposure for lamp in ring), 2.0)


def test_a_cone_that_no_spot_has_is_refused(session: Session) -> None:
    session.set("Ring", cone=179.9)
    assert session.evaluate("Ring").light("ring1").cone == 179.9
    with pytest.raises(ParameterError, match="cone"):
        session.set("Ring", cone=180.0)


def test_it_keeps_what_every_node_promises(session: Session) -> None:
    assert check_node(session, "Ring", (1.0, 2.0)) == []


def test_a_picture_does_not_fit(session: Session) -> None:
    session.add("Constant", name="Grey")
    with pytest.raises(GraphError, match="Grey puts out an image, but input 'rig' of Ring takes a rig"):
        session.connect("Ring", "rig", "Grey")
