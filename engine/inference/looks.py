"""A picture looked at several times, each time smaller: large forms are told best from small pictures, small ones from
large, and errors of looks that differ cancel out.
"""

import threading
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..light import unit
from .detail import enlarged, reduce_picture
from .recording import Recording, beside, each_tensor
from .student import Prediction, Student

LOOKS = (1.0, 0.8, 0.6)
"""Sizes of the looks, as shares of the first."""
_BY_LOGARITHM = ("shading", "depth", "error")
_EVENED = (*_BY_LOGARITHM, "share", "normal", "roughness", "f0", "shadow")
_SIZES = 4
"""Sizes of pictures that are kept in mind; a recording of 512 x 512 takes about 200 MB of a GPU."""


def look(student: Student, picture: Tensor, matte: Tensor | None = None) -> Prediction:
    """What a student sees in pictures `[b, 3, h, w]`, with a matte `[b, 1, h, w]` where there is one.

    Layers are means over all looks, at the size of the first; the code, the light and the features are the first's,
    with which the relighting part works. Logarithms of what has no upper bound are averaged, so that the picture's
    exposure multiplies the result.
    """
    height, width = picture.shape[-2:]
    sizes = [(max(1, round(height * share)), max(1, round(width * share))) for share in LOOKS]
    works = [partial(_look_at, student, picture, matte, size) for size in dict.fromkeys(sizes)]
    seen = beside(works)
    first = seen[0][0]
    total = torch.stack([layers for _, layers in seen]).sum(0) / len(seen)
    parts = torch.split(total, [getattr(first, name).shape[1] for name in _EVENED], 1)
    evened: dict[str, Any] = dict(zip(_EVENED, parts, strict=True))
    evened |= {name: evened[name].exp() for name in _BY_LOGARITHM} | {"normal": unit(evened["normal"], 1)}
    return replace(first, **evened)


def _look_at(
    student: Student, picture: Tensor, matte: Tensor | None, size: tuple[int, int]
) -> tuple[Prediction, Tensor]:
    """One look, and its layers in the size of the first one: what is averaged."""
    seen: Prediction = student(reduce_picture(picture, *size), None if matte is None else reduce_picture(matte, *size))
    layers = torch.cat([getattr(seen, n).log() if n in _BY_LOGARITHM else getattr(seen, n) for n in _EVENED], 1)
    return seen, enlarged(layers, (picture.shape[-2] + 1) // 2, (picture.shape[-1] + 1) // 2)


class Looks:
    """`look` with one student, by any thread. On a GPU a size that comes again is recorded, as it does while an artist
    goes through a shot, and then takes a fraction of the time.
    """

    def __init__(self, student: Student) -> None:
        self._student = student
        self._lock = threading.Lock()
        self._sizes: dict[tuple[object, ...], Recording[Prediction] | None] = {}

    def __call__(self, picture: Tensor, matte: Tensor | None = None) -> Prediction:
        """See `look`."""
        if picture.device.type != "cuda":
            return look(self._student, picture, matte)
        inputs = (picture,) if matte is None else (picture, matte)
        size = (picture.shape, len(inputs), torch.is_autocast_enabled("cuda"))
        with self._lock:
            known = size in self._sizes
            recording = self._sizes.pop(size, None)
            if known and recording is None:
                recording = Recording(partial(look, self._student), inputs)
            self._sizes[size] = recording  # the last one used is the last one to go
            if len(self._sizes) > _SIZES:
                del self._sizes[next(iter(self._sizes))]
            if recording is not None:
                seen: Prediction = each_tensor(recording(*inputs), torch.clone)
                return seen
        return look(self._student, picture, matte)
