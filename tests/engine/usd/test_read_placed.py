"""Lights of USD files written by hand: where they stand, what they give a surface, and which camera sees them."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from rimlight.engine import (
    LINEAR_REC709,
    DirectionalLight,
    FileError,
    PointLight,
    Surface,
    beauty,
    load_rig,
    shade,
)  # fmt: skip
from usdfiles import Floats, Shaping, cone, lit, moved, one, prim, scaled, stage, transform, turn_x, turn_y, turn_z

pytest.importorskip("pxr", reason="USD files are read by usd-core")


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
    body = f'def Xform "set" {{\n{transform(RIG)}\n{light}\n}}\n{prim("Camera", "cam", matrix=CAMERA)}'
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
