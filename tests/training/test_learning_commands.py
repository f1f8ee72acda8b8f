"""`rimlight train student`, `evaluate` and `ship`, as one types them."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from rimlight.engine import Manifest, load_student
from rimlight.engine.cli import run
from rimlight.training import evaluate, shipping
from rimlight.training.config import TrainConfig
from rimlight.training.networks import NETWORKS
from rimlight.training.timing import speed
from tiny_stage import TINY, write_views


def test_from_views_to_a_shipped_student(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "speed", partial(speed, size=64, runs=1))  # test_evaluate measures it in full
    views = str(write_views(tmp_path / "views", train=1, test=1))
    out, report, models = (str(tmp_path / name) for name in ("run", "report", "models"))
    monkeypatch.setitem(NETWORKS, "small", TINY)
    train = ["train", "student", "--views", views, "--out", out, "--size", "32", "--network", "small"]
    train += ["--workers", "0", "--processes", "1", "--minutes", "0.01"]  # test_train has several processes
    assert run(train) == 0
    assert (tmp_path / "run" / "checkpoint.pt").exists()
    assert Manifest.read(tmp_path / "run" / "student.json").config == TINY
    assert run(train) == 1
    assert "is there already" in capsys.readouterr().err
    measure = ["train", "evaluate", "--views", views, "--out", report, "--student", f"{out}/student.json"]
    assert run([*measure, "--count", "1", "--lights", "1", "--constancy", "2", "--corrupted", "0", "--nodes", "0"]) == 0
    ship = ["train", "ship", "--student", f"{out}/student.json", "--report", f"{report}/report.json"]
    assert run([*ship, "--version", "1.2.3", "--out", models]) == 0
    assert load_student(Path(models) / "student-1.2.3.json").manifest.version == "1.2.3"


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[TrainConfig]:
    """The configurations of runs that are begun or go on; none of them is trained."""
    configs: list[TrainConfig] = []

    def train(config: TrainConfig, out: Path, resume: bool, device: str) -> Path:
        out.mkdir(exist_ok=True)
        config.write(out / "config.json")
        configs.append(config)
        return out / "student.json"

    monkeypatch.setattr("rimlight.training.train.train", train)
    return configs


def test_a_run_goes_on_by_its_own_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begun: list[TrainConfig]
) -> None:
    command = ["train", "distill", "--out", str(tmp_path / "run"), "--resume"]
    first = ["--views", "v", "--size", "32", "--pairs", "1", "--network", "small"]
    shares = ["--photographs", "0.25", "--small", "0.2"]
    assert run([*command, *first, *shares, "--expert", "synthetic=e.json", "--minutes", "5", "--assets", "a"]) == 0
    (kept,) = begun  # there was nothing to go on from
    assert kept.experts == {"synthetic": "e.json"} and kept.data.size == 32 and kept.data.small == 0.2
    assert run([*command, "--size", "32", "--network", "small"]) == 0 and begun[-1] == kept
    changes = ["--minutes", "9", "--views", "w", "--views", "x", "--workers", "0", "--processes", "2", "--assets", "b"]
    assert run([*command, *changes, "--expert", "synthetic=moved.json", "--start", "s.json"]) == 1  # there is none
    assert run([*command, *changes, "--expert", "synthetic=moved.json"]) == 0
    data = replace(kept.data, views=("w", "x"), workers=0, assets="b")
    wanted = replace(kept, data=data, minutes=9.0, processes=2, experts={"synthetic": "moved.json"})
    assert begun[-1] == wanted
    capsys.readouterr()
    for typed, said in (
        (["--size", "64"], "--size 64: the run in .*run has 32, which stays; leave the option out"),
        (["--pairs", "2"], "--pairs 2: the run in .*run has 1, which stays"),
        (["--photographs", "0"], "--photographs 0.0: the run in .*run has 0.25, which stays"),
        (["--small", "0"], "--small 0.0: the run in .*run has 0.2, which stays"),
        (["--network", "full"], "--network: the run in .*run is of the network 'small', which stays"),
    ):
        assert run([*command, *typed]) == 1
        assert re.search(said, capsys.readouterr().err), typed
    assert run(["train", "expert", "one_light", "--out", str(tmp_path / "run"), "--resume"]) == 1
    assert "is of another domain's expert" in capsys.readouterr().err
    assert TrainConfig.read(tmp_path / "run" / "config.json") == wanted


def test_a_run_begins_as_large_as_its_start_or_larger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begun: list[TrainConfig]
) -> None:
    start = tmp_path / "start.json"
    Manifest("student", "1", "w", "f00d", "MIT", "", "rgb", 1, NETWORKS["small"]).write(start)
    command = ["train", "student", "--views", "v", "--out", str(tmp_path / "run")]
    for typed, sizes in (
        ([], NETWORKS["full"]),
        (["--start", str(start)], NETWORKS["small"]),
        (["--start", str(start), "--network", "small"], NETWORKS["small"]),
        (["--start", str(start), "--network", "full"], NETWORKS["full"]),
    ):
        assert run([*command, *typed]) == 0
        assert begun[-1].student == sizes and begun[-1].start == ("" if not typed else str(start))
    Manifest("student", "1", "w", "f00d", "MIT", "", "rgb", 1, NETWORKS["full"]).write(start)
    capsys.readouterr()
    for smaller in (command, ["train", "all", "--out", str(tmp_path / "all")]):
        assert run([*smaller, "--start", str(start), "--network", "small"]) == 1
        assert re.search(
            r"the network 'small' cannot begin with .*json, which is of the network 'full':", capsys.readouterr().err
        )
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize(("command", "missing"), [("student", "--views"), ("distill", "--views")])
def test_a_run_cannot_begin_without_views(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, missing: str
) -> None:
    assert run(["train", command, "--out", str(tmp_path), "--resume"]) == 2
    assert f"{missing}: a run cannot begin without it" in capsys.readouterr().err


@pytest.mark.parametrize(("more", "said"), [([], "student-"), (["--baselines-only"], "None")])
def test_what_is_evaluated_is_the_products_student_unless_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    monkeypatch.setattr(shipping, "evaluate_files", lambda student, *more: student)
    assert run(["train", "evaluate", "--views", "views", "--out", "report", *more]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["student", "--network", "huge"], "there is no network 'huge'"),
        (["expert", "dreams"], "there is no expert for 'dreams'"),
        (["distill", "--expert", "nothing"], "expected NAME=MANIFEST"),
        (["student"], "no views of the split 'train'"),
        (["student", "--device", "banana"], "--device banana: expected auto, cpu or cuda"),
        (["student", "--photographs", "0.1"], "photographs are taken from assets: name their folder with --assets"),
        (["expert", "photographs"], "photographs are taken from assets: name their folder with --assets"),
        (["student", "--assets", "nowhere"], "the folder of assets nowhere does not exist"),
    ],
)
def test_wrong_arguments_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["train", *arguments, "--views", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "0"]) == 1
    assert said in capsys.readouterr().err


def test_cuda_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for command in (["student", "--views", str(tmp_path)], ["all"]):
        assert run(["train", *command, "--out", str(tmp_path / "out"), "--device", "cuda"]) == 1
        assert "--device cuda: there is no CUDA device here" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [["student", "--views", "."], ["all"]])
def test_a_folder_that_cannot_be_written_is_told_before_anything_heavy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "file").write_text("")
    for out, said in (
        (tmp_path / "file", "file is a file, expected a folder"),
        (tmp_path / "file" / "run", "run cannot be written into: Not a directory"),
        (Path("/proc"), "the folder /proc cannot be written into"),
    ):
        assert run(["train", *command, "--out", str(out)]) == 1
        assert said in capsys.readouterr().err


def test_all_says_at_once_what_its_parts_would_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for typed, said in (
        (["--network", "huge"], "there is no network 'huge'"),
        (["--start", "gone.json"], "gone.json cannot be read as a model's manifest"),
        (["--device", "banana"], "--device banana: expected auto, cpu or cuda"),
    ):
        assert run(["train", "all", "--out", str(tmp_path / "out"), *typed]) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
