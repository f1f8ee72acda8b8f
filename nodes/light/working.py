"""The working space of a project as light is added up in it."""

from rimlight.engine import Context, WorkingSpace
from rimlight.engine import working_space as of_project


def working_space(ctx: Context) -> WorkingSpace:
    """The working space of the project that a node computes in."""
    return of_project(ctx.project, ctx.service("colors"))
