from collections.abc import Sequence

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Layer, Need, NukeClass, Region, node, param

from ..ops.bokeh import bokeh_margin
from ..ops.depth_defocus import blur_of_depth, depth_defocus, slices
from .spread import Aperture


@node(
    "filter.z_defocus",
    see="filter.defocus light.depth_from_normals learned.intrinsics",
    label="ZDefocus",
    nuke=NukeClass(
        "ZDefocus2",
        {"depth_of_field": "dof"},
        values={"channels": "all"},
        ignored="focal_point show_image legacy_resize_mode show_legacy_resize_mode fill_foreground filter_type output "
        "clamp_image_filter gammaEnabled bloom bloom_threshold bloom_gain",
        choices={"math": {"far = 0": "far=0", "far = 1": "far=1"}},
        inputs="image -",
        differs="Sizes are taken as they are; an image for the shape of the aperture is left out.",
    ),
)
class ZDefocus(Aperture):
    """Puts out of focus what is before and behind a plane, by the depth of every pixel.

    The picture is cut into slices of one blur each, laid over one another from far to near: what is near spreads over
    what is far, and what a soft edge uncovers is made up from what is seen beside it at that depth. Depth must not be
    anti-aliased, or edges get a fringe; estimated depth has soft edges, which then show a little.

    What depth means is chosen by `math`: with `depth`, distances of any unit, the blur is that of a thin lens,
    size * (1 - focus plane / distance), with `size` at infinity; `far=0` is one over the distance, `far=1` one less
    that; `direct` blurs by size * (depth - focus plane). Highlights take the shape of the aperture.
    """

    z_channel: str = param(
        default="depth.Z", role="channel", place="top", label="depth channel", doc="the channel with the depth"
    )
    math: str = param(
        default="depth", choices=("depth", "far=0", "far=1", "direct"), doc="what the depth channel holds"
    )
    center: float = param(
        default=1.0, soft=(0, 20), label="focus plane", doc="the depth that is sharp; sample it in the viewer"
    )
    dof: float = param(
        default=0.0,
        hard=(0, None),
        soft=(0, 10),
        label="depth of field",
        doc="depth about the plane that stays sharp; 0: only the plane itself",
    )
    size: float = param(
        default=0.0, hard=(0, 1000), soft=(0, 100), unit="px",
        doc="diameter of the blur: at infinity, with direct at a depth of one from the plane",
    )  # fmt: skip
    max_size: float = param(
        default=50.0, hard=(0, 1000), soft=(0, 200), unit="px", label="maximum", doc="largest blur; more is held to it"
    )

    def margin(self) -> tuple[int, int]:
        # The slice next to the largest blur may be a little larger.
        margin = bokeh_margin(slices(self.max_size)[-1] / 2) if self.size else 0
        return margin, margin

    def is_identity(self) -> bool:
        return self.size == 0 or self.max_size == 0

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        wanted = tuple(dict.fromkeys((*layers, ctx.channel("image", self.z_channel)[0])))
        return (Need("image", region.expand(*self.margin()), wanted), *self.mask_needs(ctx, region))

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        where = {"depth": self.center > 0, "far=0": self.center > 0, "far=1": self.center < 1}.get(self.math, True)
        self.require(
            where, f"the focus plane is {self.center:g}, which with '{self.math}' is no distance before the lens"
        )
        margin = self.margin()[0]
        # Depth goes on beyond the picture, whatever its light does there.
        depth = ctx.plane("image", self.z_channel, ctx.region.expand(margin), "repeat")
        blur = blur_of_depth(depth, self.math, self.center, self.size, self.dof, self.max_size)
        ctx.check()
        return depth_defocus(x, blur, margin, lambda size: self.kernel(size, size), ctx.progress)
