"""What is painted in place of the picture where something is to be seen of its light: false colour and zebra."""

import torch
from torch import Tensor

from .bands import BANDS, EDGES
from .frame import BAD, CLIPPED, NEGATIVE, STRIPES, UNSURE, Frame
from .geometry import Box
from .settings import Zebra


def band_of(light: Tensor) -> Tensor:
    """The number of each luminance's band, int64."""
    return torch.bucketize(light, torch.tensor(EDGES), right=True)


def banded(light: Tensor) -> Tensor:
    """False colour, display values [3, h, w], of luminances [h, w]."""
    colors = torch.tensor([band.color for band in BANDS])
    return colors.T[:, band_of(light)]


def striped(
    frame: Frame, shown: Tensor, scene: Tensor, clipped: Tensor | None, extra: Tensor | None, box: Box
) -> Tensor:
    """Zebra over display values [3, h, w] of a box of the screen. scene : the light that they are, before the view.
    clipped : bool [h, w], where the display's white is reached, for the zebra of that. extra : see `Plane`.
    """
    period = max(3, round(STRIPES * frame.ratio))
    columns, rows = torch.arange(int(box.x0), int(box.x1)), torch.arange(int(box.y0), int(box.y1))
    stripe = (columns + rows[:, None]) % period < period // 3
    if frame.settings.zebra is Zebra.CLIPPING:
        shown = _inked(shown, stripe & (scene < 0).any(0), NEGATIVE)
        return shown if clipped is None else _inked(shown, stripe & clipped, CLIPPED)
    if extra is None:
        return shown
    if frame.settings.zebra is Zebra.CONFIDENCE:
        return _inked(shown, stripe & (extra[0] < frame.settings.threshold), UNSURE)
    shown = _inked(shown, stripe & (extra[0] < 0.5), NEGATIVE)
    return _inked(shown, stripe & (extra[0] > 1.5), CLIPPED)


def not_finite(shown: Tensor, extra: Tensor | None) -> Tensor:
    """Display values [3, h, w] with the pixels painted over that hold NaN or infinity."""
    return shown if extra is None else _inked(shown, extra[1] > 0, BAD)


def _inked(shown: Tensor, where: Tensor, ink: tuple[float, float, float]) -> Tensor:
    return torch.where(where, torch.tensor(ink).reshape(3, 1, 1), shown)
