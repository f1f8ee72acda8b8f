from typing import ClassVar

from torch import Tensor

from rimlight.engine import AreaNode, ComputeContext, Layer, NukeClass, Vec2, node, param

from ..ops.filters import unsharp_mask
from .spread import corner, gaussian_margins, sigma


@node("filter.sharpen", see="filter.blur", nuke=NukeClass("Sharpen", ignored="quality minimum maximum"))
class Sharpen(AreaNode):
    """Adds the detail that a blur takes away: image + amount * (image - blurred image).

    Nothing is clamped, so pixels beside strong edges may fall below zero.
    """

    by_layer: ClassVar[bool] = True
    amount: float = param(default=0.5, soft=(0, 2), doc="how much detail is added; below 0 softens")
    size: Vec2 = param(
        default=(3.0, 3.0), hard=(0, 2000), soft=(0, 50), unit="px", role="size", doc="width of the detail, as in Blur"
    )
    threshold: float = param(
        default=0.0,
        hard=(0, None),
        soft=(0, 0.1),
        doc="detail smaller than this is not sharpened, such as noise; 0: all is",
    )

    def margin(self) -> tuple[int, int]:
        return gaussian_margins(self.size)

    def grows(self) -> bool:
        return False

    def is_identity(self) -> bool:
        return self.amount == 0 or self.margin() == (0, 0)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        w, h = self.size
        origin = corner(ctx, self.margin())
        return unsharp_mask(x, sigma(w), sigma(h), self.amount, self.threshold, origin)
