from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor

from rimlight.engine import (
    LIGHT_LAYERS,
    MAIN,
    Color,
    ComputeContext,
    Context,
    DirectionalLight,
    Image,
    ImageInfo,
    Layer,
    LayerKind,
    Need,
    Pose,
    Region,
    StandingLight,
    Vec3,
    defaulted,
    estimated_in,
    listing,
    node,
    param,
    port,
)  # fmt: skip

from ..learned.base import StudentNode
from .air_view import AirView
from .base import described
from .geometry import Lit
from .groups import shown_layers
from .links import falls_on_rest

AIR, THROUGH = Layer("air", ("R", "G", "B")), Layer("transmittance", ("V",), LayerKind.MATTE)


@node(
    "light.atmosphere", label="Atmosphere", version=2, reads=("tier", "frame"),
    upgrades={1: defaulted(lamp_loss=False)},
    see="light.relight light.spot learned.intrinsics filter.glow light#light-in-the-air",
)  # fmt: skip
class Atmosphere(StudentNode, Lit):
    """Fills the air before the surfaces with haze, smoke or dust, in which the lights of a rig are seen.

    Spots become beams, lamps get a glow, a sun behind a tree makes shafts. Shadows of what the picture shows fall
    through the air, and flags of the rig cut it, as a window out of the frame does. Surroundings light the haze as a
    whole. What is far away fades, by `fade`.

    Put it straight behind a Relight, with the same rig. Depth comes from `position` or `depth`; of a plate the student
    estimates it. Then wire the plate that went into the Relight to `surfaces`: the surfaces and the level of the
    plate's own light are then those that Relight saw, and a lamp and its glow go together.

    Puts out the picture, and two layers to put it together by hand: `air`, the light that the air sends to the camera,
    and `transmittance`, what it lets through: `picture * transmittance + air`.

    Where the camera moves, wire a Camera to `camera`: smoke and ground then stand in the world, as lights do behind a
    RigSpace. Without it they move with the camera.

    Light is scattered once, in cells of the view (Wronski 2014), with the phase function of Henyey and Greenstein
    (1941).
    """

    sections: ClassVar[Mapping[str, str]] = {
        "Smoke": "uneven grain drift seed",
        "Shadows": "shadows thickness",
        "Estimated Surfaces": "distance relief",
        "Camera": "field_of_view depth_is cm_per_unit backdrop",
        "Cells": "rows slices",
        "Student": "layers matte_channel student working_size precision",
    }

    surfaces: Image = port("what tells where surfaces are, such as the plate before a Relight; else the picture itself",
                        optional=True)  # fmt: skip
    camera: Pose = port("the camera of the shot, where it moves, so that smoke and ground stand in the world",
                        optional=True)  # fmt: skip
    visibility: float = param(
        default=20.0, hard=(0.01, None), soft=(1, 200), unit="m", place="top",
        doc="how far one sees: there contrasts have fallen to a fiftieth; less is denser",
    )  # fmt: skip
    light_exposure: float = param(default=0.0, soft=(-8, 8), unit="stops", doc="exposure of all lights", place="top")
    fade: float = param(
        default=1.0, hard=(0, 1), soft=(0, 1), place="top",
        doc="how much the picture loses of what the air takes on the way to the camera; 0 only adds light",
    )  # fmt: skip
    lamp_loss: bool = param(
        default=True, place="top",
        doc="take from surfaces what the air takes of lamps on their way to them, as far as `fade` says, where the "
        "picture has layers of these lights",
    )  # fmt: skip
    color: Color = param(
        default=(1.0, 1.0, 1.0), role="color", place="top",
        doc="share of what the air takes that it scatters, as a colour: 1 for mist, less for dark smoke",
    )  # fmt: skip
    forward: float = param(
        default=0.4, hard=(-0.95, 0.95), soft=(-0.9, 0.9), place="top",
        doc="where light is scattered to: above 0 on, so that lights that face the camera glow, as in mist and smoke; "
        "0 to all sides; below 0 back",
    )  # fmt: skip
    height: float = param(
        default=0.0, hard=(0, None), soft=(0, 500), unit="cm", place="top",
        doc="how far above the ground the air is 2.7 times thinner; 0: it is as dense everywhere",
    )  # fmt: skip
    ground: float = param(
        default=-150.0, soft=(-500, 100), unit="cm", place="top",
        doc="height of the ground, above the camera; where a camera is wired, in the world",
    )  # fmt: skip
    level: str = param(
        default="auto", choices=("auto", "light", "plate"),
        doc="what 0 stops are: light: what the lights say; plate: what a white surface has in the plate's own light; "
        "auto: plate where depth is estimated, but light for lights that were measured, as in Relight",
    )  # fmt: skip
    uneven: float = param(
        default=0.0, hard=(0, 1), soft=(0, 1), doc="how uneven the smoke is: 0 is even haze, 1 is swirls with gaps"
    )
    grain: float = param(
        default=60.0,
        hard=(0.1, None),
        soft=(5, 500),
        unit="cm",
        label="size",
        doc="size of the largest swirls of smoke",
    )
    drift: Vec3 = param(
        default=(1.0, 0.5, 0.0), soft=(-10, 10), unit="cm",
        doc="how far smoke goes from frame to frame, to the right, up and to the camera; where a camera is wired, "
        "along the axes of the world",
    )  # fmt: skip
    seed: int = param(default=0, hard=(0, 2**31 - 1), soft=(0, 100), doc="other smoke for every number")
    shadows: bool = param(default=True, doc="let surfaces shadow the air")
    thickness: float = param(
        default=20.0, hard=(0, None), soft=(0, 100), unit="cm", doc="how deep surfaces are at most: light passes behind"
    )
    distance: float = param(
        default=100.0, hard=(0.01, None), soft=(20, 1000), unit="cm",
        doc="how far away the middle of the picture is, where depth is estimated",
    )  # fmt: skip
    relief: float = param(
        default=1.0, hard=(0, None), soft=(0, 3), doc="how deep estimated depth is: 0 flat, 1 as estimated"
    )
    backdrop: float = param(
        default=0.0, hard=(0, None), soft=(0, 10000), unit="cm",
        doc="how far away what has no depth is, such as a sky; 0: as far as the farthest surface",
    )  # fmt: skip
    rows: int = param(
        default=180, hard=(4, 1080), soft=(60, 360), doc="rows of cells at the final tier: fine beams need more"
    )
    slices: int = param(default=64, hard=(4, 512), soft=(16, 128), doc="slices of depth at the final tier")

    def looked_at_socket(self, ctx: Context) -> str:
        return "surfaces" if ctx.connected("surfaces") else "image"

    def asked(self, ctx: Context) -> tuple[str, ...]:
        info = self._of(ctx)
        place = self.place_layer(info)
        if self.layers == "input" or (self.layers == "auto" and place and place not in estimated_in(info)):
            return ("albedo", "shading") if self.level == "plate" else ()
        return ("depth",) if self.level == "light" else ("depth", "albedo", "shading")

    def by_plate(self, ctx: Context) -> bool:
        """Whether lights are measured by the plate's own light."""
        return "albedo" in self.asked(ctx)

    def looked_at(self, ctx: Context) -> list[tuple[str, str]]:
        """Inputs and layers that surfaces come from."""
        socket, info, matte = self.looked_at_socket(ctx), self._of(ctx), self._matte(ctx)
        kept = [name for name in LIGHT_LAYERS if info.has(name)] if self.layers != "estimate" else []
        return [(socket, MAIN), *((socket, n) for n in kept), *([] if matte is None else [(matte[0], matte[1])])]

    def info(self, ctx: Context) -> ImageInfo:
        ctx.rgb("image")
        place = self.place_layer(self._of(ctx))
        self.require(
            self.layers != "input" or place != "",
            f"layers is 'input', but input '{self.looked_at_socket(ctx)}' has neither position nor depth, it has"
            f" {listing(self._of(ctx).names)}",
        )
        return super().info(ctx).with_layer(AIR).with_layer(THROUGH)

    def changes(self, ctx: Context, layers: Sequence[str]) -> frozenset[str]:
        return frozenset(layers) & {MAIN, AIR.name, THROUGH.name}

    def needs(self, ctx: Context, region: Region, layers: tuple[str, ...]) -> Sequence[Need]:
        socket, info = self.looked_at_socket(ctx), self._of(ctx)
        lamps = self._lamps(ctx) if MAIN in layers else ()
        before = tuple(dict.fromkeys((*(name for name in layers if ctx.info("image").has(name)), *lamps)))
        kept = (Need("image", region, before),) if before else ()
        wanted: tuple[Need, ...] = ()
        if self.asked(ctx):
            wanted = self.light_needs(ctx, socket)
        place = self.place_layer(info)
        if place:
            wanted = (*wanted, Need(socket, info.data, (place,)))
        return (*wanted, *kept, *self.mask_needs(ctx, region))

    def warnings(self, ctx: Context) -> Sequence[str]:
        rig = described(ctx)
        if not rig.active().lights:
            return ("the rig has no light, so the air is dark: wire one, or an environment for plain haze",)
        if not any(map(falls_on_rest, rig.active())):
            return ("all lights that shine are linked to mattes, and air is in none, so it is dark",)
        around = [light for light in rig.active() if not isinstance(light, DirectionalLight | StandingLight)]
        walled = [(flag, light) for light in around for flag in rig.flags_of(light) if flag.opening]
        if walled:
            flag, light = walled[0]
            return (
                f"'{light.name}' lights the air as if the wall around '{flag.name}' were not there: name the lights"
                f" that it is for in the flag, or leave '{light.name}' out of the rig of the air",
            )
        return ()

    def compute(self, ctx: ComputeContext) -> Mapping[str, Tensor]:
        view = AirView(self, ctx)
        air, through = view.through()
        out: dict[str, Tensor] = {}
        if MAIN in ctx.layers:
            own = ctx.image("image").tensor(MAIN, ctx.region)[list(ctx.rgb("image"))]
            if self._lamps(ctx):
                own = own - self.fade * view.lost()
            out[MAIN] = self.put_light(ctx, own * (1 - self.fade * (1 - through)) + air)
        for layer, x in ((AIR, air), (THROUGH, through)):
            if layer.name in ctx.layers:
                out[layer.name] = x
        return out

    def _lamps(self, ctx: Context) -> tuple[str, ...]:
        """The layers of the picture that show what lamps give to surfaces, as far as the air is to take of it."""
        if not self.lamp_loss or self.fade == 0:
            return ()
        rig = described(ctx)
        lights = zip(rig.lights, shown_layers(rig, ctx.info("image")).values(), strict=True)
        return tuple(name for light, layers in lights if isinstance(light, StandingLight) for name in layers)

    def _of(self, ctx: Context) -> ImageInfo:
        return ctx.info(self.looked_at_socket(ctx))
