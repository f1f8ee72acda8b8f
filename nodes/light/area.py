from typing import Literal, cast

from rimlight.engine import AreaLight, Context, Light, Vec3, node, param

from .base import aimed
from .profiles import Profiled

AreaShape = Literal["rectangle", "disc", "sphere"]


@node("light.area", see="light.spot light.point light.place light#what-the-numbers-mean", label="AreaLight")
class Area(Profiled):
    """A surface that shines: one side of a rectangle or disc, or a whole sphere.

    At 0 stops it gives a surface that faces it from afar what a point light of 0 stops gives, whatever its size. With a
    profile it shines from afar as a lamp that was measured.
    """

    shape: str = param(
        default="rectangle",
        choices=("rectangle", "disc", "sphere"),
        doc="what shines: one side of a rectangle or disc, or all of a sphere",
        place="top",
    )
    position: Vec3 = param(
        default=(100.0, 100.0, 0.0), soft=(-500, 500), unit="cm",
        doc="where its centre stands: x right, y up, z towards the camera, which is at 0, 0, 0",
    )  # fmt: skip
    target: Vec3 = param(
        default=(0.0, 0.0, -200.0), soft=(-500, 500), unit="cm", doc="the point that its front looks at"
    )
    roll: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="turns it counter-clockwise, seen from the light"
    )
    width: float = param(
        default=50.0, hard=(0.001, None), soft=(1, 300), unit="cm", doc="width of a rectangle, diameter of the others"
    )
    height: float = param(default=50.0, hard=(0.001, None), soft=(1, 300), unit="cm", doc="height of a rectangle")

    def light(self, ctx: Context) -> Light:
        aim = aimed(self, self.position, self.target)
        return AreaLight(
            **self.common("area"), shape=cast(AreaShape, self.shape), position=self.position, aim=aim, roll=self.roll,
            width=self.width, height=self.height, **self.profile(ctx),
        )  # fmt: skip
