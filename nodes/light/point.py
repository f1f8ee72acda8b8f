from rimlight.engine import Context, Light, PointLight, Vec3, node, param

from .base import LightNode


@node("light.point", see="light.spot light.area light.place light#what-the-numbers-mean", label="PointLight")
class Point(LightNode):
    """A light that shines to all sides from a place in the picture's camera space.

    At 0 stops a white surface that faces it from 100 cm reads 1; it falls with the square of the distance.
    """

    position: Vec3 = param(
        default=(100.0, 100.0, 0.0), soft=(-500, 500), unit="cm",
        doc="where it stands: x right, y up, z towards the camera, which is at 0, 0, 0",
    )  # fmt: skip
    size: float = param(
        default=0.0, hard=(0, None), soft=(0, 100), unit="cm", doc="diameter, for highlights and shadows"
    )

    def light(self, ctx: Context) -> Light:
        return PointLight(**self.common("point"), position=self.position, size=self.size)
