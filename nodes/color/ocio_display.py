from typing import Any

from rimlight.engine import MAIN, Context, ImageInfo, NukeClass, node, param

from .ocio import DIRECTIONS, OCIONode


@node(
    "color.ocio_display",
    see="color.ocio_colorspace color.ocio_look",
    label="OCIODisplay",
    menu="Color/OCIO",
    nuke=NukeClass("OCIODisplay", {"looks": "look_override"}, ignored="gain gamma key1 value1 key2 value2"),
)
class OCIODisplay(OCIONode):
    """Bakes what a display shows through a view into the picture, or takes it out again.

    Tick `raw` of a Write behind it: the numbers are those of the display already.
    """

    colorspace: str = param(default="", role="colorspace", doc="space the picture is in; empty: the working space")
    display: str = param(default="", role="display", doc="display; empty: the project's, else the config's default")
    view: str = param(default="", role="view", doc="view; empty: the project's, else the display's default")
    look_override_enable: bool = param(default=False, doc="use look override in the place of the view's own looks")
    look_override: str = param(default="", role="look", doc="looks such as +grade, -neutral; empty: none")
    direction: str = param(default="forward", choices=DIRECTIONS, doc="inverse takes the view out of the picture")

    def info(self, ctx: Context) -> ImageInfo:
        info, config = ctx.info("image"), self.config(ctx)
        if MAIN not in self.selection(ctx):
            return info
        if self.direction == "inverse":
            return info.with_(colorspace=config.resolve(self.colorspace or config.working))
        return info.with_(colorspace=config.display_space(*self._shown(ctx)))

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        looks = self.look_override if self.look_override_enable else None
        return (self.config(ctx).display_view(self.colorspace, *self._shown(ctx), looks, self.direction),)

    def _shown(self, ctx: Context) -> tuple[str, str]:
        """The display and the view."""
        display = self.display or ctx.project.display
        # The project's view belongs to the project's display.
        return display, self.view or (ctx.project.view if display == ctx.project.display else "")
