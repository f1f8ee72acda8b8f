from collections.abc import Sequence

from rimlight.engine import (
    ComputeContext,
    Context,
    Image,
    Light,
    Need,
    Region,
    SpotLight,
    Vec3,
    node,
    param,
    port,
)  # fmt: skip

from .base import aimed
from .pictures import PictureFile, wired_needs, wired_picture
from .profiles import Profiled


@node(
    "light.spot",
    see="light.area light.point light.place light#what-the-numbers-mean",
    label="SpotLight",
    reads=("frame",),
)
class Spot(Profiled):
    """A light that shines in a cone, with a soft edge and, if wanted, a gobo: a picture in front of it.

    At 0 stops a white surface that faces it from 100 cm on its axis reads 1. With a profile it shines as a lamp that
    was measured, within the cone: for a whole lamp take a PointLight.
    """

    gobo: Image = port("picture that it projects, its height filling the cone", optional=True)
    position: Vec3 = param(
        default=(100.0, 100.0, 0.0), soft=(-500, 500), unit="cm",
        doc="where it stands: x right, y up, z towards the camera, which is at 0, 0, 0",
    )  # fmt: skip
    target: Vec3 = param(default=(0.0, 0.0, -200.0), soft=(-500, 500), unit="cm", doc="the point that it looks at")
    cone: float = param(
        default=40.0, hard=(0, 179.9), soft=(1, 120), unit="deg", doc="full angle of the cone, where nothing is left"
    )
    penumbra: float = param(
        default=5.0, hard=(0, 180), soft=(0, 45), unit="deg", doc="width of the soft edge, inwards from the cone"
    )
    falloff: float = param(
        default=0.0, hard=(0, None), soft=(0, 16), doc="how much the light gathers around the axis; 0 is even"
    )
    roll: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="turns gobo and profile counter-clockwise, seen from the light"
    )
    size: float = param(
        default=0.0, hard=(0, None), soft=(0, 100), unit="cm", doc="diameter, for highlights and shadows"
    )
    gobo_file: str = param(default="", role="file", doc="picture that it projects, when none is wired")
    colorspace: str = param(
        default="", role="colorspace", doc="colour space of the file; empty goes by the file and the config's rules"
    )

    def _file(self, ctx: Context) -> PictureFile | None:
        return None if ctx.connected("gobo") else PictureFile.of(ctx, self.gobo_file, self.colorspace, ctx.frame)

    def light(self, ctx: Context) -> Light:
        aim = aimed(self, self.position, self.target)
        file = self._file(ctx)
        return SpotLight(
            **self.common("spot"), position=self.position, aim=aim, cone=self.cone, penumbra=self.penumbra,
            falloff=self.falloff, roll=self.roll, size=self.size, gobo_file="" if file is None else file.path,
            **self.profile(ctx),
        )  # fmt: skip

    def finished(self, light: Light, ctx: ComputeContext) -> Light:
        light = super().finished(light, ctx)
        if not isinstance(light, SpotLight):
            return light
        if ctx.connected("gobo"):
            return light.with_(gobo=wired_picture(ctx, "gobo"))
        file = self._file(ctx)
        return light if file is None else light.with_(gobo=file.load(ctx))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return wired_needs(ctx, "gobo")

    def frame_key(self, ctx: Context) -> object:
        return None

    def extra_key(self, ctx: Context) -> object:
        file = self._file(ctx)
        return None if file is None else file.key(ctx), super().extra_key(ctx)
