"""What nodes share that work on a face in its uv."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, Need, Node, Region, listing, port, unit

from ..ops.fir import finite
from .model import Array, Face, face_model, face_of, geometry
from .seen import unfolded


@dataclass(frozen=True)
class FaceTexture(Node):
    """A node that works on a face in its uv, as Unwrap lays it out below FaceFit."""

    roi: ClassVar[bool] = False  # light and symmetry are those of all of the face

    image: Image = port("the face in its uv, from Unwrap")

    def face(self, ctx: Context) -> Face:
        """The face, from the metadata of the picture. Raises RimlightError where there is none."""
        return face_of(ctx.info("image"), self.label)

    def rgb(self, ctx: Context) -> tuple[int, int, int]:
        """Where red, green and blue are in the main layer. Raises RimlightError where they are not."""
        info = ctx.info("image")
        found = info.layer(MAIN).rgb if info.has(MAIN) else None
        self.require(found is not None, f"the image has no red, green and blue, it has {listing(info.names)}")
        assert found is not None
        return found

    def texels(self, ctx: Context) -> Region:
        """The texels that the uv from 0 to 1 fill."""
        return ctx.info("image").display

    def places(self, ctx: ComputeContext) -> Tensor:
        """The uv of the texels, `[2, h, w]`."""
        texels = self.texels(ctx)
        u = (torch.arange(texels.width, device=ctx.device) + 0.5) / max(1, texels.width)
        v = 1 - (torch.arange(texels.height, device=ctx.device)[:, None] + 0.5) / max(1, texels.height)
        return torch.stack((u.expand(texels.height, -1), v.expand(-1, texels.width)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", ctx.info("image").data, self.looked_at(ctx)),)

    def looked_at(self, ctx: Context) -> tuple[str, ...]:
        """The layers of the picture that the node looks at."""
        info = ctx.info("image")
        return tuple(name for name in (MAIN, "confidence") if info.has(name))

    def light(self, ctx: ComputeContext) -> Tensor:
        """Red, green and blue `[3, h, w]` over the uv."""
        return ctx.image("image").tensor(MAIN, self.texels(ctx))[list(self.rgb(ctx))]

    def seen(self, ctx: ComputeContext) -> Tensor:
        """How squarely texels were seen, `[1, h, w]`, 0 to 1; 1 where the picture does not say."""
        if "confidence" not in ctx.image("image"):
            return torch.ones_like(self.light(ctx)[:1])
        return finite(ctx.image("image").tensor("confidence", self.texels(ctx))[:1]).clamp(0, 1)

    def surface(self, ctx: ComputeContext) -> tuple[Tensor, Tensor, Tensor]:
        """Position and normal of the face in the uv, `[3, h, w]` each, and where it has uv, `[h, w]`."""
        vertices, normals = geometry(self.face(ctx))
        both: Array = torch.cat((torch.from_numpy(vertices), torch.from_numpy(normals)), 1).numpy()
        model = face_model()
        found, there = unfolded(model, both[model.corners], self.texels(ctx), ctx.device, ctx.check)
        return found[:3], unit(found[3:]), there

    def put_light(self, ctx: ComputeContext, light: Tensor) -> Tensor:
        """The main layer over the region of `ctx` with `light [3, h, w]`, which covers the uv."""
        out = ctx.image("image").tensor(MAIN, ctx.region).clone()
        rgb = list(self.rgb(ctx))
        out[rgb] = self.put(ctx, light, out[rgb])
        return out

    def put(self, ctx: ComputeContext, x: Tensor, around: Tensor | None = None) -> Tensor:
        """`x [C, h, w]`, which covers the uv, over the region of `ctx`, in what lies `around`, else in 0."""
        out = ctx.zeros(x.shape[0]) if around is None else around.clone()
        texels = self.texels(ctx)
        both = texels.intersect(ctx.region)
        if not both.is_empty:
            rows, columns = ctx.region.slices_of(both)
            from_rows, from_columns = texels.slices_of(both)
            out[:, rows, columns] = x[:, from_rows, from_columns]
        return out
