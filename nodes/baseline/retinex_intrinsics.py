from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, MAIN, ComputeContext, Context, ImageInfo, Need, Region, node, param

from ..light.plate import plate_of
from ..ops.fir import finite
from ..ops.retinex import (
    brightness,
    color_retinex,
    cut,
    divide,
    guided_shading,
    guided_shading_margin,
    highlights,
    highlights_margin,
    multi_scale,
    multi_scale_margin,
    smoothed_shading,
)
from .base import Estimator, percentile

LAYERS = ("albedo", "shading", "specular", "residual")
_LOCAL = ("guided", "multi_scale")
_WHITE_SHARE = 0.99
_DARKEST = 2.0**-10  # of the white, under which all light looks alike
_TINY = 1e-30


@node(
    "baseline.retinex_intrinsics",
    see="learned.intrinsics light.recombine",
    label="RetinexIntrinsics",
    menu="Light/Baseline",
)
class RetinexIntrinsics(Estimator):
    """Takes a picture apart into albedo, shading, specular and residual, by a rule and without a network. Intrinsics
    also tells the surfaces, and is nearer to the truth.

    `picture = albedo * shading + specular + residual` holds at every pixel: what the rule cannot explain, such as
    negative values, is in the residual. Shading is taken to be the smooth part of the light:

    - `guided` follows the picture's brightness in every window and keeps strong edges; quick, and local.
    - `smooth` evens light out until an edge stops it; slower, and smoother over large surfaces.
    - `color` gives every change that comes with a change of colour to the albedo, and every other to the shading
      (colour Retinex). It separates soft shadows from paint, but takes a grey pattern for light.
    - `multi_scale` is the mean of three blurs (multi-scale Retinex); it leaves halos at edges.

    All of them mistake cast shadows with hard edges for one or the other. How bright the albedo is cannot be seen in a
    picture and is set by `normalize`.
    """

    method: str = param(
        default="guided",
        choices=("guided", "smooth", "color", "multi_scale"),
        doc="what tells light from paint: smoothness within windows; up to edges; changes of colour; three blurs",
    )
    size: float = param(
        default=40.0, hard=(1, 1000), soft=(1, 200), unit="px",
        doc="detail finer than this is albedo; with color it only tells highlights",
    )  # fmt: skip
    edge: float = param(
        default=1.0, hard=(0.01, 10), soft=(0.05, 3), unit="stops",
        doc="guided, smooth: contrast from which an edge belongs to the shading",
    )  # fmt: skip
    chroma: float = param(
        default=0.05, hard=(0, 10), soft=(0, 0.5), unit="stops",
        doc="color: change of colour from pixel to pixel that makes it a change of albedo",
    )  # fmt: skip
    step: float = param(
        default=0.5, hard=(0, 20), soft=(0, 3), unit="stops",
        doc="color: change of brightness from pixel to pixel that is albedo whatever its colour",
    )  # fmt: skip
    tint: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), doc="how much of the colour around a pixel is the light's; 0: grey"
    )
    highlight: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1),
        doc="how much of small white spots goes to the specular layer; grey texture finer than the size goes with them",
    )  # fmt: skip
    normalize: str = param(
        default="white", choices=("white", "local"),
        doc="white: 99 % of the albedo in the area is no brighter than `level`; local: it is about as bright as that "
        "around every pixel, whatever is far away",
    )  # fmt: skip
    level: float = param(
        default=0.8,
        hard=(0.001, 10),
        soft=(0.1, 1),
        doc="brightness that `normalize` brings the albedo to: 0.8 is white paint",
    )

    @property
    def roi(self) -> bool:  # type: ignore[override]  # only some of the settings look at the whole picture
        return self.method in _LOCAL and self.normalize == "local"

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        info = ctx.info("image")
        for name in LAYERS:
            info = info.with_layer(LIGHT_LAYERS[name])
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(LAYERS) & frozenset(layers)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        return (Need("image", region.expand(self._margin()), (MAIN,)), *self.area_needs(ctx))

    def _margin(self) -> int:
        return self._reach() + (highlights_margin(self.size) if self.highlight else 0)

    def _reach(self) -> int:
        """Pixels that the rule looks around, without the highlights."""
        if self.method == "guided":
            return guided_shading_margin(self.size)
        return multi_scale_margin(self.size) if self.method == "multi_scale" else 0

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plate, reach = plate_of(ctx, "image", ctx.region), self._reach()
        x = finite(plate_of(ctx, "image", ctx.region.expand(self._margin())))
        specular = torch.zeros_like(plate)
        if self.highlight:
            spots = highlights(x, self.size) * self.highlight
            x = cut(x, highlights_margin(self.size)) - spots
            specular = specular + cut(spots, reach)
        shading = self._shading(x, ctx)
        albedo = divide(cut(x, reach), shading)
        scale = self._scale(ctx, albedo)
        albedo, shading = albedo / scale, shading * scale
        residual = plate - (albedo * shading + specular)
        made = {"albedo": albedo, "shading": shading, "specular": specular, "residual": residual}
        return {name: made[name] for name in ctx.layers}

    def _shading(self, x: Tensor, ctx: ComputeContext) -> Tensor:
        """Shading `[3, h, w]` over the region of `ctx`, of `x` with the rule's margin."""
        reach = self._reach()
        floor = max(percentile(brightness(x).flatten(), _WHITE_SHARE) * _DARKEST, _TINY) if reach == 0 else _TINY
        if self.method == "color":
            rules = (True, False) if self.tint else (True,)
            both = torch.cat([color_retinex(x, self.chroma, self.step, floor, grey) for grey in rules])
        else:
            planes = torch.cat((brightness(x), x)) if self.tint else brightness(x)
            if self.method == "guided":
                both = guided_shading(planes, self.size, self.edge, ctx.progress)
            elif self.method == "multi_scale":
                both = multi_scale(planes, self.size, (ctx.region.x0 - reach, ctx.region.y0 - reach), ctx.progress)
            else:
                both = smoothed_shading(planes, self.size, self.edge, floor, ctx.progress)
        grey = both[:1].expand(3, -1, -1)
        return torch.lerp(grey, both[1:], self.tint) if self.tint else grey.clone()

    def _scale(self, ctx: ComputeContext, albedo: Tensor) -> float:
        """What the albedo is divided by and the shading multiplied with."""
        if self.normalize == "local":
            return 1 / self.level
        white = percentile(self.measured(ctx, brightness(albedo))[0], _WHITE_SHARE)
        return white / self.level if white > 0 else 1.0
