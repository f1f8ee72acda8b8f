from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    RGB,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Node,
    Region,
    listing,
    mean_of_all,
    node,
    param,
    port,
)  # fmt: skip


@node("light.recombine", see="learned.intrinsics light.mixer concepts#pictures", label="Recombine")
class Recombine(Node):
    """Puts a picture together from its light layers: `albedo * shading + specular + residual`.

    With a plate wired, `residual` becomes what the other layers do not explain of it, so that the ledger closes: the
    picture is the plate again, to float precision. Without, the residual that is there is added. Layers that are
    missing count as nothing; `albedo` and `shading` must be there. The weights change the picture layer by layer.
    """

    point: ClassVar[bool] = True

    image: Image = port("picture with the layers albedo and shading, and specular and residual where there are such")
    plate: Image = port("what the layers are to add up to", optional=True)
    diffuse: float = param(default=1.0, soft=(0, 2), doc="factor on albedo times shading: 0 leaves it out")
    specular: float = param(default=1.0, soft=(0, 2), doc="factor on the specular layer")
    residual: float = param(
        default=1.0, soft=(0, 2), doc="factor on the residual: skies, lamps, what no layer explains"
    )

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        for name in ("albedo", "shading"):
            self.require(info.has(name), f"the image has no layer '{name}', it has {listing(info.names)}")
        if not info.has(MAIN):
            info = info.with_(layers=(RGB, *info.layers))
        if ctx.connected("plate"):
            plate = ctx.info("plate")
            self.require(
                plate.has(MAIN) and plate.layer(MAIN).rgb is not None,
                f"the plate has no main layer with red, green and blue, it has {listing(plate.names)}",
            )
            info = info.with_layer(LIGHT_LAYERS["residual"])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & ({MAIN, "residual"} if ctx.connected("plate") else {MAIN})

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        wanted = ["albedo", "shading", "specular", MAIN]
        if not ctx.connected("plate"):
            wanted.append("residual")
        needs = [Need("image", region, tuple(name for name in wanted if info.has(name)))]
        return [*needs, Need("plate", region, (MAIN,))] if ctx.connected("plate") else needs

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image, info = ctx.image("image"), ctx.info("image")

        def layer(name: str) -> Tensor:
            return image.tensor(name, ctx.region)[:3] if info.has(name) else ctx.zeros(3)

        diffuse, specular = layer("albedo") * layer("shading"), layer("specular")
        if ctx.connected("plate"):
            plate = ctx.image("plate").tensor(MAIN, ctx.region)
            rest = plate[list(_rgb(ctx.info("plate")))] - (diffuse + specular)
        else:
            rest = layer("residual")
        out = {"residual": rest} if "residual" in ctx.layers else {}
        if MAIN in ctx.layers:
            lit = (diffuse * self.diffuse + specular * self.specular) + rest * self.residual
            out[MAIN] = self._picture(ctx, lit)
        return out

    def report(self, image: Image) -> str:
        """What the panel says of finished pixels: how large the residual is beside the picture."""
        if "residual" not in image or MAIN not in image:
            return ""
        rest, whole = image["residual"].abs(), image[MAIN][:3].abs()
        share = 100 * float(mean_of_all(rest)) / max(float(mean_of_all(whole)), 1e-12)
        return f"residual: {share:.3g} % of the picture on average, {float(rest.amax()):.3g} at most"

    def _picture(self, ctx: ComputeContext, lit: Tensor) -> Tensor:
        if not ctx.info("image").has(MAIN):
            return lit
        layer = ctx.output.layer(MAIN)
        if layer.rgb is None:
            return ctx.image("image").tensor(MAIN, ctx.region)
        out = ctx.image("image").tensor(MAIN, ctx.region).clone()
        out[list(layer.rgb)] = lit
        return out


def _rgb(info: ImageInfo) -> tuple[int, int, int]:
    found = info.layer(MAIN).rgb
    assert found is not None  # info has seen to it
    return found
