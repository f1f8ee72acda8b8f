"""Domes of USD files written by hand: where they shine from."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    LINEAR_REC709,
    EnvironmentLight,
    FileError,
    Rig,
    latlong_directions,
    load_rig,
    surroundings,
)  # fmt: skip
from usdfiles import (
    Floats,
    level,
    one,
    prim,
    read,
    scaled,
    stage,
    turn_x,
    turn_y,
    turn_z,
)

pytest.importorskip("pxr", reason="USD files are read by usd-core")


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
