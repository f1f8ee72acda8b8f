import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Need, Node, Region, node, param, port

from ..nuke.timing import FRAME_BLEND
from ..ops.several import aligned, union, wanted
from ..ops.spans import span

WEIGHTS = ("box", "triangle", "gaussian")


@node("time.frame_blend", see="time.temporal_median time.retime", label="FrameBlend", nuke=FRAME_BLEND)
class FrameBlend(Node):
    """The mean of several frames: of those up to the current one, around it, or of a fixed range.

    A fixed range gives the same picture at every frame, computed once: grain goes, what moves is smeared out.
    """

    image: Image = port("the material")
    method: str = param(
        default="trailing", choices=("trailing", "centred", "range"),
        doc="which frames: those up to the current one, around it, or first to last",
    )  # fmt: skip
    number: int = param(default=5, hard=(1, 1000), soft=(1, 20), unit="frames", doc="how many frames, without a range")
    first: int = param(default=1, soft=(1, 100), unit="frame", doc="first frame of the range")
    last: int = param(default=5, soft=(1, 100), unit="frame", doc="last frame of the range")
    weights: str = param(
        default="box", choices=WEIGHTS, doc="weight of a frame: the same for all, or less far from the middle",
    )  # fmt: skip
    point: ClassVar[bool] = True

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        first, last = self.first, self.last
        self.require(
            first <= last or self.method != "range", f"first is {first} and last is {last}, expected first <= last"
        )
        if self.method == "range":
            return {"image": span(first, last)}
        start = frame - (self.number - 1 if self.method == "trailing" else self.number // 2)
        return {"image": tuple(start + i for i in range(self.number))}

    def info(self, ctx: Context) -> ImageInfo:
        infos = [ctx.info("image", frame) for frame in ctx.frames("image")]
        return union(infos[-1], *infos[:-1])

    def identity(self, ctx: Context) -> str | None:
        return "image" if len(ctx.frames("image")) == 1 else None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return [need for frame in ctx.frames("image") for need in wanted(ctx, "image", region, layers, frame)]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frames = ctx.frames("image")
        shares = weights(self.weights, len(frames))
        out = {}
        for name in ctx.layers:
            layer = ctx.output.layer(name)
            total = ctx.zeros(len(layer.channels))
            for frame, share in zip(frames, shares, strict=True):
                total.add_(aligned(ctx, "image", layer, frame), alpha=share)
            out[name] = total
        return out


def weights(shape: str, count: int) -> list[float]:
    """`count` weights that add up to one."""
    middle = (count - 1) / 2
    distances = [abs(i - middle) / (middle + 1) for i in range(count)]
    raw = {
        "box": [1.0] * count,
        "triangle": [1 - d for d in distances],
        "gaussian": [math.exp(-4.5 * d * d) for d in distances],
    }[shape]
    return [w / sum(raw) for w in raw]
