"""Layers of several pictures of one thing: what Relight lights, PhotometricStereo takes apart again."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from pictures import coordinates, picture
from rimlight.engine import Image, NodeError, Region
from stage import Stage

FRAME = Region(0, 0, 48, 40)
FOV = 40.0
FITS = "rimlight:light_fit_error"
AROUND = tuple((45 * math.sin(t), 45 * math.cos(t)) for t in torch.linspace(0, 5.5, 8).tolist())


def thing() -> Image:
    """A relief of waves 100 cm before the camera, its albedo in checks, black and empty towards the right border."""
    x, y = coordinates(FRAME)
    slope_x, slope_y = 0.6 * (x / 5).cos(), 0.5 * (y / 6).sin()
    normal = torch.nn.functional.normalize(torch.stack((slope_x, slope_y, torch.ones_like(x))), dim=0)
    half = math.tan(math.radians(FOV / 2)) * 100
    position = torch.stack(((x / 24 - 1) * half, (1 - y / 20) * half * 40 / 48, torch.full_like(x, -100.0)))
    check = ((x // 8 + y // 8) % 2)[None]
    albedo = torch.tensor([0.5, 0.3, 0.2]).reshape(3, 1, 1) * (0.4 + 0.6 * check)
    there = (x < 44).float()
    rgba = torch.stack((*torch.zeros(3, 40, 48), there))
    return picture(
        {"rgba": rgba, "normal": normal * there, "position": position, "albedo": albedo * there}, FRAME
    )  # fmt: skip


THING = thing()
THERE = (THING.layers["normal"] != 0).any(0)


def captured(
    places: Sequence[tuple[float, float]] = AROUND, kind: str = "light.directional", gloss: float = 0.0, **light: Any
) -> Stage:
    """A stage with pictures `shot0` to `shot7` under lights of which `rig` is made, one each."""
    stage = Stage().given("thing", THING)
    above = ""
    for i, (azimuth, elevation) in enumerate(places):
        place = {"azimuth": azimuth, "elevation": elevation}
        if kind == "light.point":
            place = {"position": (3 * azimuth, 3 * elevation, 20.0)}
        stage.add(f"alone{i}", kind, light_name=f"l{i}", **place, **light)
        stage.add(f"l{i}", kind, {"rig": above} if above else {}, light_name=f"l{i}", **place, **light)
        stage.add(
            f"shot{i}", "Relight", {"image": "thing", "rig": f"alone{i}"}, layers="input", level="light", f0=gloss,
            shadows=False, field_of_view=FOV,
        )  # fmt: skip
        stage.add(f"seen{i}", "RemoveLayer", {"image": f"shot{i}"}, operation="keep", channels="rgba")
        above = f"l{i}"
    return stage


def solved(stage: Stage, count: int = 8, sockets: dict[str, str] | None = None, **values: Any) -> Image:
    wires = {f"image{i + 1}" if i else "image": f"seen{i}" for i in range(count)}
    values = {"f0": 0.0, "field_of_view": FOV, **values}
    stage.add("S", "PhotometricStereo", {**wires, "rig": f"l{count - 1}", **(sockets or {})}, **values)
    return stage.evaluate("S")


def degrees(found: Image) -> Tensor:
    cross = torch.linalg.cross(found["normal"], THING.layers["normal"], dim=0).norm(dim=0).clamp(max=1)
    return torch.rad2deg(cross.asin())[THERE]


def paint_error(found: Image) -> Tensor:
    truth = THING.layers["albedo"]
    return ((found["albedo"] - truth).abs() / truth.clamp_min(1e-3))[:, THERE]


@pytest.mark.parametrize("kind", ["light.directional", "light.point"])
def test_normals_and_albedo_come_back(kind: str) -> None:
    found = solved(captured(kind=kind, exposure=1.0, color=(1.0, 0.8, 0.5)))
    assert float(degrees(found).quantile(0.99)) < 0.5
    assert float(paint_error(found).quantile(0.99)) < 0.01
    assert float(found["confidence"][0][THERE].min()) > 0.8
    assert all(bool((found[name][:, ~THERE] == 0).all()) for name in ("normal", "albedo", "confidence"))
    assert float(found.info.metadata[FITS]) < 0.01


def test_highlights_are_taken_off_the_albedo() -> None:
    stage = captured(gloss=0.04)
    left = paint_error(solved(stage))
    stage.set("S", f0=0.04)
    off = paint_error(stage.evaluate("S"))
    assert float(off.mean()) < 0.4 * float(left.mean()) and float(off.median()) < 0.03


def test_lights_in_another_order_are_told_by_what_is_left() -> None:
    stage = captured()
    right = float(solved(stage).info.metadata[FITS])
    stage.set("l2", azimuth=AROUND[6][0], elevation=AROUND[6][1])
    stage.set("l6", azimuth=AROUND[2][0], elevation=AROUND[2][1])
    assert float(stage.evaluate("S").info.metadata[FITS]) > 5 * right + 0.02


def test_balance_finds_how_bright_lights_are() -> None:
    stage = captured()
    for i in range(8):
        stage.set(f"alone{i}", exposure=0.6 * (-1) ** i, kelvin=6504.0 - 300 * i)
    without = solved(stage)
    stage.set("S", balance=True)
    found = stage.evaluate("S")
    assert float(degrees(found).mean()) < 3 < float(degrees(without).mean())


def test_light_that_was_there_anyway_is_taken_off() -> None:
    stage = captured()
    stage.add("room", "Constant", color=(0.1, 0.08, 0.05, 0.0), format="48x40")
    for i in range(8):
        stage.add(f"plus{i}", "Merge", {"B": f"seen{i}", "A": "room"}, operation="plus")
    wires = {f"image{i + 1}" if i else "image": f"plus{i}" for i in range(8)}
    biased = solved(stage, sockets=wires)
    clean = solved(stage, sockets={**wires, "ambient": "room"})
    assert float(degrees(clean).max()) < 1 < float(degrees(biased).mean())


def test_three_pictures_suffice_and_known_normals_help_where_fewer_tell() -> None:
    stage = captured(AROUND[::3])
    assert float(degrees(solved(stage, 3, reach=0.0)).quantile(0.95)) < 0.5
    stage.add("dark", "Multiply", {"image": "seen2"}, channels="rgb", value=0.0)
    wires = {"image3": "dark"}
    alone = degrees(solved(stage, 3, wires))
    helped = degrees(solved(stage, 3, {**wires, "normals": "thing"}, trust=1.0))
    assert float(helped.median()) < 2 < float(alone.median())


def test_frames_of_a_sequence_are_the_pictures() -> None:
    stage = captured()
    by_inputs = solved(stage)
    shots = [stage.evaluate(f"seen{i}") for i in range(8)]
    stage.given("clip", lambda frame: shots[int(frame) - 11])
    stage.add("F", "PhotometricStereo", {"image": "clip", "rig": "l7"}, pictures="frames", first=11, last=18, f0=0.0)
    found = stage.set("F", field_of_view=FOV).evaluate("F", frame=300)
    assert torch.equal(found["normal"], by_inputs["normal"])


def test_a_matte_keeps_the_rest_out() -> None:
    stage = captured()
    inside = torch.zeros(4, 40, 48)
    inside[3, :, :20] = 1
    stage.given("matte", picture(inside, FRAME))
    found = solved(stage, sockets={"matte": "matte"})
    assert bool((found["normal"][:, :, 20:] == 0).all()) and bool((found["normal"][:, :, :20] != 0).any())


def test_pixels_that_are_no_numbers_spoil_no_others() -> None:
    stage = captured()
    shot = stage.evaluate("seen3")
    broken = shot["rgba"].clone()
    broken[:3, 5, 7], broken[:3, 20, 20] = math.nan, math.inf
    stage.given("broken", picture(broken, FRAME))
    found = solved(stage, sockets={"image4": "broken"})
    assert all(bool(torch.isfinite(found[name]).all()) for name in ("normal", "albedo", "confidence"))
    assert float(degrees(found).quantile(0.99)) < 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"inputs": 7}, "there are 7 pictures and 8 lights that shine"),
        ({"inputs": 2, "lights": 2}, "it takes 3 under different lights"),
        ({"small": True}, "input 'image2' is 16 x 12 pixels large, the first picture 48 x 40"),
        ({"normals": True}, "input 'normals' has no layer 'normal'"),
        ({"frames": True}, "the last frame, 3, is before the first, 9"),
        ({"dome": True}, "light 'sky' shines from all around"),
    ],
)
def test_what_cannot_be_is_said(change: dict[str, Any], sentence: str) -> None:
    count = change.get("lights", 8)
    stage = captured(AROUND[:count])
    sockets, values = {}, {}
    if change.get("small"):
        sockets["image2"] = stage.given("small", picture(torch.zeros(4, 12, 16))) and "small"
    if change.get("normals"):
        sockets["normals"] = "seen0"
    if change.get("frames"):
        values = {"pictures": "frames", "first": 9, "last": 3}
    if change.get("dome"):
        stage.add("dome", "EnvironmentLight", {"rig": "l6"}, light_name="sky")
        sockets["rig"] = "dome"
    wires = {f"image{i + 1}" if i else "image": f"seen{i}" for i in range(change.get("inputs", count))}
    stage.add("S", "PhotometricStereo", {**wires, "rig": f"l{count - 1}", **sockets}, **values)
    with pytest.raises(NodeError, match=sentence):
        stage.evaluate("S")
