"""Rigs written as USD: what other programs find in the file, and what comes back."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    ACESCG,
    LINEAR_REC709,
    AreaLight,
    DirectionalLight,
    EnvironmentLight,
    FileError,
    Light,
    ParameterError,
    PointLight,
    Reader,
    Rig,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    WorkingSpace,
    latlong_directions,
    light_level,
    load_rig,
    rig_source,
    save_rig,
    surroundings,
)

pxr = pytest.importorskip("pxr", reason="USD files are written by usd-core")
from pxr import Usd, UsdGeom, UsdLux  # noqa: E402

LIGHTS: dict[str, Light] = {
    "directional": DirectionalLight(
        exposure=2.5, kelvin=5400, tint=12, direction=(0.36, 0.48, 0.8), angle=0.53, color=(0.3, 1.2, 0.8)
    ),
    "straight down": DirectionalLight(direction=(0.0, 1.0, 0.0), kelvin=1500, tint=-3, diffuse=0.5, specular=1.5),
    "candle": DirectionalLight(kelvin=1000, exposure=-7.25, measured=True),
    "blue sky": DirectionalLight(kelvin=25000, exposure=0.1, shadow=0.0),
    "point": PointLight(position=(1, 2, -3), color=(1.0, 0.9, 0.8)),
    "bulb": PointLight(position=(1, 2, -3), size=6.0, shadow=0.6, enabled=False),
    "spot": SpotLight(
        position=(10, 20, -30), aim=(0.6, -0.8, 0.0), cone=33, penumbra=7, falloff=1.5, roll=25, size=2, solo=True
    ),
    "hard spot": SpotLight(aim=(0.0, -1.0, 0.0), cone=90, penumbra=0, roll=-70),
    "rectangle": AreaLight(position=(0, 0, 5), aim=(-0.6, 0.0, -0.8), roll=40, width=120, height=30, kelvin=3200),
    "disc": AreaLight(shape="disc", aim=(0.0, 0.6, -0.8), width=80, height=80),
    "sphere": AreaLight(shape="sphere", position=(4, 5, 6), width=25),
    "environment": EnvironmentLight(file="sky.exr", rotation=30, exposure=-2),
}  # fmt: skip


def same(a: Light, b: Light, space: WorkingSpace) -> None:
    """The same light within single precision."""
    assert type(a) is type(b)
    assert torch.allclose(light_level(a, space), light_level(b, space), rtol=1e-6, atol=1e-9)
    for name in ("kelvin", "tint", "exposure", "diffuse", "specular", "shadow", "enabled", "solo", "measured", "name"):
        assert getattr(b, name) == pytest.approx(getattr(a, name), abs=2e-6), name
    assert getattr(a, "shape", "") == getattr(b, "shape", "")
    for name in ("direction", "angle", "size", "cone", "penumbra", "falloff", "width", "rotation", "roll"):
        if hasattr(a, name):
            assert getattr(b, name) == pytest.approx(getattr(a, name), rel=1e-6, abs=1e-6), name
    if isinstance(a, AreaLight) and a.shape == "rectangle":
        assert b.height == pytest.approx(a.height, rel=1e-6)  # type: ignore[attr-defined]
    for name in ("position", "aim"):
        if hasattr(a, name):
            assert getattr(b, name) == pytest.approx(getattr(a, name), abs=1e-9), name


@pytest.mark.parametrize("space", [ACESCG, LINEAR_REC709], ids=["ACEScg", "Rec.709"])
@pytest.mark.parametrize("kind", LIGHTS)
def test_every_light_comes_back(tmp_path: Path, kind: str, space: WorkingSpace) -> None:
    for unit, ending in ((1.0, ".usda"), (100.0, ".usd"), (2.54, ".usdc")):
        path = tmp_path / f"a{ending}"
        light = LIGHTS[kind].with_(name="one")
        save_rig(Rig((light,), unit), path, space=space)
        back = load_rig(path, space=space)
        assert back.cm_per_unit == pytest.approx(unit, rel=1e-12)
        if isinstance(light, EnvironmentLight):
            light = light.with_(file=str(tmp_path / light.file))
            assert back.lights[0].file == light.file  # type: ignore[attr-defined]
        same(light, back.lights[0], space)


def test_endings_say_what_is_written(tmp_path: Path) -> None:
    for ending, begin in ((".usda", b"#usda 1.0"), (".usd", b"PXR-USDC"), (".usdc", b"PXR-USDC")):
        save_rig(Rig((PointLight(),)), tmp_path / f"a{ending}")
        assert (tmp_path / f"a{ending}").read_bytes().startswith(begin)
    with pytest.raises(FileError, match=r"packages of type \.usdz are read, not written"):
        save_rig(Rig(), tmp_path / "a.usdz")
    save_rig(Rig(), tmp_path / "empty.usda")
    assert load_rig(tmp_path / "empty.usda") == Rig()


def test_what_other_programs_find(tmp_path: Path) -> None:
    """Read with USD's own library, by its definitions."""
    lights = (
        DirectionalLight(name="key", exposure=3, direction=(0.6, 0.8, 0.0), angle=2),
        AreaLight(name="box", position=(0, 100, 0), aim=(0, -1, 0), width=50, height=20),
        EnvironmentLight(name="sky", file="/maps/sky.exr", rotation=0),
        SpotLight(name="spot", cone=60, penumbra=6, falloff=2),
    )
    save_rig(Rig(lights, 10.0), tmp_path / "a.usda")
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    assert (stage.GetDefaultPrim().GetPath(), UsdGeom.GetStageUpAxis(stage)) == ("/rig", "Y")
    assert UsdGeom.GetStageMetersPerUnit(stage) == pytest.approx(0.1)
    assert stage.GetMetadata("comment").startswith("Lights of Rimlight in the picture's camera space")

    def world(name: str) -> list[list[float]]:
        return [list(r) for r in UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetPrimAtPath(f"/rig/{name}"))]

    key = UsdLux.DistantLight(stage.GetPrimAtPath("/rig/key"))
    # It shines along its -z, and gives pi * 2^3 lux: a white surface 2^3.
    assert world("key")[2][:3] == pytest.approx([0.6, 0.8, 0.0])
    assert key.GetNormalizeAttr().Get() and key.GetIntensityAttr().Get() == pytest.approx(math.pi)
    assert (key.GetExposureAttr().Get(), key.GetAngleAttr().Get()) == (3.0, 2.0)
    assert not key.GetEnableColorTemperatureAttr().Get() and key.GetColorAttr().Get() == (1, 1, 1)
    box = UsdLux.RectLight(stage.GetPrimAtPath("/rig/box"))
    assert (box.GetWidthAttr().Get(), box.GetHeightAttr().Get()) == (5.0, 2.0)
    assert world("box")[2][:3] == pytest.approx([0, 1, 0])
    assert world("box")[3][:3] == pytest.approx([0, 100, 0])
    # Its luminance is intensity over area; from a metre, ten units, it gives L * area / 10^2 lux on its axis: pi.
    assert box.GetIntensityAttr().Get() / 10**2 == pytest.approx(math.pi)
    sky = UsdLux.DomeLight(stage.GetPrimAtPath("/rig/sky"))
    assert sky.GetTextureFileAttr().Get().path == "/maps/sky.exr" and sky.GetIntensityAttr().Get() == 1
    assert world("sky")[2][:3] == pytest.approx([0, 0, -1]), "the picture's middle is ahead of the camera"
    spot = UsdLux.ShapingAPI(stage.GetPrimAtPath("/rig/spot"))
    assert spot.GetShapingConeAngleAttr().Get() == 30 and spot.GetShapingFocusAttr().Get() == 2
    assert spot.GetShapingConeSoftnessAttr().Get() == pytest.approx(0.2)
    assert UsdLux.SphereLight(spot.GetPrim()).GetTreatAsPointAttr().Get()
    assert UsdLux.SphereLight(spot.GetPrim()).GetRadiusAttr().Get() > 0, "renderers without points divide by its area"


def test_a_temperature_is_kept_and_the_product_is_ours(tmp_path: Path) -> None:
    light = DirectionalLight(name="a", kelvin=3200, color=(1.0, 1.0, 1.0))
    save_rig(Rig((light,)), tmp_path / "a.usda", space=LINEAR_REC709)
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    prim = UsdLux.DistantLight(stage.GetPrimAtPath("/rig/a"))
    assert prim.GetEnableColorTemperatureAttr().Get() and prim.GetColorTemperatureAttr().Get() == 3200
    body = UsdLux.BlackbodyTemperatureAsRgb(3200)
    shown = [c * b for c, b in zip(prim.GetColorAttr().Get(), body, strict=True)]
    assert shown == pytest.approx([float(v) for v in light_level(light, LINEAR_REC709)], rel=1e-5)


def test_what_was_changed_elsewhere_counts(tmp_path: Path) -> None:
    """A lighter puts out the tint, sets another colour and another temperature: what is ours beside follows."""
    save_rig(Rig((DirectionalLight(name="a", kelvin=3200, tint=20),)), tmp_path / "a.usda")
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    prim = UsdLux.DistantLight(stage.GetPrimAtPath("/rig/a"))
    prim.GetColorAttr().Set((0.5, 0.25, 2.0))
    prim.GetColorTemperatureAttr().Set(6500)
    prim.GetIntensityAttr().Set(4 * math.pi)
    stage.Save()
    body = UsdLux.BlackbodyTemperatureAsRgb(6500)
    light = load_rig(tmp_path / "a.usda", space=LINEAR_REC709).lights[0]
    level = [float(v) for v in light_level(light, LINEAR_REC709)]
    assert level == pytest.approx([2 * body[0], 1 * body[1], 8 * body[2]], rel=1e-5)
    assert light.kelvin == 6500


def loaded(file: str) -> Tensor:
    """A picture of a file as it is."""
    reader = Reader()
    info = reader.info(file)
    return reader.pixels(file, ("rgba",), info.image.data)["rgba"][:3]


@pytest.mark.parametrize("space", [ACESCG, LINEAR_REC709], ids=["ACEScg", "Rec.709"])
def test_surroundings_without_a_file_are_written_beside(tmp_path: Path, space: WorkingSpace) -> None:
    generator = torch.Generator().manual_seed(3)
    lights = (
        EnvironmentLight(name="estimate", pixels=torch.rand(3, 16, 32, generator=generator) * 1e5, rotation=70),
        SphericalGaussians(
            name="lobes", axes=torch.tensor([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]]), sharpness=torch.tensor([20.0, 3.0]),
            amplitudes=torch.tensor([[1.0, 2, 3], [0.5, 0.4, 0.1]]), rotation=-25, exposure=1,
        ),
        SphericalHarmonics(name="code", coefficients=torch.randn(9, 3, generator=generator), rotation=10),
        EnvironmentLight(name="white", pixels=torch.ones(3, 4, 8), color=(0.5, 0.5, 0.7)),
    )  # fmt: skip
    assert save_rig(Rig(lights), tmp_path / "shot.usda", space=space) == []
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["shot.code.exr", "shot.estimate.exr", "shot.lobes.exr", "shot.usda"]
    metadata = Reader().info(tmp_path / "shot.code.exr").metadata
    assert metadata["chromaticities"] == pytest.approx((0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290))
    # The file is linear Rec.709; read in that space all is what it was in the working space, converted.
    rig = load_rig(tmp_path / "shot.usda", space=LINEAR_REC709, load=loaded)
    around = latlong_directions(24, 48, torch.zeros(()))
    to_709 = torch.tensor(LINEAR_REC709.from_xyz).reshape(3, 3) @ torch.linalg.inv(
        torch.tensor(space.from_xyz).reshape(3, 3)
    )
    for before, after in zip(lights, rig, strict=True):
        assert isinstance(after, EnvironmentLight) and after.name == before.name
        was = torch.einsum("ij,jhw->ihw", to_709.float(), surroundings(Rig((before,)), around, 128, space))
        now = surroundings(Rig((after,)), around, 128, LINEAR_REC709)
        assert (now - was).abs().max() < 2e-3 * was.abs().max()


def test_a_light_that_has_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="environment light 'sky' has no picture, and no file"):
        save_rig(Rig((EnvironmentLight(name="sky"),)), tmp_path / "a.usda")
    assert not list(tmp_path.iterdir())


def test_a_gobo_stays_ours(tmp_path: Path) -> None:
    gobo = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(1))
    told = save_rig(Rig((SpotLight(name="spot", gobo=gobo, roll=30),)), tmp_path / "a.usda", space=LINEAR_REC709)
    assert told == ["light 'spot': its gobo is kept for Rimlight in rimlight:gobo; lights of USD project no pictures"]
    (light,) = load_rig(tmp_path / "a.usda", space=LINEAR_REC709).resolved(loaded)
    assert isinstance(light, SpotLight) and light.gobo is not None and light.roll == pytest.approx(30)
    assert torch.allclose(light.gobo, gobo, atol=1e-6)


def test_what_the_file_cannot_say_is_told(tmp_path: Path) -> None:
    lights = (
        SpotLight(name="soft", cone=20, penumbra=30),
        DirectionalLight(name="green", color=(0.0, 1.0, 0.0)),
        PointLight(name="dark", shadow=1.4),
    )
    told = save_rig(Rig(lights), tmp_path / "a.usda")
    assert told == [
        "light 'soft': its penumbra of 30 degrees is written as 10, that of its whole cone",
        "light 'green': its colour lies outside Rec.709 and has a negative part in the file, which some programs cut"
        " off",
        "light 'dark': its shadow of 1.4 is written as 1",
    ]
    assert torch.allclose(light_level(load_rig(tmp_path / "a.usda").light("green")), light_level(lights[1]), atol=1e-6)


def test_solo_is_seen_by_other_programs_too(tmp_path: Path) -> None:
    lights = (PointLight(name="a"), PointLight(name="b", solo=True), PointLight(name="c", enabled=False))
    rig = Rig(lights)
    save_rig(rig, tmp_path / "a.usda")
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    shown = {n: UsdGeom.Imageable(stage.GetPrimAtPath(f"/rig/{n}")).ComputeVisibility() for n in "abc"}
    assert shown == {"a": "invisible", "b": "inherited", "c": "invisible"}
    back = load_rig(tmp_path / "a.usda")
    assert [(x.enabled, x.solo) for x in back] == [(True, False), (True, True), (False, False)]


def test_names_become_names_of_prims(tmp_path: Path) -> None:
    rig = Rig((PointLight(name="key light"), PointLight(name="key"), PointLight(name="key"), PointLight(name="1st")))
    save_rig(rig, tmp_path / "a.usda")
    assert load_rig(tmp_path / "a.usda").names == ("key_light", "key", "key_2", "_st")


def test_frames_are_time_samples_of_what_changes(tmp_path: Path) -> None:
    def at(frame: float) -> Rig:
        towards = (0.6 * math.sin(frame), 0.8, 0.6 * math.cos(frame))
        key = DirectionalLight(name="key", exposure=frame / 8, direction=towards)
        sky = EnvironmentLight(name="sky", pixels=torch.full((3, 2, 4), 3 * min(frame, 2)))
        still = EnvironmentLight(name="still", pixels=torch.full((3, 2, 4), 7.0))
        extra = (PointLight(name="late", position=(frame, 0, 0)),) if frame > 2 else ()
        return Rig((key, sky, still, *extra))

    save_rig({f: at(f) for f in (3.0, 1.0, 2.0)}, tmp_path / "a.usda", fps=25)
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (1, 3, 25)
    key = stage.GetPrimAtPath("/rig/key")
    assert key.GetAttribute("inputs:exposure").GetTimeSamples() == [1, 2, 3]
    assert key.GetAttribute("inputs:intensity").GetTimeSamples() == []
    assert sorted(p.name for p in tmp_path.glob("*.exr")) == ["a.sky.0002.exr", "a.sky.exr", "a.still.exr"]
    for frame in (1.0, 2.0, 3.0):
        rig = load_rig(tmp_path / "a.usda", frame=frame, space=LINEAR_REC709, load=loaded)
        same(at(frame).light("key"), rig.light("key"), LINEAR_REC709)
        assert rig.light("late").enabled == (frame > 2)
        sky = rig.light("sky")
        assert isinstance(sky, EnvironmentLight) and sky.pixels is not None
        assert float(sky.pixels[0].max()) == pytest.approx(3 * min(frame, 2), rel=1e-5)
    with pytest.raises(FileError, match=r"a file of type \.rig holds one frame, not 2"):
        save_rig({1.0: at(1), 2.0: at(2)}, tmp_path / "a.rig")


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    save_rig(Rig((PointLight(name="old"),)), path)
    path.chmod(0o444)
    with pytest.raises(FileError, match="the rig cannot be written: it is read-only"):
        save_rig(Rig((PointLight(name="new"),)), path)
    assert load_rig(path).names == ("old",)
    with pytest.raises(FileError, match="cannot be written"):
        save_rig(Rig((PointLight(),)), tmp_path / "none" / "a.usda")


def test_files_may_be_named_by_text(tmp_path: Path) -> None:
    file = str(tmp_path / "a.usda")
    assert save_rig(Rig((LIGHTS["bulb"],)), file) == []
    same(load_rig(file).lights[0], LIGHTS["bulb"], ACESCG)
    assert file in rig_source(file).files
