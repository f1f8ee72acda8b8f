"""A scene of known light, exposed, with noise, clipped: merged it is the scene again, where any exposure shows it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
from torch import Tensor

from pictures import coordinates, picture
from rimlight.engine import Image, NodeError, Region, Session
from stage import Stage

FRAME = Region(0, 0, 96, 72)
STEPS = (-4.0, -2.0, 0.0, 2.0, 4.0)
READ, SHOT = 0.0005, 0.007
CLIPPED, GHOSTS = "rimlight:bracket_clipped", "rimlight:bracket_ghosts"


def scene(frame: Region = FRAME, right: float = 0.0, down: float = 0.0) -> Tensor:
    """Light `[3, h, w]` over 15 stops: brighter to the right, with texture that does not repeat."""
    x, y = coordinates(frame)
    x, y = x + right, y + down
    stops = -9 + 12.5 * x / frame.width + 0.7 * (x / 3).sin() * (y / 4.3).cos() + (y / 11 + x / 17).sin()
    tint = torch.stack((1 + 0.2 * (x / 17).sin(), torch.ones_like(x), 1 - 0.2 * (y / 9).sin()))
    return stops.exp2() * tint


SCENE = scene()


def exposed(light: Tensor, stops: float, seed: int = 1, white: float = 1.0) -> Tensor:
    """What a camera makes of it."""
    x = light * 2.0**stops
    grain = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))
    return (x + grain * (READ**2 + SHOT**2 * x).sqrt()).clamp(max=1) * white


def bracket(shots: Sequence[Tensor | Image], about: Sequence[dict[str, Any]] = (), **values: Any) -> Stage:
    """A stage with the shots wired to `node` in their order; about : the metadata of each."""
    stage, wires = Stage(), {}
    for i, shot in enumerate(shots):
        metadata = about[i] if about else {}
        given = picture(shot, FRAME, metadata=metadata) if isinstance(shot, Tensor) else shot
        stage.given(f"shot{i}", given)
        wires[f"image{i + 1}" if i else "image"] = f"shot{i}"
    return stage.add("node", "HdrMerge", wires, **values)


def still(**values: Any) -> Image:
    values = {"exposures": "stops", "stops": "-4 -2 0 2 4", **values}
    found: Image = bracket([exposed(SCENE, s, i) for i, s in enumerate(STEPS)], **values).evaluate("node")
    return found


def stops_off(found: Image, truth: Tensor = SCENE) -> Tensor:
    return torch.log2(found["rgba"].clamp_min(1e-9) / truth)


def found_stops(image: Image) -> list[float]:
    return [float(image.info.metadata[f"rimlight:exposure_{i + 1}"]) for i in range(len(STEPS))]


def test_each_zone_of_the_scene_comes_back() -> None:
    found = still()
    off, sure = stops_off(found), found["confidence"] > 0.5
    brightest = torch.log2(SCENE.amax(0, keepdim=True))
    for zone, most in ((-9, 0.05), (-7, 0.025), (-5, 0.02), (-3, 0.02), (-1, 0.02), (1, 0.025), (3, 0.02)):
        here = off[:, ((brightest > zone) & (brightest < zone + 2) & sure)[0]]
        assert here.shape[1] > 100
        assert float(here.square().mean().sqrt()) < most, zone
        assert abs(float(here.mean())) < 0.003, zone
    # One exposure alone has the noise of its own at every level, and an end.
    alone = torch.log2(exposed(SCENE, 0, 2).clamp_min(1e-9) / SCENE)
    dark = ((brightest > -9) & (brightest < -7))[0]
    assert float(off[:, dark].square().mean()) < 0.1 * float(alone[:, dark].square().mean())


def test_clipped_in_all_keeps_the_darkest_and_says_so() -> None:
    found = still()
    lost = (SCENE * 2.0**-4 > 1.02).any(0)
    assert 10 < int(lost.sum()) < 1000
    assert bool((found["confidence"][0][lost] == 0).all())
    assert bool((found["confidence"][0][(SCENE * 2.0**-4 < 0.95).all(0)] == 1).all())
    expected = exposed(SCENE, -4, 0)[:, lost] * 16
    assert torch.allclose(found["rgba"][:, lost], expected, rtol=1e-5)
    assert found.info.metadata[CLIPPED] == pytest.approx(float((found["confidence"] == 0).float().mean()), abs=1e-6)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (2, 0, 4, 1, 3)])
def test_the_pictures_tell_their_exposures(order: Sequence[int]) -> None:
    shots = [exposed(SCENE, STEPS[i], i) for i in order]
    found = bracket(shots, exposures="pictures", reference=order.index(2) + 1).evaluate("node")
    assert found_stops(found) == pytest.approx([STEPS[i] for i in order], abs=0.01)
    assert float(stops_off(found)[:, found["confidence"][0] > 0.5].square().mean().sqrt()) < 0.05


def test_shutters_are_made_exact_by_the_pictures() -> None:
    shots = [exposed(SCENE, s, i) for i, s in enumerate(STEPS)]
    nominal = [1 / 1000, 1 / 250, 1 / 60, 1 / 15, 1 / 4]
    about = [{"ExposureTime": t, "FNumber": 8.0} for t in nominal]
    assert found_stops(bracket(shots, about).evaluate("node")) == pytest.approx(STEPS, abs=0.01)
    told = found_stops(bracket(shots, about, exposures="metadata").evaluate("node"))
    assert told == pytest.approx([-4.0589, -2.0589, 0, 2, 3.9069], abs=1e-3)
    # Aperture and sensitivity count as well, in the names of OpenEXR too.
    others = [{"expTime": 1 / 60, "aperture": 8.0, "isoSpeed": 100.0 * 2**s} for s in STEPS]
    assert found_stops(bracket(shots, others, exposures="metadata").evaluate("node")) == pytest.approx(STEPS)


def test_what_moved_is_taken_from_the_reference() -> None:
    shots, truth = [], SCENE
    for i, stops in enumerate(STEPS):
        light = SCENE.clone()
        light[:, 30:44, 8 + 15 * i : 20 + 15 * i] = torch.tensor([0.2, 0.06, 0.02]).reshape(3, 1, 1)
        shots.append(exposed(light, stops, i))
        truth = light if stops == 0 else truth
    values = {"exposures": "stops", "stops": "-4 -2 0 2 4"}
    off, left = (
        stops_off(bracket(shots, **values, ghosts=ghosts).evaluate("node"), truth)[:, 24:50, 6:90]
        for ghosts in (0.5, 0.0)
    )
    assert float(left.abs().max()) > 1.5
    assert float(off.abs().max()) < 0.6 and float(off.square().mean().sqrt()) < 0.15 * float(
        left.square().mean().sqrt()
    )
    assert float(still().info.metadata[GHOSTS]) == 0
    assert float(bracket(shots, **values).evaluate("node").info.metadata[GHOSTS]) > 0.03


def test_a_clipped_reference_is_not_taken_for_what_a_darker_one_shows_in_its_place() -> None:
    dark, bright = torch.full((3, 72, 96), 0.05), torch.full((3, 72, 96), 0.05)
    bright[:, 20:40, 30:60] = 4.0
    shots = [exposed(light, s, i) for i, (light, s) in enumerate(((dark, -4), (bright, 0), (dark, 2)))]
    found = bracket(shots, exposures="stops", stops="-4 0 2", level=0.995).evaluate("node")
    lamp = (slice(None), slice(22, 38), slice(32, 58))
    assert float(found["rgba"][lamp].min()) > 0.99
    assert float(found["confidence"][lamp].max()) == 0


@pytest.mark.parametrize("model", ["translate", "rotate"])
def test_shaken_hands_are_laid_over_each_other(model: str) -> None:
    places = ((3.3, -2.2), (1.2, 3.7), (0.0, 0.0), (-3.4, 2.1), (-2.0, -2.5))
    shots = [exposed(scene(FRAME, *place), s, i) for i, (place, s) in enumerate(zip(places, STEPS, strict=True))]
    values = {"exposures": "stops", "stops": "-4 -2 0 2 4", "ghosts": 0.0}
    inside = (slice(None), slice(8, -8), slice(8, -8))
    off = stops_off(bracket(shots, **values, align=model).evaluate("node"))[inside]
    left = stops_off(bracket(shots, **values).evaluate("node"))[inside]
    assert float(off.square().mean().sqrt()) < 0.1 < 0.3 < float(left.square().mean().sqrt())


def test_the_level_of_exposure_is_free() -> None:
    base = still()
    shots = [exposed(SCENE, s, i, white=8.0) for i, s in enumerate(STEPS)]
    found = bracket(shots, exposures="stops", stops="-4 -2 0 2 4").evaluate("node")
    assert torch.allclose(found["rgba"], base["rgba"] * 8, rtol=1e-5)
    shots = [exposed(SCENE, s, i, white=8.0) for i, s in enumerate(STEPS)]
    found = bracket(shots, exposures="stops", stops="6 8 10 12 14", level=7.9).evaluate("node")
    assert torch.allclose(found["rgba"], base["rgba"] * 8, rtol=0.02)


def test_no_number_and_no_picture_is_taken_from_the_others() -> None:
    shots = [exposed(SCENE, s, i) for i, s in enumerate((-2.0, 0.0, 2.0))]
    shots[1][:, 10:14, 10:14] = torch.nan
    shots[2][0, 40, 20] = torch.inf
    part = Region(30, 10, 96, 72)
    cut = picture(shots[0][:, 10:, 30:], FRAME, part)
    found = bracket([cut, *shots[1:]], exposures="stops", stops="-2 0 2", reference=2).evaluate("node")
    assert bool(torch.isfinite(found["rgba"]).all())
    assert float(stops_off(found)[:, 8:16, 8:16].square().mean()) < 0.04
    assert float(stops_off(found)[:, 36:44, 16:24].square().mean()) < 0.04


def test_all_else_is_that_of_the_reference() -> None:
    x, y = coordinates(FRAME)
    shots = []
    for i, s in enumerate((-2.0, 0.0, 2.0)):
        layers = {"rgba": torch.cat((exposed(SCENE, s, i), (x / 96)[None] * (i + 1))), "depth": y[None] + i}
        shots.append(picture(layers, FRAME, Region(0, 0, 96, 72), metadata={"shot": i}))
    stage = bracket(shots, exposures="stops", stops="-2 0 2")
    found = stage.evaluate("node")
    assert torch.equal(found["rgba"][3], x / 96 * 2) and torch.equal(found["depth"][0], y + 1)
    assert found.info.metadata["shot"] == 1
    stage.set("node", reference=3)
    found = stage.evaluate("node", layers=("depth",))
    assert torch.equal(found["depth"][0], y + 2) and stage.info("node").metadata["shot"] == 2


def test_a_tile_is_the_crop_and_half_the_size_is_alike() -> None:
    stage = bracket([exposed(SCENE, s, i) for i, s in enumerate(STEPS)], exposures="pictures", align="translate")
    whole = stage.evaluate("node")
    tile = stage.evaluate("node", region=Region(20, 10, 50, 40))
    assert torch.equal(tile.tensor("rgba", Region(20, 10, 50, 40)), whole.tensor("rgba", Region(20, 10, 50, 40)))
    half = stage.evaluate("node", scale=0.5)
    small = torch.nn.functional.avg_pool2d(SCENE, 2)
    off = torch.log2(half["rgba"].clamp_min(1e-9) / small)[:, :, 16:45]
    assert float(off.square().mean().sqrt()) < 0.1


def test_pictures_of_a_camera_curve_clip_in_their_own_space(tmp_path: Path) -> None:
    """Eight bits of sRGB, read into ACEScg: there no channel of a clipped red is at 1."""
    session, wires = Session(), {}
    red = SCENE * torch.tensor([1.6, 0.7, 0.4]).reshape(3, 1, 1)
    for i, stops in enumerate(STEPS):
        light = exposed(red, stops, i).clamp(0, 1)
        coded = torch.where(light > 0.0031308, 1.055 * light.pow(1 / 2.4) - 0.055, 12.92 * light)
        pixels = (coded * 255).round().to(torch.uint8).permute(1, 2, 0).flip(2).numpy()
        cv2.imwrite(str(tmp_path / f"shot{i}.png"), pixels)
        wires[f"image{i + 1}" if i else "image"] = session.add("image.read", file=str(tmp_path / f"shot{i}.png"))
    node = session.add("merge.hdr_merge")
    for socket, source in wires.items():
        session.connect(node, socket, source)
    out = session.add("color.ocio_colorspace", node, in_colorspace="ACEScg", out_colorspace="Linear Rec.709 (sRGB)")
    found = session.evaluate(out)
    assert found_stops(found) == pytest.approx(STEPS, abs=0.04)
    lit = (red.amin(0) > 2.0**-7) & (found["confidence"][0] > 0.5)
    off = torch.log2(found["rgba"][:3, lit].clamp_min(1e-9) / red[:, lit])
    assert float(off.square().mean().sqrt()) < 0.05


def test_frames_of_a_sequence_are_exposures_too() -> None:
    shots = [exposed(SCENE, s, i) for i, s in enumerate(STEPS)]
    stage = Stage().given("clip", lambda frame: picture(shots[int(frame) - 1], FRAME))
    values = {"exposures": "stops", "stops": "-4 -2 0 2 4", "pictures": "frames", "last": 5}
    stage.add("node", "HdrMerge", {"image": "clip"}, **values)
    assert torch.equal(stage.evaluate("node")["rgba"], still()["rgba"])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"exposures": "stops", "stops": "-2 0"}, "expected 3 numbers, one for each picture"),
        ({"exposures": "stops", "stops": "-2 x 0"}, "expected 3 numbers"),
        ({"exposures": "stops", "stops": "0 0 0"}, "all pictures have one exposure"),
        ({"exposures": "metadata"}, "input 'image', input 'image2', input 'image3' tell no shutter time"),
        ({"reference": 5}, "the reference is 5 of 3 exposures"),
        ({"pictures": "frames", "first": 4, "last": 2}, "the last frame, 2, is before the first, 4"),
    ],
)
def test_what_is_missing_is_said(values: dict[str, Any], sentence: str) -> None:
    stage = bracket([exposed(SCENE, s, i) for i, s in enumerate((-2.0, 0.0, 2.0))], **values)
    with pytest.raises(NodeError, match=sentence):
        stage.evaluate("node")


def test_pictures_that_do_not_belong_together_are_refused() -> None:
    other = picture(torch.rand(3, 20, 30), Region(0, 0, 30, 20))
    with pytest.raises(NodeError, match=r"input 'image2' is 30 x 20 pixels large, the reference 96 x 72"):
        bracket([exposed(SCENE, 0), other]).evaluate("node")
    with pytest.raises(NodeError, match="found 1 exposures, expected 2 to 12"):
        bracket([exposed(SCENE, 0)]).evaluate("node")
    black = torch.zeros(3, 72, 96)
    with pytest.raises(NodeError, match="have too little in common"):
        bracket([black, exposed(SCENE, 0)], exposures="pictures").evaluate("node")
    noise = 0.2 * torch.rand(3, 72, 96, generator=torch.Generator().manual_seed(9))
    unlike = bracket([noise, exposed(SCENE, 0)], exposures="stops", stops="-2 0", align="translate")
    with pytest.raises(NodeError, match="cannot be laid over"):
        unlike.evaluate("node")
    same = bracket([exposed(SCENE, s) for s in (0.0, 2.0)], [{"ExposureTime": 0.01}] * 2, exposures="metadata")
    with pytest.raises(NodeError, match="have one exposure"):
        same.evaluate("node")
