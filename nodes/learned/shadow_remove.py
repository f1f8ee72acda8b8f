import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, node, param

from ..ops.shadow_light import cleaned, share_of_light
from .shadow_base import Shadow, ShadowNode


@node(
    "learned.shadow_remove",
    see="learned.shadow_edit learned.delight draw.roto recipes#a-hard-shadow-on-a-face",
    label="ShadowRemove",
    menu="Light/Student",
    reads=("tier",),
)
class ShadowRemove(ShadowNode):
    """Takes cast shadows away and keeps what they lay on, with its texture and its highlights.

    Look at the layer `shadow` first: it says what was found, 1 in light. Dark things can be taken for shadows: use
    mattes, `sensitivity` or the mask. A faint shadow among many colours may not be found: it wants more `sensitivity`
    or a matte. `confidence` says how sure the search was.

    Mattes of single shadows say where they are, or with `restrict` where to look. They may be drawn roughly: a shadow
    is as deep as most of its edge agrees on and as its penumbra tells, and half shadow is lifted by its share, so that
    soft edges leave no seam. A matte that is exact, as a rendered one, does best with `edges` at `matte`.

    Without mattes, shadows are looked for in two ways: the student sees them, and a piece of the picture that is like
    one nearby but for less light is in shadow (Guo, Dai and Hoiem 2011). All that are found so have one depth and
    colour, as the same lights are missing in them.
    """

    amount: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of a shadow's depth is lifted: 0 none, 1 all, 0.5 half of its stops",
    )  # fmt: skip
    limit: float = param(
        default=6.0, hard=(0, None), soft=(0, 8), unit="stops",
        doc="the most that anything is lifted: deep shadows may hold nothing but noise",
    )  # fmt: skip
    color: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1),
        doc="how far the colour of the light in shadow becomes that of the light around",
    )  # fmt: skip
    denoise: float = param(default=0.0, hard=(0, 1), soft=(0, 1), doc="how much noise is taken out of what is lifted")

    show: str = param(
        default="picture", choices=("picture", "shadow"), doc="what the picture shows: itself or the layer shadow"
    )

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        shadows, certainty = self.found(ctx)
        ctx.check()
        rows, columns = ctx.info("image").data.slices_of(ctx.region)
        out = self.put_found(ctx, self.total(shadows), certainty)
        gain = self._gain(shadows, ctx.check)
        out |= self.put_gain(ctx, gain[:, rows, columns])
        if MAIN in ctx.layers and self.show == "shadow":
            out[MAIN] = self.put_light(ctx, self.total(shadows)[:, rows, columns].expand(3, -1, -1))
        elif MAIN in ctx.layers and self.denoise > 0 and self.amount > 0:
            weight = self.denoise * (1 - 1 / gain.mean(0, keepdim=True).clamp_min(1))
            out[MAIN] = self.put_light(ctx, (cleaned(self.plate(ctx), weight, ctx.progress) * gain)[:, rows, columns])
        return out

    def _gain(self, shadows: Sequence[Shadow], check: Callable[[], None]) -> Tensor:
        """How many times the light `[3, H, W]` there is without shadows."""
        gain = torch.ones_like(shadows[0].gains)
        for shadow in shadows:
            gains = shadow.gains
            even = gains.mean(0, keepdim=True)
            lifted = even.clamp_max(self.limit * math.log(2)) / even.clamp_min(1e-6) * self.amount
            less = torch.lerp(even, gains, self.color) * lifted
            # What is left of the shadow over what there was of it.
            left = share_of_light(shadow.visibility, gains - less)
            check()
            left = left / share_of_light(shadow.visibility, gains)
            check()
            gain = gain * torch.where(shadow.visibility < 1, left, 1.0)
        return gain
