"""What a camera sees of a rig's surroundings."""

import math

import pytest
import torch

from compare import assert_close
from pictures import picture
from rimlight.engine import Image, NodeError, Region
from stage import Stage

FRAME = Region(0, 0, 64, 36)


def latlong() -> Image:
    """Where each direction is: red is the azimuth and green the elevation, in turns."""
    v, u = (torch.arange(n, dtype=torch.float32) + 0.5 for n in (256, 512))
    azimuth, elevation = (u / 512 - 0.5).expand(256, 512), (0.25 - v / 512)[:, None].expand(256, 512)
    return picture(torch.stack((azimuth, elevation, torch.ones(256, 512))), Region(0, 0, 512, 256))


def view(stage: Stage, rig: str, region: Region | None = None, **values: object) -> Image:
    made = stage.add("View", "EnvironmentView", {"rig": rig}, format="64x36", **values).evaluate("View", region=region)
    assert isinstance(made, Image)
    return made


def test_each_pixel_sees_the_surroundings_in_its_direction() -> None:
    stage = Stage().given("map", latlong()).add("E", "light.environment", {"image": "map"})
    seen = view(stage, "E", field_of_view=90)["rgba"]
    assert seen.shape == (3, 36, 64)
    x, y = torch.meshgrid((torch.arange(64) + 0.5) / 32 - 1, (18 - torch.arange(36) - 0.5) / 32, indexing="xy")
    assert_close(seen[0], torch.atan(x) / (2 * math.pi), threshold=1e-3)
    assert_close(seen[1], torch.atan2(y, torch.hypot(x, torch.ones(()))) / (2 * math.pi), threshold=1e-3)
    assert_close(seen[2], torch.ones(36, 64), threshold=1e-5)


def test_it_is_as_bright_as_the_light_and_turns_with_it() -> None:
    stage = Stage().given("map", latlong())
    stage = stage.add("E", "light.environment", {"image": "map"}, exposure=2, rotation=90)
    seen = view(stage, "E", field_of_view=20, exposure=-1)["rgba"][:, 18, 32]
    # What was at a quarter of a turn to the right is now ahead.
    assert_close(seen, torch.tensor([0.25 * 2, 0.0, 2.0]), threshold=0.01)


def test_a_sun_is_a_disc_with_the_energy_of_its_light() -> None:
    sun = {"azimuth": 180.0, "elevation": 0.0, "exposure": 1.0, "color": (1.0, 0.5, 0.25)}
    stage = Stage().add("S", "light.directional", angle=10.0, **sun)
    seen = view(stage, "S", field_of_view=30)["rgba"]
    assert_close(seen[:, 18, 32], torch.tensor([2.0, 1.0, 0.5]) / math.sin(math.radians(5)) ** 2, threshold=1e-3)
    assert float(seen[:, :, :20].abs().max()) == 0
    share = float((seen[0] > 0).sum()) * (30 / 64) ** 2  # square degrees
    assert share == pytest.approx(math.pi * 25, rel=0.15)
    point = Stage().add("S", "light.directional", angle=0.0, **sun)
    assert float(view(point, "S", field_of_view=30)["rgba"].amax()) > 1000  # as small as a pixel, and no less light
    assert float(view(point, "S", suns=False)["rgba"].abs().max()) == 0


def test_a_sun_behind_the_camera_is_not_seen() -> None:
    stage = Stage().add("S", "light.directional", azimuth=0.0, elevation=0.0, angle=10.0)
    assert float(view(stage, "S")["rgba"].abs().max()) == 0


def test_the_frame_of_another_picture_is_taken() -> None:
    like = picture(torch.zeros(3, 10, 20), Region(0, 0, 40, 20), Region(5, 5, 25, 15))
    stage = Stage().given("plate", like).add("S", "light.harmonics")
    made = stage.add("V", "EnvironmentView", {"rig": "S", "like": "plate"}).evaluate("V")
    assert isinstance(made, Image)
    assert (made.info.display, made.info.data) == (Region(0, 0, 40, 20), Region(0, 0, 40, 20))


def test_a_tile_is_a_piece_of_the_whole() -> None:
    stage = Stage().given("map", latlong()).add("E", "light.environment", {"image": "map"})
    stage = stage.add("S", "light.directional", {"rig": "E"}, azimuth=175.0, elevation=3.0, angle=4.0)
    region = Region(20, 5, 50, 30)
    assert_close(view(stage, "S", region)["rgba"], view(stage, "S").tensor("rgba", region), threshold=1e-5)


def test_a_rig_has_to_be_there() -> None:
    with pytest.raises(NodeError, match="input 'rig' is not connected"):
        Stage().add("V", "EnvironmentView").evaluate("V")
