from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    ComputeContext,
    Context,
    Effect,
    Image,
    LayerKind,
    Need,
    NukeClass,
    Region,
    cover_of,
    mix_by,
    node,
    param,
    port,
    put,
    take,
)  # fmt: skip

from ..ops.fir import finite
from ..ops.membrane import membrane
from ..ops.morphology import dilate, dilate_margin
from ..ops.patches import fill_texture
from ..ops.progress import Progress, part
from .matte import matte_needs, matte_socket


@node(
    "filter.inpaint",
    see="filter.edge_extend face.complete",
    nuke=NukeClass(
        "Inpaint2 Inpaint",
        {"matteChannel": "matte_channel"},
        ignored="smoothness detailAmount",
        differs="Another method: choose smooth or texture.",
    ),
)
class Inpaint(Effect):
    """Fills what a matte covers from what is around it: takes out wires, marks and whole things.

    `smooth` stretches the light at the edge of the hole over it like a skin (the Laplace equation), for small holes and
    even ground, and for depth and mattes. `texture` puts in patches from within `search` pixels that go together with
    one another and with what is around, then evens out the step at the edge. Look at its choice: it is a guess, and may
    change from frame to frame.

    All that the matte covers even a little is filled, and laid over the picture by the matte: give it a soft edge
    outside of what is to go. Without a matte wired, the picture's own alpha is used; red, green and blue are taken as
    they are. With texture, layers that are no colour are filled smoothly. Brightness is compared in stops, so exposure
    does not matter.
    """

    roi: ClassVar[bool] = False

    matte: Image = port("where to fill", optional=True)
    matte_channel: str = param(
        default="alpha", role="channel", place="top",
        doc="channel that says where: of the matte, or of the image itself",
    )  # fmt: skip
    invert_matte: bool = param(default=False, place="top", doc="fill where the matte is black")
    method: str = param(
        default="smooth",
        choices=("smooth", "texture"),
        doc="smooth stretches the light around over the hole; texture puts in patches",
    )
    grow: float = param(
        default=0.0, hard=(0, 500), soft=(0, 20), unit="px", doc="fills this much more around the matte"
    )
    patch_size: int = param(default=7, hard=(3, 31), soft=(3, 15), doc="texture: sides of a patch in pixels; odd")
    search: float = param(
        default=100.0, hard=(4, 2000), soft=(10, 500), unit="px", doc="texture: how far from a hole patches are taken"
    )

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (*matte_needs(ctx, self.matte_channel, layers), *self.mask_needs(ctx, region))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        info, out = ctx.info("image"), {}
        weight = self._weight(ctx)
        for i, name in enumerate(ctx.layers):
            chosen, x = self.selection(ctx)[name], ctx.image("image").tensor(name, ctx.region)
            before = take(x, chosen)
            hole = weight[0] > 0
            after = before
            # Without anything to fill it from, the picture stays.
            if bool(hole.any()) and not bool(hole.all()):
                texture = self.method == "texture" and info.layer(name).kind is LayerKind.COLOR
                after = self._filled(finite(before), hole, texture, ctx, part(ctx.progress, i, len(ctx.layers)))
                after = mix_by(before, after, weight)
            out[name] = put(x, chosen, self.blend(ctx, before, torch.where(hole, after, before)))
        return out

    def _weight(self, ctx: ComputeContext) -> Tensor:
        """How much of the fill is seen, `[1, h, w]`."""
        x = cover_of(ctx.plane(matte_socket(ctx), self.matte_channel))
        weight = 1 - x if self.invert_matte else x
        if self.grow == 0:
            return weight
        margin = dilate_margin(self.grow)
        return dilate(torch.nn.functional.pad(weight, (margin,) * 4), self.grow, self.grow, round_element=True)

    def _filled(self, x: Tensor, hole: Tensor, texture: bool, ctx: ComputeContext, progress: Progress) -> Tensor:
        if not texture:
            return membrane(x, ~hole, check=ctx.check)
        size = self.patch_size + 1 - self.patch_size % 2
        return fill_texture(x, hole, size, round(self.search), progress)
