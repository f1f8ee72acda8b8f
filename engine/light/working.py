"""The working space of a project as light is added up in it."""

from typing import Any

from ..settings import Project
from .photometry import ACESCG, LINEAR_REC709, WorkingSpace

_KNOWN = {"ACEScg": ACESCG, "Linear Rec.709 (sRGB)": LINEAR_REC709}


def working_space(project: Project, colors: Any) -> WorkingSpace:
    """The project's working space; of one that is not known by name the config says what its primaries are.

    colors : the colour service of a session, `session.services["colors"]`. Raises ColorError where it does not say it.
    """
    known = _KNOWN.get(project.working)
    if known is not None:
        return known
    config = colors.config(project)
    return WorkingSpace.from_ap0(config.to_aces, config.luminance)
