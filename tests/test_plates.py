"""The sample sequence: its layers add up, and the rig beside it is the one that lit it."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, Camera, Reader, Region, Session, Surface, load_rig, shade
from rimlight.engine.cli import run
from source import ROOT

PLATES = ROOT / "resources" / "plates"
FRAMES = sorted(PLATES.glob("tea.*.exr"))
FRAME = Region(0, 0, 640, 360)
LOSS = 0.02
"""What DWAB at level 200 leaves open, on average and relative to the picture's mean."""


@pytest.fixture(scope="module")
def layers() -> dict[str, Tensor]:
    reader = Reader()
    names = [layer.name for layer in reader.info(FRAMES[2]).image.layers]
    return reader.pixels(FRAMES[2], names)


def test_every_frame_has_every_layer() -> None:
    rig = load_rig(PLATES / "tea.rig")
    assert rig.names == ("key", "rim", "fill") and len(FRAMES) == 6
    wanted = set(LIGHT_LAYERS) - {"position", "confidence"} | {"rgba", "matte"}
    wanted |= {f"light_{name}_{part}" for name in rig.names for part in ("diffuse", "specular", "shadow")}
    for path in FRAMES:
        info = Reader().info(path).image
        assert {layer.name for layer in info.layers} == wanted and info.data == info.display == FRAME
    assert sum(path.stat().st_size for path in FRAMES) < 6 << 20


def test_the_ledger_closes_within_the_loss(layers: dict[str, Tensor]) -> None:
    picture = layers["rgba"][:3]
    total = layers["albedo"] * layers["shading"] + layers["specular"] + layers["residual"]
    assert float((total - picture).abs().mean() / picture.mean()) < LOSS
    groups = layers["residual"].clone()
    for name in ("key", "rim", "fill"):
        groups += layers[f"light_{name}_diffuse"] + layers[f"light_{name}_specular"]
    assert float((groups - picture).abs().mean() / picture.mean()) < LOSS


@pytest.mark.parametrize("name", ["key", "rim"])
def test_the_rig_is_the_one_that_lit_it(layers: dict[str, Tensor], name: str) -> None:
    camera = Camera.from_fov(640, 360, 34.0)
    surface = Surface.of(
        layers["normal"],
        position=camera.position(layers["depth"], FRAME),
        roughness=layers["roughness"],
        f0=layers["f0"],
    )
    rig = load_rig(PLATES / "tea.rig").matching(name)
    (group,) = shade(surface, rig, visibility={name: layers[f"light_{name}_shadow"]})
    # Normals to half a degree move the highlights of porcelain by a part of their width.
    for part, shown, loss in (
        ("diffuse", layers["albedo"] * group.shading, 0.06), ("specular", group.specular, 0.25),
    ):  # fmt: skip
        stored = layers[f"light_{name}_{part}"]
        error = (shown - stored).abs()
        assert float(error.mean() / stored.mean()) < loss, part
        assert float(shown.mean() / stored.mean()) == pytest.approx(1.0, abs=0.05), part


def test_normals_are_unit_and_face_the_camera(layers: dict[str, Tensor]) -> None:
    normal = layers["normal"]
    assert float((normal.norm(dim=0) - 1).abs().max()) < 0.02
    views = Camera.from_fov(640, 360, 34.0).views(FRAME, normal)
    assert float(((normal * views).sum(0) > -0.1).float().mean()) > 0.995


def test_shadows_are_shares(layers: dict[str, Tensor]) -> None:
    for name in ("shadow", "light_key_shadow", "light_rim_shadow", "light_fill_shadow", "matte"):
        assert float(layers[name].min()) >= 0 and float(layers[name].max()) <= 1, name
    assert torch.equal(layers["shadow"], layers["light_key_shadow"])


def test_the_camera_moves_and_does_not_turn() -> None:
    """The wall at the back is seen straight on its axis in all frames: its normal never changes, its depth shrinks."""
    first, last = (Reader().pixels(path, ["normal", "depth"]) for path in (FRAMES[0], FRAMES[-1]))
    corner = (slice(None), 5, 5)
    assert torch.allclose(first["normal"][corner], last["normal"][corner], atol=0.01)
    pitch = math.degrees(math.atan2(float(first["normal"][1, 5, 5]), float(first["normal"][2, 5, 5])))
    assert pitch == pytest.approx(-11.0, abs=1.0) or pitch == pytest.approx(11.0, abs=1.0)
    assert float(first["depth"][0, 5, 5] - last["depth"][0, 5, 5]) == pytest.approx(
        6.0 * math.cos(math.radians(11)), abs=0.5
    )


def test_the_sample_script_relights_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [f"{name}.file={tmp_path}/{name}.####{end}" for name, end in (("Picture", ".exr"), ("Preview", ".png"))]
    options = [word for file in files for word in ("--set", file)]
    script = str(ROOT / "resources" / "scripts" / "relight.rim")
    assert run(["render", script, "--frames", "1", "--proxy", "8", *options]) == 0, capsys.readouterr().err
    layers = {layer.name for layer in Reader().info(tmp_path / "Picture.0001.exr").image.layers}
    assert layers == {"rgba", "light_lamp_diffuse", "light_lamp_specular", "light_lamp_shadow"}
    assert (tmp_path / "Preview.0001.png").is_file()


def test_the_photograph_is_scene_linear() -> None:
    path: Path = PLATES / "collins.exr"
    picture = Reader().pixels(path, ["rgba"])["rgba"]
    assert picture.shape == (4, 512, 512) and bool((picture[3] == 1).all())
    assert 0.9 < float(picture[:3].max()) < 1.1 and 0.1 < float(picture[:3].mean()) < 0.4


def test_pictures_under_one_light_each_tell_the_layers_of_the_set() -> None:
    session = Session()
    pictures = session.add("Read", file=str(PLATES / "lights.####.exr"))
    rig = session.add("ReadRig", file=str(PLATES / "lights.rig"))
    stereo = session.add("PhotometricStereo", inputs={"image": pictures, "rig": rig}, pictures="frames", last=8)
    found = session.evaluate(stereo, frame=1, scale=0.25, layers=("normal", "albedo"))
    size = (found["normal"].shape[1], found["normal"].shape[2])
    layers = Reader().pixels(FRAMES[2], ["normal", "albedo"])  # the camera stands where that of the third frame does
    normal, albedo = (torch.nn.functional.adaptive_avg_pool2d(layers[name][:3], size) for name in ("normal", "albedo"))
    cosine = torch.nn.functional.cosine_similarity(found["normal"], normal, dim=0)
    assert float(torch.rad2deg(cosine.clamp(-1, 1).acos()).quantile(0.8)) < 6
    assert float(((found["albedo"] - albedo).abs().mean(0) / albedo.mean(0)).median()) < 0.1
