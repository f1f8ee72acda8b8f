from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, Tier, node, param

from ..ops.low_light import cleaned, illumination, lift, lifted, noise_of, white_of
from .base import StudentNode

NOISE, HELD = "rimlight:noise", "rimlight:noise_held"


@node(
    "learned.low_light",
    see="filter.denoise learned.declip color.exposure learned.light_sources recipes#dark-or-clipped-plates",
    label="LowLight",
    menu="Light/Student",
    reads=("tier",),
)
class LowLight(StudentNode):
    """Lifts night plates out of the dark without lifting their noise.

    The dark is lifted by `amount`, along a curve in stops on which brighter light stays brighter. From some stops below
    the white of the picture on nothing changes, bit for bit. Dark is what is dark beside the picture's own white: a
    plate that is evenly underexposed changes little, so lift it with Exposure. Glows around lamps are lifted with the
    rest; `deglow` of LightSources takes them away before.

    How much light falls where is estimated from the plate, with edges where it has edges, and from the student's
    shading as far as that is confident. Texture is lifted with the light that falls on it.

    Camera noise grows with light: its level at black and per unit of light are measured in the plate, or set. What the
    denoiser takes for noise stays as strong as it was while the picture under it is lifted. Where the plate is too dark
    to tell a colour it is taken from around.

    Put `output` on `noise` to see how strong the noise is against the light, in stops. The node shows that for the dark
    half of the plate, and how much less noise is lifted than the picture: `rimlight:noise` and `rimlight:noise_held`,
    in stops.

    After the illumination maps of Guo, Li and Ling (2017, LIME), a noise model and a wavelet denoiser in a scale where
    noise is even.
    """

    measures: ClassVar[tuple[str, ...]] = (NOISE, HELD)

    amount: float = param(
        default=2.0, hard=(0, 12), soft=(0, 6), unit="stops", place="top", doc="how far the dark is lifted"
    )
    protect: float = param(
        default=0.5, hard=(-4, 12), soft=(0, 6), unit="stops", place="top",
        doc="how far below the white of the picture lifting ends; more protects more of the bright",
    )  # fmt: skip
    contrast: float = param(
        default=0.25, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the contrast between dark and bright stays at least: 1 lifts nothing, less lifts more of "
        "the dark",
    )  # fmt: skip
    denoise: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="1: noise stays as strong as it was; 0: it is lifted with the picture",
    )  # fmt: skip
    steady: float = param(
        default=1.0,
        hard=(0, 1),
        soft=(0, 1),
        doc="how much of the colour of what is too dark to tell comes from around it",
    )
    read: float = param(
        default=0.0, hard=(0, None), soft=(0, 0.02),
        doc="standard deviation of the noise at black; where this and `shot` are 0 both are measured in the plate",
    )  # fmt: skip
    shot: float = param(
        default=0.0, hard=(0, None), soft=(0, 0.01), doc="growth of the noise's variance per unit of light"
    )
    follow: str = param(
        default="both", choices=("both", "plate", "student"),
        doc="what says where light falls: the plate and the student's shading, as far as it is confident; only the "
        "plate; only the student",
    )  # fmt: skip
    output: str = param(
        default="picture", choices=("picture", "gain", "noise"),
        doc="the picture; by how many stops each pixel is lifted; how strong the noise is against the light, in stops",
    )  # fmt: skip

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or (self.amount == 0 and self.output == "picture") else None

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return () if self.follow == "plate" else ("shading", "confidence")

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plate = self.plate(ctx)
        if plate.numel() == 0:
            return {MAIN: ctx.image("image").tensor(MAIN, ctx.region)}
        noise = self._noise(ctx, plate)
        prepared = self._prepared(ctx, plate, noise)
        ctx.check()
        light, clean = prepared["light"], prepared["clean"]
        white = white_of(light)
        ctx.check()
        gain = lift(light, self.amount, white, self.protect, self.contrast)
        ctx.check()
        dark = light <= light.median()
        ctx.measured(NOISE, float(_ratio(clean, noise)[dark].median()))
        ctx.check()
        ctx.measured(HELD, float((1 + (1 - self.denoise) * (gain[dark] - 1)).log2().sub(gain[dark].log2()).median()))
        ctx.check()
        if self.output == "gain":
            after = gain.log2().expand_as(plate)
        elif self.output == "noise":
            after = _ratio(clean, noise).expand_as(plate)
        else:
            after = lifted(plate, clean, gain, self.denoise)
        return {MAIN: self.put_light(ctx, after)}

    def _noise(self, ctx: ComputeContext, plate: Tensor) -> tuple[float, float]:
        """Noise at black and per unit of light at the current proxy scale."""
        if self.read > 0 or self.shot > 0:
            # A proxy averages pixels, and their noise with them.
            return self.read * ctx.scale, self.shot * ctx.scale**2
        found: tuple[float, float] = ctx.shared((("image", MAIN),), "noise of the plate", lambda: noise_of(plate))
        return found

    def _prepared(self, ctx: ComputeContext, plate: Tensor, noise: tuple[float, float]) -> Mapping[str, Tensor]:
        """The plate without noise, and the light that falls on it: all that no drag of the amount changes."""
        levels = 2 if ctx.tier is Tier.DRAFT else 4

        def make() -> Mapping[str, Tensor]:
            clean = cleaned(plate, noise, levels, self.steady, ctx.progress)
            ctx.check()
            if self.follow == "plate":
                return {"clean": clean, "light": illumination(clean, read=noise[0])}
            found = self.light_layers(ctx, "shading", "confidence")
            trust = torch.ones_like(found["confidence"]) if self.follow == "student" else found["confidence"]
            return {"clean": clean, "light": illumination(clean, found["shading"], trust, noise[0])}

        told = (self.follow, self.layers, self.matte_channel, self.student, self.working_size, self.precision)
        key = (noise, levels, self.steady, self.extra_key(ctx), told)
        return ctx.part(key, ("clean", "light"), make)


def _ratio(clean: Tensor, noise: tuple[float, float]) -> Tensor:
    """The noise against the light of a picture `[3, H, W]` in stops, `[1, H, W]`; 0 where they are equal."""
    read, shot = noise
    light = clean.mean(0, keepdim=True).clamp_min(0)
    deviation = (read * read + shot * light).sqrt()
    return (deviation.clamp_min(1e-30) / torch.maximum(light, deviation * 2.0**-8).clamp_min(1e-30)).log2()
