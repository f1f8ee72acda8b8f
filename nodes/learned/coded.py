"""Shared by nodes that take over the light of other pictures: by what is solved for, or by illumination codes too.

The student says in 128 numbers, the illumination code, what the light of a picture does to surfaces: where it throws
shadows and bounces, beside where it comes from. What physics gives the surfaces is refined by the code of the light
that falls on them, the plate's own as well as the wanted one, so that what is wrong in both cancels out.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import (
    MAIN,
    ComputeContext,
    Context,
    DirectionalLight,
    EnvironmentLight,
    FittedLight,
    Rig,
    SphericalGaussians,
    param,
    student_key,
)  # fmt: skip

from ..ops.quotient import along_edges
from .fitted import SMOOTH, Requoted

Parts = Sequence[tuple[float, str]]
"""Weights, of any sign, of the light of inputs by their sockets."""
_MOST = 1.5
"""Nepers that the student brightens or darkens by at most."""
_SHARPNESS = 12.0
"""Of the lobe that a fill is to the student, which knows one key and surroundings."""
_DARKEST = 1e-3
"""Of its mean: the darkest colour of a light whose strength is mixed in stops."""
_FARTHEST = 24.0
"""Stops that mixed light goes from where it started, at most."""


@dataclasses.dataclass(frozen=True)
class Coded(Requoted):
    """A node that puts its picture under the light of other pictures."""

    by: str = param(
        default="light", choices=("light", "code"), place="top",
        doc="light: what the lights, as they are solved for, give the surfaces. code: that, and what the student sees "
        "in their illumination codes, such as shadows and bounced light",
    )  # fmt: skip
    refine: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), doc="how much the student adds to physics where `by` is code"
    )

    def always_looks(self, ctx: Context) -> bool:
        return super().always_looks(ctx) or self._coded

    def coarse(self, ctx: Context) -> bool:
        return super().coarse(ctx) or self._coded

    def own_socket(self, ctx: Context) -> str:
        """The input whose light is the picture's own."""
        return "steady" if ctx.connected("steady") else "image"

    def lit(self, ctx: ComputeContext, normal: Tensor, light: FittedLight, parts: Parts) -> Tensor:
        """What a light gives surfaces `[3, H, W]` of unit normals; by code, as it refines the light.

        parts : the pictures whose codes, added up by weights, are that of the light.
        """
        fallen = self.fallen(light, normal)
        if not self._coded or ctx.info("image").data.is_empty:
            return fallen
        maps = self._refinement(ctx, light, parts)
        size = (int(normal.shape[-2]), int(normal.shape[-1]))
        more = F.interpolate(maps[None].to(normal), size, mode="bicubic", align_corners=False)[0]
        if "normal" not in self.estimated(ctx):  # what is estimated is smoothed as a whole, see `quotient`
            more = along_edges(more, self.plate(ctx), max(size) / SMOOTH)
        return fallen * (self.refine * more).exp()

    @property
    def _coded(self) -> bool:
        return self.by == "code" and self.refine > 0

    def _refinement(self, ctx: ComputeContext, light: FittedLight, parts: Parts) -> Tensor:
        """Nepers `[3, h, w]` at half the working size by which a light gives surfaces more than physics says."""
        parts = [(weight, socket) for weight, socket in parts if weight and not ctx.info(socket).data.is_empty]
        rig = _rig(light)

        def make() -> Mapping[str, Tensor]:
            ctx.check()
            found = {socket: self.decomposition(ctx, socket) for socket in {"image", *(s for _, s in parts)}}
            ctx.check()
            model, seen = found["image"].model, found["image"].seen
            code = model.mixed_code([(weight, found[socket].seen) for weight, socket in parts]) if parts else None
            first, _ = model.refinement(seen, rig, like=code, environments=ctx.service("environments"))
            return {"more": first[0].clamp(-_MOST, _MOST)}

        matte = self._matte(ctx)
        of = [("image", MAIN), *((socket, MAIN) for _, socket in parts)]
        of += [] if matte is None else [(matte[0], matte[1])]
        asked = (student_key(ctx, self._path(ctx)), self._size(ctx), self.precision, matte and matte[2])
        key = ("refined by code", asked, rig.key(), tuple(weight for weight, _ in parts))
        return ctx.shared_layers(of, key, ("more",), make)["more"]


def mixed_light(parts: Sequence[tuple[float, FittedLight]]) -> FittedLight:
    """The light between lights, or beyond: key and fill turn from one to the other, all light together goes in stops,
    and what key, fill and surroundings have of it goes evenly, as far as there is any.

    parts : at least one, with weights of any sign that add up to 1. Weights beyond 0 to 1 exaggerate the whole of the
    light, which is known well, but nothing has less than no share.
    """
    parts = [(weight, light) for weight, light in parts if weight]
    if len(parts) == 1:
        return parts[0][1]
    most = max(parts, key=lambda part: abs(part[0]))[1]
    totals = [_total(light) for _, light in parts]
    logs = [(weight, total.log2()) for (weight, _), total in zip(parts, totals, strict=True)]
    strength = sum((w * (x - logs[0][1]) for w, x in logs), torch.zeros(3)).clamp(-_FARTHEST, _FARTHEST) + logs[0][1]

    def share(levels: Sequence[Tensor]) -> Tensor:
        """Levels `[3, ...]`, each relative to all of its light, mixed."""
        shape = (3, *(1,) * (levels[0].ndim - 1))
        each = [w * x / t.reshape(shape) for (w, _), x, t in zip(parts, levels, totals, strict=True)]
        return torch.stack(each).sum(0).clamp_min(0)

    def turned(vectors: Sequence[Tensor], otherwise: Tensor) -> Tensor:
        total = torch.stack([w * v for (w, _), v in zip(parts, vectors, strict=True)]).sum(0)
        return F.normalize(total, dim=0) if float(total.norm()) > 1e-6 else otherwise

    lights = [light for _, light in parts]
    key, fill, around = (share([getattr(x, name) for x in lights]) for name in ("key", "fill", "around"))
    scale = strength.exp2() / (key + fill + around.mean((1, 2))).clamp_min(torch.finfo(torch.float32).tiny)
    return FittedLight(
        direction=turned([x.direction for x in lights], most.direction),
        key=key * scale,
        fill_direction=turned([x.fill_direction for x in lights], most.fill_direction),
        fill=fill * scale,
        around=around * scale[:, None, None],
        confidence=min(x.confidence for x in lights),
    )


def _total(light: FittedLight) -> Tensor:
    """All of a light `[3]`, above 0."""
    total = light.key + light.fill + light.around.mean((1, 2))
    return total.clamp_min(max(_DARKEST * float(total.mean()), float(torch.finfo(total.dtype).tiny)))


def _rig(light: FittedLight) -> Rig:
    """A light as the student knows such: a key, and surroundings that the fill is a lobe of.

    The key stays the key however bright the fill is, so that lights that are keyed over time do not jump.
    """
    lobe = SphericalGaussians(
        name="fill", axes=light.fill_direction[None].cpu(), sharpness=torch.tensor([_SHARPNESS]),
        amplitudes=light.fill[None].cpu() * (_SHARPNESS / 2),
    )  # fmt: skip
    around = EnvironmentLight(name="environment", pixels=light.around.cpu())
    return Rig((*(x for x in light.rig().lights if isinstance(x, DirectionalLight) and x.name == "key"), lobe, around))
