from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, node, param

from ..ops.color import clamp
from .base import ColorNode


@node(
    "color.clamp",
    see="color.soft_clip color.toe",
    nuke=NukeClass(
        "Clamp",
        {
            "MinClampTo_enable": "min_clamp_to_enable",
            "MaxClampTo_enable": "max_clamp_to_enable",
            "MinClampTo": "min_clamp_to",
            "MaxClampTo": "max_clamp_to",
        },
        values={"channels": "all"},
    ),
)
class Clamp(ColorNode):
    """Limits values to a range. What lies outside becomes the limit, or another value if one is given."""

    minimum: float = param(default=0.0, soft=(-1, 1), doc="lowest value left")
    minimum_enable: bool = param(default=True, doc="limit from below")
    maximum: float = param(default=1.0, soft=(0, 4), doc="highest value left")
    maximum_enable: bool = param(default=True, doc="limit from above")
    min_clamp_to: float = param(default=0.0, soft=(0, 1), doc="what values below the minimum become, if enabled")
    min_clamp_to_enable: bool = param(default=False, doc="use min clamp to")
    max_clamp_to: float = param(default=1.0, soft=(0, 1), doc="what values above the maximum become, if enabled")
    max_clamp_to_enable: bool = param(default=False, doc="use max clamp to")

    def is_identity(self) -> bool:
        return not (self.minimum_enable or self.maximum_enable)

    def work(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        return clamp(
            x,
            self.minimum if self.minimum_enable else None,
            self.maximum if self.maximum_enable else None,
            self.min_clamp_to if self.min_clamp_to_enable else None,
            self.max_clamp_to if self.max_clamp_to_enable else None,
            out=x,
        )
