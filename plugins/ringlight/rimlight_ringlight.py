"""A node that adds lights to a rig."""

import math
from typing import ClassVar

from rimlight.engine import ComputeContext, Context, Node, Rig, SpotLight, node, param, port


@node("ringlight.ringlight", menu="Light")
class RingLight(Node):
    """Lamps in a ring around the lens, which light faces from the front without shadows."""

    result: ClassVar[type] = Rig

    rig: Rig = port("lights that these are added to", optional=True)
    lamps: int = param(default=8, hard=(1, 64), soft=(1, 16), doc="how many lamps")
    radius: float = param(default=15.0, hard=(0, None), soft=(0, 50), doc="radius of the ring in scene units")
    exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="brightness of all lamps together")
    kelvin: float = param(default=5600.0, hard=(1000, 25000), soft=(2000, 10000), unit="K", doc="colour temperature")
    cone: float = param(default=90.0, hard=(1, 179.9), unit="deg", doc="full angle of each lamp's cone")

    def info(self, ctx: Context) -> Rig:  # type: ignore[override]
        return self._with(ctx.about("rig") if ctx.connected("rig") else Rig())

    def compute(self, ctx: ComputeContext) -> Rig:
        return self._with(ctx.value("rig") if ctx.connected("rig") else Rig())

    def _with(self, rig: Rig) -> Rig:
        """The rig with the ring: camera space, x right, y up; the camera looks along -z."""
        turns = [2 * math.pi * k / self.lamps for k in range(self.lamps)]
        ring = tuple(
            SpotLight(
                name=f"ring{k}",
                exposure=self.exposure - math.log2(self.lamps),
                kelvin=self.kelvin,
                position=(self.radius * math.cos(turn), self.radius * math.sin(turn), 0.0),
                aim=(0.0, 0.0, -1.0),
                cone=self.cone,
            )
            for k, turn in enumerate(turns, 1)
        )
        return rig.with_lights((*rig.lights, *ring))
