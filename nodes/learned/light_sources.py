from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from rimlight.engine import (
    MAIN,
    NEUTRAL_KELVIN,
    Camera,
    Color,
    ComputeContext,
    Context,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Region,
    defaulted,
    mean_of_all,
    node,
    param,
    unit,
    white_rgb,
)  # fmt: skip

from ..light.geometry import from_corner
from ..light.working import working_space
from ..ops.color import gain_of
from ..ops.edge_aware import guided_enlarged
from ..ops.low_light import luminance
from ..ops.resize import resized, within
from ..ops.source_light import parts_of_light, put_out, shares
from ..ops.sources import Source, Sources, by_place, find_sources, matched
from ..ops.veil import veil
from .base import StudentNode
from .brought import whole_depth

SLOTS = 6
FOUND = "rimlight:sources"
_SMALL = 192  # pixels of the long side at which light is split
_MIDDLE = 480  # pixels of the long side at which halos are told
_BOX, _EDGE = 9.0, 1.0  # of the guided filter that brings shares to full size: pixels there, and stops
_White = (1.0, 1.0, 1.0)


def _exposure(source: int) -> float:
    stops: float = param(default=0.0, soft=(-8, 8), unit="stops", doc=f"exposure of source {source}")
    return stops


def _kelvin(source: int) -> float:
    doc = f"colour that source {source} is turned to from white; 6504 leaves it"
    kelvin: float = param(default=NEUTRAL_KELVIN, hard=(1000, 25000), soft=(2000, 12000), unit="K", doc=doc)
    return kelvin


def _color(source: int) -> Color:
    color: Color = param(default=_White, role="color", doc=f"colour that source {source} is multiplied with")
    return color


@node(
    "learned.light_sources",
    see="light.mixer learned.light_estimate learned.light_mix recipes#a-lamp-or-a-window-in-the-frame",
    label="LightSources",
    menu="Light/Student",
    reads=("frame", "tier"),
    version=3,
    upgrades={1: defaulted(faces=True), 2: defaulted(surfaces=True)},
)
class LightSources(StudentNode):
    """Finds the lamps, windows, screens and skies that are seen in the picture, and dims and colours each of them with
    the light that it throws on the scene.

    Put `output` on `found` to see the sources with their numbers, from the left. With `track` the numbers are those of
    the `reference` frame and stay with a source while it moves. How many there are is shown with the node.

    Each has a matte, the layer `source1`, and a light group, the layer `light_source1`: its own light, the veil around
    it and its share of the light on the scene. The groups and the rest add up to the picture, so LightMixer works on
    them too. The shares follow from the shading by least squares, over normals and depth that are rendered or
    estimated, and are as good as those.

    `deglow` takes away the glow that lens and air spread far around the sources, so that what is lifted behind it, as
    by LowLight, is the scene alone. Glow is what falls off around a source, in any channel, and is no brighter than the
    dark of the texture there. Light that a lamp throws on a wall makes its texture stronger and stays; on a plain wall
    it looks as glow does and goes too: take less there.

    A source is what shines several stops above what surfaces around it and most of the picture show. Lit things as
    bright as that are left out where they can be told: faces unless `faces` is on; white shirts, laid tables and
    patches of sun on the ground unless `surfaces` is on, and with them walls, rocks and leaves in the sun among plants,
    and a large dim screen in the lower part of the frame. Others, such as a sunlit wall seen from a dark room, count as
    sources: a mask over them or a larger `threshold` keeps them out.
    """

    measures: ClassVar[tuple[str, ...]] = (FOUND,)

    count: int = param(default=4, hard=(1, SLOTS), soft=(1, SLOTS), place="top", doc="how many sources at most")
    threshold: float = param(
        default=3.0, hard=(0.25, 20), soft=(1, 8), unit="stops", place="top",
        doc="how much brighter a source is than what lies around it and than most of the picture",
    )  # fmt: skip
    least: float = param(
        default=16.0, hard=(1, None), soft=(2, 200), unit="px", place="top",
        doc="diameter of the smallest source; smaller ones count as reflections",
    )  # fmt: skip
    faces: bool = param(
        default=False,
        doc="also take what looks like a lit face in a dark room: as warm as skin, uneven, a quarter of the frame wide",
    )
    surfaces: bool = param(
        default=False,
        doc="also take what looks like a lit surface: low in the frame a shirt, a table, sun on the ground; among "
        "plants what is in the sun",
    )
    scene: bool = param(
        default=True, place="top", doc="whether the light on the scene changes with its source; false: only what shines"
    )
    bounce: float = param(
        default=0.5, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the light without a direction counts as the sources' own, bounced",
    )  # fmt: skip
    deglow: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much of the glow that lens and air spread around the sources is taken away; they stay as they are",
    )  # fmt: skip
    exposure: float = param(
        default=0.0, soft=(-8, 8), unit="stops", place="top", doc="exposure of all sources together"
    )
    rest: float = param(
        default=0.0, soft=(-8, 8), unit="stops", place="top", doc="exposure of all light that is no source's"
    )
    exposure1: float = _exposure(1)
    kelvin1: float = _kelvin(1)
    color1: Color = _color(1)
    exposure2: float = _exposure(2)
    kelvin2: float = _kelvin(2)
    color2: Color = _color(2)
    exposure3: float = _exposure(3)
    kelvin3: float = _kelvin(3)
    color3: Color = _color(3)
    exposure4: float = _exposure(4)
    kelvin4: float = _kelvin(4)
    color4: Color = _color(4)
    exposure5: float = _exposure(5)
    kelvin5: float = _kelvin(5)
    color5: Color = _color(5)
    exposure6: float = _exposure(6)
    kelvin6: float = _kelvin(6)
    color6: Color = _color(6)
    field_of_view: float = param(
        default=40.0, hard=(0.01, 179), soft=(5, 120), unit="deg", doc="angle that the frame is wide"
    )
    track: bool = param(default=False, doc="number the sources as in the reference frame")
    reference: int = param(default=1, soft=(1, 100), unit="frame", doc="the frame whose numbers hold with track")
    output: str = param(
        default="picture", choices=("picture", "found"),
        doc="the picture; or where the sources were found: 1 red, 2 green, 3 blue, 4 yellow, 5 magenta, 6 cyan",
    )  # fmt: skip

    def asked(self, ctx: Context) -> tuple[str, ...]:
        return ("shading", "normal", "depth", "confidence") if self.scene else ()

    def frames(self, frame: float, inputs: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """The picture also at the reference frame, where that is another one."""
        if not self.track or self.reference == frame:
            return {}
        return {"image": (frame, float(self.reference))}

    def frame_key(self, ctx: Context) -> object:
        return None

    def info(self, ctx: Context) -> ImageInfo:
        info = self.signed(ctx, ctx.info("image"))
        for i in range(1, self.count + 1):
            info = info.with_layer(_matte_layer(i)).with_layer(_light_layer(i))
        return info

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        made = {MAIN} | {layer(i).name for i in range(1, self.count + 1) for layer in (_matte_layer, _light_layer)}
        return frozenset(layers) & made

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        other = self._reference(ctx)
        if other is None:
            return super().needs(ctx, region, layers)
        return (*super().needs(ctx, region, layers), Need("image", ctx.info("image", other).data, (MAIN,), other))

    def _reference(self, ctx: Context) -> float | None:
        """The frame to number by, where it is another one."""
        frames = ctx.frames("image")
        return frames[1] if len(frames) > 1 else None

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        plate = self.plate(ctx)
        if plate.numel() == 0:
            return {name: ctx.zeros(len(ctx.output.layer(name).channels)) for name in ctx.layers}
        prepared = self._prepared(ctx, plate)
        mattes, split = prepared["mattes"], prepared["split"].reshape(self.count, 3, *plate.shape[1:])
        ctx.check()
        if self.deglow:
            plate = plate - prepared["veil"] * self.deglow
        ctx.check()
        ctx.measured(FOUND, float((mattes.flatten(1).amax(1) > 0.5).sum()))
        weights = self._weights(ctx)
        out: dict[str, Tensor] = {}
        for name in ctx.layers:
            if name == MAIN:
                shown = (
                    _painted(plate, mattes) if self.output == "found" else self._mixed(plate, split, weights, ctx.check)
                )
                out[name] = self.put_light(ctx, shown)
            elif name.startswith("light_"):
                slot = int(name.removeprefix("light_source")) - 1
                out[name] = self.put_layer(ctx, name, plate * split[slot] * weights[slot])
            else:
                slot = int(name.removeprefix("source")) - 1
                out[name] = self.put_layer(ctx, name, mattes[slot : slot + 1])
        return out

    def _prepared(self, ctx: ComputeContext, plate: Tensor) -> Mapping[str, Tensor]:
        """Mattes and shares: all that no drag of a source's strength or colour changes."""

        def make() -> Mapping[str, Tensor]:
            sources = self._find(plate, ctx.check)
            slots = [slot if slot < self.count else -1 for slot in self._numbers(ctx, sources)]
            mattes = sources.mattes(plate, self.threshold, slots, self.count)
            ctx.check()
            if not self.deglow:
                return {"mattes": mattes, "split": self._split(ctx, plate, sources, slots, mattes).flatten(0, 1)}
            glow = veil(plate, mattes[[slot for slot in slots if slot >= 0]], ctx.check)
            split = self._split(ctx, plate - glow, sources, slots, mattes)
            return {"mattes": mattes, "split": split.flatten(0, 1), "veil": glow}

        found = (self.count, self.threshold, self.least, self.faces, self.surfaces, self.track, self.reference)
        told = (self.layers, self.matte_channel, self.working_size, self.precision)
        key = (found, self.deglow > 0, self.scene, self.bounce, self.field_of_view, told, self.extra_key(ctx))
        return ctx.part(key, ("mattes", "split", *(("veil",) if self.deglow else ())), make)

    def _find(self, plate: Tensor, check: Callable[[], None]) -> Sources:
        least = self.least / max(1, *plate.shape[1:])
        return find_sources(plate, self.threshold, least, self.count, self.faces, self.surfaces, check)

    def _numbers(self, ctx: ComputeContext, sources: Sources) -> list[int]:
        other = self._reference(ctx)
        if other is None:
            return by_place(sources.found)
        info = ctx.info("image", other)
        known = ctx.image("image", other).tensor(MAIN, info.data)[list(info.layer(MAIN).rgb or (0, 1, 2))]
        return matched(sources.found, self._find(known, ctx.check).found)

    def _weights(self, ctx: ComputeContext) -> Tensor:
        """What the light of each source is multiplied with, `[count, 3, 1, 1]`."""
        space, rows = working_space(ctx), []
        for i in range(1, self.count + 1):
            kelvin, color = getattr(self, f"kelvin{i}"), getattr(self, f"color{i}")
            hue = torch.ones(3, dtype=torch.float64)
            if kelvin != NEUTRAL_KELVIN:
                hue = white_rgb(kelvin, 0.0, space)
            gain = gain_of(self.exposure + getattr(self, f"exposure{i}"))
            rows.append(gain * hue * torch.tensor(color, dtype=torch.float64))
        return torch.stack(rows).float()[:, :, None, None].to(ctx.device)

    def _mixed(self, plate: Tensor, split: Tensor, weights: Tensor, check: Callable[[], None]) -> Tensor:
        """`plate * (rest + sum of share * (weight - rest))`: linear in the strength of every source."""
        rest = gain_of(self.rest)
        change = torch.full_like(plate, rest)
        for share, weight in zip(split, weights, strict=True):
            check()
            change = change + share * (weight - rest)
        return plate * change

    def _split(
        self, ctx: ComputeContext, plate: Tensor, sources: Sources, slots: Sequence[int], mattes: Tensor
    ) -> Tensor:
        """The share `[count, 3, H, W]` of each source in the light of the picture."""
        split = plate.new_zeros(self.count, *plate.shape)
        shown = [(source, slot) for source, slot in zip(sources.found, slots, strict=True) if slot >= 0]
        if not shown:
            return split
        found, chosen = [source for source, _ in shown], [slot for _, slot in shown]
        size = within(plate.shape[1], plate.shape[2], _MIDDLE)
        clean = torch.nan_to_num(plate, 0.0, 0.0, 0.0)
        out, halos = put_out(resized(clean, size).clamp_min(0), found, resized(mattes, size)[chosen])
        ctx.check()
        whole = (plate.shape[1], plate.shape[2])
        full = resized(halos.flatten(0, 1), whole).reshape(-1, *plate.shape)
        ctx.check()
        scene = self._scene(ctx, plate, mattes[chosen], found) if self.scene else torch.zeros_like(full)
        ctx.check()
        # Where a source is seen itself its light is what the picture would not show without it.
        own = (1 - resized(out, whole) / clean.clamp_min(1e-20)).clamp(0, 1)
        ctx.check()
        cover = mattes[chosen].clamp(0, 1)
        rest = (1 - cover.sum(0)).clamp(0, 1)
        first = full.clamp(0, 1) * rest + own[None] * cover[:, None]
        ctx.check()
        split[chosen] = first + (1 - first.sum(0, keepdim=True)).clamp_min(0) * scene
        return split

    def _scene(self, ctx: ComputeContext, plate: Tensor, covers: Tensor, shown: Sequence[Source]) -> Tensor:
        """The share `[sources, 3, H, W]` of each source in the light on the scene."""
        found = self.light_layers(ctx, *self.asked(ctx))
        found["depth"] = whole_depth(found["depth"])
        ctx.check()
        height, width = plate.shape[1:]
        size = within(height, width, _SMALL)
        small = {name: resized(x, size) for name, x in found.items()}
        ctx.check()
        covers = resized(covers, size)
        info = ctx.info("image")
        camera = Camera.from_fov(info.display.width, info.display.height, self.field_of_view, info.pixel_aspect)
        rays = resized(camera.position(torch.ones_like(plate[:1]), from_corner(info, info.data)), size)
        normal = unit(small["normal"])
        window = (camera.tan_x * width / camera.width, camera.tan_y * height / camera.height)
        parts, owners = parts_of_light(rays * small["depth"], normal, shown, covers, window)
        weight = small["confidence"].clamp(0.05, 1) * (1 - covers.sum(0, keepdim=True)).clamp_min(0)
        ctx.check()
        share = shares(small["shading"], weight, parts, owners, shown, self.bounce)
        guide = luminance(torch.nan_to_num(plate, 0.0, 0.0, 0.0)).clamp_min(1e-30)
        guide = (guide / mean_of_all(guide)).clamp_min(2.0**-16).log2()
        full = guided_enlarged(share.flatten(0, 1), resized(guide, size), guide, _BOX, _EDGE, ctx.progress).clamp_(0, 1)
        ctx.check()
        full = full.reshape(len(shown), 3, height, width)
        return full / full.sum(0, keepdim=True).clamp_min(1)


def _matte_layer(number: int) -> Layer:
    return Layer(f"source{number}", ("V",), LayerKind.MATTE)


def _light_layer(number: int) -> Layer:
    return Layer(f"light_source{number}", ("R", "G", "B"))


_PAINT = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1))


def _painted(plate: Tensor, mattes: Tensor) -> Tensor:
    """The plate darkened, with a colour on each source."""
    bright = plate[torch.isfinite(plate)].clamp_min(0).mean() * 2
    shown = plate / 4
    for matte, color in zip(mattes, _PAINT, strict=False):
        shown = torch.lerp(shown, bright * plate.new_tensor(color)[:, None, None], matte[None])
    return shown
