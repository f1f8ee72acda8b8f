from rimlight.engine import Context, Light, PointLight, Vec3, node, param

from .base import aimed
from .profiles import Profiled


@node("light.point", see="light.spot light.area light.place light#what-the-numbers-mean", label="PointLight")
class Point(Profiled):
    """A light that shines to all sides from a place in the picture's camera space.

    At 0 stops a white surface that faces it from 100 cm reads 1; it falls with the square of the distance. With a
    profile it shines as a lamp that was measured, whose axis points at the target.
    """

    position: Vec3 = param(
        default=(100.0, 100.0, 0.0), soft=(-500, 500), unit="cm",
        doc="where it stands: x right, y up, z towards the camera, which is at 0, 0, 0",
    )  # fmt: skip
    size: float = param(
        default=0.0, hard=(0, None), soft=(0, 100), unit="cm", doc="diameter, for highlights and shadows"
    )

    target: Vec3 = param(
        default=(0.0, 0.0, -200.0), soft=(-500, 500), unit="cm", doc="the point that the axis of its profile goes to"
    )
    roll: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="turns the profile counter-clockwise, seen from the light"
    )

    def light(self, ctx: Context) -> Light:
        profile = self.profile(ctx)
        if profile:
            profile |= {"aim": aimed(self, self.position, self.target), "roll": self.roll}
        return PointLight(**self.common("point"), position=self.position, size=self.size, **profile)
