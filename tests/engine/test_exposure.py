"""Whether a node follows the exposure, as the engine, the command line and Python tell it."""

import json
from pathlib import Path

import pytest

import shots
from models import tiny_student
from rimlight.engine import GraphError, Region, RimlightError, Session, check_exposure
from rimlight.engine.cli import run
from rimlight.engine.exposure import estimating

FRAME = Region(0, 0, 48, 32)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A plate with alpha, and nodes of all kinds behind it."""
    session = Session()
    session.set_project(format="48x32", frames=[1, 2])
    session.add("Read", name="Plate", file=shots.plates(tmp_path, range(1, 3), FRAME))
    session.add("Blur", "Plate", name="Soft", size=(3.0, 3.0))
    session.add("Gamma", "Plate", name="Bent", value=2.0)
    session.add("Clamp", "Plate", name="Cut")
    session.add("Merge", name="Over", inputs={"A": "Soft", "B": "Plate"})
    session.add("Delight", "Plate", name="Flat", student=str(tiny_student(tmp_path / "models")))
    session.add("Write", "Flat", name="Out", file="out.####.exr")
    session.save(tmp_path / "shot.rim")
    return session


@pytest.mark.parametrize("node", ["Soft", "Over", "Flat"])
def test_light_follows_and_alpha_stays(session: Session, node: str) -> None:
    script = session.document
    found = check_exposure(session, node)
    assert found.follows(1e-4) and found.layers["rgba"].worst < 0.02
    assert found.sentence().startswith(f"{node} follows the exposure")
    assert session.document is script


@pytest.mark.parametrize("node", ["Bent", "Cut"])
def test_what_bends_or_cuts_light_does_not_follow(session: Session, node: str) -> None:
    found = check_exposure(session, node)
    assert not found.follows() and found.layers["rgba"].mean > 0.05
    assert found.sentence().startswith(f"{node} does not follow the exposure: off, of their mean, are rgba by ")


def test_an_albedo_stays_and_light_layers_scale(session: Session) -> None:
    session.add("Intrinsics", "Plate", name="Layers", student=session.value("Flat", "student"))
    found = check_exposure(session, "Layers", stops=5)
    assert {"albedo", "shading", "normal", "shadow"} <= set(found.layers) and found.follows(1e-4)
    session.add("Grade", "Layers", name="Lifted", channels="albedo", add=0.1)
    assert check_exposure(session, "Lifted").follows()  # albedo is no light: it is the same before and after
    session.set("Lifted", channels="shading")
    lifted = check_exposure(session, "Lifted")
    assert [name for name, deviation in lifted.layers.items() if deviation.mean > 0.01] == ["shading"]


def test_inside_groups_too(session: Session) -> None:
    group = session.group("Bent")
    assert not check_exposure(session, f"{group}/Bent").follows() and not check_exposure(session, group).follows()


def test_what_takes_or_gives_no_picture_is_told(session: Session) -> None:
    key = session.add("DirectionalLight", name="Sun")
    with pytest.raises(RimlightError, match=r"Plate takes no picture, so there is no exposure to follow"):
        check_exposure(session, "Plate")
    with pytest.raises(RimlightError, match=r"Sun puts out no picture"):
        check_exposure(session, key)
    with pytest.raises(GraphError, match="Nobody"):
        check_exposure(session, "Nobody")


def test_nodes_with_a_network_are_those_tried_by_default(session: Session) -> None:
    session.add("Grade", "Flat", name="After")  # carries the model's stamp, but has no network
    session.add("Delight", "After", name="Again", student=session.value("Flat", "student"))
    session.add("Delight", name="Unwired")
    assert estimating(session) == ["Flat", "Again"]


def test_a_render_with_all_layers_is_lit_without_a_network(session: Session) -> None:
    student = session.value("Flat", "student")
    session.add("AddLayer", "Plate", name="Normals", layer="normal")
    session.add("AddLayer", "Normals", name="Aovs", layer="albedo")
    session.add("DirectionalLight", name="Sun")
    session.add("Relight", inputs={"image": "Aovs", "rig": "Sun"}, name="OfAovs", student=student)
    session.add("Relight", inputs={"image": "Plate", "rig": "Sun"}, name="OfPlate", student=student)
    assert estimating(session) == ["Flat", "OfPlate"]


def test_on_the_command_line(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = str(tmp_path / "shot.rim")
    assert run(["exposure", script]) == 0
    assert capsys.readouterr().out.startswith("Flat follows the exposure: no layer is off by more than ")
    assert run(["exposure", script, "--nodes", "Soft,Bent", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["nodes"]["Soft"]["rgba"]["mean"] < 1e-6 < 0.05 < report["nodes"]["Bent"]["rgba"]["mean"]
    assert run(["exposure", script, "--nodes", "Bent", "--within", "10"]) == 0
    assert run(["exposure", script, "--nodes", "Nobody"]) != 0
    assert "Nobody" in capsys.readouterr().err
