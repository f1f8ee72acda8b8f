from collections.abc import Mapping, Sequence

from rimlight.engine import Context, Image, ImageInfo, Node, node, param, port

from ..nuke.timing import TIME_OFFSET


@node("time.time_offset", see="time.frame_hold time.retime time.frame_range", label="TimeOffset", nuke=TIME_OFFSET)
class TimeOffset(Node):
    """Moves material in time: with an offset of 10, frame 1 of the input is seen at frame 11.

    With `reverse` the range first..last is played backwards, then moved.
    """

    image: Image = port("the material")
    offset: int = param(default=0, soft=(-100, 100), unit="frames", doc="frames later; negative is earlier")
    reverse: bool = param(default=False, doc="play backwards")
    first: int = param(default=1, soft=(1, 100), unit="frame", doc="first frame of the range that is reversed")
    last: int = param(default=100, soft=(1, 100), unit="frame", doc="last frame of the range that is reversed")

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        source = frame - self.offset
        return {"image": (self.first + self.last - source if self.reverse else source,)}

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        if info.frames is None:
            return info
        first, last = info.frames
        if self.reverse:
            first, last = self.first + self.last - last, self.first + self.last - first
        return info.with_(frames=(first + self.offset, last + self.offset))

    def identity(self, ctx: Context) -> str | None:
        return None if self.reverse or self.offset else "image"

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset()
