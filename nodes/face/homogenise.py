from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, node, param

from ..ops.fir import finite
from ..ops.gaussian import blurred
from .base import FaceTexture
from .lighting import harmonics, light_of_skin
from .regions import regions

_TINT = 0.4
"""Nepers that a colour is changed by at most: nine numbers a channel tell no more where normals are rare."""
_PLACE = 0.008
"""Deviation of the blur over which places are looked at, as a share of the uv."""
_PALER = 1.1
"""How many times as bright as the mean skin is in places: dim light on such skin is taken off so much further."""
_BLUR = 0.035
"""Deviation of the blur by which the halves of a face are compared, as a share of the uv."""


@node("face.homogenise", see="face.complete learned.shadow_remove faces", label="FaceHomogenise", menu="Face")
class FaceHomogenise(FaceTexture):
    """Takes the light off a face that lies in its uv, so that it looks as lit from everywhere alike.

    Put it behind Unwrap, which needs FaceFit above it. Texture, beard, moles and the overall exposure stay.

    The picture is divided by the light from all around that explains the skin best on the fitted normals. Shine, beard,
    brows and cast shadows do not fit and are left out. What then remains, such as soft shadows from the side, is told
    from paint by comparing both halves of the face: light comes from one side, blush and makeup lie on both. Where the
    fit says that light is dim but the picture is not dark, as on the wings of the nose, nothing is brightened.

    The fit is that of light in nine spherical harmonics (Ramamoorthi and Hanrahan 2001) by reweighted least squares;
    the stage is the homogenisation of MARCUS-Avatar (2026), without its network.
    """

    amount: float = param(default=1.0, hard=(0, 1), soft=(0, 1), place="top", doc="how much of the light is taken off")
    specular: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the shine is taken off, told from skin by its colour",
    )  # fmt: skip
    symmetry: float = param(
        default=0.7, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of what is darker on one half than on the other counts as light",
    )  # fmt: skip
    color: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1),
        doc="how much of the differences in colour between lights is taken off; the mean colour of the skin stays",
    )  # fmt: skip
    floor: float = param(
        default=0.25, hard=(0.001, 1), soft=(0.01, 0.5),
        doc="where light is dimmer than this share of the mean it is divided by that share, as deep shadows hold noise",
    )  # fmt: skip

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.amount == 0 else None

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        self.face(ctx)
        self.rgb(ctx)
        return frozenset(layers) & {MAIN}

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        light = finite(self.light(ctx)).clamp_min(0)
        if light.numel() == 0:
            return {MAIN: ctx.image("image").tensor(MAIN, ctx.region)}
        own = self.light(ctx)
        seen, parts = self.seen(ctx), regions(self.texels(ctx), ctx.device)
        _, normal, there = self.surface(ctx)
        ctx.check()
        basis = harmonics(normal)
        weight = seen * parts.skin * there * (seen > 0.1)
        found = light_of_skin(light, basis, weight, ctx.check)
        shading = (found.light @ basis.flatten(1)).reshape(light.shape)
        mean = found.mean[:, None, None]
        least = self.floor * mean
        shading = 0.5 * (shading + least + ((shading - least) ** 2 + (least / 2) ** 2).sqrt())
        shine = found.shine(light, shading) * parts.skin * there
        ctx.check()
        matt = own - self.specular * self.amount * shine
        gain = self._gain(shading, mean, self._dimmed(light, seen * there, mean))
        even = matt * gain**self.amount
        if self.symmetry > 0:
            even = even * self._halves(finite(even).clamp_min(0), weight)
        return {MAIN: self.put_light(ctx, torch.where(torch.isfinite(own), even, own))}

    def _dimmed(self, light: Tensor, weight: Tensor, mean: Tensor) -> Tensor:
        """How many times as bright as they are places are at most, if light is what makes them dim, `[1, h, w]`."""
        size = _PLACE * light.shape[2]
        usual = mean.mean().clamp_min(1e-30)
        share = blurred(weight, size, "black")
        level = blurred(light.mean(0, keepdim=True) * weight, size, "black") / share.clamp_min(1e-6)
        dim = torch.where(share > 1e-3, usual / level.clamp_min(1e-3 * usual), 1.0)
        return _PALER * dim.clamp_min(1)

    def _gain(self, shading: Tensor, mean: Tensor, most: Tensor) -> Tensor:
        """What takes the light off `[3, h, w]`, and leaves its mean; `most [1, h, w]` is how far it brightens."""
        wanted = mean.mean() / shading.mean(0, keepdim=True).clamp_min(1e-30)
        bright = torch.minimum(wanted, most)
        tint = (mean / shading.clamp_min(1e-30) / wanted.clamp_min(1e-30)).log()
        # Where the fit is wrong of how bright light is, it is of its colour.
        tint = tint * torch.where(wanted > bright, bright.log() / wanted.log(), 1.0)
        return bright * (self.color * _TINT * torch.tanh(tint / _TINT)).exp()

    def _halves(self, light: Tensor, weight: Tensor) -> Tensor:
        """What brings both halves of the face to their mean, smoothly, `[1, h, w]`."""
        size = _BLUR * light.shape[2]
        bright = light.mean(0, keepdim=True)
        usual = (bright * weight).sum() / weight.sum().clamp_min(1e-12)
        level = (bright + 0.02 * usual + 1e-30).log()
        other = level.flip(2)
        both = weight * weight.flip(2)
        share = blurred(both, size, "black")
        off = blurred((other - level).clamp(-1.5, 1.5) * both, size, "black") / share.clamp_min(1e-4)
        # Where hardly any skin is seen on both sides nothing is told.
        sure = (share / (share + 0.02)).clamp(0, 1)
        return (0.5 * self.symmetry * self.amount * off * sure).exp()
