from collections.abc import Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, node, param, port

from ..nuke.timing import FRAME_RANGE


@node("time.frame_range", see="time.time_offset time.append_clip", label="FrameRange", nuke=FRAME_RANGE)
class FrameRange(Node):
    """States the first and last frame of the material, for what follows. Frames outside it are still there."""

    image: Image = port("the material")
    first: int = param(default=1, soft=(1, 100), unit="frame", doc="first frame")
    last: int = param(default=100, soft=(1, 100), unit="frame", doc="last frame")

    def info(self, ctx: Context) -> ImageInfo:
        self.require(self.first <= self.last, f"first is {self.first} and last is {self.last}, expected first <= last")
        return ctx.info("image").with_(frames=(self.first, self.last))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
