from torch import Tensor

from rimlight.engine import ComputeContext, NukeClass, node, param

from ..ops.tone import clip_brightness_kept, clip_saturation_kept, log_compress
from .base import RGBNode
from .luminance import CHOICES, DOC, weights


@node("color.soft_clip", see="color.clamp color.toe learned.declip", label="SoftClip", nuke=NukeClass("SoftClip"))
class SoftClip(RGBNode):
    """Compresses bright light softly, where Clamp would cut it. Values up to softclip min are left alone.

    - `logarithmic compress` bends each channel so that softclip max becomes 1, and goes on beyond it without an end.
    - `preserve hue and saturation` darkens a pixel as a whole until its largest channel is below softclip max.
    - `preserve hue and brightness` takes its saturation down instead; what is too bright as a whole becomes grey.

    Both of these bend as min + s (1 - exp(-(x - min) / s)) with s = max - min, so softclip max works like a clamp that
    nothing reaches.
    """

    conversion: str = param(
        default="none",
        choices=("none", "preserve hue and brightness", "preserve hue and saturation", "logarithmic compress"),
        doc="how bright light is compressed",
    )
    softclip_min: float = param(default=0.8, soft=(0, 1), doc="values above it are compressed")
    softclip_max: float = param(
        default=1.0, soft=(0, 50), doc="what becomes 1 with the logarithm, and is never reached with the others"
    )
    luminance: str = param(default="working", choices=CHOICES, doc=DOC)

    def is_identity(self) -> bool:
        return self.conversion == "none"

    def color(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        low, high = self.softclip_min, self.softclip_max
        self.require(low < high, f"softclip min is {low:g} and softclip max {high:g}: min must be the lower one")
        if self.conversion == "logarithmic compress":
            self.require(low < 1, f"softclip min is {low:g}: the logarithm ends at 1, so it must be below")
            return log_compress(x, low, high)
        if self.conversion == "preserve hue and saturation":
            return clip_saturation_kept(x, low, high)
        return clip_brightness_kept(x, low, high, weights(self.luminance, ctx))
