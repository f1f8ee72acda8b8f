from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    NEUTRAL_KELVIN,
    RGB,
    AreaLight,
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    ImageInfo,
    Light,
    March,
    Model,
    Need,
    Occluders,
    PointLight,
    Region,
    Rig,
    Surface,
    Tier,
    cast_shadow,
    defaulted,
    from_metallic,
    light_level,
    listing,
    node,
    occlusion,
    param,
    port,
    shade,
)  # fmt: skip

from ..ops.progress import shared
from .base import described, given
from .geometry import Seen, from_corner, on_surface
from .groups import group_layers
from .working import working_space

_BAND = 1 << 15
"""Pixels that a thread shades at a time, what a processor's cache holds; between two of them a cancelled task stops."""

_NEUTRAL = {
    "name": "", "enabled": True, "solo": False, "exposure": 0.0, "color": (1.0, 1.0, 1.0), "kelvin": NEUTRAL_KELVIN,
    "tint": 0.0, "diffuse": 1.0, "specular": 1.0, "shadow": 1.0,
}  # fmt: skip
"""What of a light only weighs what it shows: a change of these shades nothing again."""


@dataclass(frozen=True)
class _Weight:
    """What a light's share of the picture is multiplied with: RGB `[3, 1, 1]`, and its shadow's share."""

    diffuse: Tensor
    specular: Tensor
    shadow: float


@node("light.relight", label="Relight", version=2, reads=("tier",), upgrades={1: defaulted(bias=1.5)})
class Relight(Seen):
    """Lights the surfaces that the layers of a picture describe, rendered or estimated.

    Needs the layers `normal` and `albedo`; takes `position` or `depth`, `roughness` and `f0` or `metallic` where there
    are such. Puts out the lit picture, and each light of the rig as layers of its own: `light_<name>_diffuse` and
    `light_<name>_specular`, which together add up to the picture, and `light_<name>_shadow`, the share of the light
    that arrives. Only a light that changed is computed again.

    Lights with a place need positions or depth. Shadows are marched through what the picture shows, so what lies
    outside or behind casts none; the layer `confidence` says which share of the light that is least known was followed
    to its end, times the confidence that came in. At the final tier lights with size and environments are sampled,
    below that they are approximated.
    """

    roi: ClassVar[bool] = False  # shadows may come from everywhere

    image: Image = port("picture with layers")
    rig: Rig = port("the lights")
    plate: str = param(
        default="replace", choices=("replace", "add"), place="top",
        doc="whether the lit picture takes the place of the main layer or its light is added to it",
    )  # fmt: skip
    plate_exposure: float = param(
        default=0.0, soft=(-8, 8), unit="stops", doc="exposure of the main layer that light is added to", place="top"
    )
    roughness: float = param(default=0.5, hard=(0, 1), soft=(0, 1), doc="roughness where no layer says")
    f0: float = param(default=0.04, hard=(0, 1), soft=(0, 1), doc="reflectance from the front where no layer says")
    diffuse_model: str = param(
        default="lambert",
        choices=("lambert", "burley"),
        doc="burley is darker or lighter at grazing angles by roughness",
    )
    compensate: bool = param(default=True, doc="give back the light that bounces more than once in rough surfaces")
    conserve: bool = param(
        default=False, doc="let the diffuse part have only what highlights leave, as base colours of materials mean it"
    )
    shadows: bool = param(default=True, doc="cast shadows")
    occlude: bool = param(default=True, doc="shadow light from all around by what is near")
    reach: float = param(
        default=0.0, hard=(0, None), soft=(0, 500), unit="cm", doc="how far shadows reach; 0: as far as there is"
    )
    near: float = param(
        default=50.0, hard=(0.001, None), soft=(1, 200), unit="cm", doc="how far away light from all around is shadowed"
    )
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: rays pass behind"
    )
    bias: float = param(
        default=1.0, hard=(0, None), soft=(0, 10), doc="pixels' widths that shadow rays start above the surface"
    )
    samples: int = param(
        default=32,
        hard=(0, 4096),
        soft=(0, 256),
        doc="directions per pixel and light at the final tier; 0: approximate",
    )
    shadow_rays: int = param(
        default=16, hard=(1, 1024), soft=(1, 64), doc="rays per pixel and light with size at the final tier"
    )

    def info(self, ctx: Context) -> ImageInfo:
        info, rig = ctx.info("image"), described(ctx)
        for name in ("normal", "albedo"):
            self.require(info.has(name), f"the image has no layer '{name}', it has {listing(info.names)}")
        stands = [light for light in rig.active() if isinstance(light, (PointLight, AreaLight))]
        self.require(
            not stands or self.place_layer(info) != "",
            f"light '{stands[0].name if stands else ''}' needs to know where surfaces are, but the image has neither"
            f" position nor depth, it has {listing(info.names)}",
        )
        if not info.has(MAIN):
            info = info.with_(layers=(RGB, *info.layers))
        for layers in group_layers(rig).values():
            for layer in layers:
                info = info.with_layer(layer)
        return info.with_layer(LIGHT_LAYERS["confidence"]) if self._marches(info) else info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        made = {layer.name for group in group_layers(described(ctx)).values() for layer in group}
        marched = {"confidence"} if self._marches(ctx.info("image")) else set()
        return frozenset(layers) & (made | {MAIN} | marched)

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        info = ctx.info("image")
        wanted = ("normal", "albedo", self.place_layer(info), "roughness", "f0", "metallic", MAIN, "confidence")
        return (Need("image", info.data, tuple(name for name in wanted if name and info.has(name))),)

    def warnings(self, ctx: Context) -> Sequence[str]:
        if (self.shadows or self.occlude) and not self._marches(ctx.info("image")):
            return ("the image has neither position nor depth, so nothing casts a shadow",)
        return ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        rig = given(ctx).in_unit(self.cm_per_unit)
        scene = _Scene(self, ctx)
        active = set(rig.active().lights)
        total = torch.zeros(1, device=ctx.device)
        out: dict[str, Tensor] = {}
        for layers, light in zip(group_layers(rig).values(), rig.lights, strict=True):
            wanted = [layer.name for layer in layers if layer.name in ctx.layers]
            if light not in active or not (wanted or MAIN in ctx.layers):
                out |= {n: ctx.zeros(1 if n.endswith("_shadow") else 3) for n in wanted}
                continue
            group = dict(zip((layer.name for layer in layers), scene.group(light), strict=True))
            out |= {n: group[n] for n in wanted}
            if MAIN in ctx.layers:
                total = total + group[layers[0].name] + group[layers[1].name]
        if MAIN in ctx.layers:
            out[MAIN] = self._picture(ctx, total)
        if "confidence" in ctx.layers:
            out["confidence"] = self._confidence(ctx, [scene.known(light) for light in rig.active()])
        return out

    def _marches(self, info: ImageInfo) -> bool:
        """Whether shadows are looked for in the picture."""
        return (self.shadows or self.occlude) and self.place_layer(info) != ""

    def _confidence(self, ctx: ComputeContext, known: Sequence[Tensor]) -> Tensor:
        least = torch.ones(1, ctx.region.height, ctx.region.width, device=ctx.device)
        for share in known:
            least = torch.minimum(least, share)
        came = ctx.info("image").has("confidence")
        return least * ctx.image("image").tensor("confidence", ctx.region)[:1] if came else least

    def _picture(self, ctx: ComputeContext, light: Tensor) -> Tensor:
        """The main layer: the plate, if it is kept, and light `[3, h, w]` in its red, green and blue."""
        layer, plate = ctx.output.layer(MAIN), None
        if ctx.info("image").has(MAIN):
            plate = ctx.image("image").tensor(MAIN, ctx.region)
        light = light.expand(3, ctx.region.height, ctx.region.width)
        if plate is None or layer.rgb is None:
            return light if plate is None else plate
        lit = light if self.plate == "replace" else plate[list(layer.rgb)] * 2**self.plate_exposure + light
        out = plate.clone()
        out[list(layer.rgb)] = lit
        return out


class _Scene:
    """The surfaces of a picture, and what each light does to them."""

    def __init__(self, node: Relight, ctx: ComputeContext) -> None:
        self.node = node
        self.ctx = ctx
        self.image = ctx.image("image")
        self.region = ctx.region
        self.space = working_space(ctx)
        self.normal = self.image.tensor("normal", self.region)[:3]
        self.position = node.position(self.image, self.region)
        self.there = on_surface(self.normal, self.position)
        self.normal = torch.where(self.there > 0, self.normal, self._fill(0, 0, 1))
        if self.position is not None:
            # Where there is nothing it lies so far behind everything that no ray ever meets it.
            self.position = torch.where(self.there > 0, self.position, self._fill(0, 0, -1e4) * self._range()[1])

    def group(self, light: Light) -> tuple[Tensor, Tensor, Tensor]:
        """What the diffuse and the specular part show of a light, `[3, h, w]` each, and its visibility `[1, h, w]`."""
        plain = self._plain(light)
        seen = self._shadow(plain)["shadow"]
        shown = self._shown(plain)
        weight = self._weight(light)
        arrives = 1 - weight.shadow * (1 - seen)
        return shown["diffuse"] * weight.diffuse * arrives, shown["specular"] * weight.specular * arrives, seen

    def known(self, light: Light) -> Tensor:
        """The share `[1, h, w]` of a light of which the picture tells whether it arrives."""
        return 1 - float(light.shadow) * (1 - self._shadow(self._plain(light))["known"])

    def _plain(self, light: Light) -> Rig:
        return Rig((light.with_(**_NEUTRAL),), self.node.cm_per_unit)

    def _weight(self, light: Light) -> _Weight:
        level = light_level(light, self.space)
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
        key = ("shown", plain.key(), samples, model, n.roughness, n.f0, n.field_of_view, n.depth_is)

        def make() -> Mapping[str, Tensor]:
            rows = max(1, _BAND // max(1, self.region.width)) if self.ctx.device.type == "cpu" else self.region.height
            out = {"diffuse": self.ctx.zeros(3), "specular": self.ctx.zeros(3)}

            def work(band: Region) -> None:
                self.ctx.check()
                place = (slice(None), *self.region.slices_of(band))
                for name, x in self._shaded(plain, band, samples, model).items():
                    out[name][place] = x

            first, *others = self.region.bands(rows)
            work(first)  # alone: what it prepares of the light serves the others
            shared(work, others)
            return out

        return self.ctx.part(key, ("diffuse", "specular"), make)

    def _shaded(self, plain: Rig, band: Region, samples: int, model: Model) -> dict[str, Tensor]:
        rows, columns = self.region.slices_of(band)
        there = self.there[:, rows, columns]
        albedo, f0 = self._materials(band)
        surface = Surface.of(
            self.normal[:, rows, columns],
            position=None if self.position is None else self.position[:, rows, columns],
            roughness=self._layer("roughness", band, self.node.roughness)[:1].clamp(0, 1),
            f0=torch.where(there > 0, f0, 0),
            model=model,
        )
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
        return {"diffuse": shading * albedo * there, "specular": specular * self._coverage(band) * there}

    def _materials(self, band: Region) -> tuple[Tensor, Tensor]:
        """Albedo and f0 `[3, h, w]`."""
        albedo = self.image.tensor("albedo", band)[:3]
        info = self.image.info
        if info.has("f0") or not info.has("metallic"):
            f0 = self._layer("f0", band, self.node.f0)[:3]
            return albedo, f0.expand(3, -1, -1)
        return from_metallic(albedo, self.image.tensor("metallic", band)[:1])

    def _layer(self, name: str, band: Region, default: float) -> Tensor:
        if self.image.info.has(name):
            return self.image.tensor(name, band)
        return torch.full((1, band.height, band.width), default, device=self.normal.device)

    def _coverage(self, band: Region) -> Tensor | float:
        """The alpha of the picture, as highlights have no colour layer that is multiplied by it."""
        info = self.image.info
        alpha = info.layer(MAIN).alpha if info.has(MAIN) else None
        return 1.0 if alpha is None else self.image.tensor(MAIN, band)[alpha : alpha + 1]

    def _shadow(self, plain: Rig) -> Mapping[str, Tensor]:
        """`shadow`, the share of a light that arrives, and `known`, what was followed to its end of it, `[1, h, w]`."""
        n, light = self.node, plain.lights[0]
        local = isinstance(light, (DirectionalLight, PointLight, AreaLight))
        position = self.position
        if position is None or not (n.shadows if local else n.occlude):
            return dict.fromkeys(("shadow", "known"), torch.ones_like(self.there))
        steps, rays = {Tier.DRAFT: (256, 2), Tier.STUDENT: (384, 4), Tier.FINAL: (512, n.shadow_rays)}[self.ctx.tier]
        march = March((n.reach or self._reach()) if local else n.near, n.bias, steps, rays)
        about = plain.key() if local else None
        key = ("shadow", about, march, *self._occluders_key())

        def make() -> Mapping[str, Tensor]:
            scene = self._occluders(position)
            found = (
                cast_shadow(scene, light, march, self.ctx.check) if local else occlusion(scene, march, self.ctx.check)
            )
            there = self.there > 0
            return {
                "shadow": torch.where(there, found.visibility, 1.0),
                "known": torch.where(there, found.confidence, 1.0),
            }

        return self.ctx.part(key, ("shadow", "known"), make)

    def _occluders(self, position: Tensor) -> Occluders:
        """What casts shadows, shared by all lights and by pictures that differ in other layers only."""
        info = self.image.info

        def make() -> Occluders:
            self.ctx.check()
            n = self.node
            normal = self.normal / self.normal.norm(dim=0, keepdim=True).clamp_min(1e-9)
            where, camera = from_corner(info, self.region), n.camera(info)
            return Occluders(position, normal, camera, where, n.cm_per_unit, n.thickness, self.ctx.check)

        layers = (("image", "normal"), ("image", self.node.place_layer(info)))
        return cast(Occluders, self.ctx.shared(layers, ("occluders", *self._occluders_key()), make))

    def _occluders_key(self) -> tuple[object, ...]:
        n = self.node
        return n.field_of_view, n.depth_is, n.cm_per_unit, n.thickness

    def _range(self) -> tuple[Tensor, Tensor]:
        """Depths of the nearest and the farthest surface."""
        assert self.position is not None
        depth = -self.position[2:]
        far = torch.where(self.there > 0, depth, 0).amax()
        return torch.where(self.there > 0, depth, far).amin(), far.clamp_min(1e-3)

    def _reach(self) -> float:
        """As far as there are surfaces, in centimetres."""
        near, far = self._range()
        width = 2 * self.node.camera(self.image.info).tan_x
        return float(far - near + width * far) * self.node.cm_per_unit

    def _fill(self, x: float, y: float, z: float) -> Tensor:
        return self.normal.new_tensor([x, y, z]).reshape(3, 1, 1)
