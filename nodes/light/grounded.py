"""The level ground of a plate: the parameters that nodes share which look at it."""

from dataclasses import dataclass

from rimlight.engine import ImageInfo, Vec2, param

from .geometry import Seen
from .ground import Ground


@dataclass(frozen=True)
class Grounded(Seen):
    """A node that looks at level ground as far below the camera as `camera_height` says."""

    horizon: Vec2 = param(
        default=(960.0, 540.0), soft=(0, 1920), role="point", unit="px", place="top",
        doc="a place on the horizon: where level ground would end, as high as the camera",
    )  # fmt: skip
    horizon_roll: float = param(
        default=0.0, hard=(-89, 89), soft=(-20, 20), unit="deg", place="top",
        doc="turns the horizon about that place counter-clockwise, where the camera was held askew",
    )  # fmt: skip
    camera_height: float = param(
        default=160.0,
        hard=(0.1, None),
        soft=(10, 500),
        unit="cm",
        place="top",
        doc="how high the camera is above the ground",
    )

    def ground(self, info: ImageInfo) -> Ground:
        """The ground in a picture."""
        place = self.on_frame(info, self.horizon)
        return Ground.below(self.pinhole(info), *place, self.horizon_roll, self.camera_height / self.cm_per_unit)

    def on_frame(self, info: ImageInfo, point: Vec2) -> tuple[float, float]:
        """A point of the artist's in pixels from the frame's top left."""
        x, y = info.display.from_artist(*point)
        return x - info.display.x0, y - info.display.y0
