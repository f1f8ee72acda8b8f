"""Lights that shine by a profile: what nodes make of the file, and what Relight, probes and rigs show of it."""

import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pictures import picture
from profiles import ies, ldt
from rimlight.engine import AreaLight, Image, NodeError, PointLight, Region, Session, SpotLight, Tier
from rimlight.engine.cli import run
from stage import Stage

FRAME = Region(0, 0, 24, 16)
VERTICAL = [5.0 * i for i in range(37)]


def lobe(v: float, h: float) -> float:
    """A lamp of 400 candelas on its axis, that falls with the cube of the cosine, and is weaker to its left."""
    forward, right = math.cos(math.radians(v)), math.sin(math.radians(v)) * math.cos(math.radians(h))
    return 400 * max(forward, 0.0) ** 3 * (1 + 0.5 * right)


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.ies"
    path.write_text(ies([1.0 * i for i in range(91)], [10.0 * i for i in range(37)], lobe))
    return path


def wall() -> Image:
    """A white wall 200 cm before the camera, square on, seen at 40 degrees."""
    tan = math.tan(math.radians(20))
    y, x = torch.meshgrid(torch.arange(16) + 0.5, torch.arange(24) + 0.5, indexing="ij")
    place = torch.stack(((x / 12 - 1) * tan, (1 - y / 8) * tan * 16 / 24, -torch.ones_like(x))) * 200
    normal = torch.zeros_like(place)
    normal[2] = 1
    layers = {"rgba": torch.ones(4, 16, 24), "albedo": torch.ones(3, 16, 24), "normal": normal, "position": place}
    return picture(layers, FRAME)


def lit(lamp: Path, kind: str = "light.point", **values: object) -> Tensor:
    """The wall under one lamp at the camera, all of it diffuse."""
    stage = Stage().given("plate", wall())
    where = {"position": (0, 0, 0), "target": (0, 0, -200), "profile_file": str(lamp), "profile_level": "candela"}
    stage.add("L", kind, **(where | values))
    stage.add("R", "Relight", {"image": "plate", "rig": "L"}, f0=0.0, shadows=False)
    found: Tensor = stage.evaluate("R").tensor(f"light_{kind[6:]}_diffuse")
    return found


def expected() -> Tensor:
    """Pixel values of the wall: lux by the inverse square law, over pi, `[h, w]`."""
    place = wall().tensor("position")
    square = (place**2).sum(0)
    cosine, right = 200 / square.sqrt(), place[0] / square.sqrt()
    return 400 * cosine**3 * (1 + 0.5 * right) * cosine / (square / 1e4) / math.pi


def test_relight_shows_the_lux_of_the_file(lamp: Path) -> None:
    found = lit(lamp)
    torch.testing.assert_close(found, expected().expand(3, -1, -1), rtol=1e-3, atol=0)
    # Exposure, colour and the rest weigh it as they weigh every light.
    weight = torch.tensor([0.25, 0.125, 0.0]).reshape(3, 1, 1)
    torch.testing.assert_close(lit(lamp, exposure=-2.0, color=(1, 0.5, 0)), found * weight)


def test_levels_are_what_they_say(lamp: Path) -> None:
    candela = lit(lamp)
    axis = 400 / math.pi
    top = max(lobe(v, 0) for v in range(91)) / math.pi
    torch.testing.assert_close(lit(lamp, profile_level="brightest"), candela / top, rtol=1e-4, atol=0)
    mean = axis / 8  # of a cube of the cosine over all directions
    torch.testing.assert_close(lit(lamp, profile_level="power"), candela / mean, rtol=1e-3, atol=0)


def test_it_turns_with_roll_and_target(lamp: Path) -> None:
    """Turned by half it is weaker to the other side; aimed away nothing is left."""
    torch.testing.assert_close(lit(lamp, roll=180.0), lit(lamp).flip(-1), rtol=1e-3, atol=1e-3)
    assert float(lit(lamp, target=(0, 0, 200)).abs().max()) == 0
    narrow, whole = lit(lamp, profile_scale=0.5), lit(lamp)
    middle = (slice(None), slice(7, 9), slice(11, 13))
    torch.testing.assert_close(narrow[middle], whole[middle], rtol=0.02, atol=0)
    assert float((narrow / whole).min()) < 0.8


def test_spots_cut_it_and_panels_shine_by_it(lamp: Path) -> None:
    whole = lit(lamp)
    spot = lit(lamp, "light.spot", cone=30.0, penumbra=0.0)
    assert float(spot[0, 0, 0]) == 0
    torch.testing.assert_close(spot[:, 7:9, 9:15], whole[:, 7:9, 9:15], rtol=1e-4, atol=0)
    panel = lit(lamp, "light.area", width=5.0, height=5.0)
    torch.testing.assert_close(panel, whole, rtol=5e-3, atol=0)


def test_samples_of_a_lamp_with_size_agree(lamp: Path) -> None:
    stage = Stage().given("plate", wall())
    stage.add("L", "light.point", position=(20, 10, -60), profile_file=str(lamp), size=10.0)
    stage.add("R", "Relight", {"image": "plate", "rig": "L"}, samples=64, shadows=False)
    final = stage.evaluate("R", tier=Tier.FINAL).tensor("rgba")[:3]
    draft = stage.evaluate("R", tier=Tier.DRAFT).tensor("rgba")[:3]
    torch.testing.assert_close(final, draft, rtol=0.03, atol=1e-4)


def test_shadows_are_those_of_a_plain_lamp(lamp: Path) -> None:
    image = wall()
    place, normal = image.tensor("position").clone(), image.tensor("normal")
    place[:, 4:12, 8:16] *= 0.6  # a board before the wall
    layers = {"rgba": torch.ones(4, 16, 24), "albedo": torch.ones(3, 16, 24), "normal": normal, "position": place}
    shadows = []
    for values in ({"profile_file": str(lamp)}, {}):
        stage = Stage().given("plate", picture(layers, FRAME))
        stage.add("L", "light.point", position=(120, 40, 0), **values)
        stage.add("R", "Relight", {"image": "plate", "rig": "L"}, thickness=500.0)
        shadows.append(stage.evaluate("R").tensor("light_point_shadow"))
    assert torch.equal(*shadows) and float(shadows[0].min()) == 0


def test_probes_see_it(lamp: Path) -> None:
    """The grey ball in the axis is brighter than one beside it, by what the file says."""
    values = []
    for x in (0.0, 200.0):
        stage = Stage().given("plate", wall())
        stage.add("L", "light.point", position=(x, 0, 0), target=(x, 0, -200), profile_file=str(lamp))
        balls = {"chrome": False, "glossy": False, "size": 6.0, "pixel": (12, 8), "distance": 200.0}
        stage.add("P", "LightProbe", {"image": "plate", "rig": "L"}, **balls)
        values.append(float(stage.evaluate("P").tensor("rgba")[0, 7:9, 11:13].max()))
    assert values[1] < 0.35 * values[0]


def test_a_point_light_points_only_with_a_profile(lamp: Path) -> None:
    def light(**values: object) -> PointLight:
        (found,) = Stage().add("L", "light.point", target=(1, 2, 3), roll=20, **values).evaluate("L").lights
        assert isinstance(found, PointLight)
        return found

    plain, profiled = light(), light(profile_file=str(lamp), profile_scale=2)
    assert not plain.points and (plain.aim, plain.roll, plain.profile) == ((0, 0, -1), 0, None)
    assert profiled.points and profiled.aim == (-99, -98, 3) and profiled.roll == 20
    assert (profiled.profile_file, profiled.profile_scale, profiled.profile_level) == (str(lamp), 2, "brightest")
    assert profiled.profile is not None and profiled.profile.peak == pytest.approx(400, rel=0.1)
    for kind, cls in (("spot", SpotLight), ("area", AreaLight)):
        (found,) = Stage().add("L", f"light.{kind}", profile_file=str(lamp)).evaluate("L").lights
        assert isinstance(found, cls) and found.profile is profiled.profile


def test_files_are_named_as_everywhere(lamp: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JOB", str(tmp_path))
    session = Session()
    for name in ("$JOB/lamp.ies", "${JOB}/lamp.ies", str(lamp)):
        light = session.add("PointLight", profile_file=name)
        assert session.evaluate(light).lights[0].profile_file == str(lamp)
    session.save(tmp_path / "shot.rim")
    beside = session.add("PointLight", profile_file="lamp.ies")
    assert session.evaluate(beside).lights[0].profile.peak > 0


def test_the_file_is_read_again_when_it_changes(lamp: Path) -> None:
    session = Session()
    light = session.add("PointLight", profile_file=str(lamp))
    before = session.evaluate(light).lights[0].profile
    session.set(light, exposure=1)
    assert session.evaluate(light).lights[0].profile is before  # read once
    lamp.write_text(ies(VERTICAL, [0.0], lambda v, h: 7.0))
    assert session.evaluate(light).lights[0].profile.peak == 7
    (lamp.parent / "lamp.ldt").write_text(ldt(1, 36, VERTICAL, lambda v, h: 5.0))
    session.set(light, profile_file=str(lamp.parent / "lamp.ldt"))
    assert session.evaluate(light).lights[0].profile.peak == pytest.approx(5)


def test_missing_and_damaged_files_are_sentences(
    lamp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session()
    light = session.add("PointLight", profile_file=str(tmp_path / "none.ies"))
    with pytest.raises(NodeError, match=r"none\.ies: the profile cannot be read: No such file"):
        session.evaluate(light)
    (tmp_path / "broken.ies").write_text("a lamp\nTILT=NONE\n1 -1 1 3")
    session.set(light, profile_file=str(tmp_path / "broken.ies"))
    with pytest.raises(NodeError, match="the file ends where the number of horizontal angles is expected"):
        session.evaluate(light)
    session.set(light, profile_file=str(lamp), profile_scale=0)
    with pytest.raises(NodeError, match="profile_scale = 0 leaves nothing of the profile"):
        session.evaluate(light)
    # A script is checked before it is rendered.
    session.set(light, profile_file=str(tmp_path / "none.ies"), profile_scale=1)
    session.add("WriteRig", light, file=str(tmp_path / "a.rig"))
    session.save(tmp_path / "shot.rim")
    assert run(["check", str(tmp_path / "shot.rim"), "--json"]) != 0
    assert "none.ies: the profile cannot be read" in json.dumps(json.loads(capsys.readouterr().out))


def test_profiles_travel_with_the_rig(lamp: Path, tmp_path: Path) -> None:
    session = Session()
    light = session.add("PointLight", profile_file=str(lamp), profile_level="power", roll=30)
    for name in ("a.rig", "a.usda"):
        session.render(session.add("WriteRig", light, file=str(tmp_path / name)), "1")
        assert str(tmp_path) not in (tmp_path / name).read_text()
        back = session.add("ReadRig", file=str(tmp_path / name))
        (found,), (wanted,) = session.evaluate(back).lights, session.evaluate(light).lights
        assert found.profile is wanted.profile and found.profile_file == wanted.profile_file
        assert found.profile_level == "power" and found.roll == pytest.approx(30, abs=1e-4)
        assert session.info(back).lights[0].profile is None
    lamp.unlink()
    session.evaluator.forget_errors()
    with pytest.raises(NodeError, match=r"lamp\.ies: the profile cannot be read"):
        session.evaluate(back)


def test_place_turns_a_lamp_and_an_environment_counts_it(lamp: Path) -> None:
    stage = Stage().given("plate", wall())
    stage.add("L", "light.point", profile_file=str(lamp), profile_level="candela", position=(0, 0, 0), target=(0, 0, 1))
    stage.add("P", "light.place", {"image": "plate", "rig": "L"}, pixel=(12, 8), how="front", distance=100.0)
    (placed,) = stage.evaluate("P").lights
    assert placed.position[2] == pytest.approx(-100, abs=0.5) and placed.aim[2] == pytest.approx(-1, abs=1e-3)
    # From the camera it is seen from behind, where it is dark; from 200 cm before it, on its axis.
    for distance, level in ((0.0, 0.0), (200.0, 400 / math.pi)):
        stage.add("E", "light.environment_from_rig", {"rig": "P"}, height=64, distance=distance)
        sky = stage.evaluate("E").tensor("rgba")
        rows = torch.cos((torch.arange(64) + 0.5) / 64 * math.pi - math.pi / 2)
        light = float((sky[0] * rows[:, None]).sum() * (math.pi / 64) ** 2)
        assert light == pytest.approx(level * math.pi, rel=0.02, abs=1e-6)
