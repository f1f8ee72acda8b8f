"""A picture looked at several times, each time smaller: large forms are told best from small pictures, small ones from
large, and errors of looks that differ cancel out.

Of a colour that lies over all of a picture a student takes only a part for that of the light, and the rest for paint.
So the picture is looked at small first, twice, each time without the colour of light that is known by then; the looks
that count are given the picture without it, too, and find a part of what is left.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..cores import Check, alone, side_by_side, unchecked
from ..light.values import unit
from .codes import mixed_lights
from .detail import enlarged, reduce_picture
from .recording import Recordings, beside
from .small_maps import mean_in
from .student import Prediction, Student, picture_level

LOOKS = (1.0, 0.8, 0.6)
"""Sizes of the looks, as shares of the first."""
FOR_COLOR = (0.4, 0.4)
"""Sizes of the looks for the colour of the light alone."""
BY_LOGARITHM = ("shading", "depth", "error")
"""Layers without an upper bound, of which logarithms are averaged."""
LAYERS = (*BY_LOGARITHM, "share", "normal", "roughness", "f0", "shadow")
_SIZES = 4
"""Sizes of pictures that are kept in mind; a recording of 512 x 512 takes about 200 MB of a GPU."""


def look(student: Student, picture: Tensor, matte: Tensor | None = None, check: Check = unchecked) -> Prediction:
    """What a student sees in pictures `[b, 3, h, w]`, with a matte `[b, 1, h, w]` where there is one.

    Layers, at the size of the first look, and the light are means over all looks; the code and the features are the
    first's, with which the relighting part works. Logarithms of what has no upper bound are averaged, so that the
    picture's exposure multiplies the result. check : called between looks; what it raises is raised here.
    """
    height, width = picture.shape[-2:]
    color = picture.new_zeros(len(picture), 3, 1, 1)  # of the light, as far as it is known, by logarithms

    def seen(share: float, known: Tensor) -> tuple[Prediction, Tensor]:
        """What is seen at a size without the known colour, as under white light, and what is left of the colour."""
        size = max(1, round(height * share)), max(1, round(width * share))
        small_matte = None if matte is None else reduce_picture(matte, *size)
        found = student(reduce_picture(picture, *size) / known.exp(), small_matte)
        left = _color(found, small_matte)
        return _tinted(found, -left), left

    on_cpu = picture.device.type == "cpu"
    for share in FOR_COLOR:
        check()
        work = partial(seen, share, color)
        color = color + (alone(work) if on_cpu else work())[1]
    check()
    works = [partial(seen, share, color) for share in LOOKS]
    looks = side_by_side(works) if on_cpu else beside(works)
    found, left = zip(*looks, strict=True)
    return _tinted(_mean(found, picture_level(picture, matte)), color + torch.stack(left).mean(0))


def _mean(looks: Sequence[Prediction], level: Tensor) -> Prediction:
    """What looks of several sizes have told, under white light, the largest first."""
    first = looks[0]
    layers = torch.stack([enlarged(_evened(one), *first.shading.shape[-2:]) for one in looks]).mean(0)
    parts = torch.split(layers, [getattr(first, name).shape[1] for name in LAYERS], 1)
    evened: dict[str, Any] = dict(zip(LAYERS, parts, strict=True))
    evened |= {name: evened[name].exp() for name in BY_LOGARITHM} | {"normal": unit(evened["normal"], 1)}
    light = mixed_lights([(1 / len(looks), one.light) for one in looks])
    return replace(first, **evened, level=level, light=light)


def _color(seen: Prediction, matte: Tensor | None) -> Tensor:
    """The colour of the light that falls on a picture `[b, 3, 1, 1]`, as natural logarithms that add up to 0: the mean
    shading, of which what the student is sure of counts most.
    """
    sure = seen.error.neg().exp()
    weight = sure if matte is None else sure * reduce_picture(matte, *sure.shape[-2:])
    light = mean_in(weight, (seen.shading / seen.level).log())  # the same to the last digit at any exposure
    return light - light.mean(1, keepdim=True)


def _tinted(seen: Prediction, color: Tensor) -> Prediction:
    """The same under light of another colour, `[b, 3, 1, 1]` by logarithms."""
    gain = color.exp()
    return replace(seen, shading=seen.shading * gain, light=seen.light.tinted(gain.flatten(1)))


def _evened(seen: Prediction) -> Tensor:
    """The layers `[b, c, h, w]` as they are averaged, one after the other."""
    return torch.cat([getattr(seen, n).log() if n in BY_LOGARITHM else getattr(seen, n) for n in LAYERS], 1)


class Looks:
    """`look` with one student, by any thread; recorded by size."""

    def __init__(self, student: Student) -> None:
        self._look = partial(look, student)
        self._recordings = Recordings[Prediction](_SIZES)

    def __call__(self, picture: Tensor, matte: Tensor | None = None, check: Check = unchecked) -> Prediction:
        """See `look`. A GPU, which is asked for all looks at once, does not check."""
        if picture.device.type == "cpu":
            return self._look(picture, matte, check)
        return self._recordings(self._look, None, picture, matte)
