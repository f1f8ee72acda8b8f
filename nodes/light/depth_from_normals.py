from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast

from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    Region,
    depth_from_normals,
    depth_of,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from .geometry import Seen, from_corner, on_surface, whole_normals


@node(
    "light.depth_from_normals",
    see="light.normals_from_depth light.position_from_depth layers#layers-from-one-another",
    label="DepthFromNormals",
)
class DepthFromNormals(Seen):
    """Makes `depth` from `normal`, so that lights can stand somewhere and cast shadows: the relief whose slopes fit
    best.

    Normals say nothing of how far away things are, nor of jumps from one to the next: the picture becomes one relief
    around `distance`. Where there are no normals its depth is 0. A layer `confidence` says how much normals count.
    """

    roi: ClassVar[bool] = False  # every slope moves every depth

    image: Image = port("picture with normals")
    distance: float = param(
        default=200.0, hard=(0.001, None), soft=(10, 1000), unit="cm",
        doc="from the camera to the surfaces, their geometric mean", place="top",
    )  # fmt: skip
    rounds: int = param(
        default=30, hard=(0, 500), soft=(0, 100),
        doc="how often the relief is improved where normals are missing or count less; 0: all count the same",
    )  # fmt: skip

    def info(self, ctx: Context) -> ImageInfo:
        info = ctx.info("image")
        self.require(info.has("normal"), f"the image has no layer 'normal', it has {listing(info.names)}")
        return info.with_layer(LIGHT_LAYERS["depth"])

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {"depth"}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        return (Need("image", info.data, ("normal", *(("confidence",) if info.has("confidence") else ()))),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        normal = image.tensor("normal", ctx.region)[:3]
        there = on_surface(normal, None)
        normal = whole_normals(normal, there > 0)
        weight = there
        if image.info.has("confidence"):
            weight = there * image.tensor("confidence", ctx.region)[:1].nan_to_num(0.0).clamp(0, 1)
        ctx.check()
        camera, where = self.pinhole(image.info), from_corner(image.info, ctx.region)
        uneven = bool((weight < 1).any())
        relief = depth_from_normals(
            normal, camera, where, weight=weight if uneven else None, rounds=self.rounds if uneven else 0
        )
        depth = depth_of(camera.position(relief, where), cast(Literal["z", "ray"], self.depth_is))
        # Row by row, so that the number of threads does not change the sum.
        mean = (there * depth.log()).sum(-1).sum() / there.sum(-1).sum().clamp_min(1)
        return {"depth": there * depth * (self.distance / self.cm_per_unit / mean.exp())}
