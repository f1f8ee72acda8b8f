from typing import Any

from rimlight.engine import MAIN, Context, ImageInfo, node, param

from ..nuke.color import COLORSPACES
from .ocio import OCIONode


@node(
    "color.ocio_colorspace",
    see="color.ocio_display color.ocio_log_convert color.ocio_file_transform",
    label="OCIOColorSpace",
    menu="Color/OCIO",
    nuke=COLORSPACES,
)
class OCIOColorSpace(OCIONode):
    """Converts from one colour space of the project's config to another."""

    in_colorspace: str = param(default="", role="colorspace", doc="space the picture is in; empty: the working space")
    out_colorspace: str = param(default="", role="colorspace", doc="space it comes out in; empty: the working space")

    def info(self, ctx: Context) -> ImageInfo:
        info, config = ctx.info("image"), self.config(ctx)
        if MAIN not in self.selection(ctx):
            return info
        return info.with_(colorspace=config.resolve(self.out_colorspace or config.working))

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        config = self.config(ctx)
        return (config.convert(self.in_colorspace or config.working, self.out_colorspace or config.working),)
