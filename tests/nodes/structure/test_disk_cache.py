from pathlib import Path

from compare import assert_same
from pictures import hdr
from stage import Stage


def test_its_input_is_not_computed_again_in_another_session(tmp_path: Path) -> None:
    def cached() -> Stage:
        stage = Stage(disk_folder=str(tmp_path)).given("a", hdr())
        return stage.add("Keep", "DiskCache", {"image": "a"})

    assert_same(cached().evaluate("Keep"), hdr())
    assert list(tmp_path.rglob("*.*"))
    again, read = cached(), []
    again.evaluator.runner._call = lambda task, ctx: read.append(task.id)
    assert_same(again.evaluate("Keep"), hdr())
    assert not read


def test_without_a_folder_it_passes_its_input() -> None:
    stage = Stage().given("a", hdr()).add("Keep", "DiskCache", {"image": "a"})
    assert_same(stage.evaluate("Keep"), hdr())
