"""The folder of assets: licences, and splits that share nothing."""

from pathlib import Path

import pytest

from rimlight.engine import FileError
from rimlight.training.assets import Assets, is_test


def folder(root: Path, *names: str, manifest: str | None = None) -> Assets:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    rows = "".join(f"{name},CC0-1.0,someone\n" for name in names)
    (root / "LICENSES.csv").write_text("file,licence,author\n" + rows if manifest is None else manifest)
    return Assets(root)


def test_splits_share_nothing_and_lose_nothing(tmp_path: Path) -> None:
    stems = [
        f"{word}{n}" for word in ("rock", "lamp", "boat", "sky", "fern", "cup", "hat", "owl") for n in ("", "_a", "_b")
    ]
    names = [f"envmaps/256x128/{s}.exr" for s in stems] + [f"objects/{s}.glb" for s in stems]
    names += [f"materials/{s}/albedo.jpg" for s in stems] + [f"portraits/{s}.jpg" for s in stems]
    assets = folder(tmp_path, *names)
    for kind in (assets.environments, assets.objects, assets.materials, assets.photographs):
        train, test = set(kind("train")), set(kind("test"))
        assert train and test and not train & test and len(train | test) == len(stems)


def test_variants_stay_together() -> None:
    for family in ("quarry", "studio_small", "chess_king", "garden"):
        variants = {is_test(family), is_test(f"{family}_01"), is_test(f"{family}_02"), is_test(f"{family}_2_1k")}
        assert len(variants) == 1
    assert is_test("chess_king_black") == is_test("chess_king_white")


def test_weak_and_unfolded_assets_are_kept_out(tmp_path: Path) -> None:
    names = [f"objects/mk_{k}{c}.glb" for k in "abcdefgh" for c in "xyz"]
    names += ["materials/bjs_tower/albedo.jpg"]
    assets = folder(tmp_path, *names)
    assert assets.objects("test") == [] and len(assets.objects("train")) == 24
    assert assets.materials("train") == assets.materials("test") == []


def test_what_has_no_licence_is_not_used(tmp_path: Path) -> None:
    assets = folder(tmp_path, "objects/cup.glb", "objects/hat.glb")
    assert assets.licence([tmp_path / "objects/cup.glb", tmp_path / "objects/hat.glb"]) == "CC0-1.0, someone"
    with pytest.raises(FileError, match=r"says nothing of objects/owl\.glb"):
        assets.licence([tmp_path / "objects/owl.glb"])


def test_what_the_manifest_does_not_name_is_not_there(tmp_path: Path) -> None:
    rows = "file,licence\nenvmaps/256x128/sky.exr,CC0-1.0\n"
    assets = folder(tmp_path, "envmaps/256x128/sky.exr", "envmaps/256x128/found_somewhere.exr", manifest=rows)
    assert [p.stem for split in ("train", "test") for p in assets.environments(split)] == ["sky"]


def test_bad_folders_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        Assets(tmp_path / "nowhere")
    with pytest.raises(FileError, match=r"has no heads/base\.npz"):
        Assets(tmp_path).need("heads/base.npz")
    with pytest.raises(FileError, match="the manifest of licences, cannot be read"):
        Assets(tmp_path).licence([tmp_path / "x"])
    with pytest.raises(FileError, match="has the columns name, expected file and licence"):
        folder(tmp_path, manifest="name\nx\n").licence([tmp_path / "x"])
