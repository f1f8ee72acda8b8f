from typing import Any

from rimlight.engine import Context, NukeClass, node, param

from .ocio import DIRECTIONS, OCIONode


@node(
    "color.ocio_display",
    see="color.ocio_colorspace color.ocio_look",
    label="OCIODisplay",
    menu="Color/OCIO",
    nuke=NukeClass("OCIODisplay", {"looks": "look_override"}, ignored="gain gamma key1 value1 key2 value2"),
)
class OCIODisplay(OCIONode):
    """Bakes what a display shows through a view into the picture, or takes it out again."""

    colorspace: str = param(default="", role="colorspace", doc="space the picture is in; empty: the working space")
    display: str = param(default="", role="display", doc="display; empty: the project's, else the config's default")
    view: str = param(default="", role="view", doc="view; empty: the project's, else the display's default")
    look_override_enable: bool = param(default=False, doc="use look override in the place of the view's own looks")
    look_override: str = param(default="", role="look", doc="looks such as +grade, -neutral; empty: none")
    direction: str = param(default="forward", choices=DIRECTIONS, doc="inverse takes the view out of the picture")

    def transforms(self, ctx: Context) -> tuple[Any, ...]:
        display = self.display or ctx.project.display
        # The project's view belongs to the project's display.
        view = self.view or (ctx.project.view if display == ctx.project.display else "")
        looks = self.look_override if self.look_override_enable else None
        return (self.config(ctx).display_view(self.colorspace, display, view, looks, self.direction),)
