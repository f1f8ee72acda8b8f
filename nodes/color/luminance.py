"""Shared by the nodes that weigh red, green and blue: the menu of luminance weights."""

from rimlight.engine import Context

from ..ops.color import LUMINANCE, Weights

CHOICES = ("working", *LUMINANCE, "max")
DOC = "weights of red, green and blue; working: those of the project's working space, max: the largest channel"


def weights(name: str, ctx: Context) -> Weights:
    """The weights behind a choice of the menu."""
    return ctx.colors.luminance if name == "working" else name
