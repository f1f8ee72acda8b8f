"""The one command: it makes what is missing, goes on from what is there, and stops when it is told to."""

import os
import signal
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rimlight.engine import FileError, Manifest
from rimlight.training import evaluate, pipeline
from rimlight.training.config import TrainConfig
from rimlight.training.data import DataConfig
from rimlight.training.evaluate import EvaluationConfig
from rimlight.training.pipeline import BASE, PipelineConfig, run_pipeline
from rimlight.training.timing import speed

QUICK = PipelineConfig(
    minutes=0.002, views=1, test_views=1, view_size=32, domain="primitives", network="small", processes=1,
    data=DataConfig(size=32, pairs=1, lightings=2, pool=1, workers=0),
    evaluation=EvaluationConfig(views=1, lights=1, constancy=0, corrupted=0, nodes=0),
)  # fmt: skip


def test_it_makes_everything_once_and_goes_on_with_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "speed", partial(speed, size=64, runs=1))  # test_evaluate measures it in full
    said: list[str] = []
    report = run_pipeline(QUICK, tmp_path, "cpu", said.append)
    assert report is not None and "one_light" in report.read_text(encoding="utf-8")
    student = Manifest.read(tmp_path / "student" / "student.json")
    base = Manifest.read(tmp_path / "base" / "student.json")
    assert student.trained["after"]["sha256"] == base.sha256
    assert "base: 0.001 minutes in all" in said

    said.clear()
    assert run_pipeline(QUICK, tmp_path, "cpu", said.append) == report
    assert said == ["views of the split train: 1, 0 of them new", "views of the split test: 1, 0 of them new"]

    said.clear()
    more = replace(QUICK, minutes=(base.trained["minutes"] + 0.01) / BASE, views=2)
    run_pipeline(more, tmp_path, "cpu", said.append)
    assert "views of the split train: 2, 1 of them new" in said
    assert "student grew out of another base: it begins anew" in said and said[-1] == "evaluation"
    longer = Manifest.read(tmp_path / "base" / "student.json")
    assert longer.trained["steps"] > base.trained["steps"] and longer.sha256 != base.sha256
    assert Manifest.read(tmp_path / "student" / "student.json").trained["after"]["sha256"] == longer.sha256


def test_a_termination_ends_it_and_the_same_command_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "evaluate_files", lambda student, *more: student)  # the other test does it
    monkeypatch.setattr(pipeline, "TrainConfig", partial(TrainConfig, log_steps=1))  # the first step is enough
    said: list[str] = []
    log = tmp_path / "base" / "log.csv"

    def end_it() -> None:
        while not log.exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_it, daemon=True).start()
    assert run_pipeline(replace(QUICK, minutes=600.0), tmp_path, "cpu", said.append) is None
    assert said[-1] == "base was stopped: the same command goes on"
    steps = Manifest.read(tmp_path / "base" / "student.json").trained["steps"]
    assert steps > 0 and not (tmp_path / "experts").exists()
    assert run_pipeline(QUICK, tmp_path, "cpu", said.append) == tmp_path / "student" / "student.json"
    assert Manifest.read(tmp_path / "base" / "student.json").trained["steps"] == steps  # it was long enough


def test_views_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"1 views of the split train could not be rendered: .*--assets"):
        run_pipeline(replace(QUICK, domain="heads"), tmp_path, "cpu", lambda said: None)
