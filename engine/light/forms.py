"""How much of a surface's view light sources of a shape fill: irradiance over pi times radiance, cut off at the
horizon.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .values import basis, cross, dot


def sphere(cosine: Tensor, sin2: Tensor) -> Tensor:
    """Form factor of a sphere whose centre stands at `cosine` to the normal and whose half angle has the squared sine
    `sin2`, 0..1; exact, also where the horizon cuts it (Snyder 1996). Shapes broadcast.
    """
    s2 = sin2.clamp(1e-12, 1 - 1e-6)
    cosine = cosine.clamp(-1, 1)
    sine = (1 - cosine * cosine).clamp_min(1e-10).sqrt()
    x = ((1 - s2) / s2).sqrt()
    edge = (-x * cosine / sine).clamp(-1 + 1e-6, 1 - 1e-6)
    gap = sine * (1 - edge * edge).sqrt()
    cut = ((cosine * torch.acos(edge) - x * gap) * s2 + torch.atan(gap / x)) / math.pi
    above = cosine * s2
    # Away from the horizon the simple form keeps its digits for small lights.
    free = cosine * cosine >= s2
    return torch.where(free, above.clamp_min(0), cut)


class Edges(NamedTuple):
    """The outline of a polygon: where its edges begin and end, `[n, c, h, w]` each. Both may be one point."""

    starts: Tensor
    ends: Tensor


def above_horizon(corners: Tensor, normal: Tensor) -> Edges:
    """What of a convex polygon with corners `[n, 3, h, w]` relative to the surface is above the horizon: `n + 1` edges,
    the last along it.
    """
    following = corners.roll(-1, 0)
    height = (corners * normal).sum(1, keepdim=True)
    other = height.roll(-1, 0)
    above, after = height > 0, other > 0
    cut = above != after
    crossing = torch.lerp(corners, following, height / torch.where(cut, height - other, 1.0)) * cut
    sets, rises = (crossing * above).sum(0, keepdim=True), (crossing * after).sum(0, keepdim=True)
    starts, ends = torch.where(above, corners, crossing), torch.where(after, following, crossing)
    return Edges(torch.cat((starts, sets)), torch.cat((ends, rises)))


def polygon(outline: Edges, normal: Tensor | None = None) -> Tensor:
    """The vector irradiance `[3, h, w]` of a polygon of radiance 1, over pi, exact (Lambert 1760): its part along a
    normal is the form factor, where all of it is above the horizon, and it points to the middle of what is seen.

    Counter-clockwise as the surface sees it, else it points away. normal : of the horizon that the last edge is along.
    """
    total = torch.zeros_like(outline.starts[0])
    along = len(outline.starts) - 1
    for number, (a, b) in enumerate(zip(*outline, strict=True)):
        product = cross(a, b - a)  # that of a and b, with more digits for small lights
        length = dot(product, product).clamp_min(1e-20).sqrt()
        angle = torch.atan2(length, dot(a, b))
        if normal is not None and number == along:  # the product's side is chance where the edge all but touches
            total = total + normal * (angle * (dot(a, a) > 0))
        else:
            total = total + product * (angle / length)
    return total / (2 * math.pi)


def disc(gap: Tensor, axis: Tensor, radius: Tensor, normal: Tensor) -> Tensor:
    """The vector irradiance `[3, h, w]`, as of a polygon, of what is above the horizon of a disc about `gap`
    `[3, h, w]` from the surface, that shines along the unit vector `axis`, `[3, 1, 1]`; exact, 0 behind it.

    Lambert's sum over edges is an integral over the arc above the horizon, and its chord.
    """
    height = -dot(gap, axis)
    behind = height <= 0
    height = height.clamp_min(1e-6 * radius)
    aside, least = gap + axis * height, 1e-5 * radius
    aside = torch.where(dot(aside, aside) < least * least, least * basis(axis)[0], aside)
    off = dot(aside, aside).sqrt()
    # A frame: in the disc's plane away from the foot of its axis, around that, and towards the disc.
    away = aside / off
    around = cross(away, axis)
    n1, n2 = dot(normal, away), dot(normal, around)
    tilt = torch.sqrt(n1 * n1 + n2 * n2 + 1e-12)
    c, s = torch.where(tilt < 2e-6, 1.0, n1 / tilt), n2 / tilt
    # The outline stands above the horizon within an angle from where it is highest.
    low = dot(gap, normal) / (radius * tilt)
    whole, gone = low >= 1, low <= -1
    low = low.clamp(-1 + 1e-6, 1 - 1e-6)
    angle, sine = torch.where(whole, math.pi, torch.acos(-low)), (1 - low * low).sqrt()
    ca, sa, cb, sb = -c * low - s * sine, -s * low + c * sine, -c * low + s * sine, -s * low - c * sine
    # The squared distance to the outline is a + b cos; integrals over it of 1, cos and sin.
    near, b = height * height + (off - radius) ** 2, 2 * off * radius  # a - b, of which a keeps no digit at the rim
    a, root = near + b, (near * (near + 2 * b)).sqrt()
    w = b / (a + root)
    first_square, last_square = (near + b * (1 + x).clamp_min(0) for x in (ca, cb))
    turn = torch.where(whole, 0.0, torch.atan2(w * sa, 1 + w * ca) - torch.atan2(w * sb, 1 + w * cb))
    even = 2 * (angle - turn) / root
    cosines = 2 * (a * turn / b - angle * w) / root
    sign = torch.where(ca < cb, -1.0, 1.0)
    change = torch.log1p(sign * b * (ca - cb) / torch.minimum(first_square, last_square))
    sines = torch.where(whole, 0.0, -sign * change / b)
    arc = -axis * (radius * even + off * cosines) - height * (away * cosines + around * sines)
    first = away * (off + radius * ca) + around * (radius * sa) - axis * height
    last = away * (off + radius * cb) + around * (radius * sb) - axis * height
    chord = torch.atan2(dot(cross(first, last), normal).abs(), dot(first, last))
    total = arc * radius + torch.where(whole, 0.0, chord) * normal
    return torch.where(behind | gone | root.isinf(), 0.0, total / (2 * math.pi))  # inf: too far away to count


def slopes(outline: Edges, height: Tensor) -> Tensor:
    """The share `[1, h, w]` of GGX's slopes inside a polygon `[n, 2, h, w]` in slopes; `height` is GGX's alpha.

    GGX's distribution of slopes is what a plane at the height alpha sends to a parallel surface.
    """
    lifted = (torch.cat((x, height.expand_as(x[:1, :1]).expand(x.shape[0], 1, -1, -1)), 1) for x in outline)
    return polygon(Edges(*lifted))[2:].abs()
