"""Flags in USD: meshes that other programs see, and cards again when they come back."""

from pathlib import Path

import pytest
import torch

from rimlight.engine import DirectionalLight, FileError, Flag, Rig, load_rig, save_rig

pxr = pytest.importorskip("pxr", reason="USD files are written by usd-core")
from pxr import Gf, Usd, UsdGeom  # noqa: E402

CARD = Flag(
    name="cutter", position=(10, 20, -30), aim=(0.6, -0.8, 0.0), roll=25, width=40, height=60, softness=2.5,
    transmission=(0.25, 0.5, 0.125), lights="key rim_*",
)  # fmt: skip
PLAIN = CARD.with_(lights="", softness=0)
KEY = DirectionalLight(name="key")


def same(a: Flag, b: Flag) -> None:
    for name in ("position", "aim", "transmission", "roll", "width", "height", "softness"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-5), name
    for name in ("name", "enabled", "lights", "shape", "opening"):
        assert getattr(a, name) == getattr(b, name)


@pytest.mark.parametrize("flag", [CARD, PLAIN.with_(enabled=False), CARD.with_(shape="ellipse", opening=True)])
@pytest.mark.parametrize("unit", [1.0, 100.0])
@pytest.mark.parametrize("ending", [".usda", ".usdc"])
def test_a_flag_comes_back_as_it_was(flag: Flag, unit: float, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    save_rig(Rig((KEY,), 1.0, (flag, PLAIN)).in_unit(unit), path)
    rig = load_rig(path).in_unit(1.0)
    assert len(rig.lights) == 1
    same(rig.flags[0], flag)
    same(rig.flags[1], PLAIN.with_(name="cutter_"))


def test_other_programs_find_a_mesh_of_its_size_where_it_stands(tmp_path: Path) -> None:
    assert save_rig(Rig((), 1.0, (PLAIN,)), tmp_path / "a.usda") == []
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/rig/cutter"))
    to_world = mesh.ComputeLocalToWorldTransform(Usd.TimeCode.Default())
    corners = [to_world.Transform(Gf.Vec3d(p)) for p in mesh.GetPointsAttr().Get()]
    assert sum(corners, Gf.Vec3d(0)) / 4 == pytest.approx((10, 20, -30), abs=1e-4)
    assert (corners[1] - corners[0]).GetLength() == pytest.approx(40, abs=1e-4)
    assert (corners[3] - corners[0]).GetLength() == pytest.approx(60, abs=1e-4)
    for side in (corners[1] - corners[0], corners[3] - corners[0]):
        assert side * Gf.Vec3d(0.6, -0.8, 0) == pytest.approx(0, abs=1e-4)
    assert mesh.GetDoubleSidedAttr().Get() and mesh.GetSubdivisionSchemeAttr().Get() == "none"


def test_a_set_that_is_scaled_scales_the_card(tmp_path: Path) -> None:
    save_rig(Rig((), 1.0, (PLAIN,)), tmp_path / "a.usda")
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    UsdGeom.Xformable(stage.GetPrimAtPath("/rig")).AddScaleOp().Set(Gf.Vec3f(2, 2, 2))
    stage.Save()
    (flag,) = load_rig(tmp_path / "a.usda").flags
    same(flag, PLAIN.with_(width=80, height=120, position=(20, 40, -60)))


def test_what_changes_over_frames_is_animated(tmp_path: Path) -> None:
    rigs = {f: Rig((KEY,), 1.0, (PLAIN.with_(width=10.0 * f),)) for f in (1.0, 2.0)}
    save_rig(rigs, tmp_path / "a.usda")
    assert [load_rig(tmp_path / "a.usda", frame=f).flags[0].width for f in (1.0, 2.0)] == pytest.approx([10, 20])


def test_pictures_lie_beside_the_file_and_what_is_not_seen_elsewhere_is_told(tmp_path: Path) -> None:
    leaves = CARD.with_(name="leaves", picture=torch.rand(3, 4, 5))
    told = save_rig(Rig((), 1.0, (leaves, CARD.with_(opening=True))), tmp_path / "a.usda")
    assert told == [
        "flag 'leaves': it is a plain rectangle to other programs",
        "flag 'leaves': it stands in all lights to other programs, not only in 'key rim_*'",
        "flag 'cutter': it is an opening in a wall, of which the file has the opening as a card",
        "flag 'cutter': it stands in all lights to other programs, not only in 'key rim_*'",
    ]
    assert (tmp_path / "a.leaves.exr").exists()
    first, second = load_rig(tmp_path / "a.usda").flags
    assert Path(first.picture_file).name == "a.leaves.exr" and second.picture_file == ""
    named = PLAIN.with_(picture_file="branches.exr")
    save_rig(Rig((), 1.0, (named,)), tmp_path / "b.usda")
    assert Path(load_rig(tmp_path / "b.usda").flags[0].picture_file).name == "branches.exr"


def test_a_damaged_card_is_a_sentence(tmp_path: Path) -> None:
    save_rig(Rig((), 1.0, (PLAIN,)), tmp_path / "a.usda")
    text = (tmp_path / "a.usda").read_text()
    (tmp_path / "a.usda").write_text(text.replace('rimlight:flag = "rectangle"', 'rimlight:flag = "star"'))
    with pytest.raises(FileError, match="/rig/cutter: flag 'cutter': shape = star: expected rectangle or ellipse"):
        load_rig(tmp_path / "a.usda")
