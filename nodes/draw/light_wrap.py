from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    Color,
    ComputeContext,
    Context,
    Image,
    ImageInfo,
    Need,
    NukeClass,
    Region,
    node,
    param,
    port,
)  # fmt: skip

from ..color.luminance import weights
from ..filter.spread import sigma
from ..light.plate import Recolored
from ..ops.color import luminance, saturation
from ..ops.composite import composite
from ..ops.fir import finite
from ..ops.gaussian import gaussian_blur, gaussian_margin


@node(
    "draw.light_wrap",
    see="merge.merge filter.edge_extend learned.light_match recipes#a-render-over-a-plate",
    label="LightWrap",
    nuke=NukeClass(
        "LightWrap",
        {
            "Diffuse": "size",
            "Intensity": "intensity",
            "FGBlur": "fg_blur",
            "BGBlur": "bg_blur",
            "Saturation": "saturation",
            "LumaTolerance": "luma_tolerance",
            "EnableGlow": "enable_glow",
            "DisableLuma": "disable_luma",
            "HighlightMerge": "highlight_merge",
            "UseConstant": "use_constant",
            "Constant": "constant",
            "OnlyWrap": "only_wrap",
        },
        inputs="A B",
    ),
)
class LightWrap(Recolored):
    """Lets the light of a background spill around the edges of what stands before it. Merge A over B after it.

    Begin with an `intensity` of 1: at 0, the default, A passes unchanged. Light arrives as sharp as B is: with a large
    `size` give BG blur about the same, or B shows through A as in a double exposure. Where B holds a sun of thousands,
    a SoftClip before B keeps its spot from standing on A.

    wrap = intensity * light * edge * share. The light is B, blurred by BG blur, saturated, and only what is above the
    luma tolerance. The edge is the alpha of A times its inverse blurred by `size`, so it is brightest at the edge. The
    share is L(B) / (L(B) + L(A)) of the luminances, so that bright light wraps around what is dark and not the other
    way. None of this depends on the exposure of the two. The alpha of A stays.
    """

    A: Image = port("the foreground, premultiplied")
    B: Image = port("the background, whose light wraps around A")
    size: float = param(
        default=15.0, hard=(0, 1000), soft=(0, 100), unit="px", label="diffuse", doc="how far light reaches in"
    )
    intensity: float = param(default=0.0, hard=(0, None), soft=(0, 2), doc="factor on the light: 0 is none, 1 is usual")
    only_wrap: bool = param(default=False, label="generate wrap only", doc="put out the light without A")
    disable_luma: bool = param(
        default=False, label="disable luminance based wrap", doc="the same share everywhere: all of the light"
    )
    enable_glow: bool = param(default=False, doc="let the light go beyond the edge of A too")
    fg_blur: float = param(
        default=1.0, hard=(0, 1000), soft=(0, 20), unit="px", label="FG blur", doc="softens the alpha of A before"
    )
    bg_blur: float = param(
        default=0.0, hard=(0, 1000), soft=(0, 200), unit="px", label="BG blur", doc="softens the light of B before"
    )
    saturation: float = param(
        default=1.0, hard=(0, None), soft=(0, 2), doc="saturation of the light: 0 is grey, 1 leaves its colour"
    )
    luma_tolerance: float = param(default=0.0, hard=(0, None), soft=(0, 4), doc="light up to this level does not wrap")
    highlight_merge: str = param(default="plus", choices=("plus", "screen", "max"), doc="how the light goes onto A")
    use_constant: bool = param(default=False, label="use constant highlight", doc="one colour instead of B")
    constant: Color = param(
        default=(1.0, 1.0, 1.0), soft=(0, 4), role="color", doc="the colour of the light with `use_constant`"
    )

    def info(self, ctx: Context) -> ImageInfo:
        for socket in ("A", "B"):
            ctx.rgb(socket)
        self.require(ctx.info("A").layer(MAIN).alpha is not None, f"A has no alpha in layer '{MAIN}'")
        info = ctx.info("A")
        if not self.enable_glow:
            return info
        return info.with_(data=info.data.expand(self.margin()).intersect(info.display.union(info.data)))

    def margin(self) -> int:
        return gaussian_margin(sigma(self.size)) + gaussian_margin(sigma(self.fg_blur))

    def identity(self, ctx: Context) -> str | None:
        return "A" if self.mix == 0 or (self.intensity == 0 and not self.only_wrap) else None

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (
            Need("A", region.expand(self.margin()), (MAIN,)),
            Need("B", region.expand(gaussian_margin(sigma(self.bg_blur))), (MAIN,)),
            *self.mask_needs(ctx, region),
        )

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        layer, margin = ctx.info("A").layer(MAIN), self.margin()
        rgb, index = list(ctx.rgb("A")), layer.alpha or 0
        near = ctx.image("A").tensor(MAIN, ctx.region.expand(margin), "auto")
        x = ctx.image("A").tensor(MAIN, ctx.region)
        color = x[rgb]
        background = self._background(ctx)
        wrap = self._light(background, ctx) * self._edge(near[index : index + 1], x[index : index + 1], ctx)
        if not self.disable_luma:
            w = weights("working", ctx)
            own, above = (luminance(light, w).clamp_min(0) for light in (finite(color), background))
            wrap = wrap * torch.where(above > 0, above / (above + own).clamp_min(1e-30), 0.0)
        wrap = wrap * self.intensity
        nothing = torch.zeros_like(wrap[:1])
        made = wrap if self.only_wrap else composite(self.highlight_merge, wrap, color, nothing, nothing)
        return {MAIN: self.put_light(ctx, made)}

    def _edge(self, near: Tensor, alpha: Tensor, ctx: ComputeContext) -> Tensor:
        """How much light reaches a pixel from outside of the matte, `[1, h, w]`."""
        first, second = gaussian_margin(sigma(self.fg_blur)), gaussian_margin(sigma(self.size))
        corner = ctx.region.x0 - first - second, ctx.region.y0 - first - second
        soft = gaussian_blur(finite(near).clamp(0, 1), sigma(self.fg_blur), sigma(self.fg_blur), corner)
        corner = ctx.region.x0 - second, ctx.region.y0 - second
        outside = gaussian_blur(1 - soft, sigma(self.size), sigma(self.size), corner)
        if self.enable_glow:
            return torch.minimum(outside, 1 - outside)
        return outside * alpha.clamp(0, 1)

    def _background(self, ctx: ComputeContext) -> Tensor:
        """The light of B over the region, blurred: `[3, h, w]`."""
        if self.use_constant:
            return torch.tensor(self.constant, device=ctx.device)[:, None, None] + ctx.zeros(3)
        width = sigma(self.bg_blur)
        around = ctx.region.expand(gaussian_margin(width))
        x = ctx.image("B").tensor(MAIN, around, "auto")[list(ctx.rgb("B"))]
        return gaussian_blur(finite(x), width, width, (around.x0, around.y0)) if width else finite(x)

    def _light(self, background: Tensor, ctx: ComputeContext) -> Tensor:
        """What of the background wraps."""
        light, w = background.clamp_min(0), weights("working", ctx)
        if self.luma_tolerance:
            level = luminance(light, w)
            share = ((level - self.luma_tolerance) / level.clamp_min(1e-30)).clamp_min(0)
            light = light * share
        return light if self.saturation == 1 else saturation(light, self.saturation, w)
