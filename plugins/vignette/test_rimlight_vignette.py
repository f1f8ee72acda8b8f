"""Run with pytest, with rimlight installed and this folder in RIMLIGHT_PLUGIN_PATH or the plugin installed."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import Session


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("RIMLIGHT_PLUGIN_PATH", str(Path(__file__).parent))
    session = Session()
    session.set_project(format="64x32")
    session.add("Constant", name="White", color=(4.0, 4.0, 4.0, 1.0))
    return session


def test_the_middle_keeps_its_light_and_the_corners_lose_it(session: Session) -> None:
    image = session.evaluate(session.add("Vignette", "White", angle=90))["rgba"]
    assert float(image[0, 16, 32]) == pytest.approx(4.0, rel=1e-2)
    assert float(image[0, 16, 0]) == pytest.approx(4.0 * 0.25, rel=0.05)  # 45 degrees: cos^4 is a quarter
    assert torch.allclose(image[:, :, :], image.flip(2), atol=1e-6)
    assert bool((image[3] == 1).all())


def test_no_amount_changes_nothing(session: Session) -> None:
    white = session.evaluate("White")["rgba"]
    assert torch.equal(session.evaluate(session.add("Vignette", "White", amount=0))["rgba"], white)
