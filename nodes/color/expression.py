from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Layer, Need, PointNode, Region, node, param

from ..nuke.routing import EXPRESSION
from ..ops.pixel_expressions import Programmed, components, run


@node(
    "color.expression",
    see="merge.expression color.color_matrix concepts#animation-and-expressions",
    label="Expression",
    reads=("frame",),
    nuke=EXPRESSION,
)
class ExpressionNode(Programmed, PointNode):
    """Computes each channel by an expression; an empty one leaves the channel as it is.

    Known are `r`, `g`, `b`, `a` (the channels of the layer being worked on; where they have other names, the first to
    fourth), any channel of the picture as `layer.channel` (`depth.Z`, `diffuse.R`), the position `x`, `y` of the
    pixel's centre, from 0.5 at the bottom left, the size of the frame `width`, `height`, the number `frame`, and the
    variables; each variable knows those above it. The language is that of parameter expressions: arithmetic,
    comparisons, `a if test else b`, and functions such as `clamp`, `sin`, `noise`.
    """

    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    variables: str = param(default="", role="text", doc="lines name = expression")
    red: str = param(default="", role="expression", doc="new value of red")
    green: str = param(default="", role="expression", doc="new value of green")
    blue: str = param(default="", role="expression", doc="new value of blue")
    alpha: str = param(default="", role="expression", doc="new value of alpha")

    def is_identity(self) -> bool:
        return self.is_empty

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        others = (found[0] for name in sorted(self.names()) if (found := self._channel(ctx, name)) is not None)
        return (Need("image", region, tuple(dict.fromkeys((*layers, *others)))), *self.mask_needs(ctx, region))

    def _channel(self, ctx: Context, name: str) -> tuple[str, int] | None:
        """Layer and index of a channel named `layer.channel`."""
        layer, _, channel = name.rpartition(".")
        info = ctx.info("image")
        if not layer or not info.has(layer) or channel not in info.layer(layer).channels:
            return None
        return layer, info.layer(layer).channels.index(channel)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return run(self.program(), layer, chosen, x, self._values(layer, ctx))

    def _values(self, layer: Layer, ctx: ComputeContext) -> dict[str, Tensor | float]:
        """What the names stand for over the region: planes `[h, w]` and numbers."""
        image = ctx.image("image")
        values = self.place_values(ctx, "image") | components(layer, image.tensor(layer.name, ctx.region))
        for name in self.names():
            found = self._channel(ctx, name)
            if found is not None:
                values[name] = image.tensor(found[0], ctx.region)[found[1]]
        return values
