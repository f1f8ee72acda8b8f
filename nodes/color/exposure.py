from torch import Tensor

from rimlight.engine import Color, ComputeContext, Context, Layer, LayerKind, Selection, node, param

from ..nuke.color import EXPOSURE
from ..ops.color import exposure
from .base import ColorNode, per_channel


@node("color.exposure", see="color.multiply color.grade light.mixer desktop#light-in-stops", nuke=EXPOSURE)
class Exposure(ColorNode):
    """Makes light brighter or darker in stops: each stop doubles it.

    Only colour is light: alpha and layers of other kinds stay as they are, also when they are chosen.
    """

    stops: Color = param(default=0.0, soft=(-6, 6), unit="stops", role="color", doc="change of each channel in stops")

    def is_identity(self) -> bool:
        return self.stops == (0, 0, 0)

    def selection(self, ctx: Context) -> Selection:
        info, out = ctx.info("image"), {}
        for name, chosen in super().selection(ctx).items():
            layer = info.layer(name)
            light = tuple(i for i in chosen if i != layer.alpha)
            if layer.kind is LayerKind.COLOR and light:
                out[name] = light
        return out

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return exposure(x, per_channel(self.stops, layer, chosen), out=x)
