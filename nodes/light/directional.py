from rimlight.engine import Context, DirectionalLight, Light, direction_of, node, param

from .base import LightNode


@node(
    "light.directional",
    see="light.area light.environment light.place light#what-the-numbers-mean",
    label="DirectionalLight",
)
class Directional(LightNode):
    """A light at infinity, such as the sun: parallel rays from a direction.

    At 0 stops a white surface that faces it reads 1.
    """

    azimuth: float = param(
        default=45.0, soft=(-180, 180), unit="deg", doc="where it stands: 0 at the camera, 90 at the picture's right"
    )
    elevation: float = param(default=30.0, soft=(-90, 90), unit="deg", doc="height: 90 is straight above")
    angle: float = param(
        default=0.0, hard=(0, 180), soft=(0, 30), unit="deg",
        doc="its diameter as seen from the surface: more softens shadows and highlights; the sun has 0.53",
    )  # fmt: skip

    def light(self, ctx: Context) -> Light:
        x, y, z = direction_of(self.azimuth, self.elevation).tolist()
        return DirectionalLight(**self.common("directional"), direction=(x, y, z), angle=self.angle)
