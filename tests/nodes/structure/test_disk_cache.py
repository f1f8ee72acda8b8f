from pathlib import Path

import pytest

from compare import assert_same
from pictures import hdr
from rimlight.engine import ComputeContext
from rimlight.engine.evaluate.plan import Task
from stage import Stage


def test_its_input_is_not_computed_again_in_another_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cached() -> Stage:
        stage = Stage(disk_folder=str(tmp_path)).given("a", hdr())
        return stage.add("Keep", "DiskCache", {"image": "a"})

    assert_same(cached().evaluate("Keep"), hdr())
    assert list(tmp_path.rglob("*.*"))
    again = cached()

    def computed(task: Task, ctx: ComputeContext) -> None:
        raise AssertionError(f"{task.id[0]} was computed")

    monkeypatch.setattr(again.evaluator.runner, "call", computed)
    assert_same(again.evaluate("Keep"), hdr())


def test_without_a_folder_it_passes_its_input() -> None:
    stage = Stage().given("a", hdr()).add("Keep", "DiskCache", {"image": "a"})
    assert_same(stage.evaluate("Keep"), hdr())
