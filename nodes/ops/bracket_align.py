"""Exposures of one scene from the hand, laid over each other."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .align import find_motion
from .bracket_light import Apart, Bracket, clipped
from .progress import Progress, silent
from .resample import Box
from .warp import warp_matrix

_DARK, _BRIGHT = 0.004, 0.9  # of the level, between which exposures are compared
_WHOLE = 0.999


def motions(
    bracket: Bracket, stops: Sequence[float], reference: int, model: str, progress: Progress
) -> dict[int, Tensor]:
    """Matrices 3x3 float64 from pixels of the reference to those of each other exposure, by index; y down, counted
    from the corner of the tensors.

    Each is laid over the next one towards the reference in brightness, as those show most in common. stops : of each
    exposure. model : of `align.MODELS`. Raises Apart.
    """
    order = sorted(range(len(stops)), key=lambda i: stops[i])
    at, found = order.index(reference), {reference: torch.eye(3, dtype=torch.float64)}
    ways = [(order[i], order[i + 1]) for i in range(at, len(order) - 1)]
    ways += [(order[i], order[i - 1]) for i in range(at, 0, -1)]
    for i, (a, b) in enumerate(ways):
        progress(i / len(ways))
        motion = find_motion(*_alike(bracket, stops, a, b), bracket.inside[b], model)
        if motion is None:
            raise Apart(a, b)
        found[b] = motion @ found[a]
    del found[reference]
    return found


def _alike(bracket: Bracket, stops: Sequence[float], a: int, b: int) -> tuple[Tensor, Tensor]:
    """Two exposures `[1, H, W]` in stops, cut to what both show."""
    darker, brighter = sorted((stops[a], stops[b]))
    low = _DARK * bracket.scale / 2.0**darker
    high = max(_BRIGHT * bracket.scale / 2.0**brighter, 2 * low)
    scene = [torch.nan_to_num(bracket.seen[i], 0.0, 0.0, 0.0).amax(0, keepdim=True) / 2.0 ** stops[i] for i in (a, b)]
    return torch.log2(scene[0].clamp(low, high)), torch.log2(scene[1].clamp(low, high))


def laid_over(bracket: Bracket, matrices: dict[int, Tensor], progress: Progress = silent) -> Bracket:
    """A bracket whose exposures are seen through matrices as `motions` finds them; those without stay as they are.

    progress : called with the share done.
    """
    light, seen, inside = list(bracket.light), list(bracket.seen), list(bracket.inside)
    box = (0, 0, light[0].shape[2], light[0].shape[1])
    for done, (i, matrix) in enumerate(matrices.items()):
        progress(done / len(matrices))
        cut = clipped(seen[i], bracket.level)
        known = _covered(inside[i], matrix, box)
        # What is mixed with clipped pixels is clipped too, whatever number comes out.
        mixed = known & ~_covered(inside[i] & ~cut, matrix, box)
        progress((done + 0.5) / len(matrices))
        light[i], moved = _seen_through(light[i], matrix, box), _seen_through(seen[i], matrix, box)
        top = torch.where(torch.isfinite(bracket.level), bracket.level, -math.inf).to(moved)[:, None, None]
        seen[i] = torch.where(mixed, torch.maximum(moved, top), moved)
        inside[i] = known
    return Bracket(light, seen, inside, bracket.level, bracket.scale)


def _seen_through(x: Tensor, matrix: Tensor, box: Box) -> Tensor:
    return warp_matrix(torch.nan_to_num(x, 0.0, 0.0, 0.0), matrix, box, box, "cubic", "repeat")


def _covered(where: Tensor, matrix: Tensor, box: Box) -> Tensor:
    """Where `[1, H, W]` what is seen through a matrix is made of nothing but what is true in `where`."""
    return warp_matrix(where.float(), matrix, box, box, "triangle", "black") > _WHOLE
