"""Windows, doors and arches of a plate: what shines and lies farther away than what is around it is no surface here."""

import torch
from torch import Tensor

from .fir import finite
from .key import ramp
from .resize import reduced, within
from .sources import find_sources

_SMALL = 480  # pixels of the long side at which they are looked for
_ABOVE = 2.0  # stops by which they outshine what is around them and most of the picture
_LEAST = 0.02  # of the long side, the diameter of the smallest
_TOP = 0.8  # of an opening is darker than what tells how bright it is
_SHINES = (2.3, 3.0)  # stops that this is above what is around, from which it is no sunlit wall, and in full
_MOST = 12  # a window with bars is many
_BEHIND = (0.35, 0.6)  # stops of depth that they lie behind the rest, from which they count and from which in full


def openings(plate: Tensor, depth: Tensor) -> Tensor:
    """How far `[1, H, W]`, 0 to 1, a place of a plate `[3, H, W]` is seen through an opening. depth : `[1, H, W]`, in
    any unit.

    A lit face before a dark room shines too, but stands in front of it.
    """
    height, width = plate.shape[1:]
    if min(height, width) < 2:
        return torch.zeros_like(plate[:1])
    size = within(height, width, _SMALL)
    small = reduced(finite(plate), size)
    sources = find_sources(
        small, _ABOVE, _LEAST, _MOST, faces=True, surfaces=True
    )  # what stands in front is told by depth
    count = len(sources.found)
    if not count:
        return torch.zeros_like(plate[:1])
    mattes = sources.mattes(small, _ABOVE, range(count), count)
    far = reduced(finite(depth).clamp_min(1e-6).log2(), size)[0].double()
    rest = (1 - mattes.sum(0)).clamp(0, 1).double()
    usual = (far * rest).sum() / rest.sum().clamp_min(1e-6)
    behind = (mattes * far).sum((1, 2)) / mattes.double().sum((1, 2)).clamp_min(1e-6) - usual
    above = sources.above(small)[0]
    top = torch.stack([_top(above[matte > 0.5]) for matte in mattes])
    share = (ramp(behind, *_BEHIND) * ramp(top, *_SHINES)).to(mattes)
    whole = (sources.mattes(plate, _ABOVE, range(count), count) * share[:, None, None]).sum(0, keepdim=True)
    # What an opening shines on before it is one piece with it, and near.
    there = ramp(finite(depth).clamp_min(1e-6).log2() - usual, 0.0, _BEHIND[0])
    return whole.clamp(0, 1) * there.to(whole)


def _top(stops: Tensor) -> Tensor:
    stops = stops.double()
    return stops.kthvalue(1 + int(_TOP * (stops.numel() - 1))).values if stops.numel() else stops.new_zeros(())
