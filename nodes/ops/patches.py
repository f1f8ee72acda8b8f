"""Filling holes with texture from around them: patches of the hole are matched with patches of known pixels, and what
the matches show is put in, from coarse to fine.

The energy and the votes are those of Wexler, Shechtman and Irani (2007). Matches come down from the coarser scale and
spread between neighbours, as in PatchMatch (Barnes et al., 2009), but every candidate is tried in a fixed order and
none is random, so that a frame is always filled alike. All of it happens on the CPU: a choice between two patches that
are nearly as good must not depend on the device.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .membrane import membrane
from .progress import Progress, part, silent

_COARSEST = 28  # least sides of the smallest scale
_ROUNDS, _FINE_ROUNDS = 5, 2  # of matching and voting, on coarse scales, and on the finest and large ones
_LARGE = 1 << 15  # pixels of the hole from which a scale is large
_DISTANCES = 1 << 22  # held at a time
_PIECE = 1 << 13  # patches compared at a time
_LINEAR_SHARE = 0.02  # of the level: below, the scale of light goes over from logarithmic to linear
_TRUST = 1.3
_SHARP = 0.1
_GUESS = 0.15  # what the smooth guess counts against what is known, while the smallest scale is filled
_CANDIDATES = (
    *((dy * reach, dx * reach, True) for reach in (1, 5) for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))),
    *((dy, dx, False) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx),
)
"""Steps to try, and whether to a neighbour whose match is moved along, or from one's own match."""


def fill_texture(x: Tensor, hole: Tensor, size: int = 7, search: int = 100, progress: Progress = silent) -> Tensor:
    """`x [C, H, W]`, scene-linear, with its `hole [H, W]` filled with patches of what is around.

    size : sides of a patch in pixels, odd. search : how far from a hole patches are taken, in pixels. Holes that lie
        apart are filled one by one. Brightness is compared on a logarithmic scale that does not depend on exposure.
        Where no whole patch is known, the fill is smooth instead.
    """
    filled = membrane(x, ~hole, check=lambda: progress(0.0))
    level = float(x[:, ~hole].abs().median()) if bool((~hole).any()) else 0.0
    if level == 0 or not bool(hole.any()):
        return filled
    scale = level * _LINEAR_SHARE
    y, unknown = _through(np.arcsinh, filled.double().cpu() / scale).float(), hole.cpu()
    joined = cv2.dilate(unknown.to(torch.uint8).numpy(), np.ones((size, size), np.uint8))
    count, numbers, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    made = y.clone()
    for i in range(1, count):
        left, top, width, height = (int(v) for v in boxes[i][:4])
        rows = slice(max(0, top - search), min(y.shape[1], top + height + search))
        columns = slice(max(0, left - search), min(y.shape[2], left + width + search))
        mine = torch.from_numpy(numbers[rows, columns] == i) & unknown[rows, columns]
        done = _filled(y[:, rows, columns], unknown[rows, columns], size, part(progress, i - 1, count - 1))
        made[:, rows, columns] = torch.where(mine, done, made[:, rows, columns])
    return torch.where(hole, (_through(np.sinh, made.double()) * scale).to(x), x)


def _through(function: Callable[[NDArray[np.float64]], NDArray[np.float64]], x: Tensor) -> Tensor:
    """A function of numpy: those of torch may round differently where its threads part the work."""
    return torch.from_numpy(function(x.numpy()))


def _filled(smooth: Tensor, hole: Tensor, size: int, progress: Progress) -> Tensor:
    """The fill on the scale on which patches are compared; `smooth` itself where there are no patches."""
    scales = _pyramid(smooth.contiguous(), hole)
    grids = [_Grid.of(unknown, size) for _, unknown in scales]
    if grids[0] is None:
        return smooth
    y: Tensor | None = None
    before: _Grid | None = None
    matches = torch.zeros(0, dtype=torch.long)
    work = [0.25**i for i in range(len(scales))]
    all_work = sum(work)
    for i in reversed(range(len(scales))):
        grid, (start, unknown) = grids[i], scales[i]
        if grid is None:
            continue
        done, mine = sum(work[i + 1 :]) / all_work, work[i] / all_work
        before_it = _between(progress, done, 0.0)
        if before is None:
            y = _peeled(start, unknown, grid, before_it)
            matches = _first_matches(y, grid)
        else:
            # What the coarser scale matched, at full detail: its picture made larger would only match what is smooth.
            matches = _finer(matches, before, grid)
            y = _with(
                start, grid.hole, _voted(start, grid, matches, torch.zeros(matches.numel()), grid.hole, before_it)
            )
        rounds = _FINE_ROUNDS if i == 0 or grid.hole.numel() > _LARGE else _ROUNDS
        for turn in range(rounds):
            share = _between(progress, done + mine * turn / rounds, mine / rounds)
            matches, distance = _matched(y, grid, matches, share)
            if i == 0 and turn == rounds - 1:
                y = _joined(y, unknown, grid, matches, distance, share)
            else:
                y = _with(y, grid.hole, _voted(y, grid, matches, distance, grid.hole, share, sharp=True))
        before = grid
    assert y is not None
    return y


def _between(progress: Progress, start: float, length: float) -> Progress:
    """The progress of a piece of the work."""
    return lambda share: progress(start + share * length)


def _pyramid(y: Tensor, hole: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The picture and its hole at scales from fine to coarse; a coarse pixel is known where all of its pixels are."""
    scales = [(y, hole)]
    while min(y.shape[1:]) >= 2 * _COARSEST and bool(hole.any()):
        y = F.avg_pool2d(y[None], 2)[0]
        hole = F.max_pool2d(hole[None, None].float(), 2)[0, 0] > 0
        scales.append((y, hole))
    return scales


@dataclass(frozen=True)
class _Grid:
    """Which patches there are at one scale; places are counted row by row.

    targets : middles of the patches that touch the hole, `[T]`. allowed : `[H W]`, middles of patches that are known as
    a whole. number : `[H W]`, which target a place is, else -1. hole : its places, `[N]`. trust : `[T]`, falling with
    the distance from what is known. size : sides of a patch.
    """

    width: int
    size: int
    offsets: tuple[int, ...]
    targets: Tensor
    allowed: Tensor
    number: Tensor
    hole: Tensor
    trust: Tensor

    @staticmethod
    def of(hole: Tensor, size: int) -> "_Grid | None":
        """None where no patch is known as a whole, or none touches the hole."""
        radius, (height, width) = size // 2, hole.shape
        inside = torch.zeros_like(hole)
        inside[radius : height - radius, radius : width - radius] = True
        touched = F.max_pool2d(hole[None, None].float(), size, 1, radius)[0, 0] > 0
        allowed, wanted = (inside & ~touched).flatten(), (inside & touched).flatten()
        if not bool(allowed.any()) or not bool(wanted.any()):
            return None
        targets = torch.nonzero(wanted).flatten()
        number = torch.full_like(wanted, -1, dtype=torch.long)
        number[targets] = torch.arange(targets.numel())
        away = cv2.distanceTransform(hole.to(torch.uint8).numpy(), cv2.DIST_L2, 5)
        trust = torch.from_numpy(_TRUST**-away).flatten()[targets]
        reach = range(-radius, radius + 1)
        offsets = tuple(dy * width + dx for dy in reach for dx in reach)
        return _Grid(width, size, offsets, targets, allowed, number, torch.nonzero(hole.flatten()).flatten(), trust)


def _first_matches(y: Tensor, grid: _Grid) -> Tensor:
    """The best of all known patches for each target, `[T]`."""
    flat, known = y.flatten(1), torch.nonzero(grid.allowed).flatten()
    table, own = (torch.cat([flat[:, at + o] for o in grid.offsets]).T for at in (known, grid.targets))
    best = [
        torch.cdist(some, table, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        for some in torch.split(own, max(1, _DISTANCES // known.numel()))
    ]
    return known[torch.cat(best)]


def _finer(matches: Tensor, coarse: _Grid, grid: _Grid) -> Tensor:
    """The matches of a scale at the next finer one; where there are none, the first known patch."""
    rows, columns = grid.targets // grid.width, grid.targets % grid.width
    height = coarse.number.numel() // coarse.width
    parent = (rows // 2).clamp_max(height - 1) * coarse.width + (columns // 2).clamp_max(coarse.width - 1)
    number = coarse.number[parent]
    found = matches[number.clamp_min(0)]
    place = (found // coarse.width * 2 + rows % 2) * grid.width + found % coarse.width * 2 + columns % 2
    first = torch.nonzero(grid.allowed).flatten()[0]
    place = place.clamp_max(grid.allowed.numel() - 1)
    return torch.where((number >= 0) & grid.allowed[place], place, first)


def _matched(y: Tensor, grid: _Grid, matches: Tensor, progress: Progress) -> tuple[Tensor, Tensor]:
    """Better matches and their mean squared distances: those of neighbours, moved along, and those beside one's own."""
    size, channels = grid.size, y.shape[0]
    # A row of a patch lies together in memory: it is fetched as one.
    table = y.flatten(1).T.contiguous().flatten().unfold(0, size * channels, channels)
    starts = torch.arange(size) * grid.width + grid.offsets[0]
    some_rows, other_rows = torch.arange(0, size, 3), torch.tensor([row for row in range(size) if row % 3])

    def shown(places: Tensor, rows: Tensor) -> Tensor:
        """Rows of the patches around places, `[T, len(rows) * size * C]`."""
        found = table.index_select(0, (places[:, None] + starts[rows]).flatten())
        return found.view(places.numel(), rows.numel() * table.shape[1])

    def squares(places: Tensor, which: Tensor, rows: Tensor) -> Tensor:
        return shown(places, rows).sub_(shown(grid.targets[which], rows)).square_().sum(1)

    def distance(places: Tensor, some: Tensor, share: float, most: Tensor | None = None) -> Tensor:
        """Of patches around `places` from the targets `some`; infinite where a part of it is as large as `most`."""
        found = []
        for at, which in zip(torch.split(places, _PIECE), torch.split(some, _PIECE), strict=True):
            progress(share)
            total = squares(at, which, some_rows) / (size * size * channels)
            near = torch.arange(at.numel()) if most is None else torch.nonzero(total < most[which]).flatten()
            whole = torch.full_like(total, torch.inf)
            whole[near] = total[near] + squares(at[near], which[near], other_rows) / (size * size * channels)
            found.append(whole)
        return torch.cat(found)

    everything = torch.arange(grid.targets.numel())
    best, least = matches.clone(), distance(matches, everything, 0.0)
    for k, (dy, dx, spread) in enumerate(_CANDIDATES):
        step = dy * grid.width + dx
        if spread:
            number = grid.number[(grid.targets + step).clamp(0, grid.number.numel() - 1)]
            candidate, there = best[number.clamp_min(0)] - step, number >= 0
        else:
            candidate, there = best + step, torch.ones_like(best, dtype=torch.bool)
        there &= (candidate >= 0) & (candidate < grid.allowed.numel()) & (candidate != best)
        there &= grid.allowed[candidate.clamp(0, grid.allowed.numel() - 1)]
        some = everything[there]
        if some.numel():
            found = distance(candidate[some], some, k / len(_CANDIDATES), least)
            better = found < least[some]
            some = some[better]
            best[some], least[some] = candidate[some], found[better]
    return best, least


def _voted(
    y: Tensor, grid: _Grid, matches: Tensor, distance: Tensor, places: Tensor, progress: Progress, sharp: bool = False
) -> Tensor:
    """The mean of what the patches over each of `places [N]` show there, good ones counting the more: `[N, C]`.

    sharp : count bad ones much less, so that the mean is about as sharp as the patches are.
    """
    table = y.flatten(1).T.contiguous()
    spread = distance.sort().values[int(0.75 * (distance.numel() - 1))].clamp_min(1e-8) * (_SHARP if sharp else 1.0)
    weight = _through(np.exp, (-distance / (2 * spread)).double()).float().clamp_min(1e-6) * grid.trust
    total, sum_of_weights = torch.zeros(places.numel(), y.shape[0]), torch.zeros(places.numel(), 1)
    number = grid.number.clamp_min(0)
    shown, share = matches[number], torch.where(grid.number >= 0, weight[number], 0.0)
    for o in grid.offsets:
        progress(1.0)
        at = (places - o).clamp(0, number.numel() - 1)
        mine = share[at][:, None]
        total.addcmul_(table.index_select(0, shown[at] + o), mine)
        sum_of_weights += mine
    return torch.where(sum_of_weights > 0, total / sum_of_weights.clamp_min(1e-30), table[places])


def _joined(y: Tensor, hole: Tensor, grid: _Grid, matches: Tensor, distance: Tensor, progress: Progress) -> Tensor:
    """The hole filled for good: what the patches show, moved so that it meets what is known without a step.

    What they show beside the hole differs from what is known there; that difference, stretched over the hole like a
    skin, is added to it.
    """
    ring = (F.max_pool2d(hole[None, None].float(), 5, 1, 2)[0, 0] > 0) & ~hole
    beside = torch.nonzero(ring.flatten()).flatten()
    gap = y.flatten(1)[:, beside].T - _voted(y, grid, matches, distance, beside, progress, sharp=True)
    rows, columns = torch.nonzero(ring | hole, as_tuple=True)
    window = slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)
    spread = membrane(_with(torch.zeros_like(y), beside, gap)[:, *window], (~hole)[window], check=lambda: progress(1.0))
    made = _with(y, grid.hole, _voted(y, grid, matches, distance, grid.hole, progress, sharp=True))
    made[:, *window] += torch.where(hole[window], spread, 0.0)
    return made


def _with(y: Tensor, places: Tensor, values: Tensor) -> Tensor:
    """A copy of `y [C, H, W]` with `values [N, C]` at places."""
    made = y.clone()
    made.flatten(1)[:, places] = values.T
    return made


def _peeled(y: Tensor, hole: Tensor, grid: _Grid, progress: Progress) -> Tensor:
    """A first filling of the smallest scale, ring by ring from outside.

    Each pixel comes from the patch that fits best what is known around it by then, and a little the smooth filling.
    That alone would only ever match what is smooth.
    """
    radius, (height, width) = int(grid.offsets[-1] % grid.width), hole.shape
    known, y = ~hole, y.clone()
    places = torch.nonzero(grid.allowed).flatten()
    offsets = torch.tensor(grid.offsets)
    table = y.flatten(1).T[places[:, None] + offsets].flatten(1)
    while not bool(known.all()):
        progress(0.0)
        ring = (F.max_pool2d(known[None, None].float(), 3, 1, 1)[0, 0] > 0) & ~known
        rows, columns = torch.nonzero(ring, as_tuple=True)
        middle = rows.clamp(radius, height - 1 - radius) * width + columns.clamp(radius, width - 1 - radius)
        around = middle[:, None] + offsets
        own, counts = y.flatten(1).T[around].flatten(1), known.flatten()[around].float().clamp_min(_GUESS)
        step = max(1, _DISTANCES // table.numel())
        counts = counts.repeat_interleave(y.shape[0], 1)
        best = [
            (table - mine[:, None]).square_().mul_(counted[:, None]).sum(2).argmin(1)
            for mine, counted in zip(torch.split(own, step), torch.split(counts, step), strict=True)
        ]
        at = rows * width + columns
        y.flatten(1)[:, at] = y.flatten(1)[:, places[torch.cat(best)] + at - middle]
        known = known | ring
    return y
