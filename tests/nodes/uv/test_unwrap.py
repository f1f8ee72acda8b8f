"""Unwrap finds the place of texels to a small part of a pixel, cuts seams, and Wrap takes them back."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from pictures import picture
from rimlight.engine import Camera, Image, ImageInfo, Layer, LayerKind, NodeError, Region
from rimlight.nodes.face.model import Face, face_model, geometry
from rimlight.nodes.face.seen import drawn, unfolded
from rimlight.nodes.uv.base import UV
from rimlight.nodes.uv.charts import unwrapped
from stage import Stage

FRAME = Region(0, 0, 96, 80)


def with_uv(uv: Tensor, frame: Region = FRAME, **layers: Tensor) -> Image:
    """A picture with uv, light that changes smoothly over it, and other layers."""
    y, x = torch.meshgrid(torch.arange(frame.height) + 0.5, torch.arange(frame.width) + 0.5, indexing="ij")
    light = torch.stack((torch.sin(x / 9) + 2, torch.cos(y / 7) + 2, x * 0 + 30.0))
    image = picture({"rgba": light, **layers}, frame)
    return Image(image.info.with_layer(UV), frame, {**image.layers, "uv": uv})


def slanted(frame: Region = FRAME) -> Tensor:
    """The uv of a plane seen at a slant, with perspective, over all of the frame."""
    y, x = torch.meshgrid(torch.arange(frame.height) + 0.5, torch.arange(frame.width) + 0.5, indexing="ij")
    depth = 1 + 0.004 * x + 0.002 * y
    return torch.stack((0.05 + 0.011 * x / depth, 0.95 - 0.010 * y / depth))


def test_texels_know_their_place_exactly_on_a_plane() -> None:
    chart = unwrapped(slanted(), torch.ones(80, 96, dtype=torch.bool), (0, 0), 128)
    known = torch.isfinite(chart.place).all(0)
    assert 0.3 < float(known.float().mean()) < 1
    # What uv the places have, by the closed form, has to be that of the texels.
    x, y = chart.place[:, known]
    depth = 1 + 0.004 * x + 0.002 * y
    rows, columns = known.nonzero().T
    off_u = (0.05 + 0.011 * x / depth) * 128 - (columns + 0.5)
    off_v = (1 - (0.95 - 0.010 * y / depth)) * 128 - (rows + 0.5)
    assert float(torch.maximum(off_u.abs(), off_v.abs()).max()) < 2e-3


def test_texels_of_a_face_know_their_place_to_a_hundredth_of_a_pixel() -> None:
    model, size = face_model(), 256
    face, camera, frame = Face((0.1, 0.3, 0.0), (0.0, 0.0, -60.0), 0.25), Camera(320, 320, 0.25), Region(0, 0, 320, 320)
    vertices, normals = geometry(face)
    layers = drawn(model, vertices, normals, camera, frame, torch.device("cpu"))
    chart = unwrapped(layers["uv"], layers["face"][0] > 0.999, (0, 0), size)
    known = torch.isfinite(chart.place).all(0)
    position, there = unfolded(model, vertices[model.corners], Region(0, 0, size, size), torch.device("cpu"))
    truth = torch.stack(camera.project(position.double()))
    off = (chart.place - truth).norm(dim=0)[known & there]
    assert off.numel() > 12000
    assert float(off.median()) < 0.01
    assert float(off.quantile(0.99)) < 0.5  # at folds a pixel's quad bridges what lies between


def test_the_way_back_gives_the_picture() -> None:
    image = with_uv(slanted())
    stage = Stage().given("plate", image).add("Unwrap", "uv.unwrap", {"image": "plate"}, size=256, filter="keys")
    stage.add("Wrap", "uv.wrap", {"image": "Unwrap", "field": "plate"}, filter="keys")
    back = stage.evaluate("Wrap")
    assert back.info.display == FRAME
    inner = (slice(None), slice(3, -3), slice(3, -3))
    error = (back["rgba"] - image["rgba"])[inner]
    assert float(error.abs().max()) < 0.01  # of light that goes up to 30
    assert 10 * math.log10(9 / float(error.square().mean())) > 60


def test_seams_are_cut() -> None:
    """A cylinder whose u jumps from 1 to 0: no texel comes from the middle of the jump."""
    y, x = torch.meshgrid(torch.arange(80) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    uv = torch.stack((((x / 96) + 0.5) % 1.0, y / 80)).clamp_min(1e-4)
    chart = unwrapped(uv, torch.ones(80, 96, dtype=torch.bool), (0, 0), 96)
    columns = chart.place[0, 40]
    known = torch.isfinite(columns)
    want = (torch.arange(96) + 0.5 - 48) % 96
    assert torch.allclose(columns[known].float(), want[known], atol=1e-3)
    assert int((~known).sum()) <= 2


def test_where_two_places_share_their_uv_the_larger_is_taken() -> None:
    """The same part of a texture is seen twice, on the right three times as large."""
    y, x = torch.meshgrid(torch.arange(80) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    u = torch.where(x < 24, x / 24, (x - 24) / 72)
    chart = unwrapped(torch.stack((u.clamp(1e-3, 1), y / 80)), torch.ones(80, 96, dtype=torch.bool), (0, 0), 64)
    columns = chart.place[0, 30, 4:60]
    assert bool((columns > 24).all())


def test_confidence_is_how_squarely_the_surface_was_seen() -> None:
    angle = torch.linspace(-1.2, 1.2, 96)
    uv = torch.stack((angle.sin().expand(80, 96) * 0.2 + 0.5, torch.linspace(0.9, 0.1, 80)[:, None].expand(80, 96)))
    normal = torch.stack((angle.sin(), angle * 0, angle.cos()))[:, None].expand(3, 80, 96).contiguous()
    plain = Stage().given("p", with_uv(uv)).add("U", "uv.unwrap", {"image": "p"}, size=64).evaluate("U")
    rendered = with_uv(uv, normal=normal)
    given = Stage().given("p", rendered).add("U", "uv.unwrap", {"image": "p"}, size=64).evaluate("U")
    row = given["confidence"][0, 32]
    assert float(row[32]) == pytest.approx(1, abs=0.01)
    assert float(row[40]) < 0.85 and float(row[0]) == 0
    assert float(plain["confidence"][0, 32, 32]) > 0
    # Vectors stay of length one.
    length = given["normal"].norm(dim=0)
    assert bool((((length - 1).abs() < 1e-5) | (length == 0)).all())


def test_a_matte_keeps_pixels_out_and_a_field_may_come_from_elsewhere() -> None:
    image, bare = with_uv(slanted()), picture(torch.ones(3, 80, 96), FRAME)
    cover = torch.ones(1, 80, 96)
    cover[:, :, :40] = 0.5
    matte = picture(cover.expand(4, -1, -1).clone(), FRAME)
    stage = Stage().given("bare", bare).given("uv", image).given("matte", matte)
    stage.add("U", "uv.unwrap", {"image": "bare", "field": "uv", "matte": "matte"}, size=64, extend=0)
    out = stage.evaluate("U")
    assert out.info.display == Region(0, 0, 64, 64)
    whole = stage.add("V", "uv.unwrap", {"image": "bare", "field": "uv"}, size=64, extend=0).evaluate("V")
    assert 0.2 < float((out["confidence"] > 0).sum() / (whole["confidence"] > 0).sum()) < 0.8
    assert set(np.unique(out["rgba"].numpy().round(5))) == {0.0, 1.0}


def test_tiles_are_told_by_their_udim() -> None:
    uv = slanted() + torch.tensor([2.0, 1.0])[:, None, None]
    image = with_uv(uv)
    stage = Stage().given("p", image).add("U", "uv.unwrap", {"image": "p"}, size=64, udim=1013)
    out = stage.evaluate("U")
    assert float((out["confidence"] > 0).float().mean()) > 0.3
    stage.add("W", "uv.wrap", {"image": "U", "field": "p"}, udim=1013)
    assert float((stage.evaluate("W")["rgba"] - image["rgba"])[:, 5:-5, 5:-5].abs().max()) < 0.3
    assert not bool(stage.add("N", "uv.unwrap", {"image": "p"}, size=64).evaluate("N")["confidence"].any())


def test_numbers_are_not_mixed_but_materials_are() -> None:
    y, x = torch.meshgrid(torch.arange(80) // 8, torch.arange(96) // 8, indexing="ij")
    number = ((x + y) % 2).float()[None]
    image = with_uv(slanted(), roughness=number)
    identity = Layer("id", ("R",), LayerKind.DATA)
    image = Image(image.info.with_layer(identity), FRAME, {**image.layers, "id": number})
    out = Stage().given("p", image).add("U", "uv.unwrap", {"image": "p"}, size=128).evaluate("U")
    assert set(out["id"].unique().tolist()) == {0.0, 1.0}
    assert len(out["roughness"].unique()) > 10


def test_a_picture_without_uv_is_a_sentence() -> None:
    bare = picture(torch.ones(3, 80, 96), FRAME)
    with pytest.raises(NodeError, match="has no layer 'uv'"):
        Stage().given("p", bare).add("U", "uv.unwrap", {"image": "p"}).evaluate("U")
    assert isinstance(bare.info, ImageInfo)


def test_of_no_pixels_nothing_was_seen() -> None:
    nothing = Region(0, 0, 0, 0)
    info = ImageInfo(FRAME, nothing, (Layer("rgba", ("R", "G", "B")), UV))
    bare = Image(info, nothing, {"rgba": torch.zeros(3, 0, 0), "uv": torch.zeros(2, 0, 0)})
    out = Stage().given("p", bare).add("U", "uv.unwrap", {"image": "p"}, size=8).evaluate("U")
    assert out["confidence"].shape == (1, 8, 8) and not any(bool(x.any()) for x in out.layers.values())
