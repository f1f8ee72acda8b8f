import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Masked,
    Need,
    NukeClass,
    Region,
    node,
    param,
    port,
)

from ..ops.composite import dissolve
from ..ops.several import aligned, union, wanted


@node(
    "merge.dissolve",
    see="merge.switch time.append_clip merge.keymix",
    nuke=NukeClass("Dissolve", values={"which": 0.5}),
)
class Dissolve(Masked):
    """Goes from one input to the next: `which` 0 is the first input, 1 the second, 0.5 half of each.

    Animate `which` for a cross dissolve; only the inputs that are seen are evaluated. The frame is that of the first of
    the two. Where a mask or mix holds the effect back, the first input is seen.
    """

    image: Image = port("pictures in order", many=True)
    which: float = param(default=0.0, hard=(0, 99), soft=(0, 1), doc="number of the input, fractions are between two")
    point: ClassVar[bool] = True
    aligned: ClassVar[frozenset[str]] = Masked.aligned | {"image"}

    def _pair(self) -> tuple[str, str]:
        """The sockets before and after `which`."""
        low = math.floor(self.which)
        return tuple("image" if i == 0 else f"image{i + 1}" for i in (low, math.ceil(self.which)))  # type: ignore[return-value]

    def _sockets(self, inputs: Sequence[str]) -> tuple[str, ...]:
        """The inputs that are looked at: the pair, and the first, which a mask lets through."""
        held_back = self.mix != 1 or "mask" in inputs
        return tuple(dict.fromkeys((*(("image",) if held_back else ()), *self._pair())))

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        seen = (*self._sockets(inputs), "mask")
        return {socket: () for socket in inputs if socket not in seen}

    def info(self, ctx: Context) -> ImageInfo:
        sockets = self._sockets(ctx.inputs)
        return union(*(ctx.info(socket) for socket in sockets))

    def identity(self, ctx: Context) -> str | None:
        for socket in self._pair():
            number = int(socket[len("image") :] or 1) - 1
            self.require(ctx.connected(socket), f"nothing is wired to input {number}, which is {self.which:g}")
        if self.mix == 0:
            return "image"
        first, second = self._pair()
        return first if first == second and (first == "image" or self._sockets(ctx.inputs) == (first,)) else None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        found = [need for socket in self._sockets(ctx.inputs) for need in wanted(ctx, socket, region, layers)]
        return (*found, *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        first, second = self._pair()
        held_back = "image" in self._sockets(ctx.inputs)
        out = {}
        for name in ctx.layers:
            layer = ctx.output.layer(name)
            one, two = aligned(ctx, first, layer), aligned(ctx, second, layer)
            mixed = dissolve(one, two, self.which % 1.0)
            out[name] = self.blend(ctx, aligned(ctx, "image", layer), mixed) if held_back else mixed
        return out
