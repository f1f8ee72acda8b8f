import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from rimlight.engine import (
    EMPTY,
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    LayerKind,
    Need,
    Node,
    Region,
    node,
    param,
    port,
)

from ..nuke.timing import RETIMES
from ..ops.composite import dissolve
from ..ops.flow import WORK, on_the_way
from ..ops.several import aligned, union
from .neighbors import between

OUTSIDE = ("continue", "hold", "loop", "bounce", "black")


@node(
    "time.retime",
    see="time.time_offset time.frame_blend time.motion_vectors shots#how-motion-is-found",
    reads=("frame",),
    nuke=RETIMES,
)
class Retime(Node):
    """Plays material faster, slower, backwards or along a curve.

    By `speed`: the input frame is start + (frame - start) * speed. By `range`: first..last of the output shows
    first..last of the input. By `frame`: what `source_frame` says, which is there to be animated. Where that lies
    outside the input's range, `before` and `after` say what is seen.

    Frames in between are mixed along the motion of the main layer when `blend` says so: what is covered in one of the
    two frames is taken from the other. Where motion cannot be told, such as in smoke, that is a plain mix; across a cut
    it is the nearer frame.
    """

    image: Image = port("the material")
    method: str = param(
        default="speed",
        choices=("speed", "range", "frame"),
        doc="what says which input frame is seen: a speed, two ranges, or the curve `source_frame`",
    )
    speed: float = param(
        default=1.0, soft=(-4, 4), animatable=False, doc="2 is twice as fast, 0.5 half, -1 backwards",
    )  # fmt: skip
    start: float = param(default=1.0, soft=(1, 100), unit="frame", doc="speed: the frame that stays where it is")
    source_frame: float = param(
        default=1.0, soft=(1, 100), unit="frame", doc="frame: the input frame that is seen; animate it"
    )
    input_first: int = param(default=1, soft=(1, 100), unit="frame", doc="first frame of the input's range")
    input_last: int = param(default=100, soft=(1, 100), unit="frame", doc="last frame of the input's range")
    output_first: int = param(
        default=1, soft=(1, 100), unit="frame", doc="range: output frame that shows the first of the input",
    )  # fmt: skip
    output_last: int = param(
        default=100, soft=(1, 100), unit="frame", doc="range: output frame that shows the last of the input",
    )  # fmt: skip
    blend: str = param(
        default="nearest", choices=("nearest", "frames", "motion"),
        doc="between two frames: the nearer one, a mix of both, or both moved to where things are on their way",
    )  # fmt: skip
    before: str = param(
        default="continue",
        choices=OUTSIDE,
        doc="what is seen before the input's range; continue asks the input for those frames",
    )
    after: str = param(
        default="continue",
        choices=OUTSIDE,
        doc="what is seen after the input's range; continue asks the input for those frames",
    )

    def position(self, frame: float) -> float:
        """The input frame, a fraction too, that belongs to an output frame; it may lie outside the input's range."""
        if self.method == "frame":
            return self.source_frame
        if self.method == "speed":
            return self.start + (frame - self.start) * self.speed
        span = self.output_last - self.output_first
        self.require(span != 0, f"output_first and output_last are both {self.output_first}, expected two frames")
        share = (frame - self.output_first) / span
        return self.input_first + share * (self.input_last - self.input_first)

    def inside(self, position: float) -> float | None:
        """The position after `before` and `after` have been applied; None for black."""
        first, last = self.input_first, self.input_last
        self.require(first <= last, f"input_first is {first} and input_last is {last}, expected first <= last")
        if first <= position <= last:
            return position
        rule = self.before if position < first else self.after
        if rule == "hold" or (rule == "bounce" and first == last):
            return float(min(max(position, first), last))
        if rule == "loop":
            return first + (position - first) % (last - first + 1)
        if rule == "bounce":
            span = last - first
            return first + span - abs((position - first) % (2 * span) - span)
        return position if rule == "continue" else None

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        position = self.inside(self.position(frame))
        if position is None:
            return {"image": (float(self.input_first),)}
        if self.blend == "nearest":
            return {"image": (self._looped(math.floor(position + 0.5)),)}
        low = math.floor(position)
        return {"image": (float(low),) if low == position else (float(low), self._looped(low + 1))}

    def _looped(self, frame: int) -> float:
        """The first frame follows the last where the range is repeated."""
        loops = "loop" in (self.before, self.after)
        return float(self.input_first if loops and frame == self.input_last + 1 else frame)

    def info(self, ctx: Context) -> ImageInfo:
        info = union(*(ctx.info("image", frame) for frame in ctx.frames("image")))
        info = info.with_(frames=self._range(info.frames))
        return info.with_(data=EMPTY) if self.inside(self.position(ctx.frame)) is None else info

    def _range(self, frames: tuple[int, int] | None) -> tuple[int, int] | None:
        """The output frames that show the material, where that can be said."""
        if self.method == "range":
            return min(self.output_first, self.output_last), max(self.output_first, self.output_last)
        if frames is None or self.method == "frame" or self.speed == 0:
            return None
        ends = [self.start + (f - self.start) / self.speed for f in frames]
        return math.ceil(min(ends)), math.floor(max(ends))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset() if len(ctx.frames("image")) == 1 else frozenset(layers)

    def regional(self, ctx: Context) -> bool:
        return self.blend != "motion"  # what is between may come from anywhere

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found, moving = [], self._moving(ctx)
        for frame in ctx.frames("image"):
            names = tuple(name for name in dict.fromkeys((*layers, *moving)) if ctx.info("image", frame).has(name))
            if names:
                found.append(Need("image", region, names, frame))
        return found

    def _moving(self, ctx: Context) -> tuple[str, ...]:
        """The layer whose motion is followed, if any is: the main one, or in a picture without, the first of both."""
        infos = [ctx.info("image", frame) for frame in ctx.frames("image")]
        if self.blend != "motion" or len(infos) == 1:
            return ()
        both = [name for name in infos[0].names if infos[1].has(name)]
        return (MAIN if MAIN in both else both[0],) if both else ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        low, high = ctx.frames("image")
        position = self.inside(self.position(ctx.frame))
        assert position is not None, "black has no pixels to compute"
        share, moving = position - low, self._moving(ctx)
        ways = between(ctx, "image", moving[0], low, high, ctx.region, WORK) if moving else None
        out = {}
        for i, name in enumerate(ctx.layers):
            ctx.progress(i / len(ctx.layers))
            layer = ctx.output.layer(name)
            first, second = (aligned(ctx, "image", layer, frame) for frame in (low, high))
            if ways is None:
                out[name] = dissolve(first, second, share)
            else:
                filter = "cubic" if layer.kind is LayerKind.COLOR else "linear"
                out[name] = on_the_way(first, second, ways[0], ways[1], share, filter)
        return out
