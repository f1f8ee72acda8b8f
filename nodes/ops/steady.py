"""Changes from frame to frame that are no changes of light: found along the motion and taken back.

What a frame is to be lies on a line through what the frames around it say. A line, because light that comes up or a
shadow that passes changes steadily and is to stay so, at the ends of a shot too, where there are frames on one side
only. All is in stops, so that exposure does not matter.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .flow import Motion, followed
from .gaussian import blurred

_FLOOR = 2.0**-7  # of the level, below which light says little
_BLACK = 0.05  # channels that are seen: with fewer all are black
_STEADY = 1.0  # frames squared: how much trends are doubted that few frames show
_ROUNDS = 5
_FAR = 3.0  # times what frames usually are off a line, at which one counts half
_EVEN = 0.02  # stops that they are off it at least
_HEARD = 0.1  # weight from which on a frame tells what is usual
_FINEST = 1.5  # pixels of a smaller picture that changes are averaged over at least
_LEAST = 1e-3  # share of the picture that has to be seen in both frames


class Stops:
    """How light reads in stops: that of a picture `[C, H, W]`, or that of a picture over its plate, both given.

    Under a floor, a small share of the median of what is above black in the frame that is steadied, light says little.
    It is the same for all frames, or dark channels would change with the level of others. Negative values count as
    black. Every exposure gives the same but for a constant. What is shown is `reduced`, `times` smaller.
    """

    def __init__(self, lights: Sequence[Tensor], size: float, times: int = 1) -> None:
        """lights : of the frame that is steadied, the picture and maybe the plate. size : pixels that are averaged."""
        self._times = times
        self._floors = [_floor(x[:, ::times, ::times]) for x in lights]
        shown = [_shown(x, floor, size, times) for x, floor in zip(lights, self._floors, strict=True)]
        self._shown = shown[0]
        # Where the picture is too dark to show what it does, and the plate is not, that counts as little.
        self._under = (shown[0] / shown[1].clamp_min(_LEAST)).clamp_max(1) if len(shown) > 1 else None

    def of(self, light: Tensor, which: int) -> Tensor:
        """What a frame shows `[C, h, w]`, of its picture (0) or plate (1), to be brought to the place of another."""
        return reduced(torch.log2(light.clamp_min(0) + self._floors[which]), self._times)

    def between(self, here: Sequence[Tensor], there: Sequence[Tensor]) -> Tensor:
        """The change in stops `[C, h, w]` from what the steadied frame shows to what another one does."""
        change = there[0] - here[0]
        return change if self._under is None else change - self._under * (there[1] - here[1])

    def evened(self, by: Tensor, channels: Sequence[int]) -> Tensor:
        """A change in stops `[C, H, W]` whose channels near black, of some that make a colour, change as the others.

        What a channel does not show is taken from what all of them show together, or it would flicker on beside those
        that are steady, and tint what is saturated. Where all are black little is added.
        """
        if len(channels) < 2:
            return by
        index = list(channels)
        colors, shown, out = by[index], self._shown[index], by.clone()
        out[index] = colors + (1 - shown) * colors.sum(0, keepdim=True) / (shown.sum(0, keepdim=True) + _BLACK)
        return out


def _floor(x: Tensor) -> Tensor:
    """The light below which stops of `x` say little."""
    lit = x[x > 0]
    return _FLOOR * (lit.median() if lit.numel() else x.new_tensor(1.0))


def _shown(x: Tensor, floor: Tensor, size: float, times: int) -> Tensor:
    """The share `[C, h, w]` of its changes that stops of `x` show, averaged as they are: little under the floor."""
    light = reduced(x.clamp_min(0), times)
    light = blurred(light, size / times) if size else light
    return light / (light + floor).clamp_min(torch.finfo(x.dtype).tiny)


def coarseness(size: float) -> int:
    """How many times smaller a picture may be whose changes are averaged over `size` pixels anyway."""
    return 4 if size >= 4 * _FINEST else 2 if size >= 2 * _FINEST else 1


def reduced(x: Tensor, times: int) -> Tensor:
    """`x [C, H, W]` `times` smaller, rounded up, means of as many pixels; those at the edge repeat."""
    if times == 1:
        return x
    height, width = x.shape[1:]
    padded = F.pad(x[None], (0, -width % times, 0, -height % times), mode="replicate")
    return F.avg_pool2d(padded, times)[0]


def enlarged(x: Tensor, times: int, height: int, width: int) -> Tensor:
    """What was `reduced`, or one number for all, smoothly over `[C, height, width]`."""
    if times == 1 or x.shape[1:] == (1, 1):
        return x
    return F.interpolate(x[None], scale_factor=times, mode="bilinear", align_corners=False)[0, :, :height, :width]


def smaller(motion: Motion, times: int) -> Motion:
    """A motion between pictures for the same ones `times` smaller."""
    return motion if times == 1 else Motion(reduced(motion.vectors, times) / times, reduced(motion.valid, times))


class Shown:
    """What frames show, brought to the place of the one that is steadied; plates once for all layers over them."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._plates: dict[tuple[float, tuple[str, ...]], Tensor] = {}

    def of(
        self, lights: Sequence[Tensor], scale: Stops | None, frame: float, channels: tuple[str, ...],
        way: Motion | None = None,
    ) -> list[Tensor]:  # fmt: skip
        """Of a frame's picture and maybe its plate, as they are or in stops, `[C, h, w]` each, along a way.

        channels : those of the layer, which say what of the plate it is compared with.
        """
        found = []
        for which, light in enumerate(lights):
            x = self._plates.get((frame, channels)) if which else None
            if x is None:
                x = reduced(light, self._times) if scale is None else scale.of(light, which)
                x = x if way is None else followed(x, way.vectors)
            if which:
                self._plates[frame, channels] = x
            found.append(x)
        return found


class Line:
    """Straight lines over time through the changes that frames show, one for each pixel, weighted.

    The frame itself shows no change, with weight 1.
    """

    def __init__(self, like: Tensor) -> None:
        zero = torch.zeros_like(like[:1])
        self._weight, self._step, self._square = torch.ones_like(zero), zero.clone(), zero + _STEADY
        self._change, self._slope = torch.zeros_like(like), torch.zeros_like(like)

    def add(self, step: float, change: Tensor, weight: Tensor) -> None:
        """Another frame. step : frames after this one. change : stops `[C, H, W]`. weight : `[1, H, W]`, 0 to 1."""
        self._weight += weight
        self._step += weight * step
        self._square += weight * step**2
        weighted = change * weight
        self._change += weighted
        self._slope.add_(weighted, alpha=step)

    def here(self) -> Tensor:
        """Where the lines pass this frame, in stops `[C, H, W]` from what it is."""
        determinant = self._weight * self._square - self._step**2
        return (self._square * self._change - self._step * self._slope) / determinant


class Levels:
    """As `Line`, for one change of each whole frame, where a frame that is off the line of the others does not bend it.

    A flash would else be left in part, and darken or brighten the frames beside it. Weights are iterated
    (Cauchy's, by the median of what frames are off, after Beaton and Tukey 1974): even flickers come out as of `Line`.
    """

    def __init__(self, like: Tensor) -> None:
        self._steps, self._changes, self._weights = [0.0], [torch.zeros_like(like)], [torch.ones_like(like[:1])]

    def add(self, step: float, change: Tensor, weight: Tensor) -> None:
        """Another frame. step : frames after this one. change : stops `[C, 1, 1]`. weight : `[1, 1, 1]`, 0 to 1."""
        self._steps.append(step)
        self._changes.append(change)
        self._weights.append(weight)

    def here(self) -> Tensor:
        """Where the line passes this frame, in stops `[C, 1, 1]` from what it is."""
        changes, weights = (torch.cat([x.flatten()[None] for x in xs]) for xs in (self._changes, self._weights))
        step = changes.new_tensor(self._steps)[:, None]
        share = weights
        for _ in range(_ROUNDS):
            count, first, square = share.sum(), (share * step).sum(), (share * step**2).sum() + _STEADY
            change, slope = (share * changes).sum(0), (share * step * changes).sum(0)
            determinant = count * square - first**2
            at, trend = (square * change - first * slope) / determinant, (count * slope - first * change) / determinant
            off = (changes - at - trend * step).abs().amax(1, keepdim=True)
            usual = off[weights > _HEARD].median().clamp_min(_EVEN)
            share = weights / (1 + (off / (_FAR * usual)) ** 2)
        return at.reshape(-1, 1, 1)


def averaged(change: Tensor, valid: Tensor, size: float) -> Tensor:
    """A change `[C, H, W]` averaged over `size` pixels, the standard deviation of a Gaussian, as far as `valid`."""
    return blurred(change * valid, size) / blurred(valid, size).clamp_min(1e-6)


def agreement(change: Tensor, valid: Tensor, tolerance: float, size: float) -> Tensor:
    """How far `[1, H, W]` a change in stops `[C, H, W]` may be a flicker: 1 for small ones, 0 for those that are much
    larger than `tolerance` stops in any channel, which are changes of light.

    valid : `[1, H, W]`, where the change is known. size : pixels over which it is averaged first.
    """
    seen = averaged(change, valid, size).abs().amax(0, keepdim=True)
    return torch.exp(-((seen / tolerance) ** 2))


def of_all(change: Tensor, valid: Tensor) -> Tensor | None:
    """The change `[C, 1, 1]` that most of the picture shows, its median where `valid [1, H, W]`; None where too little
    is valid to say."""
    sure = valid[0] > 0.5
    if float(sure.sum()) <= _LEAST * sure.numel():
        return None
    return change[:, sure].median(1).values.reshape(-1, 1, 1)
