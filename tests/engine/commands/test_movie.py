"""`rimlight movie`: frames from movies and movies from frames."""

from pathlib import Path

import pytest
import torch

import shots
from commandline import Run, one_sentence
from rimlight.engine.io.movie import read_movie


def test_a_movie_of_scene_linear_frames_and_frames_of_that(
    rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shot.parent)
    made = rimlight("movie", "plate.####.exr", "a.avi", "--fps", "30")
    assert made.code == 0 and made.out == "made a.avi: 3 frames at 30 fps\n"
    info, pictures = read_movie("a.avi")
    assert info.fps == 30 and len(list(pictures)) == 3
    taken = rimlight("movie", "a.avi", "b.####.png", "--frames", "2-3", "--start", "1001")
    assert taken.code == 0 and taken.out.startswith("made b.####.png: 2 frames, 1002-1003,")
    again = rimlight("movie", "b.####.png", "c.mkv", "--frames", "1003")
    assert again.code == 0
    (kept,) = read_movie("c.mkv")[1]
    written = shots.pixels(shot.parent / "b.1003.png")[:3].permute(1, 2, 0) * 255
    height, width = written.shape[:2]
    assert torch.allclose(torch.from_numpy(kept)[:height, :width].float(), written, atol=4), "PNG goes in as it is"


def test_what_cannot_be_is_one_sentence(rimlight: Run, shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shot.parent)
    Path("a.mp4").write_text("kept")
    for arguments, code, words in (
        (("plate.####.exr", "b.####.png"), 2, "one of the two has to be a movie"),
        (("a.mp4", "b.####.exr"), 2, "colours of a display"),
        (("a.mp4", "b.png"), 2, "a place for the number"),
        (("a.mp4", "b.####.png"), 1, "cannot be read as a movie"),
        (("none.####.exr", "b.mp4"), 1, "no such frames"),
        (("plate.####.exr", "a.mp4"), 1, "a.mp4 exists"),
        (("plate.####.exr", "b.mp4", "--fps", "0"), 2, "more than 0"),
    ):
        done = rimlight("movie", *arguments)
        assert done.code == code and words in done.err and one_sentence(done.err), arguments
    assert Path("a.mp4").read_text() == "kept"


def test_folders_are_taken_as_they_are_called(rimlight: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shot#3" / "take %04d"
    folder.mkdir(parents=True)
    shots.plates(folder)
    for name in ("plate.####.exr", "plate.%04d.exr"):
        assert rimlight("movie", folder / name, folder / "a.mkv", "--force").code == 0
        assert len(list(read_movie(str(folder / "a.mkv"))[1])) == 3
    done = rimlight("movie", folder / "a.mkv", folder / "b.##.png", "--json")
    assert done.data == {"made": f"{folder}/b.##.png", "frames": 3, "first": 1, "fps": 24.0}
    assert sorted(path.name for path in folder.glob("b*")) == ["b.01.png", "b.02.png", "b.03.png"]
    done = rimlight("movie", folder / "b.##.png", folder / "a.mkv", "--quiet")
    assert done.code == 1 and "exists" in done.err
    assert rimlight("movie", folder / "b.##.png", folder / "c.mkv", "--quiet") == (0, "", "")


def test_a_read_of_a_movie_says_how_frames_are_made(rimlight: Run, shot: Path) -> None:
    clip = shot.parent / "a.mkv"
    clip.write_bytes(b"movie")
    done = rimlight("info", clip)
    assert done.code == 1 and "`rimlight movie a.mkv a.####.png` makes frames of it" in done.err
