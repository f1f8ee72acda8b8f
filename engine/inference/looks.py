"""A picture looked at several times, each time smaller: large forms are told best from small pictures, small ones from
large, and errors of looks that differ cancel out.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..cores import side_by_side
from ..light.values import unit
from .detail import enlarged, reduce_picture
from .recording import Recordings, beside
from .student import Prediction, Student

LOOKS = (1.0, 0.8, 0.6)
"""Sizes of the looks, as shares of the first."""
BY_LOGARITHM = ("shading", "depth", "error")
"""Layers without an upper bound, of which logarithms are averaged."""
LAYERS = (*BY_LOGARITHM, "share", "normal", "roughness", "f0", "shadow")
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
    found: list[Prediction] = []

    def first() -> Tensor:
        found.append(student(picture, matte))
        return _evened({name: getattr(found[0], name) for name in LAYERS})

    def other(size: tuple[int, int]) -> Tensor:
        small = None if matte is None else reduce_picture(matte, *size)
        layers = _evened(student.layers(reduce_picture(picture, *size), small))
        return enlarged(layers, (height + 1) // 2, (width + 1) // 2)

    works: list[Callable[[], Tensor]] = [first]
    works += [partial(other, size) for size in dict.fromkeys(sizes) if size != (height, width)]
    seen = side_by_side(works) if picture.device.type == "cpu" else beside(works)
    total = torch.stack(seen).sum(0) / len(seen)
    parts = torch.split(total, [getattr(found[0], name).shape[1] for name in LAYERS], 1)
    evened: dict[str, Any] = dict(zip(LAYERS, parts, strict=True))
    evened |= {name: evened[name].exp() for name in BY_LOGARITHM} | {"normal": unit(evened["normal"], 1)}
    return replace(found[0], **evened)


def _evened(layers: dict[str, Tensor]) -> Tensor:
    """The layers `[b, c, h, w]` as they are averaged, one after the other."""
    return torch.cat([layers[n].log() if n in BY_LOGARITHM else layers[n] for n in LAYERS], 1)


class Looks:
    """`look` with one student, by any thread; recorded by size."""

    def __init__(self, student: Student) -> None:
        self._look = partial(look, student)
        self._recordings = Recordings[Prediction](_SIZES)

    def __call__(self, picture: Tensor, matte: Tensor | None = None) -> Prediction:
        """See `look`."""
        return self._recordings(self._look, None, picture, matte)
