from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import LIGHT_LAYERS, MAIN, ComputeContext, Context, ImageInfo, LayerKind, defaulted, node, param

from ..ops.fir import finite
from ..ops.membrane import membrane
from ..uv.base import UV
from .base import FaceTexture
from .regions import regions
from .strays import strays

_GEOMETRY = ("position", "normal", "depth", "uv")
_COARSE = 4
"""Reduction at which what is smooth is solved."""
NONE = 16.0
"""Stops of `strays` from which on nothing is one."""
_MOST = 1.2
"""Nepers that the other half is brightened or darkened by at most."""


@node(
    "face.complete",
    see="face.homogenise face.maps faces",
    label="FaceComplete",
    menu="Face",
    version=2,
    upgrades={1: defaulted(strays=NONE)},
)
class FaceComplete(FaceTexture):
    """Fills in what the picture does not show of a face that lies in its uv, so that it can be turned and lit from any
    side.

    Put it behind FaceHomogenise: light is not the same on both sides of a face, but paint is. Needs FaceFit above
    Unwrap.

    What one half lacks comes from the other, mirrored, and brightened and tinted so that it joins what was seen. A part
    that was seen at a slant gives way to its better seen other half little by little. What neither half shows is filled
    smoothly from around it. A wall that shows behind the fitted outline, or a light collar, counts as not seen where
    the neck, the ears and the jaw lie.

    Normals, positions, depth and uv come from the fitted face, exactly. `confidence` stays: it says what was seen. The
    stage is the inpainting of MARCUS-Avatar (2026), without its network.
    """

    slant: float = param(
        default=0.35, hard=(0, 1), soft=(0, 1), place="top",
        doc="confidence below which a part begins to give way to the other half",
    )  # fmt: skip
    strays: float = param(
        default=0.6, hard=(0.1, NONE), soft=(0.3, 3), unit="stops", place="top",
        doc="on neck and ears, what is brighter than skin by more than this, or as far off in colour, counts as not "
        "seen; 16: nothing does",
    )  # fmt: skip
    mirror: bool = param(default=True, place="top", doc="take what is lacking from the other half")

    def info(self, ctx: Context) -> ImageInfo:
        self.face(ctx)
        info = ctx.info("image")
        for layer in (LIGHT_LAYERS["position"], LIGHT_LAYERS["normal"], LIGHT_LAYERS["depth"], UV):
            info = info.with_layer(layer)
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) - {"confidence"}

    def looked_at(self, ctx: Context) -> tuple[str, ...]:
        return tuple(name for name in ctx.info("image").names if name not in _GEOMETRY)

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        out: dict[str, Tensor] = {}
        texels = self.texels(ctx)
        position, normal, there = self.surface(ctx)
        if {"position", "normal", "depth", "uv"} & set(ctx.layers):
            place = self.places(ctx) * there
            exact = {"position": position, "normal": normal, "depth": -position[2:] * there, "uv": place}
            out |= {name: self.put(ctx, exact[name]) for name in _GEOMETRY if name in ctx.layers}
        seen = self._own(ctx)
        for name in ctx.layers:
            if name in _GEOMETRY:
                continue
            ctx.check()
            own = ctx.image("image").tensor(name, texels)
            light = ctx.output.layer(name).kind is LayerKind.COLOR
            out[name] = self.put(
                ctx, self._filled(own, seen, there, light), ctx.image("image").tensor(name, ctx.region)
            )
        return out

    def _own(self, ctx: ComputeContext) -> Tensor:
        """How squarely texels of the face were seen, `[1, h, w]`; 0 where something else was seen there."""
        seen, info = self.seen(ctx), ctx.info("image")
        if not info.has(MAIN) or info.layer(MAIN).rgb is None or seen.numel() == 0:
            return seen
        skin = regions(self.texels(ctx), ctx.device).skin
        return torch.where(strays(finite(self.light(ctx)), seen, skin, self.places(ctx), self.strays), 0.0, seen)

    def _filled(self, own: Tensor, seen: Tensor, there: Tensor, light: bool) -> Tensor:
        """A layer `[C, h, w]` over the uv with what was not seen. light : whether brightness is to be joined."""
        if own.numel() == 0:
            return own
        before, own = own, finite(own)
        weight = _ramp(seen / max(self.slant, 1e-3))
        values, known = own, seen[0] > 0
        if self.mirror:
            other, other_seen = own.flip(2), seen.flip(2)
            if light:
                other = other * _joined(own, other, torch.minimum(seen, other_seen))
            better = _ramp((other_seen - seen) / 0.25 + 0.5) * (other_seen > 0)
            share = torch.where(seen > 0, torch.maximum(weight, 1 - better), 0.0)
            share = torch.where(other_seen > 0, share, (seen > 0).to(share))
            values = torch.where(share > 0, own, 0.0) * share + other * (1 - share) * (other_seen > 0)
            known = known | (other_seen[0] > 0)
        values = _with_holes_filled(values, known, there)
        kept = (seen > 0) & torch.isfinite(before).all(0, keepdim=True) & (values == own)
        return torch.where(there, torch.where(kept, before, values), before)


def _ramp(x: Tensor) -> Tensor:
    """From 0 at 0 to 1 at 1, smoothly."""
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)


def _joined(own: Tensor, other: Tensor, both: Tensor) -> Tensor:
    """What the mirrored half is multiplied with `[C, h, w]` to join what was seen: known where both are, smooth
    elsewhere.
    """
    height, width = own.shape[1:]
    weight = F.avg_pool2d(both[None], _COARSE, ceil_mode=True)[0]
    sums = [F.avg_pool2d((x.clamp_min(0) * both)[None], _COARSE, ceil_mode=True)[0] for x in (own, other)]
    least = 1e-3 * sums[0].mean().clamp_min(1e-12)
    ratio = ((sums[0] + least) / (sums[1] + least)).log().clamp(-_MOST, _MOST)
    # Only where much of a coarse texel is seen on both sides does it say how bright the halves are.
    smooth = membrane(ratio, weight[0] > 0.3)
    smooth = F.avg_pool2d(smooth[None], 5, 1, 2, count_include_pad=False)
    return F.interpolate(smooth, size=(height, width), mode="bilinear")[0].exp()


def _with_holes_filled(values: Tensor, known: Tensor, there: Tensor) -> Tensor:
    """Values with what is not known of the face filled by a membrane, solved where it is smooth, at a lower size."""
    if bool((known | ~there).all()) or not bool(known.any()):
        return values
    height, width = known.shape
    mask = known[None].to(values)
    share = F.avg_pool2d(mask[None], _COARSE, ceil_mode=True)[0]
    mean = F.avg_pool2d((values * mask)[None], _COARSE, ceil_mode=True)[0] / share.clamp_min(1e-6)
    smooth = F.interpolate(membrane(mean, share[0] > 0)[None], size=(height, width), mode="bilinear")[0]
    return torch.where(known, values, smooth)
