from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    Need,
    Region,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from ..light.working import working_space
from ..ops.fir import finite
from ..ops.flicker import change, lab
from ..ops.flow import WORK
from .neighbors import Temporal, between, grey_of, in_both

FLICKER, OF_PLATE, ADDED, SEEN = (f"rimlight:flicker{end}" for end in ("", "_plate", "_added", "_seen"))


@node("time.flicker_meter", see="time.stabilize image.curve_tool shots#how-much-a-shot-flickers", label="FlickerMeter")
class FlickerMeter(Temporal):
    """Measures how much a shot flickers, in colour differences per second. The picture stays as it is.

    The frame before is brought to the place of this one along the motion between them, and what still differs is
    flicker: the mean colour difference (CIE 1976, of which about 1 is just seen) over what is in both frames, times the
    frames per second. Light that changes because it is meant to counts as well. With the shot before its processing at
    `plate`, motion is the plate's, and the plate's own flicker is told beside it.

    The node shows `rimlight:flicker`, `rimlight:flicker_plate`, `rimlight:flicker_added` (the difference of both) and
    `rimlight:flicker_seen` (the share of the picture that is in both frames). They are in the metadata too, and
    `rimlight measure` tells them for a range. Measure, in the panel, keys them at every frame of the range.

    The first frame has no flicker, and neither has the first behind a cut, where `rimlight:flicker_seen` is about 0:
    the table and the curve have a gap there, and a mean leaves it out. Where flicker is 0 at all frames the picture is
    a still, not a steady shot: `rimlight measure` says so.
    """

    roi: ClassVar[bool] = False  # one number of the whole frame
    measures: ClassVar[tuple[str, ...]] = (FLICKER, OF_PLATE, ADDED, SEEN)
    all_zero: ClassVar[str] = "its picture is the same at all frames: there is no flicker to measure"
    sections: ClassVar[Mapping[str, str]] = {"Measured": "flicker flicker_plate flicker_added flicker_seen"}

    image: Image = port("the shot")
    plate: Image = port("the shot before it was processed", optional=True)
    layer: str = param(default=MAIN, role="layer", doc="layer of the image that is measured", place="top")
    detail: float = param(
        default=2.0, hard=(0, 500), soft=(0, 20), unit="px",
        doc="differences within so many pixels cancel out, so that grain does not count",
    )  # fmt: skip
    white: float = param(
        default=1.0, hard=(1e-6, None), soft=(0.1, 10), doc="the number of the picture that counts as white, L* 100"
    )  # fmt: skip
    fps: float = param(
        default=0.0, hard=(0, 1000), soft=(0, 60), doc="frames per second; 0: those of the project", animatable=False
    )  # fmt: skip
    size: int = param(
        default=WORK, hard=(64, 8192), soft=(256, 2048),
        doc="longer side in pixels at which motion is looked for; larger pictures are reduced for it",
    )  # fmt: skip

    flicker: float = param(default=0.0, cosmetic=True, doc="colour differences per second, as measured")
    flicker_plate: float = param(
        default=0.0, cosmetic=True, doc="colour differences per second of the plate, as measured"
    )
    flicker_added: float = param(default=0.0, cosmetic=True, doc="what the processing adds to it, as measured")
    flicker_seen: float = param(default=0.0, cosmetic=True, doc="share of the picture in both frames, as measured")

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {name: (frame, frame - 1) for name in ("image", "plate") if name in inputs}

    def extra_key(self, ctx: Context) -> object:
        return super().extra_key(ctx), self._per_second(ctx)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {self.layer}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        whole = ctx.info("image").data
        found = [Need("image", whole, (self._measured(ctx, "image"),), frame) for frame in in_both(ctx)]
        if ctx.connected("plate"):
            found += [Need("plate", whole, (self._measured(ctx, "plate"),), frame) for frame in in_both(ctx)]
        return found

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        frames, now = in_both(ctx), ctx.frames("image")[0]
        if len(frames) == 2:
            self._measure(ctx, now, min(frames))
        return {self.layer: ctx.image("image", now).tensor(self.layer, ctx.region)}

    def _measure(self, ctx: ComputeContext, now: float, before: float) -> None:
        sockets = ("image", "plate") if ctx.connected("plate") else ("image",)
        moving = sockets[-1]
        motion = between(ctx, moving, self._measured(ctx, moving), now, before, ctx.region, self.size)[0]
        rates = []
        for i, socket in enumerate(sockets):
            ctx.progress((1 + i) / (1 + len(sockets)))
            colors = [self._lab(ctx, socket, frame) for frame in (now, before)]
            difference, seen = change(colors[0], colors[1], motion, self.detail, ctx.check)
            ctx.measured(SEEN, seen)
            if difference is None:
                return  # a cut: frames of two shots say nothing of flicker, and no number is no steady light
            rates.append(difference * self._per_second(ctx))
        ctx.measured(FLICKER, rates[0])
        if len(rates) == 2:
            ctx.measured(OF_PLATE, rates[1])
            ctx.measured(ADDED, rates[0] - rates[1])

    def _lab(self, ctx: ComputeContext, socket: str, frame: float) -> Tensor:
        """L*a*b* `[3, h, w]` of a frame."""
        ctx.check()
        name = self._measured(ctx, socket)
        x = ctx.image(socket, frame).tensor(name, ctx.region, "auto")[grey_of(ctx.info(socket, frame).layer(name))]
        x = x if x.shape[0] == 3 else x.mean(0, keepdim=True).expand(3, -1, -1)
        found = lab(finite(x) / self.white, working_space(ctx).from_xyz)
        ctx.check()
        return found

    def _measured(self, ctx: Context, socket: str) -> str:
        """The layer that is looked at: of the plate the main one, where it lacks the one that is measured."""
        info = ctx.info(socket)
        if socket == "plate" and not info.has(self.layer):
            return MAIN if info.has(MAIN) or not info.names else info.names[0]
        self.require(info.has(self.layer), f"there is no layer '{self.layer}', there are {listing(info.names)}")
        return self.layer

    def _per_second(self, ctx: Context) -> float:
        return self.fps or ctx.project.fps
