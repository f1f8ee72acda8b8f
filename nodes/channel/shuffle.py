from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, ImageInfo, Need, Node, Region, node, param, port

from ..nuke.routing import SHUFFLES
from ..ops.routing import Routing, check_routing, gather, route


@node("channel.shuffle", see="channel.copy channel.channel_merge channel.add_layer recipes#relight-aovs", nuke=SHUFFLES)
class Shuffle(Node):
    """Sends channels to other channels: within a picture, from a second picture, from numbers.

    The mapping lists assignments, separated by spaces or new lines: `rgba.R=diffuse.G rgba.A=1`. On the left stands
    where a channel goes: a channel (`diffuse.R`, or `R`, `alpha` of the main layer), several (`rgb`, `diffuse.rgb`) or
    a layer (`diffuse`); layers and channels that do not exist are made. On the right stands where it comes from: the
    same forms, or a number. A channel comes from input B unless `A:` stands in front: `rgba.A=A:rgba.R`. Channels that
    are on no left side pass through.
    """

    B: Image = port("the picture whose channels are rearranged")
    A: Image = port("a second picture to take channels from", optional=True)
    mapping: str = param(
        default="", parse=check_routing, role="text", doc="assignments such as rgba.R=diffuse.G or rgba.A=1",
    )  # fmt: skip
    missing: str = param(default="error", choices=("error", "black"), doc="what a source that is not there gives")
    point: ClassVar[bool] = True
    presets: ClassVar[Mapping[str, str]] = {
        "alpha to RGB": "rgb=alpha",
        "red to RGBA": "rgba=R",
        "red to alpha": "A=R",
        "depth to RGB": "rgb=depth.Z",
        "normal to RGB": "rgb=normal",
        "opaque": "A=1",
        "clear alpha": "A=0",
        "swap red and blue": "R=B B=R",
        "alpha of A": "alpha=A:alpha",
        "swap inputs": "rgba=A:rgba",
    }

    def _routing(self, ctx: Context) -> Routing:
        sockets = ("B", "A") if ctx.connected("A") and "A:" in self.mapping else ("B",)
        inputs = {socket: ctx.info(socket) for socket in sockets}
        return route(self.mapping, inputs, "B", "B", self.missing == "black")

    def info(self, ctx: Context) -> ImageInfo:
        return self._routing(ctx).info(ctx)

    def identity(self, ctx: Context) -> str | None:
        return None if self.mapping else "B"

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(self._routing(ctx).routes) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        routing = self._routing(ctx)
        wanted = {socket: routing.layers_of(socket, layers) for socket in ("B", "A")}
        return [Need(socket, region, names) for socket, names in wanted.items() if names]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        routing = ctx.memo.get("routing") or ctx.memo.setdefault("routing", self._routing(ctx))
        region = ctx.region
        like = ctx.zeros(0)
        return {
            name: gather(routing.routes[name], lambda socket, layer: ctx.image(socket).tensor(layer, region), like)
            for name in ctx.layers
        }
