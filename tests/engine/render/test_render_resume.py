"""Going on with a render that was stopped: what is there and up to date is left alone, all else is made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import shots
from rimlight.engine import Reader, Session
from rimlight.engine.io.atomic import replacing
from rimlight.engine.render.report import Report


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session.open(shots.shot(tmp_path))


def made(report: Report) -> list[float]:
    assert not report.failed
    return [r.frame for r in report.results if not r.skipped]


@pytest.mark.parametrize("sink", ["Out", "Look"])
def test_frames_that_are_there_are_left_alone(sink: str, session: Session, tmp_path: Path) -> None:
    assert made(session.render(sink, resume=True)) == [1.0, 2.0, 3.0]
    files = sorted((tmp_path / "out").iterdir())
    before = [path.stat().st_mtime_ns for path in files]
    files[1].unlink()
    report = session.render(sink, resume=True)
    assert made(report) == [2.0] and [r.frame for r in report.skipped] == [1.0, 3.0]
    assert len(report.to_data()["skipped"]) == 2 and len(report.to_data()["written"]) == 1
    after = [path.stat().st_mtime_ns for path in files]
    assert (after[0], after[2]) == (before[0], before[2])
    assert made(session.render(sink)) == [1.0, 2.0, 3.0]


def test_what_would_be_another_picture_or_another_file_is_made_again(session: Session, tmp_path: Path) -> None:
    def again(**options: float) -> list[float]:
        return made(session.render("Out", resume=True, **options))  # type: ignore[arg-type]

    session.render("Out")
    session.set("Soft", size=3)
    assert again() == [1.0, 2.0, 3.0] and again() == []
    session.set("Out", depth="half")  # the same picture, but not the same file
    assert again() == [1.0, 2.0, 3.0] and again() == []
    assert again(scale=0.5) == [1.0, 2.0, 3.0]
    assert again() == [1.0, 2.0, 3.0]
    shots.plates(tmp_path, range(2, 3), shots.FRAME)
    assert again() == [2.0]


def test_a_script_whose_name_is_no_text_is_rendered_and_known_again(session: Session, tmp_path: Path) -> None:
    """As one has it that came from a machine with another encoding."""
    session.save(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xfcn.rim"))
    assert made(session.render("Out", resume=True)) == [1.0, 2.0, 3.0]
    said = Reader().info(tmp_path / "out" / "soft.0001.exr").image.metadata
    assert said["rimlight:script"] == r"gr\udcfcn.rim"
    assert made(session.render("Out", resume=True)) == []


def test_what_is_damaged_or_of_others_is_made_again(session: Session, tmp_path: Path) -> None:
    session.render("Out")
    first, second = tmp_path / "out" / "soft.0001.exr", tmp_path / "out" / "soft.0002.exr"
    whole = first.read_bytes()
    first.write_bytes(whole[:-40])
    second.write_bytes((tmp_path / "plate.0002.exr").read_bytes())
    assert made(session.render("Out", resume=True)) == [1.0, 2.0]
    assert first.read_bytes() == whole


def test_what_a_killed_render_left_beside_frames_that_are_there_goes(session: Session, tmp_path: Path) -> None:
    session.render("Out")
    files = sorted((tmp_path / "out").iterdir())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with replacing(str(tmp_path / "out" / "soft.0002.exr"), lambda path: None) as temporary:
        left = Path(temporary.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))
        left.write_text("half a picture")
        shutil.copy(files[1], temporary)
    assert made(session.render("Out", resume=True)) == []
    assert sorted((tmp_path / "out").iterdir()) == files
