import math
from collections.abc import Mapping, Sequence
from typing import cast

from torch import Tensor

from rimlight.engine import (
    MAIN,
    AreaNode,
    ComputeContext,
    Context,
    Edges,
    Image,
    Layer,
    Need,
    NukeClass,
    Region,
    node,
    param,
    port,
    put,
    take,
)

from ..ops.edge_aware import bilateral, bilateral_margin, guided_filter, guided_margin
from ..ops.progress import part
from .spread import sigma


@node(
    "filter.bilateral",
    see="filter.blur filter.median filter.denoise",
    nuke=NukeClass(
        "Bilateral Bilateral2",
        {"positionalSigma": "size", "colorSigma": "difference"},
        values={"measure": "linear"},
        ignored="quality",
        differs="Nuke's measures differences of values, ours of stops unless told otherwise.",
    ),
)
class Bilateral(AreaNode):
    """Blurs within objects and stops at their edges.

    What belongs together is told by colour: of the guide input if one is connected, else of the layer itself, all
    three channels together. `bilateral` averages the neighbours that look alike and is slow for large sizes; `guided`
    fits the picture to the guide in every box (guided filter) at a cost that does not grow with the size.
    """

    guide: Image = port("picture whose edges are kept", optional=True)
    size: float = param(default=5.0, hard=(0, 200), soft=(0, 20), unit="px", doc="width of the blur, as in Blur")
    difference: float = param(
        default=0.5, hard=(1e-6, None), soft=(0.01, 2), doc="difference that makes an edge, in the measure below"
    )
    measure: str = param(
        default="stops", choices=("stops", "linear"),
        doc="stops compares exposures, so that shadows and highlights are treated alike; linear suits data",
    )  # fmt: skip
    floor: float = param(
        default=0.001, hard=(1e-9, None), soft=(0.0001, 0.1), doc="in stops, light below this level looks alike"
    )
    method: str = param(default="bilateral", choices=("bilateral", "guided"), doc="exact, or quick at any size")

    def margin(self) -> tuple[int, int]:
        margin = guided_margin(self.size / 2) if self.method == "guided" else bilateral_margin(sigma(self.size))
        return margin, margin

    def grows(self) -> bool:
        return False

    def is_identity(self) -> bool:
        return self.size == 0

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        needs = super().needs(ctx, region, layers)
        if not ctx.connected("guide"):
            return needs
        guide = ctx.info("guide")
        self.require(guide.has(MAIN), f"the guide has no layer '{MAIN}'")
        return (*needs, Need("guide", self.filled_from(guide, region.expand(*self.margin())), (MAIN,)))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        selection, edges = self.selection(ctx), cast(Edges, self.edges)
        image, padded = ctx.image("image"), ctx.region.expand(*self.margin())
        out = {}
        for i, name in enumerate(ctx.layers):
            layer, chosen = ctx.info("image").layer(name), selection[name]
            x = image.tensor(name, padded, edges)
            guide = self._guide(ctx, layer, take(x, chosen), x, padded)
            after = self._filter(take(x, chosen), guide, ctx, i)
            before = image.tensor(name, ctx.region, edges)
            out[name] = put(before, chosen, self.blend(ctx, take(before, chosen), after))
        return out

    def _guide(self, ctx: ComputeContext, layer: Layer, chosen: Tensor, whole: Tensor, padded: Region) -> Tensor:
        if ctx.has_image("guide"):
            layer = ctx.info("guide").layer(MAIN)
            chosen = whole = ctx.image("guide").tensor(MAIN, padded, cast(Edges, self.edges))
        return chosen if layer.rgb is None else whole[list(layer.rgb)]

    def _filter(self, x: Tensor, guide: Tensor, ctx: ComputeContext, index: int) -> Tensor:
        progress = part(ctx.progress, index, len(ctx.layers))
        stops = self.measure == "stops"
        if self.method == "bilateral":
            return bilateral(x, sigma(self.size), self.difference, guide, stops, self.floor, progress)
        if guide.shape[0] != 3:
            guide = guide.mean(dim=0, keepdim=True)
        if not stops:
            return guided_filter(x, guide, self.size / 2, self.difference**2, None, progress)
        share = self.difference * math.log(2)
        return guided_filter(x, guide, self.size / 2, share**2, self.floor, progress)
