"""How dense air is, what it takes of lamps on their way, and smoke that stands in the world: closed forms and sums."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import noise, picture
from rimlight.engine import Camera, Cells, Image, Pose, Region
from rimlight.nodes.light.smoke import Smoke
from stage import Stage

FRAME = Region(0, 0, 48, 32)
COARSE = {"rows": 24, "slices": 24}
LAMP = {"light_name": "lamp", "position": (40.0, 20.0, -120.0), "exposure": 1.0}
FEET = math.log(50)


def of(pose: Pose | None = None, **values: Any) -> Smoke:
    plain = {"height": 0.0, "ground": -150.0, "uneven": 0.0, "grain": 60.0, "drift": (0.0, 0.0, 0.0), "seed": 1}
    return Smoke(cast(Any, SimpleNamespace(**{**plain, **values})), pose, 1.0, lambda: None)


def summed(smoke: Smoke, lamp: Tensor, place: Tensor, steps: int = 4000) -> float:
    """The mean density on a way, by small steps through cells of one pixel."""
    share = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
    at = lamp.double()[:, None] + (place - lamp).double()[:, None] * share
    found = torch.ones(steps, dtype=torch.float64)
    if smoke.node.height:
        found *= torch.exp(-smoke._up(at).clamp_min(0) / smoke.node.height)
    return float((found * (smoke._puffs(at).double() if smoke.node.uneven else 1)).mean())


@pytest.mark.parametrize("pose", [None, Pose(tilt=20, roll=30, position=(0.0, 90.0, 0.0))])
def test_air_that_is_thinner_above_is_a_closed_form_on_any_way(pose: Pose | None) -> None:
    smoke = of(pose, height=40.0, ground=-60.0)
    lamp = torch.tensor([10.0, 80.0, -50.0])
    places = torch.tensor([[60.0, -120.0, -300.0], [0.0, 80.0, -300.0], [10.0, 80.0001, -51.0], [0.0, 300.0, -10.0]])
    found = smoke.way(lamp, places.T[..., None])[..., 0]
    for one, place in zip(found, places, strict=True):
        assert float(one) == pytest.approx(summed(smoke, lamp, place), rel=2e-3)


@pytest.mark.parametrize("height", [0.0, 60.0])
def test_smoke_on_the_way_from_a_lamp_is_the_sum_of_small_steps(height: float) -> None:
    smoke = of(uneven=0.6, height=height, grain=90.0)
    camera, lamp = Camera.from_fov(48, 32, 40), torch.tensor([60.0, 40.0, -100.0])
    cells = Cells(camera, FRAME, 24, 36, 300 * torch.linspace(0, 1, 25) ** 1.5)
    more = smoke.unevenness(lamp, cells)
    assert more.shape == (7, 4, 6)
    ends = cells.rays(4, 6)[:, None] * (300 * torch.linspace(0, 1, 7) ** 1.5)[:, None, None]
    found = more * smoke.way(lamp, ends)
    for at in ((6, 1, 2), (3, 0, 5), (0, 2, 2)):
        expected = summed(smoke, lamp, ends[:, *at])
        # Within what the slices' own places are interpolated by.
        assert float(found[at]) == pytest.approx(expected, rel=0.12)


def wall(depth: float = 300.0) -> Image:
    """A wall that a lamp lights, beside other light, as Relight hands it on."""
    lit = {"rgba": noise(3, FRAME) + 2, "light_lamp_diffuse": noise(3, FRAME) * 0.5 + 0.5}
    lit["light_lamp_specular"] = lit["light_lamp_diffuse"] * 0.1
    return picture({**lit, "depth": torch.full((1, 32, 48), depth)}, FRAME)


def staged(image: Image, about: dict[str, Any] | None = None, **values: Any) -> Stage:
    s = Stage(host_bytes=1 << 28).given("plate", image).add("L", "light.point", **(about or LAMP))
    return s.add("A", "Atmosphere", {"image": "plate", "rig": "L"}, **{**COARSE, "visibility": 6.0, **values})


def shown(s: Stage, *layers: str, frame: float = 1) -> list[Tensor]:
    found = s.evaluate("A", frame, layers=layers)
    return [found[name] for name in layers]


def far_from_lamp(depth: float) -> tuple[Tensor, Tensor]:
    """Centimetres from the lamp to the wall and from there to the camera, `[32, 48]` each."""
    place = Camera.from_fov(48, 32, 40).rays(FRAME, torch.zeros(1)) * depth
    return (place - torch.tensor(LAMP["position"]).reshape(3, 1, 1)).norm(dim=0), place.norm(dim=0)


def test_the_air_takes_its_part_on_both_ways() -> None:
    """Beer and Lambert's law from the lamp to the wall and from the wall to the camera."""
    image = wall()
    s = staged(image)
    main, air = shown(s, "rgba", "air")
    there, back = (torch.exp(-FEET / 600 * x) for x in far_from_lamp(300.0))
    lamp = 1.1 * image["light_lamp_diffuse"]
    rest = image["rgba"][:3] - lamp
    assert float((1 - there).min()) > 0.5
    assert_close(main[:3], (rest + lamp * there) * back + air, relative=2e-3)
    # As much less as `fade` says, on both ways.
    half, air = shown(s.set("A", fade=0.5), "rgba", "air")
    kept = (image["rgba"][:3] - lamp * (1 - there) / 2) * (1 + back) / 2
    assert_close(half[:3], kept + air, relative=2e-3)
    added, air = shown(s.set("A", fade=0.0), "rgba", "air")
    assert_close(added[:3], image["rgba"][:3] + air, relative=1e-5)


def test_only_lamps_whose_layers_there_are_lose_light() -> None:
    image = wall()
    for about in ({**LAMP, "light_name": "other"}, {**LAMP, "enabled": False}):
        main, air, through = shown(staged(image, about), "rgba", "air", "transmittance")
        assert_close(main[:3], image["rgba"][:3] * through + air, relative=1e-5)
    main, air, through = shown(staged(image, lamp_loss=False), "rgba", "air", "transmittance")
    assert_close(main[:3], image["rgba"][:3] * through + air, relative=1e-5)
    sun = Stage().given("plate", image).add("L", "light.directional", light_name="lamp")
    sun.add("A", "Atmosphere", {"image": "plate", "rig": "L"}, **COARSE)
    main, air, through = shown(sun, "rgba", "air", "transmittance")
    assert_close(main[:3], image["rgba"][:3] * through + air, relative=1e-5)


def test_behind_a_relight_surfaces_lose_what_the_air_takes() -> None:
    normal = torch.zeros(3, 32, 48)
    normal[2] = 1
    layers = {"rgba": noise(3, FRAME), "albedo": noise(3, FRAME) + 1, "normal": normal}
    image = picture({**layers, "depth": torch.full((1, 32, 48), 300.0)}, FRAME)
    s = Stage(host_bytes=1 << 28).given("plate", image).add("L", "light.point", **LAMP)
    s.add("R", "Relight", {"image": "plate", "rig": "L"})
    s.add("A", "Atmosphere", {"image": "R", "rig": "L", "surfaces": "plate"}, visibility=6.0, **COARSE)
    main, air = shown(s, "rgba", "air")
    there, back = (torch.exp(-FEET / 600 * x) for x in far_from_lamp(300.0))
    assert_close(main[:3], s.evaluate("R")["rgba"][:3] * there * back + air, relative=3e-3)


def test_thicker_smoke_on_the_way_takes_more_and_negatives_stay() -> None:
    image = wall()
    image["rgba"][:, 3, 5] = torch.tensor([-2.0, 50.0, 3.0])
    image["light_lamp_diffuse"][0, 6, 6] = torch.nan
    main, air, through = shown(staged(image, uneven=0.8, grain=100.0), "rgba", "air", "transmittance")
    assert bool(torch.isfinite(main).all())
    left = (main[:3] - air) / through
    share = 1 - (image["rgba"][:3] - left) / (1.1 * image["light_lamp_diffuse"])
    even = torch.exp(-FEET / 600 * far_from_lamp(300.0)[0])
    stops = torch.log2(share[1] / even)
    assert float(stops.std()) > 0.05 and float(share[1].min()) > 0 and float(share[1].max()) < 1
    assert float(left[0, 3, 5]) < -2


SHELL = {"depth_is": "ray", "uneven": 0.7, "grain": 80.0, "drift": (0.0, 0.0, 0.0), "visibility": 8.0}


def world(pan: float, roll: float = 0.0, place: tuple[float, float, float] = (0.0, 0.0, 0.0), **values: Any) -> Stage:
    """A camera within a shell of 300 around it, in smoke."""
    frame = Region(0, 0, 48, 48)
    image = picture({"rgba": torch.ones(3, 48, 48), "depth": torch.full((1, 48, 48), 300.0)}, frame)
    s = Stage(host_bytes=1 << 28).given("plate", image).add("L", "light.directional")
    s.add("C", "light.camera", pan=pan, roll=roll, position=place)
    wires = {"image": "plate", "rig": "L", "camera": "C"}
    return s.add("A", "Atmosphere", wires, **{**SHELL, "rows": 96, "slices": 48, **values})


def test_smoke_stands_in_the_world_as_the_camera_turns() -> None:
    (one,), (rolled,) = (shown(world(0, roll), "transmittance") for roll in (0.0, 90.0))
    # Rolled counter-clockwise, the camera shows the world turned clockwise.
    assert_close(rolled[0], torch.rot90(one[0], -1), relative=5e-3)
    assert float((one[0] - torch.rot90(one[0])).abs().mean()) > 0.02
    # Panned: what is seen in one direction of the world.
    tan, degrees = math.tan(math.radians(20)), 12.0
    (panned,) = shown(world(degrees), "transmittance")
    column = torch.arange(6, 30)
    towards = torch.atan(((column + 0.5) / 24 - 1) * tan)
    there = ((torch.tan(towards + math.radians(degrees)) / tan) + 1) * 24 - 0.5
    inside = there < 46
    low = there[inside].floor().long()
    share = there[inside] - low
    seen = panned[0, 23:25].mean(0)
    expected = torch.lerp(seen[low], seen[low + 1], share)
    found = one[0, 23:25].mean(0)[column[inside]]
    assert float((found - expected).abs().mean()) < 0.01 < 0.03 < float((found - seen[column[inside]]).abs().mean())


def test_smoke_and_ground_stand_in_the_world_as_the_camera_moves() -> None:
    pose = Pose(pan=25, tilt=-10, roll=5, position=(30.0, 120.0, -80.0))
    here, moved = of(None, uneven=0.7, height=50.0, ground=0.0), of(pose, uneven=0.7, height=50.0, ground=0.0)
    points = 200 * torch.rand(3, 50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    there = torch.from_numpy(pose.rotation) @ points + torch.tensor(pose.position).double()[:, None]
    assert_close(moved._puffs(points), here._puffs(there), relative=1e-5)
    assert_close(moved._up(points), here._up(there), relative=1e-6)
    still, at_rest = of(None, uneven=0.7), of(Pose(), uneven=0.7)
    cells = Cells(Camera.from_fov(48, 32, 40), FRAME, 96, 144, 300 * torch.linspace(0, 1, 25))
    off = torch.log2(at_rest.over(cells) / still.over(cells))
    assert float(off.abs().mean()) < 0.01
    (near,) = shown(world(0, height=20.0, ground=0.0, uneven=0.0), "transmittance")
    (high,) = shown(world(0, place=(0.0, 200.0, 0.0), height=20.0, ground=0.0, uneven=0.0), "transmittance")
    assert float(near[0, 30:].mean()) < 0.6 < 0.99 < float(high[0, :40].mean())


def test_only_a_camera_fits() -> None:
    s = world(10)
    assert not torch.equal(*(shown(s.set("C", pan=p), "transmittance")[0] for p in (0.0, 10.0)))
    s.set("A", uneven=0.0)
    assert torch.equal(*(shown(s.set("C", pan=p), "transmittance")[0] for p in (0.0, 10.0)))
