"""What flags leave of light from all around, against sums over all directions."""

import math

import pytest
import torch
from torch import Tensor

from rimlight.engine import (
    Card,
    EnvironmentCache,
    EnvironmentLight,
    Flag,
    Reflectance,
    Rig,
    Surface,
    flag_shares,
    latlong_directions,
    latlong_solid_angles,
    seen_past,
)  # fmt: skip
from rimlight.engine.cores import Check, unchecked

ROWS = 64
KEPT = EnvironmentCache()
PLACES = torch.tensor([[-40.0, 0.0, 25.0, 70.0], [0.0, 0.0, 0.0, 0.0], [-10.0, 0.0, 20.0, -30.0]])
"""On a floor."""
LOW = Flag(position=(10.0, 40.0, 0.0), aim=(0.2, -1, 0.1), width=60.0, height=60.0)
HIGH = LOW.with_(position=(25.0, 60.0, 10.0), roll=20.0, width=80.0)
LEFT = LOW.with_(position=(-60.0, 40.0, 0.0), aim=(0.8, -0.6, 0.0))
WINDOW = LEFT.with_(opening=True)
NET = HIGH.with_(transmission=(0.5, 0.25, 0.5))


def towards(x: float, y: float, z: float) -> Tensor:
    """The cosine of every direction to one."""
    way = torch.tensor([x, y, z]) / math.hypot(x, y, z)
    return torch.einsum("c,chw->hw", way, latlong_directions(ROWS, 2 * ROWS, way))


EVEN = torch.ones(3, ROWS, 2 * ROWS)
SOFTBOX = 0.2 + 30 * (towards(0.3, 0.9, 0.1) > 0.97).float().expand(3, -1, -1)
SUN = 0.2 + 500 * (towards(-0.4, 0.9, 0.2) > math.cos(math.radians(3))).float().expand(3, -1, -1)


def truth(sky: Tensor, flags: tuple[Flag, ...]) -> Tensor:
    """The share `[3, n]` of a sky's irradiance of the floor that comes past flags: the product in each direction."""
    ways = latlong_directions(ROWS, 2 * ROWS, sky).flatten(1)
    angles = latlong_solid_angles(ROWS, 2 * ROWS, sky).expand(1, ROWS, 2 * ROWS).flatten(1)
    light = sky.flatten(1) * ways[1].clamp_min(0) * angles
    shares = []
    for place in PLACES.T[:, :, None]:
        past = torch.ones_like(ways)
        for flag in flags:
            card = Card(flag, 1.0, ways)
            found = card.cross(card.local(place).expand_as(ways), ways, False)
            none = torch.zeros_like(found.across)
            past = past * torch.where(found.there, card.through(found.across, found.up, none, none), 1.0)
        shares.append((light * past).sum(1) / light.sum(1))
    return torch.stack(shares, 1)


def left(sky: Tensor, flags: tuple[Flag, ...], check: Check = unchecked) -> Tensor:
    up = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1).expand(3, 1, PLACES.shape[1])
    floor = Surface.of(up, view=up, position=PLACES[:, None])
    light = EnvironmentLight(pixels=sky.contiguous())
    rig = Rig((light,), 1.0, flags)
    return flag_shares(Reflectance(floor), rig, light, environments=KEPT, check=check)[0][:, 0]


@pytest.mark.parametrize("sky", [EVEN, SOFTBOX, SUN], ids=["even", "softbox", "sun"])
@pytest.mark.parametrize(
    "flags",
    [(LOW,), (LOW, HIGH), (LOW, LEFT), (NET, LOW), (LOW, LOW), (WINDOW, LOW), (LOW, WINDOW)],
    ids=["one", "overlapping", "side by side", "net and card", "twice the same", "window and card", "card and window"],
)  # fmt: skip
def test_cards_take_together_what_the_product_over_all_directions_says(sky: Tensor, flags: tuple[Flag, ...]) -> None:
    expected = truth(sky, flags)
    found = left(sky, flags)
    assert float((found - expected).abs().max()) < (0.02 if sky is EVEN else 0.07)
    assert float(expected.min()) < 0.9


def test_every_part_of_a_card_asks_whether_it_is_wanted() -> None:
    asked: list[None] = []
    left(EVEN, (LOW, HIGH), lambda: asked.append(None))
    assert len(asked) > 2 * 9


def test_the_order_of_cards_does_not_matter() -> None:
    assert torch.allclose(left(SOFTBOX, (LOW, HIGH)), left(SOFTBOX, (HIGH, LOW)), atol=0.015)
    assert torch.allclose(left(EVEN, (LOW, LOW)), left(EVEN, (LOW,)), atol=1e-4), "behind itself it takes no more"


def test_what_is_seen_from_a_place_ends_at_the_edge_of_a_card() -> None:
    card = Flag(position=(0.0, 0.0, -100.0), aim=(0, 0, 1), width=60.0, height=200.0, transmission=(0.5, 0.0, 1.0))
    ways = latlong_directions(ROWS, 2 * ROWS, EVEN)
    seen = seen_past((card,), torch.zeros(3), ways, math.pi / ROWS)
    inside = (ways[0] / -ways[2]).abs() < 0.26
    ahead = (ways[2] < -0.1) & (ways[1].abs() < 0.3)
    assert torch.equal(seen[:, ahead & inside][:, 0], torch.tensor([0.5, 0.0, 1.0]))
    assert float(seen[:, ahead & ~((ways[0] / -ways[2]).abs() < 0.34)].min()) == 1.0
    assert float(seen[:, ways[2] > 0].min()) == 1.0
