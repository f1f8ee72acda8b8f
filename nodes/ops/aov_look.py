"""What layers of normals and places look like: whether they are in the camera's space, and how they got there."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rimlight.engine import normals_of, unit

_TURNED = 0.1
"""The share of normals that may face away from the camera: edges of things do, and what is shaded from both sides."""
_BESIDE = 0.02
"""Of half the frame's width, by which places may lie beside the pixels that show them."""
_OFF = 10.0
"""Degrees by which normals may be turned against the surfaces, as a wrong field of view turns them a little."""
_LEAST = 64
"""Pixels with a surface, below which nothing is said."""


@dataclass(frozen=True)
class Convention:
    """How a layer's vectors are written. encoded : 0 to 1 stands for -1 to 1. flips : of x, y and z, 1 or -1. world :
    in the world, whose up is `up`, else as the camera sees it.
    """

    encoded: bool = False
    flips: tuple[float, float, float] = (1.0, 1.0, 1.0)
    world: bool = False
    up: str = "y"


def decoded(normal: Tensor, encoded: bool) -> Tensor:
    """Normals `[3, h, w]` of values of 0 to 1; those of no surface, black or in the middle, are 0."""
    if not encoded:
        return normal
    found = 2 * normal - 1
    there = (normal != 0).any(0, keepdim=True) & (found.abs() > 0.02).any(0, keepdim=True)
    return torch.where(there, found, 0.0)


def upright(x: Tensor, up: str) -> Tensor:
    """Vectors `[3, h, w]` of a world with z up in one with y up; those with y up as they are."""
    return x if up == "y" else torch.stack((x[0], x[2], -x[1]))


def from_upright(x: Tensor, up: str) -> Tensor:
    """The other way round: vectors `[3, h, w]` of a world with y up in one with `up` up."""
    return x if up == "y" else torch.stack((x[0], -x[2], x[1]))


def looks_encoded(normal: Tensor) -> bool:
    """Whether normals lie between 0 and 1 and have a length of one only once they are spread to -1 to 1."""
    seen = _seen(normal)
    if seen is None or float(seen.amin()) < -0.01 or float(seen.amax()) > 1.01:
        return False
    off, plain = ((x.norm(dim=0) - 1).abs().median() for x in (2 * seen - 1, seen))
    return float(off) < 0.03 and float(plain) > float(off)


def turned_away(normal: Tensor, rays: Tensor) -> float:
    """The share of normals `[3, h, w]` that face away from a camera whose rays these are; 0 where there are few."""
    there = _surface(normal)
    if int(there.sum()) < _LEAST:
        return 0.0
    cosine = -(unit(normal) * unit(rays)).sum(0)[there]
    return float((cosine < -0.05).float().mean())


def lies_beside(position: Tensor, rays: Tensor, tan_x: float) -> float:
    """How far places `[3, h, w]` lie beside the pixels that show them, in half the frame's width, in the median."""
    there = _surface(position)
    if int(there.sum()) < _LEAST:
        return 0.0
    place, pixel, depth = _on_screen(position, rays, there)
    return float(torch.where(depth > 0, (place - pixel).norm(dim=0) / tan_x, 10.0).median())


def fitting_view(position: Tensor, rays: Tensor, tan_x: float) -> float | None:
    """The degrees that the frame is wide through the lens in which places `[3, h, w]` lie where their pixels are: seen
    through another they are larger or smaller about the middle, and nothing else. None where none is like that.
    """
    there = _surface(position) & (position[2] < 0)
    if int(there.sum()) < _LEAST:
        return None
    place, pixel, _ = _on_screen(position, rays, there)
    scale = float(((place * pixel).sum(0) / pixel.square().sum(0).clamp_min(1e-12)).median())
    tan = scale * tan_x
    if not 0 < tan < math.inf or lies_beside(position, torch.cat((rays[:2] * scale, rays[2:])), tan) > _BESIDE:
        return None
    return math.degrees(2 * math.atan(tan))


def turned_by(normal: Tensor, true: Tensor) -> float:
    """Degrees by which normals `[3, h, w]` are turned, all together, against those of the surfaces; 180 where they are
    mirrored, 0 where there are few. Noise of either averages out (Kabsch 1976).
    """
    there = _surface(normal) & _surface(true)
    if int(there.sum()) < _LEAST:
        return 0.0
    both = unit(normal[:, there]).double() @ unit(true[:, there]).double().T
    u, s, v = torch.linalg.svd(both)
    if float(s[1]) < 0.05 * float(s[0]):  # one plane: nothing tells turns about its normal
        cosine = float(u[:, 0] @ v[0])
        return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
    turn = u @ v
    if float(torch.linalg.det(turn)) < 0:
        return 180.0
    return math.degrees(math.acos(max(-1.0, min(1.0, (float(torch.trace(turn)) - 1) / 2))))


def doubts_of(
    normal: Tensor | None, position: Tensor | None, depth: Tensor | None, rays: Tensor, tan_x: float
) -> list[str]:
    """Sentences about layers `[3, h, w]` that do not look as if they were in camera space. depth : places that the
    layer depth says.
    """
    told = []
    beside = 0.0 if position is None else lies_beside(position, rays, tan_x)
    fits = fitting_view(position, rays, tan_x) if position is not None and beside > _BESIDE else None
    place = position if position is not None and (beside <= _BESIDE or fits is not None) else depth
    if normal is not None and looks_encoded(normal):
        told.append(
            "the normals lie between 0 and 1, as renderers encode them: AovSpace spreads them to -1 to 1 (encoding)"
        )
    elif normal is not None:
        told += _normal_doubts(normal, place, rays)
    if beside > _BESIDE:
        off = f"the positions lie beside the pixels that show them, by {min(beside, 9.99):.0%} of half the frame"
        told.append(
            f"{off}, as those in world space do: AovSpace takes them to camera space"
            if fits is None
            else f"{off}, as through another lens: with a field_of_view of {fits:.4g} they lie there"
        )
    return told


def _normal_doubts(normal: Tensor, place: Tensor | None, rays: Tensor) -> list[str]:
    if place is not None and (off := turned_by(normal, normals_of(torch.nan_to_num(place)))) > _OFF:
        return [
            f"the normals are turned by {off:.0f} degrees against the surfaces that positions or depth show, as those"
            " in world space are: AovSpace takes them to camera space"
        ]
    if (away := turned_away(normal, rays)) > _TURNED:
        return [
            f"{away:.0%} of the normals face away from the camera, as those in world space do, or with z turned round:"
            " AovSpace takes them to camera space"
        ]
    return []


def conventions(world: bool) -> Iterator[Convention]:
    """All that layers may be written in, the plainest first. world : a camera is known, so it may be the world."""
    signs = (1.0, -1.0)
    flips = [(x, y, z) for x, y, z in itertools.product(signs, signs, signs)]
    for flip in sorted(flips, key=lambda f: f.count(-1.0)):
        yield Convention(flips=flip)
        if world:
            yield Convention(flips=flip, world=True)
            yield Convention(flips=flip, world=True, up="z")


def _on_screen(position: Tensor, rays: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where some places are seen and where their pixels are, `[2, n]` at a distance of 1, and the depths `[n]`."""
    place, ray = position[:, there], rays[:, there]
    depth = -place[2]
    return place[:2] / depth.clamp_min(1e-9), ray[:2] / -ray[2], depth


def _surface(x: Tensor) -> Tensor:
    return x.isfinite().all(0) & (x != 0).any(0)


def _seen(x: Tensor) -> Tensor | None:
    there = _surface(x)
    return x[:, there] if int(there.sum()) >= _LEAST else None
