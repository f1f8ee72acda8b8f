from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import (
    AreaNode,
    ComputeContext,
    Context,
    Layer,
    Need,
    NukeClass,
    Region,
    node,
    param,
    take,
)

from ..ops.denoise import denoise, denoise_margin, estimate_noise, sample_rows
from ..ops.progress import part


@node(
    "filter.denoise",
    see="time.temporal_median draw.grain filter.bilateral",
    nuke=NukeClass(
        "Denoise2 Denoise", ignored="analysisRegion", differs="Another method: the noise has to be measured anew."
    ),
)
class Denoise(AreaNode):
    """Takes camera noise out of scene-linear light and keeps detail.

    Noise grows with light: variance = read^2 + shot * light. Let `auto` estimate `read` and `shot` from the whole
    picture, frame by frame, or set them from a flat area, so that they stay the same over a shot. Red, green and blue
    are split into luma and chroma; other channels count as luma.
    """

    auto: bool = param(default=False, doc="estimate `read` and `shot` from the whole picture, in place of their values")
    read: float = param(
        default=0.0, hard=(0, None), soft=(0, 0.1), doc="standard deviation of the noise at black, as a pixel value"
    )
    shot: float = param(
        default=0.0, hard=(0, None), soft=(0, 0.01), doc="growth of the noise's variance per unit of light"
    )
    luma: float = param(
        default=1.0, hard=(0, 10), soft=(0, 3), doc="strength on brightness; 1 takes the noise levels at their word"
    )
    chroma: float = param(default=1.0, hard=(0, 10), soft=(0, 3), doc="strength on colour")
    levels: int = param(
        default=4,
        hard=(1, 6),
        soft=(1, 6),
        doc="scales to work on, each twice as coarse as the one before: 4 takes out noise up to 16 pixels wide",
    )

    def margin(self) -> tuple[int, int]:
        margin = denoise_margin(self.levels)
        return margin, margin

    def grows(self) -> bool:
        return False

    def is_identity(self) -> bool:
        nothing = self.read == 0 and self.shot == 0 and not self.auto
        return nothing or (self.luma == 0 and self.chroma == 0)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        wanted = ctx.info("image").data if self.auto else region.expand(*self.margin())
        return (Need("image", wanted, layers), *self.mask_needs(ctx, region))

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        read, shot = self._noise(ctx, layer, chosen)
        progress = part(ctx.progress, ctx.layers.index(layer.name), len(ctx.layers))
        groups, after = _groups(layer, chosen), ctx.zeros(len(chosen))
        for i, group in enumerate(groups):
            own = part(progress, i, len(groups))
            after[group] = denoise(x[group], read, shot, self.luma, self.chroma, self.levels, own)
        return after

    def _noise(self, ctx: ComputeContext, layer: Layer, chosen: tuple[int, ...]) -> tuple[float, float]:
        """(read, shot) of a layer at the current proxy scale."""
        if not self.auto:
            # A proxy averages pixels, and their noise with them.
            return self.read * ctx.scale, self.shot * ctx.scale**2
        ctx.check()
        light = tuple(i for i in chosen if i != layer.alpha) or chosen
        return estimate_noise(sample_rows(take(ctx.image("image").tensor(layer.name, ctx.info("image").data), light)))


def _groups(layer: Layer, chosen: tuple[int, ...]) -> list[list[int]]:
    """Places among the chosen channels that are denoised together: red, green and blue, and every other one alone."""
    rgb = list(layer.rgb or ())
    together = [chosen.index(i) for i in rgb] if rgb and set(rgb) <= set(chosen) else []
    alone = [[place] for place in range(len(chosen)) if place not in together]
    return [together, *alone] if together else alone
