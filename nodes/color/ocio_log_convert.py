from typing import Any

from rimlight.engine import Context, NukeClass, node, param

from .ocio import OCIONode

_DIRECTIONS = {"lin to log": "forward", "log to lin": "inverse"}


@node(
    "color.ocio_log_convert",
    see="color.log2lin color.ocio_colorspace",
    label="OCIOLogConvert",
    menu="Color/OCIO",
    nuke=NukeClass("OCIOLogConvert"),
)
class OCIOLogConvert(OCIONode):
    """Converts scene-linear light to a log space of the project's config, or back."""

    operation: str = param(default="log to lin", choices=tuple(_DIRECTIONS), doc="direction")
    log_space: str = param(default="", role="colorspace", doc="the log space; empty: the config's role compositing_log")
    linear_space: str = param(default="", role="colorspace", doc="the linear space; empty: the working space")

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        return (self.config(ctx).log_convert(_DIRECTIONS[self.operation], self.log_space, self.linear_space),)
