from typing import Any

from rimlight.engine import Context, NukeClass, node, param

from .ocio import DIRECTIONS, OCIONode


@node(
    "color.ocio_look",
    see="color.ocio_display color.ocio_file_transform",
    label="OCIOLookTransform",
    menu="Color/OCIO",
    nuke=NukeClass("OCIOLookTransform", {"source": "in_colorspace", "dest": "out_colorspace"}),
)
class OCIOLook(OCIONode):
    """Applies looks of the project's config."""

    look: str = param(default="", role="look", doc="looks such as +grade, -neutral; - is the inverse of a look")
    in_colorspace: str = param(default="", role="colorspace", doc="space the picture is in; empty: the working space")
    out_colorspace: str = param(default="", role="colorspace", doc="space it comes out in; empty: the working space")
    direction: str = param(default="forward", choices=DIRECTIONS, doc="inverse takes the looks out again")

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        return (self.config(ctx).look(self.look, self.in_colorspace, self.out_colorspace, self.direction),)
