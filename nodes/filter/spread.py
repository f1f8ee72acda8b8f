"""What filters share: sizes as artists know them, and how far light may spread."""

import dataclasses

from torch import Tensor

from rimlight.engine import AreaNode, ComputeContext, ImageInfo, Region, Vec2, param

from ..ops.bokeh import bokeh_kernel
from ..ops.gaussian import gaussian_margin


@dataclasses.dataclass(frozen=True)
class Spread(AreaNode):
    """An area effect that carries light outwards, over the edge of the data window."""

    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    crop: bool = param(
        default=True, place="bottom", label="crop to format", doc="keep the data window inside the frame when it grows"
    )

    def limit(self, info: ImageInfo) -> Region:
        return super().limit(info) if self.crop else info.data.expand(*self.margin())


@dataclasses.dataclass(frozen=True)
class Aperture(Spread):
    """Puts light out of focus, over images of the lens aperture."""

    blades: int = param(default=0, hard=(0, 32), soft=(0, 12), doc="corners of the aperture; less than 3 is a disc")
    rotation: float = param(default=0.0, soft=(-180, 180), unit="deg", doc="turns the aperture counter-clockwise")
    roundness: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), doc="bends straight blades outwards: 0 straight, 1 a disc"
    )

    def kernel(self, width: float, height: float) -> Tensor:
        """The aperture as large as so many pixels, see `bokeh_kernel`."""
        blades = self.blades if self.blades > 2 else 0
        return bokeh_kernel(width / 2, height / 2, blades, self.rotation, self.roundness)


def sigma(size: float) -> float:
    """Standard deviation of the Gaussian that is about `size` pixels wide at half its height, as Nuke sizes it."""
    return size / 2.4


def gaussian_margins(size: Vec2) -> tuple[int, int]:
    """The pixels, left and right and above and below, that the Gaussian of a size reads."""
    return gaussian_margin(sigma(size[0])), gaussian_margin(sigma(size[1]))


def corner(ctx: ComputeContext, margin: tuple[int, int]) -> tuple[int, int]:
    """Absolute (x, y) of the first pixel of the region of `ctx` with a margin around it."""
    return ctx.region.x0 - margin[0], ctx.region.y0 - margin[1]
