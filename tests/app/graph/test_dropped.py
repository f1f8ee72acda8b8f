"""What dropped files are read as."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from rimlight.app.graph.dropped import Dropped, answers, dropped


def made(folder: Path, *names: str, size: tuple[int, int] = (6, 4)) -> list[Path]:
    for name in names:
        assert QImage(*size, QImage.Format.Format_RGB888).save(str(folder / name))
    return [folder / name for name in names]


@pytest.mark.parametrize("names", [("plate.0001.jpg", "plate.0002.jpg"), ("b_001.png", "b_002.png")])
def test_frames_of_a_shot_are_a_sequence_without_a_question(names: tuple[str, ...], tmp_path: Path) -> None:
    first, _ = made(tmp_path, *names)
    (found,) = dropped([first])
    assert not found.asks and found.count == 2 and "#" in found.sequence and found.names(False) == (found.sequence,)


@pytest.mark.parametrize("names", [("IMG_0001.tif", "IMG_0002.tif"), ("holiday_001.jpg", "holiday_002.jpg")])
def test_photographs_are_asked_about(names: tuple[str, ...], tmp_path: Path) -> None:
    first, second = made(tmp_path, *names)
    (found,) = dropped([second])
    assert found.asks and found.names(False) == (str(second),) and found.names(True) == (found.sequence,)
    (whole,) = dropped([first, second])
    assert not whole.asks and whole.names(True) == (found.sequence,), "all of them were dropped"


def test_photographs_of_other_sizes_are_no_sequence(tmp_path: Path) -> None:
    made(tmp_path, "a_001.jpg", "a_002.jpg")
    made(tmp_path, "a_003.jpg", size=(4, 6))
    (alone,) = dropped([tmp_path / "a_002.jpg"])
    assert alone.names(True) == (str(tmp_path / "a_002.jpg"),) and "other sizes" in alone.told
    (first,) = dropped([tmp_path / "a_001.jpg"])
    assert first.asks, "only the nearest are looked at"


def test_folders_are_taken_as_they_are_called(tmp_path: Path) -> None:
    (folder := tmp_path / "shot#3").mkdir()
    first, _, _ = made(folder, "a_001.jpg", "a_002.jpg", "a_003.jpg")
    (found,) = dropped([first])
    assert found.asks and found.count == 3
    made(folder, "a_002.jpg", size=(4, 6))
    (alone,) = dropped([first])
    assert not alone.sequence and "other sizes" in alone.told


def test_what_cannot_be_read_is_asked_about_and_versions_are_no_frames(tmp_path: Path) -> None:
    for name in ("c_001.jpg", "c_002.jpg", "comp_v1.exr", "comp_v2.exr"):
        (tmp_path / name).touch()
    photograph, version = dropped([tmp_path / "c_001.jpg", tmp_path / "comp_v2.exr"])
    assert photograph.asks and version == Dropped((str(tmp_path / "comp_v2.exr"),))


def test_answers_name_what_is_read() -> None:
    one = Dropped(("/a/x_001.jpg",), "/a/x_###.jpg", 9, asks=True)
    two = Dropped(("/a/y_001.jpg", "/a/y_002.jpg"), "/a/y_###.jpg", 5, asks=True)
    assert answers([one, Dropped(("/a/z.exr",))]) == ("Read x_001.jpg Alone", "Read x_###.jpg, a Sequence of 9 Files")
    assert answers([one, two]) == ("Read 3 Files, Each Alone", "Read All Files Like Them as 2 Sequences")
