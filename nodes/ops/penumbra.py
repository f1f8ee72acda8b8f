"""Edges of shadows made softer and harder."""

import torch
from torch import Tensor

from .gaussian import blurred
from .morphology import largest_around
from .progress import Progress, silent
from .shadow_light import logs_of
from .smoothing import smoothed

_EDGE = 0.35  # nepers between neighbours that softening hardly crosses
_DISC = 4.0  # diameters of a round source to a standard deviation of its penumbra
_SLOPE = 1.0  # pixels over which slopes are taken
_FLAT = 0.02  # of full visibility, within which there is no edge
_HARDEST = 16.0  # times that an edge gets narrower at most


def softened(visibility: Tensor, plate: Tensor, width: Tensor, progress: Progress = silent) -> Tensor:
    """Visibility `[1, H, W]` as under a light that casts penumbras wider by `width [1, H, W]` pixels.

    plate : `[3, H, W]` without the shadow: where it has an edge is another surface, which the shadow does not run onto.
    """
    guide = blurred(logs_of(plate), _SLOPE)
    spread = (width / _DISC).square()[0].double()
    across = (
        torch.exp(guide.double().diff(dim=2).square().sum(0).sqrt() / -_EDGE) * (spread[:, 1:] + spread[:, :-1]) / 2
    )
    along = torch.exp(guide.double().diff(dim=1).square().sum(0).sqrt() / -_EDGE) * (spread[1:] + spread[:-1]) / 2
    out = smoothed(visibility.double(), across, along, 2.0, progress).to(visibility.dtype).clamp(0, 1)
    return torch.where(width > 0, out, visibility)


def hardened(visibility: Tensor, width: Tensor, reach: float) -> Tensor:
    """Visibility `[1, H, W]` with penumbras narrower by `width [1, H, W]` pixels, about their middle.

    reach : width in pixels of the widest penumbras that are looked at. An edge goes between what is full and what is
    least within it, so that a shadow that is only half there stays so, and its edge gets hard all the same.
    """
    even = blurred(visibility, _SLOPE)
    padded = torch.nn.functional.pad(even[None], (1, 1, 1, 1), mode="replicate")[0]
    slope = torch.hypot(padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    near, around = (max(1, round(reach / part)) for part in (4, 2))
    size = 2 * near + 1
    steepest = largest_around(slope, near)
    most, least = largest_around(even, around), -largest_around(-even, around)
    most, least = (blurred(x, size / 4) for x in (most, least))
    height = (most - least).clamp_min(1e-3)
    now = height / blurred(steepest, size / 4).clamp_min(1e-3)
    times = now / torch.maximum(now - width, now / _HARDEST)
    out = (((visibility - least) / height - 0.5) * times + 0.5).clamp(0, 1) * height + least
    return torch.where((width > 0) & (height > _FLAT), out, visibility)
