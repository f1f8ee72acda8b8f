"""What an evaluation depends on is told apart, and what it does not depend on is not."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from asset_pack import make_pack
from rimlight.engine import FileError, load_student
from rimlight.training import evaluation_inputs
from rimlight.training.assets import Assets
from rimlight.training.evaluate import EvaluationConfig
from rimlight.training.evaluation_inputs import inputs_of
from rimlight.training.methods import BASELINES, StudentMethod
from tiny_stage import write_student, write_views

CONFIG = EvaluationConfig()


def test_all_that_figures_depend_on_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trimesh", reason="the tests' assets are written by trimesh")
    views, assets = write_views(tmp_path / "views", train=1, test=2), Assets(make_pack(tmp_path / "assets"))
    for name in "abcd":
        (tmp_path / name).mkdir()
    one, same, other = (
        StudentMethod(load_student(write_student(tmp_path / name, seed)))
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    methods = [one, *BASELINES]
    known = inputs_of(methods, views, assets, CONFIG, "cpu")
    assert inputs_of([same, *BASELINES], views, Assets(assets.root), replace(CONFIG), "cpu") == known
    moved = shutil.copytree(tmp_path / "views", tmp_path / "d" / "views")

    def differ(found: dict[str, str]) -> list[str]:
        return [name for name in known if found[name] != known[name]]

    assert not differ(inputs_of(methods, moved, assets, CONFIG, "cpu"))
    assert differ(inputs_of([other, *BASELINES], views, assets, CONFIG, "cpu")) == ["networks"]
    assert differ(inputs_of([one, replace(one, name="expert")], views, assets, CONFIG, "cpu")) == ["networks"]
    assert differ(inputs_of(methods, views, assets, replace(CONFIG, lights=3), "cpu")) == ["settings"]
    assert differ(inputs_of(methods, views, None, CONFIG, "cpu")) == ["assets"]
    assert differ(inputs_of(methods, views, assets, CONFIG, "cuda")) == ["devices"]
    (moved / "train-primitives-00000000.safetensors").unlink()  # of the other split
    assert not differ(inputs_of(methods, moved, assets, CONFIG, "cpu"))
    (moved / "test-primitives-00000001.safetensors").write_bytes(b"another view")
    assert differ(inputs_of(methods, moved, assets, CONFIG, "cpu")) == ["views"]
    assets.environments("test")[0].write_bytes(b"another light")
    assert differ(inputs_of(methods, views, assets, CONFIG, "cpu")) == ["assets"]
    monkeypatch.setattr(evaluation_inputs, "code_key", lambda cls: cls.__module__.encode())
    assert bytes.fromhex(inputs_of(methods, views, assets, CONFIG, "cpu")["code"]).decode() == (
        "rimlight.training.methodsrimlight.nodes.learned.intrinsics"
    )


def test_without_views_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="are no views of the split 'test'"):
        inputs_of(BASELINES, tmp_path, None, CONFIG, "cpu")
