"""A picture looked at several times, each time smaller: large forms are told best from small pictures, small ones from
large, and errors of looks that differ cancel out.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from ..light import unit
from .detail import enlarged, reduce_picture
from .recording import Recording, each_tensor
from .student import Prediction, Student

LOOKS = (1.0, 0.8, 0.6)
"""Sizes of the looks, as shares of the first."""
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
    seen: list[Prediction] = [
        student(reduce_picture(picture, *size), None if matte is None else reduce_picture(matte, *size))
        for size in dict.fromkeys(sizes)
    ]
    first, (h, w) = seen[0], seen[0].shading.shape[-2:]

    def mean(layer: Callable[[Prediction], Tensor]) -> Tensor:
        total = layer(first)
        for one in seen[1:]:
            total = total + enlarged(layer(one), h, w)
        return total / len(seen)

    return replace(
        first,
        shading=mean(lambda p: p.shading.log()).exp(),
        share=mean(lambda p: p.share),
        normal=unit(mean(lambda p: p.normal), 1),
        depth=mean(lambda p: p.depth.log()).exp(),
        roughness=mean(lambda p: p.roughness),
        f0=mean(lambda p: p.f0),
        shadow=mean(lambda p: p.shadow),
        error=mean(lambda p: p.error.log()).exp(),
    )


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
