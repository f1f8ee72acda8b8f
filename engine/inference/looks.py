"""A picture looked at several times, from small to large: large forms are told best from small pictures, small ones
from large, and errors of looks that differ cancel out.

Of a colour that lies over all of a picture a student takes only a part for that of the light, and the rest for paint.
So each look is given the picture without the colour of light that those before it found, and finds a part of what is
left.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..cores import Check, unchecked
from ..light.values import unit
from .codes import mixed_lights
from .detail import enlarged, reduce_picture
from .recording import Recordings
from .small_maps import mean_in
from .student import Prediction, Student, picture_level

LOOKS = (0.6, 0.8, 1.0)
"""Sizes of the looks, as shares of the last."""
BY_LOGARITHM = ("shading", "depth", "error")
"""Layers without an upper bound, of which logarithms are averaged."""
LAYERS = (*BY_LOGARITHM, "share", "normal", "roughness", "f0", "shadow")
_SIZES = 4
"""Sizes of pictures that are kept in mind; a recording of 512 x 512 takes about 200 MB of a GPU."""


def look(student: Student, picture: Tensor, matte: Tensor | None = None, check: Check = unchecked) -> Prediction:
    """What a student sees in pictures `[b, 3, h, w]`, with a matte `[b, 1, h, w]` where there is one.

    Layers, at the size of the last look, and the light are means over all looks, in the colour that is known after the
    last; the code and the features are the last's, with which the relighting part works. Logarithms of what has no
    upper bound are averaged, so that the picture's exposure multiplies the result. check : called before each look;
    what it raises is raised here.
    """
    height, width = picture.shape[-2:]
    color = picture.new_zeros(len(picture), 3, 1, 1)  # of the light, as far as it is known, by logarithms
    looks: list[Prediction] = []
    for share in LOOKS:
        check()
        size = max(1, round(height * share)), max(1, round(width * share))
        small_matte = None if matte is None else reduce_picture(matte, *size)
        seen = student(reduce_picture(picture, *size) / color.exp(), small_matte)
        found = _color(seen, small_matte)
        looks.append(_tinted(seen, -found))
        color = color + found
    layers = torch.stack([enlarged(_evened(seen), (height + 1) // 2, (width + 1) // 2) for seen in looks]).mean(0)
    parts = torch.split(layers, [getattr(looks[0], name).shape[1] for name in LAYERS], 1)
    evened: dict[str, Any] = dict(zip(LAYERS, parts, strict=True))
    evened |= {name: evened[name].exp() for name in BY_LOGARITHM} | {"normal": unit(evened["normal"], 1)}
    light = mixed_lights([(1 / len(looks), seen.light) for seen in looks])
    mean = replace(looks[-1], **evened, level=picture_level(picture, matte), light=light)
    return _tinted(mean, color)


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
