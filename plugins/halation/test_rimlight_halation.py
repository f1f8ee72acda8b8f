"""Run with pytest, with rimlight installed."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import Region, Session


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(Path(__file__).parent))
    session = Session()
    session.set_project(format="96x64")
    session.add("Constant", name="Lamp", color=(21.0, 21.0, 21.0, 1.0))
    session.add("Crop", "Lamp", name="Spot", box=(44.0, 28.0, 52.0, 36.0))
    session.add("Halation", "Spot", name="Glow", size=4, strength=0.5, tint=(1.0, 0.5, 0.0), edges="black")
    return session


def test_the_glow_has_the_energy_it_should(session: Session) -> None:
    out = session.evaluate("Glow").tensor("rgba", Region(0, 0, 96, 64))
    added = out[:3].sum((1, 2)) - 64 * 21.0
    assert torch.allclose(added, torch.tensor([0.5, 0.25, 0.0]) * 64 * 20.0, rtol=1e-3, atol=0.1)


def test_what_is_below_the_threshold_stays(session: Session) -> None:
    session.set("Glow", threshold=30)
    spot, out = session.evaluate("Spot"), session.evaluate("Glow")
    assert torch.equal(out.tensor("rgba", spot.region), spot["rgba"])


def test_a_tile_is_the_crop_of_the_whole(session: Session) -> None:
    whole = session.evaluate("Glow")
    session.evaluator.clear()
    tile = session.evaluate("Glow", region=Region(40, 20, 60, 33))
    assert torch.allclose(tile["rgba"], whole.crop(tile.region)["rgba"], atol=1e-5)
