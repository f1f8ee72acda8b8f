from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Effect,
    LayerKind,
    Need,
    NukeClass,
    Region,
    node,
    param,
    put,
    take,
)  # fmt: skip

from ..ops.flow import WORK, Motion, followed
from .neighbors import Temporal, around, there, ways


@node(
    "time.temporal_median",
    see="filter.median filter.denoise time.frame_blend shots#how-motion-is-found",
    label="TemporalMedian",
    nuke=NukeClass("TemporalMedian", ignored="core"),
)
class TemporalMedian(Temporal, Effect):
    """Replaces every pixel by the median of itself and the frames around it, channel by channel.

    Takes out what is there for one frame only: dirt, dropouts, sparkles of renders, flashes. `flow` brings the other
    frames to the place of this one first, for shots that move; what is covered in one of them counts as unchanged, and
    so does what lies before the first or after the last frame. A pixel that is no number takes the others' median.
    """

    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    number: int = param(
        default=3, hard=(1, 25), soft=(1, 7), unit="frames", place="top",
        doc="how many frames, this one in their middle; an even number counts as the odd one below",
    )  # fmt: skip
    motion: str = param(
        default="still", choices=("still", "flow"), doc="still: pixels stay where they are; flow: they follow motion"
    )

    @property
    def _reach(self) -> int:
        return (self.number - 1) // 2

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"image": around(frame, self._reach, self._reach)}

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or len(there(ctx, "image")) == 1 else None

    def regional(self, ctx: Context) -> bool:
        return self.motion == "still"

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        names = layers if self.motion == "still" else tuple(dict.fromkeys((*layers, self._moving(ctx))))
        return [*(Need("image", region, names, f) for f in there(ctx, "image")), *self.mask_needs(ctx, region)]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, now = self.selection(ctx), ctx.frames("image")[0]
        motions: Mapping[float, Motion] = {}
        if self.motion == "flow":
            motions = ways(ctx, "image", self._moving(ctx), there(ctx, "image"), now, ctx.region, WORK)
        out = {}
        for i, name in enumerate(ctx.layers):
            ctx.progress(i / len(ctx.layers))
            whole, chosen = ctx.image("image", now).tensor(name, ctx.region), selection[name]
            before = take(whole, chosen)
            others = [self._seen(ctx, name, chosen, frame, motions, before) for frame in ctx.frames("image")[1:]]
            after = torch.empty_like(before)
            for channel, planes in zip(after, zip(before, *others, strict=True), strict=True):
                ctx.check()
                channel.copy_(torch.stack(planes).nanmedian(0).values)
            out[name] = put(whole, chosen, self.blend(ctx, before, after))
        return out

    def _seen(
        self,
        ctx: ComputeContext,
        name: str,
        chosen: tuple[int, ...],
        frame: float,
        motions: Mapping[float, Motion],
        here: Tensor,
    ) -> Tensor:
        """The chosen channels of another frame in the place of this one; `here`, this one's, where it has none."""
        if frame not in there(ctx, "image"):
            return here
        x = take(ctx.image("image", frame).tensor(name, ctx.region, "auto"), chosen)
        if not motions:
            return x
        filter = "cubic" if ctx.output.layer(name).kind is LayerKind.COLOR else "nearest"
        way = motions[frame]
        return torch.where(way.valid > 0.5, followed(x, way.vectors, filter), here)

    def _moving(self, ctx: Context) -> str:
        """The layer whose motion is followed: the main one, or in a picture without, the first."""
        names = ctx.info("image").names
        return MAIN if MAIN in names or not names else names[0]
