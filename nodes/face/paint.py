"""What faces are painted like: small lights and darks, and reds, by which brows, eyes, nostrils and lips stand out.

A picture is seen as marks: its brightness and its red over green, each in two bands of detail and divided by how much
there is of it around, so that neither light nor exposure nor the tone of the skin counts for much. The mean of people's
marks on each vertex of the face, and how much people differ there, come with the product; `rimlight train face-paint`
measured them on portraits.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..ops.gaussian import blurred
from .model import Array

_FINE, _MIDDLE, _COARSE = 0.0104, 0.031, 0.094
"""Deviations of the blurs that the bands lie between, as shares of the face's height."""
_DIM = 0.03
"""Of the mean light: what is darker by that shows no marks."""
_LEAST = (0.05, 0.02)
"""Nepers of brightness and of red that count as no change."""
MARKS = 4
"""Channels of marks: brightness and red in the finer band, then in the coarser."""


@dataclass(frozen=True, eq=False)
class Paint:
    """Marks on the vertices of the face. mean : `[V, 4]`. worth : `[V, 4]`, one over how much people vary there."""

    mean: Array
    worth: Array


@lru_cache(1)
def face_paint() -> Paint:
    """The marks of people's faces that come with the product."""
    with np.load(Path(str(files("rimlight.resources"))) / "face" / "paint.npz", allow_pickle=False) as m:
        return Paint(m["mean"] * float(m["step"]), m["worth"] * float(m["worth_step"]))


def marks(light: Tensor, tall: float) -> Tensor:
    """Marks `[4, h, w]` of a picture `[3, h, w]`, scene-linear and finite, in which a face is `tall` pixels high."""
    light = light.clamp_min(0)
    bright = light.mean(0, keepdim=True)
    dim = _DIM * bright.mean() + 1e-30
    levels = torch.cat(((bright + dim).log(), ((light[:1] + dim) / (light[1:2] + dim)).log()))
    fine, middle, coarse = (blurred(levels, max(tall * size, 0.3)) for size in (_FINE, _MIDDLE, _COARSE))
    least = levels.new_tensor(_LEAST)[:, None, None]
    bands = []
    for band in (fine - middle, middle - coarse):
        around = blurred(band.square(), max(tall * _COARSE, 0.3)).clamp_min(0).sqrt()
        bands.append(band / (around + least))
    return torch.cat(bands)
