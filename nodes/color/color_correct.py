from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from rimlight.engine import Color, ComputeContext, Curve, node, param

from ..nuke.color import CORRECT
from ..ops.color import HIGHLIGHTS, SHADOWS, Correction, color_correct
from .base import RGBNode
from .luminance import CHOICES, DOC, weights


def _factor(what: str) -> Color:
    value: Color = param(default=1.0, soft=(0, 4), role="color", doc=what)
    return value


def _offset(what: str) -> Color:
    value: Color = param(default=0.0, soft=(-1, 1), role="color", doc=what)
    return value


@node(
    "color.color_correct",
    see="color.grade color.hue_correct color.saturation color.curves",
    label="ColorCorrect",
    nuke=CORRECT,
)
class ColorCorrect(RGBNode):
    """Corrects shadows, midtones and highlights apart, then the whole (master).

    Each in this order: saturation, `L + saturation * (v - L)`; for values above 0 contrast,
    `0.18 * (v / 0.18) ** contrast`, and gamma, `v ** (1 / gamma)`; gain and offset, `v * gain + offset`. The ranges are
    blended by curves over luminance: shadows fade out from 0 to 0.09, highlights in from 0.5 to 1, midtones have the
    rest.
    """

    sections: ClassVar[Mapping[str, str]] = {"Ranges": "shadows_range highlights_range luminance"}

    saturation: Color = _factor("saturation of the whole: 0 is grey")
    contrast: Color = _factor("contrast of the whole about 0.18: above 1 is steeper, below 1 flatter")
    gamma: Color = _factor("gamma of the whole: above 1 lifts midtones")
    gain: Color = _factor("factor on the whole")
    offset: Color = _offset("added to the whole")
    shadows_saturation: Color = _factor("saturation of the shadows")
    shadows_contrast: Color = _factor("contrast of the shadows")
    shadows_gamma: Color = _factor("gamma of the shadows")
    shadows_gain: Color = _factor("gain of the shadows")
    shadows_offset: Color = _offset("offset of the shadows")
    midtones_saturation: Color = _factor("saturation of the midtones")
    midtones_contrast: Color = _factor("contrast of the midtones")
    midtones_gamma: Color = _factor("gamma of the midtones")
    midtones_gain: Color = _factor("gain of the midtones")
    midtones_offset: Color = _offset("offset of the midtones")
    highlights_saturation: Color = _factor("saturation of the highlights")
    highlights_contrast: Color = _factor("contrast of the highlights")
    highlights_gamma: Color = _factor("gamma of the highlights")
    highlights_gain: Color = _factor("gain of the highlights")
    highlights_offset: Color = _offset("offset of the highlights")
    shadows_range: Curve = param(default=SHADOWS, doc="weight of the shadows over luminance")
    highlights_range: Curve = param(default=HIGHLIGHTS, doc="weight of the highlights over luminance")
    luminance: str = param(default="rec709", choices=CHOICES, doc=DOC)

    def _group(self, prefix: str = "") -> Correction:
        names = ("saturation", "contrast", "gamma", "gain", "offset")
        return Correction(*(getattr(self, prefix + name) for name in names))

    def is_identity(self) -> bool:
        return all(self._group(p).is_identity for p in ("", "shadows_", "midtones_", "highlights_"))

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        return color_correct(
            x, self._group(), self._group("shadows_"), self._group("midtones_"), self._group("highlights_"),
            weights(self.luminance, ctx), self.shadows_range, self.highlights_range,
        )  # fmt: skip
