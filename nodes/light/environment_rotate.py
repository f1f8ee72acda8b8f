from torch import Tensor

from rimlight.engine import ComputeContext, Context, node, param, rotate_environment

from .surroundings import Surroundings


@node(
    "light.environment_rotate",
    see="light.environment light.environment_blur light#surroundings",
    label="EnvironmentRotate",
)
class EnvironmentRotate(Surroundings):
    """Turns a lat-long picture about the vertical axis, closed at its seam.

    The same as `rotation` of an environment light: it is added to the azimuth of all that is in the picture.
    """

    rotation: float = param(
        default=0.0,
        soft=(-180, 180),
        unit="deg",
        doc="added to azimuths: above 0 the picture moves to the left",
        place="top",
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.rotation % 360 == 0 else None

    def altered(self, x: Tensor, layer: str, ctx: ComputeContext) -> Tensor:
        return rotate_environment(x, self.rotation)
