"""The sample scripts open, render headless, explain themselves, and are found on the start page."""

import json
from pathlib import Path
from typing import Any

import pytest

from rimlight.engine import Reader, Session
from rimlight.engine.cli import run
from source import ROOT

SCRIPTS = sorted((ROOT / "resources" / "scripts").glob("*.rim"))
PLAIN = {"demo", "relight"}
"""Those from before there were notes."""
EXPLAINED = [path for path in SCRIPTS if path.stem not in PLAIN]


def nodes_of(path: Path) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    return nodes


def test_there_is_one_for_each_task() -> None:
    wanted = {
        "delight_relight_portrait", "shadow_recast", "move_subject", "night_to_dusk", "transfer_reference", "mix_cg",
        "face", "track_lamp", "propagate_light", "relight_shot", "hold_lamp", "haze_beam", "practical_lamps",
        "several_lights", "steady_lamp", "paint_light", "another_sky", "merge_brackets", "window_light",
        "match_cameras", "ground_shadow", "scribble_light",
        "flatten_path", "linked_lights",
    }  # fmt: skip
    assert wanted | PLAIN == {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("path", EXPLAINED, ids=lambda p: p.stem)
def test_it_renders_without_a_warning(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(path.read_text(encoding="utf-8"))["project"].get("frames", [1, 1])[0]
    files = [f"{name}.file={tmp_path}/{name}.####{end}" for name, end in (("Picture", ".exr"), ("Preview", ".png"))]
    options = [word for file in files for word in ("--set", file)]
    assert run(["render", str(path), "--frames", str(first), "--proxy", "8", *options]) == 0
    assert "warning" not in capsys.readouterr().err
    picture = Reader().pixels(tmp_path / f"Picture.{first:04d}.exr", ["rgba"])["rgba"]
    assert bool(picture.isfinite().all()) and 0.005 < float(picture[:3].mean()) < 20
    assert (tmp_path / f"Preview.{first:04d}.png").stat().st_size > 500


@pytest.mark.parametrize("path", EXPLAINED, ids=lambda p: p.stem)
def test_it_explains_itself(path: Path) -> None:
    nodes = nodes_of(path)
    kinds = [node["kind"] for node in nodes.values()]
    assert kinds.count("structure.sticky_note") >= 2
    (first, *_) = (node for node in nodes.values() if node["kind"] == "structure.backdrop")
    assert first["values"]["title"] and first["values"]["text"]
    layout = json.loads(path.read_text(encoding="utf-8"))["layout"]
    inside = {f"{name}/{inner}" for name, node in nodes.items() for inner in node.get("nodes", {})}
    assert set(layout) == set(nodes) | inside


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_its_nodes_are_of_the_versions_of_today(path: Path) -> None:
    session = Session()
    session.load(path)
    assert not session.upgraded, "open it and save it"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_its_files_are_those_that_ship(path: Path) -> None:
    for node in nodes_of(path).values():
        file = node.get("values", {}).get("file", "")
        assert not Path(file).is_absolute()
        if node["kind"] == "image.read":
            assert list((path.parent / file).resolve().parent.glob(Path(file).name.replace("####", "*")))
