"""The files of a render: all that it reads beside what Rimlight brings, and what it writes."""

import shutil
from pathlib import Path

import pytest

import pictures
from models import smooth, tiny_student
from rimlight.engine import RimlightError, Session
from rimlight.engine.color.pyocio import ocio
from rimlight.engine.io.write import write_image
from rimlight.nodes.ops.glyphs import default_font


def lut(path: Path) -> str:
    path.write_text("Version 1\nFrom 0 1\nLength 2\nComponents 1\n{\n 0\n 1\n}\n")
    return str(path)


def test_rigs_pictures_luts_and_the_colour_config_count(tmp_path: Path) -> None:
    for name in ("plate.0001.exr", "plate.0002.exr", "sky.exr", "gobo.exr"):
        write_image(pictures.layered(), tmp_path / name)
    config = ocio().Config.CreateRaw()
    config.addColorSpace(ocio().ColorSpace(name="lin", encoding="scene-linear"))
    curve = ocio().FileTransform("curve.spi1d")
    config.addColorSpace(ocio().ColorSpace(name="log", toReference=curve))
    config.setSearchPath(str(tmp_path))
    (tmp_path / "show.ocio").write_text(config.serialize())
    curved, look = lut(tmp_path / "curve.spi1d"), lut(tmp_path / "look.spi1d")

    first = Session()
    first.add("EnvironmentLight", name="Sky", file=str(tmp_path / "sky.exr"))
    first.add("SpotLight", "Sky", name="Lamp", gobo_file=str(tmp_path / "gobo.exr"))
    first.add("WriteRig", "Lamp", name="Out", file=str(tmp_path / "rig.rig"))
    found = first.files("Out", "1")
    assert found.read == {str(tmp_path / "sky.exr"): ("Sky",), str(tmp_path / "gobo.exr"): ("Lamp",)}
    assert found.written == {str(tmp_path / "rig.rig"): ("Out",)} and found.problems == ()
    first.render("Out", "1")

    s = Session()
    s.set_project(ocio=str(tmp_path / "show.ocio"), working="lin", frames=(1, 2))
    s.add("Read", name="Plate", file=str(tmp_path / "plate.####.exr"), raw=True)
    s.add("Read", name="Other", file=str(tmp_path / "gone.####.exr"), disable=True)
    s.add("Dissolve", "Plate", "Other", name="Mixed", which=0)
    s.add("OCIOFileTransform", "Mixed", name="Look", file=look)
    s.add("Write", "Look", name="Out", file=str(tmp_path / "out.####.exr"), raw=True)
    found = s.files("Out")
    assert list(found.read) == [
        str(tmp_path / "show.ocio"), curved, str(tmp_path / "plate.0001.exr"), look, str(tmp_path / "plate.0002.exr"),
    ]  # fmt: skip
    assert found.read[curved] == ("project",) and found.read[look] == ("Look",)
    assert list(found.written) == [str(tmp_path / f"out.000{n}.exr") for n in (1, 2)]

    again = Session()
    again.add("ReadRig", name="Rig", file=str(tmp_path / "rig.rig"))
    again.add("WriteRig", "Rig", name="Out", file=str(tmp_path / "copy.rig"))
    assert list(again.files("Out", "1").read) == [str(tmp_path / name) for name in ("rig.rig", "sky.exr", "gobo.exr")]


def test_a_font_is_found_from_the_script_as_all_files_are(tmp_path: Path) -> None:
    shutil.copy(default_font(), tmp_path / "mine.ttf")
    s = Session()
    s.add("Text", name="T", message="a", font="mine.ttf")
    s.add("Write", "T", name="Out", file="a.exr")
    s.save(tmp_path / "text.rim")
    assert list(s.files("Out", "1").read) == [str(tmp_path / "mine.ttf")]
    s.set("T", font=str(default_font()))
    expected = s.evaluate("T", frame=1)["rgba"]
    s.set("T", font="mine.ttf")
    assert expected.sum() > 0 and bool((s.evaluate("T", frame=1)["rgba"] == expected).all())


def test_a_rig_is_never_written_over_the_one_it_is_made_of(tmp_path: Path) -> None:
    s = Session()
    s.add("PointLight", name="Lamp")
    s.add("WriteRig", "Lamp", name="Out", file=str(tmp_path / "a.rig"))
    s.render("Out", "1")
    before = (tmp_path / "a.rig").read_bytes()
    s.add("ReadRig", name="Rig", file=str(tmp_path / "a.rig"))
    s.add("Rig", "Rig", name="Less", exposure=-1)
    s.add("WriteRig", "Less", name="Again", file=str(tmp_path / "a.rig"))
    with pytest.raises(RimlightError, match="is what Rig reads, which would be lost"):
        s.render("Again", "1")
    assert (tmp_path / "a.rig").read_bytes() == before
    assert "is what Rig reads" in s.check("Again", "1").problems[0]


def test_a_model_counts_with_its_weights(tmp_path: Path) -> None:
    model, student = smooth(tmp_path / "model"), tiny_student(tmp_path / "student")
    s = Session()
    s.add("Constant", name="C")
    s.add("Inference", "C", name="Net", manifest=str(model))
    s.add("Delight", "Net", name="Light", student=str(student))
    s.add("Write", "Light", name="Out", file=str(tmp_path / "a.exr"))
    found = s.files("Out", "1")
    assert [Path(file).suffix for file in found.read] == [".json", ".pt", ".json", ".safetensors"]
    assert all(Path(file).is_file() for file in found.read) and found.problems == ()
    s.set("Light", student="")
    assert list(s.files("Out", "1").read) == [str(model), str(model.with_suffix(".pt"))]


def test_what_cannot_be_told_is_said_once(tmp_path: Path) -> None:
    s = Session()
    s.add("EnvironmentLight", name="Sky", file="$RIMLIGHT_NO_SUCH_VARIABLE/sky.exr")
    s.add("WriteRig", "Sky", name="Out", file=str(tmp_path / "rig.####.rig"))
    found = s.files("Out", "1-3")
    assert found.read == {} and "RIMLIGHT_NO_SUCH_VARIABLE is not set" in found.problems[0]
    assert len(found.problems) == 1 and s.check("Out", "1").problems
