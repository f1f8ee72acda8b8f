from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Region,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from ..ops.flow import WORK, Motion
from .neighbors import Temporal, around, between, there

_STEPS = {"forward": 1, "backward": -1}


@node("time.motion_vectors", see="filter.motion_blur transform.i_distort shots#motion-layers", label="MotionVectors")
class MotionVectors(Temporal):
    """Adds layers that say where every pixel goes: `forward` to the next frame, `backward` to the one before.

    They hold u and v in pixels of the full size, to the right and up: what is at p is at
    p + forward in the next frame. `forward_valid` and `backward_valid` are 1 where that can be believed, 0 where
    something is covered, comes into sight or leaves the frame. MotionBlur takes them as they are. IDistort with a
    scale of -1 and the next frame as its picture brings that frame to the place of this one.

    Motion is found by optical flow on texture, so that exposure and light may change from frame to frame. At the first
    and the last frame, where one neighbour is missing, its motion is taken to be the other's turned about, and does not
    count as valid.
    """

    roi: ClassVar[bool] = False  # motion may come from anywhere

    image: Image = port("the shot")
    vectors: str = param(
        default="both", choices=("both", "forward", "backward"), doc="which layers are added", place="top"
    )
    layer: str = param(default=MAIN, role="layer", doc="the layer whose motion is looked for")
    size: int = param(
        default=WORK, hard=(64, 8192), soft=(256, 2048),
        doc="longer side in pixels at which motion is looked for; larger pictures are reduced for it",
    )  # fmt: skip

    @property
    def _named(self) -> tuple[str, ...]:
        return ("forward", "backward") if self.vectors == "both" else (self.vectors,)

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"image": around(frame, 1, 1)}

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        self.require(info.has(self.layer), f"there is no layer '{self.layer}', there are {listing(info.names)}")
        for name in self._named:
            info = info.with_layer(Layer(name, ("u", "v"), LayerKind.MOTION, "float"))
            info = info.with_layer(Layer(f"{name}_valid", ("V",), LayerKind.MATTE))
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {made for name in self._named for made in (name, f"{name}_valid")}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return [Need("image", ctx.info("image").data, (self.layer,), frame) for frame in there(ctx, "image")]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out: dict[str, Tensor] = {}
        wanted = [name for name in self._named if {name, f"{name}_valid"} & set(ctx.layers)]
        for i, name in enumerate(wanted):
            ctx.progress(i / len(wanted))
            motion = self._motion(ctx, _STEPS[name])
            # Layers are in pixels of the full size and y up, tensors in pixels of the proxy and y down.
            up = motion.vectors.new_tensor([1 / ctx.scale, -1 / ctx.scale]).view(2, 1, 1)
            out |= {name: motion.vectors * up, f"{name}_valid": motion.valid}
        return {name: out[name] for name in ctx.layers}

    def _motion(self, ctx: ComputeContext, step: int) -> Motion:
        frames, now = there(ctx, "image"), ctx.frames("image")[0]
        if now + step in frames:
            return between(ctx, "image", self.layer, now, now + step, ctx.region, self.size)[0]
        if now - step in frames:
            other = between(ctx, "image", self.layer, now, now - step, ctx.region, self.size)[0]
            return replace(other, vectors=-other.vectors, valid=torch.zeros_like(other.valid))
        return Motion(ctx.zeros(2), ctx.zeros(1))
