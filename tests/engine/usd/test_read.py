"""Lights of USD files written by hand: what they are, where they stand, and what they give a surface."""

import math
import os
from pathlib import Path

import numpy as np
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
    PointLight,
    Rig,
    SpotLight,
    Surface,
    beauty,
    latlong_directions,
    light_level,
    load_rig,
    shade,
    surroundings,
)  # fmt: skip
from rimlight.engine.usd.stage import opened
from usdfiles import Floats, Shaping, cone, lit, moved, prim, scaled, stage, turn_x, turn_y, turn_z

pytest.importorskip("pxr", reason="USD files are read by usd-core")


def one(path: Path, **options: object) -> Light:
    told: list[str] = []
    (light,) = load_rig(path, tell=told.append, **options).lights  # type: ignore[arg-type]
    assert not told
    return light


def level(light: Light) -> list[float]:
    return [float(v) for v in light_level(light, LINEAR_REC709)]


def read(tmp_path: Path, kind: str, attributes: str = "", *, apis: str = "", **options: object) -> Light:
    """The light of a file with one prim, colours as they are in the file."""
    return one(stage(tmp_path / "a.usda", prim(kind, "a", attributes, apis)), space=LINEAR_REC709, **options)


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
    body = f'def Xform "p" {{\n{_matrix(parent)}\n{prim("RectLight", "a", "float inputs:width = 10")}\n}}'
    light = one(stage(tmp_path / "a.usda", body))
    assert isinstance(light, AreaLight) and light.shape == "rectangle"
    assert (light.width, light.height, light.aim, light.roll) == (20.0, 3.0, (0.0, 0.0, -1.0), 0.0)


def _matrix(matrix: Floats) -> str:
    rows = ", ".join(f"({', '.join(repr(float(v)) for v in row)})" for row in matrix)
    return f'matrix4d xformOp:transform = ( {rows} )\nuniform token[] xformOpOrder = ["xformOp:transform"]'


CAMERA = turn_x(-20) @ turn_y(35) @ moved(40, 150, 300)
RIG = turn_z(10) @ turn_y(-50) @ moved(-20, 5, 9)


@pytest.mark.parametrize(
    ("kind", "attributes", "own", "size", "shaping", "within"),
    [
        ("RectLight", "float inputs:width = 60\nfloat inputs:height = 25", "rect", (60.0, 25.0), None, 0.02),
        ("DiskLight", "float inputs:radius = 6", "disk", (6.0,), None, 0.02),
        ("SphereLight", "float inputs:radius = 9", "sphere", (9.0,), None, 2e-3),
        ("CylinderLight", "float inputs:radius = 1\nfloat inputs:length = 8", "cylinder", (1.0, 8.0), None, 0.05),
        (
            "SphereLight",
            "float inputs:radius = 1\nfloat inputs:shaping:cone:angle = 40\nfloat inputs:shaping:cone:softness = 0.5\n"
            "float inputs:shaping:focus = 2",
            "sphere", (1.0,), cone(40, 0.5, 2), 0.02,
        ),
        (
            "DiskLight",
            "float inputs:radius = 2\nfloat inputs:shaping:cone:angle = 50\nfloat inputs:shaping:cone:softness = 0.3\n"
            "float inputs:shaping:focus = 1",
            "disk", (2.0,), cone(50, 0.3, 1), 0.03,
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("normalize", [False, True])
def test_a_sphere_is_lit_as_usd_says(
    tmp_path: Path, kind: str, attributes: str, own: str, size: tuple[float, ...], shaping: Shaping | None,
    within: float, normalize: bool,
) -> None:  # fmt: skip
    """A light below two transforms, a camera that pans and tilts: the diffuse picture of a ball against the light's
    surface summed up by USD's definitions.
    """
    local = turn_x(-30) @ turn_y(20) @ moved(60, 190, 120)
    exposure = f"float inputs:intensity = 700\nfloat inputs:exposure = 1.5\nbool inputs:normalize = {int(normalize)}"
    light = prim(kind, "a", f"{attributes}\n{exposure}", "ShapingAPI" if shaping else "", local)
    body = f'def Xform "set" {{\n{_matrix(RIG)}\n{light}\n}}\n{prim("Camera", "cam", matrix=CAMERA)}'
    rig = load_rig(stage(tmp_path / "a.usda", body), space=LINEAR_REC709)
    view = np.linalg.inv(CAMERA)
    # The ball stands where the light points to.
    standing = local @ RIG @ view
    aim = -standing[2, :3] if kind != "CylinderLight" else standing[2, :3]
    centre, radius = standing[3, :3] + 150 * aim, 20.0
    normals = _ball()
    places = centre + radius * normals
    areas = {"rect": math.prod(size), "disk": math.pi * size[0] ** 2, "sphere": 4 * math.pi * size[0] ** 2}
    area = areas[own] if own in areas else 2 * math.pi * size[0] * size[1]
    truth = lit(700 * 2**1.5 / (area if normalize else 1), own, size, standing, places, normals, shaping)
    shown = torch.tensor(normals.T[:, None], dtype=torch.float32), torch.tensor(places.T[:, None], dtype=torch.float32)
    albedo = torch.full((3, 1, len(normals)), 0.5)
    surface = Surface.of(shown[0], position=shown[1], f0=0.0)
    picture = beauty(albedo, shade(surface, rig, samples=0 if own == "rect" else 256, space=LINEAR_REC709))
    seen = picture[0, 0].double().numpy()
    assert truth.max() > 0
    assert np.abs(seen - 0.5 * truth).max() < within * 0.5 * truth.max()


def _ball() -> Floats:
    """Unit vectors all around, `[n, 3]`."""
    n = 40
    z = (np.arange(n) + 0.5) / n * 2 - 1
    phi = np.arange(n) * math.pi * (3 - math.sqrt(5))
    return np.stack((np.sqrt(1 - z * z) * np.cos(phi), np.sqrt(1 - z * z) * np.sin(phi), z), 1)


def test_directions_are_the_cameras(tmp_path: Path) -> None:
    sun = prim("DistantLight", "sun", matrix=turn_x(-90))  # straight down
    body = f"{sun}\n{prim('Camera', 'cam', matrix=turn_x(-30))}"  # looking 30 degrees down
    light = one(stage(tmp_path / "a.usda", body))
    assert isinstance(light, DirectionalLight)
    s, c = math.sin(math.radians(30)), math.cos(math.radians(30))
    assert light.direction == pytest.approx((0, c, s))
    assert one(tmp_path / "a.usda", camera="/").direction == pytest.approx((0, 1, 0))  # type: ignore[attr-defined]
    assert one(tmp_path / "a.usda", camera="/cam").direction == pytest.approx((0, c, s))  # type: ignore[attr-defined]


def test_without_a_camera_up_is_up(tmp_path: Path) -> None:
    body = prim("SphereLight", matrix=moved(1, 2, 5))
    assert one(stage(tmp_path / "a.usda", body)).position == (1.0, 2.0, 5.0)  # type: ignore[attr-defined]
    assert one(stage(tmp_path / "b.usda", body, up="Z")).position == (1.0, 5.0, -2.0)  # type: ignore[attr-defined]
    # A camera of a z-up stage that stands upright and looks along +y.
    body += "\n" + prim("Camera", "cam", matrix=turn_x(90) @ moved(1, 0, 1))
    assert one(stage(tmp_path / "c.usda", body, up="Z")).position == pytest.approx((0, 4, -2))  # type: ignore[attr-defined]


def test_a_scaled_camera_is_a_camera(tmp_path: Path) -> None:
    body = f"{prim('SphereLight', matrix=moved(0, 0, -7))}\n{prim('Camera', 'cam', matrix=scaled(10, 10, 10))}"
    assert one(stage(tmp_path / "a.usda", body)).position == (0.0, 0.0, -7.0)  # type: ignore[attr-defined]


def test_of_several_cameras_one_has_to_be_named(tmp_path: Path) -> None:
    left, same = prim("Camera", "left"), prim("Camera", "same")
    cameras = f'def Xform "a"\n{{\n{left}\n{same}\n}}\ndef Xform "b"\n{{\n{same}\n}}'
    path = stage(tmp_path / "a.usda", f"{prim('SphereLight', 'key')}\n{cameras}")
    with pytest.raises(
        FileError, match=r"has 3 cameras: say which by its name, or / for the space of the file: /a/left"
    ):
        load_rig(path)
    assert load_rig(path, camera="left").names == ("key",)
    with pytest.raises(FileError, match="has no camera 'right', there are /a/left, /a/same, /b/same"):
        load_rig(path, camera="right")
    with pytest.raises(FileError, match="has 2 cameras called 'same': say which by its path"):
        load_rig(path, camera="same")
    assert load_rig(path, camera="/b/same").names == ("key",)
    alone = stage(tmp_path / "b.usda", prim("SphereLight", "key"))
    with pytest.raises(FileError, match="has no camera, so none that is called 'left'"):
        load_rig(alone, camera="left")


def test_time_samples_are_read_at_the_frame(tmp_path: Path) -> None:
    body = prim(
        "SphereLight", "a",
        "float inputs:exposure.timeSamples = { 1: 1, 11: 6 }\nbool inputs:normalize = 1\n"
        "float inputs:intensity = 125663.706\n"
        "double3 xformOp:translate.timeSamples = { 1: (0, 0, 0), 3: (4, 0, 0) }\n"
        'uniform token[] xformOpOrder = ["xformOp:translate"]',
    )  # fmt: skip
    path = stage(tmp_path / "a.usda", body)
    for frame, exposure, x in ((1, 1, 0), (2, 1.5, 2), (3, 2, 4), (11, 6, 4)):
        light = load_rig(path, frame=frame).lights[0]
        assert isinstance(light, PointLight)
        assert (light.exposure, light.position[0]) == (pytest.approx(exposure, abs=1e-6), x)
    # A file that counts 48 to the second at 24 frames has frame 2 at time 4.
    other = stage(tmp_path / "b.usda", body, more="framesPerSecond = 24\n    timeCodesPerSecond = 48")
    assert load_rig(other, frame=2).lights[0].exposure == pytest.approx(2.5, abs=1e-6)


def picture_at(longitude: float, latitude: float, rows: int = 32) -> Tensor:
    """A lat-long picture as OpenEXR has it, black but for where it shines: latitude 0 and longitude 0 are +z, longitude
    90 is +x, the left edge is longitude 180.
    """
    picture = torch.zeros(3, rows, 2 * rows)
    row, column = int((90 - latitude) / 180 * rows), int((180 - longitude) / 360 * 2 * rows)
    picture[:, row, column] = 1.0
    return picture


@pytest.mark.parametrize(
    ("kind", "dome", "up", "towards"),
    [
        ("DomeLight", np.eye(4), "Y", "z"),
        ("DomeLight", turn_y(90), "Y", "x"),
        ("DomeLight", turn_x(-90), "Y", "y"),
        ("DomeLight", turn_x(90) @ turn_z(30), "Z", "z-up"),
        ("DomeLight_1", np.eye(4), "Y", "z"),
        ("DomeLight_1", np.eye(4), "Z", "-y"),
    ],
)  # fmt: skip
def test_a_dome_shines_from_where_usd_says(tmp_path: Path, kind: str, dome: Floats, up: str, towards: str) -> None:
    """A bright spot 20 degrees to +x of the picture's middle and 25 up, on domes that are turned, seen by cameras."""
    file = "asset inputs:texture:file = @./sky.exr@"
    longitude, latitude = 20.0, 25.0
    a, b = math.radians(longitude), math.radians(latitude)
    local = np.array([math.sin(a) * math.cos(b), math.sin(b), math.cos(a) * math.cos(b)])
    if kind == "DomeLight_1" and up == "Z":
        local = np.array([local[0], -local[2], local[1]])  # up is +z, the middle -y
    for camera in (np.eye(4), turn_y(70), turn_x(-35) @ turn_y(20)):
        body = f"{prim(kind, 'sky', file, matrix=dome)}\n{prim('Camera', 'cam', matrix=camera)}"
        path = stage(tmp_path / "a.usda", body, up=up)
        rig = load_rig(path, load=lambda name: picture_at(longitude, latitude, 64), space=LINEAR_REC709)
        expected = local @ dome[:3, :3] @ np.linalg.inv(camera)[:3, :3]
        assert _brightest(rig) @ expected > math.cos(math.radians(4)), (towards, camera)


def _brightest(rig: Rig) -> Floats:
    around = latlong_directions(64, 128, torch.zeros(()))
    seen = surroundings(rig, around, 64, LINEAR_REC709)[0]
    index = int(seen.argmax())
    return np.array(around.flatten(1)[:, index].double().tolist())


def test_a_mirrored_dome_is_mirrored(tmp_path: Path) -> None:
    body = prim("DomeLight", "sky", "asset inputs:texture:file = @./sky.exr@", matrix=scaled(-1, 1, 1) @ turn_y(40))
    rig = load_rig(stage(tmp_path / "a.usda", body), load=lambda name: picture_at(20, 25, 64), space=LINEAR_REC709)
    a, b = math.radians(20), math.radians(25)
    local = np.array([-math.sin(a) * math.cos(b), math.sin(b), math.cos(a) * math.cos(b)])
    assert _brightest(rig) @ (local @ turn_y(40)[:3, :3]) > math.cos(math.radians(4))


def test_a_dome_names_its_file(tmp_path: Path) -> None:
    body = prim("DomeLight", "sky", "asset inputs:texture:file = @maps/sky.exr@", matrix=turn_y(25))
    light = one(stage(tmp_path / "a.usda", body))
    assert isinstance(light, EnvironmentLight) and light.pixels is None
    assert light.file == str(tmp_path / "maps" / "sky.exr")  # it is not there, and is named all the same
    assert light.rotation == pytest.approx(-155)
    with pytest.raises(FileError, match=r"sky\.exr"):
        load_rig(tmp_path / "a.usda", load=_missing)
    plain = read(tmp_path, "DomeLight", "color3f inputs:color = (0.2, 0.4, 0.6)")
    assert isinstance(plain, EnvironmentLight) and plain.pixels is not None and not plain.file
    assert level(plain) == pytest.approx([0.2, 0.4, 0.6])


def _missing(file: str) -> Tensor:
    raise FileError(f"{file}: there is no such file")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    body = "\n".join((
        prim("SphereLight", "key", "rel collection:lightLink:excludes = </set>\nrel light:filters = </f>"),
        prim("SphereLight", "egg", matrix=scaled(1, 2, 1)),
        prim("RectLight", "box", "asset inputs:texture:file = @box.exr@"),
        prim("DistantLight", "sky", "float inputs:angle = 270"),
        prim("SphereLight", "near", "float inputs:shadow:distance = 20", "ShadowAPI"),
        prim("SphereLight", "tinted", "color3f inputs:shadow:color = (0, 0, 0.6)", "ShadowAPI"),
        prim("CylinderLight", "tube"),
        prim("DomeLight", "ball", 'asset inputs:texture:file = @b.exr@\ntoken inputs:texture:format = "mirroredBall"'),
        prim("PortalLight", "door"),
        prim("PxrMeshLight", "renderman"),
        prim("Mesh", "mesh", apis="MeshLightAPI"),
        prim("LightFilter", "f"),
    ))  # fmt: skip
    rig = load_rig(stage(tmp_path / "a.usda", body), tell=told.append)
    assert rig.names == ("key", "egg", "box", "sky", "near", "tinted", "tube", "ball")
    expected = {
        "/key": ("linked", "filters"), "/egg": ("ellipsoid",), "/box": ("picture",), "/sky": ("270 degrees",),
        "/near": ("shadows end or fade",),
        "/tinted": ("shadows have a colour",), "/tube": ("cylinder",), "/ball": ("mirroredBall",),
        "/door": ("left out: a PortalLight",), "/renderman": ("left out: a PxrMeshLight",),
        "/mesh": ("left out: a Mesh",),
    }  # fmt: skip
    assert len(told) == sum(map(len, expected.values()))
    for path, words in expected.items():
        for word in words:
            assert any(f"{path}: " in s or f"{path} is" in s for s in told if word in s), (path, word, told)
    assert all("\n" not in sentence and sentence.startswith(str(tmp_path)) for sentence in told)
    assert rig.light("tinted").shadow == pytest.approx(0.8)


def test_a_file_without_lights_is_an_empty_rig_with_a_sentence(tmp_path: Path) -> None:
    path = stage(tmp_path / "a.usda", prim("Cube", "c"))
    for _ in range(2):  # what is kept of the first time says the same
        told: list[str] = []
        assert load_rig(path, tell=told.append) == Rig()
        assert told == [f"{path} has no lights"]


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.usda", b'#usda 1.0\ndef Xform "a" {\n', "line 3 is no USD"),
        ("a.usda", b"hello", "no USD"),
        ("a.usdc", b"PXR-USDC\0\0\0", "it cannot be read as USD"),
        ("a.usd", b"", "it is no USD file"),
        ("a.usdz", b"PK", "it cannot be read as USD"),
        ("a.usda", b'#usda 1.0\ndef SphereLight "a" { float inputs:intensity = "x" }\n', "it cannot be read as USD"),
        ("a.usda", b'#usda 1.0\ndef SphereLight "a" { float inputs:exposure = nan\n}\n', "/a: "),
    ],
)
def test_a_damaged_file_is_one_sentence(
    tmp_path: Path, name: str, data: bytes, found: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError) as error:
        load_rig(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ") and "\n" not in str(error.value)
    assert found in str(error.value), str(error.value)
    assert capfd.readouterr() == ("", "")


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it cannot be read as USD: No such file"):
        load_rig(tmp_path / "none.usd")
    (tmp_path / "a.usd").mkdir()
    with pytest.raises(FileError, match="it is a folder, expected a file"):
        load_rig(tmp_path / "a.usd")
    os.mkfifo(tmp_path / "pipe.usda")
    with pytest.raises(FileError, match="it is no regular file, expected a file"):
        load_rig(tmp_path / "pipe.usda")
    with pytest.raises(FileError, match="the name is no text in UTF-8"):
        load_rig(stage(tmp_path / "a\udcff.usda", ""))
    (tmp_path / "latin.usda").write_bytes('#usda 1.0\n# K\xf6ln\ndef "a" {'.encode("latin-1"))
    with pytest.raises(FileError, match=r"latin\.usda: it cannot be read as USD: it is not UTF-8 text"):
        load_rig(tmp_path / "latin.usda")
    told: list[str] = []
    body = 'def SphereLight "key" (references = @gone.usda@) {}'
    rig = load_rig(stage(tmp_path / "b.usda", body, more="subLayers = [@none.usda@]"), tell=told.append)
    assert rig.names == ("key",)
    assert len(told) == 2 and "gone.usda" in told[0] and "none.usda" in told[1]


def test_layers_are_read_anew_when_they_change(tmp_path: Path) -> None:
    stage(tmp_path / "sub.usda", prim("DistantLight", "sun", "float inputs:angle = 1"))
    path = stage(tmp_path / "a.usda", "", more="subLayers = [@./sub.usda@]")
    assert one(path).angle == 1  # type: ignore[attr-defined]
    for angle in (2, 3):
        stage(tmp_path / "sub.usda", prim("DistantLight", "sun", f"float inputs:angle = {angle}"))
        os.utime(tmp_path / "sub.usda", ns=(angle * 10**9, angle * 10**9))
        assert one(path).angle == angle  # type: ignore[attr-defined]


def test_lights_are_found_in_references_instances_and_payloads(tmp_path: Path) -> None:
    stage(tmp_path / "lamp.usda", f'def Xform "lamp"\n{{\n{prim("SphereLight", "bulb", matrix=moved(0, 5, 0))}\n}}')
    lamp = "references = @./lamp.usda@</lamp>"
    body = (
        f'def Xform "one" (instanceable = true\n {lamp})\n{{\n{_matrix(moved(10, 0, 0))}\n}}\n'
        f'def Xform "two" (instanceable = true\n {lamp})\n{{\n{_matrix(moved(20, 0, 0))}\n}}\n'
        f'def Xform "three" (payload = @./lamp.usda@</lamp>)\n{{\n{_matrix(moved(30, 0, 0))}\n}}\n'
        f'class "_kind"\n{{\n{prim("SphereLight", "abstract")}\n}}\n'
        f'over "nothing"\n{{\n{prim("SphereLight", "undefined")}\n}}'
    )
    rig = load_rig(stage(tmp_path / "a.usda", body))
    assert rig.names == ("bulb", "bulb_2", "bulb_3")
    assert [light.position for light in rig] == [(10.0, 5.0, 0.0), (20.0, 5.0, 0.0), (30.0, 5.0, 0.0)]  # type: ignore[attr-defined]


def test_names_are_names_of_layers(tmp_path: Path) -> None:
    assert one(stage(tmp_path / "a.usda", prim("SphereLight", "Schlüssel"))).name == "Schl_ssel"


def test_damage_that_is_found_late_is_a_sentence(tmp_path: Path) -> None:
    """Of a binary file values are read where they are asked for."""
    file = stage(tmp_path / "a.usda", "")
    with pytest.raises(FileError, match=r"a\.usda: it cannot be read as USD: it is damaged"), opened(file) as found:
        found.pxr.Tf.RaiseRuntimeError("Corrupt asset: exception thrown unpacking a value")
