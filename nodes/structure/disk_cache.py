from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import ComputeContext, Context, Image, Need, Node, NukeClass, Region, node, port


@node(
    "structure.disk_cache",
    see="image.write image.read command_line#environment",
    label="DiskCache",
    menu="Other",
    nuke=NukeClass("DiskCache", ignored="channels"),
)
class DiskCache(Node):
    """Keeps its input on disk, so that nothing above it is computed again, in this session or another.

    Needs a cache folder in the settings of the machine (`RIMLIGHT_CACHE_DIR`); without one it passes its input through.
    """

    image: Image = port("the image to keep")
    persist: ClassVar[bool] = True

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region, layers),)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        image = ctx.image("image")
        return {name: image.tensor(name, ctx.region) for name in ctx.layers}
