"""What flags leave of light from all around, where there are no lines to follow.

The bright spots of surroundings are followed as lights with a direction are, see `flagged`; the even rest loses what
comes from where cards are seen. The product over the cards of what they let through is one less, for each card, what
that card takes of what the cards before it let through, so cards that overlap, or stand beside one another, take what
they take together.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..cores import Check, unchecked
from . import forms
from .around import Around
from .brdf import Reflectance
from .card import Card
from .flag import Flag
from .flagged import Spread, window_of
from .spots import Spots, spots_of
from .values import dot, indices, turned

_LOBE = 3.0
"""Width of what a surface mirrors, at distance 1, by GGX's alpha."""
_DARK = 1e-6
_PARTS = 0.75
"""Parts of a card, each way, by those of a lamp: what is left of surroundings without their spots is even."""
_UNSEEN = 1e-5
"""A form factor that takes no light that anybody sees."""


class _Standing(NamedTuple):
    """A card, and places `[3, n]` seen from it, see `Card.local`."""

    card: Card
    local: Tensor

    def at(self, which: Tensor) -> "_Standing":
        return _Standing(self.card, self.local.index_select(1, which))


def around(
    flags: Sequence[Flag], emitter: Around, r: Reflectance, cm_per_unit: float, grain: Tensor, rays: int = 16,
    check: Check = unchecked,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The shares `[3, h, w]` that flags leave of the diffuse and of the specular part of light from all around.

    The diffuse part loses of the even rest what comes from where a card is seen: its form factor, exact (Lambert),
    times the mean of the rest's radiance over parts of it, weighted by the cosine; and of each bright spot the share
    that does not come past the cards. The wall of an opening takes half spaces of an even sky. The specular part loses
    what the mirrored view meets, as much out of focus as the surface is rough.

    grain : width of a pixel on the surface in scene units, `[1, h, w]` or spread. rays : points of a lamp that would be
    looked from; half as many parts of a card are.
    """
    s = r.surface
    places = s.located(f"flag '{flags[0].name}'").flatten(1)
    shape, normal = s.normal.shape, s.normal.flatten(1)
    arrives = emitter.environment.diffuse(turned(normal[:, None], -emitter.rotation))[:, 0]
    mirror, alpha = r.mirror.flatten(1), r.alpha.flatten()
    size = grain.expand(1, *shape[1:]).flatten()
    standing = []
    for flag in flags:
        card = Card(flag, cm_per_unit, places)
        standing.append(_Standing(card, card.local(places)))
    spots = spots_of(emitter.environment)
    grid = max(1, round(_PARTS * math.sqrt(rays)))
    diffuse, specular, lost = torch.ones_like(normal), torch.ones_like(normal), torch.zeros_like(normal)
    for number, (card, local) in enumerate(standing):
        check()
        lost = lost + _lost(standing, number, spots, emitter, places, normal, grid, check)
        aim = card.turn[2:].T
        beyond = (1 - torch.sign(local[2:]) * dot(normal, aim)) / 2
        diffuse = diffuse * (1 - (1 - card.outer) * beyond)
        seen = card.cross(local, mirror, False)
        window = _LOBE * alpha * seen.share.clamp_min(0) + size
        shown = card.through(seen.across, seen.up, window, window)
        specular = specular * torch.where(seen.there, shown, 1.0)
    bright, whole = _spots(standing, spots, emitter, normal, check)
    # What a wall takes of an even sky it takes of the rest alone.
    rest = (arrives - whole).clamp_min(0)
    left = (diffuse * rest - lost + bright) / (rest + whole).clamp_min(_DARK)
    diffuse = torch.where(arrives > _DARK, left, diffuse).clamp(0, 1)
    return diffuse.reshape(shape), specular.reshape(shape)


def seen_past(flags: Sequence[Flag], place: Tensor, towards: Tensor, pixel: float, cm_per_unit: float = 1.0) -> Tensor:
    """What flags let through `[3, h, w]` of what is seen from a place `[3]` in unit directions `[3, h, w]`, which are
    `pixel` radians wide. place : in units of `cm_per_unit`.
    """
    ways = towards.flatten(1)
    past = torch.ones_like(ways)
    for flag in flags:
        card = Card(flag, cm_per_unit, ways)
        found = card.cross(card.local(place.reshape(3, 1)).expand_as(ways), ways, False)
        steep = torch.hypot(torch.ones_like(found.slope), found.slope)
        wide, high = pixel * found.share.clamp_min(0) * steep
        past = past * torch.where(found.there, card.through(found.across, found.up, wide, high), 1.0)
    return past.reshape(towards.shape)


def _spots(
    standing: Sequence[_Standing], spots: Spots, emitter: Around, normal: Tensor, check: Check
) -> tuple[Tensor, Tensor]:
    """What surfaces have of the bright spots past the cards, and without them, `[3, n]` each."""
    past, whole = torch.zeros_like(normal), torch.zeros_like(normal)
    spread = Spread(normal.new_zeros(1))
    for direction, across, up, energy in zip(*spots.parts, strict=True):
        check()
        ray, *sides = (turned(v.reshape(3, 1, 1), emitter.rotation)[:, 0] for v in (direction, across, up))
        light = energy.reshape(3, 1) * dot(normal, ray).clamp_min(0)
        share = torch.ones_like(normal)
        for card, local in standing:
            found = card.cross(local, ray, False)
            wide, high = window_of(card, found, sides, spread, False)
            share = share * torch.where(found.there, card.through(found.across, found.up, wide, high), 1.0)
        past, whole = past + light * share, whole + light
    return past, whole


def _lost(
    standing: Sequence[_Standing],
    number: int,
    spots: Spots,
    emitter: Around,
    places: Tensor,
    normal: Tensor,
    grid: int,
    check: Check,
) -> Tensor:
    """What of the rest of the surroundings, before their level, a card takes from surfaces `[3, n]` and its edge does
    not, of what the cards before it let through.
    """
    card, local = standing[number]
    corners = card.outline()[:, :, None] - places
    corners = torch.where(local[2] > 0, corners, corners.flip(0))
    seen = forms.polygon(forms.above_horizon(corners[:, :, None], normal[:, None]), normal[:, None])[:, 0]
    form = dot(seen, normal)
    which = indices(form[0] > _UNSEEN)
    lost = torch.zeros_like(places)
    if len(which) == 0:
        return lost
    some = [s.at(which) for s in standing] if len(standing) > 1 else standing
    places, normal = places.index_select(1, which), normal.index_select(1, which)
    seen = _mean_taken(some, number, spots, emitter, places, normal, grid, check)
    return lost.index_copy(1, which, form.index_select(1, which) * seen)


def _mean_taken(
    standing: Sequence[_Standing],
    number: int,
    spots: Spots,
    emitter: Around,
    places: Tensor,
    normal: Tensor,
    grid: int,
    check: Check,
) -> Tensor:
    """The mean over a card, as surfaces see it, of the radiance that it takes, `[3, n]`."""
    card = standing[number].card
    across, up = card.half_width + card.soft / 2, card.half_height + card.soft / 2
    total, weights = torch.zeros_like(places), torch.zeros_like(places[:1])
    wide, high = 2 * across / grid, 2 * up / grid
    sides = [(card.turn[axis] * size).reshape(3, 1) for axis, size in ((0, wide), (1, high))]
    spread = Spread(places.new_zeros(1))
    steps = [(2 * i + 1) / grid - 1 for i in range(grid)]
    for a, b in ((a, b) for b in steps for a in steps):
        check()
        x, y = (a * across).reshape(1), (b * up).reshape(1)
        takes = card.outer - card.through(x, y, wide, high)
        gap = card.at + card.turn[:2].T @ torch.stack((x, y)) - places
        for other, (before, local) in enumerate(standing):
            if other < number or (other > number and before.opening):
                found = before.cross(local, gap, False)
                through = before.outer
                if other < number:
                    through = before.through(found.across, found.up, *window_of(before, found, sides, spread, False))
                takes = takes * torch.where(found.there, through, 1.0)
        square = dot(gap, gap).clamp_min(1e-12)
        towards = gap * square.rsqrt()
        facing = dot(towards, card.turn[2:].T).abs() / square
        weight = dot(normal, towards).clamp_min(0) * facing
        angle = (wide * high * facing).clamp_max(2 * math.pi)
        light = spots.rest.mean(turned(towards[:, None], -emitter.rotation), angle[:, None])[:, 0]
        total, weights = total + weight * takes * light, weights + weight
    return total / weights.clamp_min(1e-20)
