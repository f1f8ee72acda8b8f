from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Layer,
    Need,
    Region,
    find_sky,
    node,
    param,
    picture_level,
    port,
)  # fmt: skip

from ..ops.sky import Sky, sky_of
from .base import StudentNode
from .brought import whole_depth

SHARE = "rimlight:sky"
SKY = Layer("sky", ("R", "G", "B"))


@node(
    "learned.sky_remove", label="SkyRemove", menu="Light/Student", reads=("tier",),
    see="light.environment_view merge.merge draw.light_wrap learned.light_sources recipes#another-sky",
)  # fmt: skip
class SkyRemove(StudentNode):
    """Takes the sky out of a picture, without a screen. What stands before it stays, with an alpha: merge it over
    another sky.

    Between leaves and hairs a pixel shows both, and only the sky's part of its light is taken. So another sky shines
    through the same gaps, and nothing of the old one is left around them. The layer `sky` holds the light that was
    taken: `picture = rgba + sky`.

    The scene keeps its light. To light it by the other sky, put a Relight on the picture and wire that to `lit`: of it
    each pixel keeps the same part as of its own light.

    A sky lies along the upper edge and behind the rest, and is even. It is blue or white, or brighter and redder down
    to the horizon, as at dusk. Haze and the glow of a sun belong to it. A frame that is blue all over, and paler where
    it is brighter, is all sky. Without a sky the picture passes, with an alpha of 1. The share of the frame that is sky
    is shown with the node.

    Water that mirrors the sky, and pale hair or white walls before a white one, are easily taken for it. Mattes at
    `sky` and `ground` put that right, whatever the picture looks like there.
    """

    measures: ClassVar[tuple[str, ...]] = (SHARE,)

    lit: Image = port(
        "the same picture in other light, such as behind a Relight: what stays is taken from it", optional=True
    )
    sky: Image = port("where all is sky, whatever it looks like", optional=True)
    ground: Image = port("where nothing is sky, whatever it looks like", optional=True)
    reach: float = param(
        default=0.1, hard=(0, 1), soft=(0, 0.3), place="top",
        doc="how far from the sky gaps are looked for, such as those between leaves, as a share of the picture's "
        "long side",
    )  # fmt: skip
    tolerance: float = param(
        default=0.3, hard=(0.001, None), soft=(0.05, 1), place="top",
        doc="how far a pixel may be off a mixture of sky and ground, as a share of the sky's light: more takes out "
        "more sky",
    )  # fmt: skip
    given_channel: str = param(
        default="alpha", role="channel", doc="channel of the inputs `sky` and `ground`", place="bottom"
    )

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return ("depth",)

    def info(self, ctx: Context) -> ImageInfo:
        info = self.signed(ctx, ctx.info("image"))
        main = info.layer(MAIN)
        if main.alpha is None:
            main = Layer(MAIN, (*main.channels, "A"), main.kind)
        others = (layer for layer in info.layers if layer.name not in (MAIN, SKY.name))
        return info.with_(layers=(main, *others, SKY))

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN, SKY.name}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        given = [(s, ctx.channel(s, self.given_channel)[0]) for s in ("sky", "ground") if ctx.connected(s)]
        mattes = (Need(socket, ctx.info("image").data, (layer,)) for socket, layer in given)
        lit = (Need("lit", region, (MAIN,)),) if ctx.connected("lit") else ()
        return (*super().needs(ctx, region, layers), *mattes, *lit)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, info = ctx.image("image"), ctx.info("image")
        main = image.tensor(MAIN, ctx.region)
        plate, found = self.plate(ctx), self._found(ctx)
        ctx.measured(SHARE, 0.0 if found is None else float(found.share.mean()))
        rows, columns = info.data.slices_of(ctx.region)
        gone = torch.zeros_like(plate) if found is None else found.gone(plate)
        share = torch.zeros_like(plate[:1]) if found is None else found.share
        plate, gone, share = (x[:, rows, columns] for x in (plate, gone, share))
        indices, layer, kept = list(ctx.rgb("image")), info.layer(MAIN), main.clone()
        kept[indices] = self.blend(ctx, main[indices], self._stays(ctx, plate, gone, share))
        covered = 1 - self.blend(ctx, torch.zeros_like(share), share)
        if layer.alpha is None:
            kept = torch.cat((kept, covered))
        else:
            kept[layer.alpha] *= covered[0]
        taken = self.blend(ctx, torch.zeros_like(gone), gone)
        return {name: x for name, x in {MAIN: kept, SKY.name: taken}.items() if name in ctx.layers}

    def _stays(self, ctx: ComputeContext, plate: Tensor, gone: Tensor, share: Tensor) -> Tensor:
        """The light `[3, h, w]` of what stands before the sky, over the region of `ctx`."""
        if not ctx.has_image("lit"):
            return plate - gone
        lit = ctx.image("lit").tensor(MAIN, ctx.region)[list(ctx.rgb("lit"))]
        part = torch.where(plate > 0, (plate - gone) / plate, 1 - share)
        return lit * part.nan_to_num(1.0).clamp(0, 1)

    def _found(self, ctx: ComputeContext) -> Sky | None:
        plate = self.plate(ctx)
        far = whole_depth(self.light_layers(ctx, "depth")["depth"])
        finite = plate.nan_to_num(0.0, 0.0, 0.0)[None]
        found = find_sky(finite, picture_level(finite), far[None])[0]
        ctx.check()
        mattes = {socket: self._matte_of(ctx, socket) for socket in ("sky", "ground")}
        return sky_of(plate, found, far, self.reach, self.tolerance, **mattes)

    def _matte_of(self, ctx: ComputeContext, socket: str) -> Tensor | None:
        """A matte that users wire `[1, H, W]`."""
        if not ctx.connected(socket):
            return None
        return ctx.plane(socket, self.given_channel, ctx.info("image").data)
