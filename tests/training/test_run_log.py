"""What a training says of itself."""

from pathlib import Path

import pytest

from rimlight.training.run_log import RunLog


def test_a_row_has_the_means_of_its_steps_and_what_is_left_is_written_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log = RunLog(path, every=2, minutes=1.0)
    for step in (1, 2, 3):
        log.add(step, step / 10, {"total": float(step)})
    log.write(3, 0.3)
    log.write(3, 0.3)
    assert path.read_text(encoding="utf-8").split() == ["step,minutes,total", "2,0.2,1.5", "3,0.3,3.0"]


def test_a_log_of_other_losses_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,minutes,total,older\n1,0.1,2.0,3.0\n", encoding="utf-8")
    RunLog(path, every=1, minutes=1.0).add(7, 0.5, {"total": 1.0})
    assert path.read_text(encoding="utf-8").split() == ["step,minutes,total", "7,0.5,1.0"]
    assert "older" in (tmp_path / "log-until-7.csv").read_text(encoding="utf-8")


def test_who_waits_is_told_twice_a_minute_at_most(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = RunLog(tmp_path / "log.csv", every=10, minutes=90.0)
    for step in range(100, 201):
        log.add(step, (step - 100) / 64, {"total": 4.0 if step < 140 else 3.25})
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "step 140, minute 0.6 of 90: loss 3.925, 64 steps a minute",
        "step 180, minute 1.2 of 90: loss 3.250, 64 steps a minute",
    ]
