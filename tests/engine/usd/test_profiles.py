"""Profiles of lights in USD: what surfaces show against UsdLux's definition summed up, and what comes back."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from profiles import ies
from rimlight.engine import (
    LINEAR_REC709,
    AreaLight,
    DirectionalLight,
    Light,
    PointLight,
    Profile,
    Rig,
    SpotLight,
    Surface,
    load_rig,
    save_rig,
    shade,
)

pxr = pytest.importorskip("pxr", reason="USD files are read by usd-core")
from pxr import Usd, UsdUtils  # noqa: E402

from usdfiles import Floats, lit, moved, prim, stage, turn_x, turn_y, turn_z  # noqa: E402

NO_PICTURE = torch.zeros(3, 1, 1)


def lamp(v: float, h: float) -> float:
    """A lamp that is brightest to its right and up, with 3 to 900 candelas, before and behind."""
    a, b = math.radians(v), math.radians(h)
    forward, right, up = math.cos(a), math.sin(a) * math.cos(b), math.sin(a) * math.sin(b)
    return 300 + 200 * forward + 150 * right + 100 * up


LUMENS = 4 * math.pi * 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.ies"
    path.write_text(ies([2.0 * i for i in range(91)], [10.0 * i for i in range(37)], lamp))
    return path


def loaded(path: Path, told: list[str] | None = None) -> Light:
    tell = (lambda sentence: None) if told is None else told.append
    (light,) = load_rig(path, space=LINEAR_REC709, tell=tell).resolved(lambda name: NO_PICTURE)
    return light


def sent(normalize: bool, scale: float, directions: Floats) -> Floats:
    """What UsdLux multiplies luminance by; a light shines along its -z, its right is x."""
    x, y, z = directions
    theta = np.arccos(np.clip(-z, -1, 1))
    if scale > 0:
        theta = theta / scale
    elif scale < 0:
        theta = (theta - math.pi) / -scale + math.pi
    inside = (theta >= 0) & (theta <= math.pi)
    phi = np.arctan2(y, x)
    candela = 300 + 200 * np.cos(theta) + np.sin(theta) * (150 * np.cos(phi) + 100 * np.sin(phi))
    return np.asarray(candela * inside / (300 if normalize else 1))


def walls() -> tuple[Floats, Floats]:
    """Places and normals `[n, 3]` all around a light at (10, 20, -150), two metres away, facing it."""
    n = 60
    z = (np.arange(n) + 0.5) / n * 2 - 1
    phi = np.arange(n) * math.pi * (3 - math.sqrt(5))
    out = np.stack((np.sqrt(1 - z * z) * np.cos(phi), np.sqrt(1 - z * z) * np.sin(phi), z), 1)
    return np.array([10.0, 20.0, -150.0]) + 200 * out, -out


def shown(light: Light, samples: int = 0) -> Floats:
    places, normals = (torch.tensor(x.T[:, None], dtype=torch.float32) for x in walls())
    (group,) = shade(Surface.of(normals, position=places, f0=0.0), Rig((light,)), samples=samples, space=LINEAR_REC709)
    found: Tensor = group.shading[0, 0]
    return found.double().numpy()


STANDING = turn_z(25) @ turn_x(-40) @ turn_y(30) @ moved(10, 20, -150)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("scale", [0.0, 0.7, 1.5, -0.6])
@pytest.mark.parametrize(("kind", "own"), [("SphereLight", "sphere"), ("DiskLight", "disk")])
def test_surfaces_show_what_usd_says(
    file: Path, kind: str, own: str, scale: float, normalize: bool, tmp_path: Path
) -> None:
    attributes = (
        f"float inputs:radius = 1\nfloat inputs:intensity = 5\nasset inputs:shaping:ies:file = @{file.name}@\n"
        f"float inputs:shaping:ies:angleScale = {scale}\nbool inputs:shaping:ies:normalize = {int(normalize)}"
    )
    told: list[str] = []
    light = loaded(stage(tmp_path / "a.usda", prim(kind, "a", attributes, "ShapingAPI", STANDING)), told)
    assert isinstance(light, PointLight if own == "sphere" else SpotLight)
    assert (own == "disk") == any("an area light with a profile is read as a spot" in s for s in told)
    truth = lit(5.0, own, (1.0,), STANDING, *walls(), lambda d: sent(normalize, scale, d))
    assert np.abs(shown(light) - truth).max() < 0.01 * truth.max()
    assert light.profile is not None and light.profile.lumens == pytest.approx(LUMENS, rel=1e-3)


@pytest.mark.parametrize("level", ["brightest", "power", "candela"])
@pytest.mark.parametrize("unit", [1.0, 100.0])
def test_other_programs_find_the_same_light(file: Path, tmp_path: Path, level: str, unit: float) -> None:
    """What is written, summed up by UsdLux's definition, is what Relight shows."""
    place = (10 / unit, 20 / unit, -150 / unit)
    light = PointLight(
        position=place, aim=(0.3, -0.5, -1.0), roll=35.0, size=2.0, exposure=-1.0, profile_file=str(file),
        profile_level=level, profile_scale=1.2,  # type: ignore[arg-type]
    )  # fmt: skip
    rig = Rig((light,), unit).resolved(lambda name: NO_PICTURE)
    save_rig(rig, tmp_path / "a.usda", space=LINEAR_REC709)
    there = Usd.Stage.Open(str(tmp_path / "a.usda"))
    get = {a.GetName(): a.Get() for a in there.GetPrimAtPath("/rig/light").GetAttributes()}
    assert get["inputs:shaping:cone:angle"] == 180 and get["inputs:shaping:ies:angleScale"] == pytest.approx(1.2)
    assert get["inputs:shaping:ies:normalize"] == (level == "power") and get["inputs:normalize"]
    matrix = np.array(get["xformOp:transform"])
    matrix[3, :3] *= unit
    radius = get["inputs:radius"] * unit
    luminance = get["inputs:intensity"] * unit**2 * 2 ** get["inputs:exposure"] / (4 * math.pi * radius**2)
    truth = lit(luminance, "sphere", (radius,), matrix, *walls(), lambda d: sent(level == "power", 1.2, d))
    found = shown(rig.in_unit(1.0).lights[0])
    assert np.abs(found - truth).max() < 5e-3 * truth.max()


LIGHTS: dict[str, PointLight | AreaLight] = {
    "point": PointLight(position=(1, 2, -3), aim=(0.6, 0.0, -0.8), roll=20, profile_level="power", profile_scale=2.5),
    "bulb": PointLight(size=6.0, aim=(0.0, -1.0, 0.0), exposure=2.5, profile_level="candela", profile_scale=-0.5),
    "spot": SpotLight(aim=(0.6, -0.8, 0.0), cone=70, penumbra=9, falloff=1.0, roll=-30, exposure=-1),
    "rectangle": AreaLight(aim=(-0.6, 0.0, -0.8), roll=40, width=120, height=30, profile_level="candela"),
    "disc": AreaLight(shape="disc", aim=(0.0, 0.6, -0.8), roll=5, width=80, height=80, exposure=1),
    "sphere": AreaLight(shape="sphere", position=(4, 5, 6), aim=(0.0, -0.6, -0.8), roll=11, width=25),
}  # fmt: skip


@pytest.mark.parametrize("kind", LIGHTS)
def test_lights_with_profiles_come_back(file: Path, tmp_path: Path, kind: str) -> None:
    light = LIGHTS[kind].with_(profile_file=str(file))
    for unit, ending in ((1.0, ".usda"), (2.54, ".usdc")):
        (whole,) = Rig((light,), unit).resolved(lambda name: NO_PICTURE)
        told = save_rig(Rig((whole,), unit), tmp_path / f"a{ending}", space=LINEAR_REC709)
        assert len(told) == (kind in ("rectangle", "disc"))
        back = loaded(tmp_path / f"a{ending}")
        assert type(back) is type(light) and isinstance(back, PointLight | AreaLight)
        assert (back.profile_file, back.profile_level) == (str(file), light.profile_level)
        for name in ("position", "aim", "roll", "exposure", "profile_scale", "size", "cone", "falloff", "width"):
            if hasattr(light, name):
                assert getattr(back, name) == pytest.approx(getattr(light, name), rel=1e-5, abs=1e-5), name


def test_a_profile_changed_elsewhere_counts(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.usda"
    save_rig(Rig((PointLight(profile_file=str(file)),)), path)
    text = path.read_text()
    assert "normalize" in text and "inputs:shaping:ies:normalize" not in text  # off, as the schema has it
    other = "float inputs:intensity = 5\n        bool inputs:shaping:ies:normalize = 1"
    line = next(x for x in text.splitlines() if "inputs:intensity" in x)
    path.write_text(text.replace(line, f"        {other}"))
    assert loaded(path).profile_level == "power"  # type: ignore[attr-defined]


def test_a_cone_cuts_a_profile_only_where_it_says_so(file: Path, tmp_path: Path) -> None:
    named = f"asset inputs:shaping:ies:file = @{file.name}@"
    plain = loaded(stage(tmp_path / "a.usda", prim("SphereLight", "a", named, "ShapingAPI")))
    assert type(plain) is PointLight and plain.profile is not None
    cut = loaded(stage(tmp_path / "b.usda", prim("SphereLight", "a", f"{named}\nfloat inputs:shaping:cone:angle = 30")))
    assert isinstance(cut, SpotLight) and cut.cone == 60 and cut.profile is not None


def test_what_usd_cannot_say_is_told(file: Path, tmp_path: Path) -> None:
    held = Profile("C", torch.tensor([0.0, 90.0]), torch.zeros(1), torch.ones(1, 2))
    told = save_rig(Rig((PointLight(name="held", profile=held),)), tmp_path / "a.usda")
    assert told == ["light 'held': its profile is no file and is left out"]
    told = save_rig(Rig((AreaLight(name="panel", profile_file=str(file)),)), tmp_path / "a.usda")
    assert told == [
        "light 'panel': its profile has the falloff of the flat light in it, which other programs multiply it by once"
        " more"
    ]
    told = []
    sun = prim("DistantLight", "sun", f"asset inputs:shaping:ies:file = @{file.name}@", "ShapingAPI")
    assert isinstance(loaded(stage(tmp_path / "b.usda", sun), told), DirectionalLight)
    assert len(told) == 1 and "its IES profile is left out: a light at infinity has none" in told[0]


def test_a_profile_in_a_package_is_taken_out(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stage(tmp_path / "a.usda", prim("SphereLight", "a", "asset inputs:shaping:ies:file = @lamp.ies@", "ShapingAPI"))
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "a.usda"), str(tmp_path / "a.usdz"))
    light = loaded(tmp_path / "a.usdz")
    assert isinstance(light, PointLight) and light.profile is not None
    assert light.profile.lumens == pytest.approx(LUMENS, rel=1e-3)
    assert light.profile_file == f"{tmp_path}/a.usdz[0/lamp.ies]"
