from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Region,
    RimlightError,
    node,
    param,
    port,
)

from ..nuke.timing import APPEND
from ..ops.composite import dissolve
from ..ops.several import aligned, union, wanted


@node(
    "time.append_clip",
    see="merge.dissolve time.time_offset time.frame_range",
    label="AppendClip",
    reads=("frame",),
    nuke=APPEND,
)
class AppendClip(Node):
    """Puts one clip behind another, with a cut or a dissolve. Several in a row make an edit.

    Up to the frame before `cut` the first clip is seen, from there on the second, whose frame `start` is the one at the
    cut. A dissolve begins at the cut; while it lasts the first clip goes on. An error in the clip that is not seen does
    not matter.
    """

    image: Image = port("the first clip")
    second: Image = port("the clip behind it")
    cut: int = param(
        default=101, soft=(1, 200), unit="frame", doc="first frame that shows the second clip", place="top"
    )
    start: int = param(default=1, soft=(1, 100), unit="frame", doc="frame of the second clip that is at the cut")
    dissolve: int = param(
        default=0, hard=(0, 10000), soft=(0, 48), unit="frames", doc="frames that show some of both; 0: a cut"
    )
    point: ClassVar[bool] = True

    def share(self, frame: float) -> float:
        """How much of the second clip is seen at a frame, 0 to 1."""
        return min(max((frame - self.cut + 1) / (self.dissolve + 1), 0.0), 1.0) if frame >= self.cut else 0.0

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {"second": (frame - self.cut + self.start,)} if "second" in inputs else {}

    def info(self, ctx: Context) -> ImageInfo:
        seen = [ctx.info(socket) for socket in self._sockets(ctx)]
        return union(*seen).with_(frames=self._range(ctx))

    def _range(self, ctx: Context) -> tuple[int, int] | None:
        """First and last frame of both together, where both say."""
        try:
            first, second = ctx.info("image").frames, ctx.info("second").frames
        except RimlightError:
            return None  # of one that is not seen, or what is seen has failed already
        if first is None or second is None:
            return None
        return first[0], max(self.cut - 1, second[1] - self.start + self.cut)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return [need for socket in self._sockets(ctx) for need in wanted(ctx, socket, region, layers)]

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        share, sockets = self.share(ctx.frame), self._sockets(ctx)
        out = {}
        for name in ctx.layers:
            seen = [aligned(ctx, socket, ctx.output.layer(name)) for socket in sockets]
            out[name] = dissolve(seen[0], seen[1], share) if len(seen) == 2 else seen[0]
        return out

    def _sockets(self, ctx: Context) -> tuple[str, ...]:
        """The clips that are seen."""
        share = self.share(ctx.frame)
        return ("image",) if share == 0 else ("second",) if share == 1 else ("image", "second")
