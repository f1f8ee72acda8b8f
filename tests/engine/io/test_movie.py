"""Movies: what is written comes back in order, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from disks import on_small_disk
from rimlight.engine import FileError
from rimlight.engine.io.movie import CODECS, Picture, is_movie, read_movie, write_movie


def pictures(count: int, width: int = 32, height: int = 24) -> list[Picture]:
    """Grey pictures, each brighter than the one before, with a red corner at the top left."""
    made = []
    for i in range(count):
        x = np.full((height, width, 3), 20 + 40 * i, np.uint8)
        x[:8, :8] = (220, 20, 20)
        made.append(x)
    return made


@pytest.mark.parametrize("ending", CODECS)
def test_pictures_come_back_in_order_and_the_right_way_up(tmp_path: Path, ending: str) -> None:
    path = str(tmp_path / f"a{ending}")
    assert write_movie(path, 25, pictures(5)) == 5
    info, found = read_movie(path)
    read = list(found)
    assert (info.width, info.height, info.fps) == (32, 24, 25) and len(read) == 5
    for given, back in zip(pictures(5), read, strict=True):
        assert abs(back[12:, 12:].astype(float).mean() - given[12:, 12:].mean()) < 6
        corner = back[:6, :6].reshape(-1, 3).mean(0)
        assert corner[0] > 150 and corner[1] < 80 and corner[2] < 80, "red stays red, at the top left"
    assert [p.name for p in tmp_path.iterdir()] == [f"a{ending}"]


def test_odd_sizes_get_a_row_and_a_column(tmp_path: Path) -> None:
    path = str(tmp_path / "a.mp4")
    write_movie(path, 24, pictures(2, 31, 23))
    assert (read_movie(path)[0].width, read_movie(path)[0].height) == (32, 24)


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = str(tmp_path / "a.mp4")
    with pytest.raises(FileError, match="picture 3 is 40x24, those before are 32x24"):
        write_movie(path, 24, [*pictures(2), *pictures(1, 40)])
    with pytest.raises(FileError, match="no pictures"):
        write_movie(path, 24, [])
    with pytest.raises(FileError, match="not written, expected"):
        write_movie(str(tmp_path / "a.webm"), 24, pictures(1))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").touch()
    with pytest.raises(FileError, match=r"a/a\.mp4 could not be written: the folder"):
        write_movie(str(tmp_path / "a" / "a.mp4"), 24, pictures(1))


_FULL_DISK = """
import sys
import numpy as np
from rimlight.engine import FileError
from rimlight.engine.io.movie import write_movie
noise = np.random.default_rng(0).integers(0, 255, (12, 64, 64, 3), dtype=np.uint8)
for name in sys.argv[1:]:
    open(name, "w").write("old")
    try:
        write_movie(name, 24, noise)
    except FileError as error:
        print(error, "|", open(name).read())
"""


def test_a_full_disk_leaves_nothing_but_the_old_movie(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    names = [str(disk / f"a{ending}") for ending in CODECS]
    done = on_small_disk(disk, "24k", _FULL_DISK, names)
    lines = done.splitlines()
    for line, name in zip(lines, names, strict=False):
        assert line == f"{name} could not be written: No space left on device | old"
    assert lines[len(names) :] == sorted(Path(name).name for name in names)


def test_a_movie_that_is_not_whole_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rimlight.engine.io.movie._pictures", lambda cv2, file: iter([1, 2]))
    with pytest.raises(FileError, match="2 of 3 pictures arrived on the disk"):
        write_movie(str(tmp_path / "a.mp4"), 24, pictures(3))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_movie_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no movie")
    with pytest.raises(FileError, match="cannot be read as a movie"):
        read_movie(str(tmp_path / "a.mp4"))
    with pytest.raises(FileError, match="no such file"):
        read_movie(str(tmp_path / "b.mp4"))
    assert is_movie("x/A.MOV") and not is_movie("a.png")
