from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Layer, NukeClass, Vec2, node, param

from ..ops.morphology import dilate, dilate_margin
from ..ops.progress import by_channel_strips
from .spread import Spread

_ROWS = 128


@node(
    "filter.dilate_erode",
    see="filter.blur filter.edge_extend filter.median",
    label="DilateErode",
    nuke=(
        NukeClass("Dilate"),
        NukeClass("FilterErode", {"size": "size*-1"}, ignored="filter", differs="The filter of the edge is left out."),
        NukeClass(
            "Erode",
            {"size": "size*-1"},
            ignored="blur quality",
            differs="The blur of the edge is left out: put a Blur behind.",
        ),
    ),
)
class DilateErode(Spread):
    """Grows bright areas, or shrinks them with a negative size: the maximum or minimum around every pixel.

    Mostly for mattes. Sizes between two whole pixels blend the two, so that they can be animated.
    """

    by_layer: ClassVar[bool] = True
    channels: str = param(default="alpha", role="channels", doc="channels to work on", place="top")
    size: Vec2 = param(
        default=(0.0, 0.0), hard=(-500, 500), soft=(-50, 50), unit="px", role="size",
        doc="pixels to grow by on every side; below 0 shrinks",
    )  # fmt: skip
    element: str = param(default="square", choices=("square", "round"), doc="shape that is moved along the edges")

    def margin(self) -> tuple[int, int]:
        w, h = self.size
        return dilate_margin(w), dilate_margin(h)

    def grows(self) -> bool:
        return max(self.size) > 0

    def is_identity(self) -> bool:
        return self.size == (0, 0)

    def process(self, x: Tensor, layer: Layer, chosen: tuple[int, ...], ctx: ComputeContext) -> Tensor:
        w, h = self.size
        is_round = self.element == "round"
        self.require(not is_round or w * h >= 0, f"size is {w:g} and {h:g}: a round element needs one sign for both")
        return by_channel_strips(lambda strip: dilate(strip, w, h, is_round), x, ctx.region.height, _ROWS, ctx.progress)
