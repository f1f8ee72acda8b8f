"""The surfaces of a picture, given or estimated, and what each light does to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    ComputeContext,
    Flag,
    Light,
    Mixed,
    Model,
    Region,
    Rig,
    Surface,
    Tier,
    from_metallic,
    light_weight,
    mixed_pixels,
    shade,
    unit,
    weighed,
)  # fmt: skip

from ..ops.color import gain_of
from ..ops.progress import bands_of, shared
from .estimates import enlarged_over, estimates, plate_light
from .flags import let_through
from .geometry import from_corner, on_surface
from .links import falls
from .shadows import Shadows
from .working import working_space

if TYPE_CHECKING:
    from .relight import Relight

_BAND = 1 << 15
"""Pixels that a thread shades at a time, what a processor's cache holds; between two of them a cancelled task stops."""

_MOST = 1.5
"""Nepers that the student's refinement brightens or darkens by at most."""

_NEUTRAL = {
    "name": "", "enabled": True, "solo": False, "exposure": 0.0, "color": (1.0, 1.0, 1.0), "kelvin": NEUTRAL_KELVIN,
    "tint": 0.0, "diffuse": 1.0, "specular": 1.0, "shadow": 1.0, "measured": False,
    "link_channel": "", "invert_link": False,
}  # fmt: skip
"""What of a light only weighs what it shows: a change of these shades nothing again."""


@dataclass(frozen=True)
class _Weight:
    """What a light's share of the picture is multiplied with: RGB `[3, 1, 1]`, and its shadow's share."""

    diffuse: Tensor
    specular: Tensor
    shadow: float


def at_level_one(light: Light) -> Light:
    """The light without what only weighs what it shows."""
    return light.with_(**_NEUTRAL)


def by_plate(light: Light, level: str) -> bool:
    """Whether a light goes by the plate's own light, if any does, at this `level`: measured ones need to be told."""
    return level == "plate" or not light.measured


class Scene:
    """The surfaces of a picture, and what each light does to them."""

    def __init__(self, node: "Relight", ctx: ComputeContext) -> None:
        self.node = node
        self.ctx = ctx
        self.image = ctx.image("image")
        self.region = ctx.region
        self.space = working_space(ctx)
        self.estimated = node.guessed(ctx)
        self.key = node.surface_key(ctx)
        self.layers = self._layers()
        self.normal = self.layers["normal"][:3]
        self.position = self._placed()
        self.there = on_surface(self.normal, self.position)
        self.normal = torch.where(self.there > 0, self.normal, self._fill(0, 0, 1))
        self.own = self.own_light()
        if self.position is not None:
            # Where there is nothing it lies so far behind everything that no ray ever meets it.
            self.position = torch.where(self.there > 0, self.position, self._fill(0, 0, -1e4) * self.range()[1])
        self.mixed = self._mixed()
        if self.position is not None and self.mixed is not None:
            self.position = self.mixed.placed(self.position)
        self.shadows = Shadows(self)

    def _layers(self) -> Mapping[str, Tensor]:
        """The layers of the surfaces over the region, made ready once per frame where some are estimated."""
        if not self.estimated:
            named = ("normal", "albedo", "roughness", "f0", "metallic", "shading")
            return {name: self.image.tensor(name, self.region) for name in named if name in self.image}
        node, ctx = self.node, self.ctx
        names = (*node.asked(ctx), "folds", "gloss", "open")
        made = ctx.shared_layers(node.looked_at(ctx), ("surfaces", self.key), names, lambda: estimates(node, ctx))
        return {name: x.to(ctx.device) for name, x in made.items()}

    def _placed(self) -> Tensor | None:
        """Positions `[3, h, w]`; None where nothing says."""
        if "depth" not in self.estimated:
            return self.node.position(self.image, self.region)
        info = self.image.info
        return self.node.pinhole(info).position(self.layers["depth"], from_corner(info, self.region))

    def own_light(self) -> float:
        """How bright the plate's own light is, see `plate_light`; 1 where the rig counts as it is."""
        if not self.node.by_plate(self.ctx):
            return 1.0
        weight, subject = self.there, self.node.subject(self.ctx)
        if subject is not None and bool((subject > 0).any()):
            weight = weight * subject.clamp(0, 1)
        return plate_light(self.layers["albedo"], self.layers["shading"], weight)

    def confidence(self) -> Tensor | None:
        """How sure the estimates are `[1, h, w]`; None where nothing is estimated."""
        return self.layers["confidence"][:1] if self.estimated else None

    def group(self, light: Light, flags: tuple[Flag, ...] = ()) -> tuple[Tensor, Tensor, Tensor]:
        """What the diffuse and the specular part show of a light past flags on what it is linked to, `[3, h, w]` each,
        and its visibility `[1, h, w]`.
        """
        plain = self._plain(light)
        seen = self.shadows.of(plain)["shadow"]
        let = let_through(self, plain, flags) if flags else None
        shown = self._shown(plain)
        weight = self._weight(light)
        more = self._refined(plain) if self.node.refine and self.estimated else None
        arrives = 1 - weight.shadow * (1 - seen)

        def part(name: str, level: Tensor) -> Tensor:
            found = (shown[name] * level).mul_(arrives)
            if let is not None:
                found.mul_(let.get(name, let["diffuse"]))
            return found if more is None else found.mul_((self.node.refine * more[name]).exp_())

        diffuse, specular = part("diffuse", weight.diffuse), part("specular", weight.specular)
        if let is not None:
            seen = seen * let["diffuse"].mean(0, keepdim=True)
        gets = falls(self.ctx, light, self.region)
        if self.mixed is not None:
            albedo = self._materials(self.region)[0]
            diffuse, specular = self.mixed.scattered(diffuse, albedo, gets), self.mixed.mirrored(specular, gets)
            return diffuse, specular, self.mixed.scattered(seen)
        return (diffuse, specular, seen) if gets is None else (weighed(diffuse, gets), weighed(specular, gets), seen)

    def known(self, light: Light) -> Tensor:
        """The share `[1, h, w]` of a light of which the picture tells whether it arrives."""
        unknown = float(light.shadow) * (1 - self.shadows.of(self._plain(light))["known"])
        gets = falls(self.ctx, light, self.region)
        known = 1 - (unknown if gets is None else unknown * gets.abs().clamp_max(1))
        return known if self.mixed is None else self.mixed.scattered(known)

    def _mixed(self) -> Mixed | None:
        """The pixels that show two surfaces at once; None where nothing says, or as estimates know no silhouettes."""
        n, place = self.node, self.position
        if self.estimated or place is None:
            return None

        def make() -> Mixed:
            self.ctx.check()
            info, normal = self.image.info, unit(self.normal)
            albedo = torch.nan_to_num(self._materials(self.region)[0])
            return mixed_pixels(place, normal, self.there, n.pinhole(info), from_corner(info, self.region), albedo)

        paint = (name for name in ("albedo", "metallic", "f0") if name in self.layers)
        layers = [("image", name) for name in ("normal", n.place_layer(self.image.info), *paint)]
        return cast(Mixed, self.ctx.shared(layers, ("mixed", n.field_of_view, n.depth_is), make))

    def _plain(self, light: Light) -> Rig:
        return Rig((at_level_one(light),), self.node.cm_per_unit)

    def _weight(self, light: Light) -> _Weight:
        own = self.own if by_plate(light, self.node.level) else 1.0
        level = light_weight(light, self.space) * (own * gain_of(self.node.light_exposure))
        diffuse, specular = (
            (level * share).to(dtype=torch.float32, device=self.normal.device).reshape(3, 1, 1)
            for share in (light.diffuse, light.specular)
        )
        return _Weight(diffuse, specular, float(light.shadow))

    def _shown(self, plain: Rig) -> Mapping[str, Tensor]:
        """What the two parts show of a light at level 1 that no shadow takes."""
        n = self.node
        samples = n.samples if self.ctx.tier is Tier.FINAL else 0
        model = Model(cast(Literal["lambert", "burley"], n.diffuse_model), n.compensate, n.conserve)
        materials = (n.roughness, n.f0, n.detail if "folds" in self.layers else 0.0)
        key = ("shown", plain.key(), samples, model, materials, n.field_of_view, n.depth_is, self.key)

        def make() -> Mapping[str, Tensor]:
            out = {"diffuse": self.ctx.zeros(3), "specular": self.ctx.zeros(3)}

            def work(band: Region) -> None:
                self.ctx.check()
                place = (slice(None), *self.region.slices_of(band))
                for name, x in self._shaded(plain, band, samples, model).items():
                    out[name][place] = x

            first, *others = self.bands()
            work(first)  # alone: what it prepares of the light serves the others
            shared(work, others)
            return out

        return self.ctx.part(key, ("diffuse", "specular"), make)

    def bands(self) -> list[Region]:
        """Rows that are shaded at a time."""
        return bands_of(self.region, _BAND, self.ctx.device)

    def surface(self, band: Region, model: Model) -> Surface:
        """The surfaces of a band."""
        rows, columns = self.region.slices_of(band)
        _, f0 = self._materials(band)
        return Surface.of(
            self.normal[:, rows, columns],
            position=None if self.position is None else self.position[:, rows, columns],
            roughness=self._layer("roughness", band, self.node.roughness)[:1].clamp(0, 1),
            f0=torch.where(self.there[:, rows, columns] > 0, f0, 0),
            model=model,
        )

    def _shaded(self, plain: Rig, band: Region, samples: int, model: Model) -> dict[str, Tensor]:
        rows, columns = self.region.slices_of(band)
        there = self.there[:, rows, columns]
        albedo, _ = self._materials(band)
        surface = self.surface(band, model)
        environments = self.ctx.service("environments")
        pixels = there.flatten().nonzero()[:, 0]
        whole = len(pixels) == there.numel()
        seen = surface if whole else surface.some(pixels)
        (group,) = shade(seen, plain, samples=samples, space=self.space, environments=environments)
        shading, specular = group.shading, group.specular
        if not whole:
            black = torch.zeros_like(albedo).flatten(1)
            shading, specular = (
                black.index_copy(1, pixels, x.flatten(1)).reshape(albedo.shape) for x in (shading, specular)
            )
        if "folds" in self.layers and self.node.detail:
            shading = shading * (self.node.detail * self.layers["folds"][:, rows, columns]).exp()
        if "gloss" in self.layers:
            specular = specular * self.layers["gloss"][:, rows, columns]
        return {"diffuse": shading * albedo * there, "specular": specular * self._coverage(band) * there}

    def _refined(self, plain: Rig) -> Mapping[str, Tensor]:
        """What the student adds to a light, in nepers, for its diffuse and its specular part `[3, h, w]`."""
        n, ctx = self.node, self.ctx

        def make() -> Mapping[str, Tensor]:
            ctx.check()
            found = n.decomposition(ctx)
            maps = found.model.refinement(
                found.seen, plain, field_of_view=n.field_of_view, distance=n.distance,
                environments=ctx.service("environments"),
            )  # fmt: skip
            size = (self.region.height, self.region.width)
            first, second = (enlarged_over(x.clamp(-_MOST, _MOST), *size).to(ctx.device) for x in maps)
            return {"diffuse": first, "specular": second}

        key = ("refined", plain.key(), n.field_of_view, n.distance, self.key)
        return ctx.part(key, ("diffuse", "specular"), make)

    def _materials(self, band: Region) -> tuple[Tensor, Tensor]:
        """Albedo and f0 `[3, h, w]`."""
        albedo = self._layer("albedo", band, 0.0)[:3]
        if "f0" in self.layers or "metallic" not in self.layers:
            f0 = self._layer("f0", band, self.node.f0)[:3]
            return albedo, f0.expand(3, -1, -1)
        return from_metallic(albedo, self._layer("metallic", band, 0.0)[:1])

    def _layer(self, name: str, band: Region, default: float) -> Tensor:
        if name in self.layers:
            rows, columns = self.region.slices_of(band)
            return self.layers[name][:, rows, columns]
        return torch.full((1, band.height, band.width), default, device=self.normal.device)

    def _coverage(self, band: Region) -> Tensor | float:
        """The alpha of the picture, as highlights have no colour layer that is multiplied by it."""
        info = self.image.info
        alpha = info.layer(MAIN).alpha if info.has(MAIN) else None
        return 1.0 if alpha is None else self.image.tensor(MAIN, band)[alpha : alpha + 1]

    def range(self) -> tuple[Tensor, Tensor]:
        """Depths of the nearest and the farthest surface."""
        assert self.position is not None
        depth = -self.position[2:]
        far = torch.where(self.there > 0, depth, 0).amax()
        return torch.where(self.there > 0, depth, far).amin(), far.clamp_min(1e-3)

    def _fill(self, x: float, y: float, z: float) -> Tensor:
        return self.normal.new_tensor([x, y, z]).reshape(3, 1, 1)
