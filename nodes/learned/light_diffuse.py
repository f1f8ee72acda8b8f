import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from rimlight.engine import MAIN, ComputeContext, Context, defaulted, node, param

from ..light.working import working_space
from ..ops.edge_aware import bilateral, bilateral_margin
from ..ops.highlights import peaks, widened
from ..ops.joint import joint_upsampled
from ..ops.quotient import along_edges, brightness_of, softened
from ..ops.resize import reduced, within
from .fitted import Requoted

_WIDEST = 170.0  # degrees: a scrim beyond is as good as the sky
_SIDE = 96  # of the long side, pixels at which the light around a place is looked at
_SIGMAS = 4  # of a Gaussian, in what it covers
_BLED = 1 / 30  # of the long side, how far the dark of things runs out of them in estimated shading
_EDGE = 0.5  # stops that make an edge where that light is brought to the size of the picture


@node(
    "learned.light_diffuse",
    see="learned.shadow_edit learned.light_mix light#the-light-of-a-picture recipes#a-hard-shadow-on-a-face",
    label="LightDiffuse",
    menu="Light/Student",
    reads=("tier",),
    version=2,
    upgrades={1: defaulted(flatten=0.7, extent=1 / 12, step=1.0)},
)
class LightDiffuse(Requoted):
    """Softens hard light, as a scrim before the lamp or a cloud before the sun does. The exposure stays. For cast
    shadows alone take ShadowEdit.

    The key light of the picture is found, as by LightEstimate, and replaced by one of the same energy that is as large
    as the scrim. What turns away from it gets more light and what faces it about the same. Edges of cast shadows widen;
    highlights become wider and lower and keep their energy. At 180 degrees the light comes from half of all directions,
    as under an overcast sky.

    In photographs most shades are explained by neither the key nor shadows that were found. They come nearer to what is
    around them, by `flatten`. After the idea of Futschik and others (Controllable Light Diffusion for Portraits, 2023),
    by physics.
    """

    size: float = param(
        default=60.0, hard=(0, 180), soft=(0, 180), unit="deg", place="top",
        doc="how large the scrim is seen from the subject; 0 leaves the picture, 180 is an overcast sky",
    )  # fmt: skip
    shadows: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="how far cast shadows are softened: 0 leaves them", place="top"
    )
    specular: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), doc="how far highlights are softened: 0 leaves them", place="top"
    )
    reach: float = param(
        default=0.1, hard=(0, 1), soft=(0, 0.3),
        doc="how far things are from the shadows that they cast, as a share of the picture's long side: more makes "
        "penumbras wider",
    )  # fmt: skip

    flatten: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1),
        doc="how far shades give way, at the largest size, that the estimated light does not explain: folds, the "
        "shade under a chin or a nose",
    )  # fmt: skip
    extent: float = param(
        default=0.8, hard=(0, 2), soft=(0, 1),
        doc="how large shades are at most that give way, as a share of the picture's long side",
    )  # fmt: skip
    step: float = param(
        default=1.5, hard=(0.1, 20), soft=(0.5, 4), unit="stops",
        doc="what differs from its surroundings by much more than this stays, such as a window or a dark room behind",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        """Shadows are asked for where there are such, and where the shading is an estimate too: else they are in it."""
        info, plain = ctx.info("image"), (*super().asked(ctx), "specular", "albedo")
        rendered = self.layers != "estimate" and info.has("normal") and (info.has("shading") or info.has("albedo"))
        return plain if rendered and not info.has("shadow") else (*plain, "shadow")

    def identity(self, ctx: Context) -> str | None:
        return "image" if self.mix == 0 or self.size == 0 else None

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        light, normal = self.own(ctx), self.normals(ctx)
        ctx.check()
        found = self.light_layers(ctx, *self.asked(ctx))
        ctx.check()
        seen = found["shadow"][:1].clamp(0, 1) if "shadow" in found else torch.ones_like(normal[:1])
        ambient = light.ambient(normal)
        ctx.check()
        before = light.direct(normal) * seen + ambient
        ctx.check()
        after = light.direct(normal, self.size) * self._penumbra(ctx, seen, found["albedo"]) + ambient
        stops = self.quotient(ctx, before, after, 1.0, self._flattened)
        ctx.check()
        return {MAIN: self.put_light(ctx, self._with_highlights(ctx, stops, found["specular"]))}

    @property
    def _flattened(self) -> float:
        """How much of shades gives way: a scrim reaches as far around what stands up as half of it is high."""
        return self.flatten * math.sin(math.radians(self.size) / 2)

    def gives_way(self, ctx: ComputeContext, unexplained: Tensor) -> Tensor:
        """Shades beside what is around them, `extent` wide, and alike by `step`. No scrim lifts a dark background, nor
        dims the window beside it.
        """
        if self.extent == 0 or 0 in unexplained.shape:
            return torch.zeros_like(unexplained)
        if "shading" in self.estimated(ctx):
            unexplained = along_edges(unexplained, self.plate(ctx), max(unexplained.shape[1:]) * _BLED)
        small = reduced(unexplained, within(unexplained.shape[1], unexplained.shape[2], _SIDE))
        sigma = self.extent * max(small.shape[1:]) / _SIGMAS
        padded = F.pad(small[None], (bilateral_margin(sigma),) * 4, mode="replicate")[0]
        near, guide, full = (x.mean(0, keepdim=True) for x in (padded, small, unexplained))

        def look(share: float) -> None:
            ctx.check()

        even = bilateral(padded, sigma, self.step, near, progress=look)
        return unexplained - joint_upsampled(even, guide, full, _EDGE, look)

    def _penumbra(self, ctx: ComputeContext, seen: Tensor, albedo: Tensor) -> Tensor:
        """The share of the key `[1, H, W]` that arrives from the scrim, of that which arrives from the lamp."""
        width = 2 * self.reach * math.tan(math.radians(min(self.size, _WIDEST)) / 2)
        long = max(seen.shape[-2:])
        wide = softened(seen, brightness_of(albedo, working_space(ctx).luminance), min(width, 1.0) * long)
        return torch.lerp(seen, wide.clamp(0, 1), self.shadows)

    def _with_highlights(self, ctx: ComputeContext, stops: Tensor, specular: Tensor) -> Tensor:
        """The picture `[3, H, W]` changed by stops, its highlights wider and lower."""
        stops = self.exposed(ctx, stops, 0.0)
        ctx.check()
        changed = self.changed(ctx, stops)
        if self.specular == 0:
            return changed
        plate = self.plate(ctx)
        ctx.check()
        sharp = self.specular * (specular if "specular" not in self.estimated(ctx) else peaks(specular, plate))
        ctx.check()
        return changed - sharp * stops.exp2() + widened(sharp, self.size)
