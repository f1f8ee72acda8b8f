"""Relight at anti-aliased silhouettes, where pixels show a card and the wall behind it, against supersampled truth."""

import math
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import rimlight.nodes.light.scene as scene_module
from pictures import picture
from rimlight.engine import Camera, Image, Mixed, Region, Tier
from stage import Stage

FRAME = Region(0, 0, 64, 48)
FINE = 8
"""Rays per pixel and direction."""
CAMERA = Camera.from_fov(64, 48, 40)
CARD, WALL = -100.0, -130.0
AZIMUTH, ELEVATION = 35.0, 30.0
PAINTS = torch.tensor([[0.2, 0.1, 0.4], [0.6, 0.5, 0.3]])
NORMALS = F.normalize(torch.tensor([[-0.35, 0.75, 0.55], [0.0, 0.0, 1.0]]), dim=1)


class Rendered(NamedTuple):
    """A picture with layers as a renderer filters them, what of each pixel is card, its true diffuse light, and where
    the card's shadow on the wall is within three pixels of its edge (marched ones are a little soft), and where it is
    not within two.
    """

    image: Image
    coverage: Tensor
    truth: Tensor
    penumbra: Tensor
    dark: Tensor


def on_card(points: Tensor) -> Tensor:
    """Whether points of the card's plane are on it: a square that stands askew."""
    turn = math.radians(17)
    x, y = points[0] - 3, points[1] - 2
    a, b = math.cos(turn) * x + math.sin(turn) * y, math.cos(turn) * y - math.sin(turn) * x
    return (a.abs() < 14) & (b.abs() < 12)


def towards_light() -> Tensor:
    a, e = math.radians(AZIMUTH), math.radians(ELEVATION)
    return torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])


def mean(x: Tensor) -> Tensor:
    """Means over the rays of each pixel."""
    return F.avg_pool2d(x[None], FINE)[0]


def rendered(depth: str) -> Rendered:
    """A card before a wall, lit from the front right; the card faces elsewhere than the wall.

    depth : `mixed` is filtered as colours are, `first` is that of what covers most.
    """
    fine = Camera.from_fov(64 * FINE, 48 * FINE, 40)
    rays = fine.rays(Region(0, 0, 64 * FINE, 48 * FINE), torch.zeros(1))
    card = on_card(-CARD * rays)
    wall, light = -WALL * rays, towards_light().reshape(3, 1, 1)
    shadowed = on_card(wall + light * ((CARD - WALL) / light[2]))
    which = card.float()[None]

    def of(table: Tensor) -> Tensor:
        return torch.where(card, table[0].reshape(-1, 1, 1), table[1].reshape(-1, 1, 1))

    cosine = (of(NORMALS) * light).sum(0, keepdim=True).clamp_min(0)
    truth = mean(of(PAINTS) * cosine * (card | ~shadowed))
    coverage = mean(which)
    z = coverage if depth == "mixed" else (coverage >= 0.5).float()
    layers = {
        "rgba": torch.cat((truth, torch.ones_like(coverage))),
        "albedo": mean(of(PAINTS)),
        "normal": F.normalize(mean(of(NORMALS)), dim=0),
        "depth": -(z * CARD + (1 - z) * WALL),
    }
    dark = mean(shadowed.float()[None])
    penumbra = F.max_pool2d(torch.cat((dark, -dark))[None], 7, 1, 3)[0].sum(0) > 0
    return Rendered(picture(layers, FRAME), coverage, truth, penumbra, F.max_pool2d(-dark[None], 5, 1, 2)[0, 0] == -1)


def stage(image: Image) -> Stage:
    made = Stage().given("plate", image)
    made.add("L", "light.directional", light_name="L", azimuth=AZIMUTH, elevation=ELEVATION)
    return made.add("R", "Relight", {"image": "plate", "rig": "L"}, f0=0, thickness=5, field_of_view=40)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Silhouettes as if every pixel showed one surface."""
    monkeypatch.setattr(scene_module.Scene, "_mixed", lambda scene: None)
    return monkeypatch


def silhouette(made: Rendered) -> Tensor:
    return ((made.coverage > 0) & (made.coverage < 1))[0]


@pytest.mark.parametrize("tier", [Tier.DRAFT, Tier.FINAL])
@pytest.mark.parametrize("depth", ["mixed", "first"])
def test_the_light_along_an_edge_is_the_supersampled_one(depth: str, tier: Tier, plain: pytest.MonkeyPatch) -> None:
    made = rendered(depth)
    edge = silhouette(made)
    without = stage(made.image).evaluate("R", tier=tier)
    plain.undo()
    out = stage(made.image).evaluate("R", tier=tier)
    clear = edge & ~made.penumbra
    assert int(clear.sum()) > 60
    before, after = ((x["light_L_diffuse"] - made.truth)[:, clear].abs().mean() for x in (without, out))
    assert float(after) < 0.3 * float(before)
    assert float(after) < 0.02 * float(made.truth[:, clear].mean())
    total = made.truth[:, clear].sum()
    assert float(out["light_L_diffuse"][:, clear].sum()) == pytest.approx(float(total), rel=0.01)
    if depth == "first":
        # Off the silhouette no bit changes.
        for name in ("rgba", "light_L_diffuse", "light_L_shadow", "confidence"):
            assert torch.equal(out[name][:, ~edge], without[name][:, ~edge])
    else:
        # Nothing hangs in the air any more and throws a shadow on the wall.
        wall = (made.coverage[0] == 0) & ~made.penumbra
        before, after = ((x["light_L_diffuse"] - made.truth)[:, wall].abs().mean() for x in (without, out))
        assert float(after) < 0.1 * float(before)


@pytest.mark.parametrize("depth", ["mixed", "first"])
def test_shadows_lie_between_those_beside(depth: str) -> None:
    made = rendered(depth)
    seen = stage(made.image).evaluate("R")["light_L_shadow"]
    pure = silhouette(made).logical_not()
    around = torch.where(pure, seen, -torch.inf), torch.where(pure, -seen, -torch.inf)
    most, least = (F.max_pool2d(x[None], 5, 1, 2)[0] for x in around)
    edge = silhouette(made)
    assert bool((seen <= most + 1e-6)[:, edge].all()) and bool((seen >= -least - 1e-6)[:, edge].all())
    # At the left the wall beside the card lies in its shadow: pixels have as much light as the card covers.
    dark = edge & (-least[0] < 0.01) & (most[0] > 0.99) & made.dark
    assert int(dark.sum()) >= 5
    assert float((seen - made.coverage)[0, dark].abs().mean()) < 0.05


def test_edges_without_filter_keep_every_bit(plain: pytest.MonkeyPatch) -> None:
    made = rendered("first")
    most = made.coverage[0] >= 0.5
    hard = {
        name: torch.where(most, a.reshape(-1, 1, 1), b.reshape(-1, 1, 1))
        for name, (a, b) in (("albedo", PAINTS), ("normal", NORMALS))
    }
    image = picture({"rgba": made.image["rgba"], **hard, "depth": made.image["depth"]}, FRAME)
    without = stage(image).evaluate("R")
    plain.undo()
    out = stage(image).evaluate("R")
    assert all(torch.equal(out[name], x) for name, x in without.layers.items())


def test_a_part_of_the_frame_is_as_in_the_whole() -> None:
    made = stage(rendered("first").image)
    whole = made.evaluate("R")
    part = Region(18, 10, 37, 29)
    alone = stage(rendered("first").image).evaluate("R", region=part)
    for name in ("rgba", "light_L_diffuse", "light_L_shadow", "confidence"):
        assert torch.equal(alone.tensor(name, part), whole.tensor(name, part))


def test_sparks_are_not_spread() -> None:
    """One bright pixel of four beside a silhouette, and nothing beyond."""
    four, light = torch.arange(1, 5)[:, None], torch.tensor([[[0.0, 100.0, 1.0, 1.0, 1.0, 0.0, 0.0]]])
    mixed = Mixed(
        torch.tensor([0]), torch.cat((four, torch.tensor([[5], [6]]))),
        torch.tensor([0.25, 0.25, 0.25, 0.25, 0, 0])[:, None], torch.tensor([0, 0, 0, 0, 0.5, 0.5])[:, None],
        torch.tensor([0.5]), torch.tensor([1.0]), torch.tensor([1.0]),
    )  # fmt: skip
    spread, kept = mixed.scattered(light), mixed.mirrored(light)
    assert float(spread[0, 0, 0]) == pytest.approx(103 / 8)
    assert 0.5 < float(kept[0, 0, 0]) < 3
    assert torch.allclose(mixed.mirrored(8 * light), 8 * kept)
    assert torch.equal(kept[..., 1:], light[..., 1:])


@pytest.mark.parametrize("depth", ["mixed", "first"])
def test_a_light_that_falls_on_the_card_alone_leaves_the_wall_beside_it_dark(depth: str) -> None:
    """By the card's coverage: at its edge the wall's share of a pixel gets nothing, and the card's all."""
    shot = rendered(depth)
    image = picture({**shot.image.layers, "matte": shot.coverage}, FRAME)
    made = stage(image)
    whole = made.evaluate("R")["light_L_diffuse"]
    on_it = made.set("L", link_channel="matte.R").evaluate("R")["light_L_diffuse"]
    cosine = float(NORMALS[0] @ towards_light())
    truth = shot.coverage * PAINTS[0].reshape(3, 1, 1) * cosine
    edge = silhouette(shot).expand_as(truth)
    assert int(edge.sum()) > 100
    off, weighed_after = ((x - truth)[edge].abs() for x in (on_it, whole * shot.coverage))
    assert float(off.mean()) < 0.2 * float(weighed_after.mean())
    assert float((on_it - truth)[~edge].abs().max()) < 1e-3
