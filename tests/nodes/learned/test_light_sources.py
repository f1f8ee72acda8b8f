"""LightSources in a room of a wall and a floor with two lamps in the picture, whose light is known in closed form."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from calls import noted
from pictures import picture
from rimlight.engine import Image, Region
from rimlight.nodes.learned.light_sources import LightSources
from rimlight.nodes.ops.gaussian import blurred
from rimlight.nodes.ops.sources import Source, find_sources, matched
from stage import Stage, staged

FRAME = Region(0, 0, 128, 72)
TAN = math.tan(math.radians(20))
LAMPS = ((-0.7, 0.1, -2.4), (0.6, 0.3, -2.2))
COLORS = ((1.0, 0.6, 0.3), (0.6, 0.8, 1.0))
RADIUS = 0.07
AMBIENT = 0.02


def room(strengths: tuple[float, float] = (1.0, 1.0), scale: float = 1.0, shift: float = 0.0) -> dict[str, Tensor]:
    """The light layers of the room; albedo is a checker, so that texture has to survive."""
    y, x = torch.meshgrid(torch.arange(72) + 0.5, torch.arange(128) + 0.5, indexing="ij")
    rays = torch.stack(((x / 64 - 1) * TAN, (1 - y / 36) * TAN * 72 / 128, -torch.ones_like(x)))
    floor = (-0.5 / rays[1].clamp_max(-1e-6)).clamp_max(3.0)
    wall = floor >= 3.0
    position = rays * floor
    up, front = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
    normal = torch.where(wall, front[:, None, None], up[:, None, None])
    shading = torch.full((3, 72, 128), AMBIENT)
    lamp = torch.zeros(3, 72, 128)
    for place, color, strength in zip(LAMPS, COLORS, strengths, strict=True):
        at = torch.tensor(place) + torch.tensor([shift, 0.0, 0.0])
        way = at[:, None, None] - position
        far = way.square().sum(0)
        cosine = (way * normal).sum(0).clamp_min(0) / far.sqrt()
        hue = torch.tensor(color)[:, None, None] * strength
        shading = shading + hue * 0.3 * cosine / far
        seen = ((rays * -at[2] - at[:, None, None]).norm(dim=0) < RADIUS).float()
        lamp = torch.maximum(lamp, hue * 25 * seen)
    odd = ((x // 6 + y // 6) % 2)[None]
    albedo = 0.3 + 0.3 * odd.expand(3, -1, -1)
    rgba = torch.where(lamp > 0, lamp, albedo * shading)
    return {
        "rgba": rgba * scale, "albedo": albedo, "shading": shading * scale, "normal": normal, "depth": floor[None],
    }  # fmt: skip


def lamps_seen() -> Tensor:
    return room()["rgba"].amax(0, keepdim=True) > 5


def run(layers: dict[str, Tensor], **values: object) -> Image:
    given = {"layers": "input", "least": 4.0, "count": 2, "field_of_view": 40.0} | values
    made: Image = staged("learned.light_sources", picture(layers, FRAME, FRAME), **given).evaluate("node")
    return made


def test_both_lamps_are_found_from_the_left_and_nothing_else() -> None:
    out = run(room(), count=6)
    seen = lamps_seen()
    left = torch.arange(128)[None, None] < 64
    for number, side in ((1, left), (2, ~left)):
        matte = out[f"source{number}"]
        assert float(matte[seen & side].mean()) > 0.9 and float(matte[seen & ~side].mean()) < 0.01
        assert float((matte > 0.5).sum()) < 2.5 * float((seen & side).sum())
    assert out.info.metadata["rimlight:sources"] == 2
    assert not any(out[f"source{n}"].any() or out[f"light_source{n}"].any() for n in range(3, 7))


@pytest.mark.parametrize("number", [1, 2])
def test_putting_one_out_comes_near_the_room_without_it(number: int) -> None:
    layers = room()
    out = run(layers, **{f"exposure{number}": -30.0})["rgba"]
    truth = room((0.0, 1.0) if number == 1 else (1.0, 0.0))["rgba"]
    scene = (~lamps_seen()).expand(3, -1, -1)
    before = float((layers["rgba"] - truth)[scene].abs().mean())
    assert float((out - truth)[scene].abs().mean()) < 0.45 * before
    # The other one goes on shining, this one does not.
    left = (torch.arange(128) < 64)[None, None].expand(3, 72, -1)
    own = lamps_seen().expand(3, -1, -1) & (left if number == 1 else ~left)
    other = lamps_seen().expand(3, -1, -1) & (~left if number == 1 else left)
    assert float(out[own].max()) < 0.05 * float(layers["rgba"][own].max())
    assert float((out[other] / layers["rgba"][other]).min()) > 0.98


def test_twice_a_source_adds_exactly_its_part_again() -> None:
    layers = room()
    one = run(layers)
    two = run(layers, exposure1=1.0)["rgba"]
    four = run(layers, exposure1=2.0)["rgba"]
    part = one["light_source1"]
    assert torch.allclose(two, layers["rgba"] + part, atol=1e-5)
    assert torch.allclose(four, layers["rgba"] + 3 * part, atol=1e-5)
    both = run(layers, exposure=1.0)["rgba"]
    assert torch.allclose(both, layers["rgba"] + part + one["light_source2"], atol=1e-5)


def test_parts_and_rest_are_the_picture() -> None:
    layers = room()
    one = run(layers)
    rest = run(layers, exposure=-60.0)["rgba"]
    total = rest + one["light_source1"] + one["light_source2"]
    assert torch.allclose(total, layers["rgba"], atol=1e-5)
    assert torch.allclose(run(layers, rest=1.0)["rgba"], layers["rgba"] + rest, atol=1e-5)
    assert bool((one["light_source1"] >= 0).all()) and bool((rest >= -1e-6).all())


def test_a_part_has_the_colour_of_its_lamp() -> None:
    part = run(room())["light_source1"]
    wall = part[:, 20:50, 20:45].mean((1, 2))
    assert float(wall[0] / wall[2]) > 2.0
    warm = run(room(), kelvin2=2500.0)["rgba"] - room()["rgba"]
    assert float(warm[0].sum()) > 0 > float(warm[2].sum())


def test_without_the_scene_only_what_shines_changes() -> None:
    layers = room()
    out = run(layers, scene=False, exposure=-3.0)["rgba"]
    far = torch.nn.functional.max_pool2d(lamps_seen().float(), 21, 1, 10) == 0
    assert torch.equal(out[:, far[0]], layers["rgba"][:, far[0]])
    assert float(out[lamps_seen().expand(3, -1, -1)].max()) < 0.2 * float(layers["rgba"].max())


def test_nothing_asked_is_the_plate_and_exposure_passes_through() -> None:
    layers = room()
    assert torch.equal(run(layers)["rgba"], layers["rgba"])
    one, more = run(layers, exposure1=-3.0)["rgba"], run(room(scale=16.0), exposure1=-3.0)["rgba"]
    assert float((more / 16 - one).abs().max()) < 1e-4 * float(one.max())


def test_numbers_stay_with_moving_lamps() -> None:
    """The first lamp leaves the picture's left edge: with the reference frame the other one keeps its number."""

    def at(frame: float) -> Image:
        layers = room(shift=-0.05 * (frame - 1))
        if frame == 3:
            gone = (torch.arange(128) < 50)[None, None] & (layers["rgba"].amax(0, keepdim=True) > 5)
            layers["rgba"] = torch.where(gone, AMBIENT / 2, layers["rgba"])
        return picture(layers, FRAME, FRAME)

    def numbered(**values: object) -> tuple[bool, bool]:
        stage = Stage().given("room", at)
        stage.add("node", "learned.light_sources", {"image": "room"}, layers="input", least=4.0, count=2, **values)
        out = stage.evaluate("node", frame=3)
        return bool((out["source1"] > 0.5).any()), bool((out["source2"] > 0.5).any())

    assert numbered() == (True, False)
    assert numbered(track=True, reference=1) == (False, True)


def test_sources_are_matched_by_place() -> None:
    known = [Source(0.2, 0.2, 0.02, 1, 0.1), Source(0.8, 0.2, 0.02, 1, 0.3), Source(0.5, 0.4, 0.1, 1, 0.2)]
    found = [Source(0.49, 0.42, 0.1, 1, 0.9), Source(0.1, 0.9, 0.02, 1, 0.1), Source(0.78, 0.2, 0.02, 1, 0.3)]
    assert matched(found, known) == [1, 3, 2]


def test_a_plain_picture_has_no_sources() -> None:
    flat = torch.full((3, 72, 128), 0.4)
    assert find_sources(flat, 3.0, 0.01, 6).found == ()
    ramp = (torch.linspace(0.05, 1, 128)[None, None]).expand(3, 72, -1)
    assert find_sources(ramp, 3.0, 0.01, 6).found == ()


def test_a_black_picture_has_no_sources_and_nothing_to_warn_of() -> None:
    with np.errstate(invalid="raise"):
        assert find_sources(torch.zeros(3, 36, 48), 2.0, 0.01, 6).found == ()


def test_mask_and_mix_hold_it_back() -> None:
    layers = room()
    full, half = run(layers, exposure=-4.0)["rgba"], run(layers, exposure=-4.0, mix=0.5)["rgba"]
    assert torch.allclose(half, (full + layers["rgba"]) / 2, atol=1e-5)
    mask = picture(torch.zeros(4, 72, 128), FRAME, FRAME)
    assert torch.equal(run(layers, exposure=-4.0, mask=mask)["rgba"], layers["rgba"])


def test_a_drag_splits_the_light_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = noted(monkeypatch, (LightSources, "_split"))
    stage = Stage(host_bytes=1 << 28).given("room", picture(room(), FRAME, FRAME))
    stage.add("node", "learned.light_sources", {"image": "room"}, layers="input", least=4.0, count=2)
    for exposure in (0.0, 1.0, 2.0):
        stage.set("node", exposure1=exposure).evaluate("node")
    assert len(made) == 1
    stage.set("node", bounce=0.0).evaluate("node")
    assert len(made) == 2


def face(warm: float, top: float, slope: float) -> Tensor:
    """A disc in a dark room, as wide as a third of the frame, brighter towards one side. warm : red over green."""
    y, x = torch.meshgrid(torch.arange(72) + 0.5, torch.arange(128) + 0.5, indexing="ij")
    there = (x - 64).square() + (y - 36).square() < 22**2
    light = top * 2 ** (slope * (x - 86) / 44)
    hue = torch.tensor([warm, 1.0, 0.6])[:, None, None]
    return torch.where(there, light * hue, 0.02)


def test_a_lit_face_in_the_dark_is_no_source_and_a_lamp_of_its_size_is() -> None:
    skin = face(1.9, 0.55, 2.5)
    assert not find_sources(skin, 3.0, 0.03, 4).found
    assert len(find_sources(skin, 3.0, 0.03, 4, faces=True).found) == 1
    for other in (face(1.0, 0.55, 2.5), face(1.9, 0.55, 0.0), face(1.9, 8.0, 2.5)):  # white, even, far brighter
        assert len(find_sources(other, 3.0, 0.03, 4).found) == 1
    assert run({"rgba": skin}, scene=False).info.metadata["rimlight:sources"] == 0
    assert run({"rgba": skin}, scene=False, faces=True).info.metadata["rimlight:sources"] == 1


def shining(middle: float, radius: float, top: float, slope: float) -> Tensor:
    """A white disc in a dark room, its middle so many rows from the top, brighter towards one side."""
    y, x = torch.meshgrid(torch.arange(72) + 0.5, torch.arange(128) + 0.5, indexing="ij")
    there = (x - 64).square() + (y - middle).square() < radius**2
    return torch.where(there, top * 2 ** (slope * ((x - 64) / radius - 1) / 2), 0.02).expand(3, -1, -1)


def test_a_lit_shirt_is_no_source_and_a_window_a_lamp_and_a_bright_screen_are() -> None:
    shirt = shining(58, 14, 0.4, 2.5)
    assert not find_sources(shirt, 3.0, 0.03, 4).found
    assert len(find_sources(shirt, 3.0, 0.03, 4, surfaces=True).found) == 1
    window, lamp, screen, bright = (
        shining(20, 14, 0.4, 2.5), shining(58, 3, 0.6, 2.5), shining(58, 14, 0.4, 0.0), shining(58, 14, 3.0, 2.5),
    )  # fmt: skip
    for other in (window, lamp, screen, bright):
        assert len(find_sources(other, 3.0, 0.03, 4).found) == 1
    assert run({"rgba": shirt}, scene=False).info.metadata["rimlight:sources"] == 0
    assert run({"rgba": shirt}, scene=False, surfaces=True).info.metadata["rimlight:sources"] == 1


def among(around: tuple[float, float, float], color: tuple[float, float, float], top: float) -> Tensor:
    """A bright thing `top` stops above what is around it, which is uneven as leaves are."""
    leaves = torch.tensor(around)[:, None, None] * 2.0 ** torch.sin(torch.arange(160) * 1.7)[None, None, :]
    x = leaves.expand(3, 120, 160).clone()
    y, z = torch.meshgrid(torch.arange(120.0), torch.arange(160.0), indexing="ij")
    inside = (y - 50) ** 2 + (z - 80) ** 2 < 12**2
    x[:, inside] = torch.tensor(color)[:, None] * 2.0**top
    return x


def test_a_wall_in_the_sun_between_trees_is_no_source_and_sky_and_lamps_there_are() -> None:
    green, grey, sunny, blue = (0.06, 0.1, 0.04), (0.08, 0.08, 0.08), (0.12, 0.1, 0.085), (0.085, 0.1, 0.13)

    def count(picture: Tensor, surfaces: bool = False) -> int:
        return len(find_sources(picture, 3.0, 0.03, 4, surfaces=surfaces).found)

    wall = among(green, sunny, 3.4)
    assert count(wall) == 0 and count(wall, surfaces=True) == 1
    assert count(among(green, blue, 3.4)) == 1
    assert count(among(grey, sunny, 3.4)) == 1
    assert count(among(green, sunny, 6.0)) == 1
    assert count(100 * wall) == 0


def glowing(layers: dict[str, Tensor]) -> Tensor:
    """The picture `[3, 72, 128]` with a glow around its lamps, a sixth of their light."""
    return layers["rgba"] + 0.15 * blurred(layers["rgba"] * lamps_seen(), 8.0, "black")


def test_deglow_takes_the_glow_away_and_leaves_the_lamps() -> None:
    layers = room()
    plate = layers | {"rgba": glowing(layers)}
    assert torch.equal(run(plate, deglow=0.0)["rgba"], plate["rgba"])
    whole, half = run(plate, deglow=1.0)["rgba"], run(plate, deglow=0.5)["rgba"]
    around = (torch.nn.functional.max_pool2d(lamps_seen().float(), 5, 1, 2) == 0).expand(3, -1, -1)
    before, after = (float((x - layers["rgba"])[around].abs().mean()) for x in (plate["rgba"], whole))
    assert after < 0.4 * before
    lamps = lamps_seen().expand(3, -1, -1)
    assert float(whole[lamps].sum() / plate["rgba"][lamps].sum()) > 0.95
    assert torch.allclose(half, (plate["rgba"] + whole) / 2, atol=1e-5)


def test_parts_and_rest_are_the_picture_without_its_glow() -> None:
    layers = room()
    plate = layers | {"rgba": glowing(layers)}
    one, rest = run(plate, deglow=1.0), run(plate, deglow=1.0, exposure=-60.0)["rgba"]
    assert torch.allclose(rest + one["light_source1"] + one["light_source2"], one["rgba"], atol=1e-5)
    brighter = run({name: x * 16 if name in ("rgba", "shading") else x for name, x in plate.items()}, deglow=1.0)
    assert float((brighter["rgba"] / 16 - one["rgba"]).abs().max()) < 1e-4 * float(one["rgba"].max())


def test_a_picture_without_sources_has_no_glow() -> None:
    flat = {"rgba": torch.full((3, 72, 128), 0.4)}
    assert torch.equal(run(flat, scene=False, deglow=1.0)["rgba"], flat["rgba"])
