"""Rigs as pictures of their surroundings."""

import math

import pytest
import torch

from compare import assert_close
from light_scenes import sphere_normals
from rimlight.engine import Environment, EnvironmentLight, Image, NodeError, Region, Rig, Surface, shade
from stage import Stage

SUN = {"azimuth": 60, "elevation": 20, "exposure": 1.0, "color": (1.0, 0.8, 0.5), "angle": 8.0}


def seen(kind: str, about: dict[str, object], **values: object) -> Image:
    stage = Stage().add("L", kind, **about)
    out = stage.add("P", "EnvironmentFromRig", {"rig": "L"}, **values).evaluate("P")
    assert isinstance(out, Image)
    return out


@pytest.mark.parametrize("angle", [0.0, 8.0, 60.0])
def test_a_sun_is_where_it_stands_and_lights_as_the_light_does(angle: float) -> None:
    out = seen("light.directional", {**SUN, "angle": angle}, height=64)["rgba"]
    assert out.shape == (3, 64, 128)
    e, a = math.radians(20), math.radians(60)
    towards = torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)]).reshape(3, 1, 1)
    facing = Environment(out).diffuse(towards).flatten()
    assert_close(facing, 2 * torch.tensor([1.0, 0.8, 0.5]), threshold=0.03)
    normal, inside = sphere_normals(24)
    rig = Rig((EnvironmentLight(pixels=out),))
    (group,) = shade(Surface.of(normal, f0=0.0), rig)
    away = (normal * -towards).sum(0) > 0.6
    assert float(group.shading[:, away & inside[0]].abs().max()) < 0.05


def test_a_lamp_falls_off_with_the_square_of_the_distance() -> None:
    about = {"position": (0.0, 0.0, 0.0), "size": 2.0}
    near = seen("light.point", about, height=32, distance=100.0)["rgba"]
    far = seen("light.point", about, height=32, distance=200.0)["rgba"]
    assert float(near.sum() / far.sum()) == pytest.approx(4, rel=1e-3)
    assert int(near[0].argmax()) == int(far[0].argmax())


@pytest.mark.parametrize("shape", ["rectangle", "disc"])
def test_a_flat_lamp_shines_to_its_front(shape: str) -> None:
    about = {"shape": shape, "position": (0.0, 100.0, -100.0), "width": 4.0, "height": 4.0}

    def energy(target: tuple[float, float, float]) -> float:
        picture = seen("light.area", {**about, "target": target}, height=64, distance=100.0)["rgba"]
        up = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1)
        return float(Environment(picture).diffuse(up)[0])

    assert energy((0.0, 0.0, -100.0)) == pytest.approx(1, rel=0.02)
    assert energy((50.0 * math.sqrt(3), 50.0, -100.0)) == pytest.approx(0.5, rel=0.02)  # 60 degrees off
    assert energy((0.0, 200.0, -100.0)) == 0


def test_a_spot_lights_what_its_cone_holds() -> None:
    """As a surface at the place has it, from the middle of the cone over its penumbra to beyond it."""
    for degrees in (0.0, 15.0, 28.0, 45.0):
        off = 100 * math.tan(math.radians(degrees))
        about = {"position": (0.0, 100.0, -100.0), "target": (off, 0.0, -100.0), "cone": 60.0, "penumbra": 10.0}
        up = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1)
        picture = seen("light.spot", about, height=64, distance=100.0)["rgba"]
        rig = Stage().add("L", "light.spot", **about).evaluate("L")
        place = torch.tensor([0.0, 0.0, -100.0]).reshape(3, 1, 1)
        (group,) = shade(Surface.of(up, position=place), rig)
        found, wanted = float(Environment(picture).diffuse(up)[0]), float(group.shading[0])
        assert found == pytest.approx(wanted, rel=0.03, abs=1e-6) and (wanted > 0) == (degrees < 30)


def test_surroundings_pass_and_add_up() -> None:
    with pytest.raises(NodeError, match="input 'rig' is not connected"):
        Stage().add("P", "EnvironmentFromRig").evaluate("P")
    sky = Stage().add("H", "light.harmonics", exposure=0.5)
    alone = sky.add("P", "EnvironmentFromRig", {"rig": "H"}, height=32).evaluate("P")["rgba"]
    both = sky.add("L", "light.directional", {"rig": "H"}, **SUN).add(
        "Q", "EnvironmentFromRig", {"rig": "L"}, height=32
    )
    assert_close(both.evaluate("Q")["rgba"] - alone, seen("light.directional", SUN, height=32)["rgba"], threshold=1e-4)


def test_shares_of_diffuse_count_whatever_the_light() -> None:
    for kind, about in (("light.harmonics", {}), ("light.directional", SUN), ("light.environment", {})):
        plain = seen(kind, about, height=32)["rgba"]
        shared = seen(kind, {**about, "diffuse": 0.25, "specular": 3.0}, height=32)["rgba"]
        assert_close(shared, 0.25 * plain, threshold=1e-6)


def test_a_tile_is_a_piece_of_the_whole_and_a_proxy_is_smaller() -> None:
    stage = Stage().add("L", "light.directional", **SUN).add("P", "EnvironmentFromRig", {"rig": "L"}, height=32)
    region = Region(5, 4, 40, 20)
    assert_close(stage.evaluate("P", region=region)["rgba"], stage.evaluate("P").tensor("rgba", region), threshold=1e-6)
    assert stage.evaluate("P", scale=0.5).info.display == Region(0, 0, 32, 16)


def test_flags_take_what_they_take_at_the_place() -> None:
    """A card beside the camera, half way to the place, takes all of the sun and is seen before the sky."""
    where = math.sin(math.radians(60)), math.cos(math.radians(60))
    card = {"position": (50 * where[0], 0.0, -100 + 50 * where[1]), "target": (0.0, 0.0, -100.0), "width": 30.0,
            "height": 30.0, "transmission": (0.25, 0.25, 0.25)}  # fmt: skip
    sun = {**SUN, "elevation": 0.0}
    stage = Stage().add("H", "light.harmonics").add("L", "light.directional", {"rig": "H"}, **sun)
    stage = stage.add("F", "light.flag", {"rig": "L"}, **card)
    for name, rig in (("A", "L"), ("B", "F")):
        stage = stage.add(name, "EnvironmentFromRig", {"rig": rig}, height=64)
    share = stage.evaluate("B")["rgba"] / stage.evaluate("A")["rgba"]
    row, column = 32, int((0.5 + math.atan2(where[0], -where[1]) / (2 * math.pi)) * 128)
    assert_close(share[:, row - 3 : row + 3, column - 3 : column + 3], torch.full((3, 6, 6), 0.25), threshold=1e-3)
    assert float(share[:, :20].min()) > 0.99 and float(share[:, :, :40].min()) > 0.99
    assert 0.015 < float((share < 0.99).float().mean()) < 0.025  # 33 degrees each way
