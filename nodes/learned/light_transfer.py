from collections.abc import Mapping, Sequence

from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Image, Need, Region, defaulted, node, param, port

from .coded import Coded
from .sunlit import Sunlit


@node(
    "learned.light_transfer",
    see="learned.light_mix learned.light_match baseline.color_transfer light#the-light-of-a-picture",
    label="LightTransfer",
    menu="Light/Student",
    reads=("tier",),
    version=2,
    upgrades={1: defaulted(sun=False)},
)
class LightTransfer(Sunlit, Coded):
    """Puts a picture under the light of another picture, or of another frame of a shot (through FrameHold).

    The two pictures may show different things. Direction, contrast and colour of the light are taken over; the exposure
    stays unless asked for. Texture stays as it is. For a foreground before its background take LightMatch, for
    something between two lights LightMix.

    The light of both is found as by LightEstimate, a sun that one of them shows included. The picture is multiplied by
    the quotient of what the two give its surfaces: the ratio image of Liu, Shan and Zhang (2001), made from estimated
    normals. `flatten` works whatever the reference: at 0 a picture under its own light comes back as it was, at 0.4 the
    plates that ship change by 0.1 to 0.6 stops on average.

    By `light`, what normals do not tell, such as new cast shadows, is not made up. By `code`, the student refines both
    lights on the surfaces by the illumination codes of the two pictures, in which it sees what a light does beside
    shading (after Zhang and others 2024, who relight by swapping latent intrinsics). The quotient of the two stays
    smooth, so what the student gets wrong in both cancels out.
    """

    reference: Image = port("the picture whose light is wanted")
    amount: float = param(
        default=1.0, hard=(-2, 2), soft=(0, 1), place="top",
        doc="0 is the picture's own light, 1 that of the reference, on the scale of stops; beyond it is exaggerated",
    )  # fmt: skip
    exposure: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), doc="how much of the reference's exposure is taken", place="top"
    )
    color: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="how much of the colour of its light is taken", place="top"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.amount == 0 else None

    def others(self, ctx: Context) -> tuple[str, ...]:
        return ("reference", *super().others(ctx))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (*super().needs(ctx, region, layers), *self.sun_needs(ctx, self.own_socket(ctx), "reference"))

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        normal = self.normals(ctx)
        before = self.lit(ctx, normal, self.sunlit(ctx, self.own_socket(ctx)), [(1.0, self.own_socket(ctx))])
        after = self.lit(ctx, normal, self.sunlit(ctx, "reference"), [(1.0, "reference")])
        stops = self.quotient(ctx, before, after, self.color, self.flatten)
        return {MAIN: self.put_light(ctx, self.changed(ctx, self.exposed(ctx, self.amount * stops, self.exposure)))}
