import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, RimlightError, node, param, port

from ..ops.quotient import level, stops_of
from .coded import Coded, mixed_light

_LEAST = 0.02
_KNEE = 0.25
"""Of the darkest of the lights: what is left at least where light is taken away linearly, and below which it goes there
smoothly.
"""


@node(
    "learned.light_mix",
    see="learned.light_transfer learned.light_diffuse light#the-light-of-a-picture",
    label="LightMix",
    menu="Light/Student",
    reads=("tier",),
)
class LightMix(Coded):
    """Goes between a picture's own light and that of one or two other pictures, and beyond; keyframe the weights.

    With both weights at 0 the picture keeps its own light, at 1 it has that of A or of B; what is left to 1 is its own.
    Weights outside 0 to 1 go on in the same direction: the difference is exaggerated or turned round.

    - `stops` goes between lights on a logarithmic scale, so that half a weight is half the stops.
    - `linear` adds light up, as dimmers do, each as bright as `exposure` lets it be.
    - `travel` turns the key from one direction to the other, as a sun goes between two frames of a timelapse. With the
      other two each light stays where it is.

    The lights are found and put on the picture as by LightTransfer. With `by` at `code` the illumination codes of the
    pictures are mixed by the same weights, and refine what the light gives the surfaces; `stops` is then as `travel`.
    """

    A: Image = port("a picture whose light is wanted")
    B: Image = port("another", optional=True)
    a: float = param(default=1.0, hard=(-4, 4), soft=(-1, 2), doc="how much of the light of A", place="top")
    b: float = param(default=0.0, hard=(-4, 4), soft=(-1, 2), doc="how much of the light of B", place="top")
    mixing: str = param(
        default="stops",
        choices=("stops", "linear", "travel"),
        doc="how lights are mixed: by stops, as dimmers do, or with the key turning",
        place="top",
    )
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
        before = self.lit(ctx, normal, self.own(ctx), [(1.0, self.own_socket(ctx))])
        after = self._changed(ctx, normal, before)
        flatten = self.flatten * max(0.0, min(1.0, self.a + self.b))
        stops = self.quotient(ctx, before, after, self.color, flatten)
        return {MAIN: self.put_light(ctx, self.changed(ctx, self.exposed(ctx, stops, self._share)))}

    def _changed(self, ctx: ComputeContext, normal: Tensor, before: Tensor) -> Tensor:
        """What falls on the surfaces `[3, H, W]` in the end. before : of the picture's own light."""
        wanted = self._wanted(ctx)
        parts = [(1 - sum(wanted.values()), self.own_socket(ctx)), *((w, s) for s, w in wanted.items())]
        if self.mixing == "travel" or (self.mixing == "stops" and self.by == "code"):
            lights = [self.own(ctx), *(self.fitted(ctx, socket) for socket in wanted)]
            light = mixed_light([(weight, light) for (weight, _), light in zip(parts, lights, strict=True)])
            return self.lit(ctx, normal, light, parts)
        if self.by == "light":
            return self._mixed(ctx, before, [(w, self.fallen(self.fitted(ctx, s), normal)) for s, w in wanted.items()])
        own = self.lit(ctx, normal, self.own(ctx), parts)
        return self._mixed(
            ctx, own, [(w, self.lit(ctx, normal, self.fitted(ctx, s), parts)) for s, w in wanted.items()]
        )

    def _mixed(self, ctx: ComputeContext, own: Tensor, others: Sequence[tuple[float, Tensor]]) -> Tensor:
        """What falls on the surfaces `[3, H, W]` of own light and others by their weights."""
        if self.mixing == "linear":
            others = [(weight, self._brought(ctx, own, light)) for weight, light in others]
            total = own + sum((weight * (light - own) for weight, light in others), torch.zeros_like(own))
            dark = torch.stack([own, *(light for _, light in others)]).amin(0)
            dark = dark.clamp_min(torch.finfo(own.dtype).tiny)
            return torch.where(total < _KNEE * dark, _faded(total / dark) * dark, total)
        start = stops_of(own)
        return (start + sum((w * (stops_of(light) - start) for w, light in others), torch.zeros_like(own))).exp2()

    @property
    def _share(self) -> float:
        """How much of the change of exposure is taken at a time: where lights are added up, each has a share of it
        before, and their sum has one.
        """
        return math.sqrt(self.exposure) if self.mixing == "linear" else self.exposure

    def _brought(self, ctx: ComputeContext, own: Tensor, light: Tensor) -> Tensor:
        """What another light gives the surfaces `[3, H, W]`, as bright beside the own one as `exposure` has it."""
        stops = stops_of(light) - stops_of(own)
        plate, subject = self.plate(ctx), self.subject(ctx)
        before, after = level(plate, subject), level(plate * stops.exp2(), subject)
        change = float((after / before).log2()) if before > 0 and after > 0 else 0.0
        return light * 2 ** ((self._share - 1) * change)

    def _wanted(self, ctx: Context) -> dict[str, float]:
        """Sockets whose light counts, with their weights. Raises RimlightError where B is wanted and not there."""
        if self.b != 0 and not ctx.connected("B"):
            raise RimlightError(f"b is {self.b:g}, but input 'B' is not connected")
        return {socket: weight for socket, weight in (("A", self.a), ("B", self.b)) if weight != 0}


def _faded(share: Tensor) -> Tensor:
    """Shares below the knee, going on to the least with the same slope at the knee."""
    width = _KNEE - _LEAST
    return _LEAST + width * ((share - _KNEE) / width).clamp_max(0).exp()
