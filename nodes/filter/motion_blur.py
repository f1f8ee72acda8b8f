import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Edges,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    NukeClass,
    Region,
    Vec2,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from ..ops.filters import splat
from ..ops.motion import motion_margin, streak_kernel, vector_blur
from .spread import Spread


@node(
    "filter.motion_blur",
    see="time.motion_vectors transform.transform shots#motion-layers",
    label="MotionBlur",
    nuke=(
        NukeClass(
            "DirBlurWrapper DirBlur",
            {"BlurLength": "distance", "BlurAngle": "angle"},
            ignored="BlurType BlurLayer UseTarget target BlurCenter Samples Quality PixelAspect",
            differs="Linear blur only, no zoom and no radial one.",
        ),
        NukeClass(
            "VectorBlur2 VectorBlur MotionBlur2D",
            {"uv": "layer", "scale": "multiply"},
            values={"method": "layer", "shutter": 1.0},
            ignored="mv_presets channels_blur",
        ),
    ),
)
class MotionBlur(Spread):
    """Smears the picture as motion during an exposure does.

    `direction` moves the whole picture along one line. `layer` follows a motion layer, rendered or estimated: its first
    two channels are the way of every pixel in one frame, in pixels, to the right and up.
    """

    vectors: Image = port("picture with the motion layer; without it the image's own", optional=True)
    method: str = param(default="direction", choices=("direction", "layer"), doc="one line for all, or vectors")
    distance: float = param(
        default=0.0, hard=(0, 2000), soft=(0, 200), unit="px", doc="direction: length of the streak"
    )
    angle: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="direction: the way of the streak; 0 is to the right, 90 up"
    )
    layer: str = param(default="", role="layer", doc="layer: name of the motion layer; empty: the first of that kind")
    multiply: Vec2 = param(
        default=(1.0, 1.0), soft=(-2, 2), doc="layer: factor on the vectors, below 0 turns them about"
    )
    shutter: float = param(
        default=0.5, hard=(0, 10), soft=(0, 2), unit="frames", doc="layer: how long the shutter is open"
    )
    samples: int = param(default=16, hard=(1, 256), soft=(1, 64), doc="layer: points along every path")
    maximum: float = param(
        default=100.0, hard=(0, 1000), soft=(0, 500), unit="px",
        doc="layer: farthest reach; longer paths are shortened to it",
    )  # fmt: skip
    offset: float = param(
        default=0.0, hard=(-10, 10), soft=(-1, 1),
        doc="middle of the exposure: in frames from this one, or in lengths of the streak",
    )  # fmt: skip

    @property
    def exposure(self) -> tuple[float, float]:
        """Begin and end of the exposure, as shares of the motion."""
        half = self.shutter / 2 if self.method == "layer" else 0.5
        return self.offset - half, self.offset + half

    @property
    def path(self) -> Vec2:
        """The whole way of the streak in pixels, right and down."""
        angle = math.radians(self.angle)
        # Rounded, or a right angle would make a kernel a little wider than a line.
        return round(self.distance * math.cos(angle), 6), round(-self.distance * math.sin(angle), 6)

    def margin(self) -> tuple[int, int]:
        if self.method == "layer":
            margin = motion_margin(self.maximum)
            return margin, margin
        far = max(abs(t) for t in self.exposure)
        return motion_margin(far * self.path[0]), motion_margin(far * self.path[1])

    def grows(self) -> bool:
        return self.method == "direction"

    def is_identity(self) -> bool:
        if self.method == "direction":
            return self.distance == 0
        return self.maximum == 0 or self.exposure == (0, 0)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        needs = super().needs(ctx, region, layers)
        if self.method == "direction":
            return needs
        about = _about(ctx)
        return (*needs, Need(_source(ctx), self.filled_from(about, region), (self._motion_layer(about).name,)))

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        start, end = self.exposure
        if self.method == "direction":
            return splat(x, streak_kernel(self.path, start, end), ctx.progress)
        name = self._motion_layer(_about(ctx)).name
        found = ctx.image(_source(ctx)).tensor(name, ctx.region, cast(Edges, self.edges))
        u, v = self.multiply
        # Vectors are in pixels of the full size and y up, tensors in pixels of the proxy and y down.
        motion = torch.stack((found[0] * (u * ctx.scale), found[1] * (-v * ctx.scale)))
        return vector_blur(x, motion, self.margin()[0], start, end, self.samples, ctx.progress)

    def _motion_layer(self, info: ImageInfo) -> Layer:
        if self.layer:
            self.require(info.has(self.layer), f"there is no layer '{self.layer}', there are {listing(info.names)}")
            found = info.layer(self.layer)
            self.require(len(found.channels) >= 2, f"layer '{found.name}' has one channel, motion needs two")
            return found
        moving = [found for found in info.layers if found.kind is LayerKind.MOTION and len(found.channels) >= 2]
        self.require(bool(moving), f"there is no motion layer with two channels, there are {listing(info.names)}")
        return moving[0]


def _source(ctx: Context) -> str:
    return "vectors" if ctx.connected("vectors") else "image"


def _about(ctx: Context) -> ImageInfo:
    return ctx.info(_source(ctx))
