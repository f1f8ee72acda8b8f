from collections.abc import Sequence

import torch

from rimlight.engine import (
    Color,
    ComputeContext,
    Context,
    Image,
    Light,
    Need,
    Region,
    SphericalHarmonics,
    node,
    param,
    port,
    project_harmonics,
)  # fmt: skip

from .base import LightNode
from .pictures import wired_needs, wired_picture


@node(
    "light.harmonics", see="light.gaussians light.environment light#what-the-numbers-mean", label="SphericalHarmonics"
)
class Harmonics(LightNode):
    """Soft light from all around as nine real spherical harmonics per channel, by hand or from a lat-long picture.

    `c0` is even light: 3.5449 times the radiance. `c1` to `c3` go with y (up), z (to the camera) and x (right), `c4` to
    `c8` with xy, yz, 3z² - 1, xz and x² - y². A wired picture takes the place of the numbers.
    """

    image: Image = port("lat-long picture that is taken apart", optional=True)
    rotation: float = param(
        default=0.0, soft=(-180, 180), unit="deg", doc="turns the surroundings about the vertical axis"
    )
    order: str = param(default="2", choices=("2", "3"), doc="how fine a wired picture is taken apart: 9 or 16 numbers")
    c0: Color = param(default=(3.5449077, 3.5449077, 3.5449077), soft=(-8, 8), role="color", doc="even light")
    c1: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="up, negative down")
    c2: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="from the camera, negative from behind")
    c3: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="from the right, negative from the left")
    c4: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="x times y")
    c5: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="y times z")
    c6: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="3z² - 1")
    c7: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="x times z")
    c8: Color = param(default=(0.0, 0.0, 0.0), soft=(-4, 4), role="color", doc="x² - y²")

    def light(self, ctx: Context) -> Light:
        rows = (self.c0, self.c1, self.c2, self.c3, self.c4, self.c5, self.c6, self.c7, self.c8)
        return SphericalHarmonics(**self.common("harmonics"), rotation=self.rotation, coefficients=torch.tensor(rows))

    def finished(self, light: Light, ctx: ComputeContext) -> Light:
        if not ctx.connected("image"):
            return light
        return light.with_(coefficients=project_harmonics(wired_picture(ctx, "image"), int(self.order)))

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return wired_needs(ctx, "image")
