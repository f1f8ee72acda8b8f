"""`rimlight models` and `rimlight verify`: what they say and how they end."""

from pathlib import Path

import pytest
import torch

import shots
from commandline import Run
from models import smooth, tiny_student
from rimlight.engine import Session


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and a student, on the search path."""
    folder = tmp_path / "models"
    smooth(folder)
    tiny_student(folder / "ours", "ours")
    monkeypatch.setenv("RIMLIGHT_MODEL_PATH", str(folder))
    return folder


def test_models_are_listed(rimlight: Run, models: Path) -> None:
    done = rimlight("models")
    assert done.code == 0
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert lines["smooth"].split()[1:4] == ["1", "torchscript", "Apache-2.0"] and "verified" not in lines["smooth"]
    assert lines["ours"].split()[2] == "student"
    found = {row["id"]: row for row in rimlight("models", "--json").data["models"]}
    assert found["smooth"]["weights"] == str(models / "smooth.pt") and found["smooth"]["verified"] is False


def test_one_model_is_told_about(rimlight: Run, models: Path) -> None:
    for name in ("smooth", models / "smooth.json"):
        done = rimlight("models", name)
        assert done.code == 0 and "data: random weights of a test" in done.out and "licence: Apache-2.0" in done.out
    assert "parameter: strength = 0.5, 0 to 4\n" in rimlight("models", "smooth").out
    (row,) = rimlight("models", "smooth", "--json").data["models"]
    assert row["parameters"] == [{"name": "strength", "default": 0.5, "bounds": [0, 4], "description": ""}]
    done = rimlight("models", "smoth")
    assert done.code == 2 and "there is no model 'smoth', there are: ours, smooth" in done.err
    assert rimlight("models", models / "none.json").code == 2


def test_hashes_are_verified(rimlight: Run, models: Path) -> None:
    done = rimlight("models", "--verify", "--json")
    mine = [row for row in done.data["models"] if row["id"] in ("smooth", "ours")]
    assert done.code == 0 and [row["verified"] for row in mine] == [True, True]
    (models / "smooth.pt").write_bytes(b"another")
    done = rimlight("models", "--verify")
    assert done.code == 1 and "is not the file its manifest declares" in done.out
    (models / "smooth.json").write_text('{"format": "rimlight-model-1"}')
    done = rimlight("models", "--json")
    assert done.code == 1 and "kind is missing" in next(r["error"] for r in done.data["models"] if r["id"] == "smooth")


def test_a_rendered_picture_is_verified(rimlight: Run, models: Path, tmp_path: Path) -> None:
    session = Session()
    session.add("Read", name="Plate", file=shots.plates(tmp_path, range(1, 2)))
    session.add("Inference", "Plate", name="Net", manifest="smooth")
    session.add("Write", "Net", name="Out", file="out.exr")
    script, picture = session.save(tmp_path / "shot.rim"), tmp_path / "out.exr"
    assert rimlight("render", script, "--frames", "1").code == 0
    done = rimlight("verify", picture, "--script", script)
    assert done.code == 0 and len(done.out.splitlines()) == 5
    assert all(": ok: " in line for line in done.out.splitlines())
    done = rimlight("verify", picture, "--json")
    assert [check["subject"] for check in done.data["files"][str(picture)]] == ["tier", "model smooth"]
    (models / "smooth.pt").unlink()
    done = rimlight("verify", picture)
    assert done.code == 1 and "problem: model smooth" in done.out and "are not there" in done.out
    done = rimlight("verify", tmp_path / "plate.0001.exr", picture, "--json")
    assert done.code == 1
    assert "was not written by Rimlight" in done.data["files"][str(tmp_path / "plate.0001.exr")][0]["sentence"]


def test_a_model_is_set_from_the_command_line(rimlight: Run, models: Path, tmp_path: Path) -> None:
    session = Session()
    session.add("Read", name="Plate", file=shots.plates(tmp_path, range(1, 3)))
    session.add("Inference", "Plate", name="Net", manifest="smooth")
    session.add("Write", "Net", name="Out", file="out.####.exr", depth="float")
    script = session.save(tmp_path / "shot.rim")

    def rendered(*settings: str) -> list[torch.Tensor]:
        assert rimlight("render", script, "-f", "1-2", *(a for s in settings for a in ("--set", s))).code == 0
        return [shots.pixels(tmp_path / f"out.000{frame}.exr") for frame in (1, 2)]

    def constant(strength: float) -> list[torch.Tensor]:
        return rendered(f"Net.model_strength={strength}")

    (one, two), (plain, _) = rendered("Net.model_strength=expr:frame - 1"), rendered()
    assert torch.equal(one, constant(0)[0]) and torch.equal(two, constant(1)[1])
    assert torch.equal(plain, constant(0.5)[0]) and not torch.equal(plain, one)
    wrong = (("model_speed=1", "model 'smooth' has no parameter 'speed', it has strength"),
             ("model_strength=9", "parameter 'strength' of model 'smooth' is 9, expected 0 to 4"))  # fmt: skip
    for setting, sentence in wrong:
        done = rimlight("render", script, "-f", "1", "--set", f"Net.{setting}")
        assert done.code == 1 and sentence in done.err
    done = rimlight("render", script, "-f", "1", "--set", "Net.strength=1")
    assert done.code == 2 and "Net (Inference) has no parameter 'strength', it has " in done.err


def test_a_script_that_is_not_there_is_said(rimlight: Run, tmp_path: Path) -> None:
    done = rimlight("verify", tmp_path / "a.exr", "--script", tmp_path / "none.rim", "--json")
    assert done.code == 1 and "none.rim" in done.data["error"]
