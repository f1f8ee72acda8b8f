import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import ComputeContext, Context, blur_environment, convert_directions, irradiance_map, node, param

from .surroundings import Surroundings, finite

_ROWS = 128


@node(
    "light.environment_blur",
    see="light.environment_rotate light.environment light#surroundings",
    label="EnvironmentBlur",
)
class EnvironmentBlur(Surroundings):
    """Blurs a lat-long picture over the sphere: as a rough mirror shows it, or to the light that matt surfaces receive.

    `irradiance` gives, for every direction that a white matt surface may face, what it reads: irradiance / pi. Evenly
    lit surroundings stay as they are. Works at 256 rows or fewer, `irradiance` at 128; pixels that are not finite count
    as black.
    """

    blur: str = param(
        default="roughness", choices=("roughness", "irradiance"), doc="what the surroundings are seen on", place="top"
    )
    roughness: float = param(
        default=0.25, hard=(0, 1), soft=(0, 1), doc="roughness of the mirror: 0 is sharp, 1 nearly even", place="top"
    )

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.blur == "roughness" and self.roughness == 0 else None

    def altered(self, x: Tensor, layer: str, ctx: ComputeContext) -> Tensor:
        x = finite(x)
        if self.blur == "roughness":
            return blur_environment(x, self.roughness)
        _, h, w = x.shape
        found, _ = convert_directions(irradiance_map(x, min(_ROWS, h)), "latlong", "latlong", h)
        return found if w == 2 * h else F.interpolate(found[None], (h, w), mode="bilinear")[0]
