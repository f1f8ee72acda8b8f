"""The stamp of written pictures, and whether it still holds."""

import json
import os
from pathlib import Path

import pytest

import shots
from models import smooth, wide
from rimlight.engine import FileError, Region, Session
from rimlight.engine.inference.provenance import models_of
from rimlight.engine.io.reader import Reader
from rimlight.engine.render.verification import Check, verify_picture

FRAME = Region(0, 0, 24, 16)


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A script with a model in a side branch, rendered."""
    models = tmp_path / "models"
    smooth(models)
    session = Session()
    session.set_project(format="24x16", frames=[1, 2])
    session.add("Read", name="Plate", file=shots.plates(tmp_path, range(1, 3), FRAME))
    session.add("Inference", "Plate", name="Net", manifest="models/smooth.json")
    session.add("Merge", name="Over", inputs={"B": "Plate", "A": "Net"}, operation="plus")
    session.add("Write", "Over", name="Out", file="out/a.####.exr", metadata=False)
    session.add("Write", "Over", name="Look", file="out/a.####.png")
    session.add("Write", "Plate", name="Bare", file="out/bare.####.exr")
    path = session.save(tmp_path / "shot.rim")
    session.render(frames="1")
    return path


def said(checks: list[Check]) -> dict[str, str]:
    return {check.subject: check.outcome for check in checks}


def out(shot: Path, name: str = "a.0001.exr") -> Path:
    return shot.parent / "out" / name


def test_write_stamps_the_models_that_a_picture_comes_from(shot: Path) -> None:
    found = models_of(Reader().info(out(shot)).image.metadata)
    assert set(found) == {"smooth"}
    declared = json.loads((shot.parent / "models" / "smooth.json").read_text())
    assert found["smooth"] == {name: declared[name] for name in ("version", "sha256", "licence", "data")}
    assert not models_of(Reader().info(out(shot, "bare.0001.exr")).image.metadata)
    assert "rimlight:model:smooth" in Reader().info(out(shot, "a.0001.png")).image.metadata


def test_a_stamp_survives_another_pass(shot: Path) -> None:
    session = Session()
    source = session.add("Read", file=str(out(shot)))
    session.add("Write", source, file=str(out(shot, "again.exr")), metadata=False)
    session.render(frames="1")
    assert set(models_of(Reader().info(out(shot, "again.exr")).image.metadata)) == {"smooth"}


def test_a_picture_as_it_was_written_holds(shot: Path) -> None:
    checks = verify_picture(out(shot), [shot.parent / "models"], Session.open(shot))
    assert said(checks) == dict.fromkeys(("tier", "model smooth", "script", "colors", "key"), "ok")
    model = next(check for check in checks if check.subject == "model smooth")
    assert "licence Apache-2.0; trained on: random weights of a test" in model.sentence


def test_a_proxy_is_compared_at_its_scale(shot: Path) -> None:
    session = Session.open(shot)
    session.render("Out", "2", scale=1 / 3)
    checks = said(verify_picture(out(shot, "a.0002.exr"), [shot.parent / "models"], session))
    assert set(checks.values()) == {"ok"}


def test_what_has_changed_is_found(shot: Path) -> None:
    models, file = shot.parent / "models", out(shot)

    def problems(session: Session | None = None) -> dict[str, str]:
        checks = verify_picture(file, [models], session)
        return {check.subject: check.sentence for check in checks if check.outcome == "problem"}

    assert problems() == {}
    assert "it is not here" in {c.subject: c.sentence for c in verify_picture(file)}["model smooth"]
    content = (models / "smooth.pt").read_bytes()
    (models / "smooth.pt").write_bytes(content[:-1] + b"z")
    assert "is not the file its manifest declares" in problems()["model smooth"]
    (models / "smooth.pt").write_bytes(content)
    session = Session.open(shot)
    session.set("Net", model_strength=1)
    assert set(problems(session)) == {"script", "key"}
    session = Session.open(shot)
    session.set_project(working="Linear Rec.709 (sRGB)")
    assert {"script", "colors", "key"} <= set(problems(session))
    os.utime(shot.parent / "plate.0001.exr", ns=(9, 9))
    assert set(problems(Session.open(shot))) == {"key"}
    wide(models, name="smooth")
    found = problems(Session.open(shot))
    assert "the one here has sha256" in found["model smooth"]
    session = Session.open(shot)
    session.remove("Out")
    assert "does not give this picture any more" in problems(session)["key"]


def test_a_draft_is_no_final_picture(shot: Path) -> None:
    session = Session.open(shot)
    session.set("Out", allow_draft=True)
    session.render("Out", "2", tier="draft")
    checks = verify_picture(out(shot, "a.0002.exr"))
    assert checks[0] == Check("tier", "problem", "the picture is of tier draft, not final")


def test_a_picture_of_others_is_said(tmp_path: Path) -> None:
    shots.plates(tmp_path, range(1, 2))
    with pytest.raises(FileError, match=r"plate\.0001\.exr says nothing of where it comes from"):
        verify_picture(tmp_path / "plate.0001.exr")
    with pytest.raises(FileError):
        verify_picture(tmp_path / "none.exr")
