"""File names relative to the script, with the home folder and variables of the environment."""

import os
from pathlib import Path

import pytest

from rimlight.engine import FileError, FilePattern, NodeError, Session, Tier, full_path


def test_relative_names_start_at_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert full_path("../plates/a.####.exr", "/show/comp") == "/show/plates/a.####.exr"
    assert full_path("/a/./b.exr", "/show") == "/a/b.exr"
    monkeypatch.chdir(tmp_path)
    assert full_path("a.exr") == os.path.join(os.getcwd(), "a.exr")


def test_variables_and_the_home_folder_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIM_JOB", "/jobs/Köln 2")
    monkeypatch.setenv("HOME", "/people/td")
    assert full_path("$RIM_JOB/a.%04d.exr", "/show") == "/jobs/Köln 2/a.%04d.exr"
    assert full_path("${RIM_JOB}_old/a.exr", "/show") == "/jobs/Köln 2_old/a.exr"
    assert full_path("~/a.exr", "/show") == "/people/td/a.exr"


def test_a_variable_may_hold_a_relative_or_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/people/td")
    monkeypatch.setenv("RIM_JOB", "~/jobs")
    assert full_path("$RIM_JOB/a.exr", "/show") == "/people/td/jobs/a.exr"
    monkeypatch.setenv("RIM_JOB", "jobs")
    assert full_path("$RIM_JOB/a.exr", "/show") == "/show/jobs/a.exr"


@pytest.mark.parametrize("name", ["a\0b.exr", "\ud800.exr"])
def test_a_name_that_no_file_can_have_is_a_sentence(name: str) -> None:
    with pytest.raises(FileError, match=r"\Afile '.*': no file can have this name\Z"):
        full_path(name, "/show")
    assert full_path("\udcff.exr", "/show") == "/show/\udcff.exr", "a byte that is no UTF-8"


@pytest.mark.parametrize("name", ["a.$F4.exr", "a.$F.exr", "$F/a.exr", "a.$F4_x.exr", "5$.exr", "a$1.exr"])
def test_places_for_the_frame_and_lone_dollars_stay(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("F", "F4", "F4_x"):
        monkeypatch.setenv(variable, "wrong")
    assert full_path(name, "/show") == f"/show/{name}"


def test_a_variable_that_is_not_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIM_NOPE", raising=False)
    with pytest.raises(FileError, match=r"file '\$RIM_NOPE/a.exr': the environment variable RIM_NOPE is not set"):
        full_path("$RIM_NOPE/a.exr", "/show")


def test_a_home_folder_that_nobody_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match=r"file '~no-such-user/a.exr': there is no user no-such-user"):
        full_path("~no-such-user/a.exr", "/show")
    assert full_path("~a.exr", "/show") == "/show/~a.exr"
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where neither HOME nor the user is known
    with pytest.raises(FileError, match=r"file '~/a.exr': there is no home folder for ~ here: HOME is not set"):
        full_path("~/a.exr", "/show")


def test_read_and_write_take_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIM_JOB", str(tmp_path / "job ü"))
    session = Session()
    session.set_project(format="16x8")
    session.add("Constant", name="Grey", color=(0.5, 0.5, 0.5, 1.0))
    session.add("Write", "Grey", name="Out", file="$RIM_JOB/${RIM_JOB_PART}.####.exr")
    with pytest.raises(NodeError, match="RIM_JOB_PART is not set"):
        session.render("Out", "1")
    assert not (tmp_path / "job ü").exists()
    monkeypatch.setenv("RIM_JOB_PART", "key")
    report = session.render("Out", "1")
    assert [r.path for r in report.results] == [str(tmp_path / "job ü" / "key.0001.exr")]
    session.add("Read", name="In", file="$RIM_JOB/$RIM_JOB_PART.####.exr")
    assert float(session.evaluate("In", frame=1)["rgba"][0, 0, 0]) == 0.5
    monkeypatch.setenv("RIM_JOB", str(tmp_path))
    with pytest.raises(NodeError, match="frame 1 has no file"):
        session.evaluate("In", frame=1)


def test_a_name_that_is_too_long_is_a_sentence() -> None:
    with pytest.raises(FileError, match=r"file '/é.{58}\.\.\.': the name has 4096 bytes, more than the 4095"):
        full_path("/" + "é" * 2047 + "x")
    assert full_path("/" + "é" * 2047) == "/" + "é" * 2047


@pytest.mark.parametrize("name", ["#" * 65, "a.%065d", "<f99999999999>", "$F99999999999"])
def test_a_place_for_the_frame_as_wide_as_no_name_is_a_sentence(name: str, tmp_path: Path) -> None:
    for find in (lambda: FilePattern.of(f"{name}.exr", str(tmp_path)), lambda: FilePattern.typed(f"{name}.exr")):
        with pytest.raises(FileError, match=r"the place for the frame has .* digits, at most 64 are possible"):
            find()


def test_the_content_key_does_not_tell_whether_a_script_was_saved_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a script made in Python renders before it is saved is what it renders afterwards."""
    monkeypatch.chdir(tmp_path)
    session = Session()
    session.set_project(format="16x8")
    session.add("Constant", name="Grey")
    session.add("Write", "Grey", name="Plate", file="plate.####.exr")
    session.render("Plate", "1")
    session.add("Read", name="In", file="plate.####.exr")

    def key() -> object:
        return session.evaluator.survey(session.graph, session.project, ["In"], 1.0, 1.0, Tier.FINAL)["In", 1.0].key

    before = key()
    session.save(tmp_path / "shot.rim")
    assert key() == before
