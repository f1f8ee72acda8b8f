"""Lights of USD files written by hand: what they are, how bright and of which colour."""

import math
from pathlib import Path

import numpy as np
import pytest

from rimlight.engine import (
    ACESCG,
    LINEAR_REC709,
    AreaLight,
    DirectionalLight,
    FileError,
    PointLight,
    SpotLight,
    light_level,
    load_rig,
)  # fmt: skip
from usdfiles import level, moved, one, prim, read, scaled, stage, transform

pytest.importorskip("pxr", reason="USD files are read by usd-core")


def test_a_light_as_the_schema_has_it_is_the_sun(tmp_path: Path) -> None:
    light = read(tmp_path, "DistantLight")
    assert isinstance(light, DirectionalLight)
    assert (light.name, light.angle, light.direction) == ("a", 0.53, (0.0, 0.0, 1.0))
    # 50,000 nits of a disc of 0.53 degrees light a white surface to 50,000 sin^2(0.265 deg) = 1.0696.
    assert level(light) == pytest.approx([50000 * math.sin(math.radians(0.265)) ** 2] * 3, rel=1e-6)
    assert light.exposure == pytest.approx(0.09709, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        ("DistantLight", "float inputs:intensity = 6.2831853\nbool inputs:normalize = 1", 2.0),
        ("DistantLight", "float inputs:intensity = 3.1415927\nfloat inputs:angle = 0", 1.0),
        ("DistantLight", "float inputs:intensity = 3\nfloat inputs:exposure = 2\nfloat inputs:angle = 180", 12.0),
        # 2 cm of radius at a metre: (2 / 100)^2 of its luminance.
        ("SphereLight", "float inputs:intensity = 5000\nfloat inputs:radius = 2", 2.0),
        ("SphereLight", "float inputs:intensity = 125663.706\nbool inputs:normalize = 1", 1.0),
        ("RectLight", "float inputs:intensity = 31.415927\nfloat inputs:width = 10\nfloat inputs:height = 200", 2.0),
        ("RectLight", "float inputs:intensity = 31415.927\nbool inputs:normalize = 1", 1.0),
        ("DiskLight", "float inputs:intensity = 400\nfloat inputs:radius = 5", 1.0),
        ("DomeLight", "float inputs:intensity = 3\nfloat inputs:exposure = -1\nbool inputs:normalize = 1", 1.5),
    ],
)
def test_intensities_are_levels(tmp_path: Path, kind: str, attributes: str, expected: float) -> None:
    assert level(read(tmp_path, kind, attributes)) == pytest.approx([expected] * 3, rel=1e-6)


def test_the_unit_of_the_stage_counts(tmp_path: Path) -> None:
    path = stage(tmp_path / "a.usda", prim("SphereLight", matrix=moved(1, 2, -3)), metres=1)
    rig = load_rig(path)
    (light,) = rig
    assert isinstance(light, PointLight)
    assert (rig.cm_per_unit, light.position, light.size) == (100.0, (1.0, 2.0, -3.0), 100.0)
    assert level(light) == pytest.approx([0.25] * 3)
    with pytest.raises(FileError, match="metersPerUnit is 0, expected a length above zero"):
        load_rig(stage(tmp_path / "b.usda", prim("SphereLight"), metres=0))


def test_color_is_rec709_and_temperature_usds_black_body(tmp_path: Path) -> None:
    from pxr import UsdLux

    color = "color3f inputs:color = (0.8, 0.5, 0.2)\nbool inputs:normalize = 1\nfloat inputs:intensity = 3.1415927"
    light = read(tmp_path, "DistantLight", color)
    assert (light.color, light.kelvin) == ((0.8, 0.5, 0.2), 6504.0)
    wide = one(tmp_path / "a.usda", space=ACESCG)
    # Linear Rec.709 to ACEScg, the matrix of the ACES documents.
    to_ap1 = np.array([[0.6131, 0.3395, 0.0474], [0.0702, 0.9164, 0.0135], [0.0206, 0.1096, 0.8698]])
    assert [float(v) for v in light_level(wide)] == pytest.approx(list(to_ap1 @ [0.8, 0.5, 0.2]), abs=2e-4)
    warm = color + "\nbool inputs:enableColorTemperature = 1\nfloat inputs:colorTemperature = 3200"
    light = read(tmp_path, "DistantLight", warm)
    body = UsdLux.BlackbodyTemperatureAsRgb(3200)
    assert light.kelvin == 3200
    assert level(light) == pytest.approx([0.8 * body[0], 0.5 * body[1], 0.2 * body[2]], rel=1e-5)
    # Off, the temperature says nothing.
    off = warm.replace("Temperature = 1", "Temperature = 0")
    assert level(read(tmp_path, "DistantLight", off)) == pytest.approx([0.8, 0.5, 0.2], rel=1e-5)
    # A candle has no blue to divide by: its colour is all in RGB.
    candle = read(tmp_path, "DistantLight", warm.replace("3200", "1000"))
    body = UsdLux.BlackbodyTemperatureAsRgb(1000)
    assert level(candle) == pytest.approx([0.8 * body[0], 0.5 * body[1], 0.0], abs=1e-6)


def test_colours_are_in_the_space_that_they_say(tmp_path: Path) -> None:
    """Of an attribute, of the prims above it, or by an older name; what nobody knows is told."""

    def found(metadata: str = "", apis: str = "", more: str = "") -> tuple[list[float], list[str]]:
        told: list[str] = []
        attributes = f"color3f inputs:color = (0.8, 0.5, 0.2){metadata}\n{more}"
        path = stage(tmp_path / "a.usda", prim("SphereLight", "a", BRIGHT + attributes, apis))
        (light,) = load_rig(path, space=LINEAR_REC709, tell=told.append).lights
        return level(light), told

    plain, told = found()
    assert plain == pytest.approx([0.8, 0.5, 0.2], rel=1e-5) and not told
    # ACEScg to linear Rec.709, the matrix of the ACES documents with its white adapted.
    to_709 = np.array([[1.7051, -0.6218, -0.0833], [-0.1303, 1.1408, -0.0105], [-0.0240, -0.1290, 1.1530]])
    wanted = list(to_709 @ [0.8, 0.5, 0.2])
    for name in ("lin_ap1_scene", "ACEScg"):
        wide, told = found(f' (colorSpace = "{name}")')
        assert wide == pytest.approx(wanted, abs=4e-3) and not told
    above, _ = found(apis="ColorSpaceAPI", more='uniform token colorSpace:name = "lin_ap1_scene"')
    assert above == pytest.approx(wanted, abs=4e-3)
    encoded, _ = found(' (colorSpace = "srgb_rec709_scene")')
    assert encoded[1] == pytest.approx(((0.5 + 0.055) / 1.055) ** 2.4, rel=1e-3)
    strange, told = found(' (colorSpace = "ours")')
    assert strange == plain and len(told) == 1 and "in a space 'ours' that USD does not know" in told[0]


BRIGHT = "bool treatAsPoint = 1\nbool inputs:normalize = 1\nfloat inputs:intensity = 125663.7061\n"
"""Of a sphere light of level 1."""


def test_shares_shadows_and_switches(tmp_path: Path) -> None:
    light = read(
        tmp_path, "SphereLight",
        "float inputs:diffuse = 0.25\nfloat inputs:specular = 2\ncolor3f inputs:shadow:color = (0.3, 0.3, 0.3)",
        apis="ShadowAPI",
    )  # fmt: skip
    assert (light.diffuse, light.specular, light.enabled) == (0.25, 2.0, True)
    assert light.shadow == pytest.approx(0.7)
    assert read(tmp_path, "SphereLight", "bool inputs:shadow:enable = 0", apis="ShadowAPI").shadow == 0
    assert read(tmp_path, "SphereLight").shadow == 1
    assert not read(tmp_path, "SphereLight", 'token visibility = "invisible"').enabled
    parent = f'def Xform "p" {{\n token visibility = "invisible"\n{prim("SphereLight")}\n}}'
    assert not one(stage(tmp_path / "b.usda", parent)).enabled
    dark = read(tmp_path, "SphereLight", "float inputs:intensity = 0\nfloat inputs:exposure = 3")
    assert (dark.exposure, level(dark)) == (3.0, [0.0, 0.0, 0.0])
    blocker = read(tmp_path, "SphereLight", "float inputs:intensity = -8\nbool inputs:normalize = 1")
    assert level(blocker) == pytest.approx([-8 / (4 * math.pi * 1e4)] * 3, rel=1e-6)


def test_a_point_has_no_size(tmp_path: Path) -> None:
    light = read(tmp_path, "SphereLight", "bool treatAsPoint = 1\nfloat inputs:radius = 3")
    assert isinstance(light, PointLight) and light.size == 0
    assert level(light) == pytest.approx([9e-4] * 3, rel=1e-6)


def test_cones_are_spots(tmp_path: Path) -> None:
    shaped = (
        "float inputs:shaping:cone:angle = 25\nfloat inputs:shaping:cone:softness = 0.2\nfloat inputs:shaping:focus = 3"
    )
    light = read(tmp_path, "SphereLight", shaped, apis="ShapingAPI")
    assert isinstance(light, SpotLight)
    assert (light.cone, light.penumbra, light.falloff, light.size) == (50.0, pytest.approx(5.0), 3.0, 1.0)
    # Without a cone of its own the schema's is 90 degrees to each side.
    half = read(tmp_path, "SphereLight", apis="ShapingAPI")
    assert isinstance(half, SpotLight) and half.cone == 179.9
    assert type(read(tmp_path, "SphereLight", "float inputs:shaping:cone:angle = 180", apis="ShapingAPI")) is PointLight
    assert isinstance(read(tmp_path, "RectLight", apis="ShapingAPI"), AreaLight)


def test_shapes_keep_their_size_in_the_world(tmp_path: Path) -> None:
    parent = scaled(2, 3, 4)
    body = f'def Xform "p" {{\n{transform(parent)}\n{prim("RectLight", "a", "float inputs:width = 10")}\n}}'
    light = one(stage(tmp_path / "a.usda", body))
    assert isinstance(light, AreaLight) and light.shape == "rectangle"
    assert (light.width, light.height, light.aim, light.roll) == (20.0, 3.0, (0.0, 0.0, -1.0), 0.0)
