"""Normals, positions and depth from one another: planes, balls, holes."""

import math

import pytest
import torch
from torch import Tensor

from pictures import coordinates, picture
from rimlight.engine import Image, NodeError, Region
from stage import Stage, run

FRAME = Region(0, 0, 24, 16)
FOV = 40.0
TAN = math.tan(math.radians(FOV / 2))
TILT = torch.nn.functional.normalize(torch.tensor([0.3, -0.2, 1.0]), dim=0)


def rays() -> Tensor:
    x, y = coordinates(FRAME)
    return torch.stack(((x / 12 - 1) * TAN, (1 - y / 8) * TAN * 16 / 24, -torch.ones_like(x)))


def plane_depth() -> Tensor:
    """Depth of a tilted plane through (0, 0, -200)."""
    return (-200 * TILT[2] / (rays() * TILT[:, None, None]).sum(0))[None]


def ball() -> tuple[Tensor, Tensor]:
    """Positions and normals of a ball of radius 60 at z = -200; 0 beside it."""
    away = rays()
    a, b = (away**2).sum(0), away[2] * -200
    root = b * b - a * (200**2 - 60**2)
    position = torch.where(root > 0, away * (b - root.clamp_min(0).sqrt()) / a, 0.0)
    normal = torch.where(root > 0, (position - torch.tensor([0.0, 0, -200])[:, None, None]) / 60, 0.0)
    return position, normal


def test_a_plane_has_one_normal() -> None:
    out = run("NormalsFromDepth", picture({"depth": plane_depth()}, FRAME), field_of_view=FOV)
    assert torch.allclose(out["normal"], TILT[:, None, None].expand(3, 16, 24), atol=2e-4)


def test_depth_along_rays_and_along_the_axis_are_the_same_plane() -> None:
    along = plane_depth() * rays().norm(dim=0, keepdim=True)
    image = picture({"depth": along}, FRAME)
    out = run("NormalsFromDepth", image, field_of_view=FOV, depth_is="ray")
    assert torch.allclose(out["normal"], TILT[:, None, None].expand(3, 16, 24), atol=2e-4)


def test_a_ball_has_its_normals_up_to_the_edge_and_nothing_beside_it() -> None:
    position, expected = ball()
    out = run("NormalsFromDepth", picture({"position": position}, FRAME))["normal"]
    there = (expected != 0).any(0)
    assert bool((out[:, ~there] == 0).all())
    cosine = (out * expected).sum(0)[there]
    assert float(cosine.min()) > 0.6  # at the edge, where a pixel spans 40 degrees
    assert float(cosine[expected[2][there] > 0.7].min()) > 0.995


@pytest.mark.parametrize("nothing", [0.0, math.inf, math.nan, -1.0])
def test_normals_beside_a_hole_are_those_of_the_surface(nothing: float) -> None:
    depth = plane_depth()
    depth[:, 5:8, 9:12] = nothing
    out = run("NormalsFromDepth", picture({"depth": depth}, FRAME), field_of_view=FOV)["normal"]
    assert bool((out[:, 5:8, 9:12] == 0).all())
    found = torch.ones(16, 24, dtype=torch.bool)
    found[5:8, 9:12] = False
    assert torch.allclose(out[:, found], TILT[:, None].expand(3, int(found.sum())), atol=2e-4)


def test_positions_project_back_to_their_pixels() -> None:
    frame = FRAME.shift(5, -3)
    depth = plane_depth()
    out = run("PositionFromDepth", picture({"depth": depth}, frame), field_of_view=FOV)["position"]
    x, y = coordinates(FRAME)
    assert torch.allclose((out[0] / -out[2] / TAN + 1) * 12, x, atol=1e-4)
    assert torch.allclose((1 - out[1] / -out[2] / (TAN * 16 / 24)) * 8, y, atol=1e-4)
    assert torch.equal(-out[2:], depth)


def test_pixels_twice_as_wide_span_half_as_much_up() -> None:
    image = picture({"depth": plane_depth()}, FRAME, pixel_aspect=2.0)
    square = run("PositionFromDepth", picture({"depth": plane_depth()}, FRAME))["position"]
    wide = run("PositionFromDepth", image)["position"]
    assert torch.allclose(wide[1], square[1] / 2)
    assert torch.equal(wide[0], square[0])


def test_where_there_is_no_depth_the_position_is_zero() -> None:
    depth = plane_depth()
    depth[0, 2, 3:7] = torch.tensor([0.0, -5.0, math.inf, math.nan])
    out = run("PositionFromDepth", picture({"depth": depth}, FRAME))["position"]
    assert bool((out[:, 2, 3:7] == 0).all())
    assert int((out == 0).all(0).sum()) == 4


@pytest.mark.parametrize("kind", ["z", "ray"])
def test_normals_of_a_plane_give_its_depth(kind: str) -> None:
    image = picture({"normal": 3 * TILT[:, None, None].expand(3, 16, 24).clone()}, FRAME)
    out = run("DepthFromNormals", image, field_of_view=FOV, distance=100, cm_per_unit=2, depth_is=kind)["depth"]
    expected = plane_depth() * (rays().norm(dim=0, keepdim=True) if kind == "ray" else 1)
    assert torch.allclose(out / out.log().mean().exp(), expected / expected.log().mean().exp(), rtol=2e-3)
    assert float(out.log().mean().exp()) == pytest.approx(50, rel=1e-5)


def test_depth_goes_around_what_has_no_normals() -> None:
    normal = TILT[:, None, None].expand(3, 16, 24).clone()
    normal[:, 4:9, 8:15] = 0
    out = run("DepthFromNormals", picture({"normal": normal}, FRAME), field_of_view=FOV)["depth"]
    assert bool((out[:, 4:9, 8:15] == 0).all())
    there = out[0] > 0
    ratio = out[0][there] / plane_depth()[0][there]
    assert float(ratio.max() / ratio.min()) < 1.01


def test_confidence_silences_wrong_normals() -> None:
    normal = TILT[:, None, None].expand(3, 16, 24).clone()
    normal[:, 4:9, 8:15] = torch.nn.functional.normalize(torch.tensor([-1.0, 0.8, 0.5]), dim=0)[:, None, None]
    sure = torch.ones(1, 16, 24)
    sure[:, 4:9, 8:15] = 0
    image = picture({"normal": normal, "confidence": sure}, FRAME)
    there = sure[0] > 0

    def spread(**values: object) -> float:
        ratio = run("DepthFromNormals", image, field_of_view=FOV, **values)["depth"][0] / plane_depth()[0]
        return float(ratio[there].max() / ratio[there].min())

    assert spread() < 1.02 < spread(rounds=0)


def test_a_round_trip_through_all_three() -> None:
    stage = Stage().given("plate", picture({"depth": plane_depth()}, FRAME))
    stage.add("P", "PositionFromDepth", {"image": "plate"}).add("N", "NormalsFromDepth", {"image": "P"})
    stage.add("D", "DepthFromNormals", {"image": "N"})
    ratio = stage.evaluate("D")["depth"] / plane_depth()
    assert float(ratio.max() / ratio.min()) < 1.003


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("NormalsFromDepth", "neither position nor depth"),
        ("PositionFromDepth", "no layer 'depth'"),
        ("DepthFromNormals", "no layer 'normal'"),
    ],
)
def test_a_missing_layer_is_a_sentence(kind: str, sentence: str) -> None:
    image: Image = picture(torch.zeros(4, 16, 24), FRAME)
    with pytest.raises(NodeError, match=sentence):
        run(kind, image)
