from torch import Tensor

from rimlight.engine import ComputeContext, Context, Layer, NukeClass, PointNode, node, param

from ..ops.noise import white_noise


@node(
    "draw.dither", see="image.write draw.grain", reads=("frame",), nuke=NukeClass("Dither", ignored="minimum maximum w")
)
class Dither(PointNode):
    """Adds a little noise, so that gradients do not show bands where they are written with few bits.

    Give the amount as the step between two neighbouring values: 1/255 = 0.0039 for 8 bits. `triangle` noise reaches one
    step to either side, and after rounding leaves an error that does not depend on the picture; `uniform` noise reaches
    half a step, as little as breaks up bands. Dither after the conversion to the display: steps are even there.
    """

    amount: float = param(default=1 / 255, hard=(0, None), soft=(0, 0.05), doc="step between two values")
    distribution: str = param(default="triangle", choices=("triangle", "uniform"), doc="how the noise is spread")
    mono: bool = param(default=False, doc="the same noise in all channels")
    seed: int = param(default=0, hard=(0, 2**31 - 1), soft=(0, 100), doc="another noise for every number")
    static: bool = param(default=False, doc="the same noise in every frame")

    def is_identity(self) -> bool:
        return self.amount == 0

    def frame_key(self, ctx: Context) -> object:
        return None if self.static else super().frame_key(ctx)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        count = 1 if self.mono else len(layer.channels)
        frame = 0 if self.static else round(ctx.frame)
        noise = white_noise(count, ctx.region.box, 2 * self.seed, frame, device=ctx.device)
        if self.distribution == "triangle":
            noise = noise - white_noise(count, ctx.region.box, 2 * self.seed + 1, frame, device=ctx.device)
        else:
            noise = noise - 0.5
        return x + (noise if self.mono else noise[list(chosen)]) * self.amount
