"""The mean of several students' weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import TINY
from rimlight.engine import FileError, Manifest, RimlightError, Student, StudentConfig, load_student, write_weights
from rimlight.training.average import average_files


def made(folder: Path, seed: int, config: StudentConfig = TINY) -> Path:
    """A student of random weights, trained on things of its own."""
    torch.manual_seed(seed)
    folder.mkdir()
    student = Student(config)
    sha256 = write_weights(student.state_dict(), folder / "student.safetensors")
    trained = {"steps": seed, "sources": {"views": [f"views {seed}"], "licences": ["MIT"], "environments": [],
                                          "photographs": [], "earlier": []}}  # fmt: skip
    count = sum(p.numel() for p in student.parameters())
    manifest = Manifest(
        "student",
        "training",
        "student.safetensors",
        sha256,
        "Apache-2.0",
        "",
        "",
        count,
        config,
        160,
        trained,
        {"a": 1},
    )
    manifest.write(folder / "student.json")
    return folder / "student.json"


def test_weights_are_means_and_all_that_they_come_from_is_told(tmp_path: Path) -> None:
    paths = [made(tmp_path / str(seed), seed) for seed in (1, 2, 3)]
    mean = average_files(paths, tmp_path / "mean")
    states = [load_student(path).student.state_dict() for path in paths]
    for name, weight in load_student(mean).student.state_dict().items():
        expected = torch.stack([state[name] for state in states]).mean(0)
        torch.testing.assert_close(weight, expected, rtol=1e-3, atol=1e-6)  # kept as half floats
    manifest = Manifest.read(mean)
    assert manifest.working_size == 160 and manifest.version == "training" and not manifest.metrics
    shas = [Manifest.read(path).sha256 for path in paths]
    assert [one["sha256"] for one in manifest.trained["mean_of"]] == shas
    assert [one["steps"] for one in manifest.trained["mean_of"]] == [1, 2, 3]
    assert all(f"views {seed}" in manifest.data for seed in (1, 2, 3))


def test_weights_that_others_build_on_are_told_once(tmp_path: Path) -> None:
    first, second = (made(tmp_path / str(seed), seed) for seed in (1, 2))
    within = Manifest.read(second)
    oldest = {"sha256": "c" * 64, "steps": 7}
    before = {"sha256": "d" * 64, "steps": 9, "after": oldest}
    replace(within, trained={**within.trained, "mean_of": [before, oldest]}).write(second)  # as up to version 0.7.0
    path = first
    for number in range(6):  # of each mean two are again means
        path = average_files([path, second], tmp_path / f"mean {number}")
    manifest = Manifest.read(path)
    told = manifest.trained["lineage"]
    one, two = (Manifest.read(p).sha256 for p in (first, second))
    assert told[one] == {"steps": 1} and told["c" * 64] == {"steps": 7}
    assert told["d" * 64] == {"steps": 9, "after": "c" * 64}
    assert told[two] == {"steps": 2, "mean_of": ["d" * 64, "c" * 64]}
    assert len(told) == 4 + 5 and path.stat().st_size < 8000
    assert all("mean_of" not in part and "lineage" not in part for part in manifest.trained["mean_of"])


def test_what_has_no_mean_is_told(tmp_path: Path) -> None:
    one = made(tmp_path / "one", 1)
    other = made(tmp_path / "other", 2, replace(TINY, queries=2))
    with pytest.raises(RimlightError, match="two or more"):
        average_files([one], tmp_path / "mean")
    with pytest.raises(RimlightError, match=r"other/student\.json is of .* no mean"):
        average_files([one, other], tmp_path / "mean")
    with pytest.raises(FileError, match="cannot be read"):
        average_files([one, tmp_path / "none.json"], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
