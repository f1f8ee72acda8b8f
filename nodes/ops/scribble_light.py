"""What strokes on a whole picture say of its light and its shadows: found on a small one, with the picture's edges."""

import math
from collections.abc import Mapping, Set
from typing import NamedTuple

import torch
from torch import Tensor

from .edge_aware import guided_whole
from .joint import joint_upsampled
from .morphology import without_texture
from .progress import Progress, part, silent
from .resize import grown, reduced
from .scribble import one_material, scribbled
from .scribble_shadow import reduced_strokes, stroked_shadow
from .shadow_light import logs_of

KINDS = ("brighten", "darken", "color")
"""Strokes whose change of light runs on over surfaces."""
_GROUPS = (("brighten", "darken"), ("color",))
"""Those that share what lies between them."""
_TEXTURE = 4.0  # pixels of the working size that texture is evened out over
_THIN = 1 / 64  # of the long side: what is thinner, such as glasses, lashes and wires, stands before the surface
_NORMAL, _DEPTH = 0.35, 0.1  # changes of direction, and nepers of depth, that count as one edge
_STOPS = 0.045  # of an edge: the change between neighbours at which the weight between them falls to a third
_SHADOW_EDGE = 0.3  # nepers that make an edge where the edge of a shadow is brought to a larger size


class Surfaces(NamedTuple):
    """What is seen of the surfaces of a picture: normals `[3, H, W]`, depth `[1, H, W]` above 0, and how much their
    edges stop strokes, 1 as much as those of the picture.
    """

    normal: Tensor
    depth: Tensor
    amount: float


def light_of_strokes(
    plate: Tensor,
    drawn: Mapping[str, Tensor],
    said: Set[str],
    side: int,
    reach: float,
    edge: float,
    surfaces: Surfaces | None = None,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """How much of the change of each of `KINDS` there is, `[1, H, W]`, 0 to 1, over a plate `[3, H, W]`.

    drawn : strokes `[1, H, W]`, 0 to 1, of each kind, of `keep`, which hold others off, and of `same_albedo`, over one
    paint. said : the kinds of which there are any. side : pixels of the long side at which they spread. reach : pixels
    of the plate that they do. edge : stops of the plate that make an edge.
    """
    out = {kind: torch.zeros_like(plate[:1]) for kind in KINDS}
    size, scale = _small(plate, side)
    full = logs_of(plate) / (edge * math.log(2) * math.sqrt(3))
    small = reduced(full, size)
    bare = without_texture(small, _THIN * max(size))
    guide = guided_whole(bare, bare, _TEXTURE, 0.5)
    one = None
    if "same_albedo" in said:
        one = one_material(reduced(drawn["same_albedo"], size), guide, reach * scale, _STOPS)
    if surfaces is not None:
        normal = reduced(surfaces.normal, size) * (surfaces.amount / _NORMAL)
        depth = reduced(surfaces.depth.log(), size) * (surfaces.amount / _DEPTH)
        guide = torch.cat((guide, normal, depth))
    for i, group in enumerate(_GROUPS):
        progress(i / len(_GROUPS))
        if said.isdisjoint(group):
            continue
        covers = torch.cat([drawn[kind] for kind in (*group, "keep")])
        found = scribbled(reduced(covers, size), guide, reach * scale, _STOPS, part(progress, i, len(_GROUPS)), one)
        found = joint_upsampled(found, small, full, 1.0)
        # Under a stroke the change is what is set.
        cover = covers.sum(0, keepdim=True)
        found = torch.lerp(found, covers / cover.clamp_min(1e-6), cover.clamp(0, 1))
        out |= {kind: found[j : j + 1] for j, kind in enumerate(group)}
    return out


def shadow_of_strokes(
    plate: Tensor, drawn: Mapping[str, Tensor], side: int, reach: float, softness: float, progress: Progress = silent
) -> tuple[Tensor, Tensor]:
    """Visibility `[1, H, W]` and nepers of light `[3, H, W]` that full shadow lacks, as of `stroked_shadow`, of strokes
    `in_shadow`, `keep` and `same_albedo` over a plate `[3, H, W]`. Lengths are in its pixels; side : as above.
    """
    size, scale = _small(plate, side)
    small = reduced(plate, size)
    shade, lit, one = (reduced_strokes(drawn[kind], size) for kind in ("in_shadow", "keep", "same_albedo"))
    visibility, gains = stroked_shadow(small, shade, lit, one, reach * scale, softness * scale, progress)
    whole = joint_upsampled(visibility, logs_of(small), logs_of(plate), _SHADOW_EDGE)
    return whole, grown(gains, (plate.shape[1], plate.shape[2]))


def _small(plate: Tensor, side: int) -> tuple[tuple[int, int], float]:
    """Height and width of a plate whose long side is `side` pixels at most, and how many times as large that is."""
    height, width = plate.shape[1:]
    scale = min(1.0, side / max(height, width))
    return (max(1, round(height * scale)), max(1, round(width * scale))), scale
