"""What flags let through of lights, at surfaces and in the air.

A light that has a place or a direction is followed in straight lines through the planes of the cards, from each place
to points spread over the light, each of which stands for a part of it: the share that arrives is the mean over the
light of the product over the cards. So edges are sharp next to a card and the softer the farther behind it, as wide as
the light is large. Lights from all around have no lines to follow; for what they lose see `flagged_sky`.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from ..cores import Check, unchecked
from .card import Card, Crossing
from .flag import Flag
from .lights import Light
from .targets import Target
from .values import indices

_BAND = 1 << 17
"""Places that are followed at a time."""
_FINE = 16
"""Points each way by which it is told how much of a cell lies in a disc."""
_CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))


class Spread(NamedTuple):
    """What one place stands for: `size`, `[n]` or a number, wide in scene units, such as a pixel; and `along` `[3, n]`,
    so far in a direction, such as a slice of the air. Edges are as soft as that at least, so that nothing flickers.
    """

    size: Tensor
    along: Tensor | None = None


def past_flags(
    flags: Sequence[Flag],
    light: Light,
    places: Tensor,
    cm_per_unit: float = 1.0,
    rays: int = 16,
    spread: Spread | None = None,
    check: Check = unchecked,
) -> Tensor:
    """The share `[3, ...]` of a light with a direction or a place that flags let come to places `[3, ...]`, in units of
    `cm_per_unit`.

    rays : points of a light with size that are looked from. Only where the light is seen past the edge of a card, or
    through a picture, are there so many. Against closed forms half-planes are exact, see the tests.
    """
    flat = places.flatten(1)
    spread = spread or Spread(flat.new_zeros(1))
    cards = [Card(flag, cm_per_unit, flat) for flag in flags]
    target = Target(light, flat[:, :1], cm_per_unit)
    found = []
    for start in range(0, max(1, flat.shape[1]), _BAND):
        check()
        part = slice(start, start + _BAND)
        size = spread.size.expand(flat.shape[1])[part]
        along = None if spread.along is None else spread.along[:, part]
        found.append(_arriving(cards, target, flat[:, part], rays, Spread(size, along), check))
    return torch.cat(found, 1).reshape(places.shape)


def _arriving(cards: Sequence[Card], target: Target, places: Tensor, rays: int, spread: Spread, check: Check) -> Tensor:
    share = torch.ones_like(places)
    mixed = torch.zeros_like(places[0], dtype=torch.bool)
    for card in cards:
        whole, partly = _sorted(card, target, places, spread)
        share, mixed = share * whole, mixed | partly
    which = indices(mixed)
    if len(which) == 0:
        return share
    if len(which) < places.shape[1]:
        places = places.index_select(1, which)
        along = None if spread.along is None else spread.along.index_select(1, which)
        spread = Spread(spread.size.index_select(0, which), along)
    return share.index_copy(1, which, _followed(cards, target, places, rays, spread, check))


def _sorted(card: Card, target: Target, places: Tensor, spread: Spread) -> tuple[Tensor, Tensor]:
    """What a card lets through where that is the same for all of the light, `[3, n]`, and where it is not, `[n]`.

    The corners of the light's square throw the corners of its picture on the card's plane, as long as all of them
    cross it.
    """
    local = card.local(places)
    corners = ((0.0, 0.0),) if target.small else _CORNERS
    crossings = [card.cross(local, target.towards(places, a, b), target.ends) for a, b in corners]
    crossed = torch.stack([x.there for x in crossings])
    x, y = (torch.stack(values) for values in zip(*((c.across, c.up) for c in crossings), strict=True))
    wide, high = (w.detach() + card.soft for w in window_of(card, crossings[0], (), spread, target.ends))
    left, right, low, top = x.amin(0) - wide / 2, x.amax(0) + wide / 2, y.amin(0) - high / 2, y.amax(0) + high / 2
    a, b = card.half_width, card.half_height
    past = (left >= a) | (right <= -a) | (low >= b) | (top <= -b)
    if card.round:
        r2 = torch.maximum((left / a).square(), (right / a).square()) + torch.maximum(
            (low / b).square(), (top / b).square()
        )
        within = r2 <= 1
    else:
        within = (left >= -a) & (right <= a) & (low >= -b) & (top <= b)
    every, none = crossed.all(0), ~crossed.any(0)
    inner = card.inner
    if inner is None:
        within, inner = torch.zeros_like(within), card.outer
    whole = torch.where(every & within, inner, torch.where(every, card.outer, 1.0))
    return whole, ~(none | (every & (past | within)))


def _followed(cards: Sequence[Card], target: Target, places: Tensor, rays: int, spread: Spread, check: Check) -> Tensor:
    local = [card.local(places) for card in cards]
    points = ((0.0, 0.0, 1.0),) if target.small else _points(rays, target.round)
    sides = target.sides(places, 2 / math.sqrt(len(points)))
    total = torch.zeros_like(places)
    for a, b, part in points:
        check()
        ray = target.towards(places, a, b)
        product = torch.ones_like(places)
        for card, own in zip(cards, local, strict=True):
            crossing = card.cross(own, ray, target.ends)
            wide, high = window_of(card, crossing, sides, spread, target.ends)
            shown = card.through(crossing.across, crossing.up, wide, high)
            product = product * torch.where(crossing.there, shown, 1.0)
        total = total + part * product
    return total


@lru_cache(64)
def _points(rays: int, disc: bool) -> tuple[tuple[float, float, float], ...]:
    """A grid over a light by its half sides, with the shares of the light that its cells hold: those of a disc reach
    beyond it at its rim, and count as much of themselves as is within. As cells lie side by side, ramps add up to one.
    """
    n = max(1, round(math.sqrt(rays)))
    steps = [(2 * i + 1) / n - 1 for i in range(n)]
    if not disc:
        return tuple((a, b, 1 / n**2) for b in steps for a in steps)
    fine = (torch.arange(_FINE * n, dtype=torch.float64) + 0.5) * (2 / (_FINE * n)) - 1
    within = (fine[:, None].square() + fine.square() <= 1).double()
    held = within.reshape(n, _FINE, n, _FINE).mean((1, 3))
    shares = (held / held.sum()).tolist()
    return tuple((a, b, float(shares[j][i])) for j, b in enumerate(steps) for i, a in enumerate(steps))


def window_of(
    card: Card, found: Crossing, sides: Sequence[Tensor], spread: Spread, ends: bool
) -> tuple[Tensor, Tensor]:
    """How wide and high `[n]`, in scene units, the window on the card is that a ray stands for: a part of the light,
    thrown on its plane from the place, and what the place stands for, thrown from the light.

    sides : `[3, n]` each, half the sides of that part of the light. ends : whether the light is somewhere, not at
    infinity.
    """
    left = (1 - found.share).clamp_min(0) if ends else torch.ones_like(found.share)
    near = (spread.size * left).expand(2, -1)
    if spread.along is not None:
        own = card.turn @ spread.along
        near = torch.hypot(near, (own[:2] - found.slope * own[2:]) * left)
    far = torch.zeros_like(near)
    for side in sides:
        far = far + card.drawn(found, side).abs()
    wide, high = torch.hypot(near, far)
    return wide, high
