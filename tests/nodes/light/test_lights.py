"""The nodes that make a light each."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

import exrfiles
from pictures import picture
from rigs import rig_of
from rimlight.engine import (
    AreaLight,
    Curve,
    DirectionalLight,
    EnvironmentLight,
    Expr,
    NodeError,
    ParameterError,
    PointLight,
    Region,
    Rig,
    Session,
    SphericalGaussians,
    SphericalHarmonics,
    SpotLight,
    registry,
)  # fmt: skip
from stage import Stage

KINDS = ["directional", "point", "spot", "area", "environment", "gaussians", "harmonics"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_light_has_the_same_switches_and_units(kind: str) -> None:
    values: dict[str, Any] = {
        "light_name": "sun", "enabled": False, "solo": True, "exposure": 2, "color": (1, 0.5, 0.25), "kelvin": 3200,
        "tint": 5, "diffuse": 0.5, "specular": 0.25, "shadow": 0.75,
    }  # fmt: skip
    (light,) = rig_of(f"light.{kind}", **values)
    assert light.kind == kind
    assert light.name == values.pop("light_name")
    assert {name: getattr(light, name) for name in values} == values
    (plain,) = rig_of(f"light.{kind}")
    assert (plain.name, plain.exposure, plain.kelvin, plain.color) == (kind, 0, 6504, (1, 1, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_may_be_animated_or_an_expression(kind: str) -> None:
    numbers = [s for s in registry.find(f"light.{kind}").specs if s.type is float]
    stage = Stage().add("L", f"light.{kind}")
    for spec in numbers:
        assert spec.animatable
        middle = spec.default[0] if spec.size > 1 else spec.default
        value = Curve.from_data([[1, middle, "linear"], [11, middle + 0.01, "linear"]])
        stage.set("L", **{spec.name: (value,) * spec.size if spec.size > 1 else value})
    assert stage.evaluate("L", 1) != stage.evaluate("L", 11)
    stage.set("L", exposure=Expr("frame / 2"))
    assert stage.evaluate("L", 6).lights[0].exposure == 3


@pytest.mark.parametrize("kind", KINDS)
def test_lights_chain_down_a_wire(kind: str) -> None:
    stage = Stage().add("K", "light.point", light_name="key").add("L", f"light.{kind}", {"rig": "K"})
    assert stage.info("L").names == stage.evaluate("L").names == ("key", kind)
    stage.set("L", disable=True)
    assert stage.evaluate("L").names == ("key",)
    stage.set("K", disable=True)
    assert stage.evaluate("L") == stage.info("L") == Rig()


def test_a_disabled_light_alone_is_no_light() -> None:
    assert rig_of("light.spot", disable=True) == Rig()


def test_directions_are_those_of_the_design() -> None:
    (right,) = rig_of("light.directional", azimuth=90, elevation=0, angle=0.53)
    assert isinstance(right, DirectionalLight)
    assert right.direction == pytest.approx((1, 0, 0), abs=1e-6)
    assert right.angle == 0.53
    (above,) = rig_of("light.directional", azimuth=0, elevation=60)
    assert above.direction == pytest.approx((0, math.sqrt(3) / 2, 0.5), abs=1e-6)


def test_places_and_sizes_are_in_centimetres() -> None:
    (point,) = rig_of("light.point", position=(1, 2, 3), size=4)
    assert isinstance(point, PointLight)
    assert (point.position, point.size) == ((1, 2, 3), 4)
    (spot,) = rig_of("light.spot", position=(0, 10, 0), target=(0, 0, -5), cone=30, penumbra=4, falloff=2, roll=7)
    assert isinstance(spot, SpotLight)
    assert spot.aim == (0, -10, -5)
    assert (spot.cone, spot.penumbra, spot.falloff, spot.roll) == (30, 4, 2, 7)
    (area,) = rig_of("light.area", shape="disc", width=20, height=30, position=(0, 0, 9), target=(0, 0, 0))
    assert isinstance(area, AreaLight)
    assert (area.shape, area.width, area.height, area.aim) == ("disc", 20, 30, (0, 0, -9))


@pytest.mark.parametrize("kind", ["spot", "area"])
def test_a_light_that_looks_at_itself_is_a_sentence(kind: str) -> None:
    with pytest.raises(NodeError, match="is where the light stands, so it looks nowhere"):
        rig_of(f"light.{kind}", position=(1, 2, 3), target=(1, 2, 3))


def test_names_that_layers_cannot_have_are_refused() -> None:
    with pytest.raises(NodeError, match=r"light_name 'my key\.1': layers are named after it"):
        rig_of("light.point", light_name="my key.1")
    with pytest.raises(ParameterError, match=r"light\.point\.kelvin = 30000: must be within 1000 to 25000"):
        rig_of("light.point", kelvin=30000)


def test_an_environment_without_a_picture_is_white() -> None:
    (light,) = rig_of("light.environment", rotation=30)
    assert isinstance(light, EnvironmentLight)
    assert light.rotation == 30
    assert light.pixels is not None and bool((light.pixels == 1).all())


def test_an_environment_takes_the_frame_of_a_wired_picture() -> None:
    data = Region(2, 0, 16, 12)
    x = torch.rand(4, 12, 14)
    stage = Stage().given("map", picture(x, data=data)).add("L", "light.environment", {"image": "map"})
    pixels = stage.evaluate("L").lights[0].pixels
    assert torch.equal(pixels, torch.nn.functional.pad(x[:3], (2, 0)))
    assert not pixels.is_inference()
    stage.add("S", "light.spot", {"gobo": "map"})
    assert torch.equal(stage.evaluate("S").lights[0].gobo, pixels)


@pytest.mark.parametrize("kind", ["light.environment", "light.harmonics"])
def test_pixels_of_surroundings_that_are_not_finite_are_black(kind: str) -> None:
    frame = Region(0, 0, 32, 16)
    sky, holes = torch.ones(3, 16, 32), torch.ones(3, 16, 32)
    sky[:, 3, 4:6] = 0
    holes[:, 3, 4], holes[:, 3, 5] = torch.nan, torch.inf
    found = []
    for pixels in (sky, holes):
        stage = Stage().given("sky", picture(pixels, frame)).add("L", kind, {"image": "sky"})
        light = stage.evaluate("L").lights[0]
        found.append(light.pixels if isinstance(light, EnvironmentLight) else light.coefficients)
    assert bool(torch.isfinite(found[1]).all()) and torch.equal(found[0], found[1])


def test_a_picture_without_colour_is_a_sentence() -> None:
    stage = Stage().given("map", picture({"depth": torch.ones(1, 12, 16)}))
    stage.add("L", "light.environment", {"image": "map"})
    with pytest.raises(NodeError, match="input 'image' has no layer with red, green and blue, it has depth"):
        stage.evaluate("L")


def write(path: Path, value: float) -> None:
    size = {"displayWindow": exrfiles.box(0, 0, 8, 4), "dataWindow": exrfiles.box(0, 0, 8, 4)}
    exrfiles.write(path, [(size, {c: torch.full((4, 8), value).half().numpy() for c in "RGB"})])


def test_an_environment_reads_a_file_of_the_frame_and_again_when_it_changes(tmp_path: Path) -> None:
    for frame, value in ((1, 0.5), (2, 4.0)):
        write(tmp_path / f"sky.000{frame}.exr", value)
    session = Session()
    session.set_project(working="ACEScg")
    light = session.add("EnvironmentLight", file=str(tmp_path / "sky.####.exr"), colorspace="ACEScg")
    spot = session.add("SpotLight", light, gobo_file=str(tmp_path / "sky.0002.exr"), colorspace="ACEScg")

    def value(frame: float) -> float:
        found = session.evaluate(light, frame).lights[0]
        assert found.file == str(tmp_path / f"sky.000{frame:g}.exr")
        assert found.pixels.shape == (3, 4, 8)
        return float(found.pixels.mean())

    assert [value(1), value(2)] == [0.5, 4.0]
    assert float(session.evaluate(spot, 1).lights[1].gobo.mean()) == 4.0
    write(tmp_path / "sky.0001.exr", 2.0)
    assert value(1) == 2.0
    session.set(light, exposure=1)
    before = session.evaluate(light, 1).lights[0].pixels
    session.set(light, exposure=2)
    assert session.evaluate(light, 1).lights[0].pixels.data_ptr() == before.data_ptr()  # read once
    session.set(light, file=str(tmp_path / "none.exr"))
    with pytest.raises(NodeError, match=r"none\.exr"):
        session.evaluate(light, 1)


def test_gaussians_are_as_many_as_wanted() -> None:
    (light,) = rig_of("light.gaussians", lobes=2, axis2=(90, 0), sharpness2=7, amplitude2=(1, 2, 3))
    assert isinstance(light, SphericalGaussians)
    assert light.sharpness.tolist() == [4, 7]
    assert light.amplitudes[1].tolist() == [1, 2, 3]
    assert light.axes[1].tolist() == pytest.approx([1, 0, 0], abs=1e-6)


def test_harmonics_by_hand_and_from_a_picture() -> None:
    (light,) = rig_of("light.harmonics", c3=(1, 2, 3))
    assert isinstance(light, SphericalHarmonics)
    assert light.coefficients.shape == (9, 3)
    assert light.coefficients[3].tolist() == [1, 2, 3]
    even = picture(torch.full((3, 32, 64), 2.0), Region(0, 0, 64, 32))
    stage = Stage().given("map", even).add("L", "light.harmonics", {"image": "map"}, order="3")
    found = stage.evaluate("L").lights[0].coefficients
    assert found.shape == (16, 3)
    assert found[0].tolist() == pytest.approx([2 * 3.5449077] * 3, rel=1e-3)
    assert float(found[1:].abs().max()) < 1e-2
