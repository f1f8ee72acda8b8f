import torch

from rimlight.engine import Color, Context, Light, SphericalGaussians, Vec2, direction_of, node, param

from .base import LightNode

_LOBES = 4


@node(
    "light.gaussians", see="light.harmonics light.environment light#what-the-numbers-mean", label="SphericalGaussians"
)
class Gaussians(LightNode):
    """Up to four soft lobes of light from all around: surroundings by few numbers, such as a sky, a window, a floor
    that gives light back.

    A lobe is `amplitude * exp(sharpness * (cos(angle to its axis) - 1))`. One of sharpness 1 has half its light at 72
    degrees from its axis, one of 4 at 34, one of 20 at 15, one of 100 at 7.
    """

    lobes: int = param(default=1, hard=(1, _LOBES), soft=(1, _LOBES), doc="how many lobes there are", place="top")
    rotation: float = param(default=0.0, soft=(-180, 180), unit="deg", doc="turns them all about the vertical axis")
    axis1: Vec2 = param(default=(45.0, 30.0), soft=(-180, 180), unit="deg", doc="azimuth and elevation of lobe 1")
    sharpness1: float = param(
        default=4.0, hard=(0.01, None), soft=(0.5, 100), doc="how narrow lobe 1 is: 1 is wide, 100 narrow"
    )
    amplitude1: Color = param(default=(1.0, 1.0, 1.0), role="color", doc="radiance in the middle of lobe 1")
    axis2: Vec2 = param(default=(-90.0, 0.0), soft=(-180, 180), unit="deg", doc="azimuth and elevation of lobe 2")
    sharpness2: float = param(default=4.0, hard=(0.01, None), soft=(0.5, 100), doc="how narrow lobe 2 is")
    amplitude2: Color = param(default=(0.5, 0.5, 0.5), role="color", doc="radiance in the middle of lobe 2")
    axis3: Vec2 = param(default=(180.0, 30.0), soft=(-180, 180), unit="deg", doc="azimuth and elevation of lobe 3")
    sharpness3: float = param(default=4.0, hard=(0.01, None), soft=(0.5, 100), doc="how narrow lobe 3 is")
    amplitude3: Color = param(default=(0.5, 0.5, 0.5), role="color", doc="radiance in the middle of lobe 3")
    axis4: Vec2 = param(default=(0.0, 90.0), soft=(-180, 180), unit="deg", doc="azimuth and elevation of lobe 4")
    sharpness4: float = param(default=1.0, hard=(0.01, None), soft=(0.5, 100), doc="how narrow lobe 4 is")
    amplitude4: Color = param(default=(0.2, 0.2, 0.2), role="color", doc="radiance in the middle of lobe 4")

    def light(self, ctx: Context) -> Light:
        axes = (self.axis1, self.axis2, self.axis3, self.axis4)
        sharpness = (self.sharpness1, self.sharpness2, self.sharpness3, self.sharpness4)
        amplitudes = (self.amplitude1, self.amplitude2, self.amplitude3, self.amplitude4)
        n = self.lobes
        return SphericalGaussians(
            **self.common("gaussians"), rotation=self.rotation,
            axes=torch.stack([direction_of(azimuth, elevation) for azimuth, elevation in axes[:n]]),
            sharpness=torch.tensor(sharpness[:n]), amplitudes=torch.tensor(amplitudes[:n]),
        )  # fmt: skip
