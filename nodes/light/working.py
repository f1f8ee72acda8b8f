"""The working space of a project as light is added up in it."""

import torch

from rimlight.engine import ACESCG, LINEAR_REC709, Context, Vec3, WorkingSpace

_KNOWN = {"ACEScg": ACESCG, "Linear Rec.709 (sRGB)": LINEAR_REC709}


def working_space(ctx: Context) -> WorkingSpace:
    """The project's working space; of one that is not known by name the config says what its primaries are."""
    known = _KNOWN.get(ctx.project.working)
    if known is not None:
        return known
    config = ctx.service("colors").config(ctx.project)
    rows = config.convert(config.working, "ACES2065-1").apply(torch.eye(3)[:, :, None])[:, :, 0].double()
    a, b, c, d, e, f, g, h, i = rows.flatten().tolist()
    luminance: Vec3 = config.luminance
    return WorkingSpace.from_ap0((a, b, c, d, e, f, g, h, i), luminance)
