"""Flicker of a part of the frame: gains that change little from place to place, told by all that each place shows.

What a lamp, a screen or the rows of a shutter do is common to what lies around. So the change of a zone is what most of
its pixels agree on, each followed along its own motion: by maximum likelihood of Cauchy's distribution, its width told
with it, so that what moves awry, appears or has a change of its own counts little (Lange, Little and Taylor 1989). Over
time the changes of a zone lie on a straight line, as everywhere here. Last each pixel is asked how much of its zone's
flicker it showed itself: a screen has an edge, and who stands before it is lit by other lamps.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .gaussian import blurred
from .steady import Line, agreement, averaged

_ROUNDS = 4
_WIDTH = 0.02
"""Stops that pixels of a zone are apart at least."""
_APART = 0.05
"""Stops that pixels of a zone are apart where it counts half."""
_SLOPE = 0.04
"""Of the square of its flicker, the square of what pixels of a zone may be apart beside."""
_SEEN = 0.1
"""Share of a zone that has to be seen for it to count half."""
_FINE = 100
"""The long side divided by this is averaged over before a pixel is asked for its own share."""
_DOUBT = 0.08
"""Stops of flicker, below which a pixel is not asked."""
_MOST = 1.5
"""Times its zone's flicker that a pixel may have."""


class Zones:
    """As `Line`, for changes that are common to zones of a frame."""

    def __init__(self, like: Tensor, size: float, rows: bool, tolerance: float) -> None:
        """like : a change `[C, h, w]`. size : pixels, the standard deviation of a zone. rows : zones are as wide as the
        frame. tolerance : stops, above which a zone's change is a real one.
        """
        self._rows, self._tolerance = rows, tolerance
        height, width = like.shape[1:]
        self._step = max(1, int(min(size / 3, height / 4, width / 4)))
        self._sigma = size / self._step
        self._small = (-(-height // self._step), 1 if rows else -(-width // self._step))
        self._line: Line | None = None
        self._product = torch.zeros_like(like[:1])
        self._square = torch.zeros_like(like[:1])

    def add(self, step: float, change: Tensor, valid: Tensor) -> None:
        """Another frame. step : frames after this one. change : stops `[C, h, w]`. valid : `[1, h, w]`, where it is
        known, 0 to 1.
        """
        common, seen = self._common(change, valid)
        weight = seen / (seen + _SEEN) * agreement(common, torch.ones_like(seen), self._tolerance, 0.0)
        self._line = self._line or Line(common)
        self._line.add(step, common, weight)
        size = change.shape[1:]
        told = self._over(common.mean(0, keepdim=True), *size)
        own = averaged(change.mean(0, keepdim=True), valid, max(size) / _FINE)
        sure = blurred(valid, max(size) / _FINE).clamp(0, 1) * self._over(weight, *size)
        # What is far off its zone in a frame is a change of its own there, and says nothing of the lamp's.
        self._product += sure * own * told
        self._square += sure * told.square()

    def here(self) -> Tensor:
        """By how much pixels are moved, in stops `[C, h, w]`."""
        assert self._line is not None
        doubt = _DOUBT**2
        share = ((self._product + doubt) / (self._square + doubt)).clamp(0, _MOST)
        return share * self._over(self._line.here(), *share.shape[1:])

    def _common(self, change: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """What most pixels around each place agree on `[C, r, c]`, and how sure that is `[1, r, c]`: the share
        of them that is seen, less where they are apart."""
        seen, size, weight, off = self._mean(valid), change.shape[1:], valid, None
        common, scale = torch.empty(0), torch.empty(0)
        for _ in range(_ROUNDS):
            both = self._mean(torch.cat((change * weight, weight)))
            common = both[:-1] / both[-1:].clamp_min(1e-6)
            share = valid if off is None else weight
            off = (change - self._over(common, *size)).square().sum(0, keepdim=True)
            scale = self._mean(off * share) / seen.clamp_min(1e-6) + _WIDTH**2
            weight = 2 * valid / (1 + off / self._over(scale, *size))
        # A strong flicker may be less even: a lamp is nearer to one end of the zone.
        apart = _APART**2 + _SLOPE * common.square().mean(0, keepdim=True)
        return common, seen * apart / (apart + scale)

    def _mean(self, x: Tensor) -> Tensor:
        """Means of `x [C, h, w]` over zones, in few pixels."""
        height, width = x.shape[1:]
        if self._rows:
            x = x.mean(2, keepdim=True)
        else:
            x = F.pad(x[None], (0, -width % self._step, 0, 0), mode="replicate")[0]
        x = F.pad(x[None], (0, 0, 0, -height % self._step), mode="replicate")
        x = F.avg_pool2d(x, (self._step, 1 if self._rows else self._step))[0]
        return blurred(x, self._sigma)

    def _over(self, x: Tensor, height: int, width: int) -> Tensor:
        """What is known in zones `[C, r, c]` smoothly over `[C, height, width]`."""
        times = (float(self._step), 1.0 if self._rows else float(self._step))
        found = F.interpolate(x[None], scale_factor=times, mode="bilinear", align_corners=False)[0, :, :height]
        return found.expand(-1, -1, width) if self._rows else found[:, :, :width]
