from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, RimlightError, node, param, port

from ..ops.quotient import stops_of
from .fitted import Requoted

_LEAST = 0.02
"""Of the plate's own light: what is left of it at least where light is taken away linearly."""


@node("learned.light_mix", label="LightMix", menu="Light/Student", reads=("tier",))
class LightMix(Requoted):
    """Goes between a picture's own light and that of one or two other pictures, and beyond; keyframe the weights.

    With both weights at 0 the picture keeps its own light, at 1 it has that of A or of B; what is left to 1 is its own.
    Weights outside 0 to 1 go on in the same direction: the difference is exaggerated or turned round. `stops` goes
    between lights on a logarithmic scale, so that half a weight is half the stops; `linear` adds light up, as dimmers
    do. The lights are solved for and put on the picture as LightTransfer does.
    """

    A: Image = port("a picture whose light is wanted")
    B: Image = port("another", optional=True)
    a: float = param(default=1.0, hard=(-4, 4), soft=(-1, 2), doc="how much of the light of A", place="top")
    b: float = param(default=0.0, hard=(-4, 4), soft=(-1, 2), doc="how much of the light of B", place="top")
    mixing: str = param(default="stops", choices=("stops", "linear"), doc="how lights are mixed, as above", place="top")
    exposure: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), doc="how much of the change of exposure is taken", place="top"
    )
    color: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="how much of the change of colour is taken", place="top"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or not self._wanted(ctx) else None

    def others(self, ctx: Context) -> tuple[str, ...]:
        return (*self._wanted(ctx), *super().others(ctx))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        normal = self.normals(ctx)
        before = self.fallen(self.own(ctx), normal)
        others = [(weight, self.fallen(self.fitted(ctx, s), normal)) for s, weight in self._wanted(ctx).items()]
        after = self._mixed(before, others)
        flatten = self.flatten * max(0.0, min(1.0, self.a + self.b))
        stops = self.quotient(ctx, before, after, self.color, flatten)
        return {MAIN: self.put_light(ctx, self.plate(ctx) * self.exposed(ctx, stops, self.exposure).exp2())}

    def _mixed(self, own: Tensor, others: Sequence[tuple[float, Tensor]]) -> Tensor:
        """What falls on the surfaces `[3, H, W]` of own light and others by their weights."""
        if self.mixing == "linear":
            total = own + sum((weight * (light - own) for weight, light in others), torch.zeros_like(own))
            return torch.maximum(total, _LEAST * own)
        start = stops_of(own)
        return (start + sum((w * (stops_of(light) - start) for w, light in others), torch.zeros_like(own))).exp2()

    def _wanted(self, ctx: Context) -> dict[str, float]:
        """Sockets whose light counts, with their weights. Raises RimlightError where B is wanted and not there."""
        if self.b != 0 and not ctx.connected("B"):
            raise RimlightError(f"b is {self.b:g}, but input 'B' is not connected")
        return {socket: weight for socket, weight in (("A", self.a), ("B", self.b)) if weight != 0}
