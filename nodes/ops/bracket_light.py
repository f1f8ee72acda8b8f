"""What the exposures of a bracket say of each other: where they are clipped, and how many stops are between them."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .clipped import clip_levels, in_space

FADE = (0.75, 0.95)
"""Of the level, between which a sample counts less and less: cameras bend before they clip."""
_DARK = 0.004  # of the level, below which a sample says little of a ratio
_PAIRS = 50  # samples that both exposures show well, to tell their ratio
_ALIKE = 0.15  # stops that pixels are off their median, half of them less, to be believed
_RANKS, _FEWEST = 400, 10  # shares of a picture whose light is compared, and how many of them have to tell
_SAMPLES = 500_000
_EXACT = 1 / 3  # stops by which pictures may differ from what is said of shutters and still be believed


@dataclass(frozen=True)
class Bracket:
    """Exposures of one scene, all over the same pixels.

    light : scene-linear `[3, H, W]` each. seen : the same in the space in which the camera's channels are clipped.
    inside : bool `[1, H, W]` each, where they are known. level : `[3]`, of `seen`, from which on channels are clipped,
    infinity for never. scale : the highest level, or the brightest light where there is none.
    """

    light: Sequence[Tensor]
    seen: Sequence[Tensor]
    inside: Sequence[Tensor]
    level: Tensor
    scale: float


class Apart(ValueError):
    """Two exposures, by index, that have too little in common."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"exposures {first} and {second} have too little in common")
        self.first, self.second = first, second


def opened(light: Sequence[Tensor], inside: Sequence[Tensor], matrix: Tensor | None, level: float) -> Bracket:
    """A bracket of pictures `[3, H, W]` that are known `inside`, `[1, H, W]`.

    matrix : `[3, 3]` to the space of the camera, None where it is the pictures' own. level : 0 for what is found.
    """
    seen = light if matrix is None else [_in_camera(x, matrix) for x in light]
    levels = torch.full((3,), level) if level else _common_levels(seen)
    finite = levels[torch.isfinite(levels)]
    brightest = max(float(torch.nan_to_num(x, 0.0, 0.0, 0.0).max()) if x.numel() else 0.0 for x in seen)
    return Bracket(light, seen, inside, levels, float(finite.max()) if len(finite) else brightest or 1.0)


def _in_camera(x: Tensor, matrix: Tensor) -> Tensor:
    """`x [3, H, W]` in the camera's space; a pixel with a channel that is no number has none in any."""
    return torch.where(torch.isfinite(x).all(0, keepdim=True), in_space(x, matrix), math.nan)


def _common_levels(pictures: Sequence[Tensor]) -> Tensor:
    """The levels `[3]` at which the channels of one camera's pictures are clipped; infinity for never.

    The highest that any of them shows: what piles up in a dark one may be a wall, and clips further up in a long one.
    """
    found = [[v if math.isfinite(v) else -math.inf for v in clip_levels(few(x))] for x in pictures]
    highest = [max(column) for column in zip(*found, strict=True)]
    return torch.tensor([v if v > 0 else math.inf for v in highest])


def clipped(x: Tensor, level: Tensor) -> Tensor:
    """Where `[1, H, W]` a channel of `x [3, H, W]` is clipped or no number."""
    return ((x >= level.to(x)[:, None, None]) | ~torch.isfinite(x)).any(0, keepdim=True)


def compared(bracket: Bracket, known: Sequence[float] | None = None) -> list[float]:
    """Exposures in stops, by what those next to each other in brightness have in common.

    known : what is said of them, kept where pictures tell nothing, or something else. Raises Apart.
    """
    order = by_light(bracket) if known is None else sorted(range(len(known)), key=lambda i: known[i])
    found = [0.0] * len(order)
    for a, b in itertools.pairwise(order):
        step, said = ratio(bracket, a, b), None if known is None else known[b] - known[a]
        if said is not None and (step is None or abs(step - said) > _EXACT):
            step = said
        if step is None:
            raise Apart(a, b)
        found[b] = found[a] + step
    return found


def ratio(bracket: Bracket, a: int, b: int) -> float | None:
    """By how many stops exposure `b` has more light than `a`; None where too few pixels tell.

    The median over what both show well, its brighter parts first: what moved is the lesser part. Where most pixels
    contradict each other, as in pictures that do not lie on each other yet, it is told by the light that equal shares
    of both are below.
    """
    both = few(bracket.inside[a] & bracket.inside[b])[0]
    seen = [few(bracket.seen[i]) for i in (a, b)]
    cut = [clipped(x, FADE[0] * bracket.level)[0][both] for x in seen]
    light = [x.double().mean(0)[both] for x in seen]
    dark = torch.minimum(*light)
    known = (dark > _DARK * bracket.scale) & ~cut[0] & ~cut[1]
    if int(known.sum()) >= _PAIRS:
        weight = dark[known]
        stops = torch.log2(light[1][known] / light[0][known])
        middle = _median(stops, weight)
        if _median((stops - middle).abs(), weight) < _ALIKE:
            return middle
    return _ratio_of_ranks(light, cut, bracket.scale) if light[0].numel() else None


def _median(x: Tensor, weight: Tensor) -> float:
    values, order = x.sort()
    share = weight[order].cumsum(0)
    return float(values[torch.searchsorted(share, share[-1:] / 2)[0]])


def _ratio_of_ranks(light: Sequence[Tensor], cut: Sequence[Tensor], scale: float) -> float | None:
    """As `ratio`, of light `[n]` and where it is clipped, of each exposure."""
    # What is clipped or no number ranks as brightest, so that shares stay shares of the whole picture.
    ranked = [torch.where(c, math.inf, x).sort().values for x, c in zip(light, cut, strict=True)]
    ranked = [x[torch.linspace(0, len(x) - 1, _RANKS).long()] for x in ranked]
    seen = (torch.minimum(*ranked) > _DARK * scale) & torch.isfinite(ranked[0]) & torch.isfinite(ranked[1])
    if int(seen.sum()) < _FEWEST:
        return None
    return float(torch.log2(ranked[1][seen] / ranked[0][seen]).median())


def few(x: Tensor) -> Tensor:
    """Half a million of the pixels of `x [C, H, W]`, or some more, evenly spread."""
    step = max(1, math.isqrt(x[0].numel() // _SAMPLES))
    return x[:, ::step, ::step]


def by_light(bracket: Bracket) -> list[int]:
    """The indices of exposures from the darkest to the brightest picture."""
    top = torch.where(torch.isfinite(bracket.level), bracket.level, bracket.scale)[:, None, None]
    means = [
        float(torch.nan_to_num(few(x).double().clamp_min(0)).minimum(top.to(x.device)).mean()) for x in bracket.seen
    ]
    return sorted(range(len(means)), key=lambda i: means[i])
