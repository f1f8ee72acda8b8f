"""Flatten: a plane with known relief and paint, seen at a slant, comes back as it was."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from compare import assert_close
from pictures import picture
from rimlight.engine import MAIN, Camera, Image, NodeError, Region, unit
from rimlight.nodes.uv.flatten import raised, turned_back
from stage import Stage, run

FRAME = Region(0, 0, 320, 240)
VIEW = 50.0
CAMERA = Camera.from_fov(320, 240, VIEW)
WIDE, HIGH = 120.0, 80.0
"""Of the plane, in centimetres."""


def axes(yaw: float = 35.0, pitch: float = -25.0) -> Tensor:
    """Columns: along the lower edge, along the left edge, out of the plane."""
    a, e = math.radians(yaw), math.radians(pitch)
    turn = torch.tensor([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    lean = torch.tensor([[1, 0, 0], [0, math.cos(e), -math.sin(e)], [0, math.sin(e), math.cos(e)]])
    return (turn @ lean).double()


AXES = axes()
MIDDLE = torch.tensor([5.0, -8.0, -200.0], dtype=torch.float64)


def paint(u: Tensor, v: Tensor) -> Tensor:
    """Albedo `[3, h, w]` where u and v run from 0 to 1."""
    return torch.stack((0.4 + 0.3 * torch.sin(9 * u), 0.4 + 0.3 * torch.cos(7 * v), 0.3 + 0.2 * torch.sin(5 * (u + v))))


def relief(u: Tensor, v: Tensor) -> Tensor:
    """Normals `[3, h, w]` of waves, in the plane's own axes."""
    return unit(torch.stack((0.5 * torch.sin(18.8496 * u), 0.4 * torch.cos(12.5664 * v), torch.ones_like(u))))


def seen() -> tuple[Image, dict[str, tuple[float, float]]]:
    """The plane as the camera sees it, and its corners as artists count."""
    rays = CAMERA.rays(FRAME, torch.zeros((), dtype=torch.float64))
    share = (MIDDLE @ AXES[:, 2]) / torch.einsum("c,chw->hw", AXES[:, 2], rays)
    place = rays * share - MIDDLE[:, None, None]
    u = torch.einsum("c,chw->hw", AXES[:, 0], place) / WIDE + 0.5
    v = torch.einsum("c,chw->hw", AXES[:, 1], place) / HIGH + 0.5
    normal = torch.einsum("ij,jhw->ihw", AXES, relief(u, v))
    layers = {
        MAIN: paint(u, v).float(), "albedo": paint(u, v).float(), "normal": normal.float(),
        "roughness": (0.5 + 0.2 * torch.sin(6 * u))[None].float(), "depth": -(rays * share)[2:].float(),
    }  # fmt: skip
    corners = {}
    for i, (a, b) in enumerate(((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)), 1):
        x, y = CAMERA.project(MIDDLE + a * WIDE * AXES[:, 0] + b * HIGH * AXES[:, 1])
        corners[f"corner{i}"] = (float(x), FRAME.height - float(y))
    return picture(layers, FRAME), corners


def texels(size: int = 192) -> tuple[Tensor, Tensor]:
    height = round(size * HIGH / WIDE)
    u = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    v = 1 - (torch.arange(height, dtype=torch.float64) + 0.5) / height
    return u.expand(height, size), v[:, None].expand(height, size)


def flat(**values: Any) -> Image:
    image, corners = seen()
    return run("uv.flatten", image=image, size=192, field_of_view=VIEW, **corners, **values)


def test_a_slanted_plane_comes_back_with_its_proportion_its_paint_and_its_roughness() -> None:
    out, (u, v) = flat(), texels()
    assert (out.info.display.width, out.info.display.height) == (192, 128)
    for layer, truth in (
        ("albedo", paint(u, v)),
        (MAIN, paint(u, v)),
        ("roughness", 0.5 + 0.2 * torch.sin(6 * u)[None]),
    ):
        assert_close(out[layer][:3], truth.float(), threshold=0.01)
    assert not out.info.has("depth")


def test_its_normals_are_those_of_the_relief_in_its_own_axes() -> None:
    found, (u, v) = flat()["normal"], texels()
    off = torch.rad2deg(torch.acos((found * relief(u, v).float()).sum(0).clamp(-1, 1)))
    assert float(off.median()) < 1 and float(off[4:-4, 4:-4].max()) < 4
    lying = torch.rad2deg(torch.acos((seen()[0]["normal"].mean((1, 2)) @ torch.tensor([0.0, 0.0, 1.0])).clamp(-1, 1)))
    assert float(lying) > 30, "as the camera sees them they lie far off"


def test_estimates_that_lean_are_set_upright_and_large_forms_left_out() -> None:
    image, corners = seen()
    lean = torch.tensor([[1.0, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]])
    leaning = Image(image.info, FRAME, {**image.layers, "normal": torch.einsum("ij,jhw->ihw", lean, image["normal"])})
    given = {"size": 192, "field_of_view": VIEW, **corners}
    upright = run("uv.flatten", image=leaning, **given)["normal"].mean((1, 2))
    assert float(upright[2]) > 0.9 and float(upright[:2].abs().max()) < 0.02
    whole, fine = (run("uv.flatten", image=image, largest_form=f, **given)["normal"] for f in (0.0, 16.0))
    assert float(fine[2].mean()) > float(whole[2].mean()) + 0.03
    assert_close(fine.norm(dim=0), torch.ones_like(fine[0]), threshold=1e-4)


def test_the_shortest_turn_takes_normals_along() -> None:
    large = unit(torch.tensor([0.3, -0.4, 0.8]))[:, None, None]
    assert_close(turned_back(large, large), torch.tensor([0.0, 0.0, 1.0])[:, None, None], threshold=1e-6)
    other = unit(torch.tensor([0.5, 0.1, 0.6]))[:, None, None]
    assert float((turned_back(other, large) * turned_back(large, large)).sum()) == pytest.approx(
        float((other * large).sum())
    )


def test_relit_it_looks_as_the_plane_from_the_front() -> None:
    """The light of the plane's own axes on it, by Lambert's law."""
    stage = Stage().given("flat", flat())
    stage.add("sun", "light.directional", azimuth=60.0, elevation=20.0, specular=0.0)
    stage.add("lit", "light.relight", {"image": "flat", "rig": "sun"}, layers="input", shadows=False, occlude=False)
    found = stage.evaluate("lit")[MAIN][:3]
    (u, v), towards = texels(), stage.evaluate("sun").lights[0].direction
    cosine = torch.einsum("c,chw->hw", torch.tensor(towards).double(), relief(u, v)).clamp_min(0)
    assert_close(found[:, 4:-4, 4:-4], (paint(u, v) * cosine).float()[:, 4:-4, 4:-4], threshold=0.04)


def test_a_wrong_lens_is_told_with_the_right_one() -> None:
    image, corners = seen()
    stage = Stage().given("image", image).add("node", "uv.flatten", {"image": "image"}, field_of_view=25.0, **corners)
    vertex = stage.vertex("node")
    (said,) = vertex.node.warnings(vertex.ctx)
    assert "the corners are of no rectangle" in said and f"with a field_of_view of {VIEW:.0f} it is one" in said
    for quiet in ({"field_of_view": VIEW}, {"proportion": 0.5}):
        vertex = stage.set("node", **quiet).vertex("node")
        assert vertex.node.warnings(vertex.ctx) == ()


def test_it_scales_and_has_the_colours_of_its_exposure() -> None:
    image, corners = seen()
    stage = Stage().given("image", image)
    stage.add("node", "uv.flatten", {"image": "image"}, size=192, field_of_view=VIEW, **corners)
    half = stage.evaluate("node", scale=0.5)
    assert (half.info.display.width, half.info.display.height) == (96, 64)
    whole = torch.nn.functional.avg_pool2d(stage.evaluate("node")["albedo"], 2)
    assert_close(half["albedo"], whole, threshold=0.03)


def test_corners_that_are_no_quad_are_a_sentence() -> None:
    image, corners = seen()
    with pytest.raises(NodeError, match="the corners are no quad"):
        run("uv.flatten", image=image, **{**corners, "corner3": corners["corner1"]})


def test_a_picture_without_normals_and_one_with_holes() -> None:
    image, corners = seen()
    plain = run("uv.flatten", image=picture(image[MAIN], FRAME), size=192, field_of_view=VIEW, **corners)
    assert plain[MAIN].shape[1:] == (128, 192)
    holes = image["normal"].clone()
    holes[:, 100:140, 140:200] = math.nan
    broken = Image(image.info, FRAME, {**image.layers, "normal": holes})
    found = run("uv.flatten", image=broken, size=192, field_of_view=VIEW, **corners)["normal"]
    (u, v), sure = texels(), torch.isfinite(found).all(0)
    assert 0.5 < float(sure.float().mean()) < 1
    assert float((found * relief(u, v).float()).sum(0)[sure].median()) > 0.99


def test_what_is_darker_than_around_it_lies_deeper() -> None:
    """A round dark pit: its walls look at its middle, and light does not change that."""
    y, x = torch.meshgrid(torch.arange(96) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    stops = -2 * torch.exp(-((x - 48) ** 2 + (y - 48) ** 2) / (2 * 6**2))
    facing = torch.tensor([0.0, 0.0, 1.0])[:, None, None].expand(3, 96, 96)
    one, other = (raised(facing, torch.exp2(stops).expand(3, 96, 96) * k, 3.0, 64.0) for k in (1.0, 60.0))
    assert float(one[0, 48, 42]) > 0.3 > 0 > float(one[0, 48, 54]), "from the left of it its wall looks to the right"
    assert float(one[1, 54, 48]) > 0.3 > 0 > float(one[1, 42, 48]), "from below it up"
    assert float(one[2, 4, 4]) > 0.98
    assert_close(one, other, threshold=1e-4)
    flat_paint, deep = (flat(relief=r)["normal"] for r in (0.0, 4.0))
    assert float((deep - flat_paint).abs().max()) > 0.02
