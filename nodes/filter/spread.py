"""What filters share: sizes as artists know them, and how far light may spread."""

import dataclasses

from rimlight.engine import AreaNode, ComputeContext, ImageInfo, Region, param


@dataclasses.dataclass(frozen=True)
class Spread(AreaNode):
    """An area effect that carries light outwards, over the edge of the data window."""

    channels: str = param(default="rgba", role="channels", doc="channels to work on", place="top")
    crop: bool = param(
        default=True, place="bottom", label="crop to format", doc="keep the data window inside the frame when it grows"
    )

    def limit(self, info: ImageInfo) -> Region:
        return super().limit(info) if self.crop else info.data.expand(*self.margin())


def sigma(size: float) -> float:
    """Standard deviation of the Gaussian that is about `size` pixels wide at half its height, as Nuke sizes it."""
    return size / 2.4


def corner(ctx: ComputeContext, margin: tuple[int, int]) -> tuple[int, int]:
    """Absolute (x, y) of the first pixel of the region of `ctx` with a margin around it."""
    return ctx.region.x0 - margin[0], ctx.region.y0 - margin[1]
