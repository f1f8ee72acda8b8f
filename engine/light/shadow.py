"""Shadows and ambient occlusion from what the picture shows, by marching rays through its depth.

A picture knows only the surfaces that the camera sees. A ray is blocked where it runs behind such a surface, by no
more than it is deep: `thickness`, and less towards its silhouette. Where a ray leaves the frame nothing is known, it
counts as free and `confidence` says so. Every pixel may depend on every other, so these functions want whole frames:
a node that calls them needs its input's full data window.

Rays differ from pixel to pixel and are averaged over neighbours on the same surface, over as many as the shadow's edge
is soft, so a few rays a pixel give smooth penumbras and contacts stay sharp; see `smooth`, and `march` for the rays.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..cores import Check, unchecked
from .lights import Light
from .occluders import Aim, Caster, March, Occluders
from .sampling import local_to
from .targets import Target


class Seen(NamedTuple):
    """visibility `[1, h, w]`: share of the light that arrives, 1 is all. confidence `[1, h, w]`: share of it that is
    known.
    """

    visibility: Tensor
    confidence: Tensor


def cast_shadow(scene: Occluders, light: Light, march: March | None = None, check: Check = unchecked) -> Seen:
    """The visibility of a light with a direction or a place.

    Surfaces that turn away from the light are left to their shading: their visibility is 1. Lights from all around
    cast no such shadow, see `occlusion`. Differentiable with respect to positions and to lights given as tensors,
    where edges are soft. `check` is called often and may raise to stop.
    """
    march = march or March()
    caster = Caster(scene, march, check)
    target = Target(light, scene.position, scene.unit)

    def aim(place: Tensor, normal: Tensor, u: Tensor | None) -> Aim:
        direction, distance = target.ray(place, u)
        return Aim(direction, distance)

    def weigh(blocked: Tensor, far: Tensor, distance: Tensor | None) -> tuple[Tensor, Tensor]:
        return blocked, target.width(far, distance)

    if target.small:
        return _seen(scene.smoother.narrow(caster.shot(aim, weigh, [None])))
    return _seen(caster.smoothed(caster.gathered(aim, weigh)))


def occlusion(scene: Occluders, march: March | None = None, check: Check = unchecked) -> Seen:
    """Ambient occlusion: the cosine-weighted share of directions in which nothing is near.

    What is farther away than half of `march.reach` counts less and less, up to `march.reach`.
    """
    march = march or March(reach=50.0)
    caster = Caster(scene, march, check)

    def aim(place: Tensor, normal: Tensor, u: Tensor | None) -> Aim:
        assert u is not None
        r, phi = u[1].sqrt(), 2 * math.pi * u[0]
        return Aim(local_to(normal, r * phi.cos(), r * phi.sin(), (1 - u[1]).sqrt()), None)

    def weigh(blocked: Tensor, far: Tensor, distance: Tensor | None) -> tuple[Tensor, Tensor]:
        near = (2 - 2 * far / caster.reach).clamp(0, 1)
        return blocked * near * near * (3 - 2 * near), far

    return _seen(caster.smoothed(caster.gathered(aim, weigh, torch.inf), 8.0, 20.0))


def _seen(found: Tensor) -> Seen:
    """What is blocked of what the surface faces: parts of a light below its horizon are left to its shading."""
    return Seen(1 - found[:1] / found[3:].clamp_min(1e-6), found[1:2])
