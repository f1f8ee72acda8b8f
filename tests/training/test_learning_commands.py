"""`rimlight train student`, `evaluate` and `ship`, as one types them."""

from pathlib import Path

import pytest

from rimlight.engine import load_student
from rimlight.engine.cli import run
from rimlight.training import shipping
from tiny_stage import write_views


def test_from_views_to_a_shipped_student(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views = str(write_views(tmp_path / "views", train=1, test=1))
    out, report, models = (str(tmp_path / name) for name in ("run", "report", "models"))
    train = ["train", "student", "--views", views, "--out", out, "--size", "32", "--workers", "0", "--minutes", "0.02"]
    assert run([*train, "--network", "small"]) == 0
    assert (tmp_path / "run" / "checkpoint.pt").exists()
    assert run([*train, "--network", "small"]) == 1
    assert "is there already" in capsys.readouterr().err
    evaluate = ["train", "evaluate", "--views", views, "--out", report, "--student", f"{out}/student.json"]
    assert run([*evaluate, "--count", "1", "--lights", "1", "--constancy", "2", "--corrupted", "0"]) == 0
    ship = ["train", "ship", "--student", f"{out}/student.json", "--report", f"{report}/report.json"]
    assert run([*ship, "--version", "1.2.3", "--out", models]) == 0
    assert load_student(Path(models) / "student-1.2.3.json").manifest.version == "1.2.3"


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
    ],
)
def test_wrong_arguments_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["train", *arguments, "--views", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "0"]) == 1
    assert said in capsys.readouterr().err
