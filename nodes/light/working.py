"""The working space of a project as light is added up in it, and colours of lights there."""

from torch import Tensor

from rimlight.engine import Color, Context, DirectionalLight, WorkingSpace, light_level
from rimlight.engine import working_space as of_project


def working_space(ctx: Context) -> WorkingSpace:
    """The working space of the project that a node computes in."""
    return of_project(ctx.project, ctx.service("colors"))


def hue_of(ctx: Context, color: Color, kelvin: float, tint: float) -> Tensor:
    """The colour of a light of luminance 1, nepers `[3, 1, 1]`."""
    space = working_space(ctx)
    level = light_level(DirectionalLight(color=color, kelvin=kelvin, tint=tint), space).clamp_min(1e-6)
    return (level / (level @ level.new_tensor(space.luminance))).log().reshape(3, 1, 1)
