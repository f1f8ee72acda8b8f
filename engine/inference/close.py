"""A closer look at the subject: where a matte shows that it is a small part of a picture, the student looks at that
part by itself too.

At the working size a face that is a third of a frame's height has some 30 pixels, of which no network could tell its
form. What is seen from near is laid over what is seen of the whole, in maps that are fine enough for both; the light is
that on the subject, as it is seen best from near.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..light import unit
from .apart import take_apart
from .detail import Guide, enlarged, look_size, reduce_picture
from .looks import BY_LOGARITHM, LAYERS
from .student import LightGuess, Prediction, mixed_codes

_MARGIN = 1.2  # of the subject's size: some of what is around it, which tells of its light
_OUTLIERS = 0.005  # of the matte's sum at each side: specks do not count
_LEAST, _FULL = 1.25, 1.7  # times as many pixels across the subject, from which the closer look counts, and in full
_STEPS = (1.5, 2.0, 3.0, 4.0)  # times as fine as the maps of the whole may become; few, so that sizes come again
_EDGE = 0.04  # of the part, over which it goes over into the whole


class Part(NamedTuple):
    """A rectangle of a plate in pixels, and how far the closer look at it counts, 0 to 1."""

    top: int
    left: int
    height: int
    width: int
    share: float

    def of(self, x: Tensor) -> Tensor:
        """The part of `x [..., H, W]`."""
        return x[..., self.top : self.top + self.height, self.left : self.left + self.width]


class Near(NamedTuple):
    """What is seen of a part of a plate looked at by itself, and of the whole plate without that."""

    part: Part
    prediction: Prediction
    whole: Prediction


def part_of_subject(matte: Tensor, plate: tuple[int, int], size: int) -> Part | None:
    """The part of a plate of a size `(H, W)` that is to be looked at closer; None where that shows no more.

    matte : `[1, 1, h, w]`, at the size at which the whole is looked at. size : pixels of the short side that is looked
    at. The part follows the matte without steps, so that it is steady from frame to frame.
    """
    sums = matte[0, 0].clamp(0, 1).double().cpu()
    if float(sums.sum()) <= 0:
        return None
    spans = [
        tuple(_place(sums.sum(dim), share) * whole for share in (_OUTLIERS, 1 - _OUTLIERS))
        for dim, whole in ((1, plate[0]), (0, plate[1]))
    ]
    side = max(1, round(_MARGIN * max(high - low for low, high in spans)))
    height, width = min(side, plate[0]), min(side, plate[1])
    top, left = (
        min(max(0, round((low + high - length) / 2)), whole - length)
        for (low, high), length, whole in zip(spans, (height, width), plate, strict=True)
    )
    finer = look_size(height, width, size)[0] / height / (matte.shape[2] / plate[0])
    share = min(1.0, (finer - _LEAST) / (_FULL - _LEAST))
    return Part(top, left, height, width, share) if share > 0 else None


def _place(sums: Tensor, share: float) -> float:
    """Where a share of sums is reached, 0 to 1 of their length, between their edges."""
    total = torch.cat((sums.new_zeros(1), sums.cumsum(0)))
    wanted = share * float(total[-1])
    index = int(torch.searchsorted(total, wanted, right=True).clamp(1, len(sums))) - 1
    inside = (wanted - float(total[index])) / max(float(sums[index]), 1e-12)
    return (index + min(1.0, inside)) / len(sums)


def laid_over(seen: Near, plate: tuple[int, int], matte: Tensor) -> Prediction:
    """What is seen of a plate of a size `(H, W)`, with the subject as it is seen from near. matte : `[1, 1, H, W]`."""
    part, near, whole = seen
    height, width = _size(whole, near, part, plate)
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
    light = _mixed_light(whole.light, near.light, part.share)
    return replace(whole, **layers, code=code, light=light, features=(features[0], features[1]))


def taken_apart(plate: Tensor, seen: Near, sky: Tensor, matte: Tensor) -> dict[str, Tensor]:
    """What a plate `[1, 3, H, W]` is taken apart into (see `take_apart`): the subject by itself, and all around it as
    without a closer look, in which forms are as large as the whole. sky, matte : `[1, 1, H, W]`.
    """
    part, near, whole = seen
    around = take_apart(plate, whole, _guide(plate, whole), sky)
    cut = part.of(plate)
    inside = take_apart(cut, near, _guide(cut, near), part.of(sky))
    size = (plate.shape[2], plate.shape[3])
    place = _Place(part, size, _size(whole, near, part, size), plate)
    share = part.of(enlarged(place.cover(matte), *size))
    for name in ("albedo", "shading", "specular"):
        part.of(around[name]).lerp_(inside[name], share)
    return around | {"residual": plate - (around["albedo"] * around["shading"] + around["specular"])}


def _guide(plate: Tensor, seen: Prediction) -> Guide:
    return Guide(plate, seen.level, seen.shading.shape[-2], seen.shading.shape[-1])


def _size(whole: Prediction, near: Prediction, part: Part, plate: tuple[int, int]) -> tuple[int, int]:
    """Of maps that are fine enough for what is seen from near, or as fine as they may become; in fours, so that the
    relighting part has whole pixels.
    """
    height, width = whole.shading.shape[-2:]
    wanted = near.shading.shape[-1] / part.width * plate[1] / width
    step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
    return 4 * max(1, round(height * step / 4)), 4 * max(1, round(width * step / 4))


class _Place:
    """Where a part of a plate lies in maps of the whole."""

    def __init__(self, part: Part, plate: tuple[int, int], size: tuple[int, int], like: Tensor) -> None:
        self._part = part
        self._plate = plate
        self._size = size
        starts, sides = (part.top, part.left), (part.height, part.width)
        self._inside = [
            ((torch.arange(n, device=like.device) + 0.5) * (whole / n) - start) / side
            for n, whole, start, side in zip(size, plate, starts, sides, strict=True)
        ]

    def near(self, x: Tensor) -> Tensor:
        """Maps of the part `[1, c, h, w]` at their place; outside it, as at its edge."""
        rows, columns = (2 * inside - 1 for inside in self._inside)
        grid = torch.stack(torch.broadcast_tensors(columns[None], rows[:, None]), -1)[None]  # type: ignore[no-untyped-call]
        return F.grid_sample(x.float(), grid, padding_mode="border", align_corners=False).to(x.dtype)

    def cover(self, matte: Tensor) -> Tensor:
        """How far what is seen from near counts `[1, 1, h, w]`: on the subject and a little beyond it, not where the
        part ends within the plate.
        """
        small = reduce_picture(matte.clamp(0, 1), *self._size)
        small = F.avg_pool2d(F.max_pool2d(small, 5, 1, 2), 3, 1, 1, count_include_pad=False)
        starts, sides = (self._part.top, self._part.left), (self._part.height, self._part.width)
        rows, columns = (
            _fading(inside, start > 0, start + side < whole)
            for inside, start, side, whole in zip(self._inside, starts, sides, self._plate, strict=True)
        )
        return small * rows[:, None] * columns * self._part.share


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


def _mixed_light(far: LightGuess, near: LightGuess, share: float) -> LightGuess:
    if share >= 1:
        return near

    def between(name: str, how: Callable[[Tensor], Tensor]) -> Tensor:
        a, b = (how(getattr(light, name)) for light in (far, near))
        return a + (b - a) * share

    levels = [f.name for f in fields(far) if f.name != "direction"]
    mixed = {name: between(name, lambda x: x.clamp_min(1e-12).log()).exp() for name in levels}
    return LightGuess(direction=unit(between("direction", lambda x: x), 1), **mixed)
