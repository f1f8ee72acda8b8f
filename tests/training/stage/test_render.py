"""Whole domains from a tiny pack of assets: by command, resumable, the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from asset_pack import make_pack
from rimlight.engine import FileError, RimlightError
from rimlight.engine.cli import run
from rimlight.training.assets import IDENTITIES, Assets
from rimlight.training.stage import View
from rimlight.training.stage.arrange import arranged
from rimlight.training.stage.capture import Plan
from rimlight.training.stage.render import Job, render, view_of

pytest.importorskip("embreex", reason="meshes are traced by embreex")
pytest.importorskip("trimesh", reason="models are read by trimesh")

PLAN = Plan(24, 24, samples=2, directions=16, keys=2, key_rays=2, bounce=2)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pack(tmp_path_factory.mktemp("pack"))


def job(out: Path, pack: Path | None, domain: str, **more: object) -> Job:
    return replace(Job(out, 1, domain, "train", 3, PLAN, pack), **more)


@pytest.mark.parametrize("domain", ["heads", "objects", "forms", "rooms"])
def test_every_domain_makes_sound_views(pack: Path, tmp_path: Path, domain: str) -> None:
    view = view_of(job(tmp_path, pack, domain), domain, 3)
    there = view.surface[0] > 0
    assert float(view.surface.mean()) > 0.1 and view.about["domain"] == domain and view.about["subject"]
    assert float(view.depth[0][there].min()) > 0 and float(view.depth[0][~there].abs().sum()) == 0
    assert torch.allclose(view.normal[:, there].norm(dim=0), torch.ones(int(there.sum())), atol=1e-4)
    facing = (view.normal * view.camera.views(view.region, view.normal)).sum(0)[there]
    assert float((facing > -0.2).float().mean()) > 0.97
    assert float(view.albedo.min()) >= 0 and float(view.albedo.max()) <= 0.96
    assert 0.02 < float(view.visibility().float().mean()) < 0.98 and "CC0-1.0" in view.about["licences"]


def test_subjects_are_split(pack: Path) -> None:
    assets = Assets(pack)
    for domain, train, test in (
        ("objects", "crate", "bell_pepper"),
        ("heads", "makehuman 3", f"makehuman {IDENTITIES + 3}"),
    ):
        for split, name in (("train", train), ("test", test)):
            found = arranged(domain, assets, split, 3, np.random.default_rng(1)).name
            assert set(found.split(" ")) == set(name.split(" ")), domain


def test_views_are_resumed_and_repeat(pack: Path, tmp_path: Path) -> None:
    first = list(render(job(tmp_path / "a", pack, "objects", count=2)))
    assert [d.error for d in first] == ["", ""] and [d.kept for d in first] == [False, False]
    assert [d.path.name for d in first] == ["train-objects-00000003.safetensors", "train-objects-00000004.safetensors"]
    first[0].path.unlink()
    again = list(render(job(tmp_path / "a", pack, "objects", count=2)))
    assert sorted((d.path.stem[-1], d.kept) for d in again) == [("3", False), ("4", True)]
    other = next(iter(render(job(tmp_path / "b", pack, "objects")))).path
    one, two = View.load(tmp_path / "a" / other.name), View.load(other)
    assert torch.equal(one.bits, two.bits) and torch.equal(one.albedo, two.albedo)


def test_the_command_renders_and_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "render", "--out", str(tmp_path), "--domain", "primitives", "--count", "2", "--size", "16"]
    assert run([*command, "--directions", "16"]) == 0
    assert "2 made, 0 kept, 0 failed" in capsys.readouterr().out
    assert run([*command, "--directions", "16"]) == 0
    assert "0 made, 2 kept, 0 failed" in capsys.readouterr().out
    assert run(["train", "contact-sheet", str(tmp_path), str(tmp_path / "sheet.png"), "--count", "2"]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000


@pytest.mark.gpu
def test_primitives_on_a_gpu_are_those_of_the_cpu(tmp_path: Path) -> None:
    one, two = (view_of(job(tmp_path, None, "primitives", device=d), "primitives", 3) for d in ("cpu", "cuda"))
    assert two.albedo.device.type == "cuda"
    torch.testing.assert_close(two.depth.cpu(), one.depth, rtol=1e-3, atol=0.05)
    # Rays that graze an edge may fall on either side of it.
    assert float((two.visibility().cpu() != one.visibility()).float().mean()) < 0.01


def test_wrong_wishes_get_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RimlightError, match="made of assets: name their folder with --assets"):
        view_of(job(tmp_path, None, "heads"), "heads", 1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"has no objects/\*\.glb for this split"):
        view_of(job(tmp_path, tmp_path / "empty", "objects"), "objects", 1)
    assert run(["train", "render", "--out", str(tmp_path), "--domain", "cats"]) == 1
    assert "--domain cats: expected one of heads, objects" in capsys.readouterr().err
    for wish, sentence in (
        (["--device", "tpu"], "--device tpu: expected auto, cpu or cuda"),
        (["--device", "cuda", "--domain", "heads"], "the domain 'heads' is made of meshes"),
    ):
        assert run(["train", "render", "--out", str(tmp_path), *wish]) == 1
        assert sentence in capsys.readouterr().err
    for arguments in (["contact-sheet", str(tmp_path)], ["photographs", str(tmp_path)]):
        command = ["train", *arguments, str(tmp_path / "sheet.png"), "--split", "tset"]
        assert run([*command, "--assets", str(tmp_path)] if "contact-sheet" in arguments else command) == 1
        assert "--split tset: expected train or test" in capsys.readouterr().err
    assert run(["train", "contact-sheet", str(tmp_path), str(tmp_path / "sheet.png")]) == 1
    assert "has no views" in capsys.readouterr().err


def test_a_scene_without_assets_says_that_it_is_made_up(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "LICENSES.csv").write_text("file,licence,author\n", encoding="utf-8")
    view = view_of(job(tmp_path, tmp_path / "empty", "forms"), "forms", 3)
    assert view.about["licences"] == "Apache-2.0 (made up)"
