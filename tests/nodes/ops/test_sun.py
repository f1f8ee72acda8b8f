"""The sun in a picture: where it is, how bright at least, and what is none."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import Camera, Region, picture_level
from rimlight.nodes.ops.sun import Sun, sun_in

CAMERA = Camera.from_fov(240, 160, 50)
WHOLE = Region(0, 0, 240, 160)


def evening(sun: float = 5000.0, x: float = 150.0, y: float = 40.0, radius: float = 1.5) -> Tensor:
    """A blue sky over a dark, rough ground, and a sun in it."""
    generator = torch.Generator().manual_seed(4)
    plate = torch.tensor([0.35, 0.5, 0.8])[:, None, None] * torch.linspace(0.8, 1.1, 160)[:, None].expand(3, -1, 240)
    plate = plate.clone()
    plate[:, 100:] = 0.1 * torch.rand(3, 60, 240, generator=generator)
    rows, columns = torch.meshgrid(torch.arange(160) + 0.5, torch.arange(240) + 0.5, indexing="ij")
    cover = (radius - torch.hypot(columns - x, rows - y) + 0.5).clamp(0, 1)
    return plate + sun * cover


def found(plate: Tensor, region: Region = WHOLE) -> Sun | None:
    return sun_in(plate, picture_level(plate[None]), CAMERA, region)


@pytest.mark.parametrize(("x", "y"), [(150.0, 40.0), (20.5, 70.5), (230.0, 8.0)])
def test_it_is_where_its_pixels_are_and_as_bright(x: float, y: float) -> None:
    seen = found(evening(x=x, y=y))
    assert seen is not None
    ray = torch.tensor(CAMERA.ray(x, y)).double()
    assert math.degrees(math.acos(min(1.0, float(seen.direction @ ray / ray.norm())))) < 0.1
    pixel = 4 * CAMERA.tan_x * CAMERA.tan_y / (240 * 160) / float(ray.norm()) ** 3
    light = (evening(x=x, y=y) - evening(sun=0.0)).sum((1, 2)) * pixel / math.pi
    torch.testing.assert_close(seen.level.float(), light, rtol=0.01, atol=0)


def photograph(glow: float = 4.0, far: float = 0.03, x: float = 150.0, y: float = 40.0) -> Tensor:
    """The same cut off at white, with a glow about the sun that falls to a part at `far` of the frame's width."""
    rows, columns = torch.meshgrid(torch.arange(160) + 0.5, torch.arange(240) + 0.5, indexing="ij")
    away = torch.hypot(columns - x, rows - y) / 240
    return (0.4 * evening(x=x, y=y) + glow * torch.exp(-away / far)).clamp_max(1.0)


@pytest.mark.parametrize(("x", "y"), [(150.0, 40.0), (60.5, 70.5)])
@pytest.mark.parametrize("glow", [2.0, 6.0])
def test_one_that_was_cut_off_at_white_is_known_by_its_form_and_its_glow(x: float, y: float, glow: float) -> None:
    plate = photograph(glow, x=x, y=y)
    seen = found(plate)
    assert seen is not None and 0.5 < seen.sure < 1 and float(plate.max()) == 1
    ray = torch.tensor(CAMERA.ray(x, y)).double()
    assert math.degrees(math.acos(min(1.0, float(seen.direction @ ray / ray.norm())))) < 1
    torch.testing.assert_close(found(plate / 64).direction, seen.direction)  # type: ignore[union-attr]


def several() -> Tensor:
    return torch.maximum(photograph(x=60.0), photograph(x=180.0))


def long() -> Tensor:
    return torch.stack([photograph(x=float(x)) for x in range(90, 150, 4)]).amax(0)


@pytest.mark.parametrize(
    "plate",
    [
        several(),  # lamps
        long(),  # a cloud
        photograph(x=4.0),  # at the edge of the frame: half of it is not seen
        photograph().where(torch.arange(240) > 150, torch.tensor(0.02)),  # beside a wall
        photograph(far=1.0),  # white all over
        (0.4 * evening(radius=6.0)).clamp_max(1.0),  # a lantern or a moon, which ends at an edge
    ],
)  # fmt: skip
def test_what_else_was_cut_off_is_none(plate: Tensor) -> None:
    assert found(plate) is None


def test_it_scales_with_the_picture_and_is_the_same_in_a_part_of_it() -> None:
    plate = evening()
    whole, dim, part = found(plate), found(plate / 64), found(plate[:, 10:, 30:], Region(30, 10, 240, 160))
    assert whole is not None and dim is not None and part is not None
    torch.testing.assert_close(dim.direction, whole.direction)
    torch.testing.assert_close(dim.level * 64, whole.level)
    torch.testing.assert_close(part.direction, whole.direction, atol=1e-6, rtol=0)


def test_a_large_plate_is_looked_at_small() -> None:
    plate = evening().repeat_interleave(5, 1).repeat_interleave(5, 2)
    seen, small = (
        sun_in(plate, picture_level(plate[None]), Camera.from_fov(1200, 800, 50), Region(0, 0, 1200, 800)),
        found(evening()),
    )
    assert seen is not None and small is not None
    torch.testing.assert_close(seen.direction, small.direction, atol=1e-3, rtol=0)
    torch.testing.assert_close(seen.level, small.level, rtol=0.05, atol=0)


@pytest.mark.parametrize(
    "plate",
    [
        evening(sun=0.0),
        evening(sun=3.0),  # a bright cloud, without a glow
        evening(radius=20.0),  # a lamp in a haze, or a window
        evening(y=150.0),  # a lamp before the ground
        evening().flip(1),  # no sky
        torch.zeros(3, 160, 240),
        torch.ones(3, 1, 1),
    ],
)
def test_other_bright_things_are_none(plate: Tensor) -> None:
    region = Region(0, 0, plate.shape[2], plate.shape[1])
    assert found(plate, region) is None


@pytest.mark.parametrize("x", [300.0, 300.4, 301.1, 307.7])
def test_a_small_disc_in_a_large_plate_is_as_bright_wherever_it_lies(x: float) -> None:
    """The plate is looked at in 640 columns, of which each is 1.5625 pixels here."""
    camera = Camera.from_fov(1000, 666, 50)
    rows, columns = torch.meshgrid(torch.arange(666) + 0.5, torch.arange(1000) + 0.5, indexing="ij")
    cover = (4 - torch.hypot(columns - x, rows - 150.3) + 0.5).clamp(0, 1)
    sky = torch.nn.functional.interpolate(evening(sun=0.0)[None], (666, 1000), mode="bilinear")[0]
    plate = sky + 5000 * cover
    seen = sun_in(plate, picture_level(plate[None]), camera, Region(0, 0, 1000, 666))
    assert seen is not None
    ray = torch.tensor(camera.ray(x, 150.3)).double()
    pixel = 4 * camera.tan_x * camera.tan_y / (1000 * 666) / float(ray.norm()) ** 3
    light = plate[:, 140:161, int(x) - 10 : int(x) + 11].sum((1, 2)) * pixel / math.pi
    torch.testing.assert_close(seen.level.float(), light, rtol=0.01, atol=0)
