from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    ComputeContext,
    Context,
    ImageInfo,
    Layer,
    LayerKind,
    Vec2,
    node,
    param,
    unit,
)  # fmt: skip

from ..ops.color import gain_of
from ..ops.fir import finite
from ..ops.gaussian import blurred
from .base import FaceTexture
from .regions import regions, within_mask

TANGENT = Layer("normal_tangent", ("X", "Y", "Z"), LayerKind.NORMAL)
"""Normals in the frame of the surface: x along u, y along v, z out of it."""
DISPLACEMENT = Layer("displacement", ("Z",), LayerKind.DATA, "float")
"""Centimetres by which the skin stands out of the fitted surface."""
MAPS = (
    LIGHT_LAYERS["albedo"], LIGHT_LAYERS["normal"], LIGHT_LAYERS["roughness"], LIGHT_LAYERS["f0"], TANGENT,
    DISPLACEMENT,
)  # fmt: skip

_EDGE = 0.3
"""Of the face's radius, over which relief fades towards hair and neck."""


@node("face.maps", see="face.complete face.render faces", label="FaceMaps", menu="Face")
class FaceMaps(FaceTexture):
    """Makes material maps of a face that lies in its uv, for Relight and renderers: paint, relief and gloss.

    Put it behind FaceHomogenise and FaceComplete. Wrap takes the maps back into the picture, FaceRender into another
    pose.

    - `albedo` is the picture itself, at the exposure of your choice.
    - `displacement`, in centimetres, takes small dark spots of skin for pores and creases, and small light ones for
      what stands out. Brows, lips, teeth and what lies beyond the hairline and the jaw are flat: their darks are paint
      and hair.
    - `normal` and `normal_tangent` follow from it: in camera space as the face was fitted, and for renderers with x
      along u, y along v, z outwards.
    - `roughness` and `f0` are those of skin by part of the face: glossier on nose, forehead and lips, and wet on the
      eyes.

    Relief and gloss are plausible, not measured: no single picture tells them. The stage is that of MARCUS-Avatar
    (2026), without its network.
    """

    exposure: float = param(
        default=0.0,
        soft=(-4, 4),
        unit="stops",
        place="top",
        doc="brightness of the albedo: set it so that white paint would be 1",
    )
    detail: float = param(
        default=1.0, soft=(0, 3), place="top", doc="how deep pores and creases are: 0 none, 1 as `depth` says"
    )
    gloss: float = param(
        default=0.0, hard=(-2, 2), soft=(-1, 1), unit="stops", place="top",
        doc="above zero skin is glossier: each stop halves the roughness",
    )  # fmt: skip
    sizes: Vec2 = param(
        default=(0.02, 0.25), hard=(1e-3, 5), soft=(0.01, 1), unit="cm",
        doc="the finest and the coarsest detail that counts as relief; coarser changes are paint",
    )  # fmt: skip
    depth: float = param(
        default=0.012,
        hard=(0, 1),
        soft=(0, 0.05),
        unit="cm",
        doc="how deep a spot is that is half as bright as what is around it",
    )

    def info(self, ctx: Context) -> ImageInfo:
        self.face(ctx)
        self.rgb(ctx)
        info = ctx.info("image")
        for layer in MAPS:
            info = info.with_layer(layer)
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {layer.name for layer in MAPS}

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        light, parts = self.light(ctx), regions(self.texels(ctx), ctx.device)
        if light.numel() == 0:
            return {name: ctx.zeros(len(ctx.output.layer(name).channels)) for name in ctx.layers}
        position, normal, there = self.surface(ctx)
        ctx.check()
        made = {"albedo": light * (gain_of(self.exposure) * there)}
        height = self._relief(finite(light).clamp_min(0), position, there) * parts.skin * self._bare(ctx)
        tilt, along, across = _tilted(height, position, normal)
        made["displacement"] = height
        made["normal"] = unit(normal - tilt) * there
        flat = torch.stack((-(tilt * along).sum(0), -(tilt * across).sum(0), torch.ones_like(height[0])))
        made["normal_tangent"] = unit(flat) * there
        made["roughness"] = (parts.roughness * 2.0**-self.gloss).clamp(0.02, 1) * there
        made["f0"] = (parts.f0 * there).expand(3, -1, -1)
        return {name: self.put(ctx, made[name]) for name in ctx.layers}

    def _bare(self, ctx: ComputeContext) -> Tensor:
        """How much texels are of the face itself `[1, h, w]`: beyond it lie hair and collars, which are no relief."""
        return within_mask(self.places(ctx), _EDGE)

    def _relief(self, light: Tensor, position: Tensor, there: Tensor) -> Tensor:
        """Centimetres `[1, h, w]` by which the skin stands out, of its small lights and darks."""
        bright = light.mean(0, keepdim=True)
        usual = bright[there[None]].mean() if bool(there.any()) else bright.new_ones(())
        level = torch.where(there, (bright + 0.03 * usual + 1e-30).log(), 0.0)
        texel = _texel(position, there)
        fine, coarse = (max(size / texel, 0.1) for size in self.sizes)
        small, large = (_smoothed(level, there, size) for size in (fine, max(coarse, fine)))
        # A crease is no deeper for being black: large steps are edges of paint, such as brows and lips.
        band = torch.tanh(small - large)
        return self.detail * self.depth / 0.7 * band * there


def _texel(position: Tensor, there: Tensor) -> float:
    """Centimetres of a texel in the mean."""
    step = position.diff(dim=2).norm(dim=0)
    both = there[:, 1:] & there[:, :-1]
    return float(step[both].median()) if bool(both.any()) else 1.0


def _smoothed(x: Tensor, there: Tensor, size: float) -> Tensor:
    """`x [C, h, w]` blurred over where the face is alone; size : deviation in texels."""
    both = blurred(torch.cat((x * there, there[None].to(x))), size, "black")
    return both[:-1] / both[-1:].clamp_min(1e-6)


def _tilted(height: Tensor, position: Tensor, normal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The slope of a height `[1, h, w]` on the surface, as a vector along it `[3, h, w]`; unit vectors along u and v.

    The surface gradient of bump mapping (Blinn 1978, as Mikkelsen 2010 writes it).
    """
    along_u, along_v = _central(position, 2), -_central(position, 1)
    slope_u, slope_v = _central(height, 2), -_central(height, 1)
    over = torch.linalg.cross(along_v, normal, dim=0)
    under = torch.linalg.cross(normal, along_u, dim=0)
    area = (along_u * over).sum(0, keepdim=True)
    small = area.abs() < 1e-12
    tilt = torch.where(small, 0.0, (slope_u * over + slope_v * under) / torch.where(small, 1.0, area))
    first = along_u - normal * (along_u * normal).sum(0, keepdim=True)
    along = unit(first)
    # No slope of skin is steeper than some sixty degrees: seams between parts of the uv make no walls.
    steep = tilt.norm(dim=0, keepdim=True)
    return tilt * (torch.tanh(steep / 2) * 2 / steep.clamp_min(1e-12)), along, torch.linalg.cross(normal, along, dim=0)


def _central(x: Tensor, dim: int) -> Tensor:
    """Central differences per texel, one-sided at the borders."""
    if x.shape[dim] < 2:
        return torch.zeros_like(x)
    return torch.gradient(x, dim=dim)[0]
