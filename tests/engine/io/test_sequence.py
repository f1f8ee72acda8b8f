import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rimlight.engine import FileError, ParameterError, Reader, Session
from rimlight.engine.io.sequence import (
    FilePattern,
    format_frames,
    held_frame,
    nearest_frame,
    parse_frames,
    replace_missing,
    resolve_frame,
    stand_in,
)


@pytest.mark.parametrize(
    ("pattern", "frame", "expected"),
    [
        ("a.####.exr", 7, "a.0007.exr"),
        ("a.#.exr", 12, "a.12.exr"),
        ("a.%04d.exr", 12345, "a.12345.exr"),
        ("a.%d.exr", 7, "a.7.exr"),
        ("a_<f>.exr", 7, "a_7.exr"),
        ("a_<f04>.exr", 7, "a_0007.exr"),
        ("a.$F4.exr", 7, "a.0007.exr"),
        ("a.$F.exr", 7, "a.7.exr"),
        ("v##/a.####.exr", 7, "v07/a.0007.exr"),
        ("a.####.exr", -1, "a.-001.exr"),
        ("a.####.exr", 6.5, "a.0007.exr"),
        ("$FOO/a.exr", 7, "$FOO/a.exr"),
        ("still.exr", 7, "still.exr"),
    ],
)
def test_a_pattern_names_the_file_of_a_frame(pattern: str, frame: float, expected: str) -> None:
    assert FilePattern(pattern).path(frame) == expected


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("5", (5,)),
        ("1-4", (1, 2, 3, 4)),
        ("1-10x3", (1, 4, 7, 10)),
        ("1-10:2,20", (1, 3, 5, 7, 9, 20)),
        ("-3--1", (-3, -2, -1)),
        ("-2-2x2", (-2, 0, 2)),
        ("4-1", (4, 3, 2, 1)),
        ("3, 1-3", (3, 1, 2)),
        (" 1 5  9 ", (1, 5, 9)),
        ("1 - 5 x 2 , -3 20", (1, 3, 5, -3, 20)),
    ],
)
def test_ranges_are_read_in_order_and_each_frame_once(text: str, frames: tuple[int, ...]) -> None:
    assert parse_frames(text) == frames


@pytest.mark.parametrize(
    "text",
    ["", "a", "1-", "1-5x0", "1-5x", "1,,2", "1.5", "1-99999999999", "1-5x-2", "9007199254740993", "-1000000000000"],
)
def test_a_wrong_range_is_a_sentence(text: str) -> None:
    with pytest.raises(ParameterError, match=r"frame"):
        parse_frames(text)


@given(st.lists(st.integers(-40, 40), unique=True, min_size=1, max_size=30))
def test_formatted_frames_read_back(frames: list[int]) -> None:
    assert parse_frames(format_frames(frames)) == tuple(frames)


def test_formatting_is_compact() -> None:
    assert format_frames((1, 2, 3, 4, 10, 12, 14, 20)) == "1-4,10-14x2,20"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("hold", [3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5]),
        ("loop", [5, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3]),
        ("bounce", [3, 4, 5, 4, 3, 4, 5, 4, 3, 4, 5]),
        ("black", [None, None, None, None, 3, 4, 5, None, None, None, None]),
    ],
)
def test_frames_outside_the_range(rule: str, expected: list[int | None]) -> None:
    frames = range(-1, 10)
    found = [resolve_frame(f, 3, 5, rule, rule) for f in frames]  # type: ignore[arg-type]
    assert found == expected


def test_before_and_after_have_rules_of_their_own() -> None:
    assert resolve_frame(0, 1, 3, "black", "loop") is None
    assert resolve_frame(4, 1, 3, "black", "loop") == 1
    assert resolve_frame(9, 4, 4, "hold", "bounce") == 4
    with pytest.raises(FileError, match="frame 0 is outside 1-3"):
        resolve_frame(0, 1, 3, "error", "hold")


def test_frames_on_disk(tmp_path: Path) -> None:
    for name in ("a.0001.exr", "a.0003.exr", "a.10000.exr", "a.7.exr", "a.-002.exr", "a.0004.png", "ab.0005.exr"):
        (tmp_path / name).touch()
    assert FilePattern(f"{tmp_path}/a.####.exr").frames() == (-2, 1, 3, 10000)
    assert FilePattern(f"{tmp_path}/a.%d.exr").frames() == (7, 10000)
    assert FilePattern(f"{tmp_path}/b.####.exr").frames() == ()
    assert FilePattern(f"{tmp_path}/gone/b.####.exr").frames() == ()


def test_frames_in_numbered_folders(tmp_path: Path) -> None:
    for frame in (1, 2):
        folder = tmp_path / f"f{frame:03d}"
        folder.mkdir()
        (folder / f"a.{frame:04d}.exr").touch()
        (folder / "a.0009.exr").touch()
    assert FilePattern(f"{tmp_path}/f###/a.####.exr").frames() == (1, 2)


def test_what_stands_in_for_a_missing_frame() -> None:
    present = (1, 2, 10)
    assert nearest_frame(5, present) == 2
    assert nearest_frame(6, present) == 2
    assert nearest_frame(7, present) == 10
    assert held_frame(9, present) == 2
    assert held_frame(0, present) == 1
    assert replace_missing(5, present, "nearest", FilePattern("a")) == 2
    assert replace_missing(9, present, "hold", FilePattern("a")) == 2
    assert replace_missing(5, present, "black", FilePattern("a")) is None
    with pytest.raises(FileError, match=r"a: frame 5 has no file; the frames on disk are 1-2, 10"):
        replace_missing(5, present, "error", FilePattern("a"))
    with pytest.raises(FileError, match="no file of that name"):
        replace_missing(5, (), "nearest", FilePattern("a"))


def test_a_folder_or_pipe_of_the_name_is_no_frame(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a: what is there for frame 2 is no file"):
        replace_missing(2, [1, 2, 4], "error", FilePattern("a"))
    assert replace_missing(2, [1, 2, 4], "nearest", FilePattern("a")) == 1
    (tmp_path / "a.2.exr").symlink_to("gone.exr")
    with pytest.raises(FileError, match="what is there for frame 2 is a link to nothing"):
        replace_missing(2, [1, 2, 4], "error", FilePattern(str(tmp_path / "a.#.exr")))
    assert replace_missing(2, [1, 2, 4], "hold", FilePattern("a")) == 1
    with pytest.raises(FileError, match="no file of that name"):
        replace_missing(2, [2], "nearest", FilePattern("a"))


def test_what_is_no_file_stands_in_for_no_frame(tmp_path: Path) -> None:
    pattern = FilePattern(str(tmp_path / "a.#.exr"))
    for frame in (1, 4, 9):
        (tmp_path / f"a.{frame}.exr").touch()
    (tmp_path / "a.5.exr").symlink_to("a.5.exr")  # a link to itself
    (tmp_path / "a.6.exr").symlink_to("gone.exr")
    os.mkfifo(tmp_path / "a.7.exr")
    present = pattern.frames()
    assert present == (1, 4, 5, 6, 7, 9)
    assert stand_in(5, present, pattern) == 4 and stand_in(7, present, pattern) == 9
    assert stand_in(7, present, pattern, hold=True) == 4
    assert replace_missing(8, present, "hold", pattern) == 4 and replace_missing(6, present, "nearest", pattern) == 4
    assert stand_in(5, (5, 6, 7), pattern) is None


def test_a_folder_that_is_not_there_or_not_for_us_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine of a farm that lacks a share."""
    gone = tmp_path / "share" / "shot"
    with pytest.raises(FileError, match=re.escape(f"frame 5 has no file; there is no folder {gone} on this machine")):
        replace_missing(5, (), "nearest", FilePattern(str(gone / "a.####.exr")))
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(FileError, match=re.escape(f"frame 5 has no file; the folder {loop} is a link to nothing")):
        replace_missing(5, [], "error", FilePattern(str(loop / "a.####.exr")))
    with pytest.raises(FileError, match="no file of that name"):
        replace_missing(5, (), "error", FilePattern(str(gone / "####" / "a.####.exr")))
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(FileError, match=re.escape(f"the folder {tmp_path} may not be read: permission denied")):
        replace_missing(5, (), "error", FilePattern(str(tmp_path / "a.####.exr")))


def test_folders_below_another_numbered_part(tmp_path: Path) -> None:
    def reason(name: str) -> str:
        pattern = FilePattern.of(name, str(tmp_path))
        with pytest.raises(FileError) as caught:
            replace_missing(1, pattern.frames(), "error", pattern)
        return str(caught.value).partition("has no file; ")[2]

    for name in ("a_01/a.0001.exr", "a_02/a.0002.exr", "b_05/b.1001.exr", "b_1/b.0001.exr", "c_##/0001/c.0001.exr"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert FilePattern.of("a_##/a.####.exr", str(tmp_path)).frames() == (1, 2)
    other = tmp_path / "b_05" / "b.1001.exr"
    assert (
        reason("b_##/b.####.exr") == f"{other} is there, whose numbers differ, and all places are for that of the frame"
    )
    assert reason("c_##/####/c.####.exr").startswith(f"## in the folder {tmp_path / 'c_##'} is for the frame; a folder")
    assert reason("d_##/####/d.exr") == "there is no file of that name at all"


def test_the_folders_around_the_script_are_no_places_for_the_frame(tmp_path: Path) -> None:
    folder = tmp_path / "shot#3 50%d"
    (folder / "comp").mkdir(parents=True)
    for frame in (1, 2):
        (folder / f"a.{frame:04d}.exr").touch()
    pattern = FilePattern.of("../a.####.exr", str(folder / "comp"))
    assert pattern.path(7) == str(folder / "a.0007.exr") and pattern.frames() == (1, 2)
    assert FilePattern.of(str(folder / "a.####.exr"), str(folder / "comp")) == pattern
    elsewhere = FilePattern.of(str(folder / "a.####.exr"), "/show")
    assert elsewhere.path(7) == str(tmp_path / "shot73 507" / "a.0007.exr")
    with pytest.raises(FileError, match=r"# in the folder .*shot#3 50%d is for the frame; a folder that is called"):
        replace_missing(7, (), "error", elsewhere)


def test_a_script_in_such_a_folder_renders_beside_itself(tmp_path: Path) -> None:
    folder = tmp_path / "take #2"
    folder.mkdir()
    session = Session()
    session.set_project(format="8x4", frames=(1, 2))
    session.add("Constant", name="C")
    session.add("Write", "C", name="W", file="out/o.####.exr")
    session.save(folder / "s.rim")
    assert [result.path for result in session.render().results] == [str(folder / f"out/o.000{n}.exr") for n in (1, 2)]
    session.add("Read", name="R", file="out/o.####.exr")
    session.set("W", file="again/o.####.exr")
    session.connect("W", "image", "R")
    assert session.check().problems == ()
    assert list(session.files().read) == [str(folder / f"out/o.000{n}.exr") for n in (1, 2)]


def test_folders_that_are_there_are_taken_as_they_are_called(tmp_path: Path) -> None:
    folder = tmp_path / "shot#3" / "v##"
    folder.mkdir(parents=True)
    for frame in (1, 2, 12):
        (folder / f"a.{frame:04d}.exr").touch()
    assert FilePattern.typed(f"{folder}/a.####.exr").frames() == (1, 2, 12)
    assert FilePattern.typed(f"{tmp_path}/shot#3/w##/a.####.exr").path(7) == f"{tmp_path}/shot#3/w07/a.0007.exr"
    assert not FilePattern.typed(f"{folder}/a.exr").numbered
    assert FilePattern.typed("a.####.exr").path(7) == "a.0007.exr"


def test_which_folder_may_not_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of one that is inside it, and where its names can be listed but its files not opened."""
    locked = tmp_path / "locked"
    locked.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != locked)
    told = re.escape(f"the folder {locked} may not be read: permission denied")
    with pytest.raises(FileError, match=told):
        replace_missing(1, (), "error", FilePattern(f"{locked}/plates/v1/a.#.exr"))
    with pytest.raises(FileError, match=f"frame 1 is there, but {told}"):
        replace_missing(1, (1,), "error", FilePattern(f"{locked}/a.#.exr"))
    with pytest.raises(FileError, match="there is no folder"):
        replace_missing(1, (), "error", FilePattern(f"{tmp_path}/none/a.#.exr"))


@pytest.mark.parametrize(("ahead", "whole"), [(0, False), (3600, False), (3600, True)])
def test_a_folder_is_listed_again_only_while_it_may_change_within_a_tick(
    ahead: int, whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the clock of the server is ahead, so that no change is ever old."""
    now = [1000.0]
    monkeypatch.setattr("rimlight.engine.io.reader.time.monotonic", lambda: now[0])
    pattern, found, listings = FilePattern(str(tmp_path / "a.#.exr")), Reader(), []
    real = FilePattern.frames
    monkeypatch.setattr(FilePattern, "frames", lambda self: listings.append(1) or real(self))
    for frame in (1, 2):
        (tmp_path / f"a.{frame}.exr").touch()
        second = int(time.time()) + ahead + 10 * frame * whole
        os.utime(tmp_path, ns=(0, second * 10**9 + (0 if whole else 500_000_000 + frame)))
        listings.clear()
        for _ in range(3):
            assert found.frames(pattern) == tuple(range(1, frame + 1))
        assert len(listings) == 3  # another file may come with the same time of change
        now[0] += 0.05
        for _ in range(3):
            assert found.frames(pattern) == tuple(range(1, frame + 1))
        assert len(listings) == (6 if whole else 4)
        now[0] += 3
        found.frames(pattern)
        found.frames(pattern)
        assert len(listings) == (7 if whole else 4)
