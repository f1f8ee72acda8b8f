from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, Need, Region, node, param, port

from ..light.plate import Recolored, plate_of
from ..ops.edge_aware import guided_whole
from ..ops.fir import finite
from ..ops.transfer import Match, decode, encode, sampled, transfer
from .base import Estimator

_LEAST = 1e-30
_EDGE = 0.7  # of the encoded brightness, about 0.6 stops


@node(
    "baseline.color_transfer",
    see="learned.light_transfer learned.light_match",
    label="ColorTransfer",
    menu="Light/Baseline",
)
class ColorTransfer(Estimator, Recolored):
    """Gives a picture the colours and brightness of a reference picture, which may show something else. Where light
    comes from does not change: for that take LightTransfer.

    - `moments` matches mean and contrast of brightness, yellow-blue and red-green (Reinhard).
    - `covariance` also matches how they go together, by the smallest change of colours that does.
    - `distribution` matches all of it. The change is smoothed within the picture's edges, so that its grain is not torn
      apart; where the pictures differ much, gradients still may be.

    Areas choose what is compared in each picture, such as the skin in both. With `brightness` at 0 only colour is taken
    over, and the exposure of the picture stays.
    """

    roi: ClassVar[bool] = False

    reference: Image = port("the picture whose colours are wanted")
    reference_area: Image = port("where to measure the reference, by the same channel as area", optional=True)
    match: str = param(
        default="covariance",
        choices=("moments", "covariance", "distribution"),
        doc="moments: mean and contrast; covariance: also how colours go together; distribution: all of it",
    )
    smooth: float = param(
        default=16.0, hard=(0, 500), soft=(0, 60), unit="px", doc="distribution: width of the smoothing; 0: none"
    )
    brightness: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="how much of the change of brightness is taken over"
    )
    color: float = param(default=1.0, hard=(0, 1), soft=(0, 1), doc="how much of the change of colour is taken over")

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or (self.brightness == 0 and self.color == 0) else None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        ctx.rgb("image")
        ctx.rgb("reference")
        return (
            Need("image", region, (MAIN,)), *self.area_needs(ctx), *self.mask_needs(ctx, region),
            Need("reference", ctx.info("reference").data, (MAIN,)),
            *self.area_needs(ctx, "reference_area", "reference"),
        )  # fmt: skip

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        x = plate_of(ctx, "image", ctx.region)
        own = sampled(self.measured(ctx, finite(x)))
        ctx.check()
        other = sampled(self._reference(ctx))
        ctx.check()
        level, other_level = _level(own), _level(other)
        if level <= 0 or other_level <= 0:
            return {MAIN: ctx.image("image").tensor(MAIN, ctx.region)}
        start = encode(finite(x), level)
        ctx.check()
        end = transfer(start, encode(own, level), encode(other, other_level), cast(Match, self.match), ctx.progress)
        if self.match == "distribution":
            end = start + guided_whole(
                (end - start).float(), start[:1].float(), self.smooth, _EDGE, progress=ctx.progress
            )
        ctx.check()
        shares = end.new_tensor((self.brightness, self.color, self.color))[:, None, None]
        # The level is part of the brightness: on the logarithmic scale, between the two.
        reached = level * (other_level / level) ** self.brightness
        return {MAIN: self.put_light(ctx, decode(torch.lerp(start, end, shares), reached))}

    def _reference(self, ctx: ComputeContext) -> Tensor:
        data = ctx.info("reference").data
        if data.is_empty:
            return torch.zeros(3, 0, device=ctx.device)
        x = finite(plate_of(ctx, "reference", data))
        return self.measured(ctx, x, "reference_area", "reference")


def _level(values: Tensor) -> float:
    """The middle of the brightness of `values [3, N]` that are above black, or of all their sizes."""
    size = values.abs().amax(0)
    size = size[size > _LEAST]
    return float(size.median()) if size.numel() else 0.0
