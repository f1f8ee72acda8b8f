"""Scripts of every released version load, warn, survive and render as they did."""

import json
from pathlib import Path

import pytest
import torch

from rimlight.engine import Session, Settings
from rimlight.engine.script.script import SCHEMA, dumps, loads

SCRIPTS = Path(__file__).parents[2] / "scripts"
FILES = sorted(SCRIPTS.glob("*/*.rim"))


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def path(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_version_has_scripts() -> None:
    assert {int(path.parent.name) for path in FILES} == set(range(1, SCHEMA + 1))


def test_it_survives(path: Path) -> None:
    session = Session.open(path, Settings())
    text = dumps(session.document)
    assert dumps(loads(text).document) == text
    if int(path.parent.name) == SCHEMA:
        assert text == path.read_text(encoding="utf-8")


def test_it_gives_what_it_gave(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text())
    session = Session.open(path, Settings())
    assert list(session.warnings) == expected["warnings"]
    for node, frames in expected["pixels"].items():
        for frame, color in frames.items():
            pixels = session.evaluate(node, float(frame)).tensor("rgba")
            middle = pixels[:, pixels.shape[1] // 2, pixels.shape[2] // 2]
            torch.testing.assert_close(middle, torch.tensor(color), rtol=1e-5, atol=1e-6)
