import math
from collections.abc import Sequence
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
    """Blurs within objects and stops at their edges. For camera noise take Denoise, which knows how that grows with
    light.

    What belongs together is told by colour: of the guide input if one is connected, else of the layer itself, all three
    channels together. `bilateral` averages the neighbours that look alike and is slow for large sizes; `guided` fits
    the picture to the guide in every box (guided filter) at a cost that does not grow with the size.
    """

    guide: Image = port("picture whose edges are kept", optional=True)
    size: float = param(default=5.0, hard=(0, 200), soft=(0, 20), unit="px", doc="width of the blur, as in Blur")
    difference: float = param(
        default=0.5,
        hard=(1e-6, None),
        soft=(0.01, 2),
        doc="difference that makes an edge, in stops or, with `measure` at linear, in values",
    )
    measure: str = param(
        default="stops", choices=("stops", "linear"),
        doc="stops compares exposures, so that shadows and highlights are treated alike; linear suits data",
    )  # fmt: skip
    floor: float = param(
        default=0.001,
        hard=(1e-9, None),
        soft=(0.0001, 0.1),
        doc="with `measure` at stops, light below this level looks alike, so that noise in the dark is no edge",
    )
    method: str = param(
        default="bilateral", choices=("bilateral", "guided"), doc="bilateral is exact, guided is quick at any size"
    )

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

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        guide, stops = self._guide(ctx, layer, x), self.measure == "stops"
        progress = part(ctx.progress, ctx.layers.index(layer.name), len(ctx.layers))
        if self.method == "bilateral":
            return bilateral(x, sigma(self.size), self.difference, guide, stops, self.floor, progress)
        if guide.shape[0] != 3:
            guide = guide.mean(dim=0, keepdim=True)
        if not stops:
            return guided_filter(x, guide, self.size / 2, self.difference**2, None, progress)
        share = self.difference * math.log(2)
        return guided_filter(x, guide, self.size / 2, share**2, self.floor, progress)

    def _guide(self, ctx: ComputeContext, layer: Layer, x: Tensor) -> Tensor:
        """What edges are told by: of the guide, or of the layer itself, red, green and blue, where it has them."""
        socket = "guide" if ctx.has_image("guide") else "image"
        layer = ctx.info("guide").layer(MAIN) if socket == "guide" else layer
        if socket == "image" and layer.rgb is None:
            return x
        whole = ctx.image(socket).tensor(layer.name, ctx.region.expand(*self.margin()), cast(Edges, self.edges))
        return whole if layer.rgb is None else whole[list(layer.rgb)]
