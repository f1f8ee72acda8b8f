"""A closer look at the subject: where a matte shows that it is a small part of a picture, the student looks at that
part by itself too.

At the working size a face that is a third of a frame's height has some 30 pixels, of which no network could tell its
form. What is seen from near is laid over what is seen of the whole, in maps that are fine enough for both; the light is
that on the subject, as it is seen best from near.

What a network sees trembles by degrees with where a picture begins, by a pixel as by ten. So what is looked at does not
follow the matte: it is looked at in a few windows that lie still on the frame, and only how much each of them counts
follows the matte, without steps. An outline that wobbles then changes next to nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cores import Check, unchecked
from ..light.values import unit
from .apart import take_apart
from .codes import LightGuess, mixed_codes, mixed_lights
from .detail import Guide, enlarged, look_size, reduce_picture
from .looks import BY_LOGARITHM, LAYERS
from .student import Prediction

_MARGIN = 1.1  # of the subject's size: some of what is around it, which tells of its light
_OUTLIERS = 0.005  # of the matte's sum at each side: specks do not count
_NOTHING = 0.05  # of a matte: what a keyer leaves of what is behind would be much, taken together
_LEAST, _FULL = 1.25, 1.7  # times as many pixels across the subject, from which the closer look counts, and in full
_STEPS = (1.5, 2.0, 3.0, 4.0)  # times as fine as the maps of the whole may become; few, so that sizes come again
_EDGE = 0.04  # of the part, over which it goes over into the whole
_LADDER = 2 ** (1 / 6)  # a window's side over that of the next smaller one
_APART = 48  # windows to the frame's short side, from the middle of one to that of the next


class Window(NamedTuple):
    """A square of a plate in pixels, and how much of what is seen from near is seen in it, 0 to 1."""

    top: int
    left: int
    side: int
    weight: float

    def of(self, x: Tensor) -> Tensor:
        """The pixels of `x [..., H, W]` in it."""
        return x[..., self.top : self.top + self.side, self.left : self.left + self.side]


class Part(NamedTuple):
    """The part of a plate with the subject, a square in pixels; the windows about it in which it is looked at, whose
    weights add up to 1; and how far what is seen there counts, 0 to 1.
    """

    core: Window
    windows: tuple[Window, ...]
    share: float

    @property
    def height(self) -> int:
        """Pixels of a side of what `of` gives."""
        return min(window.side for window in self.windows)

    @property
    def width(self) -> int:
        """As many as `height`."""
        return self.height

    def of(self, x: Tensor) -> Tensor:
        """The windows of `x [1, c, H, W]`, `[n, c, height, width]`."""
        side = self.height
        return torch.cat([reduce_picture(window.of(x), side, side) for window in self.windows])


@dataclass(frozen=True, eq=False)
class Near:
    """What is seen of a part of a plate looked at by itself, in each of its windows, and of the whole plate without
    that.
    """

    part: Part
    looks: Prediction
    whole: Prediction

    @cached_property
    def prediction(self) -> Prediction:
        """What is seen in the windows together, of the core of the part."""
        return _together(self.looks, self.part)


def part_of_subject(matte: Tensor, plate: tuple[int, int], size: int) -> Part | None:
    """The part of a plate of a size `(H, W)` that is to be looked at closer; None where that shows no more.

    matte : `[1, 1, h, w]`, at the size at which the whole is looked at. size : pixels of the short side that is looked
    at. Core, weights and share follow the matte without steps, so that they are steady from frame to frame.
    """
    shown = ((matte[0, 0].double().cpu() - _NOTHING) / (1 - 2 * _NOTHING)).clamp(0, 1)
    shown = shown.square() * (3 - 2 * shown)
    if float(shown.sum()) <= 0:
        return None
    spans = [
        tuple(_place(shown.sum(dim), share) * whole for share in (_OUTLIERS, 1 - _OUTLIERS))
        for dim, whole in ((1, plate[0]), (0, plate[1]))
    ]
    short = min(plate)
    extent = _MARGIN * max(high - low for low, high in spans)
    # The windows about it are wide enough to hold it wherever between their middles it is.
    wanted = extent + 2 * short / _APART
    if wanted >= short:
        return None
    middle = [(low + high) / 2 for low, high in spans]
    windows = tuple(_windows(wanted, (middle[0], middle[1]), plate))
    seen = sum(window.weight * _finer(window.side, matte.shape[2] / plate[0], size) for window in windows)
    share = min(1.0, (seen - _LEAST) / (_FULL - _LEAST))
    if share <= 0:
        return None
    side = max(1, round(extent))
    top, left = (
        min(max(0, round(at - side / 2)), whole - side) for at, whole in zip(middle, plate, strict=True)
    )  # fmt: skip
    return Part(Window(top, left, side, 1.0), windows, share)


def _finer(side: int, whole: float, size: int) -> float:
    """How many times as many pixels a window shows across the subject as the whole, which is reduced by `whole`."""
    return look_size(side, side, size)[0] / side / whole


def _windows(wanted: float, middle: tuple[float, float], plate: tuple[int, int]) -> Iterator[Window]:
    """Four windows about a square whose side is `wanted`, with their weights.

    Sides and middles are points of a lattice that is the same for every matte, and the weights those of the corners of
    the simplex that the wanted one lies in (Kuhn 1960): a corner that is left for another one had no weight any more.
    """
    short = min(plate)
    spot = (math.log(short / wanted, _LADDER), *(at * _APART / short for at in middle))
    low = [math.floor(x) for x in spot]
    rest = [x - n for x, n in zip(spot, low, strict=True)]
    order = sorted(range(3), key=lambda axis: -rest[axis])
    levels = (1.0, *(rest[axis] for axis in order), 0.0)
    for corner in range(4):
        rung, *rows = (n + (axis in order[:corner]) for axis, n in enumerate(low))
        # One rung wider than wanted where there is no weight on the next: none is smaller than the subject.
        side = round(short / _LADDER ** max(0, rung - 1))
        top, left = (
            min(max(0, round(n * short / _APART - side / 2)), whole - side)
            for n, whole in zip(rows, plate, strict=True)
        )
        yield Window(top, left, side, levels[corner] - levels[corner + 1])


def _place(sums: Tensor, share: float) -> float:
    """Where a share of sums is reached, 0 to 1 of their length, between their edges."""
    total = torch.cat((sums.new_zeros(1), sums.cumsum(0)))
    wanted = share * float(total[-1])
    index = int(torch.searchsorted(total, wanted, right=True).clamp(1, len(sums))) - 1
    inside = (wanted - float(total[index])) / max(float(sums[index]), 1e-12)
    return (index + min(1.0, inside)) / len(sums)


def laid_over(seen: Near, plate: tuple[int, int], matte: Tensor) -> Prediction:
    """What is seen of a plate of a size `(H, W)`, with the subject as it is seen from near. matte : `[1, 1, H, W]`."""
    part, near, whole = seen.part, seen.prediction, seen.whole
    height, width = _size(whole, near, part.core, plate)
    place = _Place(part, plate, (height, width), whole.shading)
    cover = place.cover(matte)
    layers = {}
    for name in LAYERS:
        far, close = getattr(whole, name), getattr(near, name)
        if name in BY_LOGARITHM:
            far, close = far.log(), close.log()
        far, close = enlarged(far, height, width), place.near(close)
        if name == "depth":  # both are relative: the subject is as far away as it is seen in the whole
            close = close + _total((far - close) * cover) / _total(cover).clamp_min(1e-6)
        found = far + (close - far) * cover
        layers[name] = found.exp() if name in BY_LOGARITHM else unit(found, 1) if name == "normal" else found
    features = []
    for number, cells in ((0, 4), (1, 2)):
        far, close = (_valid(seen, number, cells) for seen in (whole, near))
        size = (height // cells, width // cells)
        coarse = _Place(part, plate, size, far)
        features.append(torch.lerp(enlarged(far, *size), coarse.near(close), coarse.cover(matte).to(far.dtype)))
    code = mixed_codes([(1 - part.share, whole.code), (part.share, near.code)]) if part.share < 1 else near.code
    light = near.light if part.share >= 1 else mixed_lights([(1 - part.share, whole.light), (part.share, near.light)])
    return replace(whole, **layers, code=code, light=light, features=(features[0], features[1]))


def taken_apart(plate: Tensor, seen: Near, sky: Tensor, matte: Tensor, check: Check = unchecked) -> dict[str, Tensor]:
    """What a plate `[1, 3, H, W]` is taken apart into (see `take_apart`): the subject by itself, and all around it as
    without a closer look, in which forms are as large as the whole. sky, matte : `[1, 1, H, W]`.
    """
    core, near, whole = seen.part.core, seen.prediction, seen.whole
    around = take_apart(plate, whole, _guide(plate, whole), sky, check)
    cut = core.of(plate)
    inside = take_apart(cut, near, _guide(cut, near), core.of(sky), check)
    size = (plate.shape[2], plate.shape[3])
    place = _Place(seen.part, size, _size(whole, near, core, size), plate)
    share = core.of(enlarged(place.cover(matte), *size))
    for name in ("albedo", "shading", "specular"):
        core.of(around[name]).lerp_(inside[name], share)
    return around | {"residual": plate - (around["albedo"] * around["shading"] + around["specular"])}


def _guide(plate: Tensor, seen: Prediction) -> Guide:
    return Guide(plate, seen.level, seen.shading.shape[-2], seen.shading.shape[-1])


def _size(whole: Prediction, near: Prediction, core: Window, plate: tuple[int, int]) -> tuple[int, int]:
    """Of maps that are fine enough for what is seen from near, or as fine as they may become; in fours, so that the
    relighting part has whole pixels.
    """
    height, width = whole.shading.shape[-2:]
    wanted = near.shading.shape[-1] / core.side * plate[1] / width
    step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
    return 4 * max(1, round(height * step / 4)), 4 * max(1, round(width * step / 4))


class _Place:
    """Where a part of a plate lies in maps of the whole."""

    def __init__(self, part: Part, plate: tuple[int, int], size: tuple[int, int], like: Tensor) -> None:
        self._part = part
        self._plate = plate
        self._size = size
        self._inside = [
            ((torch.arange(n, device=like.device) + 0.5) * (whole / n) - start) / part.core.side
            for n, whole, start in zip(size, plate, (part.core.top, part.core.left), strict=True)
        ]

    def near(self, x: Tensor) -> Tensor:
        """Maps of the part `[1, c, h, w]` at their place; outside it, as at its edge."""
        return _sampled(x, *self._inside)

    def cover(self, matte: Tensor) -> Tensor:
        """How far what is seen from near counts `[1, 1, h, w]`: on the subject and a little beyond it, not where the
        part ends within the plate.
        """
        small = reduce_picture(matte.clamp(0, 1), *self._size)
        small = F.avg_pool2d(F.max_pool2d(small, 5, 1, 2), 3, 1, 1, count_include_pad=False)
        core = self._part.core
        rows, columns = (
            _fading(inside, start > 0, start + core.side < whole)
            for inside, start, whole in zip(self._inside, (core.top, core.left), self._plate, strict=True)
        )
        return small * rows[:, None] * columns * self._part.share


def _sampled(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Maps `[1, c, h, w]` at rows and columns that are 0 to 1 within them; outside, as at their edge."""
    grid = torch.stack(torch.broadcast_tensors(2 * columns[None] - 1, 2 * rows[:, None] - 1), -1)[None]  # type: ignore[no-untyped-call]
    return F.grid_sample(x.float(), grid, padding_mode="border", align_corners=False).to(x.dtype)


def _together(looks: Prediction, part: Part) -> Prediction:
    """What is seen in each window of a part, `[n, ...]`, as one prediction of its core `[1, ...]`."""
    core, weights = part.core, [window.weight for window in part.windows]
    # As fine as the finest of them, and in fours for the features.
    cells = 4 * max(1, round(looks.shading.shape[-1] * core.side / part.height / 4))

    def mean(x: Tensor, n: int) -> Tensor:
        """The mean of maps in the windows `[n, c, h, w]`, at the core."""
        inside = (torch.arange(n, device=x.device) + 0.5) / n * core.side
        total = x.new_zeros((1, x.shape[1], n, n), dtype=torch.float32)
        for one, window in zip(torch.split(x, 1), part.windows, strict=True):
            rows, columns = ((inside + at) / window.side for at in (core.top - window.top, core.left - window.left))
            total += window.weight * _sampled(one.float(), rows, columns)
        return total

    layers = {}
    for name in LAYERS:
        x = getattr(looks, name)
        found = mean(x.log() if name in BY_LOGARITHM else x, cells)
        layers[name] = found.exp() if name in BY_LOGARITHM else unit(found, 1) if name == "normal" else found
    valid = (_valid(looks, number, step) for number, step in ((0, 4), (1, 2)))
    coarse, fine = (mean(x, cells // step) for x, step in zip(valid, (4, 2), strict=True))
    level = sum(w * x for w, x in zip(weights, torch.split(looks.level.log(), 1), strict=True))
    code = mixed_codes(list(zip(weights, torch.split(looks.code, 1), strict=True)))
    lights = [
        LightGuess(**{f.name: getattr(looks.light, f.name)[i : i + 1] for f in fields(LightGuess)}) for i in range(4)
    ]
    return Prediction(
        **layers,
        level=torch.as_tensor(level).exp(),
        code=code,
        light=mixed_lights(list(zip(weights, lights, strict=True))),
        features=(coarse, fine),
    )


def _fading(inside: Tensor, before: bool, after: bool) -> Tensor:
    """1 within 0 to 1 and 0 elsewhere, over `_EDGE` where the part ends within the plate."""
    begin = (inside / _EDGE).clamp(0, 1) if before else (inside > 0).to(inside)
    end = ((1 - inside) / _EDGE).clamp(0, 1) if after else (inside < 1).to(inside)
    return begin * end


def _total(x: Tensor) -> Tensor:
    """Rows first, as one number over a whole map is added up in parts of threads."""
    return x.sum(3, keepdim=True).sum(2, keepdim=True)


def _valid(seen: Prediction, number: int, cells: int) -> Tensor:
    """The relighting part's features without what the network has padded."""
    height, width = seen.shading.shape[-2:]
    return seen.features[number][..., : -(-height // cells), : -(-width // cells)].float()
