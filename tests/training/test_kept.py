"""An evaluation that was stopped goes on where it was, and begins anew where anything is another."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from asset_pack import make_pack
from rimlight.engine import FileError
from rimlight.training import evaluate, shipping, trials
from rimlight.training.augment import CORRUPTIONS
from rimlight.training.cases import Case
from rimlight.training.evaluate import EvaluationConfig
from rimlight.training.kept import MEASURED, Kept
from rimlight.training.methods import BASELINES
from rimlight.training.shipping import evaluate_files
from rimlight.training.trials import Trial
from tiny_stage import write_student, write_views

INPUTS = {"networks": "a", "views": "b"}


def test_what_is_kept_is_measured_once(tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[str] = []
    path = tmp_path / MEASURED

    def measure(name: str, value: float) -> list[float]:
        asked.append(name)
        return [value, 1 / 3]

    kept = Kept.read(path, INPUTS, said.append)
    assert kept.once("a", measure, "a", 0.1) == kept.once("a", measure, "a", 0.2) == [0.1, 1 / 3]
    assert not said and os.listdir(tmp_path) == [MEASURED]
    kept = Kept.read(path, INPUTS, said.append)
    assert kept.once("a", measure, "a", 0.3) == [0.1, 1 / 3]  # to the last digit
    assert str(kept.once("b", measure, "b", float("nan"))[0]) == "nan"
    assert Kept.read(path, INPUTS, said.append).found.keys() == {"a", "b"} and asked == ["a", "b"]
    assert said == [f"the evaluation goes on from {path}"] * 2
    kept.remove()
    assert not os.listdir(tmp_path)


def test_other_inputs_and_damage_are_told_and_left_alone(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / MEASURED
    Kept(path, INPUTS).once("a", lambda: 1)
    assert not Kept.read(path, INPUTS | {"networks": "c", "code": "d"}, said.append).found
    assert said == [f"{path} was measured with other networks, code: the evaluation begins anew"]
    whole = path.read_bytes()
    for damaged in (whole[:-1], b"", b"\xff", b"[]", b'{"inputs": {}}', b'{"inputs": 1, "found": 1}', b"null"):
        said.clear()
        path.write_bytes(damaged)
        assert not Kept.read(path, INPUTS, said.append).found
        assert said == [f"{path} is no whole file of what was measured: the evaluation begins anew"]
    assert Kept.read(path, INPUTS, said.append).once("a", lambda: 2) == 2
    assert Kept.read(path, INPUTS, said.append).found == {"a": 2}


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"measured\.json could not be written: No such file"):
        Kept(tmp_path / "gone" / MEASURED).once("a", lambda: 1)


class Stop(Exception):
    """The run is killed."""


def stopping(said: list[str], last: int) -> Callable[[str], None]:
    """Note what is said, and kill the run when as much was."""

    def say(sentence: str) -> None:
        if len(said) == last:
            raise Stop
        said.append(sentence)

    return say


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes time, and is told by other tests, takes none; and no two runs are equally fast."""
    costs = ("apart_ms", "relight_ms", "working_size", "network_ms", "threads", "parameters")
    monkeypatch.setattr(evaluate, "speed", lambda student: dict.fromkeys(costs, 1.0))
    monkeypatch.setattr(shipping, "find_photographs", lambda assets, split: [])
    monkeypatch.setattr(shipping, "BASELINES", BASELINES[:2])
    monkeypatch.setattr(evaluate, "CORRUPTIONS", list(CORRUPTIONS)[:2])

    def tried(case: Case, *more: object) -> Iterator[Trial]:
        yield Trial("Delight", "flat", "dB", False, {"node": float(case.picture.mean()), "nothing": 1 / 3})

    monkeypatch.setattr(trials, "_on_view", tried)
    monkeypatch.setattr(trials, "_on_photograph", tried)
    monkeypatch.setattr(trials, "_on_lamps", lambda student: iter(()))


@pytest.mark.usefixtures("quick")
def test_a_stopped_evaluation_ends_in_the_same_report(tmp_path: Path) -> None:
    pytest.importorskip("trimesh", reason="the tests' assets are written by trimesh")
    student, assets = write_student(tmp_path), make_pack(tmp_path / "assets")
    views = write_views(tmp_path / "views", train=0, test=2)
    config = EvaluationConfig(views=2, lights=1, constancy=2, corrupted=1, photographs=1, nodes=1)

    def run(out: str, say: Callable[[str], None]) -> None:
        evaluate_files(student, [f"other={student}"], views, assets, tmp_path / out, config, "cpu", say)

    whole: list[str] = []
    run("whole", whole.append)
    parts: list[list[str]] = []
    measured = tmp_path / "parts" / MEASURED
    while not (tmp_path / "parts" / "report.md").exists():
        parts.append([])
        with suppress(Stop):
            run("parts", stopping(parts[-1], 3))
        assert len(parts) < len(whole), parts  # where nothing were kept it would go on for ever
    assert len(parts) > 2 and all(part[0] == f"the evaluation goes on from {measured}" for part in parts[1:])
    assert [*parts[0], *(sentence for part in parts[1:] for sentence in part[1:])] == whole  # nothing twice
    for name in ("report.json", "report.md", "grid.png"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert sorted(os.listdir(tmp_path / "parts")) == sorted(os.listdir(tmp_path / "whole"))
    assert not measured.exists()
